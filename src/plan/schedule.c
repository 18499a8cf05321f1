/* Scheduling: the order of the nodes, and groups of them that run block by block.
 *
 * A list schedule: while a ready node can join the open group, the first such node in graph order does; else
 * the group closes and the first ready node opens the next. A group closes as well when its sums, of which
 * every lane has its own until the group ends, would take more than GROUP_SUMS: the next one then has their
 * memory. Where gradients are used up as soon as they are complete, that is sooner (EARLY_SUMS). Where sums
 * take half of it the group closes before values are computed again: there little goes on from one group to
 * the next. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "plan/pack.h"
#include "plan/plan.h"

enum { GROUP_SUMS = 48 << 20, EARLY_SUMS = 8 << 20 };

typedef struct schedule {
    sg_plan *plan;
    int *waiting;    /* per node: how many nodes must still come first */
    int **followers; /* per node: who waits for it */
    int *follower_count;
    int *ready; /* sorted by graph order */
    int ready_count;
    /* What the open group does to each buffer. */
    int *written_by, *read_by; /* per buffer: group number + 1 in which it was written / read */
    bool *read_whole;          /* per buffer: read as a WHOLE by the open group */
} schedule;

/* An update that does not wait for the phase of updates: it opens its group before anything else does, so
 * that the memory of its gradient is free again, and shares it with such ones alone. */
static bool is_early(const sg_plan *plan, int index) {
    return plan->graph->options.update_early && plan->nodes[index]->node->phase == SG_PHASE_UPDATE;
}

static sg_phase phase_of(const sg_plan *plan, int index) {
    return is_early(plan, index) ? SG_PHASE_GRADIENT : plan->nodes[index]->node->phase;
}

/* Is the value cut at samples in memory: does sample j lie within [j, j + 1) times the same distance? */
static bool sample_major(const sg_plan *plan, const sg_plan_value *value, int64_t *distance) {
    int64_t batch = plan->graph->options.batch;
    const sg_shape *shape = &value->info.shape;
    if (shape->rank < 1 || shape->dim[0] % batch) return false;
    int64_t entries = shape->dim[0] / batch;
    *distance = value->stride[0] * entries;
    int64_t low = value->offset, high = value->offset;
    for (int d = 0; d < shape->rank; d++) {
        int64_t reach = ((d ? shape->dim[d] : entries) - 1) * value->stride[d];
        if (reach < 0)
            low += reach;
        else
            high += reach;
    }
    return *distance > 0 && low >= 0 && high < *distance;
}

/* A value of a buffer that the open group writes may be read or written by the group only sample by sample.
 */
bool sg_plan_fits_buffer(const sg_plan *plan, sg_value value, sg_access access) {
    if (access != SG_OWN) return false;
    const sg_plan_value *v = &plan->values[value];
    const sg_buffer *buffer = &plan->buffers[v->buffer];
    int64_t distance;
    int64_t batch = plan->graph->options.batch;
    return sample_major(plan, v, &distance) && buffer->elements % batch == 0 &&
           distance == buffer->elements / batch;
}

/* One block and no sum: a run of such nodes is one task, without a barrier between them. */
static bool is_small(const sg_plan_node *node) {
    return !node->by_sample && node->blocks == 1 && !node->lanes;
}

static bool can_join(const schedule *s, int group, int index) {
    const sg_plan *plan = s->plan;
    const sg_plan_node *node = plan->nodes[index];
    const sg_group *open = &plan->groups[group];
    const sg_plan_node *head = plan->nodes[plan->order[open->first]];
    if (plan->no_group || open->phase != phase_of(plan, index)) return false;
    if (is_early(plan, index) != is_early(plan, plan->order[open->first])) return false;
    if (is_small(head)) return is_small(node);
    if (!node->by_sample || !head->by_sample) return false;
    if (node->block_samples != head->block_samples || node->larger != head->larger) return false;
    for (int k = 0; k < node->node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        int buffer = plan->values[node->in[k]].buffer;
        if (s->written_by[buffer] == group + 1 && !sg_plan_fits_buffer(plan, node->in[k], node->domain.in[k]))
            return false;
    }
    for (int k = 0; k < node->node->out_count; k++) {
        sg_value out = node->out[k];
        int buffer = plan->values[out].buffer;
        if (buffer < 0) continue;
        bool touched = s->written_by[buffer] == group + 1 || s->read_by[buffer] == group + 1;
        if (touched && (s->read_whole[buffer] || !sg_plan_fits_buffer(plan, out, node->domain.out[k])))
            return false;
    }
    return true;
}

