/* The section `data`: splits, their sources and fields. */
#include <stdio.h>
#include <string.h>

#include "train/config.h"

/* A field is a list of steps, or {of: column, steps: [...]}. */
static bool read_field(sg_train_config *config, const char *name, const sg_tree *tree, sg_field_spec *field,
                       sg_diagnostics *diagnostics) {
    field->name = name;
    const sg_tree *list = tree;
    if (sg_tree_kind_of(tree) == SG_TREE_MAP) {
        if (sg_tree_find(tree, "op")) {
            sg_config_complain(diagnostics, tree, "put it in brackets: a list of steps",
                               "a field is a list of steps, or {of: column, steps: [...]}");
            return false;
        }
        if (!sg_tree_check_keys(tree, "a field", "of steps", diagnostics)) return false;
        sg_tree_read_text(tree, "of", false, &field->column, diagnostics);
        list = sg_tree_find(tree, "steps");
        if (!list) return true;
    }
    if (sg_tree_kind_of(list) != SG_TREE_LIST) {
        sg_config_complain(diagnostics, list, "without steps it is []",
                           "a field is a list of steps, or {of: column, steps: [...]}");
        return false;
    }
    const sg_call **steps = sg_bump_array(config->memory, sg_tree_count(list) + 1, sizeof *steps);
    if (!steps) {
        sg_config_no_memory(diagnostics);
        return false;
    }
    field->steps = steps;
    for (size_t i = 0; i < sg_tree_count(list); i++) {
        const sg_call *call = sg_config_call(sg_tree_at(list, i), SG_KIND_STEP, NULL, diagnostics);
        if (call) steps[field->step_count++] = call;
    }
    return (size_t)field->step_count == sg_tree_count(list);
}

/* Where the field is: its name, or the value that --set puts in the place of what stands there. */
static sg_mark field_mark(const sg_tree *fields, size_t i) {
    sg_mark name = sg_tree_key_mark(fields, i), value = sg_tree_mark(sg_tree_at(fields, i));
    bool same = !name.file || !value.file || strcmp(name.file, value.file) == 0;
    return same ? name : value;
}

static bool read_split(sg_train_config *config, const sg_tree *tree, sg_split_config *split,
                       sg_diagnostics *diagnostics) {
    split->source = sg_config_call(tree, SG_KIND_SOURCE, "fields split", diagnostics);
    const sg_tree *fields = sg_tree_find(tree, "fields");
    if (!fields) {
        sg_config_complain(diagnostics, tree, "as in fields: {image: []}",
                           "the split `%s` needs `fields`, which say what feeds which input", split->name);
        return false;
    }
    if (sg_tree_kind_of(fields) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, fields, NULL, "`fields` maps names of inputs to lists of steps");
        return false;
    }
    size_t count = sg_tree_count(fields);
    split->fields = sg_bump_array(config->memory, count + 1, sizeof *split->fields);
    split->field_marks = sg_bump_array(config->memory, count + 1, sizeof *split->field_marks);
    if (!split->fields || !split->field_marks) {
        sg_config_no_memory(diagnostics);
        return false;
    }
    bool good = split->source != NULL;
    for (size_t i = 0; i < count; i++) {
        split->field_marks[split->field_count] = field_mark(fields, i);
        good = read_field(config, sg_tree_key(fields, i), sg_tree_at(fields, i),
                          &split->fields[split->field_count++], diagnostics) &&
               good;
    }
    return good;
}

bool sg_config_data_is_source(const sg_tree *data) {
    const sg_tree *op = sg_tree_find(data, "op");
    return op && sg_tree_kind_of(op) == SG_TREE_TEXT;
}

void sg_config_read_data(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics) {
    if (!data) return;
    if (sg_tree_kind_of(data) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, data, NULL, "`data` maps names of splits to sources");
        return;
    }
    if (sg_config_data_is_source(data)) {
        const sg_tree *op = sg_tree_find(data, "op");
        char hint[SG_MESSAGE_MAX];
        snprintf(hint, sizeof hint, "give it a name, as in data: {train: {op: %s, ...}}", sg_tree_text(op));
        sg_config_complain(diagnostics, op, hint,
                           "`data` maps names of splits to sources, but this is a source itself");
        return;
    }
    config->splits = sg_bump_array(config->memory, sg_tree_count(data) + sg_config_count_parts(data) + 1,
                                   sizeof *config->splits);
    if (!config->splits) {
        sg_config_no_memory(diagnostics);
        return;
    }
    for (size_t i = 0; i < sg_tree_count(data); i++) {
        sg_split_config *split = &config->splits[config->split_count];
        *split = (sg_split_config){.name = sg_tree_key(data, i), .mark = sg_tree_key_mark(data, i)};
        if (read_split(config, sg_tree_at(data, i), split, diagnostics)) config->split_count++;
    }
    bool all = (size_t)config->split_count == sg_tree_count(data);
    if (sg_config_read_parts(config, data, diagnostics) && all)
        sg_config_check_parts(config, data, diagnostics);
}

bool sg_config_is_first(const sg_train_config *config, sg_split *const *splits, int index) {
    for (int i = 0; i < index; i++)
        if (splits[i] && config->splits[i].source == config->splits[index].source) return false;
    return true;
}

sg_split_options sg_config_split_options(const sg_train_config *config, int index, sg_split *const *splits) {
    const sg_split_config *split = &config->splits[index];
    sg_split_options options = {
        .size = sizeof options,
        .name = split->name,
        .entry = split->entry,
        .source = split->source,
        .fields = split->fields,
        .field_count = split->field_count,
        .begin = split->begin,
        .end = split->end,
        .part_seed = split->seed,
    };
    for (int i = 0; splits && i < config->split_count && !options.same; i++)
        if (splits[i] && config->splits[i].source == split->source) options.same = splits[i];
    return options;
}
