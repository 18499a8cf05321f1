/* Binding: a document for one batch and mode; names of the result. */
#include "lang/document.h"
#include "lang/expand.h"

#include <stdlib.h>
#include <string.h>

typedef struct named {
    const char *name;
    sg_value value;
} named;

struct sg_bound {
    sg_bump *memory;
    sg_graph *graph;
    sg_map values;
    named *name;
    size_t name_count;
    sg_names broken; /* nodes of the file whose errors were told when it was read */
};

typedef struct binding {
    sg_work *work;
    sg_bound *bound;
    const sg_document *document;
    const sg_bind_options *options;
} binding;

/* Averages that were written as nodes of their own, as expanded graphs do, name what they follow as a text.
 */
static void check_averages(const binding *b) {
    const sg_graph *graph = b->bound->graph;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i), *weight = NULL;
        const char *of = sg_node_average_of(node);
        sg_value value = of ? sg_graph_find(graph, of) : SG_NO_VALUE;
        if (value != SG_NO_VALUE) weight = sg_graph_node(graph, sg_graph_value(graph, value)->node);
        bool known = weight && (sg_node_is_weight(weight) || (sg_node_average_of(weight) && weight != node));
        if (!of || (known && sg_shape_equal(&sg_graph_value(graph, value)->shape,
                                            &sg_graph_value(graph, node->out[0])->shape)))
            continue;
        sg_complain(b->work, (sg_span){node->mark, 1}, NULL,
                    "there is no weight `%s` of this shape to average", of);
    }
}

static bool has_value(const sg_bound *bound, const char *name) {
    for (size_t i = 0; i < bound->name_count; i++)
        if (strcmp(bound->name[i].name, name) == 0) return true;
    return false;
}

/* Whatever stands under `nodes` and has no value is wrong: its name is not unknown for that. */
static void find_broken(const binding *b) {
    const sg_entry *nodes = sg_tree_entry(b->document->root, "nodes");
    for (size_t i = 0; nodes && i < nodes->value->count; i++) {
        const char *name = nodes->value->entry[i].key;
        if (name && !has_value(b->bound, name)) sg_names_add(b->work, &b->bound->broken, name);
    }
}

static void expand_file(void *data) {
    binding *b = data;
    const sg_block *file = &b->document->main;
    sg_expander expander = {.work = b->work,
                            .document = b->document,
                            .graph = b->bound->graph,
                            .batch = b->options->batch,
                            .training = b->options->training,
                            .values = &b->bound->values};
    sg_document_attach(b->work, b->document);
    sg_frame *frame = sg_frame_new(&expander, file, "");
    b->bound->name = SG_TAKE(b->work, named, file->node_count);
    for (size_t i = 0; i < file->symbol_count && !expander.stopped; i++) {
        const sg_symbol *symbol = &file->symbol[i];
        if (symbol->kind == SG_SYMBOL_LET) sg_frame_value(frame, (int)i, symbol->span); /* for its errors */
        if (symbol->kind != SG_SYMBOL_NODE) continue;
        const sg_tree *value = sg_frame_value(frame, (int)i, symbol->span);
        if (value->kind == SG_TREE_TENSOR)
            b->bound->name[b->bound->name_count++] = (named){symbol->name, value->value};
    }
    sg_state_finish(&expander);
    check_averages(b);
    find_broken(b);
}

static sg_status refuse(sg_diagnostics *diagnostics, sg_status status, const char *message) {
    sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "%s", message);
    return status;
}

