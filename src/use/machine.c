#include "use/machine.h"

sg_status sg_machine_init(sg_machine *m, sg_context *context, sg_type type, int64_t batch, sg_error *error) {
    sg_graph_options options = {.size = sizeof options, .float_type = type, .batch = batch};
    *m = (sg_machine){.context = context, .batch = batch};
    sg_status status = sg_graph_create(&m->graph, &options, error);
    if (status == SG_OK) status = sg_store_create(&m->store, error);
    return status == SG_OK ? sg_arena_create(&m->arena, error) : status;
}

sg_value sg_machine_input(sg_machine *m, sg_type type, sg_shape shape) {
    return sg_graph_add(m->graph, "input", NULL, NULL, 0,
                        (const sg_arg[]){sg_arg_shape("shape", &shape), sg_arg_dtype("type", type), {0}});
}

sg_status sg_machine_plan(sg_machine *m, int count, const sg_value *fetch, sg_error *error) {
    sg_program_options options = {.size = sizeof options, .fetch = fetch, .fetch_count = count};
    sg_status status = sg_graph_status(m->graph, error);
    if (status != SG_OK) return status;
    return sg_program_create(&m->program, m->context, m->graph, m->store, m->arena, &options, error);
}

sg_status sg_machine_run(sg_machine *m, sg_error *error) {
    sg_draw draw = {.batch = m->batch};
    return sg_program_run(m->program, SG_PHASE_GRADIENT, &draw, error);
}

void sg_machine_finish(sg_machine *m) {
    sg_program_destroy(m->program);
    sg_arena_destroy(m->arena);
    sg_store_destroy(m->store);
    sg_graph_destroy(m->graph);
    *m = (sg_machine){.batch = 0};
}
