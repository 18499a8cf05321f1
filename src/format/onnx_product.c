/* Products, convolutions, normalisations and pooling in ONNX. */
#include "format/onnx.h"

#include <math.h>

#include "ops/attention.h"
#include "ops/pool.h"
#include "ops/view.h"

/* A vector of one number, for operators that cannot do without. */
static sg_onnx_name all_of(sg_onnx *x, sg_onnx_name given, sg_type type, double number, int64_t n) {
    sg_shape shape = SG_SHAPE(n);
    return *given ? given : sg_onnx_expand(x, sg_onnx_number(x, type, number), &shape);
}

/* ---- products ---- */

/* Weights stay as they are, [out, in]: whoever loads the model turns them once. */
static void affine(sg_onnx *x, sg_onnx_call *c) {
    enum { X, WEIGHT, BIAS };
    if (c->in[X].shape.rank == 2) {
        int inputs = *c->from[BIAS] ? 3 : 2;
        c->to[0] = sg_onnx_add(x, "Gemm", c->from, inputs, sg_onnx_int("transB", 1));
        return;
    }
    sg_onnx_name y = sg_onnx_two(x, "MatMul", c->from[X], sg_onnx_turn(x, c->from[WEIGHT], 2));
    c->to[0] = *c->from[BIAS] ? sg_onnx_two(x, "Add", y, c->from[BIAS]) : y;
}

static void matmul(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name side[2];
    for (int k = 0; k < 2; k++)
        side[k] = c->attr[k].i ? sg_onnx_turn(x, c->from[k], c->in[k].shape.rank) : c->from[k];
    c->to[0] = sg_onnx_add(x, "MatMul", side, 2);
}

static void dot_attention(sg_onnx *x, sg_onnx_call *c) {
    enum { SCALE };
    const sg_shape *query = &c->in[SG_ATTENTION_QUERY].shape;
    sg_type type = c->in[SG_ATTENTION_QUERY].type;
    double scale = sg_attention_scale(&c->attr[SCALE], query->dim[query->rank - 1]);
    sg_onnx_name bias = c->from[SG_ATTENTION_BIAS], mask = c->from[SG_ATTENTION_MASK];
    sg_onnx_name keys = sg_onnx_turn(x, c->from[SG_ATTENTION_KEY], query->rank);
    sg_onnx_name scaled = sg_onnx_two(x, "Mul", c->from[SG_ATTENTION_QUERY], sg_onnx_number(x, type, scale));
    sg_onnx_name scores = sg_onnx_two(x, "MatMul", scaled, keys);
    if (*bias) scores = sg_onnx_two(x, "Add", scores, bias);
    if (*mask)
        scores = sg_onnx_add(
            x, "Where",
            SG_ONNX_IN(sg_onnx_cast_to(x, mask, SG_ONNX_BOOL), sg_onnx_number(x, type, -INFINITY), scores));
    scores = sg_onnx_add(x, "Softmax", SG_ONNX_IN(scores), sg_onnx_int("axis", -1));
    c->to[0] = sg_onnx_two(x, "MatMul", scores, c->from[SG_ATTENTION_VALUE]);
}

/* ---- convolutions ---- */

/* One number or two, as two; for pads before and after. */
static void read_pair(const sg_attr *attr, int64_t pair[4]) {
    for (int i = 0; i < 4; i++) pair[i] = sg_conv_pair(attr, i % 2);
}

static void conv(sg_onnx *x, sg_onnx_call *c, bool transposed) {
    enum { WEIGHT = 1, BIAS };
    int64_t stride[4], pad[4], dilation[4], more[4] = {0};
    const sg_shape *weight = &c->in[WEIGHT].shape;
    read_pair(&c->attr[SG_CONV_STRIDE], stride);
    read_pair(&c->attr[SG_CONV_PAD], pad);
    read_pair(&c->attr[SG_CONV_DILATION], dilation);
    if (transposed) read_pair(&c->attr[SG_CONV_EXTRA], more);
    sg_onnx_attr attrs[] = {sg_onnx_ints("kernel_shape", 2, &weight->dim[2]),
                            sg_onnx_ints("strides", 2, stride),
                            sg_onnx_ints("pads", 4, pad),
                            sg_onnx_ints("dilations", 2, dilation),
                            sg_onnx_int("group", c->attr[SG_CONV_GROUPS].i),
                            transposed ? sg_onnx_ints("output_padding", 2, more) : (sg_onnx_attr){0},
                            {0}};
    c->to[0] = sg_onnx_node(x, c->with, c->from, *c->from[BIAS] ? 3 : 2, attrs, 1, NULL);
}

static void conv2d(sg_onnx *x, sg_onnx_call *c) {
    conv(x, c, false);
}

