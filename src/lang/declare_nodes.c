/* The nodes of a block or file. */
#include "lang/block.h"

#include <string.h>

static void read_repeat(sg_work *work, sg_node_decl *node, const sg_tree *map) {
    if (map->kind == SG_TREE_BAD) return;
    if (map->kind != SG_TREE_MAP) {
        sg_complain(work, map->span, "write `repeat: {i: N}`", "repeat must be a mapping, but is %s",
                    sg_tree_kind_text(map));
        return;
    }
    if (!map->count) sg_complain(work, map->span, "write `repeat: {i: N}`", "repeat says nothing");
    node->repeats = map->count > 0;
    node->repeat = SG_TAKE(work, sg_repeat, map->count);
    for (size_t i = 0; i < map->count; i++)
        node->repeat[node->repeat_count++] =
            (sg_repeat){map->entry[i].key, map->entry[i].key_span, map->entry[i].value};
}

static void read_share(sg_work *work, sg_node_decl *node, const sg_entry *entry) {
    sg_tree *tree = entry->value;
    node->share_span = entry->key_span;
    if (tree->kind == SG_TREE_MAP) {
        sg_check_keys(work, tree, "with average", "share");
        const sg_entry *average = sg_tree_entry(tree, "average"), *with = sg_tree_entry(tree, "with");
        if (average) node->average = average->value;
        if (!with) sg_complain(work, tree->span, "write `share: node`", "share needs the node to share with");
        tree = with ? with->value : NULL;
    }
    if (tree && tree->kind != SG_TREE_TEXT) {
        sg_complain(work, tree->span, "write `share: node`", "share must name a node, but is %s",
                    sg_tree_kind_text(tree));
        tree = NULL;
    }
    node->share = tree;
}

/* Of a state, `next` is no attribute: it names a node. */
static void read_next(sg_work *work, sg_node_decl *node) {
    if (node->op->kind != SG_TREE_TEXT || strcmp(node->op->text, "state") != 0) return;
    const sg_tree *all = node->attributes;
    node->attributes = sg_tree_new(work, SG_TREE_MAP, all->span);
    for (size_t i = 0; i < all->count; i++) {
        const sg_entry *entry = &all->entry[i];
        if (strcmp(entry->key, "next") == 0)
            node->next = entry->value;
        else
            sg_tree_append(work, node->attributes, entry->key, entry->key_span, entry->value);
    }
    if (!node->next)
        sg_complain(work, node->op->span, "write `next: node`, or `init` a weight with `frozen: true`",
                    "the state `%s` never changes: it needs `next`, the node that becomes its value",
                    node->name);
}

static void read_mapping(sg_work *work, sg_node_decl *node, const sg_tree *map) {
    node->attributes = sg_tree_new(work, SG_TREE_MAP, map->span);
    for (size_t i = 0; i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        if (strcmp(entry->key, "op") == 0)
            node->op = entry->value;
        else if (strcmp(entry->key, "in") == 0)
            node->in = entry->value;
        else if (strcmp(entry->key, "repeat") == 0)
            read_repeat(work, node, entry->value);
        else if (strcmp(entry->key, "when") == 0)
            node->when = entry->value;
        else if (strcmp(entry->key, "share") == 0)
            read_share(work, node, entry);
        else if (strcmp(entry->key, "shape") == 0)
            node->shape = entry->value;
        else if (strcmp(entry->key, "recompute") == 0)
            node->recompute = entry->value;
        else if (strcmp(entry->key, "doc") == 0)
            node->doc = sg_read_doc(work, map);
        else
            sg_tree_append(work, node->attributes, entry->key, entry->key_span, entry->value);
    }
    if (node->op) {
        read_next(work, node);
        return;
    }
    const sg_tree *attributes = node->attributes;
    sg_names keys = {0};
    sg_names_add(work, &keys, "op");
    const char *hint = "write `{op: NAME, in: ..., attribute: value}`, or a formula as plain text";
    sg_span span = node->span;
    for (size_t i = 0; i < attributes->count; i++) {
        const sg_entry *entry = &attributes->entry[i];
        if (!sg_names_nearest(&keys, entry->key) && !sg_word_in(entry->key, "type layer class module"))
            continue;
        hint = "did you mean `op`?";
        span = entry->key_span;
    }
    sg_complain(work, span, hint, "the node `%s` has no op", node->name);
    node->attributes = NULL; /* what it would call is not known */
}

void sg_block_declare_nodes(sg_work *work, sg_block *block, const sg_tree *map) {
    if (!map) return;
    block->node = SG_TAKE(work, sg_node_decl, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        sg_tree *value = entry->value;
        if (!sg_block_add_symbol(work, block, SG_SYMBOL_NODE, entry->key, entry->key_span, block->node_count))
            continue;
        sg_node_decl *node = &block->node[block->node_count++];
        *node = (sg_node_decl){.name = entry->key, .span = entry->key_span};
        if (value->kind == SG_TREE_MAP)
            read_mapping(work, node, value);
        else if (value->kind == SG_TREE_LIST)
            sg_complain(work, value->span,
                        "a formula that starts with `[` or `- ` must be put in quotes as a whole",
                        "the node `%s` is a list, but must be a formula or a mapping", node->name);
        else if (value->kind != SG_TREE_BAD)
            node->formula = value;
    }
}
