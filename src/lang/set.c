/* Changing values by key path: `set`, variants and --set. */
#include "lang/document.h"

#include "lang/setting.h"
#include "lang/yaml.h"

#include <stdlib.h>
#include <string.h>

typedef struct path {
    const char *text; /* all of it, for messages */
    sg_span span;
    bool removes; /* `train.clip-` */
    const char **part;
    size_t count, room;
} path;

/* "train.weights.0.lr"; the last part may be "+", a new entry of a list, and the whole may end in "-", which
 * removes. */
static path split(sg_work *work, const char *text, sg_span span) {
    path p = {.text = text, .span = span};
    size_t all = strlen(text);
    p.removes = all > 0 && text[all - 1] == '-';
    if (p.removes) text = sg_take_text(work, text, all - 1);
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

static sg_tree *fail(sg_work *work, const path *p, size_t at, const char *hint, const char *reason) {
    const char *where = at ? sg_take_printf(work, "`%s`", p->part[at - 1]) : "the file";
    sg_complain(work, p->span, hint, "`%s` cannot be %s: %s %s", p->text, p->removes ? "removed" : "set",
                where, reason);
    return NULL;
}

/* A key that is not there. */
static sg_tree *fail_missing(sg_work *work, const path *p, size_t at, const sg_tree *map) {
    sg_names names = {0};
    for (size_t i = 0; i < map->count; i++) sg_names_add(work, &names, map->entry[i].key);
    const char *hint = sg_names_hint(work, &names, p->part[at]);
    if (!hint && names.count) hint = sg_take_printf(work, "known: %s", sg_names_text(work, &names, 16));
    return fail(work, p, at, hint, sg_take_printf(work, "has no entry `%s`", p->part[at]));
}

/* The entry of a list that a part of the path names: SIZE_MAX after reporting. */
static size_t list_index(sg_work *work, const sg_tree *list, const path *p, size_t at) {
    char *end;
    const char *part = p->part[at];
    unsigned long index = strtoul(part, &end, 10);
    if (*part >= '0' && *part <= '9' && *end == 0 && index < list->count) return index;
    fail(work, p, at, p->removes ? NULL : "`+` in place of the number adds an entry",
         sg_take_printf(work, "is a list of %zu entr%s, counted from 0", list->count,
                        list->count == 1 ? "y" : "ies"));
    return SIZE_MAX;
}

/* Nodes, blocks and splits that are not there are not made by setting something within them. */
static bool must_exist(const path *p, size_t at) {
    return p->removes || (at == 1 && p->count > 2 && sg_word_in(p->part[0], "nodes blocks data"));
}

static void drop_entry(sg_tree *tree, size_t index) {
    tree->count--;
    memmove(&tree->entry[index], &tree->entry[index + 1], (tree->count - index) * sizeof *tree->entry);
}

/* A copy of `tree` in which the rest of the path has the value, or is gone; NULL after reporting. */
static sg_tree *edited(sg_work *work, const sg_tree *tree, const path *p, size_t at, sg_tree *value) {
    if (at == p->count) return value;
    const char *part = p->part[at];
    bool adds = strcmp(part, "+") == 0, last = at + 1 == p->count;
    if (!tree) tree = sg_tree_new(work, adds ? SG_TREE_LIST : SG_TREE_MAP, p->span);
    if (tree->kind == SG_TREE_TEXT && sg_name_valid(tree->text)) tree = as_map(work, tree);
    sg_tree *copy = sg_tree_copy(work, tree);
    size_t index = tree->count; /* of the entry; past the end: a new one */
    if (tree->kind == SG_TREE_LIST) {
        if (!adds || p->removes) index = list_index(work, tree, p, at);
        if (index == SIZE_MAX) return NULL;
    } else if (tree->kind == SG_TREE_MAP) {
        for (size_t i = tree->count; i-- > 0;)
            if (strcmp(tree->entry[i].key, part) == 0) index = i;
        if (adds) return fail(work, p, at, "`+` adds an entry to a list", "is a mapping");
        if (index == tree->count && must_exist(p, at)) return fail_missing(work, p, at, tree);
    } else {
        return fail(work, p, at, NULL, sg_take_printf(work, "is %s", sg_tree_kind_text(tree)));
    }
    if (p->removes && last) {
        drop_entry(copy, index);
        return copy;
    }
    bool fresh = index == tree->count;
    sg_tree *inner = edited(work, fresh ? NULL : tree->entry[index].value, p, at + 1, value);
    if (!inner) return NULL;
    if (fresh)
        sg_tree_append(work, copy, tree->kind == SG_TREE_LIST ? NULL : part, p->span, inner);
    else
        copy->entry[index].value = inner;
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
        fail(work, p, at, NULL, "has no value yet");
        return;
    }
    if (p->removes && at == p->count) {
        sg_complain(work, p->span, "set another value", "`%s` cannot be removed: it is an argument",
                    p->part[at - 1]);
        return;
    }
    sg_tree *new = edited(work, now, p, at, value);
    if (new) declaration->override = new;
}

