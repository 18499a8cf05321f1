/* Packing: a weight that many rows are multiplied with is packed once a step.
 *
 * A product packs its second operand before it reads it, and nodes cut into blocks would do so in every
 * block; that is 5 to 10 % of a step. So `pack` nodes do it once, for all blocks, before the group of the
 * products begins. Packed weights are not kept for the whole step: those of the next products are packed when
 * the last product of the ones before, of CHUNK bytes together, has run. */
#include "plan/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/gemm.h"
#include "plan/derived.h"

enum {
    CHUNK = 32 << 20,
    LEAST_ROWS = 768,        /* fewer make one or two blocks */
    LEAST_ELEMENTS = 1 << 12 /* of a weight */
};

typedef struct packing {
    sg_plan *plan;
    const sg_graph *graph;
    sg_graph *copy;
    bool *needed; /* per node */
    int *place;   /* per node: its place in `copy` */
    int *late;    /* per node of `copy`: the node that it waits for, or -1 */
    sg_value
        *packed[2]; /* per value, as it is and transposed: its packed form in this chunk, or SG_NO_VALUE */
    double bytes;   /* of this chunk */
    int reader, before; /* in `copy`: the last reader of this chunk, and of the one before; -1 */
    sg_error *error;
} packing;

enum { X, MATRIX, BIAS };

/* A weight as it is stored. */
static bool is_weight(const sg_graph *graph, sg_value value) {
    const sg_node *node = graph->nodes[graph->values[value].node];
    while (node->op->flags & SG_OP_VIEW && strcmp(node->op->schema.name, "reshape") == 0)
        node = graph->nodes[graph->values[node->in[0]].node];
    return node->op->flags & SG_OP_STORED;
}

/* Is the node a product of many rows with one weight? *turn: its columns are rows of the weight. */
static bool is_to_pack(const sg_graph *graph, const sg_node *node, bool *turn) {
    const bool affine = strcmp(node->op->schema.name, "affine") == 0,
               matmul = strcmp(node->op->schema.name, "matmul") == 0;
    if (!affine && !(matmul && !node->attr[0].i)) return false;
    *turn = affine || node->attr[1].i;
    const sg_value_info *x = &graph->values[node->in[X]], *w = &graph->values[node->in[MATRIX]];
    if (x->type != SG_F32 || x->shape.rank < 2 || w->shape.rank != 2) return false;
    const int64_t k = x->shape.dim[x->shape.rank - 1], n = w->shape.dim[*turn ? 0 : 1];
    return k > 0 && n > 0 && n % SG_GEMM_WIDTH == 0 && n * k >= LEAST_ELEMENTS &&
           sg_shape_elements(&x->shape) / k >= LEAST_ROWS && is_weight(graph, node->in[MATRIX]);
}

static void begin_chunk(packing *p) {
    p->before = p->reader;
    p->bytes = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int v = 0; v < p->graph->value_count; v++) p->packed[turn][v] = SG_NO_VALUE;
}

static sg_status pack(packing *p, sg_value matrix, bool turn, sg_value *packed) {
    const double bytes = (double)sg_shape_elements(&p->graph->values[matrix].shape) * sizeof(float);
    const sg_node *from = p->graph->nodes[p->graph->values[matrix].node];
    if (p->packed[turn][matrix] == SG_NO_VALUE) {
        if (p->bytes > 0 && p->bytes + bytes > CHUNK) begin_chunk(p);
        char path[64];
        snprintf(path, sizeof path, "pack.%d", p->copy->node_count);
        const sg_attr attr[SG_MAX_ATTRS] = {{.set = true, .present = true, .i = turn}};
        sg_status status = sg_graph_add_node(p->copy, &sg_op_pack, path, from->mark, &matrix, 1, attr,
                                             &p->packed[turn][matrix], p->error);
        if (status != SG_OK) return status;
        p->late[p->copy->node_count - 1] = p->before;
        p->bytes += bytes;
    }
    *packed = p->packed[turn][matrix];
    return SG_OK;
}

static sg_status keep_product(packing *p, const sg_node *node, bool turn) {
    sg_value packed;
    sg_status status = pack(p, node->in[MATRIX], turn, &packed);
    if (status != SG_OK) return status;
    sg_node *changed = sg_bump_copy(p->copy->memory, node, sizeof *node);
    if (changed)
        changed->in = sg_bump_copy(p->copy->memory, node->in, sizeof(sg_value) * (size_t)node->in_count);
    if (!changed || !changed->in) return sg_fail(p->error, SG_OUT_OF_MEMORY, "out of memory");
    changed->op = &sg_op_packed_affine;
    changed->in[MATRIX] = packed;
    p->reader = p->copy->node_count;
    return sg_derived_keep(p->copy, changed, p->error);
}

static sg_status rewrite(packing *p) {
    begin_chunk(p);
    p->copy->phase = SG_PHASE_GRADIENT;
    for (int i = 0; i < p->graph->node_count; i++) {
        sg_node *node = p->graph->nodes[i];
        bool turn;
        sg_status status = p->needed[i] && is_to_pack(p->graph, node, &turn)
                               ? keep_product(p, node, turn)
                               : sg_derived_keep(p->copy, node, p->error);
        if (status != SG_OK) return status;
        p->place[i] = p->copy->node_count - 1;
        if (p->plan->late && p->plan->late[i] >= 0) p->late[p->place[i]] = p->place[p->plan->late[i]];
    }
    return sg_graph_status(p->copy, p->error);
}

static sg_status run(packing *p) {
    p->copy = sg_derived_begin(p->graph, p->error);
    if (!p->copy) return SG_OUT_OF_MEMORY;
    sg_status status = rewrite(p);
    if (status != SG_OK) {
        sg_graph_destroy(p->copy);
        return status;
    }
    sg_derived_end(p->plan, p->copy);
    p->plan->late = p->late;
    return SG_OK;
}

static bool any_to_pack(const packing *p) {
    bool turn;
    for (int i = 0; i < p->graph->node_count; i++)
        if (p->needed[i] && is_to_pack(p->graph, p->graph->nodes[i], &turn)) return true;
    return false;
}

sg_status sg_plan_pack(sg_plan *plan, const sg_program_options *options, sg_error *error) {
    const size_t nodes = (size_t)plan->graph->node_count, values = (size_t)plan->graph->value_count + 1;
    packing p = {.plan = plan,
                 .graph = plan->graph,
                 .needed = calloc(nodes + 1, sizeof(bool)),
                 .place = calloc(nodes + 1, sizeof(int)),
                 .late = sg_bump_array(plan->memory, 2 * nodes + 1, sizeof(int)),
                 .packed = {calloc(values, sizeof(sg_value)), calloc(values, sizeof(sg_value))},
                 .reader = -1,
                 .before = -1,
                 .error = error};
    sg_status status = SG_OUT_OF_MEMORY;
    if (p.needed && p.place && p.late && p.packed[0] && p.packed[1]) {
        for (size_t i = 0; i < 2 * nodes + 1; i++) p.late[i] = -1;
        status = sg_derived_needed(p.graph, options, p.needed, error);
        if (status == SG_OK && any_to_pack(&p)) status = run(&p);
    } else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(p.needed);
    free(p.place);
    free(p.packed[0]);
    free(p.packed[1]);
    return status;
}
