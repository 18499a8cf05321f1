#include "ops/order.h"

#include "tensor/convert.h"

size_t sg_order_scratch(int64_t n) {
    return (size_t)n * (sizeof(double) + 2 * sizeof(int32_t));
}

sg_status sg_order_check(sg_infer *c, int axis) {
    const sg_shape *in = &c->in[0].shape;
    char s[SG_SHAPE_TEXT];
    if (in->dim[axis] <= INT32_MAX) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x %s has more than %d elements along axis %d",
                      sg_shape_words(in, s), INT32_MAX, axis);
}

static bool precedes(double a, double b, bool descending) {
    if (descending) return a > b || (a != a && b == b);
    return a < b || (b != b && a == a);
}

/* Merges from[begin .. middle) and from[middle .. end); of equals, those of the left run come first. */
static void merge(const double *key, const int32_t *from, int32_t *to, int64_t begin, int64_t middle,
                  int64_t end, bool descending) {
    int64_t left = begin, right = middle;
    for (int64_t i = begin; i < end; i++) {
        bool take_right =
            left == middle || (right < end && precedes(key[from[right]], key[from[left]], descending));
        to[i] = take_right ? from[right++] : from[left++];
    }
}

const int32_t *sg_order_line(const sg_task *task, const sg_lines *lines, int64_t o, int64_t j,
                             bool descending) {
    const sg_tensor *x = &task->in[0];
    int64_t n = lines->n;
    double *key = task->scratch;
    int32_t *from = (int32_t *)(key + n), *to = from + n;
    const char *line = (const char *)x->data + (size_t)(o * n * lines->inner + j) * sg_type_size(x->type);
    sg_convert_run(SG_F64, key, 1, x->type, line, lines->inner, n);
    for (int64_t i = 0; i < n; i++) from[i] = (int32_t)i;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * width) {
            int64_t middle = begin + width < n ? begin + width : n;
            int64_t end = middle + width < n ? middle + width : n;
            merge(key, from, to, begin, middle, end, descending);
        }
        int32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}
