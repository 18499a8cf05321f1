#include "weights/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "weights/computed.h"

/* A line about an array of theirs. */
static bool add_line(sg_exchange *x, sg_weight_fate fate, const char *name, const sg_shape *shape,
                     const char *ours, const char *note) {
    const char **theirs = sg_bump_alloc(x->report->memory, sizeof *theirs);
    if (!theirs) return false;
    *theirs = sg_report_copy(x->report, name);
    return sg_report_add(x->report, &(sg_weight_line){.fate = fate,
                                                      .ours = ours ? sg_report_copy(x->report, ours) : NULL,
                                                      .theirs_count = 1,
                                                      .theirs = theirs,
                                                      .here = {.rank = -1},
                                                      .there = *shape,
                                                      .note = note});
}

static bool may_be_left(const sg_exchange *x, const char *name) {
    const sg_weights_options *o = x->options;
    return sg_match_ignores(x->match, name) || sg_matches_any(o->ignore, o->ignore_count, name);
}

/* What theirs keeps and ours computes: compared on the way in, added on the way out. */
static sg_status exchange_computed(sg_exchange *x, const sg_match_computed *c, bool in, sg_error *error) {
    const sg_array *theirs = c->index >= 0 ? &x->from->items[c->index] : NULL;
    sg_tensor value = {0};
    bool same = true;
    if (in && (!theirs || x->used[c->index])) return SG_OK;
    sg_status status = sg_compute(&value, x->match->graph, c, error);
    if (status == SG_OK && in) {
        x->used[c->index] = true;
        same = sg_computed_equal(&value, &theirs->tensor);
        sg_weight_fate fate = same                           ? SG_WEIGHT_COMPUTED
                              : may_be_left(x, theirs->name) ? SG_WEIGHT_IGNORED
                                                             : SG_WEIGHT_LEFT;
        if (!add_line(x, fate, theirs->name, &theirs->tensor.shape, same ? c->path : NULL,
                      same ? NULL : "the graph computes other numbers in its place"))
            status = sg_no_memory(error);
    } else if (status == SG_OK) {
        if (!add_line(x, SG_WEIGHT_COMPUTED, c->name, &value.shape, c->path, NULL))
            status = sg_no_memory(error);
        if (status == SG_OK) status = sg_arrays_add(x->out, c->name, &value, error);
    }
    sg_tensor_finish(&value);
    return status;
}

/* Arrays that nothing needed. A slash marks what training added. */
static sg_status list_rest(sg_exchange *x, sg_error *error) {
    for (size_t i = 0; i < x->from->count; i++) {
        const sg_array *array = &x->from->items[i];
        if (x->used[i] || strchr(array->name, '/')) continue;
        sg_weight_fate fate = may_be_left(x, array->name) ? SG_WEIGHT_IGNORED : SG_WEIGHT_LEFT;
        if (!add_line(x, fate, array->name, &array->tensor.shape, NULL, NULL)) return sg_no_memory(error);
    }
    return SG_OK;
}

static sg_status complain(const sg_weights_report *report, sg_error *error) {
    if (!report->count[SG_WEIGHT_MISSING] && !report->count[SG_WEIGHT_MISFIT] &&
        !report->count[SG_WEIGHT_NAMELESS] && !report->count[SG_WEIGHT_LEFT])
        return SG_OK;
    char *text = sg_weights_report_text(report);
    if (!text) return sg_no_memory(error);
    sg_fail(error, SG_BAD_CHECKPOINT, "the weights do not fit%s", text);
    free(text);
    return SG_BAD_CHECKPOINT;
}

static sg_status run(sg_exchange *x, sg_exchange_function each, bool in, sg_error *error) {
    sg_status status = SG_OK;
    x->used = calloc(x->from->count + 1, sizeof *x->used);
    if (!x->used) return sg_no_memory(error);
    for (size_t i = 0; status == SG_OK && i < x->match->count; i++)
        status = each(x, &x->match->weight[i], error);
    for (size_t i = 0; status == SG_OK && i < x->match->computed_count; i++)
        status = exchange_computed(x, &x->match->computed[i], in, error);
    if (status == SG_OK) status = list_rest(x, error);
    free(x->used);
    return status == SG_OK ? complain(x->report, error) : status;
}

sg_status sg_exchange_run(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                          const sg_arrays *from, const sg_arrays *file, const sg_weights_options *options,
                          sg_exchange_function each, sg_error *error) {
    sg_weights_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    sg_match match, other;
    report->memory = sg_bump_create();
    if (!report->memory) return sg_no_memory(error);
    sg_status status = sg_match_choose(&match, &other, report->memory, graph, file, &wanted, error);
    if (status != SG_OK) return status;
    sg_exchange x = {.options = &wanted, .match = &match, .from = from, .out = out, .report = report};
    sg_report_begin(report, &match, &other);
    status = run(&x, each, file != NULL, error);
    sg_match_finish(&match);
    sg_match_finish(&other);
    if (status != SG_OK) sg_arrays_finish(out);
    return status;
}
