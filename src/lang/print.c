/* Trees -> YAML. */
#include "lang/document.h"

#include "lang/scalar.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 100 };

static void quote(sg_text *out, const char *text) {
    sg_text_append_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') sg_text_append_char(out, '\\');
        if (*text == '\n')
            sg_text_append(out, "\\n");
        else if (*text == '\t')
            sg_text_append(out, "\\t");
        else
            sg_text_append_char(out, *text);
    }
    sg_text_append_char(out, '"');
}

/* Whether YAML reads the plain text back as it is. */
static bool plain_is_safe(const char *text, bool flow) {
    double number;
    const char *advice;
    size_t length = strlen(text);
    if (length == 0 || strpbrk(text, "\n\t\"") || strstr(text, ": ") || strstr(text, " #")) return false;
    if (sg_scalar_of(text, &number, &advice) != SG_SCALAR_PLAIN) return false;
    if (strchr("!&*-?|>@`'%#,[]{}: ", text[0]) || text[length - 1] == ':' || text[length - 1] == ' ')
        return false;
    return !(flow && strpbrk(text, ",[]{}?"));
}

static void print_scalar(sg_text *out, const sg_tree *tree, bool flow) {
    char number[SG_NUMBER_ROOM];
    if (tree->kind == SG_TREE_NUMBER && !tree->text) {
        sg_number_write(number, tree->number);
        sg_text_append(out, number);
    } else if (tree->kind == SG_TREE_NUMBER || tree->kind == SG_TREE_BOOL) {
        sg_text_append(out, tree->text);
    } else {
        const char *text = tree->text ? tree->text : "";
        if (tree->style == SG_STYLE_PLAIN && plain_is_safe(text, flow))
            sg_text_append(out, text);
        else if (tree->style != SG_STYLE_PLAIN && plain_is_safe(text, true) &&
                 strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text))
            sg_text_append(out, text);
        else
            quote(out, text);
    }
}

static void print_key(sg_text *out, const char *key) {
    if (plain_is_safe(key, true))
        sg_text_append(out, key);
    else
        quote(out, key);
}

static void print_flow(sg_text *out, const sg_tree *tree, bool flow) {
    bool map = tree->kind == SG_TREE_MAP;
    if (!map && tree->kind != SG_TREE_LIST) {
        print_scalar(out, tree, flow);
        return;
    }
    sg_text_append_char(out, map ? '{' : '[');
    for (size_t i = 0; i < tree->count; i++) {
        if (i) sg_text_append(out, ", ");
        if (map) {
            print_key(out, tree->entry[i].key);
            sg_text_append(out, ": ");
        }
        print_flow(out, tree->entry[i].value, true);
    }
    sg_text_append_char(out, map ? '}' : ']');
}

void sg_print_flow(sg_text *out, const sg_tree *tree) {
    print_flow(out, tree, true);
}

const char *sg_print_text(sg_work *work, const sg_tree *tree) {
    sg_text out = {0};
    sg_print_flow(&out, tree);
    const char *copy = out.failed ? NULL : sg_bump_text(work->memory, sg_text_get(&out));
    sg_text_finish(&out);
    if (!copy) sg_work_escape(work);
    return copy;
}

static void indent_by(sg_text *out, int indent) {
    for (int i = 0; i < indent; i++) sg_text_append_char(out, ' ');
}

/* A collection that does not fit on the line, or a scalar. */
static void print_value(sg_text *out, const sg_tree *tree, int indent, size_t line_start) {
    size_t before = out->length;
    bool collection = (tree->kind == SG_TREE_MAP || tree->kind == SG_TREE_LIST) && tree->count > 0;
    sg_text_append_char(out, ' ');
    print_flow(out, tree, collection);
    bool fits =
        !collection || (out->length - line_start <= WIDTH && (indent > 0 || tree->kind == SG_TREE_LIST));
    if (fits || out->failed) {
        sg_text_append_char(out, '\n');
        return;
    }
    out->length = before; /* take it back, and give every entry a line of its own */
    out->bytes[before] = 0;
    sg_text_append_char(out, '\n');
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->kind == SG_TREE_MAP) {
            sg_print_entry(out, tree->entry[i].key, tree->entry[i].value, indent + 2);
        } else {
            size_t start = out->length;
            indent_by(out, indent + 2);
            sg_text_append_char(out, '-');
            sg_text_append_char(out, ' ');
            print_flow(out, tree->entry[i].value, true);
            sg_text_append_char(out, '\n');
            (void)start;
        }
    }
}

