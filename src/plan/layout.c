/* Layout: gives every value a buffer, an offset and strides.
 *
 * A sweep backward notes what readers want (wish.c): through permutes and reshapes the layout that makes them
 * free, through concat the place inside the joined value, so that producers which can write strided write
 * where their result is needed. A sweep forward then lays values out, makes views, and puts a visible `copy`
 * where a kernel cannot read what it gets. */
#include "plan/layout.h"

#include <stdlib.h>
#include <string.h>

static bool new_buffer(sg_plan *plan, sg_value value, sg_where where) {
    sg_plan_value *v = &plan->values[value];
    v->buffer = sg_plan_add_buffer(plan, where, value, v->info.type, sg_shape_elements(&v->info.shape));
    v->offset = 0;
    return v->buffer >= 0;
}

/* Puts `value` where it is wished, if its producer can write that. */
static bool grant_wish(sg_plan *plan, sg_value value, const sg_wish *wishes, sg_layout can_write) {
    const sg_wish *w = &wishes[value];
    sg_plan_value *v = &plan->values[value];
    if (!w->set || !sg_follows_layout(can_write, &v->info.shape, w->stride)) return false;
    if (w->into != SG_NO_VALUE) {
        sg_plan_value *whole = &plan->values[w->into];
        if (whole->info.type != v->info.type) return false;
        if (whole->buffer < 0) {
            if (!new_buffer(plan, w->into, SG_IN_ARENA)) return false;
            if (wishes[w->into].set)
                memcpy(whole->stride, wishes[w->into].stride, sizeof whole->stride);
            else
                sg_contiguous_strides(&whole->info.shape, whole->stride);
        }
        v = &plan->values[value];
        v->buffer = plan->values[w->into].buffer;
        plan->buffers[v->buffer].shared = true;
    } else if (!new_buffer(plan, value, SG_IN_ARENA))
        return false;
    v = &plan->values[value];
    v->offset = w->offset;
    memcpy(v->stride, w->stride, sizeof v->stride);
    return true;
}

typedef struct layout_state {
    sg_wish *wishes;
    sg_value *dense_copy; /* per value: its contiguous copy, or SG_NO_VALUE */
    int *buffer_last;     /* per buffer: the last running reader, through views too, in graph order */
    int *root;            /* per value: the value that its chain of views starts from */
    int *value_last;      /* per root: its last running reader, through views and copies too */
} layout_state;

/* A contiguous copy of `value`, made once. */
static sg_value dense_copy(sg_plan *plan, layout_state *state, sg_value value, sg_phase phase) {
    if (value < plan->graph->value_count && state->dense_copy[value] != SG_NO_VALUE)
        return state->dense_copy[value];
    const sg_op *op = sg_op_find("copy");
    sg_value_info info = plan->values[value].info;
    const sg_node *from = plan->nodes[plan->values[value].writer]->node;
    sg_node *node = sg_bump_alloc(plan->memory, sizeof *node);
    sg_value *ports = sg_bump_alloc(plan->memory, sizeof(sg_value) * 2);
    size_t length = strlen(from->path) + 8;
    char *path = sg_bump_alloc(plan->memory, length);
    if (!op || !node || !ports || !path) return SG_NO_VALUE;
    memcpy(path, from->path, strlen(from->path));
    memcpy(path + strlen(from->path), "/copy", 6);
    info.node = plan->node_count;
    info.output = 0;
    ports[0] = value;
    ports[1] = sg_plan_add_value(plan, &info);
    if (ports[1] < 0) return SG_NO_VALUE;
    *node = (sg_node){.op = op,
                      .path = path,
                      .mark = from->mark,
                      .in_count = 1,
                      .out_count = 1,
                      .in = ports,
                      .out = ports + 1,
                      .attr = NULL,
                      .forward = from->forward,
                      .phase = phase};
    int index = plan->node_count;
    sg_plan_node *made = sg_plan_add_node(plan, node);
    if (!made) return SG_NO_VALUE;
    made->needed = true;
    sg_plan_value *v = &plan->values[ports[1]];
    v->writer = index;
    v->needed = true;
    v->readers = 1;
    if (!new_buffer(plan, ports[1], SG_IN_ARENA)) return SG_NO_VALUE;
    /* Whoever reads the copied value may come to read this copy. */
    int origin = value < plan->graph->value_count ? state->root[value] : SG_NO_VALUE;
    state->buffer_last[plan->values[ports[1]].buffer] =
        origin == SG_NO_VALUE ? plan->graph_nodes : state->value_last[origin];
    v = &plan->values[ports[1]];
    sg_contiguous_strides(&v->info.shape, v->stride);
    made->space.present[0] = made->space.wanted[0] = true;
    made->space.in[0] = made->space.out[0] = (sg_typed){v->info.type, v->info.shape};
    made->space.signature = (sg_signature){.in_count = 1,
                                           .out_count = 1,
                                           .present = made->space.present,
                                           .in = made->space.in,
                                           .out = made->space.out,
                                           .wanted = made->space.wanted};
    if (value < plan->graph->value_count) state->dense_copy[value] = ports[1];
    return ports[1];
}

