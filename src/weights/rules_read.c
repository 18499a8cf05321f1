/* Reading rules: {ours: theirs}. */
#include "weights/names.h"

#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 9 }; /* of what is added to a number: sums stay far below 64 bits */

typedef struct reader {
    sg_bump *memory;
    sg_diagnostics *diagnostics;
    bool computed;
    const char *ours;
    bool failed, short_of_memory;
} reader;

static void *take(reader *r, size_t count, size_t size) {
    void *memory = sg_bump_array(r->memory, count, size);
    if (!memory) r->failed = r->short_of_memory = true;
    return memory;
}

static void complain(reader *r, const sg_tree *tree, const char *message) {
    r->failed = true;
    sg_tree_complain(r->diagnostics, tree, NULL, "%s", message);
}

/* Whether our pattern has a segment <NAME>. */
static bool captures(const char *ours, const char *name, size_t length) {
    for (const char *at = ours; *at; at += strcspn(at, "."), at += *at == '.')
        if (at[0] == '<' && strncmp(at + 1, name, length) == 0 && at[1 + length] == '>') return true;
    return false;
}

/* Every <name>, <name+1> and <name-1> of their name must be captured by ours. */
static void check_captures(reader *r, const sg_tree *tree, const char *theirs) {
    for (const char *at = strchr(theirs, '<'); at; at = strchr(at + 1, '<')) {
        size_t name = strcspn(at + 1, "+-<>"), end = 1 + name, digits = 1;
        if (at[end] == '+' || at[end] == '-') {
            digits = strspn(at + end + 1, "0123456789");
            end += 1 + digits;
        }
        bool whole = name && digits > 0 && digits <= MOST_DIGITS && at[end] == '>';
        if (whole && captures(r->ours, at + 1, name)) continue;
        r->failed = true;
        if (whole)
            sg_tree_complain(r->diagnostics, tree, NULL,
                             "`<%.*s>` stands for nothing: `%s` does not capture it", (int)name, at + 1,
                             r->ours);
        else
            sg_tree_complain(
                r->diagnostics, tree, NULL,
                "a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it");
        return;
    }
}

/* A name, or 0 for zeros. */
static const char *read_part(reader *r, const sg_tree *tree, bool zeros) {
    if (sg_tree_kind_of(tree) == SG_TREE_TEXT && *sg_tree_text(tree)) {
        check_captures(r, tree, sg_tree_text(tree));
        return sg_tree_text(tree);
    }
    if (!zeros || sg_tree_kind_of(tree) != SG_TREE_NUMBER || sg_tree_number(tree) != 0)
        complain(r, tree,
                 zeros ? "what is joined are names, or 0 for zeros"
                       : "theirs is a name, a list of names to be joined, or a mapping with the key `name`");
    return NULL;
}

static void read_way(reader *r, sg_name_way *way, const sg_tree *tree) {
    bool list = sg_tree_kind_of(tree) == SG_TREE_LIST;
    int count = list ? (int)sg_tree_count(tree) : 1;
    way->part = take(r, (size_t)count + 1, sizeof *way->part);
    if (!way->part) return;
    way->count = count;
    if (count > 1 && r->computed) complain(r, tree, "what is computed has one name");
    bool named = false;
    for (int i = 0; i < count; i++) {
        way->part[i] = read_part(r, list ? sg_tree_at(tree, (size_t)i) : tree, list);
        named = named || way->part[i];
    }
    if (!named && !r->failed) complain(r, tree, "nothing is named here");
}

/* [1, 1, ...]: axes of size 1 before and behind ours. */
static void read_shape(reader *r, sg_name_rule *rule, const sg_tree *tree) {
    bool rest = false, good = sg_tree_kind_of(tree) == SG_TREE_LIST;
    for (size_t i = 0; good && i < sg_tree_count(tree); i++) {
        const sg_tree *axis = sg_tree_at(tree, i);
        bool dots = sg_tree_kind_of(axis) == SG_TREE_TEXT && strcmp(sg_tree_text(axis), "...") == 0;
        if (!dots && (sg_tree_kind_of(axis) != SG_TREE_NUMBER || sg_tree_number(axis) != 1)) good = false;
        if (dots && rest) good = false;
        if (!dots) ++*(rest ? &rule->behind : &rule->front);
        rest = rest || dots;
    }
    if (!good || !rest || sg_tree_count(tree) > SG_MAX_RANK)
        complain(r, tree, "`shape` lists axes of size 1 around ours, which are `...`: [1, ...]");
}

