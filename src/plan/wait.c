/* Waiting: which groups must wait for those before them.
 *
 * Workers that find no block left in a group go on with the next one, while others still work. That is right
 * where neither writes what the other reads or writes. What counts is memory, not values: the arena gives the
 * same bytes to one value after the other. A group that touches no such memory of any group since the last
 * wait does not wait; sums of all of them are joined behind the next one. */
#include <stdlib.h>

#include "plan/plan.h"

/* A group with which there would be more since the last wait is not compared with them: it waits. */
enum { MOST_USES = 2048 };

typedef struct use {
    int place; /* a buffer that has memory of its own, or ARENA */
    int64_t begin, end;
    bool writes;
} use;

enum { ARENA = -1 };

typedef struct uses {
    use *use;
    int count, room;
} uses;

static bool add_use(uses *u, use made) {
    if (u->count == u->room) {
        int room = u->room ? 2 * u->room : 256;
        use *grown = realloc(u->use, sizeof *grown * (size_t)room);
        if (!grown) return false;
        u->use = grown;
        u->room = room;
    }
    u->use[u->count++] = made;
    return true;
}

/* The bytes from the first to behind the last element. Fed values are only read, and a tile is its worker's.
 */
static bool add_value(uses *u, const sg_plan *plan, sg_value value, bool writes) {
    const sg_plan_value *v = &plan->values[value];
    if (v->buffer < 0) return true;
    const sg_buffer *buffer = &plan->buffers[v->buffer];
    if (buffer->where != SG_IN_ARENA && buffer->where != SG_IN_STORE) return true;
    int64_t low = v->offset, high = v->offset + 1;
    for (int d = 0; d < v->info.shape.rank; d++) {
        const int64_t size = v->info.shape.dim[d], reach = size > 0 ? (size - 1) * v->stride[d] : 0;
        if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    const bool arena = buffer->where == SG_IN_ARENA;
    const int64_t bytes = (int64_t)sg_type_size(v->info.type), start = arena ? (int64_t)buffer->offset : 0;
    return add_use(u, (use){arena ? ARENA : v->buffer, start + low * bytes, start + high * bytes, writes});
}

static bool add_node(uses *u, const sg_plan *plan, const sg_plan_node *node) {
    bool good = true;
    for (int k = 0; good && k < node->node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE) good = add_value(u, plan, node->in[k], false);
    for (int k = 0; good && k < node->node->out_count; k++)
        if (node->out[k] != SG_NO_VALUE) good = add_value(u, plan, node->out[k], true);
    for (int a = 0; good && a < node->domain.acc_count && node->lanes; a++) {
        const sg_buffer *sums = &plan->buffers[node->acc_buffer[a]];
        good = add_use(u, (use){ARENA, (int64_t)sums->offset, (int64_t)(sums->offset + sums->bytes), true});
    }
    return good;
}

static bool meets(const use *a, const use *b) {
    return a->place == b->place && (a->writes || b->writes) && a->begin < b->end && b->begin < a->end;
}

sg_status sg_plan_wait(sg_plan *plan, sg_error *error) {
    uses u = {0};
    bool good = true;
    for (int g = 0; good && g < plan->group_count; g++) {
        sg_group *group = &plan->groups[g];
        const int before = u.count;
        for (int o = group->first; good && o < group->first + group->count; o++)
            good = add_node(&u, plan, plan->nodes[plan->order[o]]);
        group->waits = g == 0 || group->phase != plan->groups[g - 1].phase || u.count > MOST_USES;
        for (int i = before; i < u.count && !group->waits; i++)
            for (int j = 0; j < before && !group->waits; j++) group->waits = meets(&u.use[i], &u.use[j]);
        if (!group->waits) continue;
        for (int i = before; i < u.count; i++) u.use[i - before] = u.use[i];
        u.count -= before;
    }
    free(u.use);
    return good ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}
