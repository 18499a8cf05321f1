/* What can be asked of an op and of a node. */
#include <string.h>

#include "graph/graph.h"

const char *sg_shape_words(const sg_shape *shape, char buffer[SG_SHAPE_TEXT]) {
    return sg_shape_text(shape, SG_SYMBOLIC_BATCH, buffer);
}

const sg_schema *sg_op_schema(const sg_op *op) {
    return &op->schema;
}

const char *sg_op_family(const sg_op *op) {
    return op->family;
}

const sg_op *sg_op_find(const char *name) {
    return (const sg_op *)sg_registry_find(SG_KIND_OP, name);
}

int sg_op_input_count(const sg_op *op) {
    int count = 0;
    while (op->in[count].name) count++;
    return count;
}

int sg_op_output_count(const sg_op *op) {
    int count = 0;
    while (op->out[count].name) count++;
    return count;
}

const sg_port *sg_op_in_port(const sg_op *op, int index) {
    return index >= 0 && index < sg_op_input_count(op) ? &op->in[index] : NULL;
}

const sg_port *sg_op_out_port(const sg_op *op, int index) {
    return index >= 0 && index < sg_op_output_count(op) ? &op->out[index] : NULL;
}

sg_shape sg_sample_input_shape(const sg_sample_input *input) {
    sg_shape shape = {.rank = input->shape.rank};
    for (int d = 0; d < shape.rank; d++) shape.dim[d] = input->shape.dim[d];
    return shape;
}

bool sg_node_is_weight(const sg_node *node) {
    return strcmp(node->op->schema.name, "weight") == 0;
}

const char *sg_node_average_of(const sg_node *node) {
    if (strcmp(node->op->schema.name, "average") != 0) return NULL;
    return node->attr[sg_schema_attr_index(&node->op->schema, "of")].text;
}

const sg_signature *sg_node_signature(const sg_graph *graph, const sg_node *node, sg_signature_space *space) {
    for (int k = 0; k < node->in_count; k++) {
        space->present[k] = node->in[k] != SG_NO_VALUE;
        space->in[k] = (sg_typed){0};
        if (!space->present[k]) continue;
        const sg_value_info *info = &graph->values[node->in[k]];
        space->in[k] = (sg_typed){info->type, info->shape};
    }
    /* Optional inputs that were left off at the end read as absent. */
    for (int k = node->in_count; k < SG_MAX_IN; k++) {
        space->present[k] = false;
        space->in[k] = (sg_typed){0};
    }
    for (int k = 0; k < node->out_count; k++) {
        const sg_value_info *info = &graph->values[node->out[k]];
        space->out[k] = (sg_typed){info->type, info->shape};
        space->wanted[k] = true;
    }
    space->signature = (sg_signature){
        .attr = node->attr,
        .in_count = node->in_count,
        .out_count = node->out_count,
        .present = space->present,
        .in = space->in,
        .out = space->out,
        .wanted = space->wanted,
    };
    return &space->signature;
}

void sg_node_domain(const sg_node *node, const sg_signature *signature, sg_domain *domain) {
    memset(domain, 0, sizeof *domain);
    domain->items = 1;
    if (node->op->domain) node->op->domain(signature, domain);
}

/* ---- cost ---- */

/* First all are taken out: `batch` may be the symbol itself. */
static void put_batch(sg_shape *shape, int64_t batch) {
    for (int d = 0; d < shape->rank; d++) {
        int times = 0;
        for (; shape->dim[d] > 0 && shape->dim[d] % SG_SYMBOLIC_BATCH == 0; times++)
            shape->dim[d] /= SG_SYMBOLIC_BATCH;
        while (times-- > 0) shape->dim[d] *= batch;
    }
}

/* The signature with a real batch. */
static const sg_signature *real_signature(const sg_graph *graph, const sg_node *node, int64_t batch,
                                          sg_signature_space *space) {
    const sg_signature *signature = sg_node_signature(graph, node, space);
    if (graph->options.batch != SG_SYMBOLIC_BATCH) return signature;
    for (int k = 0; k < node->in_count; k++) put_batch(&space->in[k].shape, batch);
    for (int k = 0; k < node->out_count; k++) put_batch(&space->out[k].shape, batch);
    return signature;
}

double sg_node_flops(const sg_graph *graph, const sg_node *node, int64_t batch) {
    if (node->op->flags & (SG_OP_VIEW | SG_OP_STORED | SG_OP_FED)) return 0;
    sg_signature_space space;
    const sg_signature *signature = real_signature(graph, node, batch, &space);
    if (node->op->flops) return node->op->flops(signature);
    return node->out_count ? (double)sg_shape_elements(&signature->out[0].shape) : 0;
}

double sg_node_bytes(const sg_graph *graph, const sg_node *node, int64_t batch) {
    if (node->op->flags & (SG_OP_STORED | SG_OP_VIEW | SG_OP_UPDATE)) return 0;
    sg_signature_space space;
    const sg_signature *signature = real_signature(graph, node, batch, &space);
    double sum = 0;
    for (int k = 0; k < node->out_count; k++)
        sum += (double)sg_type_size(signature->out[k].type) *
               (double)sg_shape_elements(&signature->out[k].shape);
    return sum;
}
