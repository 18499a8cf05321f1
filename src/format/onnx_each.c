/* Elementwise ops in ONNX. Operators there want operands of one type, and few take bytes: these go through
 * i32, as in our own loops. */
#include "format/onnx.h"

#include "ops/elementwise.h"

/* Input k in the type of the work. */
static sg_onnx_name operand(sg_onnx *x, const sg_onnx_call *c, int k, sg_type work) {
    return sg_onnx_cast(x, c->from[k], c->in[k].type, work);
}

static void give(sg_onnx *x, sg_onnx_call *c, sg_onnx_name y, sg_type work) {
    c->to[0] = sg_onnx_cast(x, y, work, c->out[0].type);
}

static void one(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(c->out[0].type);
    give(x, c, sg_onnx_one(x, c->with, operand(x, c, 0, work)), work);
}

static void two(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(c->out[0].type);
    give(x, c, sg_onnx_two(x, c->with, operand(x, c, 0, work), operand(x, c, 1, work)), work);
}

static void square(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(c->out[0].type);
    sg_onnx_name a = operand(x, c, 0, work);
    give(x, c, sg_onnx_two(x, "Mul", a, a), work);
}

static void rsqrt(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name root = sg_onnx_one(x, "Sqrt", operand(x, c, 0, c->out[0].type));
    c->to[0] = sg_onnx_one(x, "Reciprocal", root);
}

static void silu(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name a = operand(x, c, 0, c->out[0].type);
    c->to[0] = sg_onnx_two(x, "Mul", a, sg_onnx_one(x, "Sigmoid", a));
}

/* In the order of PyTorch's exporter, which programs that run models know and replace by one operator. */
static void gelu(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->out[0].type;
    sg_onnx_name a = operand(x, c, 0, type);
    sg_onnx_name scaled = sg_onnx_two(x, "Div", a, sg_onnx_number(x, type, 1.4142135623730951));
    sg_onnx_name share = sg_onnx_two(x, "Add", sg_onnx_one(x, "Erf", scaled), sg_onnx_number(x, type, 1));
    sg_onnx_name product = sg_onnx_two(x, "Mul", a, share);
    c->to[0] = sg_onnx_two(x, "Mul", product, sg_onnx_number(x, type, 0.5));
}

/* -- comparisons and logic -- */

static void compare(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(sg_type_promote(c->in[0].type, c->in[1].type));
    sg_onnx_name y = sg_onnx_two(x, c->with, operand(x, c, 0, work), operand(x, c, 1, work));
    c->to[0] = sg_onnx_cast_to(x, y, sg_onnx_type(SG_I32));
}

static void differ(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(sg_type_promote(c->in[0].type, c->in[1].type));
    sg_onnx_name same = sg_onnx_two(x, "Equal", operand(x, c, 0, work), operand(x, c, 1, work));
    c->to[0] = sg_onnx_cast_to(x, sg_onnx_one(x, "Not", same), sg_onnx_type(SG_I32));
}

static sg_onnx_name truth(sg_onnx *x, const sg_onnx_call *c, int k) {
    return sg_onnx_cast_to(x, c->from[k], SG_ONNX_BOOL);
}

static void both(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name y = sg_onnx_two(x, c->with, truth(x, c, 0), truth(x, c, 1));
    c->to[0] = sg_onnx_cast_to(x, y, sg_onnx_type(SG_I32));
}

static void negate(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name y = sg_onnx_one(x, "Not", truth(x, c, 0));
    c->to[0] = sg_onnx_cast_to(x, y, sg_onnx_type(SG_I32));
}

static void where(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->out[0].type;
    c->to[0] =
        sg_onnx_add(x, "Where", SG_ONNX_IN(truth(x, c, 0), operand(x, c, 1, type), operand(x, c, 2, type)));
}

/* -- division with a rest -- */

/* ONNX divides integers towards zero. In f64 the quotient of two of 32 bits is never rounded up to a whole
 * number. */
static void floor_div(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->out[0].type, work = sg_type_is_float(type) ? type : SG_F64;
    sg_onnx_name quotient = sg_onnx_two(x, "Div", operand(x, c, 0, work), operand(x, c, 1, work));
    give(x, c, sg_onnx_one(x, "Floor", quotient), work);
}

/* The rest has the sign of b; ONNX has that for integers, and the sign of a for floats. */
static void mod(sg_onnx *x, sg_onnx_call *c) {
    sg_type work = sg_work_type(c->out[0].type);
    bool real = sg_type_is_float(work);
    sg_onnx_name a = operand(x, c, 0, work), b = operand(x, c, 1, work);
    sg_onnx_name rest = sg_onnx_add(x, "Mod", SG_ONNX_IN(a, b), sg_onnx_int("fmod", real));
    if (real) {
        sg_onnx_name apart =
            sg_onnx_two(x, "Less", sg_onnx_two(x, "Mul", rest, b), sg_onnx_number(x, work, 0));
        rest = sg_onnx_add(x, "Where", SG_ONNX_IN(apart, sg_onnx_two(x, "Add", rest, b), rest));
    }
    give(x, c, rest, work);
}

const sg_onnx_rule sg_onnx_each[] = {
    {"abs", one, "Abs"},
    {"add", two, "Add"},
    {"cos", one, "Cos"},
    {"div", two, "Div"},
    {"equal", compare, "Equal"},
    {"erf", one, "Erf"},
    {"exp", one, "Exp"},
    {"floor_div", floor_div, NULL},
    {"gelu", gelu, NULL},
    {"greater", compare, "Greater"},
    {"greater_equal", compare, "GreaterOrEqual"},
    {"less", compare, "Less"},
    {"less_equal", compare, "LessOrEqual"},
    {"log", one, "Log"},
    {"logical_and", both, "And"},
    {"logical_not", negate, NULL},
    {"logical_or", both, "Or"},
    {"maximum", two, "Max"},
    {"minimum", two, "Min"},
    {"mod", mod, NULL},
    {"mul", two, "Mul"},
    {"neg", one, "Neg"},
    {"not_equal", differ, NULL},
    {"pow", two, "Pow"},
    {"relu", one, "Relu"},
    {"rsqrt", rsqrt, NULL},
    {"sigmoid", one, "Sigmoid"},
    {"sign", one, "Sign"},
    {"silu", silu, NULL},
    {"sin", one, "Sin"},
    {"sqrt", one, "Sqrt"},
    {"square", square, NULL},
    {"sub", two, "Sub"},
    {"tanh", one, "Tanh"},
    {"where", where, NULL},
    {NULL, NULL, NULL},
};
