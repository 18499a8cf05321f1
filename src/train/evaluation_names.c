/* What an evaluation computes: names of values, and the gradients that are added for it. */
#include "train/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/op.h"

sg_status sg_evaluation_name(const sg_bound *bound, const char *name, sg_value *value, sg_error *error) {
    *value = sg_bound_find(bound, name);
    if (*value != SG_NO_VALUE) return SG_OK;
    const char *near = sg_bound_nearest(bound, name);
    if (near)
        return sg_fail(error, SG_BAD_USAGE, "the graph has no value `%s`; did you mean `%s`?", name, near);
    return sg_fail(error, SG_BAD_USAGE, "the graph has no value `%s`", name);
}

sg_status sg_evaluation_find(const sg_evaluation *e, const char *name, sg_value *value, sg_error *error) {
    sg_status status = sg_evaluation_name(e->bound, name, value, error);
    if (status == SG_OK) *value = e->instead[*value];
    return status;
}

static sg_status add(sg_evaluation *e, sg_value value, const char *prefix, const char *name,
                     sg_error *error) {
    if (e->count == e->room) {
        int room = e->room ? 2 * e->room : 16;
        sg_value *fetch = realloc(e->fetch, (size_t)room * sizeof *fetch);
        if (fetch) e->fetch = fetch;
        char **names = realloc(e->name, (size_t)room * sizeof *names);
        if (names) e->name = names;
        if (!fetch || !names) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        e->room = room;
    }
    size_t size = strlen(prefix) + strlen(name) + 1;
    char *copy = malloc(size);
    if (!copy) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    snprintf(copy, size, "%s%s", prefix, name);
    e->fetch[e->count] = value;
    e->name[e->count++] = copy;
    return SG_OK;
}

/* ---- what nobody reads ---- */

static void mark_read(const sg_graph *graph, bool *read) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) read[node->in[k]] = true;
    }
}

/* Inputs, weights and states come from outside: showing them back is no result. */
static bool is_computed(const sg_graph *graph, sg_value value) {
    const sg_node *node = sg_graph_node(graph, sg_graph_value(graph, value)->node);
    return !(node->op->flags & (SG_OP_FED | SG_OP_STORED));
}

static sg_status add_unread(sg_evaluation *e, sg_error *error) {
    bool *read = calloc((size_t)sg_graph_value_count(e->graph) + 1, sizeof *read);
    if (!read) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    mark_read(e->graph, read);
    sg_status status = SG_OK;
    for (size_t i = 0; status == SG_OK && i < sg_bound_name_count(e->bound); i++) {
        sg_value value;
        const char *name = sg_bound_name(e->bound, i, &value);
        if (value != SG_NO_VALUE && !read[value] && is_computed(e->graph, value))
            status = add(e, e->instead[value], "", name, error);
    }
    free(read);
    sg_value loss = sg_bound_find(e->bound, "loss");
    if (status == SG_OK && !e->count && loss != SG_NO_VALUE)
        status = add(e, e->instead[loss], "", "loss", error);
    if (status == SG_OK && !e->count)
        status =
            sg_fail(error, SG_BAD_USAGE, "every value of the graph is read by another: name what to compute");
    return status;
}

/* ---- gradients ---- */

typedef struct targets {
    int count;
    sg_value *value;
    const char **name;
} targets;

static sg_status find_targets(const sg_evaluation *e, targets *t, sg_error *error) {
    const sg_evaluate_options *o = e->options;
    size_t room = (size_t)(o->with_respect_to_count + sg_graph_node_count(e->graph)) + 1;
    t->value = calloc(room, sizeof *t->value);
    t->name = calloc(room, sizeof *t->name);
    if (!t->value || !t->name) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < o->with_respect_to_count; i++) {
        t->name[t->count] = o->with_respect_to[i];
        sg_status status = sg_evaluation_find(e, t->name[t->count], &t->value[t->count], error);
        if (status != SG_OK) return status;
        const sg_value_info *info = sg_graph_value(e->graph, t->value[t->count++]);
        if (!sg_type_is_float(info->type))
            return sg_fail(error, SG_BAD_USAGE, "`%s` is %s, so there is no gradient to it",
                           o->with_respect_to[i], sg_type_name(info->type));
    }
    if (o->with_respect_to_count) return SG_OK;
    for (int i = 0; i < e->node_count; i++) { /* without the inputs that stand for what is fed */
        const sg_node *node = sg_graph_node(e->graph, i);
        bool input = strcmp(sg_op_schema(node->op)->name, "input") == 0;
        if (!input && !sg_node_is_weight(node)) continue;
        if (!sg_type_is_float(sg_graph_value(e->graph, node->out[0])->type)) continue;
        if (e->instead[node->out[0]] != node->out[0]) continue;
        t->name[t->count] = node->path;
        t->value[t->count++] = node->out[0];
    }
    return SG_OK;
}

static sg_status add_gradients(sg_evaluation *e, sg_error *error) {
    sg_value of;
    sg_status status = sg_evaluation_find(e, e->options->gradient_of, &of, error);
    if (status != SG_OK) return status;
    targets t = {0};
    sg_value *gradient = NULL;
    status = find_targets(e, &t, error);
    if (status == SG_OK) {
        gradient = calloc((size_t)t.count + 1, sizeof *gradient);
        status = gradient
                     ? sg_graph_differentiate(e->graph, of, SG_NO_VALUE, t.count, t.value, gradient, error)
                     : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    for (int i = 0; status == SG_OK && i < t.count; i++)
        status = add(e, gradient[i], "grad/", t.name[i], error);
    free(gradient);
    free(t.value);
    free(t.name);
    return status;
}

sg_status sg_evaluation_choose(sg_evaluation *e, sg_error *error) {
    const sg_evaluate_options *o = e->options;
    for (int i = 0; i < o->fetch_count; i++) {
        sg_value value;
        sg_status status = sg_evaluation_find(e, o->fetch[i], &value, error);
        if (status == SG_OK) status = add(e, value, "", o->fetch[i], error);
        if (status != SG_OK) return status;
    }
    sg_status status = SG_OK;
    if (!o->fetch_count && o->gradient_of) {
        sg_value of;
        status = sg_evaluation_find(e, o->gradient_of, &of, error);
        if (status == SG_OK) status = add(e, of, "", o->gradient_of, error);
    } else if (!o->fetch_count)
        status = add_unread(e, error);
    if (status == SG_OK && o->gradient_of) status = add_gradients(e, error);
    return status;
}
