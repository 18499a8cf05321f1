/* What a model of ONNX is put together from: nodes, constants, and the few operators that many rules use. */
#include "format/onnx.h"

#include "base/numeric.h"
#include "format/protobuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Fields and types of onnx.proto. */
enum { NODE_IN = 1, NODE_OUT, NODE_NAME, NODE_TYPE, NODE_ATTR };
enum { ATTR_NAME = 1, ATTR_F, ATTR_I, ATTR_INTS = 8, ATTR_TYPE = 20 };
enum { KIND_FLOAT = 1, KIND_INT, KIND_INTS = 7 };
enum { TENSOR_DIM = 1, TENSOR_TYPE, TENSOR_NAME = 8, TENSOR_RAW };
enum { GRAPH_NODE = 1, GRAPH_TENSOR = 5 };

/* ---- attributes ---- */

sg_onnx_attr sg_onnx_int(const char *name, int64_t value) {
    return (sg_onnx_attr){.name = name, .n = SG_ONNX_INT, .of.i = value};
}

sg_onnx_attr sg_onnx_float(const char *name, double value) {
    return (sg_onnx_attr){.name = name, .n = SG_ONNX_FLOAT, .f = (float)value};
}

sg_onnx_attr sg_onnx_ints(const char *name, int n, const int64_t *values) {
    return (sg_onnx_attr){.name = name, .n = n, .of.ints = values};
}

static void put_attr(sg_text *node, const sg_onnx_attr *attr) {
    sg_text text = {0};
    sg_proto_text(&text, ATTR_NAME, attr->name);
    int kind = attr->n == SG_ONNX_INT ? KIND_INT : attr->n == SG_ONNX_FLOAT ? KIND_FLOAT : KIND_INTS;
    sg_proto_int(&text, ATTR_TYPE, kind);
    if (kind == KIND_INT) sg_proto_int(&text, ATTR_I, attr->of.i);
    if (kind == KIND_FLOAT) sg_proto_float(&text, ATTR_F, attr->f);
    for (int i = 0; i < attr->n; i++) sg_proto_int(&text, ATTR_INTS, attr->of.ints[i]);
    sg_proto_message(node, NODE_ATTR, &text);
    sg_text_finish(&text);
}

/* ---- nodes ---- */

sg_onnx_name sg_onnx_run_out(sg_onnx *x) {
    if (!x->failed) sg_fail(&x->error, SG_OUT_OF_MEMORY, "out of memory");
    x->failed = true;
    return "";
}

static sg_onnx_name keep(sg_onnx *x, const char *name) {
    char *kept = sg_bump_text(x->memory, name);
    return kept ? kept : sg_onnx_run_out(x);
}

/* "PATH/OPERATOR", with a number from the second on. A path may be of any length. */
static sg_onnx_name new_name(sg_onnx *x, const char *type) {
    sg_text name = {0};
    sg_text_printf(&name, "%s/%s", x->node ? x->node->path : "", type);
    int64_t uses = sg_map_get_int(&x->made, sg_text_get(&name), 0);
    if (name.failed || !sg_map_put_int(&x->made, sg_text_get(&name), uses + 1)) sg_onnx_run_out(x);
    if (uses) sg_text_printf(&name, "_%" PRId64, uses + 1);
    if (name.failed) sg_onnx_run_out(x);
    sg_onnx_name kept = x->failed ? "" : keep(x, sg_text_get(&name));
    sg_text_finish(&name);
    return kept;
}

