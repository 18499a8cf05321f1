/* max_pool_grad: brings each gradient to the pixel that was the largest of its window. */
#include <string.h>

#include "ops/pool.h"

enum { DY, INDEX };
enum { SIZE = SG_POOL_EXTRA };

static sg_status infer(sg_infer *c) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    sg_status status = sg_pool_grad_infer(c, SIZE);
    if (status != SG_OK) return status;
    if (c->in[INDEX].type != SG_I32 || !sg_shape_equal(&c->in[INDEX].shape, &c->in[DY].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, INDEX, "index is %s %s, but must be i32 %s like dy",
                          sg_type_name(c->in[INDEX].type), sg_shape_words(&c->in[INDEX].shape, s),
                          sg_shape_words(&c->in[DY].shape, t));
    return SG_OK;
}

#define SCATTER(T)                                                                                    \
    for (int64_t plane = 0; plane < p.planes; plane++) {                                              \
        T *dx = (T *)task->out[0].data + plane * pixels;                                              \
        for (int64_t i = 0; i < p.rows * p.columns; i++, at++) {                                      \
            if (index[at] < 0 || index[at] >= pixels) {                                               \
                sg_fail(task->error, SG_BAD_DATA, "index %d is out of range for maps of %lld pixels", \
                        index[at], (long long)pixels);                                                \
                return;                                                                               \
            }                                                                                         \
            dx[index[at]] += ((const T *)task->in[DY].data)[at];                                      \
        }                                                                                             \
    }

static void run(const sg_task *task) {
    sg_pool p = sg_pool_of(task->attr, &task->out[0].shape, &task->in[DY].shape);
    int64_t pixels = p.height * p.width, at = 0;
    const int32_t *index = task->in[INDEX].data;
    if (sg_tensor_elements(&task->out[0])) memset(task->out[0].data, 0, sg_tensor_bytes(&task->out[0]));
    if (task->out[0].type == SG_F32)
        SCATTER(float)
    else
        SCATTER(double)
}

static const sg_arg two[] = {SG_ARG_INTS("kernel", 2), SG_ARG_INTS("size", 4, 6), {0}};
static const sg_arg three[] = {
    SG_ARG_INTS("kernel", 3), SG_ARG_INTS("stride", 2), SG_ARG_INTS("pad", 1), SG_ARG_INTS("size", 5), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define PLACE(most, ...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = (most) }
#define SECOND "second derivatives of max_pool are not supported"
static const sg_sample samples[] = {
    {.name = "two", SG_INPUTS(REAL(2, 3, 2, 3), PLACE(23, 2, 3, 2, 3)), .args = two, .no_gradient = SECOND},
    {.name = "three",
     SG_INPUTS(REAL(2, 1, 3, 3), PLACE(24, 2, 1, 3, 3)),
     .args = three,
     .no_gradient = SECOND},
    {.name = "empty",
     SG_INPUTS(REAL(0, 1, 3, 3), PLACE(24, 0, 1, 3, 3)),
     .args = three,
     .no_gradient = SECOND},
    {.name = "size",
     SG_INPUTS(REAL(2, 3, 3, 3), PLACE(23, 2, 3, 3, 3)),
     .args = two,
     .message = "dy must be [2, 3, 2, 3], but is [2, 3, 3, 3]"},
    {.name = "index_shape",
     SG_INPUTS(REAL(2, 3, 2, 3), PLACE(23, 2, 3, 2)),
     .args = two,
     .message = "index is i32 [2, 3, 2], but must be i32 [2, 3, 2, 3] like dy"},
    {.name = NULL},
};

const sg_op sg_op_max_pool_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "max_pool_grad",
               .doc = "gradient of max_pool: each entry of dy added at its index",
               .attrs = SG_ATTRS(SG_POOL_ATTRS, SG_POOL_ATTR_SIZE)},
    .family = "pooling",
    .in = {{"dy", "[b, c, rows, columns]", 0}, {"index", "of max_pool", 0}},
    .out = {{"dx", "[b, c, h, w]", 0}},
    .infer = infer,
    .domain = sg_pool_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