static void touch(schedule *s, int group, const sg_plan_node *node) {
    const sg_plan *plan = s->plan;
    for (int k = 0; k < node->node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        int buffer = plan->values[node->in[k]].buffer;
        if (s->read_by[buffer] != group + 1) s->read_whole[buffer] = false;
        s->read_by[buffer] = group + 1;
        if (!sg_plan_fits_buffer(plan, node->in[k], node->domain.in[k])) s->read_whole[buffer] = true;
    }
    for (int k = 0; k < node->node->out_count; k++) {
        int buffer = plan->values[node->out[k]].buffer;
        if (buffer < 0) continue;
        if (s->read_by[buffer] != group + 1) s->read_whole[buffer] = false;
        s->written_by[buffer] = group + 1;
        /* A first write that is not sample by sample (a sum) must be complete before anybody reads it. */
        if (!sg_plan_fits_buffer(plan, node->out[k], node->domain.out[k])) s->read_whole[buffer] = true;
    }
}

/* can_join looks at reads of written buffers; a value summed by this group fails there through its WHOLE
 * mark. */
static bool reads_unfinished(const schedule *s, int group, const sg_plan_node *node) {
    if (is_small(node)) return false;
    for (int k = 0; k < node->node->in_count; k++) {
        if (node->in[k] == SG_NO_VALUE) continue;
        int buffer = s->plan->values[node->in[k]].buffer;
        if (s->written_by[buffer] == group + 1 && s->read_whole[buffer]) return true;
    }
    return false;
}

/* The bytes of a node's accumulators, in all lanes. */
static double sum_bytes(const sg_plan_node *node) {
    double bytes = 0;
    for (int a = 0; a < node->domain.acc_count && node->lanes; a++)
        bytes += (double)node->domain.acc[a].elements * (double)sg_type_size(node->domain.acc[a].type) *
                 node->lanes;
    return bytes;
}

static void make_ready(schedule *s, int index) {
    int at = s->ready_count++;
    while (at > 0 && s->ready[at - 1] > index) {
        s->ready[at] = s->ready[at - 1];
        at--;
    }
    s->ready[at] = index;
}

static void finish_node(schedule *s, int index) {
    for (int f = 0; f < s->follower_count[index]; f++)
        if (--s->waiting[s->followers[index][f]] == 0) make_ready(s, s->followers[index][f]);
}

static bool open_group(sg_plan *plan, int index) {
    sg_group *groups = realloc(plan->groups, sizeof *groups * (size_t)(plan->group_count + 1));
    if (!groups) return false;
    plan->groups = groups;
    const sg_plan_node *node = plan->nodes[index];
    groups[plan->group_count++] = (sg_group){
        .first = plan->order_count,
        .phase = phase_of(plan, index),
        .blocks = node->blocks,
    };
    return true;
}

static void append(schedule *s, int at) {
    sg_plan *plan = s->plan;
    int index = s->ready[at], group = plan->group_count - 1;
    memmove(s->ready + at, s->ready + at + 1, sizeof *s->ready * (size_t)(s->ready_count - at - 1));
    s->ready_count--;
    sg_plan_node *node = plan->nodes[index];
    sg_group *g = &plan->groups[group];
    plan->order[plan->order_count++] = index;
    g->count++;
    node->group = group;
    if (node->lanes) {
        g->lanes = node->lanes;
        g->sums = true;
        g->finishes = g->finishes || node->node->op->finish;
        g->sum_bytes += sum_bytes(node);
    }
    touch(s, group, node);
    finish_node(s, index);
}

static bool is_late(const sg_plan *plan, int index) {
    return plan->late && index < plan->graph_nodes && plan->late[index] >= 0;
}

/* Is it time to close the group before this node, which could join it? */
static bool closes(const schedule *s, int group, int index) {
    const sg_plan *plan = s->plan;
    double sums = plan->groups[group].sum_bytes;
    const double most = plan->graph->options.update_early ? EARLY_SUMS : GROUP_SUMS;
    int last = plan->order[plan->order_count - 1];
    if (sums > most / 2 && is_late(plan, index) && !is_late(plan, last)) return true;
    return sums > 0 && sums + sum_bytes(plan->nodes[index]) > most;
}

static int pick(const schedule *s) {
    int group = s->plan->group_count - 1;
    if (group < 0) return -1;
    for (int i = 0; i < s->ready_count; i++) {
        const sg_plan_node *node = s->plan->nodes[s->ready[i]];
        if (!can_join(s, group, s->ready[i]) || reads_unfinished(s, group, node)) continue;
        return closes(s, group, s->ready[i]) ? -1 : i;
    }
    return -1;
}

/* Groups may wait for what is small, and for packed matrices: those come first. */
static bool goes_ahead(const sg_plan_node *node) {
    return is_small(node) || sg_is_pack(node->node->op);
}

/* The gradient phase comes first as a whole. */
static bool opens_before(const sg_plan *plan, int a, int b) {
    if (phase_of(plan, a) != phase_of(plan, b)) return phase_of(plan, a) < phase_of(plan, b);
    if (is_early(plan, a) != is_early(plan, b)) return is_early(plan, a);
    bool ahead_a = goes_ahead(plan->nodes[a]), ahead_b = goes_ahead(plan->nodes[b]);
    return ahead_a != ahead_b ? ahead_a : a < b;
}

