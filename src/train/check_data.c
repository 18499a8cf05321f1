/* Checking the section `data` as far as its sources tell what they hold without being read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "simgraph/op.h"
#include "train/trainer.h"

static const sg_field_fault no_fault = {-1, -1};

/* The split with `count` of these of its fields; `fault` becomes what is wrong with a step, or none. */
static sg_status describe(sg_split **out, const sg_train_config *config, int index, sg_split *const *splits,
                          const sg_field_spec *fields, int count, sg_field_fault *fault, sg_error *error) {
    sg_split_options options = sg_config_split_options(config, index, splits);
    options.fields = fields;
    options.field_count = count;
    options.describe = true;
    options.fault = fault;
    *fault = no_fault;
    sg_status status = sg_split_create(out, &options, error);
    if (status == SG_OK && sg_split_field_count(*out) < count) {
        sg_split_destroy(*out); /* only loading tells */
        *out = NULL;
    }
    return status;
}

/* Whether the fields are those of an entry before, of which this split is a part, and were told of there. */
static bool told_of_entry(const sg_train_config *all, int index, sg_mark mark,
                          const sg_diagnostics *diagnostics) {
    for (int i = 0; i < index; i++)
        if (all->splits[i].field_marks == all->splits[index].field_marks)
            return sg_told_at(diagnostics, mark);
    return false;
}

/* A graph file that is wrong is an error; a data set that is not here is not the file's fault. `fault` is of
 * the field. */
static void report(const sg_train_config *all, int index, const sg_error *error, sg_field_fault fault,
                   bool absent, sg_diagnostics *diagnostics) {
    const sg_split_config *config = &all->splits[index];
    bool field = error->blame == SG_BLAME_INPUT;
    sg_mark mark = field ? config->field_marks[error->which] : config->mark;
    int width = (int)strlen(field ? config->fields[error->which].name : config->name);
    if (field && fault.step >= 0) {
        const sg_call *step = config->fields[error->which].steps[fault.step];
        bool written = fault.attr >= 0 && step->attr_mark[fault.attr].line > 0;
        mark = written ? step->attr_mark[fault.attr] : step->mark;
        width = 1;
    }
    if (error->status == SG_OUT_OF_MEMORY)
        sg_config_no_memory(diagnostics);
    else if (error->status == SG_BAD_GRAPH && !(field && told_of_entry(all, index, mark, diagnostics)))
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, mark, width, NULL, "data split `%s`: %s",
                           config->name, error->message);
    else if (error->status != SG_BAD_GRAPH && absent)
        sg_diagnostics_add(diagnostics, SG_SEVERITY_WARNING, mark, width,
                           "so the fields of this split are not compared with the inputs that they feed",
                           "data split `%s`: %s", config->name, error->message);
}

/* The split that a dataset_mean names must have a column like the field's. */
static void check_mean(const sg_train_config *config, sg_split *const *splits, int s, int f,
                       sg_diagnostics *diagnostics) {
    const sg_split_config *split = &config->splits[s];
    const char *needs = sg_field_needs_split(&split->fields[f]);
    if (!needs || !needs[0]) return;
    int other = sg_config_split_index(config, needs);
    if (other < 0) {
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, split->field_marks[f],
                           (int)strlen(split->fields[f].name), NULL,
                           "the field `%s` needs the split `%s`, which the section `data` does not have",
                           split->fields[f].name, needs);
        return;
    }
    if (!splits[s] || !splits[other]) return;
    const char *name = sg_split_field(splits[s], f)->column;
    const sg_table *ours = sg_split_table(splits[s]), *theirs = sg_split_table(splits[other]);
    const sg_column *a = NULL, *b = NULL;
    for (int i = 0; i < ours->column_count; i++)
        if (strcmp(ours->column[i].name, name) == 0) a = &ours->column[i];
    for (int i = 0; i < theirs->column_count; i++)
        if (strcmp(theirs->column[i].name, name) == 0) b = &theirs->column[i];
    if (!a || (b && a->type == b->type && sg_shape_equal(&a->shape, &b->shape))) return;
    sg_diagnostics_add(
        diagnostics, SG_SEVERITY_ERROR, split->field_marks[f], (int)strlen(split->fields[f].name), NULL,
        "the field `%s` is a mean over the split `%s`, which has no column `%s` of the same type "
        "and shape",
        split->fields[f].name, needs, name);
}

/* Whether the means of a split need, after some splits between, the split `target`. */
static bool leads_to(const sg_train_config *config, int from, int target, int depth) {
    const sg_split_config *split = &config->splits[from];
    for (int f = 0; depth > 0 && f < split->field_count; f++) {
        const char *needs = sg_field_needs_split(&split->fields[f]);
        int other = needs && needs[0] ? sg_config_split_index(config, needs) : -1;
        if (other < 0 || other == from) continue;
        if (other == target || leads_to(config, other, target, depth - 1)) return true;
    }
    return false;
}

