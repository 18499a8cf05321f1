/* Packing once what many blocks multiply with.
 *
 * A product packs its second operand before it reads it, and a node cut into blocks does so in every block:
 * that takes 5 to 15 % of a step. `pack` nodes do it once, before the group of the products begins: for
 * weights that many rows are multiplied with, and for the inputs that gradients of large weights are made of;
 * and `pack_conv` nodes for the weights of convolutions that turn them for every few samples.
 *
 * Packed weights are not kept for the whole step, or they would take as much memory as the weights: the next
 * ones are packed when the last product of those before, of CHUNK bytes together, has run. A packed input
 * waits for the gradient that it is multiplied with.
 */
#include "plan/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/gemm.h"
#include "ops/conv_turned.h"
#include "plan/derived.h"

enum {
    CHUNK = 32 << 20,
    LEAST_ROWS = 384,         /* fewer make one block */
    LEAST_ELEMENTS = 1 << 12, /* of a weight */
    BLOCK_SAMPLES = 16
};

typedef struct packing {
    sg_plan *plan;
    const sg_graph *graph;
    sg_graph *copy;
    bool *needed; /* per node */
    bool *read;   /* per value: by a node that is needed, or fetched */
    int *place;   /* per node: its place in `copy` */
    int *late;    /* per node of `copy`: the node that it waits for, or -1 */
    /* Per value, as it is and transposed: its packed form in this chunk, or SG_NO_VALUE. A value is either a
     * matrix or, with its four axes, the weight of convolutions. */
    sg_value *packed[2];
    double bytes;       /* of this chunk */
    int reader, before; /* in `copy`: the last reader of this chunk, and of the one before; -1 */
    sg_error *error;
} packing;

enum { X, MATRIX }; /* of affine and matmul */
enum { INPUT, DY }; /* of affine_grad */
enum { DWEIGHT };

/* The node that a chain of views starts from. */
static const sg_node *origin(const sg_graph *graph, sg_value value) {
    const sg_node *node = graph->nodes[graph->values[value].node];
    while (node->op->flags & SG_OP_VIEW) node = graph->nodes[graph->values[node->in[0]].node];
    return node;
}

static bool is_large(int64_t k, int64_t n) {
    return k > 0 && n > 0 && n % SG_GEMM_WIDTH == 0 && n * k >= LEAST_ELEMENTS;
}

/* Is the node a product of many rows with one weight? *turn: its columns are rows of the weight. */
static bool is_product(const sg_graph *graph, const sg_node *node, bool *turn) {
    const bool affine = strcmp(node->op->schema.name, "affine") == 0,
               matmul = strcmp(node->op->schema.name, "matmul") == 0;
    if (!affine && !(matmul && !node->attr[0].i)) return false;
    *turn = affine || node->attr[1].i;
    const sg_value_info *x = &graph->values[node->in[X]], *w = &graph->values[node->in[MATRIX]];
    if (x->type != SG_F32 || x->shape.rank < 2 || w->shape.rank != 2) return false;
    const int64_t k = x->shape.dim[x->shape.rank - 1];
    return is_large(k, w->shape.dim[*turn ? 0 : 1]) && sg_shape_elements(&x->shape) / k >= LEAST_ROWS &&
           (double)sg_shape_elements(&w->shape) * sizeof(float) <= CHUNK &&
           origin(graph, node->in[MATRIX])->op->flags & SG_OP_STORED;
}

/* Is it the gradient of a weight, cut into tiles of it? Then every tile reads the whole input. */
static bool is_tiled_gradient(const packing *p, const sg_node *node) {
    if (strcmp(node->op->schema.name, "affine_grad") != 0 || !p->read[node->out[DWEIGHT]]) return false;
    const sg_value_info *x = &p->graph->values[node->in[INPUT]];
    sg_signature_space space;
    sg_domain domain;
    sg_node_domain(node, sg_node_signature(p->graph, node, &space), &domain);
    const int64_t n = x->shape.dim[x->shape.rank - 1];
    return domain.out[DWEIGHT] == SG_OWN && x->type == SG_F32 &&
           is_large(sg_shape_elements(&x->shape) / n, n);
}

