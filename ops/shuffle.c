#include "ops/shuffle.h"

void sg_shuffle_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->dim[0] < 1) return;
    d->items = in->dim[0];
    d->in[0] = d->out[0] = SG_OWN;
}

/* One row of the large map, and the rows of the `by` small maps that it is woven from. */
#define ROW(T)                                                         \
    do {                                                               \
        T *whole = (T *)large + at_large;                              \
        T *part = (T *)small + at_small;                               \
        for (int64_t column = 0; column < w; column++)                 \
            for (int64_t j = 0; j < by; j++)                           \
                if (grow)                                              \
                    whole[column * by + j] = part[j * h * w + column]; \
                else                                                   \
                    part[j * h * w + column] = whole[column * by + j]; \
    } while (0)

void sg_shuffle_run(const sg_task *task, bool grow) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    const sg_shape *small_shape = grow ? &x->shape : &y->shape, *large_shape = grow ? &y->shape : &x->shape;
    void *small = grow ? x->data : y->data, *large = grow ? y->data : x->data;
    int64_t by = task->attr[SG_SHUFFLE_BY].i, h = small_shape->dim[2], w = small_shape->dim[3];
    int64_t maps = large_shape->dim[0] * large_shape->dim[1];
    size_t size = sg_type_size(x->type);
    if (!sg_tensor_elements(x)) return;
    for (int64_t c = 0; c < maps; c++)
        for (int64_t row = 0; row < h * by; row++) {
            int64_t at_large = (c * h * by + row) * w * by;
            int64_t at_small = ((c * by * by + row % by * by) * h + row / by) * w;
            if (size == 4)
                ROW(uint32_t);
            else if (size == 8)
                ROW(uint64_t);
            else if (size == 2)
                ROW(uint16_t);
            else
                ROW(uint8_t);
        }
}
