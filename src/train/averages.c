/* Moving averages of weights: those that the text asks for (nodes of op `average`) and those of
 * `train: {average}`, which are added here. Each is blended with its weight after the optimiser's step:
 * average * a + weight * (1 - a). */
#include "train/averages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "simgraph/op.h"
#include "train/schedule.h"

char *sg_average_name(const char *weight) {
    sg_text text = {0};
    sg_text_printf(&text, "average/%s", weight);
    return sg_text_take(&text);
}

static const sg_attr *attr_of(const sg_node *node, const char *name) {
    return &node->attr[sg_schema_attr_index(sg_op_schema(node->op), name)];
}

/* ---- shares that change ---- */

static bool same_schedule(const sg_call *a, const sg_call *b) {
    if (a->schema != b->schema) return false;
    for (int i = 0; i < sg_schema_attr_count(a->schema); i++) {
        const sg_attr *x = &a->attr[i], *y = &b->attr[i];
        if (x->f != y->f || x->i != y->i || x->n != y->n) return false;
        if (x->n && x->floats && memcmp(x->floats, y->floats, sizeof(double) * (size_t)x->n) != 0)
            return false;
        if (x->text && strcmp(x->text, y->text) != 0) return false; /* a span's unit */
    }
    return true;
}

/* All its values lie between those that the text names, so that these can be checked before the first step.
 */
static bool check_schedule(const sg_call *call, sg_mark mark, sg_diagnostics *diagnostics) {
    double scale = call->attr[SG_SCHEDULE_SCALE].f;
    for (int i = 0; i < sg_schema_attr_count(call->schema); i++) {
        const sg_attr_spec *spec = &call->schema->attrs[i];
        bool level = strcmp(spec->name, "peak") == 0 || strcmp(spec->name, "start") == 0 ||
                     strcmp(spec->name, "end") == 0;
        if (!level || call->attr[i].f * scale <= 1) continue;
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, mark, 1, NULL,
                           "the average keeps a share of %g of itself, but at most 1 is possible",
                           call->attr[i].f * scale);
        return false;
    }
    return true;
}

/* The fed share of the new weight for a schedule: one input for all that have the same. */
static sg_value share_input(sg_train_step *step, sg_graph *graph, const sg_call *schedule, sg_error *error) {
    for (int i = 0; i < step->average_count; i++)
        if (same_schedule(step->averages[i].schedule, schedule)) return step->averages[i].share;
    sg_fed_average *grown = realloc(step->averages, sizeof *grown * (size_t)(step->average_count + 1));
    if (!grown) {
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        return SG_NO_VALUE;
    }
    step->averages = grown;
    char path[64];
    snprintf(path, sizeof path, "train/average.%d", step->average_count);
    sg_shape scalar = {0};
    sg_value share =
        sg_graph_add(graph, "input", path, NULL, 0,
                     (const sg_arg[]){sg_arg_shape("shape", &scalar), sg_arg_dtype("type", SG_F64), {0}});
    step->averages[step->average_count++] = (sg_fed_average){share, schedule};
    return share;
}

/* ---- updates ---- */

typedef struct adder {
    sg_train_step *step;
    sg_graph *graph;
    sg_map next; /* path -> the value after this update */
    sg_diagnostics *diagnostics;
    sg_error *error;
} adder;

static sg_status no_memory(const adder *a) {
    return sg_fail(a->error, SG_OUT_OF_MEMORY, "out of memory");
}

