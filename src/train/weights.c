/* Weights from a run or a file, after the rules of the section `init`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/text.h"
#include "format/file.h"
#include "simgraph/arrays.h"
#include "simgraph/op.h"
#include "train/take.h"

enum { MOST_NAMES = 4 }; /* that a message lists */

/* Where one stored value comes from. */
typedef struct source {
    sg_tensor *to;
    const sg_tensor *from; /* NULL: stays fresh */
} source;

typedef struct loading {
    const sg_train_config *config;
    const char *path; /* of the file */
    sg_arrays arrays;
    bool *used; /* per array */
    source *sources;
    int count;
    sg_text missing, wrong, left;
    int missing_count, wrong_count, left_count;
} loading;

static bool matches_any(const sg_tree *const *patterns, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (sg_path_match(sg_tree_text(patterns[i]), name, NULL)) return true;
    return false;
}

static const char *array_at(const void *data, size_t i) {
    const sg_arrays *arrays = data;
    return i < arrays->count ? arrays->items[i].name : NULL;
}

static void list_name(sg_text *list, int *count, const char *name) {
    if (++*count <= MOST_NAMES) sg_text_printf(list, "%s`%s`", *count > 1 ? ", " : "", name);
}

static void finish_list(sg_text *list, int count) {
    if (count > MOST_NAMES) sg_text_printf(list, " and %d more", count - MOST_NAMES);
}

static void find_source(loading *l, const sg_node *node, sg_tensor *to) {
    const sg_train_config *config = l->config;
    const char *name = node->path;
    char theirs[SG_MESSAGE_MAX];
    sg_take_name(config, name, theirs);
    bool fresh = config && matches_any(config->fresh, config->fresh_count, name);
    const sg_tensor *from = sg_arrays_find(&l->arrays, theirs);
    source *s = &l->sources[l->count++];
    *s = (source){to, NULL};
    if (!from) {
        if (fresh || sg_node_average_of(node)) return; /* an average starts from its weight */
        list_name(&l->missing, &l->missing_count, theirs);
        const char *near = sg_nearest_name(theirs, array_at, &l->arrays);
        if (near && l->missing_count <= MOST_NAMES) sg_text_printf(&l->missing, " (there is `%s`)", near);
        return;
    }
    for (size_t i = 0; i < l->arrays.count; i++)
        if (&l->arrays.items[i].tensor == from) l->used[i] = true;
    if (sg_shape_equal(&from->shape, &to->shape)) {
        s->from = from;
        return;
    }
    if (fresh) return;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    list_name(&l->wrong, &l->wrong_count, theirs);
    if (l->wrong_count <= MOST_NAMES)
        sg_text_printf(&l->wrong, " (%s there, %s here)", sg_shape_text(&from->shape, 0, a),
                       sg_shape_text(&to->shape, 0, b));
}

static sg_status find_sources(loading *l, sg_store *store, const sg_graph *graph, sg_error *error) {
    l->sources = sg_array_alloc((size_t)sg_graph_node_count(graph) + 1, sizeof *l->sources);
    l->used = calloc(l->arrays.count + 1, sizeof *l->used);
    if (!l->sources || !l->used) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        sg_tensor *to = sg_store_find(store, node->path);
        /* A slash marks what training added: moments and accumulators start anew. */
        if ((node->op->flags & SG_OP_STORED) && to && !strchr(node->path, '/')) find_source(l, node, to);
    }
    for (size_t i = 0; i < l->arrays.count; i++) {
        const char *name = l->arrays.items[i].name;
        if (l->used[i] || strchr(name, '/')) continue;
        if (l->config && matches_any(l->config->ignore, l->config->ignore_count, name)) continue;
        list_name(&l->left, &l->left_count, name);
    }
    return SG_OK;
}

