/* What became of the weights. */
#include "json.h"
#include "weights.h"

#include <string.h>

enum { MOST_LINES = 4 }; /* of a kind, without --all */

/* ---- text ---- */

/* Names of theirs as they are joined: "a + b + 0". */
static void print_theirs(FILE *to, const sg_weight_line *line) {
    for (int i = 0; i < line->theirs_count; i++)
        fprintf(to, "%s%s", i ? " + " : "", line->theirs[i] ? line->theirs[i] : "zeros");
}

static void print_line(FILE *to, const cli_weights *w, const sg_weight_line *line) {
    char here[SG_SHAPE_TEXT], there[SG_SHAPE_TEXT];
    fprintf(to, "  %-9s  ", sg_weight_fate_name(line->fate));
    if (line->ours) fprintf(to, "%s %s", line->ours, sg_shape_text(&line->here, 0, here));
    if (line->ours && line->theirs_count) fputs(w->out_of_graph ? " -> " : " <- ", to);
    print_theirs(to, line);
    if (line->theirs_count && line->there.rank >= 0)
        fprintf(to, " %s", sg_shape_text(&line->there, 0, there));
    if (line->note) fprintf(to, ": %s", line->note);
    if (line->near) fprintf(to, "; the nearest name there is %s", line->near);
    fputc('\n', to);
}

/* Whether the lines of a fate are told without --all. */
static bool told(sg_weight_fate fate) {
    return fate != SG_WEIGHT_TAKEN;
}

static void print_fate(FILE *to, const cli_weights *w, sg_weight_fate fate) {
    const sg_weights_report *r = &w->report;
    bool all = cli_flag(w->args, "all");
    size_t listed = 0, most = all ? r->line_count : MOST_LINES;
    if (!all && !told(fate)) return;
    for (size_t i = 0; i < r->line_count && listed < most; i++)
        if (r->line[i].fate == fate) {
            print_line(to, w, &r->line[i]);
            listed++;
        }
    if (r->count[fate] > listed)
        fprintf(to, "  %-9s  and %zu more: --all lists them\n", sg_weight_fate_name(fate),
                r->count[fate] - listed);
}

static void print_report(FILE *to, const cli_weights *w) {
    const sg_weights_report *r = &w->report;
    fprintf(to, "names of %s: %zu of %zu weight%s fit\n", r->names,
            r->count[SG_WEIGHT_TAKEN] + r->count[SG_WEIGHT_RESIZED], r->weights,
            sg_plural((long long)r->weights));
    for (int fate = 0; fate < SG_WEIGHT_FATES; fate++) print_fate(to, w, (sg_weight_fate)fate);
}

/* ---- JSON ---- */

/* Null where the shape is not known. */
static json_t *shape_json(const sg_shape *shape) {
    if (shape->rank < 0) return json_null();
    json_t *list = json_array();
    for (int i = 0; i < shape->rank; i++) json_array_append_new(list, json_integer(shape->dim[i]));
    return list;
}

static json_t *line_json(const sg_weight_line *line) {
    json_t *theirs = json_array();
    for (int i = 0; i < line->theirs_count; i++)
        json_array_append_new(theirs, cli_json_text(line->theirs[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "fate", sg_weight_fate_name(line->fate), "ours",
                     cli_json_text(line->ours), "theirs", theirs, "here", shape_json(&line->here), "there",
                     shape_json(&line->there), "note", cli_json_text(line->note), "near",
                     cli_json_text(line->near));
}

static int print_json(const sg_weights_report *r) {
    json_t *lines = json_array();
    for (size_t i = 0; i < r->line_count; i++) json_array_append_new(lines, line_json(&r->line[i]));
    return cli_json_print(json_pack("{s:s, s:I, s:o, s:o}", "names", r->names, "weights",
                                    (json_int_t)r->weights, "fits_better", cli_json_text(r->fits), "lines",
                                    lines));
}

int cli_weights_show(const cli_weights *w, bool failed) {
    if (cli_flag(w->args, "json")) return print_json(&w->report);
    print_report(failed ? stderr : stdout, w);
    return SG_OK;
}

void cli_weights_complain(const cli_weights *w, const char *file) {
    static const struct {
        sg_weight_fate fate;
        const char *in, *out;
    } wrong[] = {{SG_WEIGHT_MISSING, "missing", "missing"},
                 {SG_WEIGHT_NAMELESS, "without a name there", "without a name there"},
                 {SG_WEIGHT_MISFIT, "of another shape", "that cannot be written"},
                 {SG_WEIGHT_LEFT, "left over", "left over"}};
    const sg_weights_report *r = &w->report;
    char list[256] = "";
    for (int i = 0; i < 4; i++)
        if (r->count[wrong[i].fate])
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%zu %s", *list ? ", " : "",
                     r->count[wrong[i].fate], w->out_of_graph ? wrong[i].out : wrong[i].in);
    cli_fail(SG_BAD_CHECKPOINT, "%s does not fit %s: %s", file, w->d.path, list);
    if (r->fits) {
        fprintf(stderr, "  the names are rather those of %s, after which %zu of %zu weights are there\n",
                r->fits, r->fits_count, r->weights);
        return;
    }
    if (r->count[SG_WEIGHT_NAMELESS])
        fputs("  a file of names (--names FILE.yaml) can name them, or say what a block is like\n", stderr);
    if (!w->out_of_graph &&
        (r->count[SG_WEIGHT_MISSING] || r->count[SG_WEIGHT_MISFIT] || r->count[SG_WEIGHT_NAMELESS]))
        fputs("  --fresh PATTERN lets weights of the graph be missing or have another shape\n", stderr);
    if (w->out_of_graph && r->count[SG_WEIGHT_NAMELESS])
        fputs("  --ignore PATTERN leaves weights of the graph out\n", stderr);
    if (r->count[SG_WEIGHT_LEFT]) fputs("  --ignore PATTERN lets arrays of the file be left over\n", stderr);
}
