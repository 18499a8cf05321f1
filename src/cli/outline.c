#include "outline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct outliner {
    cli_outline *outline;
    const sg_bound *bound;
    const sg_graph *graph;
    int64_t batch;
    int most; /* levels */
} outliner;

/* The length of a path's first segment; a round number that follows belongs to it. */
static size_t key_length(const char *path) {
    size_t length = strcspn(path, "."), number = 0;
    if (path[length] != '.') return length;
    while (isdigit((unsigned char)path[length + 1 + number])) number++;
    char next = path[length + 1 + number];
    return number && (next == '.' || !next) ? length + 1 + number : length;
}

static bool is_within(const char *path, const char *key, size_t length) {
    return strncmp(path, key, length) == 0 && (path[length] == '.' || !path[length]);
}

static const char *block_of(const sg_graph *graph, const char *path) {
    for (int i = 0; i < sg_graph_scope_count(graph); i++)
        if (strcmp(sg_graph_scope(graph, i)->path, path) == 0) return sg_graph_scope(graph, i)->block;
    return NULL;
}

/* Adds up the nodes of a row. */
static void measure(const outliner *o, cli_row *row) {
    size_t length = strlen(row->path);
    const char *op = NULL;
    int nodes = 0;
    for (int i = 0; i < sg_graph_node_count(o->graph); i++) {
        const sg_node *node = sg_graph_node(o->graph, i);
        if (!is_within(node->path, row->path, length)) continue;
        nodes++;
        op = sg_op_schema(node->op)->name;
        row->flops += sg_node_flops(o->graph, node, o->batch) / (double)o->batch;
        if (sg_node_is_weight(node))
            row->parameters += sg_shape_elements(&sg_graph_value(o->graph, node->out[0])->shape);
    }
    const char *block = block_of(o->graph, row->path);
    row->what = block ? block : nodes == 1 ? op : "formula";
    row->value = sg_bound_find(o->bound, row->path);
}

static cli_row *add_row(cli_outline *outline) {
    if (outline->count == outline->room) {
        int room = outline->room ? 2 * outline->room : 32;
        cli_row *rows = realloc(outline->rows, (size_t)room * sizeof *rows);
        if (!rows) return NULL;
        outline->rows = rows;
        outline->room = room;
    }
    cli_row *row = &outline->rows[outline->count++];
    *row = (cli_row){.rounds = 1};
    return row;
}

/* "block." of "block.3", or 0 where there is no number. */
static size_t stem_length(const char *path) {
    size_t length = strlen(path);
    while (length && isdigit((unsigned char)path[length - 1])) length--;
    return length && path[length] && path[length - 1] == '.' ? length : 0;
}

static bool is_next_round(const outliner *o, const cli_row *before, const cli_row *row) {
    size_t stem = stem_length(row->path);
    if (!stem || stem_length(before->path) != stem || strncmp(before->path, row->path, stem) != 0)
        return false;
    if (atoi(before->path + stem) + before->rounds != atoi(row->path + stem)) return false;
    if (before->parameters != row->parameters || before->flops != row->flops ||
        strcmp(before->what, row->what) != 0 || before->value == SG_NO_VALUE || row->value == SG_NO_VALUE)
        return false;
    return sg_shape_equal(&sg_graph_value(o->graph, before->value)->shape,
                          &sg_graph_value(o->graph, row->value)->shape);
}

/* Adds the rows of one level: nodes whose path begins with `prefix`, in the order of the graph. */
static bool add_level(const outliner *o, const char *prefix, int depth, cli_outline *level) {
    size_t skip = strlen(prefix);
    for (int i = 0; i < sg_graph_node_count(o->graph); i++) {
        const char *path = sg_graph_node(o->graph, i)->path;
        if (strncmp(path, prefix, skip) != 0) continue;
        size_t length = skip + key_length(path + skip);
        bool seen = false;
        for (int r = 0; !seen && r < level->count; r++)
            seen = strlen(level->rows[r].path) == length && strncmp(level->rows[r].path, path, length) == 0;
        if (seen) continue;
        cli_row *row = add_row(level);
        if (!row || !(row->path = strndup(path, length))) return false;
        row->depth = depth;
    }
    for (int r = 0; r < level->count; r++) measure(o, &level->rows[r]);
    return true;
}

static bool outline_level(const outliner *o, const char *prefix, int depth);

static bool has_blocks(const sg_graph *graph, const char *path) {
    size_t length = strlen(path);
    for (int i = 0; i < sg_graph_scope_count(graph); i++) {
        const char *inner = sg_graph_scope(graph, i)->path;
        if (is_within(inner, path, length) && inner[length]) return true;
    }
    return false;
}

/* Adds the rows below a block: those of one round. A block that is made of ops alone stays closed. */
static bool open_block(const outliner *o, const char *path, int depth) {
    if (depth >= o->most || !block_of(o->graph, path) || !has_blocks(o->graph, path)) return true;
    size_t length = strlen(path);
    char *prefix = malloc(length + 2);
    if (!prefix) return false;
    memcpy(prefix, path, length);
    memcpy(prefix + length, ".", 2);
    bool good = outline_level(o, prefix, depth);
    free(prefix);
    return good;
}

static bool outline_level(const outliner *o, const char *prefix, int depth) {
    cli_outline level = {0};
    bool good = add_level(o, prefix, depth, &level);
    for (int r = 0; good && r < level.count; r++) {
        cli_row *first = &level.rows[r], *row;
        if (depth && !first->parameters && !(first->flops > 0)) continue; /* only looks at other values */
        while (r + 1 < level.count && is_next_round(o, first, &level.rows[r + 1])) {
            first->rounds++;
            r++;
        }
        good = (row = add_row(o->outline)) != NULL;
        if (!good) break;
        *row = *first;
        first->path = NULL; /* now the outline's */
        good = open_block(o, row->path, depth + 1);
    }
    cli_outline_finish(&level);
    return good;
}

bool cli_outline_init(cli_outline *outline, const sg_bound *bound, int64_t batch, int depth) {
    outliner o = {outline, bound, sg_bound_graph(bound), batch, depth};
    if (outline_level(&o, "", 0)) return true;
    cli_outline_finish(outline);
    return false;
}

void cli_outline_finish(cli_outline *outline) {
    for (int i = 0; i < outline->count; i++) free(outline->rows[i].path);
    free(outline->rows);
    *outline = (cli_outline){0};
}
