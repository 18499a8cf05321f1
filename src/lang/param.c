/* Checking the values of arguments against their declarations. */
#include "lang/callee.h"
#include "lang/frame.h"
#include "lang/setting.h"
#include "lang/suggest.h"
#include "lang/whole.h"

#include <math.h>
#include <string.h>

typedef struct checker {
    sg_work *work;
    const sg_document *document;
    const sg_param *param;
    bool entry; /* of a list */
} checker;

static const sg_tree *fail(const checker *c, const sg_tree *value, const char *hint, const char *needed) {
    const char *is = value->kind == SG_TREE_TEXT ? sg_take_printf(c->work, "the text `%s`", value->text)
                                                 : sg_tree_kind_text(value);
    const char *better = sg_suggest_value(value);
    if (value->kind != SG_TREE_BAD)
        sg_complain_value(c->work, value, better ? better : hint, "%sthe argument `%s` must be %s, but is %s",
                          c->entry ? "an entry of " : "", c->param->name, needed, is);
    return sg_tree_new_bad(c->work, value->span);
}

static const sg_tree *check_number(const checker *c, const sg_tree *value, bool whole) {
    const sg_param *p = c->param;
    if (value->kind != SG_TREE_NUMBER) return fail(c, value, NULL, whole ? "a whole number" : "a number");
    if (whole && !sg_number_whole(value->number)) {
        sg_complain_whole(c->work, value, sg_take_printf(c->work, "the argument `%s`", p->name));
        return sg_tree_new_bad(c->work, value->span);
    }
    const char *text = sg_number_words(c->work, value->number), *wrong = NULL;
    if (!(value->number >= p->min && value->number <= p->max))
        wrong = isinf(p->max) ? sg_take_printf(c->work, "at least %s", sg_number_words(c->work, p->min))
                : isinf(p->min)
                    ? sg_take_printf(c->work, "at most %s", sg_number_words(c->work, p->max))
                    : sg_take_printf(c->work, "between %s and %s", sg_number_words(c->work, p->min),
                                     sg_number_words(c->work, p->max));
    if (!wrong) return value;
    sg_complain_value(c->work, value, NULL, "the argument `%s` must be %s, but is %s", p->name, wrong, text);
    return sg_tree_new_bad(c->work, value->span);
}

static const sg_tree *check_text(const checker *c, const sg_tree *value) {
    const sg_names *words = &c->param->one_of;
    if (value->kind != SG_TREE_TEXT) return fail(c, value, sg_suggest_quotes(value), "a text");
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->item[i], value->text) == 0) return value;
    if (words->count == 0) return value;
    sg_complain_value(c->work, value,
                      value->undollared ? value->undollared : sg_names_hint(c->work, words, value->text),
                      "the argument `%s` must be one of %s, but is `%s`", c->param->name,
                      sg_names_text(c->work, words, 16), value->text);
    return sg_tree_new_bad(c->work, value->span);
}

static const sg_param *param_of(const sg_block *block, const char *name) {
    for (int i = 0; block && i < block->param_count; i++)
        if (strcmp(block->param[i].name, name) == 0) return &block->param[i];
    return NULL;
}

/* The attributes of a call, whose node may not be reached: their names, and what blocks say of their values.
 */
static bool check_attributes(const checker *c, const sg_tree *call, const char *name) {
    sg_callee callee;
    bool good = true;
    if (!sg_callee_exists(c->document, name) ||
        !sg_callee_find(c->work, c->document, name, call->span, &callee))
        return true;
    for (size_t i = 0; i < call->count; i++) {
        const sg_entry *entry = &call->entry[i];
        if (strcmp(entry->key, "op") == 0) continue;
        const sg_param *param = param_of(callee.block, entry->key);
        if (param)
            good = sg_param_check(c->work, c->document, param, entry->value)->kind != SG_TREE_BAD && good;
        else
            good = sg_callee_check_attribute(c->work, &callee, entry->key, entry->key_span) && good;
    }
    return good;
}

static const sg_tree *check_op(const checker *c, const sg_tree *value) {
    const sg_entry *op = sg_tree_entry(value, "op");
    const sg_tree *name = op ? op->value : value;
    if (name->kind != SG_TREE_TEXT)
        return fail(c, value, "write NAME or {op: NAME, attribute: value}", "a call");
    if (sg_callable(c->document, name->text))
        return !op || check_attributes(c, value, name->text) ? value : sg_tree_new_bad(c->work, value->span);
    const char *hint = name->text[0] == '{' ? "write the call without quotes"
                       : name->undollared   ? name->undollared
                                            : sg_callable_hint(c->work, c->document, name->text);
    sg_complain(c->work, name->span, hint, "unknown op `%s`", name->text);
    return sg_tree_new_bad(c->work, value->span);
}

static const sg_tree *check_one(const checker *c, const sg_tree *value) {
    if (value->kind == SG_TREE_BAD) return value;
    switch (c->param->type) {
    case SG_PARAM_INT:
        return check_number(c, value, true);
    case SG_PARAM_FLOAT:
        return check_number(c, value, false);
    case SG_PARAM_BOOL:
        return value->kind == SG_TREE_BOOL ? value : fail(c, value, NULL, "true or false");
    case SG_PARAM_TEXT:
        return check_text(c, value);
    case SG_PARAM_OP:
        return check_op(c, value);
    default:
        return value->kind == SG_TREE_NUMBER ? check_number(c, value, false) : value;
    }
}

const sg_tree *sg_param_check(sg_work *work, const sg_document *document, const sg_param *param,
                              const sg_tree *value) {
    checker c = {work, document, param, false};
    if (value->kind == SG_TREE_TENSOR || value->kind == SG_TREE_ABSENT)
        return fail(&c, value, "nodes are handed over as inputs", "a value");
    if (!param->is_list) return check_one(&c, value);
    if (value->kind != SG_TREE_LIST)
        return fail(&c, value, "write [a, b, c]",
                    sg_take_printf(work, "a list %s", sg_param_type_text(work, param)));
    c.entry = true;
    for (size_t i = 0; i < value->count; i++) {
        const sg_tree *item = check_one(&c, value->entry[i].value);
        if (item->kind == SG_TREE_BAD) return item;
    }
    return value;
}
