/* Making a plan: runs the passes; storage that they share. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

static bool grow(void **array, int *room, int count, size_t size) {
    if (count < *room) return true;
    int wanted = *room ? *room * 2 : 256;
    void *grown = realloc(*array, (size_t)wanted * size);
    if (!grown) return false;
    *array = grown;
    *room = wanted;
    return true;
}

sg_value sg_plan_add_value(sg_plan *plan, const sg_value_info *info) {
    if (!grow((void **)&plan->values, &plan->value_room, plan->value_count, sizeof *plan->values)) return -1;
    plan->values[plan->value_count] = (sg_plan_value){.info = *info, .writer = -1, .buffer = -1};
    return plan->value_count++;
}

sg_plan_node *sg_plan_add_node(sg_plan *plan, const sg_node *node) {
    if (!grow((void **)&plan->nodes, &plan->node_room, plan->node_count, sizeof *plan->nodes)) return NULL;
    sg_plan_node *made = sg_bump_alloc(plan->memory, sizeof *made);
    if (!made) return NULL;
    made->node = node;
    made->in = sg_bump_copy(plan->memory, node->in, sizeof(sg_value) * (size_t)node->in_count);
    made->out = sg_bump_copy(plan->memory, node->out, sizeof(sg_value) * (size_t)node->out_count);
    if (!made->in || !made->out) return NULL;
    made->runs = !(node->op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED));
    made->group = -1;
    for (int k = 0; k < SG_MAX_OUT; k++) made->overwrites[k] = SG_NO_VALUE;
    plan->nodes[plan->node_count++] = made;
    return made;
}

int sg_plan_add_buffer(sg_plan *plan, sg_where where, sg_value owner, sg_type type, int64_t elements) {
    if (!grow((void **)&plan->buffers, &plan->buffer_room, plan->buffer_count, sizeof *plan->buffers))
        return -1;
    size_t bytes;
    if (!sg_size_mul((size_t)elements, sg_type_size(type), &bytes)) bytes = SIZE_MAX;
    plan->buffers[plan->buffer_count] = (sg_buffer){
        .where = where,
        .owner = owner,
        .type = type,
        .elements = elements,
        .bytes = bytes,
        .first = -1,
        .last = -1,
    };
    return plan->buffer_count++;
}

bool sg_plan_add_after(sg_plan *plan, sg_plan_node *node, int first) {
    int *list = sg_bump_alloc(plan->memory, sizeof(int) * (size_t)(node->after_count + 1));
    if (!list) return false;
    if (node->after_count) memcpy(list, node->after, sizeof(int) * (size_t)node->after_count);
    list[node->after_count] = first;
    node->after = list;
    node->after_count++;
    return true;
}

static sg_status copy_graph(sg_plan *plan, sg_error *error) {
    const sg_graph *graph = plan->graph;
    for (int v = 0; v < graph->value_count; v++)
        if (sg_plan_add_value(plan, &graph->values[v]) < 0)
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < graph->node_count; i++) {
        sg_plan_node *node = sg_plan_add_node(plan, graph->nodes[i]);
        if (!node) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        for (int k = 0; k < node->node->out_count; k++) plan->values[node->out[k]].writer = i;
    }
    plan->graph_nodes = plan->node_count;
    for (int i = 0; plan->late && i < graph->node_count; i++)
        if (plan->late[i] >= 0 && !sg_plan_add_after(plan, plan->nodes[i], plan->late[i]))
            return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    return SG_OK;
}

sg_status sg_plan_create(sg_plan **out, const sg_graph *graph, const sg_program_options *options,
                         sg_error *error) {
    *out = NULL;
    sg_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    plan->graph = graph;
    plan->no_group = options->no_group;
    plan->block = options->block;
    plan->memory = sg_bump_create();
    sg_status status =
        plan->memory ? sg_plan_expand(plan, error) : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && !options->no_recompute) status = sg_plan_recompute(plan, options, error);
    if (status == SG_OK) status = sg_plan_pack(plan, options, error);
    if (status == SG_OK) status = copy_graph(plan, error);
    if (status == SG_OK) status = sg_plan_select(plan, options, error);
    if (status == SG_OK) status = sg_plan_layout(plan, error);
    if (status == SG_OK) status = sg_plan_cut(plan, error);
    if (status == SG_OK) status = sg_plan_schedule(plan, error);
    if (status == SG_OK) status = sg_plan_place(plan, error);
    if (status == SG_OK) status = sg_plan_wait(plan, error);
    if (status == SG_OK)
        *out = plan;
    else
        sg_plan_destroy(plan);
    return status;
}

void sg_plan_destroy(sg_plan *plan) {
    if (!plan) return;
    for (int i = 0; i < plan->derived_count; i++) sg_graph_destroy(plan->derived[i]);
    sg_bump_destroy(plan->memory);
    free(plan->values);
    free(plan->nodes);
    free(plan->buffers);
    free(plan->order);
    free(plan->groups);
    free(plan);
}
