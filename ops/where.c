/* where: chooses element by element. */
#include "ops/elementwise.h"
#include "ops/rows.h"
#include "tensor/convert.h"

static sg_status infer(sg_infer *c) {
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    sg_shape both;
    c->out[0].type = sg_type_promote(c->in[1].type, c->in[2].type);
    if (!sg_shape_broadcast(&c->in[1].shape, &c->in[2].shape, &both))
        return sg_fail_at(c->error, SG_BLAME_INPUT, 2, "shapes %s and %s do not broadcast together",
                          sg_shape_words(&c->in[1].shape, a), sg_shape_words(&c->in[2].shape, b));
    if (!sg_shape_broadcast(&c->in[0].shape, &both, &c->out[0].shape))
        return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "the condition %s does not broadcast with %s",
                          sg_shape_words(&c->in[0].shape, a), sg_shape_words(&both, b));
    return SG_OK;
}

/* An operand that a run repeats, written out for all chunks of it; else NULL. */
static const void *spread(const sg_walk *walk, int k, sg_type from, sg_type work, void *space) {
    if (walk->step[k] || walk->inner == 1) return NULL;
    sg_gather_convert(from, walk->at[k], 0, work, space, walk->inner < SG_CHUNK ? walk->inner : SG_CHUNK);
    return space;
}

static void run(const sg_task *task) {
    const sg_tensor *c = &task->in[0], *a = &task->in[1], *b = &task->in[2], *y = &task->out[0];
    const sg_loops *loops = task->loops;
    double space_a[SG_CHUNK], space_b[SG_CHUNK], space_y[SG_CHUNK];
    int32_t truth[SG_CHUNK];
    sg_type work = sg_work_type(y->type);
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, 4, (const sg_tensor *[]){c, a, b, y});
    if (!walk.inner) return;
    do {
        if (walk.step[0] == 0) { /* one condition for the run: the chosen operand, whatever the types */
            sg_truth_run(loops, c->type, walk.at[0], 0, 1, truth);
            int k = truth[0] ? 1 : 2;
            sg_convert_run(y->type, walk.at[3], walk.step[3], task->in[k].type, walk.at[k], walk.step[k],
                           walk.inner);
            continue;
        }
        const void *all_a = spread(&walk, 1, a->type, work, space_a);
        const void *all_b = spread(&walk, 2, b->type, work, space_b);
        for (int64_t first = 0; first < walk.inner; first += SG_CHUNK) {
            int64_t count = walk.inner - first < SG_CHUNK ? walk.inner - first : SG_CHUNK;
            const char *test = walk.at[0] + first * walk.step[0] * (int64_t)sg_type_size(c->type);
            char *to = walk.at[3] + first * walk.step[3] * (int64_t)sg_type_size(y->type);
            bool straight = y->type == work && (walk.step[3] == 1 || count == 1);
            void *chosen = straight ? (void *)to : (void *)space_y;
            bool scalar; /* no: those are spread */
            const void *from_a =
                all_a ? all_a : sg_dense_run(&walk, 1, a->type, work, first, count, &scalar, space_a);
            const void *from_b =
                all_b ? all_b : sg_dense_run(&walk, 2, b->type, work, first, count, &scalar, space_b);
            sg_truth_run(loops, c->type, test, walk.step[0], count, truth);
            if (work == SG_F32)
                loops->where_f32(count, truth, from_a, from_b, chosen);
            else if (work == SG_F64)
                loops->where_f64(count, truth, from_a, from_b, chosen);
            else
                loops->where_i32(count, truth, from_a, from_b, chosen);
            if (!straight) sg_scatter_convert(work, space_y, y->type, to, walk.step[3], count);
        }
    } while (sg_walk_next(&walk));
}

static sg_status gradient(sg_backward *b) {
    sg_graph *g = b->graph;
    sg_value zero = sg_scalar_like(g, 0, b->dy[0]);
    if (b->needed[1])
        b->dx[1] = sg_reduce_like(g, sg_emit(g, "where", SG_IN(b->in[0], b->dy[0], zero)), b->in[1]);
    if (b->needed[2])
        b->dx[2] = sg_reduce_like(g, sg_emit(g, "where", SG_IN(b->in[0], zero, b->dy[0])), b->in[2]);
    return sg_graph_status(g, NULL);
}

#define BITS(...) \
    { .type = SG_I32, .shape = SG_DIMS(__VA_ARGS__), .low = 0, .high = 1 }
#define REAL(...) \
    { .type = SG_F32, .shape = SG_DIMS(__VA_ARGS__) }
static const sg_sample samples[] = {
    {.name = "same", SG_INPUTS(BITS(3, 5), REAL(3, 5), REAL(3, 5))},
    {.name = "token", SG_INPUTS(BITS(2, 7, 1), REAL(5), REAL(2, 7, 5))},
    {.name = "scalar", SG_INPUTS(BITS(4), REAL(4), {.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "float_condition",
     SG_INPUTS({.type = SG_F32, .shape = SG_DIMS(6), .low = 0, .high = 1}, REAL(6), REAL(6)),
     .no_gradient = "the condition is a float that has no gradient"},
    {.name = "empty", SG_INPUTS(BITS(0, 2), REAL(0, 2), REAL(2))},
    {.name = "channels", SG_INPUTS(BITS(2, 1, 4, 5), REAL(2, 3, 4, 5), REAL(3, 1, 1))},
    {.name = "long", SG_INPUTS(BITS(2, 70, 9), REAL(70, 9), {.type = SG_F32, .shape = SG_SCALAR})},
    {.name = "integers",
     SG_INPUTS(BITS(3, 7), {.type = SG_I32, .shape = SG_DIMS(3, 7), .low = -9, .high = 9},
               {.type = SG_U8, .shape = SG_DIMS(7), .low = 0, .high = 9})},
    {.name = "condition_shape",
     SG_INPUTS(BITS(3), REAL(2, 4), REAL(2, 4)),
     .message = "the condition [3] does not broadcast with [2, 4]"},
    {.name = "shapes",
     SG_INPUTS(BITS(3), REAL(3), REAL(4)),
     .message = "shapes [3] and [4] do not broadcast together"},
    {.name = NULL},
};

const sg_op sg_op_where = {
    .schema = {.kind = SG_KIND_OP, .name = "where", .doc = "a where the condition is not 0, else b"},
    .family = "elementwise",
    .in = {{"condition", "0 or not 0, of any type", SG_PORT_NO_GRADIENT},
           {"a", "taken where the condition holds", 0},
           {"b", "taken elsewhere", 0}},
    .out = {{"y", "the broadcast of all three", 0}},
    .leading = true,
    .infer = infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .gradient = gradient,
    .rows = &sg_rows_each,
    .samples = samples,
};
