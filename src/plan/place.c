/* Placing: offsets of buffers in the arena and in the workers' tiles.
 *
 * Greedy by size, as in the memory planners of inference engines: the largest buffer first, each at the
 * lowest offset that is free during its life. Arena lives are counted in groups, since the blocks of a group
 * run in any order; tile lives in nodes of the group, since a worker runs them one after another. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "plan/plan.h"

enum {
    ALIGNMENT = 64,
    FEW_BYTES = 256 /* sums this small keep their place: in one that others had, their groups would wait */
};

typedef struct item {
    int buffer;
    size_t bytes, offset;
    int first, last;
} item;

static int by_size(const void *a, const void *b) {
    const item *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->buffer < y->buffer ? -1 : x->buffer > y->buffer;
}

/* Places all items; the bytes that they need together go to *total. False without memory, or where the sum
 * does not fit. */
static bool place_items(item *items, int count, size_t *total) {
    /* No offset exceeds the sum of all sizes. */
    size_t sum = 0;
    for (int i = 0; i < count; i++)
        if (!sg_size_add(sum, items[i].bytes, &sum)) return false;
    const item **placed = malloc(sizeof *placed * (size_t)(count + 1)); /* by offset */
    if (!placed) return false;
    qsort(items, (size_t)count, sizeof *items, by_size);
    *total = 0;
    for (int i = 0; i < count; i++) {
        size_t at = 0;
        int rank = i;
        for (int j = 0; j < i; j++) {
            const item *other = placed[j];
            if (other->first > items[i].last || items[i].first > other->last) continue;
            if (other->offset >= at + items[i].bytes) break;
            if (other->offset + other->bytes > at) at = other->offset + other->bytes;
        }
        while (rank > 0 && placed[rank - 1]->offset > at) rank--;
        memmove(placed + rank + 1, placed + rank, sizeof *placed * (size_t)(i - rank));
        placed[rank] = &items[i];
        items[i].offset = at;
        if (at + items[i].bytes > *total) *total = at + items[i].bytes;
    }
    free(placed);
    return true;
}

static bool add_accumulators(sg_plan *plan) {
    for (int o = 0; o < plan->order_count; o++) {
        sg_plan_node *node = plan->nodes[plan->order[o]];
        for (int a = 0; a < node->domain.acc_count && node->lanes; a++) {
            int64_t elements;
            if (!sg_int_mul(node->domain.acc[a].elements, node->lanes, &elements)) return false;
            int buffer =
                sg_plan_add_buffer(plan, SG_IN_ARENA, SG_NO_VALUE, node->domain.acc[a].type, elements);
            if (buffer < 0) return false;
            const bool few = plan->buffers[buffer].bytes <= FEW_BYTES;
            plan->buffers[buffer].first = few ? 0 : node->group;
            plan->buffers[buffer].last = few ? plan->group_count : node->group;
            node->acc_buffer[a] = buffer;
        }
    }
    return true;
}

static void use(sg_buffer *buffer, int group) {
    if (buffer->first < 0 || group < buffer->first) buffer->first = group;
    if (group > buffer->last) buffer->last = group;
}

/* Groups in which each buffer is used; *own tells whether every use is sample by sample. */
static void find_lives(sg_plan *plan, bool *own) {
    for (int b = 0; b < plan->buffer_count; b++) own[b] = true;
    for (int o = 0; o < plan->order_count; o++) {
        const sg_plan_node *node = plan->nodes[plan->order[o]];
        for (int k = 0; k < node->node->in_count + node->node->out_count; k++) {
            bool input = k < node->node->in_count;
            int port = input ? k : k - node->node->in_count;
            sg_value value = input ? node->in[port] : node->out[port];
            if (value == SG_NO_VALUE || plan->values[value].buffer < 0) continue;
            if (!input && !node->space.wanted[port] && !(node->node->op->flags & SG_OP_UPDATE)) continue;
            sg_access access = input ? node->domain.in[port] : node->domain.out[port];
            int buffer = plan->values[value].buffer;
            use(&plan->buffers[buffer], node->group);
            own[buffer] = own[buffer] && node->by_sample && sg_plan_fits_buffer(plan, value, access);
        }
    }
}

