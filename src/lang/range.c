#include "lang/range.h"

#include "lang/whole.h"

bool sg_index_read(const sg_context *c, const sg_expr *part, int64_t fallback, int64_t *out) {
    sg_work *work = c->frame->expander->work;
    *out = fallback;
    if (!part) return true;
    const sg_tree *value = sg_evaluate(c, part);
    if (value->kind == SG_TREE_BAD) return false;
    if (value->kind == SG_TREE_NUMBER && sg_number_whole(value->number)) {
        *out = (int64_t)value->number;
        return true;
    }
    if (value->kind == SG_TREE_NUMBER) {
        sg_complain_whole(work, value, "an index");
        return false;
    }
    sg_complain(work, part->span,
                value->kind == SG_TREE_TENSOR ? "positions that are computed take the op gather" : NULL,
                "an index must be a whole number, but is %s", sg_tree_kind_text(value));
    return false;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

bool sg_range_read(const sg_context *c, const sg_expr *item, int64_t size, sg_range *out) {
    int64_t start, stop, step, length;
    if (!sg_index_read(c, item->child[2], 1, &step)) return false;
    if (step == 0) {
        sg_complain(c->frame->expander->work, item->span, NULL, "the step of a range must not be 0");
        return false;
    }
    if (!sg_index_read(c, item->child[0], step > 0 ? 0 : size - 1, &start)) return false;
    if (!sg_index_read(c, item->child[1], step > 0 ? size : -size - 1, &stop)) return false;
    if (start < 0) start += size;
    if (stop < 0) stop += size;
    if (step > 0) {
        start = clamp(start, 0, size);
        stop = clamp(stop, 0, size);
        length = stop > start ? (stop - start + step - 1) / step : 0;
    } else {
        start = clamp(start, -1, size - 1);
        stop = clamp(stop, -1, size - 1);
        length = start > stop ? (start - stop - step - 1) / -step : 0;
    }
    *out = length ? (sg_range){start, stop, step, length} : (sg_range){0, 0, 1, 0};
    return true;
}
