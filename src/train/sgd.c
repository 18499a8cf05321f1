/* Stochastic gradient descent with momentum, as PyTorch's (no dampening). */
#include "train/optimizer.h"

enum { LR, MOMENTUM, NESTEROV, DECAY };

static const char *check(const sg_attr *attr) {
    if (attr[NESTEROV].i && !(attr[MOMENTUM].f > 0)) return "nesterov needs a momentum above 0";
    return NULL;
}

static void corrections(const sg_attr *attr, int64_t update, double out[2]) {
    (void)attr;
    (void)update;
    out[0] = out[1] = 1;
}

static sg_value add(const sg_attr *attr, const sg_weight_update *u) {
    sg_value m = sg_optimizer_state(u, "sgd.m");
    return sg_emit(u->graph, "sgd", SG_IN(u->weight, m, u->gradient, u->rate, u->factor, u->ok),
                   sg_arg_float("momentum", attr[MOMENTUM].f), sg_arg_bool("nesterov", attr[NESTEROV].i),
                   sg_arg_float("decay", attr[DECAY].f * u->decay), sg_arg_float("scale", u->lr));
}

const sg_optimizer sg_optimizer_sgd = {
    .schema = {.kind = SG_KIND_OPTIMIZER,
               .name = "sgd",
               .doc = "gradient descent with momentum; weight decay is added to the gradient",
               .attrs = SG_ATTRS({.name = "lr",
                                  .type = SG_ATTR_RATE,
                                  .doc = "learning rate",
                                  .min = 0,
                                  .max = 1e6,
                                  .call_kind = SG_KIND_SCHEDULE},
                                 {.name = "momentum",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0.9",
                                  .doc = "memory of the direction",
                                  .min = 0,
                                  .max = 1},
                                 {.name = "nesterov",
                                  .type = SG_ATTR_BOOL,
                                  .fallback = "false",
                                  .doc = "look ahead along the momentum"},
                                 {.name = "decay",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "0",
                                  .doc = "weight decay",
                                  .min = 0,
                                  .max = 1e6})},
    .rate = LR,
    .decay = -1,
    .check = check,
    .corrections = corrections,
    .add = add,
};
