/* Running programs: every worker walks the groups, taking blocks (or lanes of blocks) until none is left, and
 * waits for the others where the plan says so (wait.c).
 *
 * Which worker takes a block is chance; what a block computes and where its sums go is not. */
#include <string.h>

#include "base/workers.h"
#include "exec/program.h"
#include "simgraph/clock.h"

enum { JOIN_ELEMENTS = 1 << 14 };

static double share_of(const sg_plan_node *node, int64_t count) {
    return node->domain.items > 0 ? (double)count / (double)node->domain.items : 1;
}

static void wait_for_others(sg_program *program, int worker) {
    uint64_t start = program->watched ? sg_clock_nanoseconds() : 0;
    sg_workers_wait(program->context->workers);
    if (program->watched) sg_program_note(program, -1, worker, 0, start, sg_clock_nanoseconds());
}

static void keep_error(sg_program *program, int step, int64_t begin, const sg_error *error) {
    while (atomic_flag_test_and_set_explicit(&program->error_lock, memory_order_acquire)) {
    }
    /* The first step in plan order, and its first block, win, so that the message does not depend on timing.
     */
    int before = atomic_load_explicit(&program->failed_step, memory_order_relaxed);
    if (before < 0 || step < before || (step == before && begin < program->failed_begin)) {
        program->failed_begin = begin;
        atomic_store_explicit(&program->failed_step, step, memory_order_relaxed);
        program->error = *error;
    }
    atomic_flag_clear_explicit(&program->error_lock, memory_order_release);
}

static sg_tensor narrow(const sg_program *program, const sg_operand *operand, char *tile, int64_t begin,
                        int64_t count) {
    sg_tensor tensor = operand->tensor;
    if (!operand->used) return tensor;
    if (operand->where == SG_IN_ARENA)
        tensor.data = (char *)program->arena->memory + operand->offset;
    else if (operand->where == SG_IN_TILE)
        tensor.data = tile + operand->offset;
    else if (operand->where == SG_IN_FEED)
        tensor.data = (char *)operand->feed->data + operand->offset;
    if (operand->own) {
        tensor.shape.dim[0] = operand->item_entries * count;
        /* A tile holds the current block only. */
        if (operand->where != SG_IN_TILE) tensor.data = (char *)tensor.data + operand->item_bytes * begin;
    }
    return tensor;
}

static void run_kernel(sg_program *program, int index, sg_kernel_function kernel, int lane, int64_t begin,
                       int64_t count, int worker) {
    sg_program_step *step = &program->steps[index];
    const sg_plan_node *node = step->plan;
    sg_tensor in[SG_MAX_VARIADIC + SG_MAX_IN], out[SG_MAX_OUT];
    void *acc[SG_MAX_ACC];
    char *tile = (char *)program->arena->tiles + program->worker_bytes * (size_t)worker;
    for (int k = 0; k < node->node->in_count; k++) in[k] = narrow(program, &step->in[k], tile, begin, count);
    for (int k = node->node->in_count; k < SG_MAX_IN; k++) in[k] = (sg_tensor){0};
    for (int k = 0; k < node->node->out_count; k++) {
        out[k] = narrow(program, &step->out[k], tile, begin, count);
        if (lane >= 0 && node->domain.out[k] == SG_SUM) out[k].data = NULL;
    }
    for (int a = 0; a < node->domain.acc_count && node->lanes; a++)
        acc[a] = (char *)program->arena->memory + step->acc_offset[a] +
                 step->acc_lane_bytes[a] * (size_t)(lane < 0 ? 0 : lane);
    sg_error error = {0};
    sg_task task = {
        .node = node->node,
        .attr = node->node->attr,
        .signature = &node->space.signature,
        .in = in,
        .out = out,
        .acc = acc,
        .begin = begin,
        .count = count,
        .items = node->domain.items,
        .scratch = tile + program->plan->tile_bytes,
        .loops = program->context->loops,
        .products = &program->products[worker],
        .draw = program->draw,
        .error = &error,
    };
    /* What this node may use, and the line behind it (every worker has one), where a read past its end goes.
     */
    if (program->poison) memset(task.scratch, 0xff, node->scratch_bytes + SG_WORKER_GAP);
    uint64_t start = program->watched ? sg_clock_nanoseconds() : 0;
    kernel(&task);
    if (program->watched)
        sg_program_note(program, index, worker, kernel == step->kernel ? share_of(node, count) : 0, start,
                        sg_clock_nanoseconds());
    if (error.status != SG_OK) keep_error(program, index, begin, &error);
}

