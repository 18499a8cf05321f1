#include "ops/channel.h"

sg_status sg_channel_check(sg_infer *c, int x) {
    char s[SG_SHAPE_TEXT];
    if (c->in[x].type != SG_F32 && c->in[x].type != SG_F64)
        return sg_fail_at(c->error, SG_BLAME_INPUT, x, "x must be f32 or f64, not %s",
                          sg_type_name(c->in[x].type));
    if (c->in[x].shape.rank < 2)
        return sg_fail_at(c->error, SG_BLAME_INPUT, x, "x must be [samples, channels, ...], not %s",
                          sg_shape_words(&c->in[x].shape, s));
    return SG_OK;
}

sg_status sg_channel_check_vector(sg_infer *c, int x, int k, const char *name) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (k >= c->in_count || !c->present[k]) return SG_OK;
    const sg_shape *shape = &c->in[k].shape;
    int64_t channels = c->in[x].shape.dim[1];
    if (shape->rank == 1 && shape->dim[0] == channels && c->in[k].type == c->in[x].type) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must be %s [%lld] for x %s, but is %s %s", name,
                      sg_type_name(c->in[x].type), (long long)channels, sg_shape_words(&c->in[x].shape, s),
                      sg_type_name(c->in[k].type), sg_shape_words(shape, t));
}

sg_status sg_channel_check_map(sg_infer *c, int x, int k, const char *name) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT], u[SG_SHAPE_TEXT];
    if (k >= c->in_count || !c->present[k]) return SG_OK;
    sg_shape wanted = c->in[x].shape;
    wanted.dim[1] = 1;
    if (sg_shape_equal(&c->in[k].shape, &wanted) && c->in[k].type == c->in[x].type) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must be %s %s for x %s, but is %s %s", name,
                      sg_type_name(c->in[x].type), sg_shape_words(&wanted, s),
                      sg_shape_words(&c->in[x].shape, t), sg_type_name(c->in[k].type),
                      sg_shape_words(&c->in[k].shape, u));
}

int64_t sg_channel_row(const sg_shape *x) {
    int64_t row = 1;
    for (int d = 2; d < x->rank; d++) row *= x->dim[d];
    return row;
}

int64_t sg_channel_count(const sg_shape *x) {
    return x->dim[0] * sg_channel_row(x);
}

double sg_channel_number(const sg_tensor *vector, int64_t channel, double otherwise) {
    if (!vector->data) return otherwise;
    return vector->type == SG_F32 ? (double)((const float *)vector->data)[channel]
                                  : ((const double *)vector->data)[channel];
}

void sg_channel_affine(const sg_loops *loops, sg_type type, int64_t n, const void *x, double centre,
                       double factor, double shift, void *y) {
    if (type == SG_F32) {
        float c = (float)centre, s = (float)shift;
        loops->binary_f32[SG_BINARY_SUB][SG_ARRAY_SCALAR](n, x, &c, y);
        loops->scale_f32(n, (float)factor, y, y);
        if (shift != 0) loops->binary_f32[SG_BINARY_ADD][SG_ARRAY_SCALAR](n, y, &s, y);
    } else {
        loops->binary_f64[SG_BINARY_SUB][SG_ARRAY_SCALAR](n, x, &centre, y);
        loops->scale_f64(n, factor, y, y);
        if (shift != 0) loops->binary_f64[SG_BINARY_ADD][SG_ARRAY_SCALAR](n, y, &shift, y);
    }
}

void sg_channel_product(const sg_loops *loops, sg_type type, int64_t n, const void *x, const void *weight,
                        void *y) {
    if (type == SG_F32)
        loops->binary_f32[SG_BINARY_MUL][SG_ARRAY_ARRAY](n, x, weight, y);
    else
        loops->binary_f64[SG_BINARY_MUL][SG_ARRAY_ARRAY](n, x, weight, y);
}

double sg_channel_sum(const sg_loops *loops, sg_type type, int64_t n, const void *x) {
    return type == SG_F32 ? loops->sum_f32(n, x) : loops->sum_f64(n, x);
}

double sg_channel_dot(const sg_loops *loops, sg_type type, int64_t n, const void *x, const void *y) {
    return type == SG_F32 ? loops->dot_f32(n, x, y) : loops->dot_f64(n, x, y);
}

sg_value sg_channel_spread(sg_graph *graph, sg_value vector, sg_value x) {
    if (vector == SG_NO_VALUE || x == SG_NO_VALUE) return SG_NO_VALUE;
    sg_shape shape = sg_graph_value(graph, x)->shape;
    for (int d = 0; d < shape.rank; d++)
        if (d != 1) shape.dim[d] = 1;
    return sg_emit(graph, "reshape", SG_IN(vector), sg_arg_shape("shape", &shape));
}