static void conv_transpose2d(sg_onnx *x, sg_onnx_call *c) {
    conv(x, c, true);
}

/* ---- normalisations ---- */

static void softmax(sg_onnx *x, sg_onnx_call *c) {
    int axis = sg_axis_of(c->attr[0].i, c->in[0].shape.rank);
    c->to[0] = sg_onnx_add(x, c->with, SG_ONNX_IN(c->from[0]), sg_onnx_int("axis", axis));
}

static void layer_norm(sg_onnx *x, sg_onnx_call *c) {
    enum { X, WEIGHT, BIAS };
    enum { Y, MEAN, RSTD, OUTPUTS };
    const sg_shape *shape = &c->in[X].shape;
    sg_onnx_name out[OUTPUTS] = {"", "", ""};
    sg_onnx_name in[] = {
        c->from[X], all_of(x, c->from[WEIGHT], c->in[X].type, 1, shape->dim[shape->rank - 1]), c->from[BIAS]};
    sg_onnx_attr attrs[] = {sg_onnx_int("axis", -1), sg_onnx_float("epsilon", c->attr[0].f), {0}};
    int outputs = c->wanted[MEAN] || c->wanted[RSTD] ? OUTPUTS : 1;
    sg_onnx_node(x, "LayerNormalization", in, *in[BIAS] ? 3 : 2, attrs, outputs, out);
    c->to[Y] = out[Y];
    for (int k = MEAN; k <= RSTD; k++)
        if (c->wanted[k]) c->to[k] = sg_onnx_reshape(x, out[k], &c->out[k].shape);
}

static void batch_norm(sg_onnx *x, sg_onnx_call *c) {
    enum { X, MEAN, VARIANCE, WEIGHT, BIAS };
    int64_t channels = c->in[X].shape.dim[1];
    sg_type type = c->in[X].type;
    sg_onnx_name weight = all_of(x, c->from[WEIGHT], type, 1, channels),
                 bias = all_of(x, c->from[BIAS], type, 0, channels);
    c->to[0] = sg_onnx_add(x, "BatchNormalization",
                           SG_ONNX_IN(c->from[X], weight, bias, c->from[MEAN], c->from[VARIANCE]),
                           sg_onnx_float("epsilon", c->attr[0].f));
}

/* ---- pooling ---- */

static void pool(sg_onnx *x, sg_onnx_call *c, sg_onnx_attr extra, int outputs, sg_onnx_name *out) {
    int64_t kernel[4], stride[4], pad[4];
    read_pair(&c->attr[SG_POOL_KERNEL], kernel);
    read_pair(&c->attr[c->attr[SG_POOL_STRIDE].present ? SG_POOL_STRIDE : SG_POOL_KERNEL], stride);
    read_pair(&c->attr[SG_POOL_PAD], pad);
    sg_onnx_attr attrs[] = {sg_onnx_ints("kernel_shape", 2, kernel),
                            sg_onnx_ints("strides", 2, stride),
                            sg_onnx_ints("pads", 4, pad),
                            extra,
                            {0}};
    sg_onnx_node(x, c->with, c->from, 1, attrs, outputs, out);
}

static void avg_pool(sg_onnx *x, sg_onnx_call *c) {
    c->to[0] = "";
    pool(x, c, sg_onnx_int("count_include_pad", c->attr[SG_POOL_EXTRA].i), 1, c->to);
}

/* ONNX counts places through all maps of all samples. */
static void max_pool(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name out[2] = {"", ""};
    pool(x, c, (sg_onnx_attr){0}, c->wanted[1] ? 2 : 1, out);
    c->to[0] = out[0];
    if (!c->wanted[1]) return;
    int64_t plane = c->in[0].shape.dim[2] * c->in[0].shape.dim[3];
    c->to[1] =
        sg_onnx_cast_to(x, sg_onnx_two(x, "Mod", out[1], sg_onnx_whole(x, plane)), sg_onnx_type(SG_I32));
}

const sg_onnx_rule sg_onnx_product[] = {
    {"affine", affine, NULL},
    {"avg_pool", avg_pool, "AveragePool"},
    {"batch_norm", batch_norm, NULL},
    {"conv2d", conv2d, "Conv"},
    {"conv_transpose2d", conv_transpose2d, "ConvTranspose"},
    {"dot_attention", dot_attention, NULL},
    {"layer_norm", layer_norm, NULL},
    {"log_softmax", softmax, "LogSoftmax"},
    {"matmul", matmul, NULL},
    {"max_pool", max_pool, "MaxPool"},
    {"softmax", softmax, "Softmax"},
    {NULL, NULL, NULL},
};
