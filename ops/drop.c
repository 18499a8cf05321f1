#include "ops/drop.h"

#include "ops/elementwise.h"

sg_status sg_drop_infer(sg_infer *c) {
    c->out[0] = c->in[0];
    if (c->in[0].type == SG_F32 || c->in[0].type == SG_F64) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_INPUT, 0, "x must be f32 or f64, not %s",
                      sg_type_name(c->in[0].type));
}

void sg_drop_domain(const sg_signature *s, sg_domain *d) {
    sg_elementwise_domain(s, d);
}

double sg_drop_rate(const sg_task *task) {
    return task->node->training ? task->attr[SG_DROP_RATE].f : 0;
}

sg_status sg_drop_gradient(sg_backward *b, const char *op) {
    b->dx[0] = sg_emit(b->graph, op, SG_IN(b->dy[0]), sg_arg_float("rate", b->node->attr[SG_DROP_RATE].f));
    return sg_graph_status(b->graph, NULL);
}