static void read_word(reader *r, const sg_tree *map, const char *key, const char *a, const char *b,
                      const char **out) {
    const char *word = NULL;
    if (!sg_tree_find(map, key)) return;
    if (sg_tree_read_text(map, key, false, &word, r->diagnostics) && strcmp(word, a) != 0 &&
        strcmp(word, b) != 0) {
        sg_tree_complain(r->diagnostics, sg_tree_find(map, key), NULL, "`%s` is %s or %s, not `%s`", key, a,
                         b, word);
        word = NULL;
    }
    *out = word;
    r->failed = r->failed || !word;
}

static int read_rows(reader *r, const sg_tree *map, const char *key) {
    int64_t rows = 0;
    if (sg_tree_find(map, key) && !sg_tree_read_int(map, key, false, 0, 1000, &rows, r->diagnostics))
        r->failed = true;
    return (int)rows;
}

static void read_resize(reader *r, sg_name_rule *rule, const sg_tree *map) {
    static const char *const needs[] = {"by", "first", "last", "grid"};
    const char *kind = NULL;
    read_word(r, map, "resize", "positions", "offsets", &kind);
    read_word(r, map, "by", "bicubic", "geometric", &rule->by);
    for (int i = 0; i < 4 && !kind && !r->failed; i++)
        if (sg_tree_find(map, needs[i]))
            complain(r, sg_tree_find(map, needs[i]), "this says how to resize: the key `resize` is missing");
    rule->first = read_rows(r, map, "first");
    rule->last = read_rows(r, map, "last");
    if (sg_tree_find(map, "grid") && !sg_tree_read_text(map, "grid", false, &rule->grid, r->diagnostics))
        r->failed = true;
    if (!kind) return;
    rule->resize = strcmp(kind, "positions") == 0 ? SG_RESIZE_POSITIONS : SG_RESIZE_OFFSETS;
    if (!rule->by) rule->by = "bicubic";
    if (rule->resize == SG_RESIZE_POSITIONS && strcmp(rule->by, "bicubic") != 0)
        complain(r, sg_tree_find(map, "by"), "positions are resized by bicubic interpolation alone");
    if (rule->way[0].count > 1) complain(r, map, "what is joined cannot be resized");
}

static void read_map(reader *r, sg_name_rule *rule, const sg_tree *tree) {
    const char *keys = r->computed ? "name shape first" : "name or shape resize by first last grid";
    if (!sg_tree_check_keys(tree, "a rule", keys, r->diagnostics)) r->failed = true;
    const sg_tree *name = sg_tree_find(tree, "name"), *other = sg_tree_find(tree, "or"),
                  *shape = sg_tree_find(tree, "shape");
    if (!name) {
        complain(r, tree, "the key `name` is missing: what it is called there");
        return;
    }
    read_way(r, &rule->way[rule->way_count++], name);
    if (other) read_way(r, &rule->way[rule->way_count++], other);
    if (shape) read_shape(r, rule, shape);
    if (r->computed)
        rule->first = read_rows(r, tree, "first");
    else
        read_resize(r, rule, tree);
}

static void read_rule(reader *r, sg_name_rule *rule, const char *ours, const sg_tree *theirs) {
    bool before = r->failed;
    r->failed = false; /* what is wrong with one rule hides nothing of the next */
    *rule = (sg_name_rule){.ours = ours, .segments = 1};
    for (const char *c = ours; *c; c++) rule->segments += *c == '.';
    r->ours = ours;
    if (sg_tree_kind_of(theirs) == SG_TREE_MAP)
        read_map(r, rule, theirs);
    else
        read_way(r, &rule->way[rule->way_count++], theirs);
    r->failed = r->failed || before;
}

sg_status sg_name_rules_read(sg_name_rule **rules, size_t *count, sg_bump *memory, const sg_tree *tree,
                             bool computed, sg_diagnostics *diagnostics) {
    reader r = {.memory = memory, .diagnostics = diagnostics, .computed = computed};
    size_t entries = sg_tree_count(tree);
    *rules = take(&r, entries + 1, sizeof **rules);
    for (size_t i = 0; *rules && i < entries; i++)
        read_rule(&r, &(*rules)[(*count)++], sg_tree_key(tree, i), sg_tree_at(tree, i));
    return r.short_of_memory ? SG_OUT_OF_MEMORY : r.failed ? SG_BAD_GRAPH : SG_OK;
}