/* What else is wrong with the steps of a field, behind one that is: without it. */
static void describe_behind(sg_split **splits, const sg_train_config *all, int index, int f, int step,
                            bool absent, sg_diagnostics *diagnostics) {
    sg_field_spec field = all->splits[index].fields[f];
    const sg_call **left = sg_array_alloc((size_t)field.step_count + 1, sizeof *left);
    if (!left) {
        sg_config_no_memory(diagnostics);
        return;
    }
    for (int k = 0; k < field.step_count; k++) left[k] = field.steps[k];
    field.steps = left;
    for (int gone = 1; step >= 0; gone++) {
        sg_error error = {0};
        sg_field_fault fault;
        sg_split *alone = NULL;
        field.step_count--;
        for (int k = step; k < field.step_count; k++) left[k] = left[k + 1];
        sg_status status = describe(&alone, all, index, splits, &field, 1, &fault, &error);
        step = fault.step;
        if (status == SG_OUT_OF_MEMORY || step >= 0) {
            error.which = f;
            fault.step += gone;
            report(all, index, &error, fault, absent, diagnostics);
        }
        sg_split_destroy(alone);
    }
    free(left);
}

/* Everything that is wrong with the fields of a split: each by itself where they are not good together. */
static void describe_fields(sg_split **splits, const sg_train_config *all, int index, bool absent,
                            sg_diagnostics *diagnostics) {
    const sg_split_config *config = &all->splits[index];
    sg_error error = {0};
    sg_field_fault fault;
    if (describe(&splits[index], all, index, splits, config->fields, config->field_count, &fault, &error) ==
        SG_OK)
        return;
    report(all, index, &error, fault, absent, diagnostics);
    if (error.blame != SG_BLAME_INPUT) return;
    describe_behind(splits, all, index, error.which, fault.step, absent, diagnostics);
    for (int f = error.which + 1; f < config->field_count; f++) {
        sg_error other = {0};
        sg_split *alone = NULL;
        if (describe(&alone, all, index, splits, &config->fields[f], 1, &fault, &other) != SG_OK) {
            other.which = f;
            report(all, index, &other, fault, absent, diagnostics);
            describe_behind(splits, all, index, f, fault.step, absent, diagnostics);
        }
        sg_split_destroy(alone);
    }
}

void sg_check_data(const sg_train_config *config, sg_split **splits, bool absent,
                   sg_diagnostics *diagnostics) {
    for (int s = 0; s < config->split_count; s++) describe_fields(splits, config, s, absent, diagnostics);
    for (int s = 0; s < config->split_count; s++) {
        const sg_split_config *split = &config->splits[s];
        for (int f = 0; f < split->field_count; f++) check_mean(config, splits, s, f, diagnostics);
        if (leads_to(config, s, s, config->split_count))
            sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, split->mark, (int)strlen(split->name), NULL,
                               "the means of the split `%s` depend on themselves", split->name);
    }
}

static const char *input_at(const void *data, size_t i) {
    const sg_graph *graph = data;
    int left = (int)i;
    for (int n = 0; n < sg_graph_node_count(graph); n++) {
        const sg_node *node = sg_graph_node(graph, n);
        if ((node->op->flags & SG_OP_FED) && left-- == 0) return node->path;
    }
    return NULL;
}

bool sg_told_at(const sg_diagnostics *diagnostics, sg_mark mark) {
    for (size_t i = 0; i < sg_diagnostics_count(diagnostics); i++) {
        const sg_mark *other = &sg_diagnostics_at(diagnostics, i)->mark;
        if (other->line == mark.line && other->column == mark.column && other->file && mark.file &&
            strcmp(other->file, mark.file) == 0)
            return true;
    }
    return false;
}

void sg_complain_unfed(const sg_split_config *split, int field, const sg_graph *graph, sg_severity severity,
                       sg_diagnostics *diagnostics) {
    const char *name = split->fields[field].name;
    char hint[SG_MESSAGE_MAX];
    if (sg_told_at(diagnostics, split->field_marks[field])) return;
    const char *near = sg_nearest_name(name, input_at, graph);
    if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
    sg_diagnostics_add(diagnostics, severity, split->field_marks[field], (int)strlen(name),
                       near ? hint : NULL, "the field `%s` feeds nothing: the graph has no such input", name);
}

bool sg_field_feeds(const sg_split_config *split, int field, const sg_graph *graph) {
    const char *input;
    for (size_t i = 0; (input = input_at(graph, i)); i++)
        if (strcmp(input, split->fields[field].name) == 0) return true;
    return false;
}

void sg_check_unfed(const sg_split_config *split, const sg_bound *bound, sg_diagnostics *diagnostics) {
    const sg_graph *graph = sg_bound_graph(bound);
    for (int f = 0; f < split->field_count; f++)
        if (!sg_field_feeds(split, f, graph) && !sg_bound_broken(bound, split->fields[f].name))
            sg_complain_unfed(split, f, graph, SG_SEVERITY_WARNING, diagnostics);
}
