/* pixel_shuffle: channels become pixels (Shi et al. 2016). */
#include "ops/rows.h"
#include "ops/shuffle.h"

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    int64_t by = c->attr[SG_SHUFFLE_BY].i;
    char s[SG_SHAPE_TEXT];
    if (in->rank != 4)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be [b, c, h, w], but is %s",
                          sg_shape_words(in, s));
    if (in->dim[1] % (by * by))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_SHUFFLE_BY,
                          "%lld channel%s of %s %s not divide by %lld * %lld", (long long)in->dim[1],
                          sg_plural(in->dim[1]), sg_shape_words(in, s), in->dim[1] == 1 ? "does" : "do",
                          (long long)by, (long long)by);
    c->out[0] = c->in[0];
    c->out[0].shape.dim[1] /= by * by;
    for (int d = 2; d < 4; d++)
        if (__builtin_mul_overflow(in->dim[d], by, &c->out[0].shape.dim[d]))
            return sg_fail_at(c->error, SG_BLAME_ATTR, SG_SHUFFLE_BY, "the result is too large");
    return SG_OK;
}

static void run(const sg_task *task) {
    sg_shuffle_run(task, true);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] = sg_emit(b->graph, "pixel_unshuffle", SG_IN(b->dy[0]),
                       sg_arg_int("by", b->node->attr[SG_SHUFFLE_BY].i));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg two[] = {SG_ARG_INT("by", 2), {0}};
static const sg_arg one[] = {SG_ARG_INT("by", 1), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 12, 3, 4)), .args = two},
    {.name = "one", SG_INPUTS(REAL(2, 3, 3, 4)), .args = one},
    {.name = "bytes",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(1, 4, 2, 5), .low = 0, .high = 255}),
     .args = two,
     .no_gradient = "whole numbers have no gradient"},
    {.name = "empty", SG_INPUTS(REAL(0, 4, 2, 2)), .args = two},
    {.name = "flat", SG_INPUTS(REAL(2, 4, 4, 0)), .args = two},
    {.name = "channels",
     SG_INPUTS(REAL(2, 6, 3, 4)),
     .args = two,
     .message = "6 channels of [2, 6, 3, 4] do not divide by 2 * 2"},
    {.name = "rank",
     SG_INPUTS(REAL(4, 3, 4)),
     .args = two,
     .message = "x must be [b, c, h, w], but is [4, 3, 4]"},
    {.name = NULL},
};

const sg_op sg_op_pixel_shuffle = {
    .schema = {.kind = SG_KIND_OP,
               .name = "pixel_shuffle",
               .doc = "y[c, h * by + i, w * by + j] = x[c * by * by + i * by + j, h, w] for each sample",
               .attrs = SG_ATTRS(SG_SHUFFLE_ATTRS)},
    .family = "layout",
    .in = {{"x", "[b, c * by * by, h, w]", 0}},
    .out = {{"y", "[b, c, h * by, w * by]", 0}},
    .infer = infer,
    .domain = sg_shuffle_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_pixel_shuffle,
    .samples = samples,
};
