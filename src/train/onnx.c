/* Writing the graph of a document as a model of ONNX. */
#include "simgraph/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "format/onnx.h"
#include "train/evaluation.h"
#include "train/extend.h"
#include "train/weights.h"

/* ---- numbers that come of the batch ---- */

/* Another number of samples, to tell what depends on it. A prime, like SG_SYMBOLIC_BATCH. */
static const int64_t OTHER_BATCH = 1000033;

/* Sizes may be multiples of the batch; any other number must not depend on it. */
static bool same_size(int64_t a, int64_t b) {
    while (a && a != b && a % SG_SYMBOLIC_BATCH == 0 && b % OTHER_BATCH == 0) {
        a /= SG_SYMBOLIC_BATCH;
        b /= OTHER_BATCH;
    }
    return a == b;
}

static bool same_attr(const sg_attr_spec *spec, const sg_attr *a, const sg_attr *b) {
    if (a->present != b->present || a->n != b->n) return false;
    if (spec->type == SG_ATTR_FLOAT && a->f != b->f) return false;
    if (spec->type == SG_ATTR_INT && !same_size(a->i, b->i)) return false;
    for (int i = 0; i < a->n; i++) {
        if (spec->type == SG_ATTR_INTS && !same_size(a->ints[i], b->ints[i])) return false;
        if (spec->type == SG_ATTR_FLOATS && a->floats[i] != b->floats[i]) return false;
    }
    return true;
}

static bool same_node(const sg_node *a, const sg_node *b) {
    bool same = a->op == b->op && a->in_count == b->in_count;
    for (int k = 0; same && k < a->in_count; k++) same = a->in[k] == b->in[k];
    for (int i = 0; same && i < sg_schema_attr_count(&a->op->schema); i++)
        same = same_attr(&a->op->schema.attrs[i], &a->attr[i], &b->attr[i]);
    return same;
}

/* A size that is the number of samples and some more is no multiple of it. */
static bool same_outputs(const sg_graph *graph, const sg_node *a, const sg_graph *other, const sg_node *b) {
    for (int k = 0; k < a->out_count; k++) {
        const sg_shape *one = &sg_graph_value(graph, a->out[k])->shape;
        const sg_shape *two = &sg_graph_value(other, b->out[k])->shape;
        if (one->rank != two->rank) return false;
        for (int d = 0; d < one->rank; d++)
            if (!same_size(one->dim[d], two->dim[d])) return false;
    }
    return true;
}

static sg_status check_node(const sg_evaluation *e, const sg_graph *other, int i, sg_error *error) {
    const sg_node *node = sg_graph_node(e->graph, i);
    const sg_node *twin = i < sg_graph_node_count(other) ? sg_graph_node(other, i) : NULL;
    if (twin && same_node(node, twin) && same_outputs(e->graph, node, other, twin)) return SG_OK;
    sg_fail(error, SG_BAD_GRAPH,
            "`%s` (%s) depends on the number of samples by more than a size: fix it with --batch N",
            node->path, node->op->schema.name);
    return sg_fail_in_graph(error, e->graph, node);
}

static sg_status check_batch(const sg_evaluation *e, sg_error *error) {
    sg_bind_options options = {.size = sizeof options, .batch = OTHER_BATCH, .float_type = SG_F32};
    sg_bound *other = NULL;
    bool *needed = sg_needed_nodes(e->graph, e->count, e->fetch, false);
    if (!needed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = sg_document_bind(&other, e->document, &options, e->diagnostics);
    if (status != SG_OK) sg_fail(error, status, "the graph file has errors");
    for (int i = 0; status == SG_OK && i < e->node_count; i++)
        if (needed[i]) status = check_node(e, sg_bound_graph(other), i, error);
    sg_bound_destroy(other);
    free(needed);
    return status;
}

/* ---- outputs ---- */

static const char *const usual[] = {"recon", "codes", "scores"};
enum { USUAL = sizeof usual / sizeof *usual };

/* The names in the file of nodes that are none of the usual. */
static sg_status fail_without(const sg_evaluation *e, sg_error *error) {
    char names[SG_MESSAGE_MAX / 2] = "";
    for (size_t i = 0; i < sg_bound_name_count(e->bound); i++) {
        sg_value value;
        const char *name = sg_bound_name(e->bound, i, &value);
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", name);
    }
    return sg_fail(error, SG_BAD_USAGE,
                   "the graph has no recon, codes or scores: name the outputs with --fetch, of %s", names);
}

static sg_status choose(sg_evaluation *e, sg_evaluate_options *options, const char *space[USUAL],
                        sg_error *error) {
    if (!options->fetch_count) {
        for (int i = 0; i < USUAL; i++)
            if (sg_bound_find(e->bound, usual[i]) != SG_NO_VALUE) space[options->fetch_count++] = usual[i];
        options->fetch = space;
    }
    return options->fetch_count ? sg_evaluation_choose(e, error) : fail_without(e, error);
}

/* ---- the whole ---- */

/* What the file calls a value. */
static const char **aliases_of(const sg_evaluation *e) {
    const char **alias = calloc((size_t)sg_graph_value_count(e->graph) + 1, sizeof *alias);
    for (size_t i = 0; alias && i < sg_bound_name_count(e->bound); i++) {
        sg_value value;
        const char *name = sg_bound_name(e->bound, i, &value);
        if (value != SG_NO_VALUE && !alias[value]) alias[value] = name;
    }
    return alias;
}

static sg_status save(sg_evaluation *e, const char *path, sg_onnx_ports *ports, const sg_onnx_options *o,
                      sg_error *error) {
    const char *file = sg_document_file(e->document), *slash = strrchr(file, '/');
    const char **alias = aliases_of(e);
    if (!alias) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_onnx_request request = {.graph = e->graph,
                               .store = e->store,
                               .unit = o->batch ? 0 : SG_SYMBOLIC_BATCH,
                               .count = e->count,
                               .output = e->fetch,
                               .output_name = (const char *const *)e->name,
                               .alias = alias,
                               .name = slash ? slash + 1 : file,
                               .doc = sg_document_doc(e->document),
                               .beside = o->beside};
    sg_status status = sg_onnx_save(&request, path, ports, error);
    free(alias);
    return status;
}

sg_status sg_document_save_onnx(const char *path, sg_onnx_ports *ports, sg_context *context,
                                const sg_document *document, const sg_onnx_options *options,
                                sg_diagnostics *diagnostics, sg_error *error) {
    const char *space[USUAL];
    sg_onnx_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    sg_evaluate_options evaluate = {.size = sizeof evaluate,
                                    .batch = wanted.batch ? wanted.batch : SG_SYMBOLIC_BATCH,
                                    .float_type = SG_F32,
                                    .init = wanted.init,
                                    .fetch = wanted.fetch,
                                    .fetch_count = wanted.fetch_count};
    sg_evaluation e = {.document = document, .options = &evaluate, .diagnostics = diagnostics};
    sg_status status = sg_evaluation_bind(&e, error);
    if (status == SG_OK) status = sg_store_create(&e.store, error);
    if (status == SG_OK) status = choose(&e, &evaluate, space, error);
    if (status == SG_OK && !wanted.batch) status = check_batch(&e, error);
    if (status == SG_OK) status = sg_store_initialise(e.store, context, e.graph, 0, error);
    if (status == SG_OK)
        status = sg_weights_start(e.store, e.graph, document, wanted.init, diagnostics, &e.loaded, error);
    if (status == SG_OK) status = save(&e, path, ports, &wanted, error);
    sg_evaluation_finish(&e);
    return status;
}
