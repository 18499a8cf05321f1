/* What became of every weight. */
#include "weights/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { MOST_NAMES = 4 }; /* that a message lists of each kind */

static const char *const fate_names[SG_WEIGHT_FATES] = {
    "taken", "resized", "computed", "fresh", "missing", "misfit", "nameless", "ignored", "left over"};

const char *sg_weight_fate_name(sg_weight_fate fate) {
    return fate_names[fate];
}

void sg_weights_report_finish(sg_weights_report *report) {
    free(report->line);
    sg_bump_destroy(report->memory);
    *report = (sg_weights_report){0};
}

const char *sg_report_copy(sg_weights_report *report, const char *text) {
    char *copy = sg_bump_text(report->memory, text);
    return copy ? copy : "";
}

void sg_report_begin(sg_weights_report *report, const sg_match *match, const sg_match *other) {
    report->names = sg_report_copy(report, match->family ? match->family->name : "simgraph");
    report->weights = match->count;
    report->out = !match->from;
    if (!other->memory) return;
    report->fits = sg_report_copy(report, other->family ? other->family->name : "simgraph");
    report->fits_count = sg_match_score(other);
}

bool sg_report_add(sg_weights_report *report, const sg_weight_line *line) {
    if (!sg_array_grow(&report->line, &report->line_room, report->line_count + 1, sizeof *report->line))
        return false;
    report->line[report->line_count++] = *line;
    report->count[line->fate]++;
    return true;
}

sg_weight_line sg_report_line(sg_weights_report *report, const sg_match_weight *weight, int way,
                              sg_weight_fate fate) {
    sg_weight_line line = {.fate = fate,
                           .ours = sg_report_copy(report, weight->node->path),
                           .here = *weight->shape,
                           .there = {.rank = -1}};
    if (way < 0) return line;
    line.theirs_count = weight->way[way].count;
    line.theirs = weight->way[way].name;
    return line;
}

bool sg_matches_any(const char *const *patterns, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (sg_path_match(patterns[i], name, NULL)) return true;
    return false;
}

/* ---- one line of text ---- */

/* The name that a message calls a weight by: theirs, where it is one. */
static const char *called(const sg_weight_line *line) {
    for (int i = 0; i < line->theirs_count; i++)
        if (line->theirs[i]) return line->theirs[i];
    return line->ours;
}

static void put_line(sg_text *text, const sg_weight_line *line) {
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    sg_text_printf(text, "`%s`", line->fate == SG_WEIGHT_NAMELESS ? line->ours : called(line));
    if (line->fate == SG_WEIGHT_MISFIT) {
        sg_text_append(text, " (");
        if (line->there.rank >= 0)
            sg_text_printf(text, "%s there, %s here", sg_shape_text(&line->there, 0, a),
                           sg_shape_text(&line->here, 0, b));
        if (line->note) sg_text_printf(text, "%s%s", line->there.rank >= 0 ? ": " : "", line->note);
        sg_text_append(text, ")");
    }
    if (line->near) sg_text_printf(text, " (there is `%s`)", line->near);
}

static void put_fate(sg_text *text, const sg_weights_report *report, sg_weight_fate fate, const char *words) {
    size_t count = report->count[fate], listed = 0;
    if (!count) return;
    sg_text_printf(text, "; %zu %s: ", count, words);
    for (size_t i = 0; i < report->line_count && listed < MOST_NAMES; i++) {
        if (report->line[i].fate != fate) continue;
        if (listed++) sg_text_append(text, ", ");
        put_line(text, &report->line[i]);
    }
    if (count > MOST_NAMES) sg_text_printf(text, " and %zu more", count - MOST_NAMES);
}

char *sg_weights_report_text(const sg_weights_report *report) {
    sg_text text = {0};
    put_fate(&text, report, SG_WEIGHT_MISSING, "missing");
    put_fate(&text, report, SG_WEIGHT_NAMELESS, "without a name there");
    put_fate(&text, report, SG_WEIGHT_MISFIT, report->out ? "that cannot be written" : "of another shape");
    put_fate(&text, report, SG_WEIGHT_LEFT, "left over");
    if (report->fits)
        sg_text_printf(&text,
                       "; the names are rather those of `%s`, after which %zu of %zu weights are there",
                       report->fits, report->fits_count, report->weights);
    sg_text_append(&text, "");
    return sg_text_take(&text);
}