static sg_status follow(adder *a, const sg_node *node) {
    const sg_attr *average = attr_of(node, "average");
    const char *of = sg_node_average_of(node);
    if (!*of) return SG_OK;
    sg_value weight = (sg_value)sg_map_get_int(&a->next, of, SG_NO_VALUE);
    if (weight == SG_NO_VALUE) weight = sg_graph_find(a->graph, of); /* nothing changes it */
    sg_value share = SG_NO_VALUE;
    double momentum = average->call ? 0 : 1 - average->f;
    if (average->call) {
        if (!check_schedule(average->call, node->mark, a->diagnostics)) return SG_BAD_GRAPH;
        share = share_input(a->step, a->graph, average->call, a->error);
        if (share == SG_NO_VALUE)
            return a->error->status == SG_OK ? sg_graph_status(a->graph, a->error) : a->error->status;
    }
    const sg_value in[] = {node->out[0], weight, a->step->nodes.ok, share};
    char path[SG_MESSAGE_MAX];
    snprintf(path, sizeof path, "update/%s", node->path);
    sg_value next = sg_graph_add(a->graph, "blend", path, in, share == SG_NO_VALUE ? 3 : 4,
                                 (const sg_arg[]){sg_arg_float("momentum", momentum), {0}});
    if (next == SG_NO_VALUE) return sg_graph_status(a->graph, a->error);
    if (!sg_train_step_keep(a->step, next) || !sg_map_put_int(&a->next, node->path, next))
        return no_memory(a);
    return SG_OK;
}

/* The nodes of `train: {average}`. */
static sg_status add_nodes(const adder *a, const sg_attr *average, int count, const sg_value *weights) {
    for (int i = 0; i < count; i++) {
        const sg_value_info info = *sg_graph_value(a->graph, weights[i]);
        const sg_node *weight = sg_graph_node(a->graph, info.node);
        char *path = sg_average_name(weight->path);
        if (!path) return no_memory(a);
        sg_arg rate = {.name = "average", .value = *average};
        sg_value made = sg_graph_add(a->graph, "average", path, NULL, 0,
                                     (const sg_arg[]){sg_arg_shape("shape", &info.shape),
                                                      sg_arg_text("of", weight->path),
                                                      rate,
                                                      sg_arg_dtype("type", info.type),
                                                      {0}});
        free(path);
        if (made == SG_NO_VALUE) return sg_graph_status(a->graph, a->error);
    }
    return SG_OK;
}

sg_status sg_averages_add(sg_train_step *step, const sg_train_config *config, sg_graph *graph, int count,
                          const sg_value *weights, const sg_value *next, sg_diagnostics *diagnostics,
                          sg_error *error) {
    adder a = {.step = step, .graph = graph, .diagnostics = diagnostics, .error = error};
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < count; i++) {
        const sg_node *weight = sg_graph_node(graph, sg_graph_value(graph, weights[i])->node);
        if (!sg_map_put_int(&a.next, weight->path, next[i])) status = no_memory(&a);
    }
    if (status == SG_OK && config->averages) status = add_nodes(&a, &config->average, count, weights);
    /* In the order of the graph: what an average follows stands before it. */
    int nodes = sg_graph_node_count(graph);
    for (int i = 0; status == SG_OK && i < nodes; i++)
        if (sg_node_average_of(sg_graph_node(graph, i))) status = follow(&a, sg_graph_node(graph, i));
    sg_map_finish(&a.next);
    return status;
}

/* ---- evaluation ---- */

sg_status sg_averages_read(sg_graph *graph, bool (*has)(const void *training, const char *name),
                           const void *training, sg_error *error) {
    int nodes = sg_graph_node_count(graph);
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < nodes; i++) {
        const sg_node *weight = sg_graph_node(graph, i);
        if (!sg_node_is_weight(weight)) continue;
        char *path = sg_average_name(weight->path);
        if (!path) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        if (has(training, path)) {
            const sg_value_info info = *sg_graph_value(graph, weight->out[0]);
            sg_value average = sg_graph_add(
                graph, "state", path, NULL, 0,
                (const sg_arg[]){sg_arg_shape("shape", &info.shape), sg_arg_dtype("type", info.type), {0}});
            status = average == SG_NO_VALUE ? sg_graph_status(graph, error)
                                            : sg_graph_replace(graph, weight->out[0], average, error);
        }
        free(path);
    }
    return status;
}
