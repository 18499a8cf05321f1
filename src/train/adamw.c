/* AdamW (Loshchilov and Hutter, arXiv:1711.05101), with the order of operations of PyTorch's. */
#include <math.h>

#include "train/optimizer.h"

enum { LR, BETAS, EPS, DECAY };

const char *sg_adam_check(const sg_attr *attr) {
    if (attr[BETAS].n != 2) return "betas must be two numbers, as in [0.9, 0.999]";
    for (int k = 0; k < 2; k++)
        if (!(attr[BETAS].floats[k] < 1)) return "betas must lie below 1";
    return NULL;
}

void sg_adam_corrections(const sg_attr *attr, int64_t update, double out[2]) {
    for (int k = 0; k < 2; k++) out[k] = 1 / (1 - pow(attr[BETAS].floats[k], (double)update));
}

static sg_value add(const sg_attr *attr, const sg_weight_update *u) {
    sg_value m = sg_optimizer_state(u, "adamw.m"), v = sg_optimizer_state(u, "adamw.v");
    /* A schedule comes with the corrections of each step. */
    double decay = attr[DECAY].call ? u->decay : u->decay * attr[DECAY].f;
    return sg_emit(
        u->graph, "adamw", SG_IN(u->weight, m, v, u->gradient, u->rate, u->corrections, u->factor, u->ok),
        sg_arg_float("beta1", attr[BETAS].floats[0]), sg_arg_float("beta2", attr[BETAS].floats[1]),
        sg_arg_float("eps", attr[EPS].f), sg_arg_float("decay", decay), sg_arg_float("scale", u->lr));
}

const sg_optimizer sg_optimizer_adamw = {
    .schema = {.kind = SG_KIND_OPTIMIZER,
               .name = "adamw",
               .doc = "Adam with weight decay apart from the gradient",
               .attrs = SG_ATTRS(SG_ADAM_ATTRS("1e-8"))},
    .rate = LR,
    .decay = DECAY,
    .check = sg_adam_check,
    .corrections = sg_adam_corrections,
    .add = add,
};
