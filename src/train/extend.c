/* Making a bound graph a training step: gradients, accumulators, clip factor, updates. */
#include "train/extend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/graph.h"
#include "train/averages.h"
#include "train/optimizer.h"

void sg_report_error(sg_diagnostics *diagnostics, const sg_error *error) {
    sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "%s", error->message);
}

bool *sg_needed_nodes(const sg_graph *graph, int count, const sg_value *values, bool updates) {
    int nodes = sg_graph_node_count(graph);
    bool *needed = calloc((size_t)nodes + 1, sizeof *needed);
    if (!needed) return NULL;
    for (int k = 0; k < count; k++)
        if (values[k] != SG_NO_VALUE) needed[sg_graph_value(graph, values[k])->node] = true;
    for (int i = 0; updates && i < nodes; i++)
        if (sg_graph_node(graph, i)->op->flags & SG_OP_UPDATE) needed[i] = true;
    sg_graph_need_inputs(graph, needed);
    return needed;
}

/* A weight that training learns. */
typedef struct learned {
    const sg_node *node;
    sg_weight_group group;
} learned;

typedef struct builder {
    const sg_train_config *config;
    sg_graph *graph;
    sg_train_step *step;
    learned *weights;
    sg_value *values, *gradients; /* of the weights; gradients: averages times `sum` below */
    sg_value *squares;            /* sums of squares of the gradients */
    sg_value *next;               /* the weights after the update */
    int count;
    sg_error *error;
} builder;

