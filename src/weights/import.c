/* Weights from files that call them otherwise. */
#include "base/checked.h"
#include "base/memory.h"
#include "simgraph/op.h"
#include "weights/computed.h"
#include "weights/exchange.h"
#include "weights/table.h"

/* ---- shapes ---- */

static const sg_tensor *array(const sg_exchange *x, int index) {
    return &x->from->items[index].tensor;
}

/* Shape and type of arrays joined along axis 0, all of one size; zeros count as one of them. Whole numbers
 * are no floats: files that were quantised hold such, and they mean nothing without their scales. */
static bool joined(const sg_exchange *x, const sg_match_way *way, bool floats, sg_shape *shape, sg_type *type,
                   const char **why) {
    const sg_tensor *first = NULL;
    for (int i = 0; i < way->count; i++) {
        if (way->index[i] < 0) continue;
        const sg_tensor *part = array(x, way->index[i]);
        *type = first ? sg_type_promote(*type, part->type) : part->type;
        if (!first) first = part;
        *why = "the file holds whole numbers there";
        if (floats && !sg_type_is_float(part->type)) return false;
        *why = "the arrays that are joined differ in shape";
        if (!sg_shape_equal(&first->shape, &part->shape)) return false;
    }
    *shape = first->shape;
    *why = NULL;
    if (way->count == 1) return true;
    *why = "these arrays cannot be joined";
    if (shape->rank == 0 || !sg_int_mul(shape->dim[0], way->count, &shape->dim[0])) return false;
    if (sg_shape_check(shape, NULL) != SG_OK) return false;
    *why = NULL;
    return true;
}

/* ---- making ours ---- */

/* A view of theirs with our shape; a copy where theirs has gaps. */
static sg_status view(sg_tensor *to, const sg_tensor *from, const sg_shape *shape, sg_error *error) {
    if (sg_tensor_contiguous(from)) {
        *to = sg_tensor_view(from->type, *shape, from->data);
        return SG_OK;
    }
    sg_status status = sg_tensor_init(to, from->type, from->shape, error);
    if (status == SG_OK) status = sg_tensor_copy(to, from, error);
    void *owned = to->owned;
    *to = sg_tensor_view(from->type, *shape, to->data);
    to->owned = owned;
    return status;
}

static sg_status join(const sg_exchange *x, sg_tensor *to, const sg_match_way *way, const sg_shape *shape,
                      const sg_shape *ours, sg_type type, sg_error *error) {
    sg_status status = sg_tensor_init(to, type, *shape, error);
    sg_tensor part = *to;
    part.shape.dim[0] /= way->count;
    for (int i = 0; status == SG_OK && i < way->count; i++) {
        part.data = (char *)to->data + (size_t)i * sg_tensor_bytes(&part);
        if (way->index[i] >= 0) status = sg_tensor_copy(&part, array(x, way->index[i]), error);
    }
    if (status != SG_OK) return status;
    void *owned = to->owned;
    *to = sg_tensor_view(type, *ours, to->data);
    to->owned = owned;
    return SG_OK;
}

static sg_status resize(sg_exchange *x, sg_tensor *to, const sg_match_weight *w, sg_weight_line *line,
                        sg_error *error) {
    const sg_tensor *from = array(x, w->way[w->found].index[0]);
    const sg_name_rule *rule = w->rule;
    const char *by = rule->resize == SG_RESIZE_OFFSETS && x->options->resize ? x->options->resize : rule->by;
    int64_t grid[2];
    sg_table_plan r;
    line->fate = SG_WEIGHT_MISFIT;
    if (!sg_table_plan_init(&r, rule, by, &from->shape, w->shape,
                            sg_match_grid(x->match, w, grid) ? grid : NULL, &line->note))
        return SG_OK;
    line->fate = SG_WEIGHT_RESIZED;
    line->note = r.interpolates ? by : "rows left out";
    sg_type type = from->type == SG_F64 ? SG_F64 : SG_F32;
    sg_status status = sg_tensor_init(to, type, *w->shape, error);
    return status == SG_OK ? sg_table_resize(&r, to, from, error) : status;
}