sg_onnx_name sg_onnx_node(sg_onnx *x, const char *type, const sg_onnx_name *in, int in_count,
                          const sg_onnx_attr *attrs, int out_count, sg_onnx_name *out) {
    if (x->failed) return "";
    sg_text node = {0};
    sg_onnx_name first = NULL;
    for (int k = 0; k < in_count; k++) sg_proto_text(&node, NODE_IN, in[k]);
    for (int k = 0; k < out_count; k++) {
        sg_onnx_name name = new_name(x, type);
        sg_proto_text(&node, NODE_OUT, name);
        if (!first) first = name;
        if (out) out[k] = name;
    }
    sg_proto_text(&node, NODE_NAME, first);
    sg_proto_text(&node, NODE_TYPE, type);
    for (const sg_onnx_attr *attr = attrs; attr->name; attr++) put_attr(&node, attr);
    sg_proto_message(&x->nodes, GRAPH_NODE, &node);
    sg_text_finish(&node);
    return first;
}

sg_onnx_name sg_onnx_one(sg_onnx *x, const char *type, sg_onnx_name a) {
    return sg_onnx_add(x, type, SG_ONNX_IN(a));
}

sg_onnx_name sg_onnx_two(sg_onnx *x, const char *type, sg_onnx_name a, sg_onnx_name b) {
    return sg_onnx_add(x, type, SG_ONNX_IN(a, b));
}

/* ---- constants ---- */

int sg_onnx_type(sg_type type) {
    static const int types[SG_TYPE_COUNT] = {
        [SG_U8] = 2, [SG_I32] = 6, [SG_BF16] = 16, [SG_F32] = 1, [SG_F64] = 11};
    return types[type];
}

/* A constant of that name, made once; n < 0: a scalar. */
static sg_onnx_name constant(sg_onnx *x, const char *name, int onnx_type, int n, const void *data,
                             size_t bytes) {
    if (x->failed) return "";
    bool fresh;
    sg_map_value *value = sg_map_add(&x->made, name, &fresh);
    if (!value) return sg_onnx_run_out(x);
    if (fresh) {
        sg_text tensor = {0};
        if (n >= 0) sg_proto_int(&tensor, TENSOR_DIM, n);
        sg_proto_int(&tensor, TENSOR_TYPE, onnx_type);
        sg_proto_text(&tensor, TENSOR_NAME, name);
        sg_proto_bytes(&tensor, TENSOR_RAW, data, bytes);
        sg_proto_message(&x->tables, GRAPH_TENSOR, &tensor);
        sg_text_finish(&tensor);
    }
    return keep(x, name);
}

sg_onnx_name sg_onnx_number(sg_onnx *x, sg_type type, double value) {
    char name[64];
    double space = 0;
    sg_tensor one = sg_tensor_view(type, (sg_shape){0}, &space);
    sg_tensor_set(&one, 0, value);
    sg_snprintf(name, sizeof name, "%s(%.17g)", sg_type_name(type), sg_tensor_get(&one, 0));
    return constant(x, name, sg_onnx_type(type), -1, &space, sg_type_size(type));
}

sg_onnx_name sg_onnx_whole(sg_onnx *x, int64_t value) {
    char name[64];
    snprintf(name, sizeof name, "i64(%" PRId64 ")", value);
    return constant(x, name, SG_ONNX_INT64, -1, &value, sizeof value);
}

static sg_onnx_name list(sg_onnx *x, int n, const int64_t *values) {
    char name[SG_MAX_RANK * 2 * 24 + 16] = "i64[";
    for (int i = 0; i < n; i++) {
        size_t length = strlen(name);
        snprintf(name + length, sizeof name - length, i ? ", %" PRId64 : "%" PRId64, values[i]);
    }
    strcat(name, "]");
    return constant(x, name, SG_ONNX_INT64, n, values, (size_t)n * sizeof *values);
}

/* ---- sizes that depend on the batch ---- */

bool sg_onnx_symbolic(const sg_onnx *x, int64_t size) {
    return x->request->unit && size && size % x->request->unit == 0;
}