/* One line with everything that does not fit. */
static sg_status complain(loading *l, sg_error *error) {
    finish_list(&l->missing, l->missing_count);
    finish_list(&l->wrong, l->wrong_count);
    finish_list(&l->left, l->left_count);
    sg_text text = {0};
    if (l->missing_count)
        sg_text_printf(&text, "; %d missing: %s", l->missing_count, sg_text_get(&l->missing));
    if (l->wrong_count)
        sg_text_printf(&text, "; %d of another shape: %s", l->wrong_count, sg_text_get(&l->wrong));
    if (l->left_count) sg_text_printf(&text, "; %d left over: %s", l->left_count, sg_text_get(&l->left));
    sg_text_printf(&text,
                   " (init.take renames, init.fresh lets weights of ours be missing, init.ignore theirs be "
                   "left over)");
    sg_fail(error, SG_BAD_CHECKPOINT, "the weights in %s do not fit%s", l->path, sg_text_get(&text));
    sg_text_finish(&text);
    return SG_BAD_CHECKPOINT;
}

/* Averages that the file does not hold start from the weights that it does. */
static sg_status follow(const loading *l, sg_store *store, const sg_graph *graph, sg_error *error) {
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        const sg_tensor *to = sg_node_average_of(node) ? sg_store_find(store, node->path) : NULL;
        bool loaded = false;
        for (int s = 0; to && s < l->count; s++)
            loaded = loaded || (l->sources[s].to == to && l->sources[s].from);
        if (to && !loaded) status = sg_store_follow(store, node, error);
    }
    return status;
}

static sg_status load(loading *l, sg_store *store, const sg_graph *graph, sg_error *error) {
    sg_status status = sg_arrays_load(&l->arrays, l->path, error);
    if (status == SG_OK) status = find_sources(l, store, graph, error);
    if (status != SG_OK) return status;
    if (l->missing_count || l->wrong_count || l->left_count) return complain(l, error);
    for (int i = 0; status == SG_OK && i < l->count; i++)
        if (l->sources[i].from) status = sg_tensor_copy(l->sources[i].to, l->sources[i].from, error);
    return status == SG_OK ? follow(l, store, graph, error) : status;
}

sg_status sg_weights_load(sg_store *store, const sg_graph *graph, const char *from,
                          const sg_train_config *config, sg_error *error) {
    loading l = {.config = config};
    sg_text path = {0};
    struct stat info;
    if (!from && config) from = config->from;
    if (!from) return sg_fail(error, SG_BAD_USAGE, "there is no file of weights to load");
    bool there = stat(from, &info) == 0;
    if (!there && !strchr(from, ':') && !sg_file_has_extension(from, ".safetensors") &&
        !sg_file_has_extension(from, ".npz") && !sg_file_has_extension(from, ".npy"))
        return sg_fail(
            error, SG_IO_ERROR,
            "there is no `%s`: weights come from a run directory or a .safetensors, .npz or .npy file", from);
    sg_text_append(&path, from);
    if (there && S_ISDIR(info.st_mode)) sg_text_append(&path, "/model.safetensors");
    l.path = sg_text_get(&path);
    sg_status status =
        path.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory") : load(&l, store, graph, error);
    sg_arrays_finish(&l.arrays);
    free(l.used);
    free(l.sources);
    sg_text_finish(&l.missing);
    sg_text_finish(&l.wrong);
    sg_text_finish(&l.left);
    sg_text_finish(&path);
    return status;
}

sg_status sg_weights_start(sg_store *store, const sg_graph *graph, const sg_document *document,
                           const char *asked, sg_diagnostics *diagnostics, bool *loaded, sg_error *error) {
    bool unused;
    if (!loaded) loaded = &unused;
    *loaded = asked != NULL;
    if (!sg_document_section(document, "init"))
        return asked ? sg_weights_load(store, graph, asked, NULL, error) : SG_OK;
    if (asked && sg_weights_load(store, graph, asked, NULL, NULL) == SG_OK) return SG_OK;
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, document, diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    *loaded = asked || sg_train_config_init(config);
    if (*loaded) status = sg_weights_load(store, graph, asked, config, error);
    sg_train_config_destroy(config);
    return status;
}
