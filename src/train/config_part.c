/* `split: {validation: 0.05, seed: 1}` in an entry of `data`: shares of its samples under names of their own.
 */
#include <string.h>

#include "data/split.h"
#include "train/config.h"

static const char seed_key[] = "seed";

static bool is_part(const sg_split_config *split) {
    return split->source && strcmp(split->source->schema->name, "part") == 0;
}

size_t sg_config_count_parts(const sg_tree *data) {
    size_t count = 0;
    for (size_t i = 0; i < sg_tree_count(data); i++)
        count += sg_tree_count(sg_tree_find(sg_tree_at(data, i), "split"));
    return count;
}

bool sg_config_names_part(const sg_tree *data, const char *name) {
    for (size_t i = 0; i < sg_tree_count(data); i++)
        if (sg_tree_find(sg_tree_find(sg_tree_at(data, i), "split"), name)) return true;
    return false;
}

/* A mean over the entry itself is still one over that entry, not over what is held out, which would tell of
 * itself.
 */
static const sg_call *copy_step(sg_train_config *config, const sg_split_config *from, const sg_call *step) {
    const sg_field_spec alone = {.steps = &step, .step_count = 1};
    const char *over = sg_field_needs_split(&alone);
    if (!over || *over) return step;
    sg_call *copy = sg_bump_array(config->memory, 1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *step;
    copy->attr[sg_schema_attr_index(step->schema, "split")] =
        (sg_attr){.set = true, .present = true, .text = from->name};
    return copy;
}

/* What training draws at random is left out of what is held out. */
static bool copy_fields(sg_train_config *config, const sg_split_config *from, sg_split_config *to) {
    to->fields = sg_bump_array(config->memory, (size_t)from->field_count + 1, sizeof *to->fields);
    to->field_marks = from->field_marks;
    to->field_count = from->field_count;
    for (int f = 0; to->fields && f < from->field_count; f++) {
        const sg_field_spec *field = &from->fields[f];
        const sg_call **steps = sg_bump_array(config->memory, (size_t)field->step_count + 1, sizeof *steps);
        if (!steps) return false;
        to->fields[f] = *field;
        to->fields[f].steps = steps;
        to->fields[f].step_count = 0;
        for (int k = 0; k < field->step_count; k++) {
            if (((const sg_step *)field->steps[k]->schema)->random) continue;
            const sg_call *step = copy_step(config, from, field->steps[k]);
            if (!step) return false;
            steps[to->fields[f].step_count++] = step;
        }
    }
    return to->fields != NULL;
}

/* The entry of this name that says it is a part, or a new one. NULL after reporting. */
static sg_split_config *place(sg_train_config *config, const sg_split_config *whole, const char *name,
                              sg_mark mark, const sg_tree *tree, sg_diagnostics *diagnostics) {
    int index = sg_config_split_index(config, name);
    sg_split_config *split = &config->splits[index >= 0 ? index : config->split_count];
    if (index < 0) {
        *split = (sg_split_config){.name = name, .mark = mark};
        if (!copy_fields(config, whole, split)) {
            sg_config_no_memory(diagnostics);
            return NULL;
        }
        config->split_count++;
        return split;
    }
    if (is_part(split) && strcmp(split->source->attr[0].text, whole->name) == 0) return split;
    sg_config_complain(diagnostics, tree, "fields of its own it has with {op: part, of: NAME, fields: ...}",
                       "`split` makes the part `%s`, but there is an entry of this name", name);
    return NULL;
}

/* One entry's `split`. `index`, since the array grows. */
static bool read_parts(sg_train_config *config, int index, const sg_tree *tree, sg_diagnostics *diagnostics) {
    if (sg_tree_kind_of(tree) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, tree, NULL,
                           "`split` maps names to shares of the samples, as in {validation: 0.05, seed: 1}");
        return false;
    }
    int64_t seed = 0;
    double used = 0;
    sg_tree_read_int(tree, seed_key, false, 0, INT64_C(1) << 53, &seed, diagnostics);
    for (size_t i = 0; i < sg_tree_count(tree); i++) {
        const char *name = sg_tree_key(tree, i);
        double share;
        if (strcmp(name, seed_key) == 0) continue;
        if (!sg_tree_read_number(tree, name, true, 0, 1, &share, diagnostics)) return false;
        if (!(share > 0) || !(used + share < 1)) {
            sg_config_complain(
                diagnostics, sg_tree_at(tree, i), NULL,
                "the shares of `split` must be more than 0, and leave something: less than 1 together");
            return false;
        }
        const sg_split_config *whole = &config->splits[index];
        sg_split_config *part =
            place(config, whole, name, sg_tree_key_mark(tree, i), sg_tree_at(tree, i), diagnostics);
        if (!part) return false;
        part->source = whole->source;
        part->entry = whole->name;
        part->begin = used;
        part->end = used + share;
        part->seed = (uint64_t)seed;
        used += share;
    }
    config->splits[index].begin = used;
    config->splits[index].end = used > 0 ? 1 : 0;
    config->splits[index].seed = (uint64_t)seed;
    return true;
}

static const sg_tree *split_of(const sg_tree *data, const sg_split_config *split) {
    return sg_tree_find(sg_tree_find(data, split->name), "split");
}

bool sg_config_read_parts(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics) {
    bool good = true;
    int count = config->split_count;
    for (int i = 0; i < count; i++)
        if (is_part(&config->splits[i]) && split_of(data, &config->splits[i])) {
            sg_config_complain(diagnostics, split_of(data, &config->splits[i]), NULL,
                               "a part is not split again");
            good = false;
        }
    for (int i = 0; i < count && good; i++) {
        const sg_tree *tree = split_of(data, &config->splits[i]);
        good = !tree || read_parts(config, i, tree, diagnostics);
    }
    return good;
}

void sg_config_check_parts(sg_train_config *config, const sg_tree *data, sg_diagnostics *diagnostics) {
    for (int i = 0; i < config->split_count; i++) {
        const sg_split_config *split = &config->splits[i];
        if (!is_part(split)) continue;
        const char *of = split->source->attr[0].text;
        sg_config_complain(diagnostics, sg_tree_find(sg_tree_find(data, split->name), "of"),
                           "`split: {NAME: SHARE}` in that entry makes it", "`%s` has no part `%s`", of,
                           split->name);
    }
}