static void run_block(sg_program *program, const sg_group *group, int block, int lane, int worker) {
    for (int o = group->first; o < group->first + group->count; o++) {
        const sg_plan_node *node = program->steps[o].plan;
        int64_t begin, count;
        sg_plan_block(node, block, &begin, &count);
        if (count > 0 || node->domain.items == 0)
            run_kernel(program, o, program->steps[o].kernel, lane, begin, count, worker);
    }
}

static void run_lane(sg_program *program, const sg_group *group, int lane, int worker) {
    for (int o = group->first; o < group->first + group->count; o++) {
        const sg_program_step *step = &program->steps[o];
        for (int a = 0; a < step->plan->domain.acc_count && step->plan->lanes; a++)
            memset((char *)program->arena->memory + step->acc_offset[a] +
                       step->acc_lane_bytes[a] * (size_t)lane,
                   0, step->acc_lane_bytes[a]);
    }
    /* Lanes of one block more come first. */
    const int each = group->blocks / group->lanes, rest = group->blocks % group->lanes;
    const int first = lane * each + (lane < rest ? lane : rest), end = first + each + (lane < rest);
    for (int block = first; block < end; block++) run_block(program, group, block, lane, worker);
}

#define JOIN_TYPE(T)                                                                   \
    do {                                                                               \
        for (int stride = 1; stride < lanes; stride *= 2)                              \
            for (int lane = 0; lane + stride < lanes; lane += 2 * stride) {            \
                T *to = (T *)(memory + bytes * (size_t)lane);                          \
                const T *from = (const T *)(memory + bytes * (size_t)(lane + stride)); \
                for (int64_t i = begin; i < end; i++) to[i] += from[i];                \
            }                                                                          \
    } while (0)

/* Adds the lanes of one accumulator in a tree; lane 0 gets the sum. */
static void join_lanes(char *memory, sg_type type, size_t bytes, int lanes, int64_t begin, int64_t end) {
    switch (type) {
    case SG_F32:
        JOIN_TYPE(float);
        break;
    case SG_F64:
        JOIN_TYPE(double);
        break;
    case SG_I32:
        JOIN_TYPE(int32_t);
        break;
    default:
        break;
    }
}

/* The output that accumulator `a` of an op without `finish` belongs to. */
static int output_of(const sg_plan_node *node, int a) {
    for (int k = 0; k < node->node->out_count; k++)
        if (node->domain.out[k] == SG_SUM && a-- == 0) return k;
    return -1;
}

static void write_sum(sg_program *program, const sg_program_step *step, int a, int64_t begin, int64_t end) {
    int k = output_of(step->plan, a);
    if (k < 0 || !step->out[k].used) return;
    sg_tensor out = narrow(program, &step->out[k], NULL, 0, 0);
    const sg_domain *d = &step->plan->domain;
    size_t from_size = sg_type_size(d->acc[a].type), to_size = sg_type_size(out.type);
    sg_shape line = SG_SHAPE(end - begin);
    char *memory = (char *)program->arena->memory + step->acc_offset[a];
    sg_tensor from = sg_tensor_view(d->acc[a].type, line, memory + (size_t)begin * from_size);
    sg_tensor to = sg_tensor_view(out.type, line, (char *)out.data + (size_t)begin * to_size);
    sg_tensor_copy(&to, &from, NULL);
}

int sg_join_pieces(int64_t elements) {
    return (int)((elements + JOIN_ELEMENTS - 1) / JOIN_ELEMENTS);
}

