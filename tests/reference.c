#include "reference.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "exec/context.h"
#include "plan/plan.h"

#define must(call) ck_assert_msg((call) == SG_OK, "%s", error.message)

typedef struct reference {
    const sg_context *context;
    const sg_graph *graph;
    const sg_draw *draw;
    sg_tensor *values;
} reference;

static void run_view(const reference *r, const sg_node *node, const sg_signature *signature) {
    sg_error error = {0};
    sg_tensor from = r->values[node->in[0]], *to = &r->values[node->out[0]];
    int64_t offset = 0, stride[SG_MAX_RANK] = {0};
    ck_assert(node->op->view(signature, from.stride, stride, &offset));
    from.shape = to->shape;
    memcpy(from.stride, stride, sizeof from.stride);
    from.data = (char *)from.data + offset * (int64_t)sg_type_size(from.type);
    must(sg_tensor_copy(to, &from, &error));
}

/* Sums that no `finish` turns into outputs are the outputs. */
static void keep_sums(const reference *r, const sg_node *node, const sg_domain *domain, void *const *acc) {
    for (int k = 0, a = 0; k < node->out_count; k++) {
        if (domain->out[k] != SG_SUM) continue;
        sg_error error = {0};
        const sg_shape line = SG_SHAPE(domain->acc[a].elements);
        const sg_tensor from = sg_tensor_view(domain->acc[a].type, line, acc[a]);
        const sg_tensor *out = &r->values[node->out[k]];
        sg_tensor to = sg_tensor_view(out->type, line, out->data);
        must(sg_tensor_copy(&to, &from, &error));
        a++;
    }
}

static void run_kernel(const reference *r, const sg_node *node, const sg_signature *signature) {
    sg_domain domain;
    sg_error error = {0};
    sg_tensor in[SG_MAX_VARIADIC + SG_MAX_IN] = {{0}}, out[SG_MAX_OUT];
    void *acc[SG_MAX_ACC] = {0};
    bool sums = false;
    sg_node_domain(node, signature, &domain);
    if (domain.items < 1) domain.items = 1;
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] != SG_NO_VALUE) in[k] = r->values[node->in[k]];
    for (int k = 0; k < node->out_count; k++) {
        out[k] = r->values[node->out[k]];
        sums = sums || domain.out[k] == SG_SUM;
        if (node->op->flags & SG_OP_UPDATE) { /* who reads the old version later goes on reading it */
            must(sg_tensor_copy(&out[k], &in[k], &error));
            in[k] = out[k];
        }
    }
    for (int a = 0; a < domain.acc_count; a++)
        acc[a] = calloc((size_t)domain.acc[a].elements + 1, sg_type_size(domain.acc[a].type));
    void *scratch = malloc(domain.scratch + domain.scratch_per_item * (size_t)domain.items + 64);
    sg_tensor direct[SG_MAX_OUT];
    memcpy(direct, out, sizeof direct);
    for (int k = 0; k < node->out_count; k++)
        if (domain.out[k] == SG_SUM) direct[k].data = NULL;
    sg_task task = {.node = node,
                    .attr = node->attr,
                    .signature = signature,
                    .in = in,
                    .out = direct,
                    .acc = acc,
                    .count = domain.items,
                    .items = domain.items,
                    .scratch = scratch,
                    .loops = r->context->loops,
                    .products = r->context->products[r->graph->options.round_products],
                    .draw = r->draw,
                    .error = &error};
    sg_kernel_function kernel = sg_find_kernel(node->op, signature);
    ck_assert_msg(kernel != NULL, "%s has no kernel", node->path);
    kernel(&task);
    task.out = out;
    if (sums && node->op->finish)
        node->op->finish(&task);
    else if (sums)
        keep_sums(r, node, &domain, acc);
    ck_assert_msg(error.status == SG_OK, "%s: %s", node->path, error.message);
    for (int a = 0; a < domain.acc_count; a++) free(acc[a]);
    free(scratch);
}

static double *take(const reference *r, int count, const sg_value *fetch) {
    size_t elements = 0;
    for (int i = 0; i < count; i++) elements += (size_t)sg_tensor_elements(&r->values[fetch[i]]);
    double *all = malloc(sizeof *all * (elements + 1)), *to = all;
    for (int i = 0; i < count; i++)
        for (int64_t k = 0; k < sg_tensor_elements(&r->values[fetch[i]]); k++)
            *to++ = sg_tensor_get(&r->values[fetch[i]], k);
    return all;
}

double *reference_run(const sg_context *context, const sg_graph *graph, const sg_draw *draw,
                      reference_fill fill, void *data, int fetch_count, const sg_value *fetch) {
    sg_error error = {0};
    sg_plan expanded = {.graph = graph, .memory = sg_bump_create()};
    must(sg_plan_expand(&expanded, &error)); /* ops without a kernel are what they mean in others */
    reference r = {.context = context, .graph = expanded.graph, .draw = draw};
    r.values = calloc((size_t)r.graph->value_count + 1, sizeof *r.values);
    for (int v = 0; v < r.graph->value_count; v++)
        must(sg_tensor_init(&r.values[v], r.graph->values[v].type, r.graph->values[v].shape, &error));
    /* Fed and stored values may stand behind their readers. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < r.graph->node_count; i++) {
            const sg_node *node = r.graph->nodes[i];
            const bool given = node->op->flags & (SG_OP_FED | SG_OP_STORED);
            sg_signature_space space;
            if (given && !pass) fill(data, node->out[0], &r.values[node->out[0]]);
            if (given || !pass) continue;
            const sg_signature *signature = sg_node_signature(r.graph, node, &space);
            if (node->op->flags & SG_OP_VIEW)
                run_view(&r, node, signature);
            else
                run_kernel(&r, node, signature);
        }
    double *all = take(&r, fetch_count, fetch);
    for (int v = 0; v < r.graph->value_count; v++) sg_tensor_finish(&r.values[v]);
    free(r.values);
    for (int i = 0; i < expanded.derived_count; i++) sg_graph_destroy(expanded.derived[i]);
    sg_bump_destroy(expanded.memory);
    return all;
}
