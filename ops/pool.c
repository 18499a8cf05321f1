#include "ops/pool.h"

#include "base/checked.h"

static int64_t stride_of(const sg_attr *attr, int axis) {
    return sg_conv_pair(&attr[attr[SG_POOL_STRIDE].present ? SG_POOL_STRIDE : SG_POOL_KERNEL], axis);
}

sg_status sg_pool_shape(sg_infer *c, const sg_shape *x, sg_shape *y) {
    char s[SG_SHAPE_TEXT];
    sg_status status = sg_conv_check_pair(c, SG_POOL_KERNEL, "kernel");
    if (status == SG_OK) status = sg_conv_check_pair(c, SG_POOL_STRIDE, "stride");
    if (status == SG_OK) status = sg_conv_check_pair(c, SG_POOL_PAD, "pad");
    if (status != SG_OK) return status;
    *y = *x;
    for (int d = 0; d < 2; d++) {
        int64_t kernel = sg_conv_pair(&c->attr[SG_POOL_KERNEL], d),
                pad = sg_conv_pair(&c->attr[SG_POOL_PAD], d), room;
        if (pad > kernel / 2)
            return sg_fail_at(c->error, SG_BLAME_ATTR, SG_POOL_PAD,
                              "pad %lld is more than half of kernel %lld", (long long)pad, (long long)kernel);
        if (x->dim[2 + d] < 1 || !sg_int_pad(x->dim[2 + d], pad, pad, &room) || room < kernel)
            return sg_fail_at(c->error, SG_BLAME_INPUT, 0,
                              "a window of %lld does not fit into axis %d of %s with pad %lld",
                              (long long)kernel, 2 + d, sg_shape_words(x, s), (long long)pad);
        y->dim[2 + d] = (room - kernel) / stride_of(c->attr, d) + 1;
    }
    return SG_OK;
}

sg_status sg_pool_grad_infer(sg_infer *c, int index) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    sg_shape y;
    sg_status status = sg_conv_check_map(c, 0, "dy", "[b, c, rows, columns]");
    if (status == SG_OK) status = sg_conv_check_pair(c, index, "size");
    if (status != SG_OK) return status;
    c->out[0] = c->in[0];
    for (int d = 0; d < 2; d++) c->out[0].shape.dim[2 + d] = sg_conv_pair(&c->attr[index], d);
    status = sg_pool_shape(c, &c->out[0].shape, &y);
    if (status != SG_OK || sg_shape_equal(&y, &c->in[0].shape)) return status;
    return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "dy must be %s, but is %s", sg_shape_words(&y, s),
                      sg_shape_words(&c->in[0].shape, t));
}

sg_pool sg_pool_of(const sg_attr *attr, const sg_shape *x, const sg_shape *y) {
    sg_pool p = {
        .planes = x->dim[0] * x->dim[1],
        .height = x->dim[2],
        .width = x->dim[3],
        .rows = y->dim[2],
        .columns = y->dim[3],
    };
    for (int d = 0; d < 2; d++) {
        p.kernel[d] = sg_conv_pair(&attr[SG_POOL_KERNEL], d);
        p.stride[d] = stride_of(attr, d);
        p.pad[d] = sg_conv_pair(&attr[SG_POOL_PAD], d);
    }
    return p;
}

void sg_pool_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *in = &s->in[0].shape;
    if (in->dim[0] < 1) return;
    d->items = in->dim[0];
    for (int k = 0; k < s->in_count; k++) d->in[k] = SG_OWN;
    for (int k = 0; k < s->out_count; k++) d->out[k] = SG_OWN;
}
