/* Drawing the masks of a document through the engine. */
#include "train/masks.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "simgraph/op.h"
#include "train/extend.h"
#include "train/weights.h"

enum { USUAL_BATCH = 64 };

typedef struct drawing {
    const sg_document *document;
    sg_masks_options options;
    sg_diagnostics *diagnostics;
    sg_masks *out;
    sg_train_config *config;
    sg_bound *bound;
    sg_graph *graph; /* of bound */
    int64_t batch;
    sg_mask_counter *counter; /* out->count of them */
    sg_value *values;
    bool *needed;          /* per node: do the masks depend on it? */
    bool reads, remembers; /* inputs; weights or states */
    sg_mask_data data;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    int64_t *ids;
} drawing;

static sg_status bind(drawing *d, sg_error *error) {
    sg_status status = sg_train_config_create(&d->config, d->document, d->diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    d->batch = d->options.draws < USUAL_BATCH ? d->options.draws : USUAL_BATCH;
    if (d->config->trains) d->batch = d->config->batch;
    d->out->seed = d->options.seeded ? d->options.seed : d->config->seed;
    sg_bind_options options = {
        .size = sizeof options, .batch = d->batch, .training = true, .float_type = d->config->float_type};
    status = sg_document_bind(&d->bound, d->document, &options, d->diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    d->graph = sg_bound_graph(d->bound);
    return SG_OK;
}

static sg_status find(drawing *d, sg_error *error) {
    sg_masks *out = d->out;
    sg_status status = sg_masks_find(out, &d->counter, d->bound, &d->options, error);
    int64_t shown = d->options.shown < d->options.draws ? d->options.shown : d->options.draws;
    for (int i = 0; status == SG_OK && i < out->count; i++)
        status = sg_mask_lay(&d->counter[i], d->graph, shown, error);
    if (status != SG_OK) return status;
    d->values = sg_array_alloc((size_t)out->count, sizeof *d->values);
    if (!d->values) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < out->count; i++) d->values[i] = d->counter[i].value;
    d->needed = sg_needed_nodes(d->graph, out->count, d->values, false);
    if (!d->needed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < sg_graph_node_count(d->graph); i++) {
        int flags = d->needed[i] ? sg_graph_node(d->graph, i)->op->flags : 0;
        d->reads = d->reads || (flags & SG_OP_FED);
        d->remembers = d->remembers || (flags & SG_OP_STORED);
    }
    return SG_OK;
}

static sg_status plan(drawing *d, sg_context *context, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    sg_program_options options = {
        .size = sizeof options,
        .fetch = d->values,
        .fetch_count = d->out->count,
        .keep_updates = &no_update, /* of which none is asked for: drawing changes nothing */
        .update_count = 1,
    };
    sg_status status = sg_store_create(&d->store, error);
    if (status == SG_OK) status = sg_arena_create(&d->arena, error);
    if (status == SG_OK && d->remembers)
        status = sg_store_initialise(d->store, context, d->graph, d->out->seed, error);
    if (status == SG_OK && d->remembers)
        status =
            sg_weights_start(d->store, d->graph, d->document, d->options.init, d->diagnostics, NULL, error);
    if (status == SG_OK && (d->reads || d->options.shown))
        status = sg_mask_data_open(&d->data, d->config, d->out, error);
    d->data.seed = d->out->seed;
    if (status == SG_OK)
        status = sg_program_create(&d->program, context, d->graph, d->store, d->arena, &options, error);
    d->ids = sg_array_alloc((size_t)d->batch, sizeof *d->ids);
    if (status == SG_OK && !d->ids) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    return status;
}

/* Runs batch after batch until every value has given its masks. */
static sg_status draw(drawing *d, sg_error *error) {
    sg_draw by = {.seed = d->out->seed, .batch = d->batch, .ids = d->ids};
    sg_status status = SG_OK;
    bool more = true;
    for (int64_t begin = 0; status == SG_OK && more; begin += d->batch) {
        for (int64_t i = 0; i < d->batch; i++) d->ids[i] = begin + i;
        if (d->reads)
            status =
                sg_mask_data_feed(&d->data, d->graph, d->needed, d->program, d->ids, d->batch, d->out, error);
        if (status == SG_OK) status = sg_program_run(d->program, SG_PHASE_GRADIENT, &by, error);
        more = false;
        for (int i = 0; status == SG_OK && i < d->out->count; i++) {
            sg_tensor masks = sg_program_fetch(d->program, d->counter[i].value);
            status = sg_mask_add(&d->counter[i], &masks, d->options.draws, error);
            more = more || d->counter[i].info->draws < d->options.draws;
        }
    }
    for (int i = 0; status == SG_OK && i < d->out->count; i++) {
        sg_mask_conclude(&d->counter[i]);
        status = sg_mask_data_picture(&d->data, d->graph, &d->counter[i], error);
    }
    return status;
}

static void finish(drawing *d) {
    for (int i = 0; d->counter && i < d->out->count; i++) sg_mask_counter_finish(&d->counter[i]);
    sg_program_destroy(d->program);
    sg_arena_destroy(d->arena);
    sg_store_destroy(d->store);
    sg_mask_data_finish(&d->data);
    sg_bound_destroy(d->bound);
    sg_train_config_destroy(d->config);
    free(d->counter);
    free(d->values);
    free(d->needed);
    free(d->ids);
}

sg_status sg_document_masks(sg_masks *out, sg_context *context, const sg_document *document,
                            const sg_masks_options *options, sg_diagnostics *diagnostics, sg_error *error) {
    drawing d = {.document = document, .diagnostics = diagnostics, .out = out};
    *out = (sg_masks){.count = 0};
    sg_options_take(&d.options, sizeof d.options, options);
    if (d.options.draws < 1) return sg_fail(error, SG_BAD_USAGE, "at least 1 mask must be drawn");
    sg_status status = bind(&d, error);
    if (status == SG_OK) status = find(&d, error);
    if (status == SG_OK) status = plan(&d, context, error);
    if (status == SG_OK) status = draw(&d, error);
    finish(&d);
    if (status != SG_OK) sg_masks_finish(out);
    return status;
}

void sg_masks_finish(sg_masks *masks) {
    for (int i = 0; i < masks->count; i++) {
        sg_mask_info *info = &masks->mask[i];
        free(info->name);
        free(info->kind);
        free(info->image);
        sg_tensor_finish(&info->shown);
        sg_tensor_finish(&info->pictures);
        free(info->scale);
        free(info->shift);
    }
    free(masks->mask);
    free(masks->note);
    *masks = (sg_masks){.count = 0};
}
