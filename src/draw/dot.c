/* The diagram of a graph: stages are declared in dot_model.h. */
#include "draw/dot_model.h"

#include "draw/dot_write.h"

#include <stdlib.h>
#include <string.h>

static void finish(sg_dot *dot) {
    sg_map_finish(&dot->paths);
    sg_map_finish(&dot->scopes_by_path);
    free(dot->run);
    free(dot->box);
    free(dot->edge);
    sg_bump_destroy(dot->memory);
}

static sg_status read_options(sg_dot_options *options, const sg_dot_options *given, sg_error *error) {
    *options = (sg_dot_options){.size = sizeof *options, .depth = SG_DOT_AUTOMATIC};
    if (given) {
        if (given->size < sizeof(size_t) || given->size > sizeof *options)
            return sg_fail(error, SG_BAD_USAGE, "sg_dot_options: the size %zu is not sizeof(sg_dot_options)",
                           given->size);
        memcpy(options, given, given->size);
    }
    if (!options->title) options->title = "graph";
    if (!options->rankdir) options->rankdir = "TB";
    if (options->depth < SG_DOT_AUTOMATIC)
        return sg_fail(error, SG_BAD_USAGE, "depth %d of a diagram: must be 0 or more, or %d for automatic",
                       options->depth, SG_DOT_AUTOMATIC);
    if (strcmp(options->rankdir, "TB") != 0 && strcmp(options->rankdir, "LR") != 0)
        return sg_fail(error, SG_BAD_USAGE, "rankdir '%s' of a diagram: must be TB or LR", options->rankdir);
    return SG_OK;
}

static void add_backward(sg_dot *dot) {
    sg_map seen = {0};
    sg_dot_mirror(dot, &seen);
    if (!dot->failed) sg_dot_update(dot, &seen);
    sg_map_finish(&seen);
}

sg_status sg_draw_dot(char **text, const sg_graph *graph, const sg_dot_options *options, sg_error *error) {
    sg_dot dot = {.graph = graph, .node_count = sg_graph_node_count(graph)};
    sg_text out = {0};
    *text = NULL;
    sg_status status = read_options(&dot.options, options, error);
    if (status == SG_OK) status = sg_graph_status(graph, error);
    if (status != SG_OK) return status;
    static void (*const stages[])(sg_dot *) = {sg_dot_tree, sg_dot_fold, sg_dot_hide, sg_dot_open};
    dot.memory = sg_bump_create();
    dot.failed = !dot.memory;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && !dot.failed; i++) stages[i](&dot);
    if (dot.options.backward && !dot.failed) add_backward(&dot);
    if (!dot.failed) sg_dot_write(&out, &dot);
    if (!dot.failed) *text = sg_text_take(&out);
    sg_text_finish(&out);
    finish(&dot);
    return *text ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
}
