/* Reading resolved sections: accessors, checked reading, calls. */
#include "base/numeric.h"
#include "lang/convert.h"
#include "lang/document.h"
#include "lang/frame.h"
#include "lang/setting.h"
#include "lang/suggest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

sg_tree_kind sg_tree_kind_of(const sg_tree *tree) {
    return tree ? (sg_tree_kind)tree->kind : SG_TREE_TEXT;
}

sg_mark sg_tree_mark(const sg_tree *tree) {
    return tree ? tree->span.mark : (sg_mark){0};
}

int sg_tree_length(const sg_tree *tree) {
    return tree ? tree->span.length : 1;
}

size_t sg_tree_count(const sg_tree *tree) {
    return tree ? tree->count : 0;
}

const sg_tree *sg_tree_at(const sg_tree *tree, size_t index) {
    return tree && index < tree->count ? tree->entry[index].value : NULL;
}

const char *sg_tree_key(const sg_tree *tree, size_t index) {
    return tree && index < tree->count ? tree->entry[index].key : NULL;
}

sg_mark sg_tree_key_mark(const sg_tree *tree, size_t index) {
    return tree && index < tree->count ? tree->entry[index].key_span.mark : (sg_mark){0};
}

const sg_tree *sg_tree_find(const sg_tree *tree, const char *key) {
    const sg_entry *entry = sg_tree_entry(tree, key);
    return entry ? entry->value : NULL;
}

double sg_tree_number(const sg_tree *tree) {
    return tree && tree->kind == SG_TREE_NUMBER ? tree->number : 0;
}

bool sg_tree_bool(const sg_tree *tree) {
    return tree && tree->kind == SG_TREE_BOOL && tree->number != 0;
}

const char *sg_tree_text(const sg_tree *tree) {
    bool has = tree && (tree->kind == SG_TREE_TEXT || tree->kind == SG_TREE_NUMBER ||
                        tree->kind == SG_TREE_BOOL || tree->kind == SG_TREE_DEFERRED);
    return has ? tree->text : NULL;
}

/* ---- running a part of the reader on a tree ---- */

typedef struct task {
    sg_work *work;
    const sg_tree *tree;
    const char *hint, *message;
    /* the inputs and results of the bodies below */
    const char *what, *words;
    const sg_captures *captures;
    const sg_call *call;
    sg_kind kind;
    double min, max, number;
    sg_attr *attr;
    bool good;
} task;

static bool run(task *t, const sg_tree *tree, sg_diagnostics *diagnostics, void (*body)(void *)) {
    sg_work work = {
        .memory = tree->document->memory, .diagnostics = diagnostics, .settings = tree->document->settings};
    t->work = &work;
    t->tree = tree;
    return sg_work_run(&work, body, t);
}

static void complain(void *data) {
    task *t = data;
    sg_document_attach(t->work, t->tree->document);
    sg_complain_value(t->work, t->tree, t->hint, "%s", t->message);
}

/* Reports a value that is not what is needed, which may be a text that was meant otherwise. */
static bool report(const sg_tree *tree, sg_diagnostics *diagnostics, const char *hint, const char *format,
                   ...) SG_PRINTF(4, 5);

static bool report(const sg_tree *tree, sg_diagnostics *diagnostics, const char *hint, const char *format,
                   ...) {
    char message[SG_MESSAGE_MAX];
    const char *better = sg_suggest_value(tree);
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    task t = {.hint = better ? better : hint, .message = message};
    if (tree->kind != SG_TREE_BAD) run(&t, tree, diagnostics, complain);
    return false;
}

void sg_tree_complain(sg_diagnostics *diagnostics, const sg_tree *tree, const char *hint, const char *format,
                      ...) {
    char message[SG_MESSAGE_MAX];
    va_list arguments;
    if (sg_tree_kind_of(tree) == SG_TREE_BAD) return; /* told already */
    va_start(arguments, format);
    sg_vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, sg_tree_mark(tree), sg_tree_length(tree), hint, "%s",
                       message);
}

/* ---- checked reading ---- */

static const sg_tree *read(const sg_tree *map, const char *key, bool required, sg_diagnostics *diagnostics) {
    const sg_tree *value = sg_tree_find(map, key);
    if (!value && required && map)
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, map->span.mark, map->span.length, NULL,
                           "the key `%s` is missing here", key);
    return value;
}