/* ---- one weight ---- */

static const char *array_at(const void *data, size_t i) {
    const sg_arrays *arrays = data;
    return i < arrays->count ? arrays->items[i].name : NULL;
}

/* What is not there: a weight without a name, or the names that have no array. */
static sg_weight_line absent(sg_exchange *x, const sg_match_weight *w) {
    if (!w->way_count) return sg_report_line(x->report, w, -1, SG_WEIGHT_NAMELESS);
    const sg_match_way *way = &w->way[0];
    sg_weight_line line = sg_report_line(x->report, w, -1, SG_WEIGHT_MISSING);
    const char **missing = sg_bump_array(x->report->memory, (size_t)way->count, sizeof *missing);
    for (int i = 0; missing && i < way->count; i++)
        if (way->name[i] && way->index[i] < 0) missing[line.theirs_count++] = way->name[i];
    if (!line.theirs_count) return line;
    line.theirs = missing;
    const char *near = sg_nearest_name(missing[0], array_at, x->from);
    if (near) line.near = sg_report_copy(x->report, near);
    return line;
}

static void use(sg_exchange *x, const sg_match_weight *w) {
    const sg_match_way *way = &w->way[w->found < 0 ? 0 : w->found];
    for (int i = 0; i < way->count; i++)
        if (way->index[i] >= 0) x->used[way->index[i]] = true;
}

/* Makes the tensor, and says in the line what it was made of. */
static sg_status make(sg_exchange *x, sg_tensor *to, const sg_match_weight *w, sg_weight_line *line,
                      sg_error *error) {
    const sg_match_way *way = &w->way[w->found];
    sg_type type = SG_F32;
    sg_shape there = {.rank = -1};
    *line = sg_report_line(x->report, w, w->found, SG_WEIGHT_MISFIT);
    bool good = joined(x, way, sg_type_is_float(w->type), &there, &type, &line->note);
    line->there = there;
    if (!good) return SG_OK;
    bool fits = w->rule ? sg_shape_equal_but_ones(&there, w->shape) : sg_shape_equal(&there, w->shape);
    if (!fits && (!w->rule || w->rule->resize == SG_RESIZE_NONE)) return SG_OK;
    if (!fits) return resize(x, to, w, line, error);
    line->fate = SG_WEIGHT_TAKEN;
    if (way->count == 1) return view(to, array(x, way->index[0]), w->shape, error);
    return join(x, to, way, &there, w->shape, type, error);
}

static sg_status import_weight(sg_exchange *x, const sg_match_weight *w, sg_error *error) {
    sg_tensor made = {0};
    sg_weight_line line;
    sg_status status = SG_OK;
    if (w->way_count) use(x, w);
    if (w->found < 0)
        line = absent(x, w);
    else
        status = make(x, &made, w, &line, error);
    bool good = line.fate == SG_WEIGHT_TAKEN || line.fate == SG_WEIGHT_RESIZED;
    /* An average starts from its weight where it is not there itself. */
    bool fresh = sg_matches_any(x->options->fresh, x->options->fresh_count, w->node->path) ||
                 (w->found < 0 && sg_node_average_of(w->node));
    if (!good && fresh) {
        line.fate = SG_WEIGHT_FRESH;
        line.near = NULL;
    }
    if (status == SG_OK && good) status = sg_arrays_add(x->out, w->node->path, &made, error);
    sg_tensor_finish(&made);
    if (status == SG_OK && !sg_report_add(x->report, &line)) status = sg_no_memory(error);
    return status;
}

sg_status sg_weights_import(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                            const sg_arrays *from, const sg_weights_options *options, sg_error *error) {
    return sg_exchange_run(out, report, graph, from, from, options, import_weight, error);
}