static bool lay_out_view(sg_plan *plan, layout_state *state, sg_plan_node *node) {
    const sg_plan_value *in = &plan->values[node->in[0]];
    int64_t stride[SG_MAX_RANK] = {0}, offset = 0;
    if (!node->node->op->view(&node->space.signature, in->stride, stride, &offset)) {
        sg_value copy = dense_copy(plan, state, node->in[0], node->node->phase);
        if (copy == SG_NO_VALUE) return false;
        node->in[0] = copy;
        in = &plan->values[copy];
        offset = 0;
        if (!node->node->op->view(&node->space.signature, in->stride, stride, &offset)) return false;
    }
    sg_plan_value *out = &plan->values[node->out[0]];
    out->buffer = in->buffer;
    out->offset = in->offset + offset;
    memcpy(out->stride, stride, sizeof stride);
    return true;
}

/* Output k of `node` takes over the memory of a dying input. */
static bool take_in_place(sg_plan *plan, const layout_state *state, int index, int k) {
    sg_plan_node *node = plan->nodes[index];
    const sg_op *op = node->node->op;
    sg_plan_value *out = &plan->values[node->out[k]];
    if (out->fetched) return false;
    for (int p = 0; p < op->inplace_count; p++) {
        if (op->inplace[p].out != k) continue;
        int slot = op->inplace[p].in;
        if (slot >= node->node->in_count || node->in[slot] == SG_NO_VALUE) continue;
        const sg_plan_value *in = &plan->values[node->in[slot]];
        const sg_buffer *buffer = &plan->buffers[in->buffer];
        if (buffer->where != SG_IN_ARENA || buffer->shared || buffer->pinned) continue;
        if (in->info.type != out->info.type || !sg_shape_equal(&in->info.shape, &out->info.shape)) continue;
        if (!sg_follows_layout(SG_DENSE, &in->info.shape, in->stride)) continue;
        if (sg_shape_elements(&in->info.shape) != buffer->elements) continue;
        if (state->buffer_last[in->buffer] > index) continue;
        /* Read twice by this node, once perhaps with another access: leave it. */
        int uses = 0;
        for (int j = 0; j < node->node->in_count; j++)
            if (node->in[j] != SG_NO_VALUE && plan->values[node->in[j]].buffer == in->buffer) uses++;
        if (uses != 1) continue;
        out->buffer = in->buffer;
        out->offset = in->offset;
        memcpy(out->stride, in->stride, sizeof out->stride);
        node->overwrites[k] = node->in[slot];
        return true;
    }
    return false;
}

/* For every value that a chain of views starts from: the last running node in graph order that reads it,
 * through views too. An update runs behind all that read what it replaces, wherever it stands, also behind
 * updates for which the same is true: nobody may overwrite what it reads. */