static sg_onnx_name batch_of(sg_onnx *x) {
    if (x->batch || x->failed) return x->failed ? "" : x->batch;
    if (!x->source) {
        sg_onnx_refuse(
            x, "depends on the number of samples, which no input of the model tells: fix it with --batch N");
        return "";
    }
    x->batch = sg_onnx_add(x, "Shape", SG_ONNX_IN(x->source), sg_onnx_int("start", x->axis),
                           sg_onnx_int("end", x->axis + 1));
    if (x->times != 1) x->batch = sg_onnx_two(x, "Div", x->batch, list(x, 1, &x->times));
    return x->batch;
}

/* [1]: one size, of which the batch may be a factor several times. */
static sg_onnx_name one_size(sg_onnx *x, int64_t size) {
    sg_onnx_name name = NULL;
    for (; sg_onnx_symbolic(x, size); size /= x->request->unit)
        name = name ? sg_onnx_two(x, "Mul", name, batch_of(x)) : batch_of(x);
    if (!name) return list(x, 1, &size);
    return size == 1 ? name : sg_onnx_two(x, "Mul", name, list(x, 1, &size));
}

sg_onnx_name sg_onnx_sizes(sg_onnx *x, int n, const int64_t *values) {
    bool symbolic = false;
    for (int i = 0; i < n; i++) symbolic = symbolic || sg_onnx_symbolic(x, values[i]);
    if (!symbolic) return list(x, n, values);
    sg_onnx_name part[2 * SG_MAX_RANK];
    for (int i = 0; i < n; i++) part[i] = one_size(x, values[i]);
    return n == 1 ? part[0] : sg_onnx_add(x, "Concat", part, n, sg_onnx_int("axis", 0));
}

sg_onnx_name sg_onnx_count(sg_onnx *x, int64_t count, sg_type type) {
    if (!sg_onnx_symbolic(x, count)) return sg_onnx_number(x, type, (double)count);
    sg_onnx_name size = sg_onnx_one(x, "Squeeze", one_size(x, count));
    return sg_onnx_cast_to(x, size, sg_onnx_type(type));
}

/* ---- operators that many rules use ---- */

sg_onnx_name sg_onnx_cast_to(sg_onnx *x, sg_onnx_name a, int onnx_type) {
    return sg_onnx_add(x, "Cast", SG_ONNX_IN(a), sg_onnx_int("to", onnx_type));
}

/* Our conversions saturate, and make 0 of NaN. Cast drops bits of integers, and says nothing of floats that
 * do not fit. The largest i32 is no f32, so floats go through f64. */
sg_onnx_name sg_onnx_cast(sg_onnx *x, sg_onnx_name a, sg_type from, sg_type to) {
    bool real = sg_type_is_float(from), whole = !sg_type_is_float(to);
    sg_type work = real ? SG_F64 : from;
    if (from == to) return a;
    if (whole && real) {
        if (from != work) a = sg_onnx_cast_to(x, a, sg_onnx_type(work));
        sg_onnx_name odd = sg_onnx_one(x, "IsNaN", a);
        a = sg_onnx_add(x, "Where", SG_ONNX_IN(odd, sg_onnx_number(x, work, 0), a));
    }
    if (to == SG_U8 || (whole && real)) {
        a = sg_onnx_two(x, "Max", a, sg_onnx_number(x, work, to == SG_U8 ? 0 : INT32_MIN));
        a = sg_onnx_two(x, "Min", a, sg_onnx_number(x, work, to == SG_U8 ? 255 : INT32_MAX));
    }
    return sg_onnx_cast_to(x, a, sg_onnx_type(to));
}

/* -1 stands for the size that depends on the batch, where nothing speaks against it. */
sg_onnx_name sg_onnx_reshape(sg_onnx *x, sg_onnx_name a, const sg_shape *shape) {
    int64_t size[SG_MAX_RANK];
    int symbolic = 0, zeros = 0;
    for (int d = 0; d < shape->rank; d++) {
        size[d] = shape->dim[d];
        symbolic += sg_onnx_symbolic(x, size[d]);
        zeros += size[d] == 0;
    }
    for (int d = 0; d < shape->rank && symbolic == 1 && !zeros; d++)
        if (sg_onnx_symbolic(x, size[d])) size[d] = -1;
    return sg_onnx_add(x, "Reshape", SG_ONNX_IN(a, sg_onnx_sizes(x, shape->rank, size)),
                       sg_onnx_int("allowzero", zeros > 0));
}

