/* What stands where in a graph file, the order of its keys, and spaces in its expressions. */
#include "lang/style.h"

#include "lang/expr.h"
#include "lang/scalar.h"
#include "lang/template.h"
#include "lang/tree.h"

#include <string.h>

/* The place of the value under a key; "*" stands for all others. Keys of one place that are named here stand
 * in this order, "*" where the others stand. */
static const struct {
    sg_place of;
    const char *key;
    sg_place is;
} keys[] = {
    {SG_PLACE_FILE, "simgraph", SG_PLACE_VERBATIM},
    {SG_PLACE_FILE, "doc", SG_PLACE_DOC},
    {SG_PLACE_FILE, "include", SG_PLACE_VERBATIM},
    {SG_PLACE_FILE, "base", SG_PLACE_VERBATIM},
    {SG_PLACE_FILE, "set", SG_PLACE_VERBATIM},
    {SG_PLACE_FILE, "variants", SG_PLACE_VARIANTS},
    {SG_PLACE_FILE, "args", SG_PLACE_ARGUMENTS},
    {SG_PLACE_FILE, "let", SG_PLACE_LET},
    {SG_PLACE_FILE, "blocks", SG_PLACE_BLOCKS},
    {SG_PLACE_FILE, "nodes", SG_PLACE_NODES},
    {SG_PLACE_FILE, "data", SG_PLACE_SECTION},
    {SG_PLACE_FILE, "init", SG_PLACE_LITERAL},
    {SG_PLACE_FILE, "train", SG_PLACE_SECTION},
    {SG_PLACE_FILE, "evaluate", SG_PLACE_SECTION},
    {SG_PLACE_FILE, "save", SG_PLACE_LITERAL},
    {SG_PLACE_VARIANTS, "*", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENTS, "*", SG_PLACE_ARGUMENT},
    {SG_PLACE_ARGUMENT, "type", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENT, "default", SG_PLACE_LITERAL},
    {SG_PLACE_ARGUMENT, "min", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENT, "max", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENT, "one_of", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENT, "*", SG_PLACE_VERBATIM},
    {SG_PLACE_ARGUMENT, "doc", SG_PLACE_DOC},
    {SG_PLACE_LET, "*", SG_PLACE_EXPRESSION},
    {SG_PLACE_BLOCKS, "*", SG_PLACE_BLOCK},
    {SG_PLACE_BLOCK, "doc", SG_PLACE_DOC},
    {SG_PLACE_BLOCK, "inputs", SG_PLACE_INPUTS},
    {SG_PLACE_BLOCK, "args", SG_PLACE_ARGUMENTS},
    {SG_PLACE_BLOCK, "let", SG_PLACE_LET},
    {SG_PLACE_BLOCK, "nodes", SG_PLACE_NODES},
    {SG_PLACE_BLOCK, "*", SG_PLACE_VERBATIM},
    {SG_PLACE_BLOCK, "outputs", SG_PLACE_VERBATIM},
    {SG_PLACE_INPUTS, "*", SG_PLACE_INPUT},
    {SG_PLACE_INPUT, "shape", SG_PLACE_EXPRESSION},
    {SG_PLACE_INPUT, "type", SG_PLACE_VERBATIM},
    {SG_PLACE_INPUT, "optional", SG_PLACE_VERBATIM},
    {SG_PLACE_INPUT, "*", SG_PLACE_VERBATIM},
    {SG_PLACE_INPUT, "doc", SG_PLACE_DOC},
    {SG_PLACE_NODES, "*", SG_PLACE_NODE},
    {SG_PLACE_NODE, "op", SG_PLACE_LITERAL},
    {SG_PLACE_NODE, "in", SG_PLACE_VERBATIM},
    {SG_PLACE_NODE, "repeat", SG_PLACE_LET},
    {SG_PLACE_NODE, "when", SG_PLACE_EXPRESSION},
    {SG_PLACE_NODE, "share", SG_PLACE_VERBATIM},
    {SG_PLACE_NODE, "shape", SG_PLACE_EXPRESSION},
    {SG_PLACE_NODE, "*", SG_PLACE_LITERAL},
    {SG_PLACE_NODE, "recompute", SG_PLACE_EXPRESSION},
    {SG_PLACE_NODE, "doc", SG_PLACE_DOC},
    {SG_PLACE_SECTION, "*", SG_PLACE_LITERAL},
    {SG_PLACE_LITERAL, "op", SG_PLACE_LITERAL},
    {SG_PLACE_LITERAL, "*", SG_PLACE_LITERAL},
    {SG_PLACE_EXPRESSION, "op", SG_PLACE_LITERAL},
    {SG_PLACE_EXPRESSION, "*", SG_PLACE_LITERAL},
};

enum { KEYS = sizeof keys / sizeof *keys };