static void note_readers(const sg_plan *plan, const int *root, int *last) {
    for (int i = 0; i < plan->graph_nodes; i++) {
        const sg_plan_node *node = plan->nodes[i];
        if (!node->needed || !node->runs) continue;
        for (int k = 0; k < node->node->in_count; k++)
            if (node->node->in[k] != SG_NO_VALUE) last[root[node->node->in[k]]] = i;
    }
    for (int i = 0; i < plan->graph_nodes; i++) {
        const sg_node *node = plan->nodes[i]->node;
        if (!plan->nodes[i]->needed || !(node->op->flags & SG_OP_UPDATE)) continue;
        for (int k = 0; k < node->in_count; k++)
            if (node->in[k] != SG_NO_VALUE) last[root[node->in[k]]] = plan->graph_nodes;
    }
}

static sg_status lay_out_node(sg_plan *plan, layout_state *state, int index, sg_error *error) {
    sg_plan_node *node = plan->nodes[index];
    const sg_op *op = node->node->op;
    if (op->flags & SG_OP_VIEW)
        return lay_out_view(plan, state, node) ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int k = 0; k < node->node->in_count; k++) {
        sg_value x = node->in[k];
        if (x == SG_NO_VALUE) continue;
        const sg_plan_value *value = &plan->values[x];
        sg_layout layout = op->in_layout[k < SG_MAX_IN ? k : SG_MAX_IN - 1];
        if (sg_follows_layout(layout, &value->info.shape, value->stride)) continue;
        sg_value copy = dense_copy(plan, state, x, node->node->phase);
        if (copy == SG_NO_VALUE) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        node->in[k] = copy;
    }
    for (int k = 0; k < node->node->out_count; k++) {
        sg_value out = node->out[k];
        if (op->flags & SG_OP_UPDATE) {
            sg_plan_value *to = &plan->values[out];
            const sg_plan_value *from = &plan->values[node->in[k]];
            if (plan->buffers[from->buffer].where != SG_IN_STORE)
                return sg_fail(error, SG_BAD_GRAPH, "%s: input %d of %s must be a stored value",
                               node->node->path, k, op->schema.name);
            to->buffer = from->buffer;
            to->offset = from->offset;
            memcpy(to->stride, from->stride, sizeof to->stride);
            node->overwrites[k] = node->in[k];
            continue;
        }
        if (!plan->values[out].needed && plan->values[out].buffer < 0) continue;
        sg_where where = op->flags & SG_OP_STORED ? SG_IN_STORE
                         : op->flags & SG_OP_FED  ? SG_IN_FEED
                                                  : SG_IN_ARENA;
        if (plan->values[out].buffer < 0 && where == SG_IN_ARENA && !plan->values[out].fetched) {
            if (!grant_wish(plan, out, state->wishes, op->out_layout[k])) {
                take_in_place(plan, state, index, k);
            }
        }
        if (plan->values[out].buffer < 0) {
            if (!new_buffer(plan, out, where)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
            sg_contiguous_strides(&plan->values[out].info.shape, plan->values[out].stride);
        }
        /* In place and placed values lengthen the life of the buffer that they join. */
        int buffer = plan->values[out].buffer;
        if (state->value_last[out] > state->buffer_last[buffer])
            state->buffer_last[buffer] = state->value_last[out];
        plan->buffers[buffer].pinned |= plan->values[out].fetched;
    }
    return SG_OK;
}

/* The value that a chain of views starts from. */
static void find_roots(const sg_plan *plan, int *root, int values) {
    for (int v = 0; v < values; v++) root[v] = v;
    for (int i = 0; i < plan->graph_nodes; i++) {
        const sg_plan_node *node = plan->nodes[i];
        if (!(node->node->op->flags & SG_OP_VIEW)) continue;
        root[node->node->out[0]] = root[node->in[0]];
    }
}

/* Running nodes that read a value, through views too: `next` ones stand behind each other. */
typedef struct reader {
    int node, next;
} reader;

