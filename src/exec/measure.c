/* What a program will need, from its plan alone. */
#include "base/checked.h"
#include "base/options.h"
#include "exec/program.h"

sg_status sg_plan_needs(sg_memory *out, size_t *worker_bytes, const sg_plan *plan, const sg_context *context,
                        sg_error *error) {
    sg_memory needs = {.arena = plan->arena_bytes};
    size_t worker;
    if (!sg_size_add(plan->tile_bytes, plan->scratch_bytes, &worker) ||
        !sg_size_add(worker, SG_WORKER_GAP, &worker) ||
        !sg_size_mul(worker, (size_t)sg_context_threads(context), &needs.tiles))
        return sg_fail(error, SG_OUT_OF_MEMORY, "tiles do not fit in memory");
    for (int b = 0; b < plan->buffer_count; b++) {
        const sg_buffer *buffer = &plan->buffers[b];
        size_t *sum = buffer->where == SG_IN_FEED    ? &needs.feeds
                      : buffer->where == SG_IN_STORE ? &needs.store
                                                     : NULL;
        if (sum && !sg_size_add(*sum, buffer->bytes, sum))
            return sg_fail(error, SG_OUT_OF_MEMORY, "inputs and weights do not fit in memory");
    }
    *worker_bytes = worker;
    *out = needs;
    return SG_OK;
}

double sg_plan_flops(const sg_plan_node *node) {
    const sg_op *op = node->node->op;
    const sg_signature *signature = &node->space.signature;
    return op->flops ? op->flops(signature) : (double)sg_shape_elements(&signature->out[0].shape);
}

sg_status sg_program_measure(sg_memory *out, double *flops, const sg_context *context, const sg_graph *graph,
                             const sg_program_options *options, sg_error *error) {
    size_t worker;
    sg_plan *plan = NULL;
    sg_program_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    sg_status status = sg_graph_status(graph, error);
    if (status == SG_OK) status = sg_plan_create(&plan, graph, &wanted, error);
    if (status != SG_OK) return status;
    status = sg_plan_needs(out, &worker, plan, context, error);
    if (flops) *flops = 0;
    for (int o = 0; flops && o < plan->order_count; o++) *flops += sg_plan_flops(plan->nodes[plan->order[o]]);
    sg_plan_destroy(plan);
    return status;
}