static sg_status place_tiles(sg_plan *plan, item *items, sg_error *error) {
    int64_t batch = plan->graph->options.batch;
    for (int g = 0; g < plan->group_count; g++) {
        const sg_group *group = &plan->groups[g];
        int64_t samples = plan->nodes[plan->order[group->first]]->block_samples;
        int count = 0;
        for (int b = 0; b < plan->buffer_count; b++) {
            sg_buffer *buffer = &plan->buffers[b];
            if (buffer->where != SG_IN_TILE || buffer->first != g) continue;
            items[count++] = (item){.buffer = b, .first = group->count, .last = -1};
        }
        for (int i = 0; i < count; i++) {
            const sg_buffer *buffer = &plan->buffers[items[i].buffer];
            int64_t elements = buffer->elements / batch * samples;
            if (!sg_size_align((size_t)elements * sg_type_size(buffer->type), ALIGNMENT, &items[i].bytes))
                return sg_fail(error, SG_OUT_OF_MEMORY, "a tile does not fit in memory");
        }
        for (int o = 0; o < group->count; o++) {
            const sg_plan_node *node = plan->nodes[plan->order[group->first + o]];
            for (int k = 0; k < node->node->in_count + node->node->out_count; k++) {
                sg_value value = k < node->node->in_count ? node->in[k] : node->out[k - node->node->in_count];
                if (value == SG_NO_VALUE || plan->values[value].buffer < 0) continue;
                for (int i = 0; i < count; i++) {
                    if (items[i].buffer != plan->values[value].buffer) continue;
                    if (o < items[i].first) items[i].first = o;
                    if (o > items[i].last) items[i].last = o;
                }
            }
        }
        size_t total = 0;
        if (!place_items(items, count, &total)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        if (total > plan->tile_bytes) plan->tile_bytes = total;
        for (int i = 0; i < count; i++) {
            plan->buffers[items[i].buffer].offset = items[i].offset;
            plan->buffers[items[i].buffer].bytes = items[i].bytes;
        }
    }
    return SG_OK;
}

static sg_status place_arena(sg_plan *plan, item *items, sg_error *error) {
    int count = 0;
    for (int b = 0; b < plan->buffer_count; b++) {
        sg_buffer *buffer = &plan->buffers[b];
        if (buffer->where != SG_IN_ARENA || buffer->first < 0) continue;
        if (buffer->pinned) buffer->last = plan->group_count;
        item *i = &items[count++];
        *i = (item){.buffer = b, .first = buffer->first, .last = buffer->last};
        if (!sg_size_align(buffer->bytes ? buffer->bytes : 1, ALIGNMENT, &i->bytes))
            return sg_fail(error, SG_OUT_OF_MEMORY, "the arena does not fit in memory");
    }
    if (!place_items(items, count, &plan->arena_bytes))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < count; i++) plan->buffers[items[i].buffer].offset = items[i].offset;
    return SG_OK;
}

static sg_status find_scratch(sg_plan *plan, sg_error *error) {
    for (int o = 0; o < plan->order_count; o++) {
        sg_plan_node *node = plan->nodes[plan->order[o]];
        size_t *bytes = &node->scratch_bytes;
        int64_t items = node->block_items < node->domain.items ? node->block_items : node->domain.items;
        if (!sg_size_mul(node->domain.scratch_per_item, (size_t)items, bytes) ||
            !sg_size_add(*bytes, node->domain.scratch, bytes) || !sg_size_align(*bytes, ALIGNMENT, bytes))
            return sg_fail(error, SG_OUT_OF_MEMORY, "%s: its scratch memory does not fit", node->node->path);
        if (*bytes > plan->scratch_bytes) plan->scratch_bytes = *bytes;
    }
    return SG_OK;
}

sg_status sg_plan_place(sg_plan *plan, sg_error *error) {
    if (!add_accumulators(plan)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    item *items = malloc(sizeof *items * (size_t)(plan->buffer_count + 1));
    bool *own = malloc(sizeof *own * (size_t)(plan->buffer_count + 1));
    sg_status status = SG_OUT_OF_MEMORY;
    if (items && own) {
        find_lives(plan, own);
        for (int o = 0; o < plan->order_count; o++) {
            const sg_plan_node *node = plan->nodes[plan->order[o]];
            for (int a = 0; a < node->domain.acc_count && node->lanes; a++) own[node->acc_buffer[a]] = false;
        }
        for (int b = 0; b < plan->buffer_count; b++) {
            sg_buffer *buffer = &plan->buffers[b];
            if (buffer->where == SG_IN_ARENA && own[b] && !buffer->pinned && buffer->first >= 0 &&
                buffer->first == buffer->last && !plan->no_group)
                buffer->where = SG_IN_TILE;
        }
        status = place_tiles(plan, items, error);
        if (status == SG_OK) status = place_arena(plan, items, error);
        if (status == SG_OK) status = find_scratch(plan, error);
    } else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(items);
    free(own);
    return status;
}
