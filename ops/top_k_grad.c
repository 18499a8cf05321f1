/* top_k_grad: adds each value at its place along an axis, zero elsewhere; the gradient of top_k. */
#include <string.h>

#include "ops/lines.h"

enum { AXIS, SIZE };
enum { DY, INDEX };

static sg_status infer(sg_infer *c) {
    const sg_shape *dy = &c->in[DY].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    int axis;
    sg_status status = sg_lines_axis(c->attr, AXIS, dy->rank, &axis, c->error);
    if (status != SG_OK) return status;
    if (!sg_type_is_float(c->in[DY].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, DY, "dy must be a float, not %s",
                          sg_type_name(c->in[DY].type));
    if (c->in[INDEX].type != SG_I32 || !sg_shape_equal(dy, &c->in[INDEX].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, INDEX, "index is %s %s, but must be i32 %s like dy",
                          sg_type_name(c->in[INDEX].type), sg_shape_words(&c->in[INDEX].shape, s),
                          sg_shape_words(dy, t));
    c->out[0] = c->in[DY];
    c->out[0].shape.dim[axis] = c->attr[SIZE].i;
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    sg_lines_cut(s, d);
    d->in[INDEX] = d->out[0] = d->in[DY];
}

#define ADD(T) ((T *)task->out[0].data)[to] += ((const T *)task->in[DY].data)[from]

static void run(const sg_task *task) {
    int axis = 0;
    const sg_tensor *dy = &task->in[DY], *dx = &task->out[0];
    sg_lines_axis(task->attr, AXIS, dy->shape.rank, &axis, NULL);
    sg_lines lines = sg_lines_of(&dy->shape, axis);
    int64_t size = task->attr[SIZE].i;
    const int32_t *index = task->in[INDEX].data;
    if (sg_tensor_elements(dx)) memset(dx->data, 0, sg_tensor_bytes(dx));
    if (!sg_tensor_elements(dy)) return;
    for (int64_t o = 0; o < lines.outer; o++)
        for (int64_t i = 0; i < lines.n; i++)
            for (int64_t j = 0; j < lines.inner; j++) {
                int64_t from = (o * lines.n + i) * lines.inner + j, place = index[from];
                if (place < 0 || place >= size) {
                    sg_fail(task->error, SG_BAD_DATA, "index %lld is out of range for axis %d of size %lld",
                            (long long)place, axis, (long long)size);
                    return;
                }
                int64_t to = (o * size + place) * lines.inner + j;
                if (dy->type == SG_F32)
                    ADD(float);
                else
                    ADD(double);
            }
}

static const sg_arg wide[] = {SG_ARG_INT("size", 7), {0}};
static const sg_arg first[] = {SG_ARG_INT("axis", 0), SG_ARG_INT("size", 4), {0}};
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
#define PLACE(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 3 }
#define SECOND "second derivatives of top_k are not supported"
static const sg_sample samples[] = {
    {.name = "rows", SG_INPUTS(REAL(5, 3), PLACE(5, 3)), .args = wide, .no_gradient = SECOND},
    {.name = "first", SG_INPUTS(REAL(5, 3), PLACE(5, 3)), .args = first, .no_gradient = SECOND},
    {.name = "no_rows", SG_INPUTS(REAL(0, 3), PLACE(0, 3)), .args = wide, .no_gradient = SECOND},
    {.name = "index_shape",
     SG_INPUTS(REAL(5, 3), PLACE(5)),
     .args = wide,
     .message = "index is i32 [5], but must be i32 [5, 3] like dy"},
    {.name = "integers",
     SG_INPUTS(PLACE(5, 3), PLACE(5, 3)),
     .args = wide,
     .message = "dy must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_top_k_grad = {
    .schema = {.kind = SG_KIND_OP,
               .name = "top_k_grad",
               .doc = "each value added at its place along an axis; the gradient of top_k",
               .attrs = SG_ATTRS(SG_LINES_ATTR_AXIS, {.name = "size",
                                                      .type = SG_ATTR_INT,
                                                      .doc = "elements of the result along the axis",
                                                      .min = 0,
                                                      .max = INT32_MAX})},
    .family = "index",
    .in = {{"dy", "gradient of the values", 0}, {"index", "their places, i32", 0}},
    .out = {{"dx", "gradient of x", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .samples = samples,
};
