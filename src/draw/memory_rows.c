/* Reads a plan for the chart of memory. */
#include "draw/memory_rows.h"

#include <stdlib.h>
#include <string.h>

/* The arena is shared out by groups of nodes: where each begins in the order of nodes. */
static bool read_groups(sg_memory_rows *rows, const sg_plan *plan) {
    rows->group_count = plan->group_count;
    rows->group = sg_bump_array(rows->memory, (size_t)plan->group_count + 1, sizeof *rows->group);
    rows->parts = sg_bump_array(rows->memory, (size_t)plan->group_count, sizeof *rows->parts);
    if (!rows->group || !rows->parts) return false;
    for (int g = 0; g < plan->group_count; g++)
        rows->group[g] = plan->groups[g].first, rows->parts[g] = plan->groups[g].blocks;
    rows->group[plan->group_count] = plan->order_count;
    return true;
}

/* Where nodes of this part, or of a later one, begin. A few gradient nodes that need nothing may run early,
 * and forward nodes late; sums over micro-batches, which belong to the update, run among the gradients: it is
 * where fewest nodes stand on the wrong side. */
static int beginning(const sg_plan *plan, sg_dot_part part) {
    int wrong = 0, least = 0, begin = plan->order_count;
    for (int o = plan->order_count - 1; o >= 0; o--) {
        wrong += sg_dot_part_of(plan->nodes[plan->order[o]]->node) >= part ? -1 : 1;
        if (wrong < least) least = wrong, begin = o;
    }
    return begin;
}

static bool read_nodes(sg_memory_rows *rows, const sg_plan *plan) {
    rows->node_count = plan->order_count;
    rows->node = sg_bump_array(rows->memory, (size_t)rows->node_count, sizeof *rows->node);
    rows->live = sg_bump_array(rows->memory, (size_t)rows->node_count, sizeof *rows->live);
    if (!rows->node || !rows->live) return false;
    for (int o = plan->order_count - 1; o >= 0; o--) {
        const sg_node *node = plan->nodes[plan->order[o]]->node;
        rows->node[o] = sg_bump_text(rows->memory, node->path);
        if (!rows->node[o]) return false;
    }
    rows->gradient = beginning(plan, SG_DOT_GRADIENT);
    rows->update = beginning(plan, SG_DOT_UPDATE);
    return true;
}

static sg_memory_use use_of(const sg_memory_rows *rows, const sg_plan *plan, const sg_buffer *buffer,
                            int last) {
    int writer = buffer->owner >= 0 ? plan->values[buffer->owner].writer : -1;
    if (writer < 0) return SG_MEMORY_SUMS;
    switch (sg_dot_part_of(plan->nodes[writer]->node)) {
    case SG_DOT_GRADIENT:
        /* Without an update, the gradients of weights are what is fetched. */
        return buffer->pinned || (rows->update < rows->node_count && last > rows->update)
                   ? SG_MEMORY_WEIGHTS
                   : SG_MEMORY_GRADIENT;
    case SG_DOT_UPDATE:
        return SG_MEMORY_UPDATE;
    default:
        return last > rows->gradient ? SG_MEMORY_KEPT : SG_MEMORY_FORWARD;
    }
}

static char *piece_name(const sg_memory_rows *rows, const sg_plan *plan, const sg_buffer *buffer) {
    int writer = buffer->owner >= 0 ? plan->values[buffer->owner].writer : -1;
    return sg_bump_text(rows->memory, writer >= 0 ? plan->nodes[writer]->node->path : "parts of a sum");
}

static int by_bytes(const void *a, const void *b) {
    const sg_memory_piece *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool read_pieces(sg_memory_rows *rows, const sg_plan *plan) {
    const int *begin = rows->group;
    rows->piece = sg_bump_array(rows->memory, (size_t)plan->buffer_count, sizeof *rows->piece);
    if (!rows->piece) return false;
    for (int b = 0; b < plan->buffer_count; b++) {
        const sg_buffer *buffer = &plan->buffers[b];
        if (buffer->where != SG_IN_ARENA || buffer->first < 0 || !buffer->bytes) continue;
        int last = buffer->last < rows->group_count ? begin[buffer->last + 1] : plan->order_count;
        rows->piece[rows->piece_count++] = (sg_memory_piece){
            .name = piece_name(rows, plan, buffer),
            .use = use_of(rows, plan, buffer, last),
            .offset = buffer->offset,
            .bytes = buffer->bytes,
            .first = begin[buffer->first],
            .last = last,
            .pinned = buffer->pinned,
        };
        if (!rows->piece[rows->piece_count - 1].name) return false;
    }
    qsort(rows->piece, (size_t)rows->piece_count, sizeof *rows->piece, by_bytes);
    return true;
}

static void find_peak(sg_memory_rows *rows) {
    for (int i = 0; i < rows->piece_count; i++)
        for (int o = rows->piece[i].first; o < rows->piece[i].last; o++)
            rows->live[o] += rows->piece[i].bytes;
    for (int o = 1; o < rows->node_count; o++)
        if (rows->live[o] > rows->live[rows->peak]) rows->peak = o;
}

sg_status sg_memory_rows_init(sg_memory_rows *rows, const sg_plan *plan, sg_error *error) {
    *rows = (sg_memory_rows){.arena = plan->arena_bytes, .tiles = plan->tile_bytes + plan->scratch_bytes};
    rows->memory = sg_bump_create();
    if (!rows->memory || !read_nodes(rows, plan) || !read_groups(rows, plan) || !read_pieces(rows, plan))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing the memory of a step");
    find_peak(rows);
    return SG_OK;
}

void sg_memory_rows_finish(sg_memory_rows *rows) {
    sg_bump_destroy(rows->memory);
    *rows = (sg_memory_rows){0};
}
