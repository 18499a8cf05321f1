/* In what two documents differ. */
#include "lang/document.h"
#include "base/numeric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct comparison {
    const char *part;
    sg_text path;
    bool failed;
    sg_difference_function each;
    void *data;
} comparison;

static bool is_same(const sg_tree *a, const sg_tree *b) {
    if (!a || !b) return a == b;
    if (a->count != b->count || (a->kind == SG_TREE_MAP) != (b->kind == SG_TREE_MAP) ||
        (a->kind == SG_TREE_LIST) != (b->kind == SG_TREE_LIST))
        return false;
    if (a->kind == SG_TREE_NUMBER && b->kind == SG_TREE_NUMBER) return a->number == b->number;
    if (a->kind != SG_TREE_MAP && a->kind != SG_TREE_LIST) {
        bool texts = a->text && b->text;
        return a->kind == b->kind && (texts ? strcmp(a->text, b->text) == 0 : a->number == b->number);
    }
    for (size_t i = 0; i < a->count; i++) {
        const sg_entry *other = a->kind == SG_TREE_MAP ? sg_tree_entry(b, a->entry[i].key) : &b->entry[i];
        if (!other || !is_same(a->entry[i].value, other->value)) return false;
    }
    return true;
}

static void tell(comparison *c, const sg_tree *then, const sg_tree *now) {
    sg_text a = {0}, b = {0};
    if (then) sg_print_flow(&a, then);
    if (now) sg_print_flow(&b, now);
    c->failed = c->failed || a.failed || b.failed || c->path.failed;
    if (!c->failed)
        c->each(c->data, c->part, sg_text_get(&c->path), then ? sg_text_get(&a) : NULL,
                now ? sg_text_get(&b) : NULL);
    sg_text_finish(&a);
    sg_text_finish(&b);
}

static void compare_trees(comparison *c, const sg_tree *then, const sg_tree *now);

static void compare_entry(comparison *c, const char *key, const sg_tree *then, const sg_tree *now) {
    size_t before = c->path.length;
    sg_text_printf(&c->path, "%s%s", before ? "." : "", key);
    compare_trees(c, then, now);
    if (c->path.failed) return;
    c->path.length = before;
    c->path.bytes[before] = 0;
}

/* As far down as both sides hold the same kind of thing. */
static void compare_trees(comparison *c, const sg_tree *then, const sg_tree *now) {
    if (is_same(then, now)) return;
    if (!then || !now || then->kind != SG_TREE_MAP || now->kind != SG_TREE_MAP) {
        tell(c, then, now);
        return;
    }
    for (size_t i = 0; i < then->count; i++) {
        const sg_entry *other = sg_tree_entry(now, then->entry[i].key);
        compare_entry(c, then->entry[i].key, then->entry[i].value, other ? other->value : NULL);
    }
    for (size_t i = 0; i < now->count; i++)
        if (!sg_tree_entry(then, now->entry[i].key))
            compare_entry(c, now->entry[i].key, NULL, now->entry[i].value);
}

static const sg_argument *find_argument(const sg_document *document, const char *name) {
    for (size_t i = 0; i < document->argument_count; i++)
        if (strcmp(document->argument[i].name, name) == 0) return &document->argument[i];
    return NULL;
}

/* The same text, or two ways to write one number. */
static bool is_same_text(const char *a, const char *b) {
    char *x, *y;
    if (strcmp(a, b) == 0) return true;
    double first = sg_strtod(a, &x), second = sg_strtod(b, &y);
    return x > a && y > b && !*x && !*y && first == second;
}

/* Arguments by their values, wherever these come from. */
static void compare_arguments(comparison *c, const sg_document *then, const sg_document *now) {
    for (size_t i = 0; i < then->argument_count; i++) {
        const sg_argument *a = &then->argument[i], *b = find_argument(now, a->name);
        if (!b || !is_same_text(a->value, b->value))
            c->each(c->data, c->part, a->name, a->value, b ? b->value : NULL);
    }
    for (size_t i = 0; i < now->argument_count; i++)
        if (!find_argument(then, now->argument[i].name))
            c->each(c->data, c->part, now->argument[i].name, NULL, now->argument[i].value);
}

static const sg_tree *own_block(const sg_document *document, const char *name) {
    for (size_t i = 0; i < document->text_count; i++)
        if (!document->text[i].library && strcmp(document->text[i].name, name) == 0)
            return document->text[i].tree;
    return NULL;
}

static void compare_blocks(comparison *c, const sg_document *then, const sg_document *now) {
    sg_text_append(&c->path, "blocks");
    for (size_t i = 0; i < then->text_count; i++)
        if (!then->text[i].library)
            compare_entry(c, then->text[i].name, then->text[i].tree, own_block(now, then->text[i].name));
    for (size_t i = 0; i < now->text_count; i++)
        if (!now->text[i].library && !own_block(then, now->text[i].name))
            compare_entry(c, now->text[i].name, NULL, now->text[i].tree);
    sg_text_clear(&c->path);
}

sg_status sg_document_compare(const sg_document *then, const sg_document *now, sg_difference_function each,
                              void *data, sg_error *error) {
    static const char *const keys[] = {"let", "nodes"};
    comparison c = {.each = each, .data = data};
    c.part = "args";
    compare_arguments(&c, then, now);
    c.part = "blocks";
    compare_blocks(&c, then, now);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const sg_entry *a = sg_tree_entry(then->root, keys[i]), *b = sg_tree_entry(now->root, keys[i]);
        c.part = keys[i];
        compare_entry(&c, keys[i], a ? a->value : NULL, b ? b->value : NULL);
    }
    for (int i = 0; i < SG_SECTIONS; i++) {
        c.part = sg_section_names[i];
        compare_entry(&c, c.part, then->section[i], now->section[i]);
    }
    bool failed = c.failed || c.path.failed;
    sg_text_finish(&c.path);
    return failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory") : SG_OK;
}

/* ---- the same training, looked at in another way or for another time ---- */

static bool same_sections(const sg_document *then, const sg_document *now) {
    for (int i = 0; i < SG_SECTIONS; i++) {
        const sg_tree *a = then->section[i], *b = now->section[i];
        if (sg_word_in(sg_section_names[i], "evaluate save")) continue;
        bool train = strcmp(sg_section_names[i], "train") == 0;
        if (!train || !a || !b) {
            if (!is_same(a, b)) return false;
            continue;
        }
        for (int side = 0; side < 2; side++) {
            const sg_tree *one = side ? b : a, *other = side ? a : b;
            for (size_t k = 0; k < one->count; k++) {
                const sg_entry *same = sg_tree_entry(other, one->entry[k].key);
                if (sg_word_in(one->entry[k].key, "epochs steps report")) continue;
                if (!same || !is_same(one->entry[k].value, same->value)) return false;
            }
        }
    }
    return true;
}

bool sg_document_same_training(const sg_document *then, const sg_document *now) {
    sg_diagnostics *messages = NULL;
    bool same = same_sections(then, now) && sg_diagnostics_create(&messages, NULL) == SG_OK;
    for (int training = 0; same && training < 2; training++) {
        char *a = NULL, *b = NULL;
        same = sg_document_expand_nodes(then, training, &a, messages) == SG_OK &&
               sg_document_expand_nodes(now, training, &b, messages) == SG_OK && strcmp(a, b) == 0;
        free(a);
        free(b);
    }
    sg_diagnostics_destroy(messages);
    return same;
}
