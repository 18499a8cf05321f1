/* Making programs: kernels, operands and memory for a plan. */
#include "exec/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/options.h"

static void bind_operand(const sg_program *program, const sg_plan_node *node, sg_value value,
                         sg_access access, int dropped, sg_operand *operand) {
    const sg_plan *plan = program->plan;
    if (value == SG_NO_VALUE || plan->values[value].buffer < 0) return;
    const sg_plan_value *v = &plan->values[value];
    const sg_buffer *buffer = &plan->buffers[v->buffer];
    size_t size = sg_type_size(v->info.type);
    operand->used = true;
    operand->own = access == SG_OWN;
    operand->where = buffer->where;
    operand->tensor = sg_tensor_view(v->info.type, v->info.shape, NULL);
    sg_shape *shape = &operand->tensor.shape;
    shape->rank -= dropped;
    memmove(shape->dim, shape->dim + dropped, sizeof *shape->dim * (size_t)shape->rank);
    memcpy(operand->tensor.stride, v->stride + dropped, sizeof *v->stride * (size_t)shape->rank);
    operand->offset = buffer->offset + (size_t)v->offset * size;
    if (buffer->where == SG_IN_STORE) {
        const char *name = plan->nodes[plan->values[buffer->owner].writer]->node->path;
        operand->tensor.data = (char *)sg_store_find(program->store, name)->data + (size_t)v->offset * size;
    } else if (buffer->where == SG_IN_FEED)
        operand->feed = &program->feeds[v->buffer];
    if (operand->own) {
        operand->item_entries = shape->dim[0] / node->domain.items;
        operand->item_bytes = operand->item_entries * operand->tensor.stride[0] * (int64_t)size;
    }
}

static sg_status bind_step(sg_program *program, sg_program_step *step, int index, sg_error *error) {
    sg_plan_node *node = program->plan->nodes[index];
    step->plan = node;
    step->kernel = sg_find_kernel(node->node->op, &node->space.signature);
    if (!step->kernel)
        return sg_fail(error, SG_BAD_GRAPH, "%s: the op %s has no kernel for %s", node->node->path,
                       node->node->op->schema.name,
                       sg_type_name(node->node->in_count ? node->space.in[0].type : node->space.out[0].type));
    step->in = sg_bump_array(program->memory, (size_t)node->node->in_count + SG_MAX_IN, sizeof *step->in);
    step->out = sg_bump_array(program->memory, (size_t)node->node->out_count + 1, sizeof *step->out);
    if (!step->in || !step->out) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int k = 0; k < node->node->in_count; k++)
        bind_operand(program, node, node->in[k], node->domain.in[k], node->in_dropped[k], &step->in[k]);
    for (int k = 0; k < node->node->out_count; k++) {
        if (!node->space.wanted[k] && !(node->node->op->flags & SG_OP_UPDATE)) continue;
        bind_operand(program, node, node->out[k], node->domain.out[k], node->out_dropped[k], &step->out[k]);
    }
    for (int a = 0; a < node->domain.acc_count && node->lanes; a++) {
        const sg_buffer *buffer = &program->plan->buffers[node->acc_buffer[a]];
        step->acc_offset[a] = buffer->offset;
        step->acc_lane_bytes[a] =
            (size_t)node->domain.acc[a].elements * sg_type_size(node->domain.acc[a].type);
    }
    return SG_OK;
}

static sg_status make_feeds(sg_program *program, sg_error *error) {
    const sg_plan *plan = program->plan;
    program->feeds = calloc((size_t)plan->buffer_count + 1, sizeof *program->feeds);
    if (!program->feeds) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int b = 0; b < plan->buffer_count; b++) {
        const sg_buffer *buffer = &plan->buffers[b];
        if (buffer->where == SG_IN_FEED) {
            const sg_value_info *info = &plan->values[buffer->owner].info;
            sg_status status = sg_tensor_init(&program->feeds[b], info->type, info->shape, error);
            if (status != SG_OK) return status;
        }
        if (buffer->where == SG_IN_STORE) {
            const sg_node *node = plan->nodes[plan->values[buffer->owner].writer]->node;
            const sg_value_info *info = &plan->values[buffer->owner].info;
            const sg_tensor *stored = sg_store_find(program->store, node->path);
            if (!stored) return sg_fail(error, SG_BAD_GRAPH, "`%s` is not in the store", node->path);
            if (stored->type != info->type || !sg_shape_equal(&stored->shape, &info->shape)) {
                char x[SG_SHAPE_TEXT], y[SG_SHAPE_TEXT];
                return sg_fail(error, SG_BAD_GRAPH, "`%s` is stored as %s %s, but the graph wants %s %s",
                               node->path, sg_type_name(stored->type), sg_shape_text(&stored->shape, 0, x),
                               sg_type_name(info->type), sg_shape_text(&info->shape, 0, y));
            }
        }
    }
    return SG_OK;
}

