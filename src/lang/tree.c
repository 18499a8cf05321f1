/* Trees: making, copying, describing. */
#include "lang/tree.h"

#include "base/numeric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

sg_tree *sg_tree_new(sg_work *work, int kind, sg_span span) {
    sg_tree *tree = SG_TAKE(work, sg_tree, 1);
    tree->kind = kind;
    tree->span = span;
    tree->value = SG_NO_VALUE;
    return tree;
}

sg_tree *sg_tree_new_number(sg_work *work, double number, sg_span span) {
    sg_tree *tree = sg_tree_new(work, SG_TREE_NUMBER, span);
    tree->number = number;
    return tree;
}

sg_tree *sg_tree_new_bool(sg_work *work, bool truth, sg_span span) {
    sg_tree *tree = sg_tree_new(work, SG_TREE_BOOL, span);
    tree->number = truth;
    tree->text = truth ? "true" : "false";
    return tree;
}

sg_tree *sg_tree_new_text(sg_work *work, const char *text, sg_span span) {
    sg_tree *tree = sg_tree_new(work, SG_TREE_TEXT, span);
    tree->text = text;
    return tree;
}

sg_tree *sg_tree_new_bad(sg_work *work, sg_span span) {
    return sg_tree_new(work, SG_TREE_BAD, span);
}

sg_tree *sg_tree_new_absent(sg_work *work, const char *text, sg_span span) {
    sg_tree *tree = sg_tree_new(work, SG_TREE_ABSENT, span);
    tree->text = text;
    return tree;
}

void sg_tree_append(sg_work *work, sg_tree *tree, const char *key, sg_span key_span, sg_tree *value) {
    sg_entry *entry = sg_take_more(work, &tree->entry, &tree->count, &tree->room, sizeof *entry);
    *entry = (sg_entry){key, key_span, value};
}

sg_entry *sg_tree_entry(const sg_tree *tree, const char *key) {
    if (!tree || tree->kind != SG_TREE_MAP) return NULL;
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->entry[i].key, key) == 0) return &tree->entry[i];
    return NULL;
}

sg_tree *sg_tree_copy(sg_work *work, const sg_tree *tree) {
    sg_tree *copy = sg_tree_new(work, tree->kind, tree->span);
    *copy = *tree;
    copy->room = copy->count;
    copy->entry = SG_TAKE(work, sg_entry, tree->count);
    if (tree->count) memcpy(copy->entry, tree->entry, tree->count * sizeof *copy->entry);
    return copy;
}

sg_tree *sg_tree_at_span(sg_work *work, const sg_tree *tree, sg_span span) {
    sg_tree *copy = sg_tree_new(work, tree->kind, span);
    *copy = *tree;
    copy->span = span;
    if (!copy->written.mark.line && tree->text) copy->written = tree->span;
    return copy;
}

bool sg_tree_has_bad(const sg_tree *tree) {
    for (size_t i = 0; i < tree->count; i++)
        if (sg_tree_has_bad(tree->entry[i].value)) return true;
    return tree->kind == SG_TREE_BAD;
}

bool sg_tree_is_call(const sg_tree *tree) {
    return sg_tree_entry(tree, "op") != NULL;
}

const char *sg_tree_kind_text(const sg_tree *tree) {
    switch (tree->kind) {
    case SG_TREE_MAP:
        return sg_tree_is_call(tree) ? "a call" : "a mapping";
    case SG_TREE_LIST:
        return "a list";
    case SG_TREE_NUMBER:
        return "a number";
    case SG_TREE_BOOL:
        return "a truth value";
    case SG_TREE_TEXT:
        return "a text";
    case SG_TREE_TENSOR:
        return "a node";
    case SG_TREE_ABSENT:
        return "an input that was not given";
    default:
        return "nothing";
    }
}

bool sg_number_whole(double number) {
    return floor(number) == number && fabs(number) <= 9007199254740992.0;
}

const char *sg_number_words(sg_work *work, double number) {
    if (sg_number_whole(number)) return sg_number_text(work, number);
    return sg_take_printf(work, "%.6g", number);
}

void sg_number_write(char text[SG_NUMBER_ROOM], double number) {
    if (sg_number_whole(number) && fabs(number) < 1e15) {
        sg_snprintf(text, SG_NUMBER_ROOM, "%.0f", number);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        sg_snprintf(text, SG_NUMBER_ROOM, "%.*g", digits, number);
        if (sg_strtod(text, NULL) == number) return;
    }
}

const char *sg_number_text(sg_work *work, double number) {
    char text[SG_NUMBER_ROOM];
    sg_number_write(text, number + 0.0); /* without the sign of a zero */
    return sg_take_text(work, text, strlen(text));
}

bool sg_word_in(const char *word, const char *words) {
    size_t length = strlen(word);
    for (const char *at = words; at && *at;) {
        size_t span = strcspn(at, " ");
        if (span == length && memcmp(at, word, length) == 0) return true;
        at += span;
        at += strspn(at, " ");
    }
    return false;
}

bool sg_name_valid(const char *name) {
    if (!(*name == '_' || (*name >= 'a' && *name <= 'z'))) return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == 0;
}
