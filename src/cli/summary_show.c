/* The summary on a terminal and as JSON. */
#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

/* "codes.block.0-11" for the rows of nodes inside blocks shortened to "block.0-11" */
static void row_name(const cli_row *row, char *name, size_t size) {
    const char *last = row->path, *dot;
    for (int d = 0; row->depth && (dot = strchr(last, '.')) != NULL && dot[1]; d++) {
        /* A round number stays with the name before it. */
        const char *next = dot + 1;
        if (strspn(next, "0123456789") == strlen(next)) break;
        last = next;
    }
    if (row->rounds > 1) {
        const char *number = strrchr(last, '.');
        int first = number ? atoi(number + 1) : 0;
        snprintf(name, size, "%s-%d", last, first + row->rounds - 1);
    } else
        snprintf(name, size, "%s", last);
}

static const char *row_shape(const cli_summary *s, const cli_row *row, char buffer[SG_SHAPE_TEXT]) {
    buffer[0] = 0;
    return row->value == SG_NO_VALUE ? buffer
                                     : sg_shape_words(&sg_graph_value(s->graph, row->value)->shape, buffer);
}

static void row_numbers(const cli_row *row, char *parameters, char *flops, size_t size) {
    char number[CLI_NUMBER];
    parameters[0] = flops[0] = 0;
    if (row->parameters && row->rounds > 1)
        snprintf(parameters, size, "%d x %s", row->rounds, cli_thousands(row->parameters, number));
    else if (row->parameters)
        snprintf(parameters, size, "%s", cli_thousands(row->parameters, number));
    if (row->flops < 0.5) return;
    if (row->rounds > 1)
        snprintf(flops, size, "%d x %s", row->rounds, cli_flops(row->flops, number));
    else
        snprintf(flops, size, "%s", cli_flops(row->flops, number));
}

static int longer(int widest, const char *text) {
    int length = (int)strlen(text);
    return length > widest ? length : widest;
}

static void print_rows(const cli_summary *s) {
    char name[256], shape[SG_SHAPE_TEXT], parameters[64], flops[64];
    int widths[] = {4, 2, 5, 10};
    for (int i = 0; i < s->outline.count; i++) {
        const cli_row *row = &s->outline.rows[i];
        row_name(row, name, sizeof name);
        row_numbers(row, parameters, flops, sizeof flops);
        int indent = 2 * row->depth + (int)strlen(name);
        widths[0] = indent > widths[0] ? indent : widths[0];
        widths[1] = longer(widths[1], row->what);
        widths[2] = longer(widths[2], row_shape(s, row, shape));
        widths[3] = longer(widths[3], parameters);
    }
    printf("%-*s  %-*s  %-*s  %*s  %16s\n", widths[0], "node", widths[1], "op", widths[2], "shape", widths[3],
           "parameters", "work per sample");
    for (int i = 0; i < s->outline.count; i++) {
        const cli_row *row = &s->outline.rows[i];
        row_name(row, name, sizeof name);
        row_numbers(row, parameters, flops, sizeof flops);
        char line[640];
        int length = snprintf(line, sizeof line, "%*s%-*s  %-*s  %-*s  %*s  %16s", 2 * row->depth, "",
                              widths[0] - 2 * row->depth, name, widths[1], row->what, widths[2],
                              row_shape(s, row, shape), widths[3], parameters, flops);
        if (length >= (int)sizeof line) length = (int)sizeof line - 1;
        while (length > 0 && line[length - 1] == ' ') length--;
        printf("%.*s\n", length, line);
    }
}

static const char *init_of(const sg_node *node) {
    int index = sg_schema_attr_index(sg_op_schema(node->op), "init");
    const sg_call *call = index >= 0 ? node->attr[index].call : NULL;
    return call ? call->schema->name : "";
}

