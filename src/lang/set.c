/* Changing values by key path: `set`, variants and --set. */
#include "lang/document.h"

#include "lang/yaml.h"

#include <stdlib.h>
#include <string.h>

static const char *const set_name = "--set";

typedef struct path {
    const char *text; /* all of it, for messages */
    sg_span span;
    const char **part;
    size_t count, room;
} path;

static path split(sg_work *work, const char *text, sg_span span) {
    path p = {.text = text, .span = span};
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ".");
        const char **part = sg_take_more(work, &p.part, &p.count, &p.room, sizeof *part);
        *part = sg_take_text(work, at, length);
        at += length;
        if (*at == 0) return p;
    }
}

/* A name alone is a call without attributes: setting one makes it a mapping. */
static sg_tree *as_map(sg_work *work, const sg_tree *tree) {
    sg_tree *map = sg_tree_new(work, SG_TREE_MAP, tree->span);
    map->style = SG_STYLE_FLOW;
    sg_tree_append(work, map, "op", tree->span, sg_tree_at_span(work, tree, tree->span));
    return map;
}

static sg_tree *fail(sg_work *work, const path *p, size_t at, const char *reason) {
    sg_complain(work, p->span, NULL, "`%s` cannot be set: `%s` %s", p->text,
                at ? p->part[at - 1] : p->part[0], reason);
    return NULL;
}

/* A copy of `tree` in which the rest of the path has the value; NULL after reporting. */
static sg_tree *edited(sg_work *work, const sg_tree *tree, const path *p, size_t at, sg_tree *value) {
    if (at == p->count) return value;
    if (!tree) tree = sg_tree_new(work, SG_TREE_MAP, p->span);
    if (tree->kind == SG_TREE_TEXT && sg_name_valid(tree->text)) tree = as_map(work, tree);
    sg_tree *copy = sg_tree_copy(work, tree);
    sg_entry *entry = NULL;
    if (tree->kind == SG_TREE_LIST) {
        char *end;
        unsigned long index = strtoul(p->part[at], &end, 10);
        if (*end || end == p->part[at] || index >= tree->count)
            return fail(work, p, at,
                        sg_take_printf(work, "is a list of %zu entries, counted from 0", tree->count));
        entry = &copy->entry[index];
    } else if (tree->kind == SG_TREE_MAP) {
        entry = sg_tree_entry(copy, p->part[at]);
    } else {
        return fail(work, p, at, sg_take_printf(work, "is %s", sg_tree_kind_text(tree)));
    }
    sg_tree *inner = edited(work, entry ? entry->value : NULL, p, at + 1, value);
    if (!inner) return NULL;
    if (entry)
        entry->value = inner;
    else
        sg_tree_append(work, copy, p->part[at], p->span, inner);
    return copy;
}

static bool is_type_word(const sg_tree *tree) {
    if (tree->kind == SG_TREE_LIST && tree->count == 1) tree = tree->entry[0].value;
    return tree->kind == SG_TREE_TEXT && tree->style == SG_STYLE_PLAIN &&
           sg_word_in(tree->text, "int float bool text op");
}

/* The value that an argument's declaration gives it now; NULL while it has none. */
static const sg_tree *current_value(const sg_tree *declaration) {
    if (declaration->override) return declaration->override;
    const sg_entry *fallback = sg_tree_entry(declaration, "default");
    if (declaration->kind == SG_TREE_MAP && !sg_tree_is_call(declaration))
        return fallback ? fallback->value : NULL;
    return is_type_word(declaration) ? NULL : declaration;
}

static void set_argument(sg_work *work, sg_tree *declaration, const path *p, size_t at, sg_tree *value) {
    const sg_tree *now = current_value(declaration);
    if (!now && at < p->count) {
        fail(work, p, at, "has no value yet");
        return;
    }
    sg_tree *new = edited(work, now, p, at, value);
    if (new) declaration->override = new;
}

static void unknown(sg_work *work, const sg_tree *root, const path *p, const sg_entry *arguments) {
    sg_names names = {0};
    for (size_t i = 0; arguments && i < arguments->value->count; i++)
        sg_names_add(work, &names, arguments->value->entry[i].key);
    const char *list = names.count ? sg_names_text(work, &names, 16) : NULL;
    for (size_t i = 0; i < root->count; i++) sg_names_add(work, &names, root->entry[i].key);
    const char *hint = sg_names_hint(work, &names, p->part[0]);
    if (!hint && list) hint = sg_take_printf(work, "arguments: %s", list);
    sg_complain(work, p->span, hint, "there is no argument or key `%s` to set", p->part[0]);
}

void sg_document_set(sg_work *work, sg_tree *root, const char *text, sg_span span, sg_tree *value) {
    path p = split(work, text, span);
    sg_entry *arguments = sg_tree_entry(root, "args");
    if (arguments && arguments->value->kind != SG_TREE_MAP) arguments = NULL;
    size_t first = p.count > 1 && strcmp(p.part[0], "args") == 0;
    sg_entry *argument = arguments ? sg_tree_entry(arguments->value, p.part[first]) : NULL;
    if (argument) {
        set_argument(work, argument->value, &p, first + 1, value);
        return;
    }
    if (!sg_word_in(p.part[0], "doc let nodes blocks data init train evaluate save")) {
        unknown(work, root, &p, arguments);
        return;
    }
    sg_tree *new = edited(work, root, &p, 0, value);
    if (new) *root = *new;
}

/* One text of the command line: it is line `line` of a file called --set, which holds nothing else. */
static void set_option(sg_work *work, sg_tree *root, const char *text, int line) {
    const char *equals = strchr(text, '=');
    sg_span span = {{set_name, line, 1}, equals && equals > text ? (int)(equals - text) : 1};
    if (!equals || equals == text) {
        sg_complain(work, span, "write --set key.path=value", "`%s` is not a setting", text);
        return;
    }
    if (equals[1] == 0) {
        span.mark.column = (int)(equals - text) + 1;
        sg_complain(work, span, "an empty text is written ''", "the value of `%.*s` is missing",
                    (int)(equals - text), text);
        return;
    }
    sg_yaml_source source = {set_name, equals + 1, strlen(equals + 1), line, (int)(equals - text) + 2};
    sg_tree *value = sg_yaml_read(work, &source);
    if (value && value->kind != SG_TREE_BAD)
        sg_document_set(work, root, sg_take_text(work, text, (size_t)(equals - text)), span, value);
}

void sg_document_set_options(sg_work *work, sg_document *document, sg_tree *root,
                             const sg_document_options *options) {
    const char *all = "";
    if (!options || options->set_count < 1) return;
    for (int i = 0; i < options->set_count; i++) all = sg_take_printf(work, "%s%s\n", all, options->set[i]);
    sg_source_text *source = sg_take_more(work, &document->source, &document->source_count,
                                          &document->source_room, sizeof *source);
    *source = (sg_source_text){set_name, all, strlen(all)};
    sg_work_source(work, set_name, all, strlen(all));
    for (int i = 0; i < options->set_count; i++) set_option(work, root, options->set[i], i + 1);
}
