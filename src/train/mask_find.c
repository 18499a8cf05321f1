/* Which values of a graph are masks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "simgraph/op.h"
#include "train/evaluation.h"
#include "train/masks.h"

typedef struct finder {
    const sg_bound *bound;
    const sg_graph *graph;
    sg_masks *out;
    sg_mask_counter *counter;
} finder;

static sg_status add(finder *f, sg_value value, const char *name, const char *kind, sg_error *error) {
    size_t room = (size_t)f->out->count + 1;
    sg_mask_info *info = sg_array_resize(f->out->mask, room, sizeof *info);
    if (info) f->out->mask = info;
    sg_mask_counter *counter = sg_array_resize(f->counter, room, sizeof *counter);
    if (counter) f->counter = counter;
    if (!info || !counter) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    info += f->out->count;
    counter[f->out->count++] = (sg_mask_counter){.value = value};
    *info = (sg_mask_info){.name = strdup(name), .kind = strdup(kind)};
    return info->name && info->kind ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* The mask that a block gives first, or SG_NO_VALUE. */
static sg_value mask_of(const finder *f, const sg_scope *scope) {
    char name[SG_MESSAGE_MAX];
    if (snprintf(name, sizeof name, "%s.mask", scope->path) >= (int)sizeof name) return SG_NO_VALUE;
    sg_value value = sg_bound_find(f->bound, name);
    return value == sg_bound_find(f->bound, scope->path) ? value : SG_NO_VALUE;
}

/* Whether a path lies in a block that gives a mask. */
static bool is_inside(const finder *f, const char *path) {
    for (int i = 0; i < sg_graph_scope_count(f->graph); i++) {
        const sg_scope *scope = sg_graph_scope(f->graph, i);
        size_t length = strlen(scope->path);
        bool within = strncmp(path, scope->path, length) == 0 && path[length] == '.';
        if (within && mask_of(f, scope) != SG_NO_VALUE) return true;
    }
    return false;
}

/* The blocks of the library and of the file, each at the value that it gives. */
static const sg_scope **list_blocks(const finder *f) {
    const sg_scope **block = calloc((size_t)sg_graph_value_count(f->graph) + 1, sizeof *block);
    for (int i = 0; block && i < sg_graph_scope_count(f->graph); i++) {
        const sg_scope *scope = sg_graph_scope(f->graph, i);
        sg_value value = mask_of(f, scope);
        if (value != SG_NO_VALUE && !is_inside(f, scope->path)) block[value] = scope;
    }
    return block;
}

static bool is_mask_of_op(const finder *f, const sg_value_info *info) {
    const sg_node *node = sg_graph_node(f->graph, info->node);
    const sg_port *port = sg_op_out_port(node->op, info->output);
    return port && strcmp(port->name, "mask") == 0 && !is_inside(f, node->path);
}

/* All, in the order of the graph. */
static sg_status add_all(finder *f, sg_error *error) {
    const sg_scope **block = list_blocks(f);
    sg_status status = block ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    char name[SG_MESSAGE_MAX];
    for (sg_value v = 0; status == SG_OK && v < sg_graph_value_count(f->graph); v++) {
        const sg_value_info *info = sg_graph_value(f->graph, v);
        const sg_node *node = sg_graph_node(f->graph, info->node);
        if (block[v])
            status = add(f, v, block[v]->path, block[v]->block, error);
        else if (is_mask_of_op(f, info))
            status = add(f, v, sg_graph_value_name(f->graph, v, name, sizeof name),
                         sg_op_schema(node->op)->name, error);
    }
    free(block);
    return status;
}

/* The value that was asked for; its kind is the block of that name, or the op. */
static sg_status add_named(finder *f, const char *name, sg_error *error) {
    sg_value value;
    sg_status status = sg_evaluation_name(f->bound, name, &value, error);
    if (status != SG_OK) return status;
    const char *kind = sg_op_schema(sg_graph_node(f->graph, sg_graph_value(f->graph, value)->node)->op)->name;
    for (int i = 0; i < sg_graph_scope_count(f->graph); i++)
        if (strcmp(sg_graph_scope(f->graph, i)->path, name) == 0) kind = sg_graph_scope(f->graph, i)->block;
    return add(f, value, name, kind, error);
}

sg_status sg_masks_find(sg_masks *out, sg_mask_counter **counters, const sg_bound *bound,
                        const sg_masks_options *options, sg_error *error) {
    finder f = {.bound = bound, .graph = sg_bound_graph(bound), .out = out};
    sg_status status = options->name ? add_named(&f, options->name, error) : add_all(&f, error);
    *counters = f.counter;
    for (int i = 0; i < out->count; i++) f.counter[i].info = &out->mask[i];
    if (status != SG_OK || out->count) return status;
    return sg_fail(error, SG_BAD_GRAPH,
                   "the graph has no mask: no op or block in it has an output named `mask`; --node names "
                   "any other value");
}
