#include "ops/entropy.h"

#include "ops/product.h"

enum { SCORES = SG_LOSS_OUTPUT, TARGET = SG_LOSS_TARGET };

static sg_shape rows_of(const sg_shape *scores) {
    sg_shape rows = *scores;
    rows.rank--;
    return rows;
}

sg_status sg_cross_entropy_check(sg_infer *c, int weight) {
    const sg_typed *scores = &c->in[SCORES], *target = &c->in[TARGET];
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (!sg_type_is_float(scores->type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, SCORES, "scores must be floats, not %s",
                          sg_type_name(scores->type));
    if (scores->shape.rank < 1 || scores->shape.dim[scores->shape.rank - 1] < 1)
        return sg_fail_at(c->error, SG_BLAME_INPUT, SCORES, "scores %s must be [..., classes]",
                          sg_shape_words(&scores->shape, s));
    sg_shape rows = rows_of(&scores->shape);
    bool classes = !sg_type_is_float(target->type);
    if (!sg_shape_equal(classes ? &rows : &scores->shape, &target->shape) ||
        (!classes && target->type != scores->type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, TARGET,
                          "target is %s %s, but must be i32 %s (classes) or %s %s (probabilities)",
                          sg_type_name(target->type), sg_shape_words(&target->shape, s),
                          sg_shape_words(&rows, t), sg_type_name(scores->type),
                          sg_shape_words(&scores->shape, (char[SG_SHAPE_TEXT]){0}));
    return sg_loss_check_weight(c, weight, scores->type, &rows, "the rows");
}

bool sg_cross_entropy_domain(const sg_signature *s, int weight, sg_domain *d) {
    const sg_shape *scores = &s->in[SCORES].shape;
    if (scores->rank < 2 || scores->dim[0] < 1) return false;
    d->items = scores->dim[0];
    d->in[SCORES] = d->in[TARGET] = SG_OWN;
    const sg_shape *w = &s->in[weight].shape;
    if (s->present[weight] && w->rank == scores->rank - 1 && w->dim[0] == d->items) d->in[weight] = SG_OWN;
    return true;
}

int64_t sg_cross_entropy_class(const sg_task *task, int64_t row) {
    const sg_shape *scores = &task->in[SCORES].shape;
    int64_t classes = scores->dim[scores->rank - 1];
    int64_t chosen = (int64_t)sg_tensor_get(&task->in[TARGET], row);
    if (chosen >= 0 && chosen < classes) return chosen;
    int64_t first =
        scores->rank > 1 && scores->dim[0] > 0 ? task->begin * (sg_row_count(scores) / scores->dim[0]) : 0;
    sg_fail(task->error, SG_BAD_DATA,
            classes == 1 ? "target %lld of row %lld is not 0, the only class"
                         : "target %lld of row %lld is not one of the %lld classes 0 .. %lld",
            (long long)chosen, (long long)(first + row), (long long)classes, (long long)classes - 1);
    return -1;
}

sg_tensor sg_cross_entropy_weights(const sg_task *task, int weight) {
    const sg_tensor *given = &task->in[weight];
    sg_shape rows = rows_of(&task->in[SCORES].shape);
    sg_tensor view = sg_tensor_view(given->type, rows, given->data);
    if (!given->data) return view;
    for (int d = 0; d < rows.rank; d++) {
        int axis = d - (rows.rank - given->shape.rank);
        view.stride[d] = axis < 0 || given->shape.dim[axis] == 1 ? 0 : given->stride[axis];
    }
    return view;
}