static bool wrong(const sg_tree *value, const char *key, const char *needed, sg_diagnostics *diagnostics,
                  const char *hint) {
    char is[200];
    if (value->kind == SG_TREE_NUMBER || value->kind == SG_TREE_BOOL)
        sg_snprintf(is, sizeof is, "%s", value->text);
    else if (value->kind == SG_TREE_TEXT)
        sg_snprintf(is, sizeof is, "the text `%s`", value->text);
    else
        sg_snprintf(is, sizeof is, "%s", sg_tree_kind_text(value));
    return report(value, diagnostics, hint, "`%s` must be %s, but is %s", key, needed, is);
}

static bool in_range(const sg_tree *value, const char *key, double min, double max,
                     sg_diagnostics *diagnostics) {
    char needed[100];
    if (value->number >= min && value->number <= max) return true;
    if (isinf(max))
        sg_snprintf(needed, sizeof needed, "at least %.10g", min);
    else if (isinf(min))
        sg_snprintf(needed, sizeof needed, "at most %.10g", max);
    else
        sg_snprintf(needed, sizeof needed, "between %.10g and %.10g", min, max);
    return wrong(value, key, needed, diagnostics, NULL);
}

bool sg_tree_read_number(const sg_tree *map, const char *key, bool required, double min, double max,
                         double *out, sg_diagnostics *diagnostics) {
    const sg_tree *value = read(map, key, required, diagnostics);
    if (!value) return false;
    if (value->kind != SG_TREE_NUMBER) return wrong(value, key, "a number", diagnostics, NULL);
    if (!in_range(value, key, min, max, diagnostics)) return false;
    *out = value->number;
    return true;
}

bool sg_tree_read_int(const sg_tree *map, const char *key, bool required, int64_t min, int64_t max,
                      int64_t *out, sg_diagnostics *diagnostics) {
    const sg_tree *value = read(map, key, required, diagnostics);
    if (!value) return false;
    if (value->kind != SG_TREE_NUMBER || !sg_number_whole(value->number))
        return wrong(value, key, "a whole number", diagnostics, NULL);
    /* INT64_MAX means no limit. */
    if (!in_range(value, key, (double)min, max == INT64_MAX ? INFINITY : (double)max, diagnostics))
        return false;
    *out = (int64_t)value->number;
    return true;
}

bool sg_tree_read_bool(const sg_tree *map, const char *key, bool required, bool *out,
                       sg_diagnostics *diagnostics) {
    const sg_tree *value = read(map, key, required, diagnostics);
    if (!value) return false;
    if (value->kind != SG_TREE_BOOL) return wrong(value, key, "true or false", diagnostics, NULL);
    *out = value->number != 0;
    return true;
}

bool sg_tree_read_text(const sg_tree *map, const char *key, bool required, const char **out,
                       sg_diagnostics *diagnostics) {
    const sg_tree *value = read(map, key, required, diagnostics);
    if (!value) return false;
    if (value->kind != SG_TREE_TEXT)
        return wrong(value, key, "a text", diagnostics, sg_suggest_quotes(value));
    *out = value->text;
    return true;
}

bool sg_tree_read_span(const sg_tree *map, const char *key, bool required, double *number, const char **unit,
                       sg_diagnostics *diagnostics) {
    const sg_tree *value = read(map, key, required, diagnostics);
    if (!value) return false;
    if (value->kind == SG_TREE_TEXT && sg_span_parse(value->text, number, unit)) return true;
    return wrong(value, key, "a span of training", diagnostics, "write `10 epochs` or `500 steps`");
}

static void check_keys(void *data) {
    task *t = data;
    sg_document_attach(t->work, t->tree->document);
    t->good = sg_check_keys(t->work, t->tree, t->words, t->what);
}

bool sg_tree_check_keys(const sg_tree *map, const char *what, const char *known,
                        sg_diagnostics *diagnostics) {
    if (!map) return true;
    if (map->kind != SG_TREE_MAP)
        return report(map, diagnostics, NULL, "%s must be a mapping, but is %s", what,
                      sg_tree_kind_text(map));
    task t = {.what = what, .words = known};
    return run(&t, map, diagnostics, check_keys) && t.good;
}

/* ---- calls ---- */

static void convert_call(void *data) {
    task *t = data;
    sg_document_attach(t->work, t->tree->document);
    t->call = sg_convert_call(t->work, t->tree, t->kind, t->words);
}

const sg_call *sg_tree_call(const sg_tree *tree, sg_kind kind, const char *extra,
                            sg_diagnostics *diagnostics) {
    task t = {.kind = kind, .words = extra};
    return tree && run(&t, tree, diagnostics, convert_call) ? t.call : NULL;
}

