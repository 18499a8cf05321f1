/* Products whose matrix is packed once for all blocks: held against the same graph in f64, which packs
 * nothing. */
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "simgraph/op.h"

enum { MAX_LAYERS = 4, MAX_FETCH = 2 * MAX_LAYERS + 2 };

/* Layers of weight and bias with GELU between them; the loss is the mean of the squares. */
typedef struct model {
    sg_graph *graph;
    int64_t batch;
    int layers;
    sg_value x, fetch[MAX_FETCH];
    int fetch_count;
} model;

static sg_value weight(model *m, const char *word, int layer, sg_shape shape) {
    char path[32];
    snprintf(path, sizeof path, "%s%d", word, layer);
    sg_call call = {.schema = sg_registry_find(SG_KIND_INIT, "normal")};
    call.attr[0] = (sg_attr){.set = true, .present = true, .f = 0.1};
    call.attr[1] = (sg_attr){.present = true};
    return sg_graph_add(m->graph, "weight", path, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_call("init", &call), {0}});
}

static void build(model *m, sg_type type, int64_t batch, int layers, const int64_t *width, int64_t tokens) {
    sg_error error = {0};
    sg_value wrt[MAX_FETCH], grad[MAX_FETCH];
    *m = (model){.layers = layers, .batch = batch};
    sg_graph_options options = {sizeof options, type, true, batch};
    assert_ok(sg_graph_create(&m->graph, &options, &error));
    sg_shape shape = SG_SHAPE(batch, tokens, width[0]);
    sg_value y = m->x = wrt[0] =
        sg_graph_add(m->graph, "input", "x", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
    for (int i = 0; i < layers; i++) {
        sg_value w = weight(m, "weight", i, SG_SHAPE(width[i + 1], width[i])),
                 b = weight(m, "bias", i, SG_SHAPE(width[i + 1]));
        if (i) y = sg_emit(m->graph, "gelu", SG_IN(y));
        y = sg_emit(m->graph, "affine", SG_IN(y, w, b));
        wrt[1 + 2 * i] = w, wrt[2 + 2 * i] = b;
    }
    sg_value loss = sg_emit(m->graph, "mean", SG_IN(sg_emit(m->graph, "square", SG_IN(y))));
    assert_ok(sg_graph_differentiate(m->graph, loss, SG_NO_VALUE, 1 + 2 * layers, wrt, grad, &error));
    m->fetch[m->fetch_count++] = loss;
    for (int i = 0; i < 1 + 2 * layers; i++) m->fetch[m->fetch_count++] = grad[i];
}

/* A convolution whose weight is too small to be packed, one that halves the map, two of one large weight, and
 * a transposed one that doubles the map. */
static void build_convolutions(model *m, sg_type type, int64_t batch) {
    static const int64_t two[] = {2, 2}, one[] = {1, 1};
    const sg_shape shapes[] = {SG_SHAPE(23, 5, 3, 3), SG_SHAPE(128, 23, 3, 3), SG_SHAPE(128, 128, 3, 3),
                               SG_SHAPE(128, 18, 3, 3)};
    const int64_t biases[] = {23, 128, 128, 18};
    sg_error error = {0};
    sg_value wrt[9], grad[9];
    *m = (model){.batch = batch};
    sg_graph_options options = {sizeof options, type, true, batch};
    assert_ok(sg_graph_create(&m->graph, &options, &error));
    sg_shape shape = SG_SHAPE(batch, 5, 8, 8);
    sg_value y = m->x = wrt[0] =
        sg_graph_add(m->graph, "input", "x", NULL, 0, (const sg_arg[]){sg_arg_shape("shape", &shape), {0}});
    for (int i = 0; i < 4; i++) {
        sg_value w = wrt[1 + 2 * i] = weight(m, "weight", i, shapes[i]),
                 b = wrt[2 + 2 * i] = weight(m, "bias", i, SG_SHAPE(biases[i]));
        const sg_arg pad = sg_arg_ints("pad", 2, one);
        if (i) y = sg_emit(m->graph, "gelu", SG_IN(y));
        if (i < 2) y = sg_emit(m->graph, "conv2d", SG_IN(y, w, b), sg_arg_ints("stride", 2, two), pad);
        for (int k = 0; i == 2 && k < 2; k++) y = sg_emit(m->graph, "conv2d", SG_IN(y, w, b), pad);
        if (i == 3)
            y = sg_emit(m->graph, "conv_transpose2d", SG_IN(y, w, b), sg_arg_ints("stride", 2, two), pad,
                        sg_arg_ints("output_pad", 2, one));
    }
    sg_value loss = sg_emit(m->graph, "mean", SG_IN(sg_emit(m->graph, "square", SG_IN(y))));
    assert_ok(sg_graph_differentiate(m->graph, loss, SG_NO_VALUE, 9, wrt, grad, &error));
    m->fetch[m->fetch_count++] = loss;
    for (int i = 0; i < 9; i++) m->fetch[m->fetch_count++] = grad[i];
}

static void fill(sg_tensor *t, uint32_t stream, double size) {
    for (int64_t k = 0; k < sg_tensor_elements(t); k++) {
        uint32_t words[4];
        sg_philox_draw(5, (uint32_t)k, stream, 0, 0, words);
        /* In steps that f32 holds, for both types to begin with the same numbers. */
        sg_tensor_set(t, k, size * ((double)(words[0] >> 16) / 32768 - 1));
    }
}

typedef struct seen {
    int packs, products, gradients, late_packs; /* late: after the first product */
    int convolutions, conv_packs;
} seen;

static double *run(const model *m, const char *product, int threads, bool no_group, seen *s, size_t *count) {
    sg_error error = {0};
    rig r;
    rig_engine(&r, threads, product);
    r.graph = m->graph;
    assert_ok(sg_store_initialise(r.store, r.context, r.graph, 1, &error));
    sg_program_options options = {.size = sizeof options,
                                  .fetch = m->fetch,
                                  .fetch_count = m->fetch_count,
                                  .no_group = no_group,
                                  .poison = true};
    assert_ok(rig_create(&r, &options, &error));
    sg_tensor x = sg_program_feed(r.program, m->x);
    fill(&x, 1, 1);
    for (size_t i = 0; i < sg_store_count(r.store); i++) {
        sg_tensor *w = sg_store_tensor(r.store, i);
        const int64_t terms = w->shape.rank > 1 ? sg_tensor_elements(w) / w->shape.dim[0] : w->shape.dim[0];
        fill(w, (uint32_t)(strlen(sg_store_name(r.store, i)) * 16) + (uint32_t)i, 1 / sqrt((double)terms));
    }
    *s = (seen){0};
    for (int i = 0; i < sg_program_node_count(r.program); i++) {
        const char *name = sg_op_schema(sg_program_node_at(r.program, i).node->op)->name;
        s->products += strcmp(name, "packed_affine") == 0;
        s->gradients += strcmp(name, "packed_affine_grad") == 0;
        s->packs += strcmp(name, "pack") == 0;
        s->convolutions += strncmp(name, "packed_conv", 11) == 0;
        s->conv_packs += strcmp(name, "pack_conv") == 0;
        s->late_packs += strcmp(name, "pack") == 0 && s->products;
    }
    sg_draw draw = {.seed = 1, .batch = m->batch};
    assert_ok(sg_program_run(r.program, SG_PHASE_GRADIENT, &draw, &error));
    double *all = rig_get_all(&r, m->fetch_count, m->fetch, count);
    rig_end_engine(&r);
    return all;
}

/* Each fetched value by itself, against its own largest number. */
static void compare(const model *m, const double *got, const double *wanted, double most, const char *what) {
    size_t at = 0;
    for (int i = 0; i < m->fetch_count; i++) {
        size_t n = (size_t)sg_shape_elements(&sg_graph_value(m->graph, m->fetch[i])->shape);
        double scale = 0;
        for (size_t k = at; k < at + n; k++) scale = fmax(scale, fabs(wanted[k]));
        ck_assert_msg(scale > 0, "value %d is all 0", i);
        for (size_t k = at; k < at + n; k++)
            if (!(fabs(got[k] - wanted[k]) <= most * scale))
                ck_abort_msg("%s: value %d, number %zu is %.9g, not %.9g of %.3g", what, i, k - at, got[k],
                             wanted[k], scale);
        at += n;
    }
}

/* The same with one thread and with three, and node by node. */
static void check_bits(const model *m, const char *product, const double *wanted) {
    for (int way = 0; way < 3; way++) {
        seen s;
        size_t count;
        double *again = run(m, product, 1 + way, way == 1, &s, &count);
        ck_assert(memcmp(wanted, again, count * sizeof *again) == 0);
        free(again);
    }
}

START_TEST(agrees_with_f64) {
    /* 96 rows a sample; the last weight but one is large enough for its gradient to be cut into tiles of it,
     * and the last has columns that do not fill a panel. */
    static const int64_t width[] = {64, 448, 608, 40};
    static const char *const products[] = {NULL, "generic", "openblas"};
    model narrow, wide;
    seen s;
    size_t count, other;
    build(&narrow, SG_F32, 8, 3, width, 96);
    build(&wide, SG_F64, 8, 3, width, 96);
    double *wanted = run(&wide, NULL, 2, false, &s, &count);
    ck_assert_int_eq(s.packs + s.products + s.gradients, 0);
    for (size_t p = 0; p < sizeof products / sizeof *products; p++) {
        double *got = run(&narrow, products[p], 2, false, &s, &other);
        ck_assert_uint_eq(count, other);
        compare(&narrow, got, wanted, 3e-6, products[p] ? products[p] : "own");
        /* Both first layers forth, all three back to x; gradients of the second weight. */
        ck_assert_int_eq(s.products, 5);
        ck_assert_int_eq(s.gradients, 1);
        ck_assert_int_eq(s.packs, 6);
        check_bits(&narrow, products[p], got);
        free(got);
    }
    free(wanted);
    sg_graph_destroy(narrow.graph);
    sg_graph_destroy(wide.graph);
}
END_TEST

START_TEST(convolutions_agree_with_f64) {
    static const char *const products[] = {NULL, "generic", "openblas"};
    model narrow, wide;
    seen s;
    size_t count, other;
    /* Half as many samples as channels, which must not be taken for them. */
    build_convolutions(&narrow, SG_F32, 64);
    build_convolutions(&wide, SG_F64, 64);
    double *wanted = run(&wide, NULL, 2, false, &s, &count);
    ck_assert_int_eq(s.convolutions + s.conv_packs, 0);
    for (size_t p = 0; p < 2 * sizeof products / sizeof *products; p++) {
        const bool rounded = p % 2;
        const char *product = products[p / 2];
        if (rounded && product && strcmp(product, "openblas") == 0) continue;
        sg_graph_round_products(narrow.graph, rounded);
        double *got = run(&narrow, product, 2, false, &s, &other);
        ck_assert_uint_eq(count, other);
        compare(&narrow, got, wanted, rounded ? 2e-2 : 3e-6, product ? product : "own");
        /* Four of them, and the gradients of what they read: of three weights. */
        ck_assert_int_eq(s.convolutions, 8);
        ck_assert_int_eq(s.conv_packs, 6);
        check_bits(&narrow, product, got);
        free(got);
    }
    free(wanted);
    sg_graph_destroy(narrow.graph);
    sg_graph_destroy(wide.graph);
}
END_TEST

/* As many samples as are turned at once need their weight once. */
START_TEST(few_samples_pack_no_convolution) {
    model m;
    seen s;
    size_t count;
    build_convolutions(&m, SG_F32, 16);
    free(run(&m, NULL, 1, false, &s, &count));
    ck_assert_int_eq(s.convolutions + s.conv_packs, 0);
    sg_graph_destroy(m.graph);
}
END_TEST

/* One sample alone, which is cut by its rows; and operands rounded to bf16, for several samples and for one.
 */
START_TEST(one_sample_and_bf16) {
    static const int64_t width[] = {64, 448, 608, 40};
    for (int turn = 0; turn < 3; turn++) {
        const int64_t batch = turn == 1 ? 7 : 1, tokens = turn == 1 ? 128 : 800;
        const bool rounded = turn > 0;
        model narrow, wide;
        seen s;
        size_t count, other;
        build(&narrow, SG_F32, batch, 3, width, tokens);
        build(&wide, SG_F64, batch, 3, width, tokens);
        sg_graph_round_products(narrow.graph, rounded);
        double *wanted = run(&wide, NULL, 2, false, &s, &count),
               *got = run(&narrow, NULL, 2, false, &s, &other);
        ck_assert_int_eq(s.products, 5);
        ck_assert_int_eq(s.gradients, 1);
        /* bf16 has 8 bits: a part in 256 of each operand, which mostly cancel. */
        compare(&narrow, got, wanted, rounded ? 1e-2 : 3e-6, rounded ? "bf16" : "one sample");
        if (rounded) { /* and it is rounded */
            size_t same = 0;
            for (size_t k = 0; k < count; k++) same += fabs(got[k] - wanted[k]) <= 1e-6 * fabs(wanted[k]);
            ck_assert_uint_lt(same, count / 2);
        }
        double *again = run(&narrow, NULL, 1, true, &s, &other);
        ck_assert(memcmp(got, again, count * sizeof *got) == 0);
        free(again);
        free(got);
        free(wanted);
        sg_graph_destroy(narrow.graph);
        sg_graph_destroy(wide.graph);
    }
}
END_TEST

/* Few rows: one block, which packs for itself. */
START_TEST(few_rows_pack_nothing) {
    static const int64_t width[] = {64, 448, 608};
    model m;
    seen s;
    size_t count;
    build(&m, SG_F32, 8, 2, width, 47);
    free(run(&m, NULL, 1, false, &s, &count));
    ck_assert_int_eq(s.products, 0);
    sg_graph_destroy(m.graph);
}
END_TEST

/* Weights of more bytes than are packed at a time: the others follow when the first have been used. */
START_TEST(large_weights_follow_each_other) {
    static const int64_t width[] = {2048, 2048, 2048, 2048};
    model m, wide;
    seen s;
    size_t count;
    build(&m, SG_F32, 8, 3, width, 96);
    build(&wide, SG_F64, 8, 3, width, 96);
    double *got = run(&m, NULL, 2, false, &s, &count);
    ck_assert_int_eq(s.products, 6);
    ck_assert_int_eq(s.gradients, 3);
    ck_assert_int_eq(s.packs, 9);
    ck_assert_int_eq(s.late_packs, 7);
    double *wanted = run(&wide, NULL, 2, false, &s, &count);
    compare(&m, got, wanted, 3e-6, "large");
    free(got);
    free(wanted);
    sg_graph_destroy(m.graph);
    sg_graph_destroy(wide.graph);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {agrees_with_f64,
                                  convolutions_agree_with_f64,
                                  few_samples_pack_no_convolution,
                                  one_sample_and_bf16,
                                  few_rows_pack_nothing,
                                  large_weights_follow_each_other,
                                  NULL};
    return unit_run(unit_suite("pack", tests));
}
