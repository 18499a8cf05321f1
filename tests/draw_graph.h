/* draw_graph.h - for tests of diagrams: graphs built in code, with blocks and repeats. */
#ifndef SG_TESTS_DRAW_GRAPH_H
#define SG_TESTS_DRAW_GRAPH_H

#include "simgraph/graph.h"
#include "unit.h"

#include <string.h>

enum { GRAPH_WEIGHTS = 256 };

typedef struct test_graph {
    sg_graph *graph;
    sg_value weight[GRAPH_WEIGHTS];
    int weight_count;
    sg_error error;
} test_graph;

static inline void test_graph_init(test_graph *t, int64_t batch) {
    *t = (test_graph){0};
    sg_graph_options options = {sizeof options, SG_F32, true, batch};
    ck_assert_msg(sg_graph_create(&t->graph, &options, &t->error) == SG_OK, "%s", t->error.message);
}

static inline void test_graph_finish(test_graph *t) {
    sg_graph_destroy(t->graph);
}

/* "head.tail", valid for the next few calls. */
static inline const char *under(const char *head, const char *tail) {
    static char ring[16][256];
    static int next;
    char *path = ring[next++ % 16];
    ck_assert_uint_lt(strlen(head) + strlen(tail) + 1, sizeof ring[0]);
    return strcat(strcat(strcpy(path, head), "."), tail);
}

#define ADD(t, op, path, in, ...) add_node(t, op, path, in, (const sg_arg[]){__VA_ARGS__, {0}})
#define INPUTS(...)      \
    (const sg_value[]) { \
        __VA_ARGS__, -2  \
    }
#define NO_INPUTS        \
    (const sg_value[]) { \
        -2               \
    }
#define NO_ARGS ((sg_arg){0})

/* Inputs end at -2. */
static inline sg_value add_node(test_graph *t, const char *op, const char *path, const sg_value *in,
                                const sg_arg *args) {
    int count = 0;
    while (in[count] != -2) count++;
    sg_value value = sg_graph_add(t->graph, op, path, in, count, args);
    sg_status status = sg_graph_status(t->graph, &t->error);
    ck_assert_msg(status == SG_OK, "%s", t->error.message);
    return value;
}

static inline void add_scope(test_graph *t, const char *path, const char *block, int line) {
    ck_assert(sg_graph_add_scope(t->graph, path, block, NULL, (sg_mark){"net.yaml", line, 3}, &t->error) ==
              SG_OK);
}

static inline sg_shape shape_of(test_graph *t, sg_value value) {
    return sg_graph_value(t->graph, value)->shape;
}

static inline sg_value add_fed(test_graph *t, const char *path, sg_shape shape) {
    return ADD(t, "input", path, NO_INPUTS, sg_arg_shape("shape", &shape));
}

static inline sg_value add_weight(test_graph *t, const char *path, sg_shape shape) {
    ck_assert_int_lt(t->weight_count, GRAPH_WEIGHTS);
    return t->weight[t->weight_count++] = ADD(t, "weight", path, NO_INPUTS, sg_arg_shape("shape", &shape));
}

static inline sg_value add_linear(test_graph *t, const char *path, sg_value x, int64_t out) {
    char at[256];
    snprintf(at, sizeof at, "%s", path);
    sg_shape shape = shape_of(t, x);
    add_scope(t, at, "linear", 0);
    sg_value weight = add_weight(t, under(at, "weight"), SG_SHAPE(out, shape.dim[shape.rank - 1]));
    sg_value bias = add_weight(t, under(at, "bias"), SG_SHAPE(out));
    return ADD(t, "affine", under(at, "y"), INPUTS(x, weight, bias), NO_ARGS);
}

static inline sg_value add_norm(test_graph *t, const char *path, sg_value x) {
    char at[256];
    snprintf(at, sizeof at, "%s", path);
    sg_shape shape = shape_of(t, x), last = SG_SHAPE(shape.dim[shape.rank - 1]);
    add_scope(t, at, "norm", 0);
    sg_value weight = add_weight(t, under(at, "weight"), last);
    sg_value bias = add_weight(t, under(at, "bias"), last);
    return ADD(t, "layer_norm", under(at, "y"), INPUTS(x, weight, bias), NO_ARGS);
}

static inline sg_value add_view(test_graph *t, const char *op, const char *path, sg_value x, int rank,
                                const int64_t *list) {
    return ADD(t, op, path, INPUTS(x), sg_arg_ints(*op == 'p' ? "axes" : "shape", rank, list));
}