/* Convolutions that can read a packed weight, their second input. */
static const struct convolution {
    const char *name;
    const sg_op *packed;
    bool transposed; /* first input and output change places */
} convolutions[] = {{"conv2d", &sg_packed_conv2d_op, false},
                    {"conv2d_input_grad", &sg_packed_conv2d_input_grad_op, true},
                    {"conv_transpose2d", &sg_packed_conv_transpose2d_op, true}};

static const struct convolution *convolution_of(const sg_node *node) {
    for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
        if (strcmp(node->op->schema.name, convolutions[i].name) == 0) return convolutions + i;
    return NULL;
}

/* Is the node a convolution over turned maps that would turn the same weight again and again? Of how many
 * samples a block will have is known only that it is seldom more than BLOCK_SAMPLES. NULL: no. */
static const struct convolution *turns_weight(const sg_graph *graph, const sg_node *node) {
    const struct convolution *c = convolution_of(node);
    if (!c || !(origin(graph, node->in[MATRIX])->op->flags & SG_OP_STORED)) return NULL;
    const sg_shape *from = &graph->values[node->in[X]].shape, *to = &graph->values[node->out[0]].shape,
                   *weight = &graph->values[node->in[MATRIX]].shape;
    const sg_type type = graph->values[node->in[X]].type;
    const double elements = (double)sg_shape_elements(weight);
    const sg_conv v =
        sg_conv_of(node->attr, type, c->transposed ? to : from, weight, c->transposed ? from : to);
    const int64_t samples = sg_conv_turned_samples(&v, type, v.batch, c->transposed);
    bool again = samples > 0 && v.batch > (samples < BLOCK_SAMPLES ? samples : BLOCK_SAMPLES);
    bool fits = elements >= LEAST_ELEMENTS && elements * sizeof(float) <= CHUNK;
    return again && fits && v.groups == 1 ? c : NULL;
}

static void begin_chunk(packing *p) {
    p->before = p->reader;
    p->bytes = 0;
    for (int turn = 0; turn < 2; turn++)
        for (int v = 0; v < p->graph->value_count; v++) p->packed[turn][v] = SG_NO_VALUE;
}

/* Adds a node that packs a matrix, or a convolution's weight, when node `late` of `copy` has run. */
static sg_status add_pack(packing *p, const sg_op *op, sg_value matrix, bool turn, int late,
                          sg_value *packed) {
    char path[32];
    snprintf(path, sizeof path, "pack.%d", p->copy->node_count);
    const sg_attr attr[SG_MAX_ATTRS] = {{.set = true, .present = true, .i = turn}};
    sg_status status = sg_graph_add_node(p->copy, op, path, origin(p->graph, matrix)->mark, &matrix, 1, attr,
                                         packed, p->error);
    if (status == SG_OK) p->late[p->copy->node_count - 1] = late;
    return status;
}

static sg_status pack_weight(packing *p, const sg_op *op, sg_value matrix, bool turn, sg_value *packed) {
    const double bytes = (double)sg_shape_elements(&p->graph->values[matrix].shape) * sizeof(float);
    if (p->packed[turn][matrix] == SG_NO_VALUE) {
        if (p->bytes > 0 && p->bytes + bytes > CHUNK) begin_chunk(p);
        p->bytes += bytes;
        sg_status status = add_pack(p, op, matrix, turn, p->before, &p->packed[turn][matrix]);
        if (status != SG_OK) return status;
    }
    *packed = p->packed[turn][matrix];
    return SG_OK;
}

/* The node as another op, which reads `packed` as input k. */
static sg_status keep_as(packing *p, const sg_node *node, const sg_op *op, int k, sg_value packed) {
    sg_node *changed = sg_bump_copy(p->copy->memory, node, sizeof *node);
    if (changed)
        changed->in = sg_bump_copy(p->copy->memory, node->in, sizeof(sg_value) * (size_t)node->in_count);
    if (!changed || !changed->in) return sg_fail(p->error, SG_OUT_OF_MEMORY, "out of memory");
    changed->op = op;
    changed->in[k] = packed;
    return sg_derived_keep(p->copy, changed, p->error);
}

