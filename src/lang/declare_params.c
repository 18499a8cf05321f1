/* The arguments of a block or file. */
#include "lang/block.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    sg_param_type type;
} types[] = {{"int", SG_PARAM_INT},
             {"float", SG_PARAM_FLOAT},
             {"bool", SG_PARAM_BOOL},
             {"text", SG_PARAM_TEXT},
             {"op", SG_PARAM_OP}};

static sg_param_type type_of_name(const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) return types[i].type;
    return SG_PARAM_ANY;
}

const char *sg_param_type_text(sg_work *work, const sg_param *param) {
    const char *name = "any";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == param->type) name = types[i].name;
    return param->is_list ? sg_take_printf(work, "[%s]", name) : name;
}

/* "int", or [int] for a list of them. */
static bool read_type_word(const sg_tree *tree, sg_param_type *type, bool *is_list) {
    bool list = tree->kind == SG_TREE_LIST && tree->count == 1;
    const sg_tree *word = list ? tree->entry[0].value : tree;
    if (word->kind != SG_TREE_TEXT || word->style != SG_STYLE_PLAIN) return false;
    *type = type_of_name(word->text);
    *is_list = list;
    return *type != SG_PARAM_ANY;
}

/* The type that a default fixes: 3 is an int, 3.0 a float. */
static sg_param_type type_of_value(const sg_tree *tree) {
    switch (tree->kind) {
    case SG_TREE_BOOL:
        return SG_PARAM_BOOL;
    case SG_TREE_NUMBER:
        return strpbrk(tree->text, ".eE") ? SG_PARAM_FLOAT : SG_PARAM_INT;
    case SG_TREE_TEXT:
        return strchr(tree->text, '$') ? SG_PARAM_ANY : SG_PARAM_TEXT;
    case SG_TREE_MAP:
        return SG_PARAM_OP;
    default:
        return SG_PARAM_ANY;
    }
}

static void type_of_default(sg_param *param) {
    const sg_tree *tree = param->fallback;
    param->is_list = tree->kind == SG_TREE_LIST;
    if (!param->is_list) {
        param->type = type_of_value(tree);
        return;
    }
    for (size_t i = 0; i < tree->count; i++) {
        sg_param_type type = type_of_value(tree->entry[i].value);
        bool numbers = (type == SG_PARAM_FLOAT && param->type == SG_PARAM_INT) ||
                       (type == SG_PARAM_INT && param->type == SG_PARAM_FLOAT);
        bool calls = (type == SG_PARAM_OP && param->type == SG_PARAM_TEXT) ||
                     (type == SG_PARAM_TEXT && param->type == SG_PARAM_OP);
        if (numbers)
            param->type = SG_PARAM_FLOAT;
        else if (calls)
            param->type = SG_PARAM_OP;
        else if (i == 0 || type == param->type)
            param->type = type;
        else {
            param->type = SG_PARAM_ANY;
            return;
        }
    }
}

static void read_bound(sg_work *work, const sg_tree *map, const char *key, double *bound,
                       sg_tree **computed) {
    const sg_entry *entry = sg_tree_entry(map, key);
    if (entry && entry->value->kind == SG_TREE_NUMBER)
        *bound = entry->value->number;
    else if (entry && entry->value->kind == SG_TREE_TEXT && strchr(entry->value->text, '$'))
        *computed = entry->value;
    else if (entry)
        sg_complain(work, entry->value->span,
                    entry->value->kind == SG_TREE_TEXT ? "what another argument says is written $name" : NULL,
                    "%s must be a number", key);
}

static void read_words(sg_work *work, const sg_tree *map, sg_param *param) {
    const sg_entry *entry = sg_tree_entry(map, "one_of");
    if (!entry) return;
    const sg_tree *list = entry->value;
    bool good = list->kind == SG_TREE_LIST && list->count > 0;
    for (size_t i = 0; good && i < list->count; i++) {
        good = list->entry[i].value->kind == SG_TREE_TEXT;
        if (good) sg_names_add(work, &param->one_of, list->entry[i].value->text);
    }
    if (!good) sg_complain(work, list->span, NULL, "one_of must be a list of texts");
}

static void read_long_form(sg_work *work, sg_param *param, const sg_tree *map) {
    sg_check_keys(work, map, "type default min max one_of doc", "an argument");
    param->long_form = true;
    param->doc = sg_read_doc(work, map);
    read_bound(work, map, "min", &param->min, &param->least);
    read_bound(work, map, "max", &param->max, &param->most);
    read_words(work, map, param);
    const sg_entry *fallback = sg_tree_entry(map, "default"), *type = sg_tree_entry(map, "type");
    if (fallback) {
        param->fallback = fallback->value;
        type_of_default(param);
    }
    if (type && !read_type_word(type->value, &param->type, &param->is_list))
        sg_complain(work, type->value->span,
                    "the types are int, float, bool, text, op, and lists of them: [int]",
                    "unknown type of the argument `%s`", param->name);
    if (!type && !fallback)
        sg_complain(work, param->span, "write `type: int`, or a default",
                    "the argument `%s` has neither a type nor a default", param->name);
    if (!(param->min <= param->max))
        sg_complain(work, param->span, NULL, "min is above max in the argument `%s`", param->name);
}

void sg_block_declare_params(sg_work *work, sg_block *block, const sg_tree *map) {
    if (!map) return;
    block->param = SG_TAKE(work, sg_param, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        if (!sg_block_add_symbol(work, block, SG_SYMBOL_PARAM, entry->key, entry->key_span,
                                 block->param_count))
            continue;
        sg_param *param = &block->param[block->param_count++];
        *param = (sg_param){.name = entry->key, .span = entry->key_span, .min = -INFINITY, .max = INFINITY};
        param->override = entry->value->override;
        if (entry->value->kind == SG_TREE_MAP && !sg_tree_is_call(entry->value)) {
            read_long_form(work, param, entry->value);
        } else if (!read_type_word(entry->value, &param->type, &param->is_list)) {
            param->fallback = entry->value;
            type_of_default(param);
        }
    }
}