static inline sg_value add_attention(test_graph *t, const char *path, sg_value x, int64_t heads) {
    char at[256];
    snprintf(at, sizeof at, "%s", path);
    sg_shape s = shape_of(t, x);
    int64_t b = s.dim[0], n = s.dim[1], c = s.dim[2];
    add_scope(t, at, "attention", 0);
    sg_value y = add_linear(t, under(at, "qkv"), x, 3 * c), part[3];
    y = add_view(t, "reshape", under(at, "parts.1_reshape"), y, 5, (int64_t[]){b, n, 3, heads, c / heads});
    y = add_view(t, "permute", under(at, "parts"), y, 5, (int64_t[]){2, 0, 3, 1, 4});
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "mixed.%d_slice", i + 1);
        part[i] = ADD(t, "slice", under(at, name), INPUTS(y), sg_arg_ints("starts", 1, (int64_t[]){i}),
                      sg_arg_ints("stops", 1, (int64_t[]){i + 1}));
        snprintf(name, sizeof name, "mixed.%d_reshape", i + 4);
        part[i] = add_view(t, "reshape", under(at, name), part[i], 4, (int64_t[]){b, heads, n, c / heads});
    }
    y = ADD(t, "dot_attention", under(at, "mixed.7_dot_attention"), INPUTS(part[0], part[1], part[2]),
            NO_ARGS);
    y = add_view(t, "permute", under(at, "mixed.8_permute"), y, 4, (int64_t[]){0, 2, 1, 3});
    y = add_view(t, "reshape", under(at, "mixed"), y, 3, (int64_t[]){b, n, c});
    return add_linear(t, under(at, "proj"), y, c);
}

/* One transformer block; `odd` ones have one node more. */
static inline sg_value add_block(test_graph *t, const char *path, sg_value x, int64_t heads, bool odd) {
    char at[128], inner[256];
    snprintf(at, sizeof at, "%s", path);
    snprintf(inner, sizeof inner, "%s.mlp", at);
    add_scope(t, at, "vit_block", 4);
    sg_shape s = shape_of(t, x);
    sg_value y = add_attention(t, under(at, "mix"), add_norm(t, under(at, "norm1"), x), heads);
    if (odd) y = ADD(t, "neg", under(at, "turned"), INPUTS(y), NO_ARGS);
    sg_value mid = ADD(t, "add", under(at, "mid"), INPUTS(x, y), NO_ARGS);
    y = add_norm(t, under(at, "norm2"), mid);
    add_scope(t, inner, "mlp", 0);
    y = add_linear(t, under(inner, "fc1"), y, 4 * s.dim[2]);
    y = ADD(t, "gelu", under(inner, "mid"), INPUTS(y), NO_ARGS);
    y = add_linear(t, under(inner, "fc2"), y, s.dim[2]);
    return ADD(t, "add", under(at, "y"), INPUTS(mid, y), NO_ARGS);
}

/* A masked autoencoder of patches: encoder "codes" of `depth` blocks, decoder "recon", loss "loss". With
 * `odd` every second block differs. Returns the loss. */
static inline sg_value add_vit(test_graph *t, int depth, bool odd) {
    int64_t b = sg_graph_batch(t->graph), n = 16, dim = 32;
    sg_value image = add_fed(t, "image", SG_SHAPE(b, n, 48));
    sg_value mask = ADD(t, "random_mask", "mask", NO_INPUTS, sg_arg_ints("shape", 2, (int64_t[]){b, n}),
                        sg_arg_float("ratio", 0.5));
    add_scope(t, "codes", "vit_encoder", 2);
    sg_value x = add_linear(t, "codes.embed", image, dim);
    sg_value token = add_weight(t, "codes.mask_token", SG_SHAPE(dim));
    sg_value position = add_weight(t, "codes.position", SG_SHAPE(n, dim));
    sg_value where = add_view(t, "reshape", "codes.placed.1_reshape", mask, 3, (int64_t[]){b, n, 1});
    x = ADD(t, "where", "codes.placed.2_where", INPUTS(where, token, x), NO_ARGS);
    x = ADD(t, "add", "codes.placed", INPUTS(position, x), NO_ARGS);
    for (int i = 0; i < depth; i++) {
        char path[32];
        snprintf(path, sizeof path, "codes.block.%d", i);
        x = add_block(t, path, x, 4, odd && i % 2);
    }
    x = add_norm(t, "codes.norm", x);
    x = add_linear(t, "recon", x, 48);
    sg_value hidden = add_view(t, "reshape", "hidden", mask, 3, (int64_t[]){b, n, 1});
    return ADD(t, "l1", "loss", INPUTS(x, image, hidden), NO_ARGS);
}

#endif
