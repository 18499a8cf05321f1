/* Evaluating named values and gradients of a document. */
#include "train/evaluation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numeric.h"
#include "base/options.h"
#include "train/extend.h"
#include "train/weights.h"

void sg_evaluation_note(const sg_evaluation *e, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    if (!e->options->note) return;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    e->options->note(e->options->data, text);
}

/* What comes of weights that nobody trained means little. */
static sg_status tell_random(const sg_evaluation *e, sg_error *error) {
    int random = 0;
    bool *needed = e->loaded ? NULL : sg_needed_nodes(e->graph, e->count, e->fetch, false);
    if (!e->loaded && !needed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; needed && i < e->node_count; i++) {
        const sg_node *node = sg_graph_node(e->graph, i);
        random += needed[i] && sg_node_is_weight(node) && !e->fed[node->out[0]];
    }
    free(needed);
    if (random)
        sg_evaluation_note(
            e,
            "%d weight%s as initialised, random by seed %llu: --init PATH takes those of a run "
            "or a file",
            random, random == 1 ? " is" : "s are", (unsigned long long)e->options->seed);
    return SG_OK;
}

static sg_status run(sg_evaluation *e, sg_context *context, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    const sg_evaluate_options *o = e->options;
    sg_program_options program = {
        .size = sizeof program,
        .fetch = e->fetch,
        .fetch_count = e->count,
        .keep_updates = &no_update, /* of which none is asked for: an evaluation changes nothing */
        .update_count = 1,
        .no_group = o->no_group,
        .no_recompute = o->no_recompute,
    };
    sg_status status = sg_store_initialise(e->store, context, e->graph, o->seed, error);
    if (status == SG_OK)
        status =
            sg_weights_start(e->store, e->graph, e->document, o->init, e->diagnostics, &e->loaded, error);
    if (status == SG_OK) status = sg_evaluation_replace(e, error);
    if (status == SG_OK) status = sg_evaluation_choose(e, error);
    if (status == SG_OK) status = tell_random(e, error);
    program.fetch = e->fetch;
    program.fetch_count = e->count;
    if (status == SG_OK)
        status = sg_program_create(&e->program, context, e->graph, e->store, e->arena, &program, error);
    if (status == SG_OK) status = sg_evaluation_feed(e, error);
    if (status != SG_OK) return status;
    sg_draw draw = {.seed = o->seed, .epoch = 0, .batch = e->batch, .ids = NULL};
    return sg_program_run(e->program, SG_PHASE_GRADIENT, &draw, error);
}

static sg_status collect(const sg_evaluation *e, sg_arrays *out, sg_error *error) {
    for (int i = 0; i < e->count; i++) {
        if (sg_arrays_find(out, e->name[i])) continue; /* asked for twice */
        sg_tensor value = sg_program_fetch(e->program, e->fetch[i]), copy;
        sg_status status = sg_tensor_init(&copy, value.type, value.shape, error);
        if (status != SG_OK) return status;
        status = sg_tensor_copy(&copy, &value, error);
        if (status == SG_OK) status = sg_arrays_add(out, e->name[i], &copy, error);
        sg_tensor_finish(&copy);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

void sg_evaluation_finish(sg_evaluation *e) {
    sg_program_destroy(e->program);
    sg_arena_destroy(e->arena);
    sg_store_destroy(e->store);
    sg_bound_destroy(e->bound);
    for (int i = 0; i < e->count; i++) free(e->name[i]);
    free(e->name);
    free(e->fetch);
    free(e->instead);
    free(e->fed);
}

sg_status sg_document_evaluate(sg_arrays *out, sg_context *context, const sg_document *document,
                               const sg_evaluate_options *options, sg_diagnostics *diagnostics,
                               sg_error *error) {
    sg_evaluate_options wanted = {.size = sizeof wanted, .float_type = SG_F32};
    sg_options_take(&wanted, sizeof wanted, options);
    if (wanted.float_type != SG_F32 && wanted.float_type != SG_F64)
        return sg_fail(error, SG_BAD_USAGE, "the float type of a graph is f32 or f64, not %s",
                       sg_type_name(wanted.float_type));
    sg_evaluation e = {.document = document, .options = &wanted, .diagnostics = diagnostics};
    sg_status status = sg_evaluation_bind(&e, error);
    if (status == SG_OK) status = sg_store_create(&e.store, error);
    if (status == SG_OK) status = sg_arena_create(&e.arena, error);
    if (status == SG_OK) status = run(&e, context, error);
    if (status == SG_OK) status = collect(&e, out, error);
    if (status != SG_OK) sg_arrays_finish(out);
    sg_evaluation_finish(&e);
    return status;
}
