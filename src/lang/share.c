/* `share`: nodes that use the weights of another one, or moving averages of them. */
#include "lang/convert.h"
#include "lang/expand.h"
#include "lang/formula.h"

#include <string.h>

/* What the block that a node stands in says of its weights. */
static void inherit(sg_call_site *site, const sg_frame *frame, const sg_node_decl *node) {
    sg_work *work = frame->expander->work;
    site->share = frame->share;
    site->share_chain = frame->share_chain;
    site->average = frame->average;
    site->weights = sg_take_printf(work, "%s.%s", frame->weights, node->name);
    if (site->round >= 0) site->weights = sg_take_printf(work, "%s.%d", site->weights, site->round);
}

bool sg_share_find(sg_call_site *site, const sg_node_decl *node) {
    const sg_context *c = site->context;
    sg_frame *frame = c->frame;
    sg_work *work = frame->expander->work;
    if (frame->weights) inherit(site, frame, node);
    if (!node->share) return true;
    if (!node->share->expr) return false;
    int symbol, round;
    const sg_instance *with = sg_evaluate_instance(c, node->share->expr, &symbol, &round);
    if (!with) return false;
    /* A block whose weights are another's takes its averages as they are; one of averages has its own. */
    bool plain = frame->weights && !frame->average;
    if (plain && node->average) return true;
    site->share = node->share->span;
    site->share_chain = work->chain;
    site->average = node->average ? sg_evaluate_literal(c, node->average) : NULL;
    if (site->average && site->average->kind == SG_TREE_BAD) return false;
    const char *name = frame->block->symbol[symbol].name;
    const char *base =
        plain ? sg_take_printf(work, "%s.%s", frame->weights, name) : sg_frame_path(frame, name);
    if (round < 0 && with->repeats) round = site->round;
    if (with->repeats && (round < 0 || round >= with->round_count)) {
        sg_complain(work, node->share->span, NULL, "`%s` has %d round%s: there is none to share with", name,
                    with->round_count, sg_plural(with->round_count));
        return false;
    }
    site->weights = round >= 0 ? sg_take_printf(work, "%s.%d", base, round) : base;
    return true;
}

/* The weight, or average of one, that is to be used; SG_NO_VALUE after reporting. */
static sg_value find_weight(const sg_call_site *site, const sg_attr *shape) {
    sg_expander *x = site->context->frame->expander;
    int64_t alias = sg_map_get_int(x->values, site->weights, SG_NO_VALUE);
    sg_value value = alias >= 0 ? (sg_value)alias : sg_graph_find(x->graph, site->weights);
    const sg_value_info *info = value != SG_NO_VALUE ? sg_graph_value(x->graph, value) : NULL;
    const sg_node *node = info ? sg_graph_node(x->graph, info->node) : NULL;
    bool known = node && (sg_node_is_weight(node) || sg_node_average_of(node));
    bool same = known && shape->n == info->shape.rank;
    for (int d = 0; same && d < info->shape.rank; d++) same = shape->ints[d] == info->shape.dim[d];
    if (same) return value;
    const sg_chain *chain = x->work->chain;
    char text[SG_SHAPE_TEXT];
    const char *why =
        known ? sg_take_printf(x->work, "has another shape: %s", sg_shape_text(&info->shape, 0, text))
              : "does not exist";
    x->work->chain = site->share_chain;
    sg_complain(x->work, site->share, "nodes that share weights must be built alike",
                "the weight `%s`, which is to be shared, %s", site->weights, why);
    x->work->chain = chain;
    return SG_NO_VALUE;
}

/* A node of the op `average`, under the path of the node that shares. */
static const sg_tree *add_average(const sg_call_site *site, sg_value weight, const sg_attr *shape,
                                  const sg_attr *type) {
    sg_expander *x = site->context->frame->expander;
    const sg_schema *schema = sg_op_schema(sg_op_find("average"));
    const sg_attr_spec *spec = &schema->attrs[sg_schema_attr_index(schema, "average")];
    sg_attr attr[SG_MAX_ATTRS];
    const sg_tree *from[SG_MAX_ATTRS] = {NULL};
    memset(attr, 0, sizeof attr);
    if (!sg_convert(x->work, site->average, spec, "share", &attr[sg_schema_attr_index(schema, "average")]))
        return NULL;
    from[sg_schema_attr_index(schema, "average")] = site->average;
    attr[sg_schema_attr_index(schema, "shape")] = *shape;
    attr[sg_schema_attr_index(schema, "type")] = *type;
    attr[sg_schema_attr_index(schema, "of")] = (sg_attr){
        .set = true,
        .present = true,
        .text = sg_graph_node(x->graph, sg_graph_value(x->graph, weight)->node)->path,
    };
    sg_emission emission = {
        .op = "average", .path = site->path, .at = site->average->span, .attr = attr, .attr_from = from};
    return sg_emit_node(site->context->frame, &emission);
}

const sg_instance *sg_share_weight(const sg_call_site *site, const sg_attr *shape, const sg_attr *type) {
    sg_expander *x = site->context->frame->expander;
    sg_value weight = find_weight(site, shape);
    if (weight == SG_NO_VALUE) return NULL;
    const sg_tree *value;
    if (site->average) {
        value = add_average(site, weight, shape, type);
        if (!value || value->kind != SG_TREE_TENSOR) return NULL;
    } else {
        sg_tree *tree = sg_tree_new(x->work, SG_TREE_TENSOR, site->at);
        tree->value = weight;
        value = tree;
    }
    sg_instance *instance = sg_instance_new(x->work, site->path, 1);
    instance->callee = site->callee;
    instance->out[0] = value;
    ((const char **)instance->out_name)[0] = sg_callee_output_name(site->callee, 0);
    sg_instance_publish(x, instance);
    return instance;
}