static const char fixed_keys[] = "simgraph include base set variants args";

/* The names of the variants, for those who set one. */
static const char *variants_hint(sg_work *work, const sg_tree *root) {
    const sg_entry *variants = sg_tree_entry(root, "variants");
    sg_names names = {0};
    for (size_t i = 0; variants && i < variants->value->count; i++)
        sg_names_add(work, &names, variants->value->entry[i].key);
    return names.count ? sg_take_printf(work, "FILE@VARIANT chooses one: %s", sg_names_text(work, &names, 16))
                       : "the file has no variants; where it has, FILE@VARIANT chooses one";
}

/* "train.optimizer.lr" for "lr": where a section has that key, in itself or below; NULL: nowhere. */
static const char *find_key(sg_work *work, const sg_tree *map, const char *at, const char *name) {
    if (map->kind != SG_TREE_MAP) return NULL;
    if (sg_tree_entry(map, name)) return sg_take_printf(work, "%s.%s", at, name);
    const char *found = NULL;
    for (size_t i = 0; !found && i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        found = find_key(work, entry->value, sg_take_printf(work, "%s.%s", at, entry->key), name);
    }
    return found;
}

/* For those who leave out the section. */
static const char *section_hint(sg_work *work, const sg_tree *root, const char *name) {
    static const char *const sections[] = {"train", "evaluate", "save", "init"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const sg_entry *section = sg_tree_entry(root, sections[i]);
        const char *key = section ? find_key(work, section->value, sections[i], name) : NULL;
        if (key) return sg_take_printf(work, "did you mean `%s`?", key);
    }
    return NULL;
}

static void unknown(sg_work *work, const sg_tree *root, const path *p, const sg_entry *arguments,
                    size_t first) {
    const char *name = p->part[first];
    sg_names names = {0};
    if (!first && sg_word_in(name, fixed_keys)) {
        sg_complain(work, p->span, strcmp(name, "variants") == 0 ? variants_hint(work, root) : NULL,
                    "`%s` cannot be set: the file alone says it", name);
        return;
    }
    for (size_t i = 0; arguments && i < arguments->value->count; i++)
        sg_names_add(work, &names, arguments->value->entry[i].key);
    const char *list = names.count ? sg_names_text(work, &names, 16) : NULL;
    for (size_t i = 0; !first && i < root->count; i++)
        if (!sg_word_in(root->entry[i].key, fixed_keys)) sg_names_add(work, &names, root->entry[i].key);
    const char *hint = p->count == 1 ? section_hint(work, root, name) : NULL;
    if (!hint) hint = sg_names_hint(work, &names, name);
    bool in_file = strcmp(p->span.mark.file, SG_SET_NAME) != 0;
    if (!hint && first && in_file) hint = sg_take_printf(work, "args.%s: {default: ...} would add one", name);
    if (!hint && list) hint = sg_take_printf(work, "arguments: %s", list);
    sg_complain(work, p->span, hint, "there is no argument%s `%s` to set", first ? "" : " or key", name);
}

