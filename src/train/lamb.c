/* LAMB (You et al., arXiv:1904.00962): Adam's direction, as long as the weight itself is times the rate. Made
 * of nodes that are there anyway; the order of operations is that of the code that SparK and others train
 * with (timm's). */
#include <math.h>

#include "train/optimizer.h"

enum { LR, BETAS, EPS, DECAY };

static sg_value constant(sg_graph *g, double value, sg_type type) {
    return sg_emit(g, "constant", NULL, 0, sg_arg_float("value", value), sg_arg_dtype("type", type));
}

/* One number of any type and shape, as a scalar. */
static sg_value number(sg_graph *g, sg_value of, sg_type type) {
    sg_shape scalar = {0};
    return sg_emit(g, "cast", SG_IN(sg_emit(g, "reshape", SG_IN(of), sg_arg_shape("shape", &scalar))),
                   sg_arg_dtype("type", type));
}

static sg_value correction(const sg_weight_update *u, int64_t k, sg_type type) {
    return number(u->graph,
                  sg_emit(u->graph, "slice", SG_IN(u->corrections), sg_arg_ints("starts", 1, &k),
                          sg_arg_ints("stops", 1, (const int64_t[]){k + 1})),
                  type);
}

/* The length of the weight divided by that of the direction; 1 where either is 0. */
static sg_value trust(sg_graph *g, sg_value weight, sg_value direction) {
    sg_value of_weight = sg_emit(g, "sqrt", SG_IN(sg_emit(g, "sum_squares", SG_IN(weight))));
    sg_value of_direction = sg_emit(g, "sqrt", SG_IN(sg_emit(g, "sum_squares", SG_IN(direction))));
    sg_value zero = constant(g, 0, SG_F64), one = constant(g, 1, SG_F64);
    sg_value both = sg_emit(g, "logical_and",
                            SG_IN(sg_emit(g, "greater", SG_IN(of_weight, zero)),
                                  sg_emit(g, "greater", SG_IN(of_direction, zero))));
    sg_value divisor = sg_emit(g, "where", SG_IN(both, of_direction, one));
    return sg_emit(g, "where", SG_IN(both, sg_emit(g, "div", SG_IN(of_weight, divisor)), one));
}

static sg_value add(const sg_attr *attr, const sg_weight_update *u) {
    sg_graph *g = u->graph;
    sg_value p = u->weight, m = sg_optimizer_state(u, "lamb.m"), v = sg_optimizer_state(u, "lamb.v");
    sg_type type = sg_graph_value(g, p)->type;
    double beta1 = attr[BETAS].floats[0], beta2 = attr[BETAS].floats[1];
    sg_value gradient = sg_emit(g, "mul", SG_IN(u->gradient, number(g, u->factor, type)));
    m = sg_emit(g, "blend", SG_IN(m, gradient, u->ok), sg_arg_float("momentum", 1 - beta1));
    v = sg_emit(g, "blend", SG_IN(v, sg_emit(g, "square", SG_IN(gradient)), u->ok),
                sg_arg_float("momentum", 1 - beta2));
    sg_value root = sg_emit(g, "sqrt", SG_IN(v)), larger = sg_emit(g, "sqrt", SG_IN(correction(u, 1, type)));
    sg_value divisor =
        sg_emit(g, "add", SG_IN(sg_emit(g, "mul", SG_IN(root, larger)), constant(g, attr[EPS].f, type)));
    sg_value direction =
        sg_emit(g, "div", SG_IN(sg_emit(g, "mul", SG_IN(m, correction(u, 0, type))), divisor));
    sg_value rate = sg_emit(g, "mul", SG_IN(u->rate, constant(g, u->lr, SG_F64)));
    /* What does not decay is not brought to the weight's length either. A schedule of the decay comes with
     * the corrections. */
    double decay = attr[DECAY].call ? u->decay : u->decay * attr[DECAY].f;
    if (decay > 0) {
        sg_value share = constant(g, decay, type);
        if (attr[DECAY].call) share = sg_emit(g, "mul", SG_IN(share, correction(u, 2, type)));
        direction = sg_emit(g, "add", SG_IN(direction, sg_emit(g, "mul", SG_IN(p, share))));
        rate = sg_emit(g, "mul", SG_IN(rate, number(g, trust(g, p, direction), SG_F64)));
    }
    sg_value step = sg_emit(g, "mul", SG_IN(direction, number(g, rate, type)));
    return sg_emit(g, "blend", SG_IN(p, sg_emit(g, "sub", SG_IN(p, step)), u->ok),
                   sg_arg_float("momentum", 1));
}

const sg_optimizer sg_optimizer_lamb = {
    .schema = {.kind = SG_KIND_OPTIMIZER,
               .name = "lamb",
               .doc = "Adam with steps as long as the weight is, times the rate; for large batches",
               .attrs = SG_ATTRS(SG_ADAM_ATTRS("1e-6"))},
    .rate = LR,
    .decay = DECAY,
    .check = sg_adam_check,
    .corrections = sg_adam_corrections,
    .add = add,
};