/* How training treats a weight; "" without training. */
static const char *group_words(const cli_summary *s, const sg_node *weight, char words[2 * CLI_NUMBER]) {
    words[0] = 0;
    if (!s->trains) return words;
    sg_weight_group group = sg_weight_group_of(s->config, s->graph, weight, s->d->messages);
    if (group.frozen)
        snprintf(words, 2 * CLI_NUMBER, "%-16s", "frozen");
    else
        snprintf(words, 2 * CLI_NUMBER, "%-6.4g  %-6.4g  ", group.lr, group.decay);
    return words;
}

static void print_weights(const cli_summary *s) {
    int widest = 6;
    for (int i = 0; i < sg_graph_node_count(s->graph); i++)
        if (sg_node_is_weight(sg_graph_node(s->graph, i)))
            widest = longer(widest, sg_graph_node(s->graph, i)->path);
    printf("\n%-*s  %-20s  %12s  %s%s\n", widest, "weight", "shape", "elements",
           s->trains ? "rate    decay   " : "", "starts as");
    for (int i = 0; i < sg_graph_node_count(s->graph); i++) {
        const sg_node *node = sg_graph_node(s->graph, i);
        char shape[SG_SHAPE_TEXT], number[CLI_NUMBER], group[2 * CLI_NUMBER];
        if (!sg_node_is_weight(node)) continue;
        const sg_shape *size = &sg_graph_value(s->graph, node->out[0])->shape;
        printf("%-*s  %-20s  %12s  %s%s\n", widest, node->path, sg_shape_text(size, 0, shape),
               cli_thousands(sg_shape_elements(size), number), group_words(s, node, group), init_of(node));
    }
}

static void print_totals(const cli_summary *s) {
    char a[CLI_NUMBER], b[CLI_NUMBER], c[CLI_NUMBER], d[CLI_NUMBER], e[CLI_NUMBER];
    const sg_memory *m = &s->memory;
    printf("\nparameters  %s (%s)", cli_thousands(s->parameters, a),
           cli_bytes(4.0 * (double)s->parameters, b));
    if (s->frozen) printf(", %s of them frozen", cli_thousands(s->frozen, a));
    printf("\nwork        %s a sample forward", cli_flops(s->flops, a));
    /* Too little to be seen in the number is not told. */
    if (strcmp(cli_flops(s->all_flops, b), a) != 0) printf(" (%s with what only evaluations need)", b);
    if (s->trains) printf(", %s a sample in training", cli_flops(s->step_flops / (double)s->batch, b));
    if (s->batch > 1) printf(", in a batch of %lld", (long long)s->batch);
    printf("\nmemory      %s for %s a batch of %lld: %s %s, values %s, scratch %s, inputs %s\n",
           cli_bytes((double)(m->store + m->arena + m->tiles + m->feeds), a),
           s->trains ? "training with" : "evaluating", (long long)s->batch,
           s->trains ? "weights and moments" : "weights", cli_bytes((double)m->store, b),
           cli_bytes((double)m->arena, c), cli_bytes((double)m->tiles, d), cli_bytes((double)m->feeds, e));
}

/* What training leaves out because the loss does not look at it, or it is there already. */
static void print_spared(const cli_summary *s) {
    const sg_train_measure *t = &s->training;
    char number[CLI_NUMBER];
    if (!t->spared_nodes && !t->shared_nodes) return;
    printf("left out    %s a sample forward in training:", cli_flops(t->spared_flops, number));
    if (t->spared_nodes)
        printf(" %d node%s for the %lld hidden of %lld cell%s alone", t->spared_nodes,
               t->spared_nodes == 1 ? " is computed" : "s are computed", (long long)t->hidden,
               (long long)t->cells, sg_plural(t->cells));
    if (t->shared_nodes)
        printf("%s %d once for all hidden cells",
               t->spared_nodes        ? ","
               : t->shared_nodes == 1 ? " node:"
                                      : " nodes:",
               t->shared_nodes);
    printf("\n");
}

void cli_summary_print(const cli_summary *s, bool params) {
    const char *doc = sg_document_doc(s->d->document);
    printf("%s%s%s\n\n", s->d->path, doc ? ": " : "", doc ? doc : "");
    print_rows(s);
    if (params) print_weights(s);
    print_totals(s);
    print_spared(s);
}