/* `args.NAME: {default: ...}` in a file declares an argument that its base does not have. */
static bool declares(const path *p, const sg_tree *value) {
    return p->count == 2 && strcmp(p->part[0], "args") == 0 && value && value->kind == SG_TREE_MAP &&
           strcmp(p->span.mark.file, SG_SET_NAME) != 0 &&
           (sg_tree_entry(value, "default") || sg_tree_entry(value, "type"));
}

void sg_document_set(sg_work *work, sg_tree *root, const char *text, sg_span span, sg_tree *value) {
    path p = split(work, text, span);
    for (size_t i = 0; i < p.count; i++) {
        if (*p.part[i]) continue;
        sg_complain(work, span, "names are joined by single dots: train.epochs", "`%s` is not a key path",
                    text);
        return;
    }
    if (value) sg_setting_note(work, value, text);
    sg_entry *arguments = sg_tree_entry(root, "args");
    if (arguments && arguments->value->kind != SG_TREE_MAP) arguments = NULL;
    size_t first = p.count > 1 && strcmp(p.part[0], "args") == 0;
    sg_entry *argument = arguments ? sg_tree_entry(arguments->value, p.part[first]) : NULL;
    if (argument) {
        set_argument(work, argument->value, &p, first + 1, value);
        return;
    }
    bool known =
        sg_word_in(p.part[0], "doc let nodes blocks data init train evaluate save") || declares(&p, value);
    if (!known) {
        unknown(work, root, &p, arguments, first);
        return;
    }
    sg_tree *new = edited(work, root, &p, 0, value);
    if (new) *root = *new;
}

/* One text of the command line: it is line `line` of a file called --set, which holds nothing else. */
static void set_option(sg_work *work, sg_tree *root, const char *text, int line) {
    const char *equals = strchr(text, '=');
    sg_span span = {{SG_SET_NAME, line, 1}, equals && equals > text ? (int)(equals - text) : 1};
    size_t length = strlen(text);
    if (!equals && length > 1 && text[length - 1] == '-') {
        span.length = (int)length;
        sg_document_set(work, root, sg_take_text(work, text, length), span, NULL);
        return;
    }
    if (!equals || equals == text) {
        sg_complain(work, span, "write --set key.path=value, or --set key.path- to remove a key",
                    "`%s` is not a setting", text);
        return;
    }
    if (equals[-1] == '-') {
        sg_complain(work, span, "write --set key.path-", "a key that is removed takes no value");
        return;
    }
    if (equals[1 + strspn(equals + 1, " \t\r\n")] == 0) {
        span.mark.column = (int)(equals - text) + 1;
        sg_complain(work, span, "an empty text is written ''", "the value of `%.*s` is missing",
                    (int)(equals - text), text);
        return;
    }
    if (equals[1 + strspn(equals + 1, " \t\r\n")] == '#') {
        span.mark.column = (int)(equals - text) + 2;
        sg_complain(work, span, "put it in quotes, and these in those of the shell: --set 'key=\"#text\"'",
                    "`#` starts a comment: the value of `%.*s` is missing", (int)(equals - text), text);
        return;
    }
    sg_yaml_source source = {SG_SET_NAME, equals + 1, strlen(equals + 1), line, (int)(equals - text) + 2};
    sg_tree *value = sg_yaml_read(work, &source);
    if (value && value->kind != SG_TREE_BAD)
        sg_document_set(work, root, sg_take_text(work, text, (size_t)(equals - text)), span, value);
}

void sg_document_set_options(sg_work *work, sg_document *document, sg_tree *root,
                             const sg_document_options *options) {
    const char *all = "";
    if (options->set_count < 1) return;
    for (int i = 0; i < options->set_count; i++) all = sg_take_printf(work, "%s%s\n", all, options->set[i]);
    sg_source_text *source = sg_take_more(work, &document->source, &document->source_count,
                                          &document->source_room, sizeof *source);
    *source = (sg_source_text){SG_SET_NAME, all, strlen(all)};
    sg_work_source(work, SG_SET_NAME, all, strlen(all));
    for (int i = 0; i < options->set_count; i++) set_option(work, root, options->set[i], i + 1);
}