/* Index into the table, which is also the rank of the key; -1 where the place says nothing. */
static int find(sg_place place, const char *key) {
    int rest = -1;
    for (int i = 0; i < KEYS; i++) {
        if (keys[i].of != place) continue;
        if (strcmp(keys[i].key, key) == 0) return i;
        if (strcmp(keys[i].key, "*") == 0) rest = i;
    }
    return rest;
}

/* Stable: keys of one rank keep their order. */
static void sort(sg_styled *map) {
    for (size_t i = 1; i < map->count; i++) {
        sg_styled_entry entry = map->entry[i];
        int rank = find(map->place, entry.key);
        size_t k = i;
        for (; k > 0 && find(map->place, map->entry[k - 1].key) > rank; k--)
            map->entry[k] = map->entry[k - 1];
        map->entry[k] = entry;
    }
}

static void arrange_expression(sg_work *work, sg_styled *scalar) {
    if (strcmp(scalar->text, "...") == 0) return; /* of a pattern */
    if (sg_expr_parse(work, scalar->text, scalar->mark))
        scalar->text = sg_style_expression(work, scalar->text);
}

static void arrange_literal(sg_work *work, sg_styled *scalar) {
    const char *text = scalar->text, *out = "";
    sg_tree tree = {.kind = SG_TREE_TEXT, .span = {scalar->mark, 1}, .text = text};
    if (!strchr(text, '$') || !sg_template_parse(work, &tree)) return;
    while (*text) {
        size_t length = strcspn(text, "$");
        out = sg_take_printf(work, "%s%.*s", out, (int)length, text);
        text += length;
        if (!*text) break;
        if (text[1] != '(') { /* $$ or $name */
            out = sg_take_printf(work, "%s%.2s", out, text);
            text += 2;
            continue;
        }
        sg_expr_parse_group(work, text + 1, scalar->mark, &length);
        const char *inner = sg_take_text(work, text + 2, length - 2);
        out = sg_take_printf(work, "%s$(%s)", out, sg_style_expression(work, inner));
        text += 1 + length;
    }
    scalar->text = out;
}

/* A number or truth value is no expression. */
static bool is_text(const sg_styled *scalar) {
    double number;
    const char *advice;
    return !scalar->plain || sg_scalar_of(scalar->text, &number, &advice) == SG_SCALAR_PLAIN;
}

static void arrange(sg_work *work, sg_styled *piece, sg_place place) {
    bool collection = piece->kind != SG_PIECE_SCALAR;
    /* A node that is text is a formula, an argument its default, an input a pattern. */
    bool map = piece->kind == SG_PIECE_MAP;
    if (!map && place == SG_PLACE_NODE) place = SG_PLACE_EXPRESSION;
    if (!map && place == SG_PLACE_INPUT) place = SG_PLACE_EXPRESSION;
    if (!map && place == SG_PLACE_ARGUMENT) place = SG_PLACE_LITERAL;
    if (map && place == SG_PLACE_ARGUMENT)
        for (size_t i = 0; i < piece->count; i++)
            if (strcmp(piece->entry[i].key, "op") == 0) place = SG_PLACE_LITERAL; /* a call */
    piece->place = place;
    if (!collection && is_text(piece) && place == SG_PLACE_EXPRESSION) arrange_expression(work, piece);
    if (!collection && is_text(piece) && place == SG_PLACE_LITERAL) arrange_literal(work, piece);
    for (size_t i = 0; i < piece->count; i++) {
        sg_styled_entry *entry = &piece->entry[i];
        int at = map ? find(place, entry->key) : -1;
        sg_place below = at >= 0 ? keys[at].is : map ? SG_PLACE_VERBATIM : place;
        if (map && place == SG_PLACE_FILE && at < 0) below = SG_PLACE_VERBATIM;
        arrange(work, entry->value, below);
    }
    if (map) sort(piece);
}

/* A comment cannot stand between the dash of a list and what follows it: it moves in front of it. */
static void lift_comments(sg_work *work, sg_styled *piece) {
    for (size_t i = 0; i < piece->count; i++) {
        sg_styled_entry *entry = &piece->entry[i];
        lift_comments(work, entry->value);
        if (piece->kind != SG_PIECE_LIST || entry->value->count == 0) continue;
        sg_comments *lead = &entry->lead, *inner = &entry->value->entry[0].lead;
        if (entry->trail) {
            sg_comment *place = sg_take_more(work, &lead->at, &lead->count, &lead->room, sizeof *place);
            *place = (sg_comment){entry->trail, 0, false};
            entry->trail = NULL;
        }
        for (size_t k = 0; k < inner->count; k++) {
            sg_comment *place = sg_take_more(work, &lead->at, &lead->count, &lead->room, sizeof *place);
            *place = inner->at[k];
            place->blank = place->blank && k > 0;
        }
        inner->count = 0;
    }
}

void sg_style_arrange(sg_work *work, sg_styled *root) {
    arrange(work, root, SG_PLACE_FILE);
    lift_comments(work, root);
}
