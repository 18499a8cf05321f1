/* The diagram of a graph: stages are declared in dot_model.h. */
#include "draw/dot_model.h"

#include "draw/dot_write.h"

#include <stdlib.h>
#include <string.h>

void sg_dot_finish(sg_dot *dot) {
    sg_map_finish(&dot->paths);
    sg_map_finish(&dot->scopes_by_path);
    free(dot->run);
    free(dot->box);
    free(dot->edge);
    sg_bump_destroy(dot->memory);
    *dot = (sg_dot){0};
}

sg_status sg_dot_read_options(sg_dot_options *options, const sg_dot_options *given, sg_error *error) {
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
        return sg_fail(error, SG_BAD_USAGE, "rankdir `%s` of a diagram: must be TB or LR", options->rankdir);
    if (options->radius < 0)
        return sg_fail(error, SG_BAD_USAGE, "radius %d of a diagram: must be 0 or more", options->radius);
    if (options->batch < 0 || options->batch > SG_SYMBOLIC_BATCH)
        return sg_fail(error, SG_BAD_USAGE, "batch %lld of a diagram: must lie between 0 and %lld",
                       (long long)options->batch, (long long)SG_SYMBOLIC_BATCH);
    if (options->focus && options->only)
        return sg_fail(error, SG_BAD_USAGE, "a diagram has a focus or a pattern of nodes, not both");
    if (options->before && (options->focus || options->only || options->seconds))
        return sg_fail(error, SG_BAD_USAGE, "a comparison of two graphs shows all of them, without times");
    return SG_OK;
}

static void add_backward(sg_dot *dot) {
    sg_map seen = {0};
    sg_dot_mirror(dot, &seen);
    if (!dot->failed) sg_dot_update(dot, &seen);
    sg_map_finish(&seen);
}

static void mark_minimised(sg_dot *dot) {
    const char *name = dot->options.minimised;
    sg_value value = name ? sg_graph_find(dot->graph, name) : SG_NO_VALUE;
    if (value == SG_NO_VALUE) return;
    dot->minimised = sg_graph_value(dot->graph, value)->node;
    int box = sg_dot_box_of(dot, dot->minimised);
    if (box >= 0) dot->box[box].minimised = true;
}

sg_status sg_dot_init(sg_dot *dot, const sg_graph *graph, const sg_dot_options *options, const sg_dot *like,
                      sg_error *error) {
    *dot = (sg_dot){.graph = graph, .node_count = sg_graph_node_count(graph), .like = like, .minimised = -1};
    sg_status status = sg_dot_read_options(&dot->options, options, error);
    if (status == SG_OK) status = sg_graph_status(graph, error);
    if (status != SG_OK) return status;
    static void (*const stages[])(sg_dot *) = {sg_dot_tree, sg_dot_fold, sg_dot_hide, sg_dot_share,
                                               sg_dot_open};
    dot->memory = sg_bump_create();
    dot->failed = !dot->memory;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && !dot->failed; i++) stages[i](dot);
    if (dot->options.backward && !dot->failed) add_backward(dot);
    if (!dot->failed) mark_minimised(dot);
    if (!dot->failed) sg_dot_heat(dot);
    if (!dot->failed) status = sg_dot_narrow(dot, error);
    return dot->failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph") : status;
}

sg_status sg_dot_take(char **text, sg_text *made, sg_error *error) {
    *text = sg_text_take(made);
    sg_text_finish(made);
    return *text ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
}

sg_status sg_dot_init_before(sg_dot *before, const sg_dot *now, const sg_graph *graph, sg_error *error) {
    sg_dot_options options = now->options;
    options.seconds = NULL;
    options.before = NULL;
    return sg_dot_init(before, graph, &options, now, error);
}

sg_status sg_draw_dot(char **text, const sg_graph *graph, const sg_dot_options *options, sg_error *error) {
    sg_dot dot, before = {0};
    *text = NULL;
    sg_status status = sg_dot_init(&dot, graph, options, NULL, error);
    if (status == SG_OK && dot.options.before) {
        status = sg_dot_init_before(&before, &dot, dot.options.before, error);
        if (status == SG_OK) sg_dot_compare(&dot, &before);
        if (dot.failed) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the graph");
    }
    if (status == SG_OK) {
        sg_text out = {0};
        sg_dot_write(&out, &dot);
        status = sg_dot_take(text, &out, error);
    }
    sg_dot_finish(&before);
    sg_dot_finish(&dot);
    return status;
}
