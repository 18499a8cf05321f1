#include "lang/convert.h"

#include "base/numeric.h"
#include "graph/attr.h"
#include "lang/foreign.h"
#include "lang/scalar.h"
#include "lang/setting.h"
#include "lang/suggest.h"
#include "lang/whole.h"

#include <math.h>
#include <string.h>

typedef struct conversion {
    sg_work *work;
    const sg_attr_spec *spec;
    const char *owner;
} conversion;

static bool fail(const conversion *c, const sg_tree *value, const char *needed, const char *hint) {
    const char *is = sg_tree_kind_text(value);
    if (value->kind == SG_TREE_BAD) return false;
    if (value->kind == SG_TREE_NUMBER) is = sg_number_words(c->work, value->number);
    if (value->kind == SG_TREE_TEXT) is = sg_take_printf(c->work, "the text `%s`", value->text);
    const char *better = sg_suggest_value(value);
    sg_complain_value(c->work, value, better ? better : hint, "`%s` of `%s` must be %s, but is %s",
                      c->spec->name, c->owner, needed, is);
    return false;
}

static bool read_number(const conversion *c, const sg_tree *value, bool whole, double *out) {
    bool infinite =
        !whole && value->kind == SG_TREE_TEXT && strcmp(value->text + (value->text[0] == '-'), "inf") == 0;
    if (infinite) {
        *out = value->text[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (value->kind != SG_TREE_NUMBER) return fail(c, value, whole ? "a whole number" : "a number", NULL);
    if (whole && !sg_number_whole(value->number)) {
        sg_complain_whole(c->work, value, sg_take_printf(c->work, "`%s` of `%s`", c->spec->name, c->owner));
        return false;
    }
    *out = value->number;
    return true;
}

/* A list, or one number for a list of one. */
static bool read_list(const conversion *c, const sg_tree *value, sg_attr *out) {
    bool whole = c->spec->type == SG_ATTR_INTS;
    size_t count = value->kind == SG_TREE_LIST ? value->count : 1;
    int64_t *ints = SG_TAKE(c->work, int64_t, count);
    double *floats = SG_TAKE(c->work, double, count);
    if (count > 4096) return fail(c, value, "a shorter list", NULL);
    if (value->kind != SG_TREE_LIST && value->kind != SG_TREE_NUMBER)
        return fail(c, value, whole ? "a list of whole numbers" : "a list of numbers", NULL);
    for (size_t i = 0; i < count; i++) {
        const sg_tree *item = value->kind == SG_TREE_LIST ? value->entry[i].value : value;
        if (!read_number(c, item, whole, &floats[i])) return false;
        if (whole) ints[i] = (int64_t)floats[i];
    }
    out->n = (int)count;
    if (whole)
        out->ints = ints;
    else
        out->floats = floats;
    return true;
}

static bool read_type(const conversion *c, const sg_tree *value, sg_attr *out) {
    sg_type type;
    if (value->kind != SG_TREE_TEXT || !sg_type_from_name(value->text, &type))
        return fail(c, value, "an element type", "the types are u8, i32, f32, f64");
    out->i = type;
    return true;
}

static bool read_text(const conversion *c, const sg_tree *value, sg_attr *out) {
    if (value->kind != SG_TREE_TEXT) return fail(c, value, "a text", sg_suggest_quotes(value));
    out->text = value->text;
    if (!c->spec->one_of || sg_word_in(value->text, c->spec->one_of)) return true;
    sg_names names = {0};
    for (const char *at = c->spec->one_of; *at;) {
        size_t length = strcspn(at, " ");
        sg_names_add(c->work, &names, sg_take_text(c->work, at, length));
        at += length;
        at += strspn(at, " ");
    }
    return fail(c, value, sg_take_printf(c->work, "one of %s", sg_names_text(c->work, &names, 16)),
                sg_names_hint(c->work, &names, value->text));
}

bool sg_span_parse(const char *text, double *number, const char **unit) {
    size_t length = sg_number_length(text);
    if (length == 0 || text[length] != ' ') return false;
    const char *word = text + length + 1;
    *number = sg_strtod(text, NULL);
    if (strcmp(word, "epochs") == 0 || strcmp(word, "epoch") == 0)
        *unit = "epochs";
    else if (strcmp(word, "steps") == 0 || strcmp(word, "step") == 0)
        *unit = "steps";
    else
        return false;
    return true;
}

static bool read_span(const conversion *c, const sg_tree *value, sg_attr *out) {
    if (value->kind == SG_TREE_TEXT && sg_span_parse(value->text, &out->f, &out->text)) return true;
    return fail(c, value, "a span of training", "write `10 epochs` or `500 steps`");
}

static bool read_rate(const conversion *c, const sg_tree *value, sg_attr *out) {
    if (value->kind == SG_TREE_NUMBER) return read_number(c, value, false, &out->f);
    if (value->kind != SG_TREE_MAP && value->kind != SG_TREE_TEXT)
        return fail(c, value, "a number or a schedule", NULL);
    out->call = sg_convert_call(c->work, value, SG_KIND_SCHEDULE, NULL);
    return out->call != NULL;
}

bool sg_convert(sg_work *work, const sg_tree *value, const sg_attr_spec *spec, const char *owner,
                sg_attr *out) {
    conversion c = {work, spec, owner};
    *out = (sg_attr){.set = true, .present = true};
    switch (spec->type) {
    case SG_ATTR_INT:
        if (!read_number(&c, value, true, &out->f)) return false;
        out->i = (int64_t)out->f;
        return true;
    case SG_ATTR_FLOAT:
        return read_number(&c, value, false, &out->f);
    case SG_ATTR_BOOL:
        out->i = value->number != 0;
        return value->kind == SG_TREE_BOOL || fail(&c, value, "true or false", NULL);
    case SG_ATTR_TEXT:
        return read_text(&c, value, out);
    case SG_ATTR_INTS:
    case SG_ATTR_FLOATS:
        return read_list(&c, value, out);
    case SG_ATTR_DTYPE:
        return read_type(&c, value, out);
    case SG_ATTR_CALL:
        out->call = sg_convert_call(work, value, spec->call_kind, NULL);
        return out->call != NULL;
    case SG_ATTR_RATE:
        return read_rate(&c, value, out);
    case SG_ATTR_SPAN:
        return read_span(&c, value, out);
    }
    return false;
}

/* ---- calls ---- */

static const sg_schema *find_schema(sg_work *work, const sg_tree *name, sg_kind kind) {
    const sg_schema *schema = sg_registry_find(kind, name->text);
    if (schema) return schema;
    sg_names names = {0};
    for (size_t i = 0; i < sg_registry_count(kind); i++)
        sg_names_add(work, &names, sg_registry_at(kind, i)->name);
    const char *hint = sg_suggest_value(name),
               *step = kind == SG_KIND_STEP ? sg_foreign_step(name->text) : NULL;
    if (!hint && step) hint = sg_take_printf(work, "it is called `%s` here", step);
    if (!hint) hint = sg_names_hint(work, &names, sg_foreign_base(name->text));
    size_t word = strcspn(name->text, "( ");
    if (!hint && name->text[word] == '(')
        hint = sg_take_printf(work, "write {op: %.*s, attribute: value}", (int)word, name->text);
    for (int other = 0; !hint && other < SG_KIND_COUNT; other++)
        if (sg_registry_find((sg_kind)other, name->text))
            hint = sg_take_printf(work, "`%s` is of the kind %s", name->text, sg_kind_name((sg_kind)other));
    if (!hint && names.count) hint = sg_take_printf(work, "known: %s", sg_names_text(work, &names, 16));
    sg_complain(work, name->span, hint, "unknown %s `%s`", sg_kind_name(kind), name->text);
    return NULL;
}

/* Tells of a key that is no attribute; the index of the one that was meant, or -1. */
static int complain_key(sg_work *work, const sg_schema *schema, const sg_entry *entry) {
    sg_names names = {0};
    for (int i = 0; i < sg_schema_attr_count(schema); i++) sg_names_add(work, &names, schema->attrs[i].name);
    const char *hint;
    const char *meant = sg_suggest_attribute(work, &names, entry->key, &hint);
    if (!hint)
        hint =
            names.count ? sg_take_printf(work, "known: %s", sg_names_text(work, &names, 16)) : "it has none";
    sg_complain(work, entry->key_span, hint, "`%s` has no attribute `%s`", schema->name, entry->key);
    return meant ? sg_schema_attr_index(schema, meant) : -1;
}

bool sg_convert_check(sg_work *work, const sg_schema *schema, const sg_attr *attr, const sg_tree *const *from,
                      const bool *told, sg_span at) {
    bool good = true;
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        sg_error error = {.status = SG_OK};
        const bool rising = schema->attrs[i].rising;
        if (told[i] || (rising && told[i - 1])) continue;
        sg_status status = sg_attr_check(schema, attr, i, &error);
        if (status == SG_OK) continue;
        if (status == SG_OUT_OF_MEMORY) sg_work_escape(work);
        const sg_tree *value = rising && !from[i] ? from[i - 1] : from[i];
        if (value && value->span.mark.line)
            sg_complain_value(work, value, NULL, "%s", error.message);
        else
            sg_complain_status(work, at, status, error.message);
        good = false;
    }
    return good;
}

static const sg_call *complete(sg_work *work, sg_call *call) {
    sg_attr *complete;
    if (sg_attr_complete(call->schema, call->attr, work->memory, &complete, NULL) != SG_OK)
        sg_work_escape(work);
    memcpy(call->attr, complete, sizeof *complete * (size_t)sg_schema_attr_count(call->schema));
    return call;
}

const sg_call *sg_convert_call(sg_work *work, const sg_tree *value, sg_kind kind, const char *extra) {
    const sg_entry *op = sg_tree_entry(value, "op");
    const sg_tree *name = value->kind == SG_TREE_MAP ? (op ? op->value : NULL) : value;
    if (value->kind == SG_TREE_BAD) return NULL;
    if (!name || name->kind != SG_TREE_TEXT) {
        sg_complain(work, value->span, "write NAME, or {op: NAME, attribute: value}",
                    "the name of one %s is expected here, but this is %s", sg_kind_name(kind),
                    sg_tree_kind_text(name ? name : value));
        return NULL;
    }
    const sg_schema *schema = find_schema(work, name, kind);
    if (!schema) return NULL;
    sg_call *call = SG_TAKE(work, sg_call, 1);
    const sg_tree *from[SG_MAX_ATTRS] = {NULL};
    bool told[SG_MAX_ATTRS] = {false}, good = true;
    call->schema = schema;
    call->mark = value->span.mark;
    for (size_t i = 0; value->kind == SG_TREE_MAP && i < value->count; i++) {
        const sg_entry *entry = &value->entry[i];
        if (entry == op || (extra && sg_word_in(entry->key, extra))) continue;
        int at = sg_schema_attr_index(schema, entry->key);
        if (at >= 0) from[at] = entry->value;
        if (at >= 0) call->attr_mark[at] = entry->value->span.mark;
        if (at >= 0 && sg_convert(work, entry->value, &schema->attrs[at], schema->name, &call->attr[at]))
            continue;
        if (at < 0) at = complain_key(work, schema, entry);
        if (at >= 0) told[at] = true;
        good = false;
    }
    good = sg_convert_check(work, schema, call->attr, from, told, name->span) && good;
    return good ? complete(work, call) : NULL;
}
