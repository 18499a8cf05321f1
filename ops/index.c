#include "ops/index.h"

#include "ops/view.h"

sg_status sg_index_check(sg_infer *c, int k, const char *name) {
    sg_type type = c->in[k].type;
    if (type == SG_I32 || type == SG_U8) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must hold whole numbers (i32 or u8), not %s", name,
                      sg_type_name(type));
}

static sg_status check_rows(sg_infer *c, const sg_shape *table, int table_blame, const sg_shape *index,
                            int index_blame, int axis) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    if (table->rank < 2)
        return sg_fail_at(c->error, SG_BLAME_INPUT, table_blame, "table %s must be [b, n, ...] for rows",
                          sg_shape_words(table, s));
    if (axis != 1)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_GATHER_AXIS,
                          "rows go along axis 1, not along axis %lld", (long long)c->attr[SG_GATHER_AXIS].i);
    if (index->rank < 1 || index->dim[0] != table->dim[0])
        return sg_fail_at(c->error, SG_BLAME_INPUT, index_blame,
                          "index %s must begin with the %lld sample%s of table %s", sg_shape_words(index, s),
                          (long long)table->dim[0], sg_plural(table->dim[0]), sg_shape_words(table, t));
    return SG_OK;
}

sg_status sg_gather_shape(sg_infer *c, const sg_shape *table, int table_blame, const sg_shape *index,
                          int index_blame, sg_shape *out) {
    char s[SG_SHAPE_TEXT], t[SG_SHAPE_TEXT];
    int axis = sg_axis_of(c->attr[SG_GATHER_AXIS].i, table->rank);
    bool rows = c->attr[SG_GATHER_ROWS].i;
    if (axis < 0)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_GATHER_AXIS, "axis %lld is out of range for table %s",
                          (long long)c->attr[SG_GATHER_AXIS].i, sg_shape_words(table, s));
    if (rows) {
        sg_status status = check_rows(c, table, table_blame, index, index_blame, axis);
        if (status != SG_OK) return status;
    }
    int first = rows ? 1 : 0;
    if (table->rank - 1 + index->rank - first > SG_MAX_RANK)
        return sg_fail_at(c->error, SG_BLAME_INPUT, index_blame,
                          "table %s and index %s make more than %d axes", sg_shape_words(table, s),
                          sg_shape_words(index, t), SG_MAX_RANK);
    *out = (sg_shape){0};
    for (int d = 0; d < axis; d++) out->dim[out->rank++] = table->dim[d];
    for (int d = first; d < index->rank; d++) out->dim[out->rank++] = index->dim[d];
    for (int d = axis + 1; d < table->rank; d++) out->dim[out->rank++] = table->dim[d];
    return SG_OK;
}

sg_gather sg_gather_of(const sg_attr *attr, const sg_shape *table, const sg_shape *index) {
    bool rows = attr[SG_GATHER_ROWS].i;
    sg_gather g = {.axis = sg_axis_of(attr[SG_GATHER_AXIS].i, table->rank),
                   .shared = !rows,
                   .blocks = 1,
                   .inner = 1,
                   .picks = 1};
    for (int d = 0; d < g.axis; d++) g.blocks *= table->dim[d];
    g.n = table->dim[g.axis];
    for (int d = g.axis + 1; d < table->rank; d++) g.inner *= table->dim[d];
    for (int d = rows ? 1 : 0; d < index->rank; d++) g.picks *= index->dim[d];
    return g;
}

int64_t sg_gather_pick(const sg_task *task, const sg_gather *g, const sg_tensor *index, int64_t b,
                       int64_t i) {
    int64_t picked = sg_index_at(index, g->shared ? i : b * g->picks + i);
    if (picked >= 0 && picked < g->n) return picked;
    sg_fail(task->error, SG_BAD_DATA, "index %lld is out of range for axis %d of size %lld",
            (long long)picked, g->axis, (long long)g->n);
    return -1;
}
