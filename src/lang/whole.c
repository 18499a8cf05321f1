#include "lang/whole.h"

#include "lang/diagnostics.h"
#include "lang/explain.h"
#include "lang/place.h"
#include "lang/setting.h"

#include <math.h>

/* In a graph that is bound for looking at it, the batch is a large prime, whose parts say nothing to anybody.
 */
static bool is_of_batch(const sg_work *work, double number) {
    return work->unit > 0 && number != 0 && fmod(number, (double)work->unit) == 0;
}

void sg_complain_whole(sg_work *work, const sg_tree *value, const char *what) {
    if (value->kind == SG_TREE_BAD) return;
    const sg_quotient *q = value->quotient;
    if (value->kind != SG_TREE_NUMBER || !q) {
        const char *is = value->kind == SG_TREE_NUMBER ? sg_number_words(work, value->number)
                         : value->kind == SG_TREE_TEXT ? sg_take_printf(work, "the text `%s`", value->text)
                                                       : sg_tree_kind_text(value);
        sg_complain_value(work, value, NULL, "%s must be a whole number, but is %s", what, is);
        return;
    }
    sg_span span = q->expr->span;
    const char *text = sg_diagnostics_quote(work->diagnostics, span.mark, span.length);
    bool symbolic = is_of_batch(work, q->dividend) || is_of_batch(work, q->divisor);
    const char *message = sg_take_printf(
        work, "`%s` is %s, but %s must be a whole number: %s is not divisible by %s", text ? text : "/",
        symbolic ? "not whole" : sg_number_words(work, q->dividend / q->divisor), what,
        sg_number_text(work, q->dividend), sg_number_text(work, q->divisor));
    sg_link link[SG_MAX_SETTINGS];
    sg_told_number numbers[] = {{q->dividend, q->setting[0], 0, NULL}, {q->divisor, q->setting[1], 0, NULL}};
    for (int i = 0; q->frame && i < 2 && i < q->expr->count; i++)
        numbers[i].tensor_count = sg_explain_tensors(q->frame, q->expr->child[i], &numbers[i].tensor);
    int links = sg_setting_links(work, q->frame ? q->frame->expander : NULL, sg_place_of_user(work, span), 2,
                                 numbers, link);
    sg_complain_with(work, span, SG_BAD_GRAPH, message, sg_explain_names(q->frame, 1, &q->expr), link, links);
}
