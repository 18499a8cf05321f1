/* Traces: what every worker did in a few runs. */
#include <stdlib.h>

#include "base/checked.h"
#include "exec/program.h"

void sg_program_note(sg_program *program, int node, int worker, double share, uint64_t begin, uint64_t end) {
    if (node >= 0)
        atomic_fetch_add_explicit(&program->steps[node].nanoseconds, end - begin, memory_order_relaxed);
    if (program->traced_runs <= 0) return;
    size_t at = atomic_fetch_add_explicit(&program->event_count, 1, memory_order_relaxed);
    if (at < program->event_room) program->events[at] = (sg_program_event){node, worker, share, begin, end};
}

/* At most so many events has a run: what every group's blocks, sums and waits take. */
static size_t events_of_a_run(const sg_program *program) {
    const sg_plan *plan = program->plan;
    size_t events = 3 * (size_t)sg_context_threads(program->context) * (size_t)plan->group_count;
    for (int g = 0; g < plan->group_count; g++) {
        const sg_group *group = &plan->groups[g];
        for (int o = group->first; o < group->first + group->count; o++) {
            const sg_plan_node *node = program->steps[o].plan;
            events += (size_t)group->blocks + 1; /* and what finishes a sum */
            for (int a = 0; a < node->domain.acc_count && node->lanes; a++)
                events += (size_t)sg_join_pieces(node->domain.acc[a].elements);
        }
    }
    return events;
}

sg_status sg_program_trace(sg_program *program, int runs, sg_error *error) {
    program->traced_runs = 0;
    if (runs <= 0) return SG_OK;
    size_t room = 0, bytes;
    free(program->events);
    program->events = NULL;
    program->event_room = 0;
    atomic_store(&program->event_count, 0);
    if (sg_size_mul(events_of_a_run(program), (size_t)runs, &room) &&
        sg_size_mul(room, sizeof *program->events, &bytes))
        program->events = malloc(bytes);
    if (!program->events)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a profile of %d runs", runs);
    program->event_room = room;
    program->traced_runs = runs;
    return SG_OK;
}

const sg_program_event *sg_program_events(const sg_program *program, size_t *count) {
    size_t noted = atomic_load(&program->event_count);
    *count = noted < program->event_room ? noted : program->event_room;
    return program->events;
}
