/* dump_samples DIR: writes every good sample of every op for tests/torch/record_ops.py.
 *
 * DIR/samples.json: [{op, sample, hash, attrs (defaults filled in), in: [type or null], out: [{type, shape}],
 * gradient, differentiable: [by output], wrt: [by input]}]; DIR/numbers.npz: inputs "I.inK" and cotangents
 * "I.cotangentK" of sample number I, floats in f64. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../ops_case.h"
#include "graph/graph.h"
#include "simgraph/arrays.h"

static json_t *attr_value(const sg_attr_spec *spec, const sg_attr *attr) {
    json_t *list = NULL;
    if (!attr->present) return json_null();
    switch (spec->type) {
    case SG_ATTR_INT:
        return json_integer(attr->i);
    case SG_ATTR_BOOL:
        return json_boolean(attr->i);
    case SG_ATTR_FLOAT:
    case SG_ATTR_RATE:
        return isfinite(attr->f) ? json_real(attr->f) : json_string(attr->f > 0 ? "inf" : "-inf");
    case SG_ATTR_TEXT:
        return json_string(attr->text);
    case SG_ATTR_DTYPE:
        return json_string(sg_type_name((sg_type)attr->i));
    case SG_ATTR_INTS:
        list = json_array();
        for (int i = 0; i < attr->n; i++) json_array_append_new(list, json_integer(attr->ints[i]));
        return list;
    case SG_ATTR_FLOATS:
        list = json_array();
        for (int i = 0; i < attr->n; i++) json_array_append_new(list, json_real(attr->floats[i]));
        return list;
    default:
        return json_null();
    }
}

static json_t *describe(const ops_case *c, const ops_machine *m) {
    const sg_schema *schema = &c->op->schema;
    const sg_node *node = sg_graph_node(m->graph, sg_graph_value(m->graph, m->node_out[0])->node);
    json_t *attrs = json_object(), *in = json_array(), *out = json_array(), *differentiable = json_array(),
           *wrt = json_array();
    for (int i = 0; i < sg_schema_attr_count(schema); i++)
        json_object_set_new(attrs, schema->attrs[i].name, attr_value(&schema->attrs[i], &node->attr[i]));
    for (int k = 0; k < c->sample->in_count; k++) {
        json_array_append_new(in, c->in[k].data ? json_string(sg_type_name(c->in[k].type)) : json_null());
        json_array_append_new(wrt, json_boolean(m->wrt[k]));
    }
    for (int k = 0; k < m->out_count; k++) {
        const sg_value_info *info = sg_graph_value(m->graph, m->node_out[k]);
        json_t *shape = json_array();
        for (int d = 0; d < info->shape.rank; d++)
            json_array_append_new(shape, json_integer(info->shape.dim[d]));
        json_array_append_new(out, json_pack("{s:s, s:o}", "type", sg_type_name(info->type), "shape", shape));
        json_array_append_new(differentiable, json_boolean(m->differentiable[k]));
    }
    bool gradient = c->op->gradient && !(c->op->flags & SG_OP_NONDIFF) && !c->sample->no_gradient;
    return json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:b, s:o, s:o}", "op", schema->name, "sample",
                     c->sample->name, "hash", ops_case_hash(c), "attrs", attrs, "in", in, "out", out,
                     "gradient", gradient, "differentiable", differentiable, "wrt", wrt);
}

static sg_status keep(sg_arrays *arrays, size_t index, const char *what, int k, sg_tensor *tensor,
                      sg_error *error) {
    char name[64];
    snprintf(name, sizeof name, "%zu.%s%d", index, what, k);
    return sg_arrays_add(arrays, name, tensor, error);
}

static sg_status dump_sample(const sg_op *op, const sg_sample *sample, json_t *list, sg_arrays *arrays,
                             sg_error *error) {
    ops_case c;
    ops_machine m;
    ops_setup setup = {0};
    if (!ops_case_init(&c, op, sample)) return sg_fail(error, SG_FAILURE, "unknown attribute");
    sg_status status = ops_case_draw(&c, error);
    if (status != SG_OK) return status;
    status = ops_machine_init(&m, &c, &setup, error);
    if (status == SG_OK) {
        size_t index = json_array_size(list);
        json_array_append_new(list, describe(&c, &m));
        for (int k = 0; status == SG_OK && k < sample->in_count; k++)
            if (c.in[k].data) status = keep(arrays, index, "in", k, &c.in[k], error);
        for (int k = 0; status == SG_OK && k < m.out_count; k++)
            status = keep(arrays, index, "cotangent", k, &m.cotangent_numbers[k], error);
    }
    ops_machine_finish(&m);
    ops_case_finish(&c);
    return status;
}

int main(int argc, char **argv) {
    char path[1024];
    sg_arrays arrays = {0};
    sg_error error = {0};
    json_t *list = json_array();
    sg_status status = SG_OK;
    if (argc != 2) {
        fprintf(stderr, "usage: dump_samples DIR\n");
        return 2;
    }
    for (size_t i = 0; status == SG_OK && i < sg_registry_count(SG_KIND_OP); i++) {
        const sg_op *op = (const sg_op *)sg_registry_at(SG_KIND_OP, i);
        for (const sg_sample *s = op->samples; status == SG_OK && s && s->name; s++) {
            if (s->message) continue;
            status = dump_sample(op, s, list, &arrays, &error);
            if (status != SG_OK) fprintf(stderr, "%s/%s: %s\n", op->schema.name, s->name, error.message);
        }
    }
    snprintf(path, sizeof path, "%s/samples.json", argv[1]);
    if (status == SG_OK && json_dump_file(list, path, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) != 0)
        status = sg_fail(&error, SG_IO_ERROR, "%s cannot be written", path);
    snprintf(path, sizeof path, "%s/numbers.npz", argv[1]);
    if (status == SG_OK) status = sg_arrays_save(&arrays, path, &error);
    if (status != SG_OK) fprintf(stderr, "%s\n", error.message);
    sg_arrays_finish(&arrays);
    json_decref(list);
    return status != SG_OK;
}
