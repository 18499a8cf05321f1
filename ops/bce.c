/* bce: binary cross-entropy of probabilities, as PyTorch: logarithms are cut off at -100. */
#include "ops/elementwise.h"
#include "ops/loss.h"
#include "ops/rows.h"

static const double LEAST = -100;

/* Is there an element outside of 0..1? NaN is for the loss to show. */
static bool find_improper(const sg_tensor *output, double *value) {
    sg_walk walk;
    sg_walk_init(&walk, &output->shape, 1, (const sg_tensor *[]){output});
    if (!walk.inner) return false;
    do {
        const char *at = walk.at[0];
        for (int64_t i = 0; i < walk.inner; i++) {
            *value = output->type == SG_F32 ? (double)((const float *)at)[i * walk.step[0]]
                                            : ((const double *)at)[i * walk.step[0]];
            if (*value < 0 || *value > 1) return true;
        }
    } while (sg_walk_next(&walk));
    return false;
}

static void run(const sg_task *task) {
    double value;
    if (find_improper(&task->in[SG_LOSS_OUTPUT], &value)) {
        sg_fail(task->error, SG_BAD_DATA,
                "output holds %.6g, which is no probability: use bce_logits for raw scores", value);
        return;
    }
    sg_loss_run(task, SG_LOSS_BCE, 0);
}

static sg_status gradient(sg_backward *b) {
    return sg_loss_gradient(b, "bce_grad");
}

static sg_status expand(sg_expansion *e) {
    sg_graph *g = e->graph;
    sg_value o = e->in[0], t = e->in[1], one = sg_scalar_like(g, 1, o), least = sg_scalar_like(g, LEAST, o);
    sg_value hit = sg_emit(g, "maximum", SG_IN(sg_emit(g, "log", SG_IN(o)), least));
    sg_value rest = sg_emit(g, "log", SG_IN(sg_emit(g, "sub", SG_IN(one, o))));
    sg_value miss = sg_emit(g, "maximum", SG_IN(rest, least));
    sg_value both = sg_emit(g, "add",
                            SG_IN(sg_emit(g, "mul", SG_IN(t, hit)),
                                  sg_emit(g, "mul", SG_IN(sg_emit(g, "sub", SG_IN(one, t)), miss))));
    return sg_loss_expand(e, sg_emit(g, "neg", SG_IN(both)));
}

static double flops(const sg_signature *s) {
    return 60.0 * (double)sg_shape_elements(&s->in[0].shape);
}

#define OUTPUT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.05, .high = 0.95 }
#define TARGET(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
#define WEIGHT(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__), .low = 0.1, .high = 1 }
static const sg_sample samples[] = {
    {.name = "plain", SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5))},
    {.name = "masked", SG_INPUTS(OUTPUT(2, 3, 4, 4), TARGET(2, 3, 4, 4), WEIGHT(2, 1, 4, 4))},
    {.name = "row_weight", SG_INPUTS(OUTPUT(4, 3), TARGET(4, 3), WEIGHT(3))},
    {.name = "scalar",
     SG_INPUTS({.type = SG_F32, .shape = SG_SCALAR, .low = 0.05, .high = 0.95},
               {.type = SG_F32, .shape = SG_SCALAR, .low = 0, .high = 1})},
    {.name = "shapes",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 4)),
     .message = "output is f32 [3, 5], but target is f32 [3, 4]"},
    {.name = "weight_shape",
     SG_INPUTS(OUTPUT(3, 5), TARGET(3, 5), WEIGHT(4)),
     .message = "weight f32 [4] does not broadcast to output f32 [3, 5]"},
    {.name = "integers",
     SG_INPUTS({.type = SG_I32, .shape = SG_DIMS(3)}, {.type = SG_I32, .shape = SG_DIMS(3)}),
     .message = "output must be a float, not i32"},
    {.name = NULL},
};

const sg_op sg_op_bce = {
    .schema = {.kind = SG_KIND_OP,
               .name = "bce",
               .doc = "weighted mean of -t log o - (1 - t) log(1 - o), logarithms cut off at -100",
               .attrs = SG_ATTRS(SG_LOSS_ATTR_EPS)},
    .family = "loss",
    .in = {SG_LOSS_INPUTS},
    .out = {SG_LOSS_OUTPUTS},
    .infer = sg_loss_infer,
    .domain = sg_loss_domain,
    .kernels = {{SG_F32, run}, {SG_F64, run}},
    .finish = sg_loss_finish,
    .in_layout = {SG_STRIDED, SG_STRIDED, SG_STRIDED},
    .gradient = gradient,
    .expand = expand,
    .flops = flops,
    .weighted = sg_loss_rows,
    .samples = samples,
};
