/* Elementwise ops in ONNX. Operators there want operands of one type, and few take bytes: these go through
 * i32 and saturate, as in our own loops. */
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

/* Two operands of a type that ONNX divides: integers in int64, where nothing overflows, and 1 in place of a
 * divisor that is 0, by which it cannot divide. */
typedef struct division {
    sg_type work;
    bool real;
    sg_onnx_name a, b, by_zero; /* the last of integers only */
} division;

static sg_onnx_name is_zero(sg_onnx *x, const division *d, sg_onnx_name a) {
    return sg_onnx_two(x, "Equal", a, sg_onnx_number(x, d->work, 0));
}

static division divide(sg_onnx *x, const sg_onnx_call *c) {
    division d = {.work = sg_work_type(c->out[0].type)};
    d.real = sg_type_is_float(d.work);
    d.a = operand(x, c, 0, d.work);
    d.b = operand(x, c, 1, d.work);
    if (d.real) return d;
    d.a = sg_onnx_cast_to(x, d.a, SG_ONNX_INT64);
    d.by_zero = is_zero(x, &d, d.b);
    d.b = sg_onnx_add(x, "Where", SG_ONNX_IN(d.by_zero, sg_onnx_number(x, d.work, 1), d.b));
    d.b = sg_onnx_cast_to(x, d.b, SG_ONNX_INT64);
    return d;
}

/* Mod gives a rest with the sign of b for integers, with that of a for floats. */
static sg_onnx_name rest_of(sg_onnx *x, const division *d) {
    return sg_onnx_add(x, "Mod", SG_ONNX_IN(d->a, d->b), sg_onnx_int("fmod", d->real));
}

/* Whether a rest and b, floats, lie on two sides of 0. A product of the two may be too small to tell. */
static sg_onnx_name apart(sg_onnx *x, const division *d, sg_onnx_name rest) {
    sg_onnx_name zero = sg_onnx_number(x, d->work, 0);
    sg_onnx_name sides =
        sg_onnx_two(x, "Xor", sg_onnx_two(x, "Less", rest, zero), sg_onnx_two(x, "Less", d->b, zero));
    sg_onnx_name some = sg_onnx_one(x, "Not", is_zero(x, d, rest));
    return sg_onnx_two(x, "And", sides, some);
}

/* (a - rest) / b, as in our own loop: the rest is exact, a / b may be rounded up to a whole number. */
static void floor_div(sg_onnx *x, sg_onnx_call *c) {
    division d = divide(x, c);
    sg_onnx_name rest = rest_of(x, &d);
    sg_onnx_name y = sg_onnx_two(x, "Div", sg_onnx_two(x, "Sub", d.a, rest), d.b);
    if (d.real) {
        sg_onnx_name unit = sg_onnx_number(x, d.work, 1), half = sg_onnx_number(x, d.work, 0.5);
        sg_onnx_name less = sg_onnx_two(x, "Sub", y, unit);
        y = sg_onnx_add(x, "Where", SG_ONNX_IN(apart(x, &d, rest), less, y));
        sg_onnx_name whole = sg_onnx_one(x, "Floor", y);
        sg_onnx_name above = sg_onnx_two(x, "Greater", sg_onnx_two(x, "Sub", y, whole), half);
        y = sg_onnx_add(x, "Where", SG_ONNX_IN(above, sg_onnx_two(x, "Add", whole, unit), whole));
        y = sg_onnx_add(x, "Where", SG_ONNX_IN(is_zero(x, &d, d.b), sg_onnx_two(x, "Div", d.a, d.b), y));
    } else {
        y = sg_onnx_cast_to(x, y, sg_onnx_type(d.work));
        y = sg_onnx_add(x, "Where", SG_ONNX_IN(d.by_zero, sg_onnx_number(x, d.work, 0), y));
    }
    give(x, c, y, d.work);
}

/* The rest has the sign of b. Of integers divided by 0 it is 0, as by 1. */
static void mod(sg_onnx *x, sg_onnx_call *c) {
    division d = divide(x, c);
    sg_onnx_name rest = rest_of(x, &d);
    if (d.real)
        rest =
            sg_onnx_add(x, "Where", SG_ONNX_IN(apart(x, &d, rest), sg_onnx_two(x, "Add", rest, d.b), rest));
    else
        rest = sg_onnx_cast_to(x, rest, sg_onnx_type(d.work));
    give(x, c, rest, d.work);
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