/* Task `task` of joining a group: a piece of one accumulator. Returns false past the end. */
static bool run_join(sg_program *program, const sg_group *group, int task, int worker) {
    for (int o = group->first; o < group->first + group->count; o++) {
        const sg_program_step *step = &program->steps[o];
        const sg_plan_node *node = step->plan;
        for (int a = 0; a < node->domain.acc_count && node->lanes; a++) {
            int64_t elements = node->domain.acc[a].elements;
            int pieces = sg_join_pieces(elements);
            if (task >= pieces) {
                task -= pieces;
                continue;
            }
            int64_t begin = (int64_t)task * JOIN_ELEMENTS;
            int64_t end = begin + JOIN_ELEMENTS < elements ? begin + JOIN_ELEMENTS : elements;
            uint64_t start = program->watched ? sg_clock_nanoseconds() : 0;
            join_lanes((char *)program->arena->memory + step->acc_offset[a], node->domain.acc[a].type,
                       step->acc_lane_bytes[a], node->lanes, begin, end);
            if (!node->node->op->finish) write_sum(program, step, a, begin, end);
            if (program->watched) sg_program_note(program, o, worker, 0, start, sg_clock_nanoseconds());
            return true;
        }
    }
    return false;
}

static void run_finishes(sg_program *program, const sg_group *group, int worker) {
    for (int o = group->first; o < group->first + group->count; o++) {
        const sg_plan_node *node = program->steps[o].plan;
        if (!node->lanes || !node->node->op->finish) continue;
        run_kernel(program, o, node->node->op->finish, -1, 0, node->domain.items, worker);
    }
}

static int take(atomic_int *counter) {
    return atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void run_tasks(sg_program *program, int g, int worker) {
    const sg_group *group = &program->plan->groups[g];
    const int tasks = group->lanes ? group->lanes : group->blocks;
    for (int task = take(&program->next[g]); task < tasks; task = take(&program->next[g])) {
        if (group->lanes)
            run_lane(program, group, task, worker);
        else
            run_block(program, group, task, -1, worker);
    }
}

/* Groups first .. end - 1, which run side by side. */
static void run_groups(sg_program *program, int first, int end, int worker) {
    const sg_group *groups = program->plan->groups;
    bool sums = false, finishes = false;
    for (int g = first; g < end; g++) {
        run_tasks(program, g, worker);
        sums = sums || groups[g].sums;
        finishes = finishes || groups[g].finishes;
    }
    wait_for_others(program, worker);
    if (sums) {
        for (int g = first; g < end; g++)
            while (groups[g].sums && run_join(program, &groups[g], take(&program->next_join[g]), worker)) {
            }
        wait_for_others(program, worker);
    }
    if (finishes) {
        for (int g = first; g < end; g++)
            if (groups[g].finishes && take(&program->next_finish[g]) == 0)
                run_finishes(program, &groups[g], worker);
        wait_for_others(program, worker);
    }
}

void sg_program_work(void *data, int worker, int workers) {
    sg_program *program = data;
    (void)workers;
    const sg_plan *plan = program->plan;
    for (int first = 0, end; first < plan->group_count; first = end) {
        for (end = first + 1; end < plan->group_count && !plan->groups[end].waits;) end++;
        if (plan->groups[first].phase == program->phase) run_groups(program, first, end, worker);
    }
}

sg_status sg_program_run(sg_program *program, sg_phase phase, const sg_draw *draw, sg_error *error) {
    for (int g = 0; g < program->plan->group_count; g++) {
        atomic_store_explicit(&program->next[g], 0, memory_order_relaxed);
        atomic_store_explicit(&program->next_join[g], 0, memory_order_relaxed);
        atomic_store_explicit(&program->next_finish[g], 0, memory_order_relaxed);
    }
    if (program->poison && phase == SG_PHASE_GRADIENT) {
        if (program->arena->bytes) memset(program->arena->memory, 0xff, program->arena->bytes);
        for (int w = 0; w < sg_context_threads(program->context); w++)
            memset((char *)program->arena->tiles + program->worker_bytes * (size_t)w, 0xff,
                   program->plan->tile_bytes);
    }
    program->draw = draw;
    program->phase = phase;
    atomic_store_explicit(&program->failed_step, -1, memory_order_relaxed);
    atomic_flag_clear(&program->error_lock);
    program->watched = program->profile || program->traced_runs > 0;
    sg_workers_run(program->context->workers, sg_program_work, program);
    if (program->traced_runs > 0) program->traced_runs--;
    int failed = atomic_load(&program->failed_step);
    if (failed < 0) return SG_OK;
    if (error) *error = program->error;
    const sg_node *node = program->steps[failed].plan->node;
    sg_fail_prefix(error, "%s", node->path);
    return error ? sg_fail_in_graph(error, program->graph, node) : program->error.status;
}