void sg_print_entry(sg_text *out, const char *key, const sg_tree *value, int indent) {
    size_t line_start = out->length;
    indent_by(out, indent);
    print_key(out, key);
    sg_text_append_char(out, ':');
    print_value(out, value, indent, line_start);
}

/* ---- documents ---- */

/* A number for an argument of type float is written so that it stays one. */
static sg_tree as_float(const sg_tree *value, sg_text *space) {
    sg_tree copy = *value;
    if (value->kind == SG_TREE_NUMBER && value->text && !strpbrk(value->text, ".eE")) {
        sg_text_printf(space, "%s.0", value->text);
        copy.text = sg_text_get(space);
    }
    return copy;
}

static void print_argument(sg_text *out, const sg_param *param, const sg_tree *declaration) {
    const sg_tree *over = declaration->override;
    sg_text space = {0};
    if (!over) {
        sg_print_entry(out, param->name, declaration, 2);
        return;
    }
    sg_tree value = param->type == SG_PARAM_FLOAT ? as_float(over, &space) : *over;
    bool name_alone = param->type == SG_PARAM_OP && !param->is_list && over->kind == SG_TREE_TEXT;
    bool map = declaration->kind == SG_TREE_MAP && !sg_tree_is_call(declaration);
    sg_text_printf(out, "  %s: ", param->name);
    if (!map && param->fallback) {
        sg_text_append(out, name_alone ? "{op: " : "");
        print_flow(out, &value, true);
        sg_text_append(out, name_alone ? "}" : "");
    } else {
        sg_text_append(out, "{");
        if (!map) { /* a bare type */
            sg_text_append(out, "type: ");
            print_flow(out, declaration, true);
            sg_text_append(out, ", ");
        }
        sg_text_append(out, "default: ");
        print_flow(out, &value, true);
        for (size_t i = 0; map && i < declaration->count; i++) {
            const sg_entry *entry = &declaration->entry[i];
            if (strcmp(entry->key, "default") == 0) continue;
            sg_text_printf(out, ", %s: ", entry->key);
            print_flow(out, entry->value, true);
        }
        sg_text_append(out, "}");
    }
    sg_text_append_char(out, '\n');
    out->failed = out->failed || space.failed;
    sg_text_finish(&space);
}

static void print_arguments(sg_text *out, const sg_document *document, const sg_tree *args) {
    if (document->main.param_count == 0) return;
    sg_text_append(out, "args:\n");
    for (int i = 0; i < document->main.param_count; i++) {
        const sg_param *param = &document->main.param[i];
        print_argument(out, param, sg_tree_entry(args, param->name)->value);
    }
}

static void print_blocks(sg_text *out, const sg_document *document) {
    bool any = false;
    for (size_t i = 0; i < document->text_count; i++) {
        if (document->text[i].library) continue;
        if (!any) sg_text_append(out, "blocks:\n");
        any = true;
        sg_print_entry(out, document->text[i].name, document->text[i].tree, 2);
    }
}

sg_status sg_document_text(const sg_document *document, char **out, sg_error *error) {
    static const char *const keys[] = {"args", "let",   "blocks",   "nodes", "data",
                                       "init", "train", "evaluate", "save"};
    sg_text text = {0};
    const sg_entry *doc = sg_tree_entry(document->root, "doc");
    sg_text_append(&text, "simgraph: 1\n");
    if (doc) sg_print_entry(&text, "doc", doc->value, 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const sg_entry *entry = sg_tree_entry(document->root, keys[i]);
        if (strcmp(keys[i], "blocks") == 0)
            print_blocks(&text, document);
        else if (entry && strcmp(keys[i], "args") == 0)
            print_arguments(&text, document, entry->value);
        else if (entry)
            sg_print_entry(&text, keys[i], entry->value, 0);
    }
    *out = sg_text_take(&text);
    return *out ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}