/* onnxruntime does not make 0 of 1 (1.32): such an axis is cut off afterwards. */
sg_onnx_name sg_onnx_expand(sg_onnx *x, sg_onnx_name a, const sg_shape *shape) {
    sg_shape some = *shape;
    for (int d = 0; d < some.rank; d++)
        if (some.dim[d] == 0) some.dim[d] = 1;
    sg_onnx_name y = sg_onnx_two(x, "Expand", a, sg_onnx_sizes(x, some.rank, some.dim));
    for (int d = 0; d < some.rank; d++)
        if (shape->dim[d] == 0) y = sg_onnx_part(x, y, d, 0, 0);
    return y;
}

sg_onnx_name sg_onnx_permute(sg_onnx *x, sg_onnx_name a, int n, const int64_t *axes) {
    return sg_onnx_add(x, "Transpose", SG_ONNX_IN(a), sg_onnx_ints("perm", n, axes));
}

sg_onnx_name sg_onnx_turn(sg_onnx *x, sg_onnx_name a, int rank) {
    int64_t axes[SG_MAX_RANK];
    for (int d = 0; d < rank; d++) axes[d] = d;
    axes[rank - 1] = rank - 2;
    axes[rank - 2] = rank - 1;
    return sg_onnx_permute(x, a, rank, axes);
}

sg_onnx_name sg_onnx_part(sg_onnx *x, sg_onnx_name a, int64_t axis, int64_t start, int64_t stop) {
    return sg_onnx_add(
        x, "Slice",
        SG_ONNX_IN(a, sg_onnx_sizes(x, 1, &start), sg_onnx_sizes(x, 1, &stop), list(x, 1, &axis)));
}

static int axes_of(int rank, unsigned bits, int64_t axes[SG_MAX_RANK]) {
    int n = 0;
    for (int d = 0; d < rank; d++)
        if (bits & 1u << d) axes[n++] = d;
    return n;
}

sg_onnx_name sg_onnx_sum(sg_onnx *x, sg_onnx_name a, int rank, unsigned bits, bool keep) {
    int64_t axes[SG_MAX_RANK];
    int n = axes_of(rank, bits, axes);
    return n ? sg_onnx_add(x, "ReduceSum", SG_ONNX_IN(a, list(x, n, axes)), sg_onnx_int("keepdims", keep))
             : a;
}

sg_onnx_name sg_onnx_mean(sg_onnx *x, sg_onnx_name a, int rank, unsigned bits, bool keep) {
    int64_t axes[SG_MAX_RANK];
    int n = axes_of(rank, bits, axes);
    return n ? sg_onnx_add(x, "ReduceMean", SG_ONNX_IN(a), sg_onnx_ints("axes", n, axes),
                           sg_onnx_int("keepdims", keep))
             : a;
}

sg_onnx_name sg_onnx_one_hot(sg_onnx *x, sg_onnx_name index, sg_type from, int rank, int64_t classes,
                             sg_type type) {
    int64_t last = rank;
    index = sg_onnx_cast(x, index, from, SG_I32);
    index = sg_onnx_two(x, "Unsqueeze", index, list(x, 1, &last));
    sg_onnx_name all = sg_onnx_add(x, "Range",
                                   SG_ONNX_IN(sg_onnx_number(x, SG_I32, 0), sg_onnx_count(x, classes, SG_I32),
                                              sg_onnx_number(x, SG_I32, 1)));
    return sg_onnx_cast_to(x, sg_onnx_two(x, "Equal", index, all), sg_onnx_type(type));
}
