/* Weights of ours under the names of other programs. */
#include "base/memory.h"
#include "simgraph/op.h"
#include "weights/exchange.h"
#include "weights/table.h"

/* Our shape between axes of size 1; false where there would be too many axes. */
static bool shape_there(const sg_name_rule *rule, const sg_shape *here, sg_shape *there) {
    *there = *here;
    if (!rule) return true;
    if (here->rank + rule->front + rule->behind > SG_MAX_RANK) return false;
    there->rank = rule->front + here->rank + rule->behind;
    for (int i = 0; i < there->rank; i++) {
        int k = i - rule->front;
        there->dim[i] = k >= 0 && k < here->rank ? here->dim[k] : 1;
    }
    return true;
}

static bool all_zero(const sg_tensor *tensor) {
    for (int64_t i = 0; i < sg_tensor_elements(tensor); i++)
        if (sg_tensor_get(tensor, i) != 0) return false;
    return true;
}

/* Adds one part, or all, of a weight. *why tells what does not fit. */
static sg_status add(sg_exchange *x, const char *name, const sg_tensor *part, const char **why,
                     sg_error *error) {
    if (!name) {
        if (!all_zero(part)) *why = "theirs has no place for one part of it, which must be zeros";
        return SG_OK;
    }
    if (sg_arrays_find(x->out, name)) {
        *why = "another weight of the graph has that name too";
        return SG_OK;
    }
    return sg_arrays_add_view(x->out, name, part, error);
}

/* Cuts along axis 0 into as many parts as there are names. */
static sg_status cut(sg_exchange *x, const sg_match_way *way, const sg_tensor *whole, const char **why,
                     sg_error *error) {
    sg_tensor part = *whole;
    sg_status status = SG_OK;
    if (way->count == 1) return add(x, way->name[0], whole, why, error);
    *why = "it cannot be cut into parts of equal size";
    if (part.shape.rank == 0 || part.shape.dim[0] % way->count) return SG_OK;
    *why = NULL;
    part.shape.dim[0] /= way->count;
    int64_t step = part.shape.dim[0] * part.stride[0] * (int64_t)sg_type_size(part.type);
    for (int i = 0; status == SG_OK && !*why && i < way->count; i++) {
        part.data = (char *)whole->data + i * step;
        status = add(x, way->name[i], &part, why, error);
    }
    return status;
}

static sg_status put(sg_exchange *x, const sg_match_weight *w, const sg_tensor *from, sg_weight_line *line,
                     sg_error *error) {
    line->fate = SG_WEIGHT_MISFIT;
    if (!sg_shape_equal(&from->shape, w->shape)) {
        line->note = "the file has it with another shape";
        return SG_OK;
    }
    int64_t grid[2];
    if (w->rule && !sg_table_complete(w->rule, w->shape, sg_match_grid(x->match, w, grid) ? grid : NULL)) {
        line->note = "theirs has rows beside those of the grid (of a class token), ours has not: a graph "
                     "whose encoder has "
                     "`with_class: true` has them";
        return SG_OK;
    }
    sg_tensor whole = *from;
    if (w->way[0].count == 1) {
        if (!sg_tensor_contiguous(from) || !shape_there(w->rule, w->shape, &line->there)) {
            line->note = "there would be too many axes";
            return SG_OK;
        }
        whole = sg_tensor_view(from->type, line->there, from->data);
    }
    sg_status status = cut(x, &w->way[0], &whole, &line->note, error);
    if (!line->note) line->fate = SG_WEIGHT_TAKEN;
    return status;
}

static sg_status export_weight(sg_exchange *x, const sg_match_weight *w, sg_error *error) {
    sg_weight_line line = sg_report_line(x->report, w, w->way_count ? 0 : -1, SG_WEIGHT_NAMELESS);
    sg_status status = SG_OK;
    const sg_tensor *from = sg_arrays_find(x->from, w->node->path);
    for (size_t i = 0; i < x->from->count; i++)
        if (&x->from->items[i].tensor == from) x->used[i] = true;
    bool ignored = sg_matches_any(x->options->ignore, x->options->ignore_count, w->node->path);
    if (ignored || sg_node_average_of(w->node)) {
        line.fate = SG_WEIGHT_IGNORED;
        line.note = ignored ? NULL : "an average";
    } else if (!from) {
        line.fate = SG_WEIGHT_MISSING;
        line.theirs_count = 0;
    } else if (w->way_count) {
        status = put(x, w, from, &line, error);
    }
    if (status == SG_OK && !sg_report_add(x->report, &line)) status = sg_no_memory(error);
    return status;
}

sg_status sg_weights_export(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                            const sg_arrays *from, const sg_weights_options *options, sg_error *error) {
    return sg_exchange_run(out, report, graph, from, NULL, options, export_weight, error);
}
