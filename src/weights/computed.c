#include "weights/computed.h"

#include <math.h>

#include "simgraph/op.h"
#include "simgraph/program.h"

/* What running the value's own part of the graph takes. */
typedef struct engine {
    sg_graph *graph;
    sg_context *context;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
} engine;

static void finish(engine *e) {
    sg_program_destroy(e->program);
    sg_arena_destroy(e->arena);
    sg_store_destroy(e->store);
    sg_context_destroy(e->context);
    sg_graph_destroy(e->graph);
}

static sg_status check_constant(const sg_graph *graph, const char *path, sg_error *error) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (node->op->flags & (SG_OP_FED | SG_OP_STORED | SG_OP_RANDOM))
            return sg_fail(error, SG_BAD_GRAPH, "`%s` depends on `%s`: a file of names calls it computed",
                           path, node->path);
    }
    return SG_OK;
}

static sg_status run(engine *e, const sg_graph *graph, const sg_match_computed *c, sg_tensor *out,
                     sg_error *error) {
    sg_context_options options = {.size = sizeof options, .threads = 1};
    sg_status status = sg_graph_extract(&e->graph, graph, 1, &c->value, error);
    if (status == SG_OK) status = check_constant(e->graph, c->path, error);
    if (status == SG_OK) status = sg_context_create(&e->context, &options, error);
    if (status == SG_OK) status = sg_store_create(&e->store, error);
    if (status == SG_OK) status = sg_arena_create(&e->arena, error);
    if (status != SG_OK) return status;
    sg_value value = sg_graph_find(e->graph, c->path);
    sg_program_options wanted = {.size = sizeof wanted, .fetch = &value, .fetch_count = 1};
    status = sg_program_create(&e->program, e->context, e->graph, e->store, e->arena, &wanted, error);
    if (status == SG_OK)
        status = sg_program_run(e->program, SG_PHASE_GRADIENT, &(sg_draw){.batch = 1}, error);
    if (status == SG_OK) *out = sg_program_fetch(e->program, value);
    return status;
}

/* Copies behind `first` rows of zeros. */
static sg_status arrange(sg_tensor *out, const sg_tensor *value, const sg_name_rule *rule, sg_error *error) {
    sg_shape shape = {.rank = rule->front + value->shape.rank + rule->behind};
    if (shape.rank > SG_MAX_RANK || value->shape.rank == 0)
        return sg_fail(error, SG_BAD_GRAPH, "what is computed as `%s` has too many axes, or none",
                       rule->ours);
    for (int i = 0; i < shape.rank; i++) {
        int k = i - rule->front;
        shape.dim[i] = k >= 0 && k < value->shape.rank ? value->shape.dim[k] : 1;
    }
    shape.dim[rule->front] += rule->first;
    sg_status status = sg_tensor_init(out, SG_F32, shape, error);
    if (status != SG_OK) return status;
    int64_t skipped = sg_tensor_elements(out) - sg_tensor_elements(value);
    sg_tensor rows = sg_tensor_view(SG_F32, value->shape, (float *)out->data + skipped);
    return sg_tensor_copy(&rows, value, error);
}

sg_status sg_compute(sg_tensor *out, const sg_graph *graph, const sg_match_computed *computed,
                     sg_error *error) {
    engine e = {0};
    sg_tensor value;
    sg_status status = run(&e, graph, computed, &value, error);
    if (status == SG_OK) status = arrange(out, &value, computed->rule, error);
    finish(&e);
    return status;
}

bool sg_shape_equal_but_ones(const sg_shape *a, const sg_shape *b) {
    int i = 0, k = 0;
    for (;;) {
        while (i < a->rank && a->dim[i] == 1) i++;
        while (k < b->rank && b->dim[k] == 1) k++;
        if (i == a->rank || k == b->rank) return i == a->rank && k == b->rank;
        if (a->dim[i++] != b->dim[k++]) return false;
    }
}

bool sg_computed_equal(const sg_tensor *ours, const sg_tensor *theirs) {
    if (!sg_shape_equal_but_ones(&ours->shape, &theirs->shape)) return false;
    for (int64_t i = 0; i < sg_tensor_elements(ours); i++)
        if (!(fabs(sg_tensor_get(ours, i) - sg_tensor_get(theirs, i)) <= 0.01)) return false;
    return true;
}