static sg_status keep(packing *p, sg_node *node) {
    bool turn;
    sg_value packed;
    sg_status status;
    if (is_product(p->graph, node, &turn)) {
        status = pack_weight(p, &sg_pack_op, node->in[MATRIX], turn, &packed);
        p->reader = p->copy->node_count;
        return status == SG_OK ? keep_as(p, node, &sg_packed_affine_op, MATRIX, packed) : status;
    }
    const struct convolution *c = turns_weight(p->graph, node);
    if (c) {
        status = pack_weight(p, &sg_pack_conv_op, node->in[MATRIX], c->transposed, &packed);
        p->reader = p->copy->node_count;
        return status == SG_OK ? keep_as(p, node, c->packed, MATRIX, packed) : status;
    }
    if (is_tiled_gradient(p, node)) {
        const sg_node *slope = origin(p->graph, node->in[DY]);
        const bool runs = !(slope->op->flags & (SG_OP_STORED | SG_OP_FED));
        int late = runs ? p->place[p->graph->values[slope->out[0]].node] : -1;
        status = add_pack(p, &sg_pack_op, node->in[INPUT], false, late, &packed);
        return status == SG_OK ? keep_as(p, node, &sg_packed_affine_grad_op, INPUT, packed) : status;
    }
    return sg_derived_keep(p->copy, node, p->error);
}

static sg_status rewrite(packing *p) {
    begin_chunk(p);
    p->copy->phase = SG_PHASE_GRADIENT;
    for (int i = 0; i < p->graph->node_count; i++) {
        sg_node *node = p->graph->nodes[i];
        sg_status status = p->needed[i] ? keep(p, node) : sg_derived_keep(p->copy, node, p->error);
        if (status != SG_OK) return status;
        p->place[i] = p->copy->node_count - 1;
        if (p->plan->late && p->plan->late[i] >= 0) p->late[p->place[i]] = p->place[p->plan->late[i]];
    }
    return sg_graph_status(p->copy, p->error);
}

static sg_status run(packing *p) {
    p->copy = sg_derived_begin(p->graph, p->error);
    if (!p->copy) return SG_OUT_OF_MEMORY;
    sg_status status = sg_derived_end(p->plan, p->copy, rewrite(p), p->error);
    if (status == SG_OK) p->plan->late = p->late; /* not before: rewriting reads the one before */
    return status;
}

static void find_read(packing *p, const sg_program_options *options) {
    for (int i = 0; i < options->fetch_count; i++) p->read[options->fetch[i]] = true;
    for (int i = 0; i < p->graph->node_count; i++) {
        const sg_node *node = p->graph->nodes[i];
        for (int k = 0; p->needed[i] && k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) p->read[node->in[k]] = true;
    }
}

static bool any_to_pack(const packing *p) {
    bool turn;
    for (int i = 0; i < p->graph->node_count; i++) {
        const sg_node *node = p->graph->nodes[i];
        if (p->needed[i] &&
            (is_product(p->graph, node, &turn) || turns_weight(p->graph, node) || is_tiled_gradient(p, node)))
            return true;
    }
    return false;
}

sg_status sg_plan_pack(sg_plan *plan, const sg_program_options *options, sg_error *error) {
    const size_t nodes = (size_t)plan->graph->node_count, values = (size_t)plan->graph->value_count + 1;
    packing p = {.plan = plan,
                 .graph = plan->graph,
                 .needed = calloc(nodes + 1, sizeof(bool)),
                 .read = calloc(values, sizeof(bool)),
                 .place = calloc(nodes + 1, sizeof(int)),
                 .late = sg_bump_array(plan->memory, 2 * nodes + 1, sizeof(int)),
                 .packed = {calloc(values, sizeof(sg_value)), calloc(values, sizeof(sg_value))},
                 .reader = -1,
                 .before = -1,
                 .error = error};
    sg_status status = SG_OUT_OF_MEMORY;
    if (p.needed && p.read && p.place && p.late && p.packed[0] && p.packed[1]) {
        for (size_t i = 0; i < 2 * nodes + 1; i++) p.late[i] = -1;
        status = sg_derived_needed(p.graph, options, p.needed, error);
        if (status == SG_OK) find_read(&p, options);
        if (status == SG_OK && any_to_pack(&p)) status = run(&p);
    } else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(p.needed);
    free(p.read);
    free(p.place);
    free(p.packed[0]);
    free(p.packed[1]);
    return status;
}
