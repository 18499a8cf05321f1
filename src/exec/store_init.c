/* Filling the store with what a graph's stored nodes start from. Workers take pieces of the weights until
 * none is left; what a piece holds depends on the seed, the weight's name and its place in it alone. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "exec/context.h"
#include "exec/init.h"
#include "graph/graph.h"
#include "simgraph/program.h"
#include "tensor/convert.h"

enum { PIECES_A_TURN = 32 }; /* what a worker takes at once */

typedef struct weight {
    const sg_init *init;
    sg_init_stream from;
    sg_tensor *tensor;
    int64_t turns; /* of this weight and those before it */
} weight;

typedef struct filling {
    const sg_loops *loops;
    uint64_t seed;
    weight *weights;
    int count;
    atomic_llong next; /* turn to take */
} filling;

static void fill_turn(const weight *w, int64_t turn) {
    double piece[SG_INIT_PIECE];
    const int64_t all = sg_tensor_elements(w->tensor), most = (int64_t)SG_INIT_PIECE * PIECES_A_TURN;
    const int64_t end = all - turn * most < most ? all : (turn + 1) * most;
    const int64_t size = (int64_t)sg_type_size(w->tensor->type);
    for (int64_t at = turn * most; at < end; at += SG_INIT_PIECE) {
        int64_t count = end - at < SG_INIT_PIECE ? end - at : SG_INIT_PIECE;
        w->init->fill(&w->from, (uint64_t)at, count, piece);
        sg_convert_run(w->tensor->type, (char *)w->tensor->data + at * size, 1, SG_F64, piece, 1, count);
    }
}

static void fill(void *data, int worker, int workers) {
    filling *f = data;
    int at = 0;
    (void)worker;
    (void)workers;
    for (int64_t turn; (turn = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed)) >= 0;) {
        while (at < f->count && turn >= f->weights[at].turns) at++;
        if (at == f->count) return;
        fill_turn(&f->weights[at], turn - (at ? f->weights[at - 1].turns : 0));
    }
}

sg_status sg_store_follow(sg_store *store, const sg_node *average, sg_error *error) {
    if (!*sg_node_average_of(average)) return SG_OK;
    const sg_tensor *followed = sg_store_find(store, sg_node_average_of(average));
    if (!followed)
        return sg_fail(error, SG_BAD_GRAPH, "`%s` is the average of `%s`, which is not in the store",
                       average->path, sg_node_average_of(average));
    return sg_tensor_copy(sg_store_find(store, average->path), followed, error);
}

/* Adds what the store lacks, as zeros; notes what is to be filled, and the averages. */
static sg_status add(sg_store *store, const sg_graph *graph, filling *f, const sg_node **averages,
                     int *average_count, sg_error *error) {
    const int64_t most = (int64_t)SG_INIT_PIECE * PIECES_A_TURN;
    int64_t turns = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!(node->op->flags & SG_OP_STORED)) continue;
        bool fresh = !sg_store_find(store, node->path);
        const sg_value_info *info = sg_graph_value(graph, node->out[0]);
        sg_tensor *tensor;
        sg_status status = sg_store_add(store, node->path, info->type, info->shape, &tensor, error);
        if (status != SG_OK) return status;
        if (!fresh) continue;
        if (sg_node_average_of(node)) averages[(*average_count)++] = node;
        int index = sg_schema_attr_index(&node->op->schema, "init");
        const sg_call *call = index >= 0 ? node->attr[index].call : NULL;
        const sg_init *init = call ? (const sg_init *)call->schema : NULL;
        if (!init || !init->fill) continue;
        turns += (sg_tensor_elements(tensor) + most - 1) / most;
        sg_init_stream from = {call->attr, &tensor->shape, f->seed, sg_hash_text(node->path), f->loops};
        f->weights[f->count++] = (weight){init, from, tensor, turns};
    }
    return SG_OK;
}

sg_status sg_store_initialise(sg_store *store, sg_context *context, const sg_graph *graph, uint64_t seed,
                              sg_error *error) {
    size_t nodes = (size_t)sg_graph_node_count(graph) + 1;
    filling f = {.loops = context->loops, .seed = seed};
    f.weights = sg_array_alloc(nodes, sizeof *f.weights);
    const sg_node **averages = sg_array_alloc(nodes, sizeof *averages);
    int average_count = 0;
    sg_status status = f.weights && averages ? add(store, graph, &f, averages, &average_count, error)
                                             : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && f.count) sg_workers_run(context->workers, fill, &f);
    for (int i = 0; status == SG_OK && i < average_count; i++)
        status = sg_store_follow(store, averages[i], error);
    free(f.weights);
    free(averages);
    return status;
}
