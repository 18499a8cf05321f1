/* Losses in ONNX: their expansions hold the number of elements, which is open here. */
#include "format/onnx.h"

#include "ops/entropy.h"
#include "ops/loss.h"

enum { OUTPUT = SG_LOSS_OUTPUT, TARGET = SG_LOSS_TARGET, WEIGHT = SG_LOSS_WEIGHT };

#define ADD(a, b) sg_onnx_two(x, "Add", a, b)
#define SUB(a, b) sg_onnx_two(x, "Sub", a, b)
#define MUL(a, b) sg_onnx_two(x, "Mul", a, b)
#define DIV(a, b) sg_onnx_two(x, "Div", a, b)
#define MAX(a, b) sg_onnx_two(x, "Max", a, b)
#define ONE(op, a) sg_onnx_one(x, op, a)
#define NUMBER(value) sg_onnx_number(x, type, value)

/* The weighted mean of errors (ops/loss.h). */
static void weigh(sg_onnx *x, sg_onnx_call *c, sg_onnx_name errors, const sg_shape *shape) {
    sg_type type = c->in[OUTPUT].type;
    const sg_shape *weight = &c->in[WEIGHT].shape;
    unsigned all = (1u << shape->rank) - 1;
    sg_onnx_name count = sg_onnx_count(x, sg_shape_elements(shape), type), norm;
    if (*c->from[WEIGHT]) {
        sg_onnx_name sum = sg_onnx_sum(x, c->from[WEIGHT], weight->rank, (1u << weight->rank) - 1, false);
        sg_onnx_name repeats = DIV(count, sg_onnx_count(x, sg_shape_elements(weight), type));
        norm = DIV(NUMBER(1), MUL(ADD(sum, NUMBER(c->attr[SG_LOSS_EPS].f)), repeats));
        errors = MUL(errors, c->from[WEIGHT]);
    } else
        norm = DIV(NUMBER(1), count);
    c->to[0] = MUL(sg_onnx_sum(x, errors, shape->rank, all, false), norm);
    c->to[1] = norm;
}

static void l1(sg_onnx *x, sg_onnx_call *c) {
    weigh(x, c, ONE("Abs", SUB(c->from[OUTPUT], c->from[TARGET])), &c->in[OUTPUT].shape);
}

static void mse(sg_onnx *x, sg_onnx_call *c) {
    sg_onnx_name difference = SUB(c->from[OUTPUT], c->from[TARGET]);
    weigh(x, c, MUL(difference, difference), &c->in[OUTPUT].shape);
}

static void smooth_l1(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->in[OUTPUT].type;
    double beta = c->attr[SG_LOSS_PARAMETER].f;
    sg_onnx_name distance = ONE("Abs", SUB(c->from[OUTPUT], c->from[TARGET])), errors = distance;
    if (beta > 0) {
        sg_onnx_name near = sg_onnx_two(x, "Less", distance, NUMBER(beta));
        sg_onnx_name square = MUL(MUL(distance, distance), NUMBER(0.5 / beta));
        errors = sg_onnx_add(x, "Where", SG_ONNX_IN(near, square, SUB(distance, NUMBER(beta / 2))));
    }
    weigh(x, c, errors, &c->in[OUTPUT].shape);
}

static void bce(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->in[OUTPUT].type;
    sg_onnx_name o = c->from[OUTPUT], t = c->from[TARGET], least = NUMBER(-100);
    sg_onnx_name yes = MUL(t, MAX(ONE("Log", o), least));
    sg_onnx_name no = MUL(SUB(NUMBER(1), t), MAX(ONE("Log", SUB(NUMBER(1), o)), least));
    weigh(x, c, ONE("Neg", ADD(yes, no)), &c->in[OUTPUT].shape);
}

static void bce_logits(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->in[OUTPUT].type;
    sg_onnx_name o = c->from[OUTPUT];
    sg_onnx_name rest = ONE("Log", ADD(NUMBER(1), ONE("Exp", ONE("Neg", ONE("Abs", o)))));
    weigh(x, c, ADD(SUB(ONE("Relu", o), MUL(o, c->from[TARGET])), rest), &c->in[OUTPUT].shape);
}

static void cross_entropy(sg_onnx *x, sg_onnx_call *c) {
    sg_type type = c->in[OUTPUT].type;
    sg_shape rows = c->in[OUTPUT].shape;
    int64_t classes = rows.dim[--rows.rank];
    double smooth = c->attr[SG_CROSS_ENTROPY_SMOOTH].f;
    sg_onnx_name logs = sg_onnx_add(x, "LogSoftmax", SG_ONNX_IN(c->from[OUTPUT]), sg_onnx_int("axis", -1));
    sg_onnx_name target = c->from[TARGET];
    if (!sg_type_is_float(c->in[TARGET].type))
        target = sg_onnx_one_hot(x, target, c->in[TARGET].type, rows.rank, classes, type);
    if (smooth > 0) {
        sg_onnx_name share = DIV(NUMBER(smooth), sg_onnx_count(x, classes, type));
        target = ADD(MUL(target, NUMBER(1 - smooth)), share);
    }
    sg_onnx_name sums = sg_onnx_sum(x, MUL(target, logs), rows.rank + 1, 1u << rows.rank, false);
    weigh(x, c, ONE("Neg", sums), &rows);
}

const sg_onnx_rule sg_onnx_loss[] = {
    {"bce", bce, NULL},
    {"bce_logits", bce_logits, NULL},
    {"cross_entropy", cross_entropy, NULL},
    {"l1", l1, NULL},
    {"mse", mse, NULL},
    {"smooth_l1", smooth_l1, NULL},
    {NULL, NULL, NULL},
};
