/* pixel_unshuffle: pixels become channels; undoes pixel_shuffle. */
#include "ops/shuffle.h"

static sg_status infer(sg_infer *c) {
    const sg_shape *in = &c->in[0].shape;
    int64_t by = c->attr[SG_SHUFFLE_BY].i;
    char s[SG_SHAPE_TEXT];
    if (in->rank != 4)
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be [b, c, h, w], but is %s",
                          sg_shape_words(in, s));
    if (in->dim[2] % by || in->dim[3] % by)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_SHUFFLE_BY, "maps of %lld x %lld do not divide by %lld",
                          (long long)in->dim[2], (long long)in->dim[3], (long long)by);
    c->out[0] = c->in[0];
    c->out[0].shape.dim[2] /= by;
    c->out[0].shape.dim[3] /= by;
    if (__builtin_mul_overflow(in->dim[1], by * by, &c->out[0].shape.dim[1]))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_SHUFFLE_BY, "the result is too large");
    return SG_OK;
}

static void run(const sg_task *task) {
    sg_shuffle_run(task, false);
}

static sg_status gradient(sg_backward *b) {
    b->dx[0] =
        sg_emit(b->graph, "pixel_shuffle", SG_IN(b->dy[0]), sg_arg_int("by", b->node->attr[SG_SHUFFLE_BY].i));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg two[] = {SG_ARG_INT("by", 2), {0}};
static const sg_arg three[] = {SG_ARG_INT("by", 3), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 3, 6, 8)), .args = two},
    {.name = "three", SG_INPUTS(REAL(2, 1, 3, 6)), .args = three},
    {.name = "empty", SG_INPUTS(REAL(0, 1, 2, 2)), .args = two},
    {.name = "sizes",
     SG_INPUTS(REAL(2, 1, 3, 6)),
     .args = two,
     .message = "maps of 3 x 6 do not divide by 2"},
    {.name = "rank",
     SG_INPUTS(REAL(4, 3, 4, 2, 2)),
     .args = two,
     .message = "x must be [b, c, h, w], but is [4, 3, 4, 2, 2]"},
    {.name = NULL},
};

const sg_op sg_op_pixel_unshuffle = {
    .schema = {.kind = SG_KIND_OP,
               .name = "pixel_unshuffle",
               .doc = "y[c * by * by + i * by + j, h, w] = x[c, h * by + i, w * by + j] for each sample",
               .attrs = SG_ATTRS(SG_SHUFFLE_ATTRS)},
    .family = "layout",
    .in = {{"x", "[b, c, h * by, w * by]", 0}},
    .out = {{"y", "[b, c * by * by, h, w]", 0}},
    .infer = infer,
    .domain = sg_shuffle_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .gradient = gradient,
    .flops = flops,
    .samples = samples,
};
