/* Rows that weighted losses look at. */
#include "ops/loss.h"
#include "ops/rows.h"

/* The rows of an operand whose first axes are those of the weight; others are within a cell. */
static void rows_like(const sg_rows *weight, const sg_shape *like, const sg_shape *of, sg_rows *rows) {
    rows->rank = of->rank;
    for (int d = 0; d < of->rank; d++) {
        bool same = d < like->rank && like->dim[d] == of->dim[d];
        rows->axis[d] = same ? weight->axis[d] : (sg_row_axis){.inner = of->dim[d]};
    }
}

static bool loss_rows(const sg_signature *s, int more, const sg_rows *weight, sg_rows *output,
                      sg_rows *target) {
    const sg_shape *like = &s->in[SG_LOSS_WEIGHT].shape;
    if (s->in[SG_LOSS_OUTPUT].shape.rank != like->rank + more) return false;
    rows_like(weight, like, &s->in[SG_LOSS_OUTPUT].shape, output);
    rows_like(weight, like, &s->in[SG_LOSS_TARGET].shape, target);
    return true;
}

bool sg_loss_rows(const sg_signature *s, const sg_rows *weight, sg_rows *output, sg_rows *target) {
    return loss_rows(s, 0, weight, output, target);
}

bool sg_cross_entropy_rows(const sg_signature *s, const sg_rows *weight, sg_rows *output, sg_rows *target) {
    return loss_rows(s, 1, weight, output, target);
}
