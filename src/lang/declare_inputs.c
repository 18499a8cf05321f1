/* The inputs of a block: size patterns; and its outputs. */
#include "lang/block.h"

#include <string.h>

static void read_pattern(sg_work *work, sg_block *block, sg_input *input, sg_tree *shape) {
    input->shape_span = shape->span;
    if (shape->kind == SG_TREE_BAD) {
        input->any_shape = true;
        return;
    }
    if (shape->kind != SG_TREE_LIST) {
        sg_complain(work, shape->span, "write `x: [b, n, c]`, or `x: [...]` for any shape",
                    "the sizes of the input `%s` must be a list, but are %s", input->name,
                    sg_tree_kind_text(shape));
        input->any_shape = true;
        return;
    }
    input->size = SG_TAKE(work, sg_tree *, shape->count);
    input->bind = SG_TAKE(work, int, shape->count);
    for (size_t i = 0; i < shape->count; i++) {
        sg_tree *size = shape->entry[i].value;
        bool dots = size->kind == SG_TREE_TEXT && strcmp(size->text, "...") == 0;
        if (dots && i == 0)
            input->leading = true;
        else if (dots)
            sg_complain(work, size->span, NULL, "`...` may only stand at the front of a pattern");
        else if (size->kind == SG_TREE_TEXT || size->kind == SG_TREE_NUMBER) {
            input->bind[input->rank] = -1;
            input->size[input->rank++] = size;
        } else if (size->kind != SG_TREE_BAD)
            sg_complain(work, size->span, NULL, "a size must be a name, a number or an expression, but is %s",
                        sg_tree_kind_text(size));
    }
    if (input->rank > SG_MAX_RANK) {
        sg_complain(work, shape->span, NULL,
                    "the input `%s` of block `%s` has %d axes; at most %d are possible", input->name,
                    block->name, input->rank, SG_MAX_RANK);
        input->rank = SG_MAX_RANK;
    }
}

static void read_type(sg_work *work, sg_input *input, const sg_tree *tree) {
    sg_type type;
    if (tree->kind == SG_TREE_TEXT && sg_type_from_name(tree->text, &type))
        input->type = type;
    else
        sg_complain(work, tree->span, "the types are u8, i32, f32, f64", "unknown type of the input `%s`",
                    input->name);
}

static void read_long_form(sg_work *work, sg_block *block, sg_input *input, const sg_tree *map) {
    sg_check_keys(work, map, "shape type optional doc", "an input");
    input->doc = sg_read_doc(work, map);
    const sg_entry *shape = sg_tree_entry(map, "shape"), *type = sg_tree_entry(map, "type");
    const sg_entry *optional = sg_tree_entry(map, "optional");
    if (type) read_type(work, input, type->value);
    if (optional && optional->value->kind == SG_TREE_BOOL)
        input->optional = optional->value->number != 0;
    else if (optional)
        sg_complain(work, optional->value->span, NULL, "optional must be true or false");
    if (shape)
        read_pattern(work, block, input, shape->value);
    else
        input->any_shape = true;
}

void sg_block_declare_inputs(sg_work *work, sg_block *block, const sg_tree *map) {
    if (!map) return;
    block->input = SG_TAKE(work, sg_input, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const sg_entry *entry = &map->entry[i];
        if (!sg_block_add_symbol(work, block, SG_SYMBOL_INPUT, entry->key, entry->key_span,
                                 block->input_count))
            continue;
        sg_input *input = &block->input[block->input_count++];
        *input = (sg_input){
            .name = entry->key, .span = entry->key_span, .shape_span = entry->value->span, .type = -1};
        if (entry->value->kind == SG_TREE_MAP)
            read_long_form(work, block, input, entry->value);
        else
            read_pattern(work, block, input, entry->value);
    }
}

void sg_block_declare_sizes(sg_work *work, sg_block *block) {
    for (int i = 0; i < block->input_count; i++) {
        sg_input *input = &block->input[i];
        for (int k = 0; k < input->rank; k++) {
            const sg_tree *size = input->size[k];
            if (size->kind != SG_TREE_TEXT || !sg_name_valid(size->text) ||
                sg_word_in(size->text, "batch training"))
                continue;
            if (!sg_block_symbol(block, size->text) &&
                !sg_block_add_symbol(work, block, SG_SYMBOL_SIZE, size->text, size->span, 0))
                continue;
            const sg_symbol *symbol = sg_block_symbol(block, size->text);
            if (symbol->kind == SG_SYMBOL_SIZE) input->bind[k] = (int)(symbol - block->symbol);
        }
    }
}

static void add_output(sg_work *work, sg_block *block, const char *name, sg_span span, sg_tree *from) {
    if (from->kind == SG_TREE_BAD) return;
    if (from->kind != SG_TREE_TEXT) {
        sg_complain(work, from->span, "write `outputs: node`, a list of nodes, or `{name: node}`",
                    "an output must be the name of a node, but is %s", sg_tree_kind_text(from));
        return;
    }
    if (!name) { /* `drop.keep` is called keep */
        const char *dot = strrchr(from->text, '.');
        name = dot ? dot + 1 : from->text;
    }
    for (int k = 0; k < block->output_count; k++)
        if (strcmp(block->output[k].name, name) == 0) {
            sg_complain(work, span, "write `{name: node}`", "two outputs are called `%s`", name);
            return;
        }
    /* A name that is none is either a key, or a reference that will be reported. */
    if (span.mark.column != from->span.mark.column && !sg_name_valid(name)) {
        sg_complain(work, span, "names are lower-case letters, digits and _", "`%s` cannot name an output",
                    name);
        return;
    }
    block->output[block->output_count++] = (sg_output){name, span, from};
}

void sg_block_declare_outputs(sg_work *work, sg_block *block, const sg_tree *tree) {
    size_t count = tree && tree->count ? tree->count : 1;
    block->output = SG_TAKE(work, sg_output, count);
    if (!tree) {
        sg_tree *y = sg_tree_new_text(work, "y", block->span);
        if (sg_block_symbol(block, "y"))
            add_output(work, block, "y", block->span, y);
        else
            sg_complain(work, block->span, "call one node `y`, or name the outputs: `outputs: node`",
                        "the block `%s` has no output", block->name);
        return;
    }
    if (tree->kind != SG_TREE_LIST && tree->kind != SG_TREE_MAP) {
        sg_tree *one = SG_TAKE(work, sg_tree, 1);
        *one = *tree;
        add_output(work, block, NULL, tree->span, one);
    }
    for (size_t i = 0; i < tree->count; i++)
        add_output(work, block, tree->entry[i].key, tree->entry[i].key_span, tree->entry[i].value);
    if (count > SG_MAX_NODES ||
        (tree->count == 0 && (tree->kind == SG_TREE_LIST || tree->kind == SG_TREE_MAP)))
        sg_complain(work, tree->span, NULL, "the block `%s` has no output", block->name);
}
