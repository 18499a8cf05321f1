/* What readers want of the values that they read. */
#include <string.h>

#include "plan/layout.h"

static bool is_op(const sg_plan_node *node, const char *name) {
    return strcmp(node->node->op->schema.name, name) == 0;
}

static const sg_shape *shape_of(const sg_plan *plan, sg_value value) {
    return &plan->values[value].info.shape;
}

static sg_wish dense_wish(const sg_plan *plan, sg_value value) {
    sg_wish w = {.set = true, .into = SG_NO_VALUE};
    sg_contiguous_strides(shape_of(plan, value), w.stride);
    return w;
}

bool sg_follows_layout(sg_layout layout, const sg_shape *shape, const int64_t *stride) {
    if (layout == SG_STRIDED) return true;
    if (layout == SG_UNIT) {
        int last = shape->rank - 1;
        if (last < 0) return true;
        if (shape->dim[last] > 1 && stride[last] != 1) return false;
        return last < 1 || shape->dim[last - 1] <= 1 || stride[last - 1] >= shape->dim[last];
    }
    int64_t expected = 1;
    for (int d = shape->rank - 1; d >= 0; d--) {
        if (shape->dim[d] != 1 && stride[d] != expected) return sg_shape_elements(shape) == 0;
        expected *= shape->dim[d];
    }
    return true;
}

/* The layout of a view's input that gives its output the wished one; reshape and permute can be turned round.
 */
static bool wish_through_view(const sg_plan *plan, const sg_plan_node *node, const sg_wish *of_output,
                              sg_wish *of_input) {
    *of_input = *of_output;
    const sg_shape *in = shape_of(plan, node->in[0]), *out = shape_of(plan, node->out[0]);
    if (is_op(node, "permute")) {
        const sg_attr *axes = &node->node->attr[sg_schema_attr_index(&node->node->op->schema, "axes")];
        for (int d = 0; d < out->rank; d++) {
            int64_t axis = axes->ints[d] < 0 ? axes->ints[d] + in->rank : axes->ints[d];
            of_input->stride[axis] = of_output->stride[d];
        }
        return true;
    }
    if (is_op(node, "reshape")) {
        /* A reshape back is a reshape: its view function, with the shapes exchanged. */
        sg_typed in_typed = {plan->values[node->out[0]].info.type, *out};
        sg_typed out_typed = {plan->values[node->in[0]].info.type, *in};
        bool present = true;
        sg_signature back = {.attr = node->node->attr,
                             .in_count = 1,
                             .out_count = 1,
                             .present = &present,
                             .in = &in_typed,
                             .out = &out_typed};
        int64_t offset = 0;
        if (!node->node->op->view(&back, of_output->stride, of_input->stride, &offset)) return false;
        return true;
    }
    return false;
}

void sg_wish_for_inputs(const sg_plan *plan, const sg_plan_node *node, sg_wish *wishes) {
    const sg_op *op = node->node->op;
    for (int k = 0; k < node->node->in_count; k++) {
        sg_value x = node->in[k];
        if (x == SG_NO_VALUE) continue;
        const sg_plan_value *value = &plan->values[x];
        if (value->readers != 1 || value->fetched) continue;
        if (op->flags & SG_OP_VIEW) {
            const sg_wish *after = &wishes[node->out[0]];
            sg_wish before;
            if (is_op(node, "reshape") && !after->set) {
                wishes[x] = dense_wish(plan, x);
            } else if (after->set && wish_through_view(plan, node, after, &before)) {
                wishes[x] = before;
            }
        } else if (is_op(node, "concat")) {
            const sg_shape *whole = shape_of(plan, node->out[0]);
            sg_wish joined = wishes[node->out[0]].set ? wishes[node->out[0]] : dense_wish(plan, node->out[0]);
            int64_t axis = node->node->attr[sg_schema_attr_index(&op->schema, "axis")].i;
            if (axis < 0) axis += whole->rank;
            int64_t before = 0;
            for (int j = 0; j < k; j++) before += shape_of(plan, node->in[j])->dim[axis];
            if (joined.into == SG_NO_VALUE) joined.into = node->out[0];
            joined.offset += before * joined.stride[axis];
            wishes[x] = joined;
        } else {
            sg_layout layout = op->in_layout[k < SG_MAX_IN ? k : SG_MAX_IN - 1];
            if (layout == SG_DENSE) wishes[x] = dense_wish(plan, x);
        }
    }
}