sg_status sg_document_bind(sg_bound **out, const sg_document *document, const sg_bind_options *options,
                           sg_diagnostics *diagnostics) {
    *out = NULL;
    sg_bound *bound = calloc(1, sizeof *bound);
    sg_work work = {.memory = sg_bump_create(), .diagnostics = diagnostics};
    sg_graph_options graph = {sizeof graph, options->float_type, options->training, options->batch};
    sg_error error = {.status = SG_OK};
    if (!bound || !work.memory) {
        sg_bump_destroy(work.memory);
        free(bound);
        return SG_OUT_OF_MEMORY;
    }
    bound->memory = work.memory;
    work.settings = document->settings;
    work.unit = options->batch == SG_SYMBOLIC_BATCH ? SG_SYMBOLIC_BATCH : 0;
    sg_status status = sg_graph_create(&bound->graph, &graph, &error);
    if (status != SG_OK) {
        sg_bound_destroy(bound);
        return refuse(diagnostics, status, error.message);
    }
    binding b = {&work, bound, document, options};
    sg_work_run(&work, expand_file, &b);
    if (work.status == SG_OK && document->incomplete) work.status = SG_BAD_GRAPH; /* told when it was read */
    if (work.status != SG_OK) {
        sg_bound_destroy(bound);
        return work.status;
    }
    *out = bound;
    return SG_OK;
}

void sg_bound_destroy(sg_bound *bound) {
    if (!bound) return;
    sg_graph_destroy(bound->graph);
    sg_map_finish(&bound->values);
    sg_bump_destroy(bound->memory);
    free(bound);
}

sg_graph *sg_bound_graph(const sg_bound *bound) {
    return bound->graph;
}

sg_graph *sg_bound_take(sg_bound *bound) {
    sg_graph *graph = bound->graph;
    bound->graph = NULL;
    return graph;
}

sg_value sg_bound_find(const sg_bound *bound, const char *name) {
    int64_t value = sg_map_get_int(&bound->values, name, SG_NO_VALUE);
    if (value != SG_NO_VALUE || !bound->graph) return (sg_value)value;
    return sg_graph_find(bound->graph, name);
}

bool sg_bound_broken(const sg_bound *bound, const char *name) {
    for (size_t i = 0; name && i < bound->broken.count; i++)
        if (sg_path_match_front(bound->broken.item[i], name, NULL, NULL)) return true;
    return !name && bound->broken.count > 0;
}

/* Names of the file's nodes first, then instances of blocks, then nodes of the graph. */
static const char *known_name(const void *data, size_t i) {
    const sg_bound *bound = data;
    if (i < bound->name_count) return bound->name[i].name;
    i -= bound->name_count;
    if (i < bound->values.count) return bound->values.entry[i].key;
    i -= bound->values.count;
    if (i < bound->broken.count) return bound->broken.item[i];
    i -= bound->broken.count;
    if (!bound->graph || i >= (size_t)sg_graph_node_count(bound->graph)) return NULL;
    return sg_graph_node(bound->graph, (int)i)->path;
}

/* The one node of the file whose name goes on where this one ends: "recon" for "rec". */
static const char *goes_on(const sg_bound *bound, const char *name) {
    size_t length = strlen(name);
    const char *found = NULL;
    if (length < 3) return NULL; /* the beginning of any name */
    for (size_t i = 0; i < bound->name_count; i++) {
        if (strncmp(bound->name[i].name, name, length) != 0) continue;
        if (found) return NULL; /* of several, any would be a guess */
        found = bound->name[i].name;
    }
    return found;
}

const char *sg_bound_nearest(const sg_bound *bound, const char *name) {
    const char *near = sg_nearest_name(name, known_name, bound);
    return near ? near : goes_on(bound, name);
}

size_t sg_bound_name_count(const sg_bound *bound) {
    return bound->name_count;
}

const char *sg_bound_name(const sg_bound *bound, size_t index, sg_value *value) {
    if (index >= bound->name_count) return NULL;
    if (value) *value = bound->name[index].value;
    return bound->name[index].name;
}

const char *sg_bound_alias(const sg_bound *bound, size_t index, sg_value *value) {
    if (index >= bound->values.count) return NULL;
    *value = (sg_value)bound->values.entry[index].value.i;
    return bound->values.entry[index].key;
}