/* Lists the readers of every root in the order of the nodes: *first[root] is the first one, or -1. */
static bool list_readers(const sg_plan *plan, const int *root, int **first, reader **readers) {
    size_t count = 1;
    for (int j = 0; j < plan->node_count; j++) count += (size_t)plan->nodes[j]->node->in_count;
    *first = malloc(sizeof **first * (size_t)(plan->value_count + 1));
    *readers = malloc(sizeof **readers * count);
    if (!*first || !*readers) return false;
    for (int v = 0; v < plan->value_count; v++) (*first)[v] = -1;
    int made = 0;
    for (int j = plan->node_count - 1; j >= 0; j--) {
        const sg_plan_node *node = plan->nodes[j];
        for (int m = 0; node->needed && node->runs && m < node->node->in_count; m++) {
            if (node->in[m] == SG_NO_VALUE) continue;
            int *at = &(*first)[root[node->in[m]]];
            if (*at >= 0 && (*readers)[*at].node == j) continue;
            (*readers)[made] = (reader){j, *at};
            *at = made++;
        }
    }
    return true;
}

/* A node that overwrites a value comes after every other reader of it, through views too. Views of a copy
 * that the layout made start from that copy, not from what was copied. */
static bool order_overwriters(sg_plan *plan) {
    int *first = NULL, *root = malloc(sizeof *root * (size_t)(plan->value_count + 1));
    reader *readers = NULL;
    if (root) find_roots(plan, root, plan->value_count);
    bool good = root && list_readers(plan, root, &first, &readers);
    for (int i = 0; good && i < plan->graph_nodes; i++) {
        for (int k = 0; k < SG_MAX_OUT; k++) {
            sg_value old = plan->nodes[i]->overwrites[k];
            if (old == SG_NO_VALUE) continue;
            for (int at = first[root[old]]; good && at >= 0; at = readers[at].next)
                if (readers[at].node != i) good = sg_plan_add_after(plan, plan->nodes[i], readers[at].node);
        }
    }
    free(root);
    free(first);
    free(readers);
    return good;
}

static sg_status lay_out(sg_plan *plan, layout_state *state, sg_error *error) {
    int *root = state->root, *value_last = state->value_last;
    int values = plan->graph->value_count;
    for (int v = 0; v < values; v++) {
        state->dense_copy[v] = SG_NO_VALUE;
        state->wishes[v].into = SG_NO_VALUE;
        value_last[v] = -1;
    }
    for (int i = plan->graph_nodes - 1; i >= 0; i--)
        if (plan->nodes[i]->needed) sg_wish_for_inputs(plan, plan->nodes[i], state->wishes);
    find_roots(plan, root, values);
    note_readers(plan, root, value_last);
    for (int v = 0; v < values; v++)
        if (plan->values[v].fetched) value_last[root[v]] = plan->graph_nodes;
    /* Fed and stored nodes may stand anywhere: lay them out first. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < plan->graph_nodes; i++) {
            bool given = plan->nodes[i]->node->op->flags & (SG_OP_FED | SG_OP_STORED);
            if (!plan->nodes[i]->needed || given != (pass == 0)) continue;
            sg_status status = lay_out_node(plan, state, i, error);
            if (status != SG_OK) return status;
        }
    if (!order_overwriters(plan)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    /* Views of fetched values pin what they look at. */
    for (int v = 0; v < plan->value_count; v++)
        if (plan->values[v].fetched) plan->buffers[plan->values[v].buffer].pinned = true;
    return SG_OK;
}

sg_status sg_plan_layout(sg_plan *plan, sg_error *error) {
    size_t values = (size_t)plan->graph->value_count + 1;
    /* A node adds at most one buffer an output and one a copied input. */
    size_t buffers = values * 2 + 1;
    for (int i = 0; i < plan->graph_nodes; i++) buffers += (size_t)plan->nodes[i]->node->in_count;
    layout_state state = {
        .wishes = calloc(values, sizeof *state.wishes),
        .dense_copy = calloc(values, sizeof *state.dense_copy),
        .buffer_last = malloc(buffers * sizeof *state.buffer_last),
        .root = calloc(values, sizeof *state.root),
        .value_last = calloc(values, sizeof *state.value_last),
    };
    sg_status status = SG_OUT_OF_MEMORY;
    if (state.wishes && state.dense_copy && state.root && state.value_last && state.buffer_last) {
        for (size_t b = 0; b < buffers; b++) state.buffer_last[b] = -1;
        status = lay_out(plan, &state, error);
    } else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(state.buffer_last);
    free(state.value_last);
    free(state.root);
    free(state.dense_copy);
    free(state.wishes);
    return status;
}
