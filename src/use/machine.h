/* use/machine.h - a graph that is built in code, with what it takes to run it. */
#ifndef SG_USE_MACHINE_H
#define SG_USE_MACHINE_H

#include "simgraph/program.h"

typedef struct sg_machine {
    sg_context *context;
    sg_graph *graph;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    int64_t batch;
} sg_machine;

/* An empty graph of that float type. Finish the machine in any case. */
sg_status sg_machine_init(sg_machine *m, sg_context *context, sg_type type, int64_t batch, sg_error *error);
sg_value sg_machine_input(sg_machine *m, sg_type type, sg_shape shape);
/* Plans what the values need, after which inputs can be fed and the machine run. */
sg_status sg_machine_plan(sg_machine *m, int count, const sg_value *fetch, sg_error *error);
sg_status sg_machine_run(sg_machine *m, sg_error *error);
void sg_machine_finish(sg_machine *m);

#endif
