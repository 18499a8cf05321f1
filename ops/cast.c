/* cast: another element type. */
#include "ops/elementwise.h"
#include "ops/rows.h"

enum { TYPE };

static sg_status infer(sg_infer *c) {
    c->out[0] = (sg_typed){(sg_type)c->attr[TYPE].i, c->in[0].shape};
    return SG_OK;
}

static void run(const sg_task *task) {
    const sg_tensor *x = &task->in[0], *y = &task->out[0];
    bool narrow = x->type == SG_F32 && y->type == SG_BF16, widen = x->type == SG_BF16 && y->type == SG_F32;
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, 2, (const sg_tensor *[]){x, y});
    if ((!narrow && !widen) || walk.step[0] != 1 || walk.step[1] != 1) {
        sg_tensor_copy(y, x, NULL);
        return;
    }
    if (!walk.inner) return;
    do {
        if (narrow)
            task->loops->narrow(walk.inner, (const float *)walk.at[0], (uint16_t *)walk.at[1]);
        else
            task->loops->widen(walk.inner, (const uint16_t *)walk.at[0], (float *)walk.at[1]);
    } while (sg_walk_next(&walk));
}

static sg_status gradient(sg_backward *b) {
    if (!sg_type_is_float((sg_type)b->node->attr[TYPE].i)) return SG_OK;
    b->dx[0] = sg_emit(b->graph, "cast", SG_IN(b->dy[0]),
                       sg_arg_dtype("type", sg_graph_value(b->graph, b->in[0])->type));
    return sg_graph_status(b->graph, NULL);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

static const sg_arg to_i32[] = {SG_ARG_DTYPE("type", SG_I32), {0}};
static const sg_arg to_f64[] = {SG_ARG_DTYPE("type", SG_F64), {0}};
static const sg_sample samples[] = {
    {.name = "to_i32",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(3, 5), .low = -9, .high = 9}),
     .args = to_i32,
     .no_gradient = "integers carry none"},
    {.name = "to_f64", SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2, 7)}), .args = to_f64},
    {.name = "from_u8",
     SG_INPUTS({.type = SG_U8, .shape = SG_DIMS(9), .low = 0, .high = 255}),
     .args = to_f64,
     .no_gradient = "integers carry none"},
    {.name = "no_type",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(2)}),
     .message = "cast needs the attribute `type` (element type of the result)"},
    {.name = NULL},
};

const sg_op sg_op_cast = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "cast",
         .doc = "the same numbers in another element type; floats become integers by dropping the fraction",
         .attrs = SG_ATTRS({.name = "type", .type = SG_ATTR_DTYPE, .doc = "element type of the result"})},
    .family = "elementwise",
    .in = {{"x", "any value", 0}},
    .out = {{"y", "converted", 0}},
    .flags = SG_OP_STORAGE,
    .infer = infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .gradient = gradient,
    .flops = flops,
    .rows = &sg_rows_each,
    .samples = samples,
};