static void convert_rate(void *data) {
    task *t = data;
    sg_attr_spec spec = {.name = "value", .type = SG_ATTR_RATE};
    sg_document_attach(t->work, t->tree->document);
    t->good = sg_convert(t->work, t->tree, &spec, "rate", t->attr);
    if (!t->good || t->attr->call || (t->attr->f >= t->min && t->attr->f <= t->max)) return;
    sg_complain(t->work, t->tree->span, NULL, "this must lie between %.10g and %.10g, but is %.10g", t->min,
                t->max, t->attr->f);
    t->good = false;
}

bool sg_tree_rate(const sg_tree *tree, double min, double max, sg_attr *out, sg_diagnostics *diagnostics) {
    task t = {.min = min, .max = max, .attr = out};
    return tree && run(&t, tree, diagnostics, convert_rate) && t.good;
}

/* ---- numbers with captures ---- */

static void evaluate_deferred(void *data) {
    task *t = data;
    sg_document *document = t->tree->document;
    sg_captures none = {0};
    sg_expander expander = {.work = t->work, .document = document, .training = true};
    sg_frame *frame = sg_frame_new(&expander, &document->main, "");
    sg_context context = {.frame = frame, .captures = t->captures ? t->captures : &none};
    sg_tree text = *t->tree;
    sg_document_attach(t->work, document);
    text.kind = SG_TREE_TEXT;
    const sg_tree *value = sg_evaluate_literal(&context, &text);
    t->good = value->kind == SG_TREE_NUMBER;
    t->number = value->number;
    if (!t->good && value->kind != SG_TREE_BAD)
        sg_complain(t->work, t->tree->span, NULL, "a number is expected, but this is %s",
                    sg_tree_kind_text(value));
}

bool sg_tree_number_with(const sg_tree *tree, const sg_captures *captures, double *out,
                         sg_diagnostics *diagnostics) {
    if (!tree) return false;
    task t = {.captures = captures};
    if (tree->kind == SG_TREE_NUMBER) {
        *out = tree->number;
        return true;
    }
    if (tree->kind != SG_TREE_DEFERRED)
        return report(tree, diagnostics, NULL, "a number is expected, but this is %s",
                      sg_tree_kind_text(tree));
    if (!run(&t, tree, diagnostics, evaluate_deferred) || !t.good) return false;
    *out = t.number;
    return true;
}

/* ---- names in sections ---- */

/* False after reporting. */
static bool is_node_name(const sg_tree *name, sg_diagnostics *diagnostics) {
    return name->kind == SG_TREE_TEXT ||
           report(name, diagnostics, NULL, "the name of a node is expected, but this is %s",
                  sg_tree_kind_text(name));
}

static void report_no_node(const sg_tree *name, const char *nearest, sg_diagnostics *diagnostics) {
    char hint[300], message[SG_MESSAGE_MAX];
    task t = {.message = message};
    sg_snprintf(hint, sizeof hint, "did you mean `%s`?", nearest ? nearest : "");
    sg_snprintf(message, sizeof message, "there is no node `%s`", name->text);
    t.hint = name->undollared ? name->undollared : nearest ? hint : NULL;
    run(&t, name, diagnostics, complain);
}

sg_value sg_bound_find_at(const sg_bound *bound, const sg_tree *name, sg_diagnostics *diagnostics) {
    if (!name || !is_node_name(name, diagnostics)) return SG_NO_VALUE;
    sg_value value = sg_bound_find(bound, name->text);
    if (value == SG_NO_VALUE && !sg_bound_broken(bound, name->text))
        report_no_node(name, sg_bound_nearest(bound, name->text), diagnostics);
    return value;
}

/* Whether `name`, or what it begins with up to a `.`, is a node of the file. */
static bool begins_with_node(const sg_block *file, const char *name) {
    for (size_t i = 0; i < file->symbol_count; i++) {
        const sg_symbol *symbol = &file->symbol[i];
        size_t length = strlen(symbol->name);
        if (symbol->kind == SG_SYMBOL_NODE && strncmp(symbol->name, name, length) == 0 &&
            (name[length] == 0 || name[length] == '.'))
            return true;
    }
    return false;
}

static const char *node_name(const void *data, size_t i) {
    const sg_block *file = data;
    return i < (size_t)file->node_count ? file->node[i].name : NULL;
}

bool sg_document_check_node(const sg_document *document, const sg_tree *name, sg_diagnostics *diagnostics) {
    if (!name) return true;
    if (!is_node_name(name, diagnostics)) return false;
    if (begins_with_node(&document->main, name->text)) return true;
    report_no_node(name, sg_nearest_name(name->text, node_name, &document->main), diagnostics);
    return false;
}
