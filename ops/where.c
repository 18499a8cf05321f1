/* where: chooses element by element. */
#include <string.h>

#include "kernel/walk.h"
#include "ops/elementwise.h"

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

static double read_at(sg_type type, const char *at) {
    sg_tensor one = sg_tensor_view(type, (sg_shape){0}, (void *)at);
    return sg_tensor_get(&one, 0);
}

/* Runs of one condition copy or fill; others go element by element. */
static void run(const sg_task *task) {
    const sg_tensor *c = &task->in[0], *a = &task->in[1], *b = &task->in[2], *y = &task->out[0];
    size_t size = sg_type_size(y->type), condition_size = sg_type_size(c->type);
    bool same = a->type == y->type && b->type == y->type;
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, 4, (const sg_tensor *[]){c, a, b, y});
    if (!walk.inner) return;
    do {
        const char *test = walk.at[0], *x = walk.at[1], *z = walk.at[2];
        char *to = walk.at[3];
        int64_t step_a = walk.step[1] * (int64_t)sg_type_size(a->type),
                step_b = walk.step[2] * (int64_t)sg_type_size(b->type);
        if (walk.step[0] == 0 && same && walk.step[3] == 1) {
            bool first = read_at(c->type, test) != 0;
            const char *from = first ? x : z;
            int64_t step = walk.step[first ? 1 : 2];
            if (step == 1) {
                memcpy(to, from, size * (size_t)walk.inner);
                continue;
            }
            if (step == 0 && y->type == SG_F32) {
                task->loops->fill_f32(walk.inner, *(const float *)from, (float *)to);
                continue;
            }
            if (step == 0 && y->type == SG_F64) {
                task->loops->fill_f64(walk.inner, *(const double *)from, (double *)to);
                continue;
            }
        }
        for (int64_t i = 0; i < walk.inner; i++) {
            bool first = c->type == SG_I32 ? *(const int32_t *)test != 0 : read_at(c->type, test) != 0;
            const char *from = first ? x : z;
            if (same && size == 4)
                memcpy(to, from, 4);
            else if (same)
                memcpy(to, from, size);
            else
                sg_gather_convert(first ? a->type : b->type, from, 0, y->type, to, 1);
            test += walk.step[0] * (int64_t)condition_size;
            x += step_a;
            z += step_b;
            to += walk.step[3] * (int64_t)size;
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
    {.name = "same", .in = {BITS(3, 5), REAL(3, 5), REAL(3, 5)}, .in_count = 3},
    {.name = "token", .in = {BITS(2, 7, 1), REAL(5), REAL(2, 7, 5)}, .in_count = 3},
    {.name = "scalar", .in = {BITS(4), REAL(4), {.type = SG_F32, .shape = SG_SCALAR}}, .in_count = 3},
    {.name = "float_condition",
     .in = {{.type = SG_F32, .shape = SG_DIMS(6), .low = 0, .high = 1}, REAL(6), REAL(6)},
     .in_count = 3,
     .no_gradient = "the condition is a float that has no gradient"},
    {.name = "empty", .in = {BITS(0, 2), REAL(0, 2), REAL(2)}, .in_count = 3},
    {.name = "condition_shape",
     .in = {BITS(3), REAL(2, 4), REAL(2, 4)},
     .in_count = 3,
     .message = "the condition [3] does not broadcast with [2, 4]"},
    {.name = "shapes",
     .in = {BITS(3), REAL(3), REAL(4)},
     .in_count = 3,
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
    .infer = infer,
    .domain = sg_elementwise_domain,
    .kernels = {{SG_ANY_TYPE, run}},
    SG_ELEMENTWISE_LAYOUT,
    .gradient = gradient,
    .samples = samples,
};