static sg_status make_memory(sg_program *program, sg_error *error) {
    const sg_plan *plan = program->plan;
    size_t groups = (size_t)plan->group_count + 1;
    program->next = calloc(groups, sizeof *program->next);
    program->next_join = calloc(groups, sizeof *program->next_join);
    program->next_finish = calloc(groups, sizeof *program->next_finish);
    program->steps = calloc((size_t)plan->order_count + 1, sizeof *program->steps);
    if (!program->next || !program->next_join || !program->next_finish || !program->steps)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    return sg_arena_reserve(program->arena, plan->arena_bytes, program->needs.tiles, error);
}

sg_status sg_program_create(sg_program **out, sg_context *context, const sg_graph *graph, sg_store *store,
                            sg_arena *arena, const sg_program_options *options, sg_error *error) {
    *out = NULL;
    sg_program_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    sg_status status = sg_graph_status(graph, error);
    if (status != SG_OK) return status;
    sg_program *program = calloc(1, sizeof *program);
    if (!program) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    program->context = context;
    program->graph = graph;
    program->products = context->products[graph->options.round_products];
    program->store = store;
    program->arena = arena;
    program->profile = wanted.profile;
    program->poison = wanted.poison;
    program->memory = sg_bump_create();
    status = program->memory ? sg_plan_create(&program->plan, graph, &wanted, error)
                             : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK)
        status = sg_plan_needs(&program->needs, &program->worker_bytes, program->plan, context, error);
    if (status == SG_OK) status = make_feeds(program, error);
    if (status == SG_OK) status = make_memory(program, error);
    for (int o = 0; status == SG_OK && o < program->plan->order_count; o++)
        status = bind_step(program, &program->steps[o], program->plan->order[o], error);
    if (status == SG_OK)
        *out = program;
    else
        sg_program_destroy(program);
    return status;
}

void sg_program_destroy(sg_program *program) {
    if (!program) return;
    for (int b = 0; program->feeds && b < program->plan->buffer_count; b++)
        sg_tensor_finish(&program->feeds[b]);
    free(program->feeds);
    free(program->events);
    free(program->next);
    free(program->next_join);
    free(program->next_finish);
    free(program->steps);
    sg_plan_destroy(program->plan);
    sg_bump_destroy(program->memory);
    free(program);
}

sg_tensor sg_program_feed(sg_program *program, sg_value value) {
    const sg_plan *plan = program->plan;
    sg_tensor nothing = {0};
    if (value < 0 || value >= plan->value_count || plan->values[value].buffer < 0) return nothing;
    return program->feeds[plan->values[value].buffer];
}

void sg_program_exchange(sg_program *program, sg_value value, sg_tensor *with) {
    sg_tensor fed = sg_program_feed(program, value);
    if (!fed.data) return;
    sg_tensor *own = &program->feeds[program->plan->values[value].buffer];
    own->data = with->data;
    own->owned = with->owned; /* so that whoever finishes `with` frees what nobody uses any more */
    with->data = fed.data;
    with->owned = fed.owned;
}

sg_tensor sg_program_fetch(sg_program *program, sg_value value) {
    const sg_plan *plan = program->plan;
    sg_tensor tensor = {0};
    if (value < 0 || value >= plan->value_count || plan->values[value].buffer < 0) return tensor;
    const sg_plan_value *v = &plan->values[value];
    const sg_buffer *buffer = &plan->buffers[v->buffer];
    tensor = sg_tensor_view(v->info.type, v->info.shape, NULL);
    memcpy(tensor.stride, v->stride, sizeof v->stride);
    char *base = NULL;
    switch (buffer->where) {
    case SG_IN_ARENA:
        base = (char *)program->arena->memory + buffer->offset;
        break;
    case SG_IN_STORE:
        base =
            sg_store_find(program->store, plan->nodes[plan->values[buffer->owner].writer]->node->path)->data;
        break;
    case SG_IN_FEED:
        base = program->feeds[v->buffer].data;
        break;
    case SG_IN_TILE:
        return (sg_tensor){0}; /* was not fetched */
    }
    tensor.data = base + (size_t)v->offset * sg_type_size(v->info.type);
    return tensor;
}

sg_memory sg_program_memory(const sg_program *program) {
    return program->needs;
}

int sg_program_node_count(const sg_program *program) {
    return program->plan->order_count;
}

sg_program_node sg_program_node_at(const sg_program *program, int index) {
    const sg_program_step *step = &program->steps[index];
    return (sg_program_node){
        .node = step->plan->node,
        .group = step->plan->group,
        .blocks = step->plan->blocks,
        .seconds = (double)atomic_load(&step->nanoseconds) * 1e-9,
        .flops = sg_plan_flops(step->plan),
        .out = step->plan->space.out[0],
    };
}