static sg_value fed(sg_graph *graph, const char *path, sg_type type, sg_shape shape) {
    return sg_graph_add(graph, "input", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
}

static sg_value state(sg_graph *graph, const char *path, sg_type type, sg_shape shape) {
    return sg_graph_add(graph, "state", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
}

bool sg_train_step_keep(sg_train_step *step, sg_value value) {
    if (step->update_count == step->update_room) {
        int room = step->update_room ? 2 * step->update_room : 64;
        sg_value *grown = realloc(step->updates, sizeof *grown * (size_t)room);
        if (!grown) return false;
        step->updates = grown;
        step->update_room = room;
    }
    step->updates[step->update_count++] = value;
    return true;
}

/* The weights that the loss depends on and no rule freezes. */
static sg_status find_weights(builder *b, sg_value loss, sg_diagnostics *diagnostics) {
    int nodes = sg_graph_node_count(b->graph);
    bool *needed = sg_needed_nodes(b->graph, 1, &loss, false);
    b->weights = sg_array_alloc((size_t)nodes + 1, sizeof *b->weights);
    b->values = sg_array_alloc((size_t)nodes + 1, sizeof *b->values);
    b->gradients = sg_array_alloc((size_t)nodes + 1, sizeof *b->gradients);
    sg_status status = SG_OK;
    b->squares = sg_array_alloc((size_t)nodes + 1, sizeof *b->squares);
    b->next = sg_array_alloc((size_t)nodes + 1, sizeof *b->next);
    if (!needed || !b->weights || !b->values || !b->gradients || !b->squares || !b->next)
        status = sg_fail(b->error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; status == SG_OK && i < nodes; i++) {
        const sg_node *node = sg_graph_node(b->graph, i);
        if (!needed[i] || !sg_node_is_weight(node)) continue;
        sg_weight_group group = sg_weight_group_of(b->config, b->graph, node, diagnostics);
        int64_t elements = sg_shape_elements(&sg_graph_value(b->graph, node->out[0])->shape);
        *(group.frozen ? &b->step->frozen : &b->step->learned) += elements;
        if (group.frozen) continue;
        b->values[b->count] = node->out[0];
        b->weights[b->count++] = (learned){node, group};
    }
    free(needed);
    if (status != SG_OK || b->count) return status;
    sg_config_complain(diagnostics, b->config->minimize, NULL,
                       "there is nothing to learn: the loss depends on no weight that is not frozen");
    return SG_BAD_GRAPH;
}

/* Adds `value` to its accumulator; returns the next sum over lanes, joined in a tree. */
static sg_value accumulate(builder *b, sg_value value, const char *path) {
    sg_graph *graph = b->graph;
    const sg_value_info info = *sg_graph_value(graph, value);
    int64_t lanes = b->config->lanes;
    sg_shape shape = {.rank = info.shape.rank < 1 ? 2 : info.shape.rank + 1};
    if (shape.rank > SG_MAX_RANK) {
        sg_fail(&graph->error, SG_BAD_GRAPH, "%s has too many axes to be accumulated", path);
        return SG_NO_VALUE;
    }
    shape.dim[0] = info.shape.rank ? info.shape.dim[0] : 1;
    shape.dim[1] = lanes;
    for (int d = 1; d < info.shape.rank; d++) shape.dim[d + 1] = info.shape.dim[d];
    sg_graph_set_phase(graph, SG_PHASE_GRADIENT);
    sg_value sum = state(graph, path, info.type, shape);
    sum = sg_emit(graph, "accumulate", SG_IN(sum, value, b->step->nodes.place));
    if (sum != SG_NO_VALUE && !sg_train_step_keep(b->step, sum))
        sg_fail(&graph->error, SG_OUT_OF_MEMORY, "out of memory");
    sg_graph_set_phase(graph, SG_PHASE_UPDATE);

    sg_value parts[64];
    for (int64_t l = 0; l < lanes; l++) {
        int64_t starts[SG_MAX_RANK] = {0, l}, stops[SG_MAX_RANK];
        memcpy(stops, shape.dim, sizeof stops);
        stops[1] = l + 1;
        parts[l] = lanes == 1 ? sum
                              : sg_emit(graph, "slice", SG_IN(sum), sg_arg_ints("starts", shape.rank, starts),
                                        sg_arg_ints("stops", shape.rank, stops));
    }
    for (int64_t n = lanes; n > 1; n /= 2)
        for (int64_t l = 0; l < n / 2; l++)
            parts[l] = sg_emit(graph, "add", SG_IN(parts[2 * l], parts[2 * l + 1]));
    return sg_emit(graph, "reshape", SG_IN(parts[0]), sg_arg_shape("shape", &info.shape));
}

/* Whether a weight may change: all of the loss and the gradients is finite, or, where it does not wait for
 * the other gradients, the loss and its own one. */
static sg_value ok_of(const builder *b, int i) {
    const sg_train_nodes *nodes = &b->step->nodes;
    return b->config->in_backward ? sg_emit(b->graph, "all_finite", SG_IN(nodes->loss, b->squares[i]))
                                  : nodes->ok;
}

static void add_updates(builder *b, sg_value factor) {
    const sg_call *call = b->config->optimizer;
    const sg_optimizer *optimizer = (const sg_optimizer *)call->schema;
    for (int i = 0; i < b->count; i++) {
        sg_weight_update update = {
            .graph = b->graph,
            .weight = b->values[i],
            .gradient = b->gradients[i],
            .rate = b->step->nodes.rate,
            .corrections = b->step->nodes.corrections,
            .factor = factor,
            .ok = ok_of(b, i),
            .lr = b->weights[i].group.lr,
            .decay = b->weights[i].group.decay,
        };
        sg_value next = b->next[i] = optimizer->add(call->attr, &update);
        if (next != SG_NO_VALUE && !sg_train_step_keep(b->step, next))
            sg_fail(&b->graph->error, SG_OUT_OF_MEMORY, "out of memory");
    }
}

/* Updates that the graph came with (running statistics, averages): each is added again for the update phase,
 * where it depends on `ok` if its op can. */
static void gate_updates(builder *b, int nodes) {
    for (int i = 0; i < nodes; i++) {
        const sg_node *node = sg_graph_node(b->graph, i);
        if (!(node->op->flags & SG_OP_UPDATE)) continue;
        sg_value in[SG_MAX_IN];
        int count = node->in_count < SG_MAX_IN ? node->in_count : SG_MAX_IN;
        for (int k = 0; k < SG_MAX_IN; k++) in[k] = k < count ? node->in[k] : SG_NO_VALUE;
        for (int k = 0; k < SG_MAX_IN && sg_op_in_port(node->op, k); k++)
            if (strcmp(sg_op_in_port(node->op, k)->name, "ok") == 0 && in[k] == SG_NO_VALUE) {
                in[k] = b->step->nodes.ok;
                count = count > k + 1 ? count : k + 1;
            }
        char path[SG_MESSAGE_MAX];
        snprintf(path, sizeof path, "update/%s", node->path);
        sg_value next;
        sg_status status = sg_graph_add_node(b->graph, node->op, path, node->mark, in, count, node->attr,
                                             &next, &b->graph->error);
        if (status == SG_OK && !sg_train_step_keep(b->step, next))
            sg_fail(&b->graph->error, SG_OUT_OF_MEMORY, "out of memory");
        if (status != SG_OK) return;
        b->graph->nodes[i]->replaced = true;
    }
}

static sg_status build(builder *b, const sg_value *values, sg_diagnostics *diagnostics) {
    sg_graph *graph = b->graph;
    sg_train_nodes *nodes = &b->step->nodes;
    sg_value loss = values[0];
    size_t errors = sg_diagnostics_errors(diagnostics);
    sg_check_rules(b->config, graph, diagnostics);
    sg_status status = find_weights(b, loss, diagnostics);
    if (status != SG_OK) return status;
    if (sg_diagnostics_errors(diagnostics) > errors) return SG_BAD_GRAPH;
    if (b->config->rewrite)
        status = sg_graph_rewrite(graph, 1 + b->config->report_count, values, &b->step->rewritten, b->error);
    if (status != SG_OK) return status;
    int before = sg_graph_node_count(graph);
    status = sg_graph_differentiate(graph, loss, SG_NO_VALUE, b->count, b->values, b->gradients, b->error);
    if (status != SG_OK) return status;

    sg_graph_round_products(graph, b->config->bf16);
    sg_value checked = loss;
    nodes->loss = loss;
    if (b->config->accumulate > 1) {
        char path[SG_MESSAGE_MAX];
        nodes->place = fed(graph, "train/place", SG_I32, SG_SHAPE(2));
        for (int i = 0; i < b->count; i++) {
            snprintf(path, sizeof path, "accumulate/%s", b->weights[i].node->path);
            b->gradients[i] = accumulate(b, b->gradients[i], path);
        }
        checked = accumulate(b, loss, "accumulated/loss");
    }
    sg_graph_set_phase(graph, SG_PHASE_UPDATE);
    if (b->config->accumulate > 1) nodes->share = fed(graph, "train/share", SG_F64, (sg_shape){0});
    nodes->rate = fed(graph, "train/rate", SG_F64, (sg_shape){0});
    nodes->corrections = fed(graph, "train/corrections", SG_F64, SG_SHAPE(3));
    sg_value factor;
    sg_graph_update_early(graph, b->config->in_backward);
    sg_emit_squares(graph, b->count, b->gradients, b->squares);
    sg_emit_clip(graph, b->count, b->squares, nodes->share, b->config->clip, &nodes->norm, &factor);
    nodes->ok = sg_emit(graph, "all_finite", SG_IN(checked, nodes->norm));
    add_updates(b, factor);
    gate_updates(b, before);
    status = sg_graph_status(graph, b->error);
    if (status == SG_OK)
        status =
            sg_averages_add(b->step, b->config, graph, b->count, b->values, b->next, diagnostics, b->error);
    sg_graph_set_phase(graph, SG_PHASE_GRADIENT);
    return status;
}

sg_status sg_train_step_init(sg_train_step *step, const sg_train_config *config, sg_graph *graph,
                             const sg_value *values, sg_diagnostics *diagnostics, sg_error *error) {
    *step = (sg_train_step){
        .nodes = {SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE, SG_NO_VALUE}};
    builder b = {.config = config, .graph = graph, .step = step, .error = error};
    sg_status status = build(&b, values, diagnostics);
    step->weights = b.values;
    step->gradients = b.gradients;
    step->weight_count = b.count;
    free(b.weights);
    free(b.squares);
    free(b.next);
    if (status != SG_OK) sg_train_step_finish(step);
    return status;
}

void sg_train_step_finish(sg_train_step *step) {
    free(step->updates);
    free(step->weights);
    free(step->gradients);
    free(step->averages);
    *step = (sg_train_step){0};
}
