#include "ops/loss.h"

#include "ops/elementwise.h"

enum { OUTPUT = SG_LOSS_OUTPUT, TARGET = SG_LOSS_TARGET, WEIGHT = SG_LOSS_WEIGHT };
enum { GRAD_NORM = 2, GRAD_DY, GRAD_WEIGHT };

sg_status sg_loss_check_weight(sg_infer *c, int weight, sg_type type, const sg_shape *to, const char *name) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (c->in_count <= weight || !c->present[weight]) return SG_OK;
    const sg_typed *given = &c->in[weight];
    sg_shape both;
    if (!sg_shape_broadcast(to, &given->shape, &both) || !sg_shape_equal(&both, to))
        return sg_fail_at(c->error, SG_BLAME_INPUT, weight, "weight %s %s does not broadcast to %s %s %s",
                          sg_type_name(given->type), sg_shape_words(&given->shape, s), name,
                          sg_type_name(type), sg_shape_words(to, t));
    if (given->type != type) /* what comparisons give, most often */
        return sg_fail_at(c->error, SG_BLAME_INPUT, weight, "weight must be %s, not %s: cast it",
                          sg_type_name(type), sg_type_name(given->type));
    return SG_OK;
}

static sg_status check(sg_infer *c, int weight) {
    const sg_shape *output = &c->in[OUTPUT].shape;
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (!sg_type_is_float(c->in[OUTPUT].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, OUTPUT, "output must be a float, not %s",
                          sg_type_name(c->in[OUTPUT].type));
    if (!sg_shape_equal(output, &c->in[TARGET].shape) || c->in[TARGET].type != c->in[OUTPUT].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, TARGET, "output is %s %s, but target is %s %s",
                          sg_type_name(c->in[OUTPUT].type), sg_shape_words(output, s),
                          sg_type_name(c->in[TARGET].type), sg_shape_words(&c->in[TARGET].shape, t));
    return sg_loss_check_weight(c, weight, c->in[OUTPUT].type, output, "output");
}

sg_status sg_loss_infer(sg_infer *c) {
    c->out[0] = c->out[1] = (sg_typed){c->in[OUTPUT].type, {0}};
    return check(c, WEIGHT);
}

static bool is_cut(const sg_signature *s, int k) {
    const sg_shape *output = &s->in[OUTPUT].shape, *shape = &s->in[k].shape;
    return s->present[k] && shape->rank == output->rank && shape->dim[0] == output->dim[0];
}

void sg_loss_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *output = &s->in[OUTPUT].shape;
    if (output->rank >= 1 && output->dim[0] > 0) {
        d->items = output->dim[0];
        for (int k = OUTPUT; k <= WEIGHT; k++)
            if (is_cut(s, k)) d->in[k] = SG_OWN;
    }
    d->out[0] = d->out[1] = SG_SUM;
    d->acc_count = 2; /* sum of w * e; sum of w over the elements of the output */
    for (int k = 0; k < 2; k++) {
        d->acc[k].type = SG_F64;
        d->acc[k].elements = 1;
    }
}

/* Elements first .. of operand k, one that is repeated written out; NULL where it has no memory. */
static const void *read_run(const sg_walk *walk, int k, sg_type type, int64_t first, int64_t count,
                            void *space) {
    if (!walk->at[k]) return NULL;
    bool scalar;
    const void *dense = sg_dense_run(walk, k, type, type, first, count, &scalar, space);
    if (!scalar || count == 1) return dense;
    sg_gather_convert(type, walk->at[k], 0, type, space, count);
    return space;
}

/* Runs are added chunk by chunk, so that sums do not depend on strides. */
void sg_loss_run(const sg_task *task, sg_loss loss, double parameter) {
    const sg_tensor *output = &task->in[OUTPUT];
    const sg_loops *loops = task->loops;
    double *sum = task->acc[0], *weights = task->acc[1], space[3][SG_CHUNK];
    sg_walk walk;
    sg_walk_init(&walk, &output->shape, 3,
                 (const sg_tensor *[]){output, &task->in[TARGET], &task->in[WEIGHT]});
    if (!walk.inner) return;
    do {
        for (int64_t first = 0; first < walk.inner; first += SG_CHUNK) {
            int64_t n = walk.inner - first < SG_CHUNK ? walk.inner - first : SG_CHUNK;
            const void *part[3];
            for (int k = 0; k < 3; k++) part[k] = read_run(&walk, k, output->type, first, n, space[k]);
            bool narrow = output->type == SG_F32;
            *sum += narrow ? loops->loss_f32[loss](n, parameter, part[0], part[1], part[2])
                           : loops->loss_f64[loss](n, parameter, part[0], part[1], part[2]);
            if (part[2]) *weights += narrow ? loops->sum_f32(n, part[2]) : loops->sum_f64(n, part[2]);
        }
    } while (sg_walk_next(&walk));
}

void sg_loss_finish_over(const sg_task *task, double count) {
    const sg_tensor *weight = &task->in[WEIGHT];
    double norm = 1 / count;
    if (weight->data) {
        /* The sum ran over the broadcast weight. */
        double repeats = count / (double)sg_tensor_elements(weight);
        norm = 1 / (*(double *)task->acc[1] / repeats + task->attr[SG_LOSS_EPS].f) / repeats;
    }
    if (task->out[0].data) sg_tensor_set(&task->out[0], 0, *(double *)task->acc[0] * norm);
    if (task->out[1].data) sg_tensor_set(&task->out[1], 0, norm);
}

void sg_loss_finish(const sg_task *task) {
    sg_loss_finish_over(task, (double)sg_tensor_elements(&task->in[OUTPUT]));
}

