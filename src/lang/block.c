/* Declaring a block: its parts, and the table of its names. */
#include "lang/block.h"
#include "lang/suggest.h"

#include <stdlib.h>
#include <string.h>

const char *sg_symbol_kind_text(sg_symbol_kind kind) {
    static const char *const texts[] = {"an input", "a size", "an argument", "a let entry", "a node"};
    return texts[kind];
}

sg_symbol *sg_block_symbol(const sg_block *block, const char *name) {
    int64_t index = sg_map_get_int(&block->names, name, -1);
    return index < 0 ? NULL : &block->symbol[index];
}

/* In files that `simgraph expand` writes, nodes are called by their whole path. */
static bool is_path(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (*name >= '0' && *name <= '9') return false;
    for (;;) {
        size_t length = strspn(name, letters);
        if (length == 0) return false;
        name += length;
        if (*name == 0) return true;
        if (*name++ != '.') return false;
    }
}

bool sg_check_name(sg_work *work, const char *name, sg_span span) {
    if (sg_name_valid(name)) return true;
    sg_complain(work, span, "names are lower-case letters, digits and _, and do not start with a digit",
                "`%s` is not a name", name);
    return false;
}

bool sg_block_add_symbol(sg_work *work, sg_block *block, sg_symbol_kind kind, const char *name, sg_span span,
                         int index) {
    bool path = block->is_file && kind == SG_SYMBOL_NODE && is_path(name);
    if (!path && !sg_check_name(work, name, span)) return false;
    if (sg_word_in(name, "batch training absent if else and or not true false")) {
        sg_complain(work, span, "choose another name", "`%s` has a meaning of its own", name);
        return false;
    }
    const sg_symbol *other = sg_block_symbol(block, name);
    if (other) {
        sg_complain(work, span, "names of one scope must differ: choose another one",
                    "`%s` is already %s, at line %d", name, sg_symbol_kind_text(other->kind),
                    other->span.mark.line);
        return false;
    }
    sg_symbol *symbol =
        sg_take_more(work, &block->symbol, &block->symbol_count, &block->symbol_room, sizeof *symbol);
    *symbol = (sg_symbol){.kind = kind, .name = name, .span = span, .index = index};
    if (!sg_map_put_int(&block->names, name, (int64_t)block->symbol_count - 1)) sg_work_escape(work);
    return true;
}

/* The entries of `nodes:` that were not indented look like keys after an empty one, which was told of: it has
 * its own key's place. */
static bool follows_empty(const sg_tree *map, size_t index, const char *known) {
    while (index > 0 && !sg_word_in(map->entry[index - 1].key, known)) index--;
    const sg_entry *before = index ? &map->entry[index - 1] : NULL;
    if (!before || before->value->kind != SG_TREE_BAD || map->style == SG_STYLE_FLOW) return false;
    const sg_mark *key = &before->key_span.mark, *value = &before->value->span.mark;
    return key->line == value->line && key->column == value->column;
}

bool sg_check_keys(sg_work *work, const sg_tree *map, const char *known, const char *what) {
    bool good = true;
    sg_names names = {0};
    for (const char *at = known; *at;) {
        size_t length = strcspn(at, " ");
        sg_names_add(work, &names, sg_take_text(work, at, length));
        at += length;
        at += strspn(at, " ");
    }
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->entry[i].key, *near;
        if (sg_word_in(key, known)) continue;
        const char *meant = sg_suggest_attribute(work, &names, key, &near), *hint = near;
        good = false;
        if (!near && follows_empty(map, i, known)) continue;
        if (!hint) hint = sg_take_printf(work, "known: %s", sg_names_text(work, &names, 20));
        sg_complain(work, map->entry[i].key_span, hint, "unknown key `%s` in %s", key, what);
        /* Read as what it was meant to be: nothing else is wrong about it. */
        if (meant && !sg_tree_entry(map, meant)) map->entry[i].key = meant;
    }
    return good;
}

const char *sg_read_doc(sg_work *work, const sg_tree *map) {
    const sg_entry *entry = sg_tree_entry(map, "doc");
    if (!entry) return NULL;
    if (entry->value->kind == SG_TREE_MAP || entry->value->kind == SG_TREE_LIST) {
        sg_complain(work, entry->value->span, NULL, "doc must be a text, but is %s",
                    sg_tree_kind_text(entry->value));
        return NULL;
    }
    return entry->value->text;
}

/* The value of a key that must hold a mapping; NULL when it is absent or something else, which is reported.
 */
static const sg_tree *part(sg_work *work, const sg_tree *map, const char *key) {
    const sg_entry *entry = sg_tree_entry(map, key);
    if (!entry || entry->value->kind == SG_TREE_BAD) return NULL;
    if (entry->value->kind == SG_TREE_MAP) return entry->value;
    sg_complain(work, entry->value->span, "write `name: value`, one a line, or {name: value, name: value}",
                "`%s` must be a mapping of names, but is %s", key, sg_tree_kind_text(entry->value));
    return NULL;
}

static void declare_lets(sg_work *work, sg_block *block, const sg_tree *map) {
    if (!map) return;
    block->let = SG_TAKE(work, sg_let, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        if (!sg_block_add_symbol(work, block, SG_SYMBOL_LET, entry->key, entry->key_span, block->let_count))
            continue;
        block->let[block->let_count++] = (sg_let){entry->key, entry->key_span, entry->value};
    }
}

static void declare_body(sg_work *work, sg_block *block, const sg_tree *map) {
    sg_block_declare_params(work, block, part(work, map, "args"));
    declare_lets(work, block, part(work, map, "let"));
    sg_block_declare_nodes(work, block, part(work, map, "nodes"));
    sg_block_declare_sizes(work, block);
}

void sg_block_declare(sg_work *work, sg_block *block, const sg_tree *map) {
    size_t errors = sg_diagnostics_errors(work->diagnostics);
    if (map->kind != SG_TREE_MAP) {
        if (map->kind != SG_TREE_BAD)
            sg_complain(work, map->span,
                        "a block is a mapping with the keys doc inputs args let nodes outputs",
                        "the block `%s` is %s", block->name, sg_tree_kind_text(map));
        block->broken = true;
        return;
    }
    sg_check_keys(work, map, "doc inputs args let nodes outputs", "a block");
    block->doc = sg_read_doc(work, map);
    sg_block_declare_inputs(work, block, part(work, map, "inputs"));
    declare_body(work, block, map);
    const sg_entry *outputs = sg_tree_entry(map, "outputs");
    sg_block_declare_outputs(work, block, outputs ? outputs->value : NULL);
    block->broken = sg_diagnostics_errors(work->diagnostics) > errors;
}

void sg_block_declare_file(sg_work *work, sg_block *block, const sg_tree *root) {
    block->is_file = true;
    declare_body(work, block, root);
}

void sg_block_finish(sg_block *block) {
    sg_map_finish(&block->names);
}