static bool run_schedule(schedule *s) {
    sg_plan *plan = s->plan;
    while (s->ready_count) {
        int at = pick(s);
        if (at < 0) {
            at = 0;
            for (int i = 1; i < s->ready_count; i++)
                if (opens_before(plan, s->ready[i], s->ready[at])) at = i;
            if (!open_group(plan, s->ready[at])) return false;
        }
        append(s, at);
    }
    return true;
}

/* The running node that makes a value, through views; -1 for stored and fed ones. */
static int maker(const sg_plan *plan, sg_value value) {
    int writer = plan->values[value].writer;
    while (plan->nodes[writer]->node->op->flags & SG_OP_VIEW)
        writer = plan->values[plan->nodes[writer]->in[0]].writer;
    return plan->nodes[writer]->runs ? writer : -1;
}

static bool add_edge(schedule *s, int from, int to) {
    int count = s->follower_count[from];
    if ((count & (count - 1)) == 0) {
        int *list = realloc(s->followers[from], sizeof(int) * (size_t)(count ? count * 2 : 1));
        if (!list) return false;
        s->followers[from] = list;
    }
    s->followers[from][s->follower_count[from]++] = to;
    s->waiting[to]++;
    return true;
}

static bool add_edges(schedule *s) {
    sg_plan *plan = s->plan;
    for (int i = 0; i < plan->node_count; i++) {
        const sg_plan_node *node = plan->nodes[i];
        if (!node->needed || !node->runs) continue;
        for (int k = 0; k < node->node->in_count; k++) {
            int from = node->in[k] == SG_NO_VALUE ? -1 : maker(plan, node->in[k]);
            if (from >= 0 && !add_edge(s, from, i)) return false;
        }
        for (int a = 0; a < node->after_count; a++)
            if (!add_edge(s, node->after[a], i)) return false;
    }
    return true;
}

/* What an early update is made of beside its gradient, such as a share of the weight, is made when the
 * gradient is there: before, it would only take memory. */
static bool hold_back(schedule *s) {
    const sg_plan *plan = s->plan;
    int *gradient = malloc(sizeof *gradient * (size_t)(plan->node_count + 1)); /* that a node needs, or -1 */
    if (!gradient) return false;
    for (int i = 0; i < plan->node_count; i++) gradient[i] = is_early(plan, i) ? -1 : i;
    for (int i = 0; i < plan->node_count; i++)
        for (int f = 0; f < s->follower_count[i]; f++) {
            int to = s->followers[i][f];
            if (is_early(plan, to) && gradient[i] > gradient[to]) gradient[to] = gradient[i];
        }
    bool good = true;
    for (int i = plan->node_count - 1; good && i >= 0; i--) {
        if (!is_early(plan, i) || gradient[i] >= 0) continue;
        for (int f = 0; f < s->follower_count[i]; f++) {
            int needed = gradient[s->followers[i][f]];
            if (needed >= 0 && (gradient[i] < 0 || needed < gradient[i])) gradient[i] = needed;
        }
        if (gradient[i] >= 0) good = add_edge(s, gradient[i], i);
    }
    free(gradient);
    return good;
}

static sg_status schedule_nodes(schedule *s, sg_error *error) {
    sg_plan *plan = s->plan;
    int runs = 0;
    if (!add_edges(s) || (plan->graph->options.update_early && !hold_back(s)))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < plan->node_count; i++) {
        const sg_plan_node *node = plan->nodes[i];
        if (!node->needed || !node->runs) continue;
        runs++;
        if (!s->waiting[i]) make_ready(s, i);
    }
    if (!run_schedule(s)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (plan->order_count == runs) return SG_OK;
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i]->needed && plan->nodes[i]->runs && s->waiting[i])
            return sg_fail(error, SG_BAD_GRAPH, "`%s` updates a stored value that is read after the update",
                           plan->nodes[i]->node->path);
    return SG_FAILURE;
}

sg_status sg_plan_schedule(sg_plan *plan, sg_error *error) {
    size_t nodes = (size_t)plan->node_count + 1, buffers = (size_t)plan->buffer_count + 1;
    schedule s = {
        .plan = plan,
        .waiting = calloc(nodes, sizeof(int)),
        .followers = calloc(nodes, sizeof(int *)),
        .follower_count = calloc(nodes, sizeof(int)),
        .ready = calloc(nodes, sizeof(int)),
        .written_by = calloc(buffers, sizeof(int)),
        .read_by = calloc(buffers, sizeof(int)),
        .read_whole = calloc(buffers, sizeof(bool)),
    };
    plan->order = calloc(nodes, sizeof(int));
    sg_status status = SG_OUT_OF_MEMORY;
    if (s.waiting && s.followers && s.follower_count && s.ready && s.written_by && s.read_by &&
        s.read_whole && plan->order)
        status = schedule_nodes(&s, error);
    else
        sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (size_t i = 0; s.followers && i < nodes; i++) free(s.followers[i]);
    free(s.waiting);
    free(s.followers);
    free(s.follower_count);
    free(s.ready);
    free(s.written_by);
    free(s.read_by);
    free(s.read_whole);
    return status;
}