sg_status sg_loss_expand(sg_expansion *e, sg_value errors) {
    sg_graph *g = e->graph;
    sg_value weight = e->node->in_count > WEIGHT ? e->in[WEIGHT] : SG_NO_VALUE;
    sg_status status = sg_graph_status(g, NULL);
    if (status != SG_OK) return status;
    double count = (double)sg_shape_elements(&sg_graph_value(g, errors)->shape);
    if (weight == SG_NO_VALUE) {
        e->out[1] = sg_scalar_like(g, 1 / count, errors);
    } else {
        double repeats = count / (double)sg_shape_elements(&sg_graph_value(g, weight)->shape);
        sg_value eps = sg_scalar_like(g, e->node->attr[SG_LOSS_EPS].f, errors);
        sg_value total = sg_emit(g, "add", SG_IN(sg_emit(g, "sum", SG_IN(weight)), eps));
        e->out[1] = sg_emit(g, "div", SG_IN(sg_scalar_like(g, 1 / repeats, errors), total));
        errors = sg_emit(g, "mul", SG_IN(errors, weight));
    }
    e->out[0] = sg_emit(g, "mul", SG_IN(sg_emit(g, "sum", SG_IN(errors)), e->out[1]));
    return sg_graph_status(g, NULL);
}

sg_status sg_loss_grad_expand(sg_expansion *e, sg_value by_output, sg_value by_target) {
    sg_graph *g = e->graph;
    sg_value factor = sg_emit(g, "mul", SG_IN(e->in[GRAD_NORM], e->in[GRAD_DY]));
    if (e->node->in_count > GRAD_WEIGHT && e->in[GRAD_WEIGHT] != SG_NO_VALUE)
        factor = sg_emit(g, "mul", SG_IN(e->in[GRAD_WEIGHT], factor));
    e->out[0] = sg_emit(g, "mul", SG_IN(by_output, factor));
    e->out[1] = sg_emit(g, "mul", SG_IN(by_target, factor));
    return sg_graph_status(g, NULL);
}

sg_status sg_loss_gradient(sg_backward *b, const char *grad_op) {
    sg_value weight = b->node->in_count > WEIGHT ? b->in[WEIGHT] : SG_NO_VALUE;
    const sg_schema *schema = sg_op_schema(b->node->op);
    sg_arg args[SG_MAX_ATTRS] = {{0}};
    for (int i = 0; i < sg_schema_attr_count(schema); i++)
        args[i] = (sg_arg){schema->attrs[i].name, b->node->attr[i]};
    sg_value doutput = sg_graph_add(b->graph, grad_op, NULL,
                                    SG_IN(b->in[OUTPUT], b->in[TARGET], b->out[1], b->dy[0], weight), args);
    if (doutput == SG_NO_VALUE) return sg_graph_status(b->graph, NULL);
    if (b->needed[OUTPUT]) b->dx[OUTPUT] = doutput;
    if (b->needed[TARGET]) b->dx[TARGET] = doutput + 1;
    return SG_OK;
}

sg_status sg_loss_grad_infer(sg_infer *c) {
    c->out[0] = c->out[1] = c->in[OUTPUT];
    for (int k = GRAD_NORM; k <= GRAD_DY; k++)
        if (c->in[k].shape.rank || c->in[k].type != c->in[OUTPUT].type)
            return sg_fail_at(c->error, SG_BLAME_INPUT, k,
                              "norm and dy must be scalars of the type of output");
    return check(c, GRAD_WEIGHT);
}

void sg_loss_grad_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *output = &s->in[OUTPUT].shape;
    if (output->rank < 1 || output->dim[0] < 1) return;
    d->items = output->dim[0];
    d->in[OUTPUT] = d->in[TARGET] = d->out[0] = d->out[1] = SG_OWN;
    if (is_cut(s, GRAD_WEIGHT)) d->in[GRAD_WEIGHT] = SG_OWN;
}

void sg_loss_grad_run(const sg_task *task, sg_loss loss, double parameter) {
    const sg_tensor *output = &task->in[OUTPUT];
    const sg_loops *loops = task->loops;
    sg_type type = output->type;
    double factor = sg_tensor_get(&task->in[GRAD_NORM], 0) * sg_tensor_get(&task->in[GRAD_DY], 0);
    double space[4][SG_CHUNK];
    sg_walk walk;
    sg_walk_init(&walk, &output->shape, 5,
                 (const sg_tensor *[]){output, &task->in[TARGET], &task->in[GRAD_WEIGHT], &task->out[0],
                                       &task->out[1]});
    if (!walk.inner) return;
    do {
        for (int64_t first = 0; first < walk.inner; first += SG_CHUNK) {
            int64_t n = walk.inner - first < SG_CHUNK ? walk.inner - first : SG_CHUNK;
            const void *part[3];
            for (int k = 0; k < 3; k++) part[k] = read_run(&walk, k, type, first, n, space[k]);
            for (int side = 0; side < 2; side++) {
                int64_t step = walk.step[3 + side];
                if (!walk.at[3 + side]) continue;
                char *at = walk.at[3 + side] + first * step * (int64_t)sg_type_size(type);
                void *dx = step == 1 || n == 1 ? (void *)at : (void *)space[3];
                if (type == SG_F32)
                    loops->loss_gradient_f32[loss][side](n, parameter, factor, part[0], part[1], part[2], dx);
                else
                    loops->loss_gradient_f64[loss][side](n, parameter, factor, part[0], part[1], part[2], dx);
                if (dx != at) sg_scatter_convert(type, dx, type, at, step, n);
            }
        }
    } while (sg_walk_next(&walk));
}