/* ---- JSON ---- */

static json_t *spared_json(const sg_train_measure *t) {
    json_t *entry = json_object();
    json_object_set_new(entry, "nodes", json_integer(t->spared_nodes));
    json_object_set_new(entry, "shared", json_integer(t->shared_nodes));
    json_object_set_new(entry, "cells", json_integer(t->cells));
    json_object_set_new(entry, "hidden", json_integer(t->hidden));
    json_object_set_new(entry, "flops_per_sample", cli_json_number(t->spared_flops));
    return entry;
}

static json_t *row_json(const cli_summary *s, const cli_row *row) {
    char shape[SG_SHAPE_TEXT];
    json_t *entry = json_object();
    json_object_set_new(entry, "path", json_string(row->path));
    json_object_set_new(entry, "op", json_string(row->what));
    json_object_set_new(entry, "depth", json_integer(row->depth));
    json_object_set_new(entry, "rounds", json_integer(row->rounds));
    json_object_set_new(entry, "shape", json_string(row_shape(s, row, shape)));
    json_object_set_new(entry, "parameters", json_integer(row->parameters));
    json_object_set_new(entry, "flops_per_sample", cli_json_number(row->flops));
    return entry;
}

static json_t *weight_json(const cli_summary *s, const sg_node *node) {
    const sg_shape *size = &sg_graph_value(s->graph, node->out[0])->shape;
    json_t *entry = json_object(), *shape = json_array();
    for (int d = 0; d < size->rank; d++) json_array_append_new(shape, json_integer(size->dim[d]));
    json_object_set_new(entry, "name", json_string(node->path));
    json_object_set_new(entry, "shape", shape);
    json_object_set_new(entry, "init", json_string(init_of(node)));
    if (!s->trains) return entry;
    sg_weight_group group = sg_weight_group_of(s->config, s->graph, node, s->d->messages);
    json_object_set_new(entry, "lr", cli_json_number(group.lr));
    json_object_set_new(entry, "decay", cli_json_number(group.decay));
    json_object_set_new(entry, "frozen", json_boolean(group.frozen));
    return entry;
}

int cli_summary_json(const cli_summary *s, bool params) {
    json_t *all = json_object(), *rows = json_array(), *weights = json_array(), *memory = json_object();
    for (int i = 0; i < s->outline.count; i++) json_array_append_new(rows, row_json(s, &s->outline.rows[i]));
    for (int i = 0; params && i < sg_graph_node_count(s->graph); i++)
        if (sg_node_is_weight(sg_graph_node(s->graph, i)))
            json_array_append_new(weights, weight_json(s, sg_graph_node(s->graph, i)));
    json_object_set_new(all, "graph", json_string(s->d->path));
    json_object_set_new(all, "parameters", json_integer(s->parameters));
    json_object_set_new(all, "frozen", json_integer(s->frozen));
    json_object_set_new(all, "flops_per_sample", cli_json_number(s->flops));
    json_object_set_new(all, "trains", json_boolean(s->trains));
    json_object_set_new(all, "batch", json_integer(s->batch));
    if (s->trains) json_object_set_new(all, "flops_per_step", cli_json_number(s->step_flops));
    if (s->training.cells) json_object_set_new(all, "left_out", spared_json(&s->training));
    json_object_set_new(memory, "store", json_integer((json_int_t)s->memory.store));
    json_object_set_new(memory, "arena", json_integer((json_int_t)s->memory.arena));
    json_object_set_new(memory, "tiles", json_integer((json_int_t)s->memory.tiles));
    json_object_set_new(memory, "feeds", json_integer((json_int_t)s->memory.feeds));
    json_object_set_new(all, "memory", memory);
    json_object_set_new(all, "nodes", rows);
    if (params)
        json_object_set_new(all, "weights", weights);
    else
        json_decref(weights);
    return cli_json_print(all);
}
