/* Gradients against extrapolated differences. */
#include "graph/graph.h"
#include "simgraph/gradcheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/philox.h"
#include "simgraph/program.h"
#include "train/ridders.h"

static const double FIRST_H = 8e-3; /* the largest step of a difference */
static const double TRUST = 1e-7;   /* differences that are less sure than this, relatively, are not used */
static const double LEAST = 1e-3;   /* of the largest gradient: smaller ones are held against this */
static const double NOISE = 0.2;    /* added to every weight, both ways */
enum { ATTEMPTS = 8 };              /* elements to look at for one to use */

typedef struct checker {
    sg_gradcheck_options options;
    bool named; /* the caller said what is the loss */
    sg_bound *bound;
    sg_graph *graph;
    sg_value loss;
    int count; /* weights */
    sg_value *weight, *gradient;
    sg_store *store;
    sg_arena *arena;
    sg_program *forward, *backward; /* the loss alone; the loss and all gradients */
    sg_draw draw;
} checker;

/* A number in 0..1 that depends on what it is for. */
static double uniform(const checker *c, uint32_t what, uint64_t which, uint64_t index) {
    uint32_t words[4];
    sg_philox_draw(c->options.seed, (uint32_t)index, (uint32_t)(index >> 32), what, which, words);
    return sg_uniform_f64(words[0], words[1]);
}

enum { FOR_INPUTS, FOR_WEIGHTS, FOR_ELEMENTS };

static sg_status bind(checker *c, const sg_document *document, sg_diagnostics *diagnostics, sg_error *error) {
    sg_bind_options options = {
        .size = sizeof options, .batch = c->options.batch, .training = true, .float_type = SG_F64};
    sg_status status = sg_document_bind(&c->bound, document, &options, diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    c->graph = sg_bound_graph(c->bound);
    const char *name = c->options.loss;
    c->loss = sg_bound_find(c->bound, name);
    if (c->loss == SG_NO_VALUE)
        return sg_fail(error, c->named ? SG_BAD_USAGE : SG_BAD_GRAPH,
                       "the graph has no value `%s` to differentiate", name);
    const sg_value_info *info = sg_graph_value(c->graph, c->loss);
    if (sg_shape_elements(&info->shape) != 1 || !sg_type_is_float(info->type)) {
        char shape[SG_SHAPE_TEXT];
        return sg_fail(error, c->named ? SG_BAD_USAGE : SG_BAD_GRAPH,
                       "`%s` is %s %s, but a loss is one float", name, sg_type_name(info->type),
                       sg_shape_text(&info->shape, 0, shape));
    }
    return SG_OK;
}

static sg_status differentiate(checker *c, sg_error *error) {
    int nodes = sg_graph_node_count(c->graph);
    c->weight = calloc((size_t)nodes + 1, sizeof *c->weight);
    c->gradient = calloc((size_t)nodes + 2, sizeof *c->gradient); /* and the loss, behind them */
    if (!c->weight || !c->gradient) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < nodes; i++)
        if (sg_node_is_weight(sg_graph_node(c->graph, i)))
            c->weight[c->count++] = sg_graph_node(c->graph, i)->out[0];
    return sg_graph_differentiate(c->graph, c->loss, SG_NO_VALUE, c->count, c->weight, c->gradient, error);
}

static sg_status make_programs(checker *c, sg_context *context, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    sg_program_options options = {.size = sizeof options, .keep_updates = &no_update, .update_count = 1};
    sg_status status = sg_store_create(&c->store, error);
    if (status == SG_OK) status = sg_arena_create(&c->arena, error);
    if (status == SG_OK) status = sg_store_initialise(c->store, context, c->graph, c->options.seed, error);
    options.fetch = &c->loss;
    options.fetch_count = 1;
    if (status == SG_OK)
        status = sg_program_create(&c->forward, context, c->graph, c->store, c->arena, &options, error);
    c->gradient[c->count] = c->loss;
    options.fetch = c->gradient;
    options.fetch_count = c->count + 1;
    if (status == SG_OK)
        status = sg_program_create(&c->backward, context, c->graph, c->store, c->arena, &options, error);
    return status;
}

static void fill_inputs(const checker *c, sg_program *program) {
    for (int i = 0; i < sg_graph_node_count(c->graph); i++) {
        const sg_node *node = sg_graph_node(c->graph, i);
        if (node->out_count != 1) continue;
        sg_tensor to = sg_program_feed(program, node->out[0]);
        if (!to.data) continue;
        for (int64_t k = 0; k < sg_tensor_elements(&to); k++) {
            double number = uniform(c, FOR_INPUTS, (uint64_t)i, (uint64_t)k);
            sg_tensor_set(&to, k, sg_type_is_float(to.type) ? number : floor(2 * number));
        }
    }
}

static sg_tensor *weight_tensor(const checker *c, int index) {
    const sg_value_info *info = sg_graph_value(c->graph, c->weight[index]);
    return sg_store_find(c->store, sg_graph_node(c->graph, info->node)->path);
}

static void move_weights(const checker *c) {
    for (int w = 0; w < c->count; w++) {
        sg_tensor *tensor = weight_tensor(c, w);
        for (int64_t k = 0; k < sg_tensor_elements(tensor); k++) {
            double noise = NOISE * (2 * uniform(c, FOR_WEIGHTS, (uint64_t)w, (uint64_t)k) - 1);
            sg_tensor_set(tensor, k, sg_tensor_get(tensor, k) + noise);
        }
    }
}

/* One element of a weight as the variable of the loss. */
typedef struct element {
    const checker *c;
    sg_tensor *weight;
    int64_t index;
} element;

static sg_status loss_at(void *data, double x, double *loss, sg_error *error) {
    const element *e = data;
    sg_tensor_set(e->weight, e->index, x);
    sg_status status = sg_program_run(e->c->forward, SG_PHASE_GRADIENT, &e->c->draw, error);
    if (status != SG_OK) return status;
    sg_tensor out = sg_program_fetch(e->c->forward, e->c->loss);
    *loss = sg_tensor_get(&out, 0);
    return SG_OK;
}

/* Tries one element; *sure tells whether its difference could be trusted. */
static sg_status try_element(element *e, double gradient, double least, sg_gradcheck_row *row, bool *sure,
                             sg_error *error) {
    double difference, doubt, x = sg_tensor_get(e->weight, e->index);
    double scale = fmax(fabs(gradient), least);
    sg_status status = sg_ridders(&difference, &doubt, loss_at, e, x, FIRST_H, 0.01 * TRUST * scale, error);
    sg_tensor_set(e->weight, e->index, x);
    if (status != SG_OK) return status;
    scale = fmax(scale, fabs(difference));
    double wrong = fabs(gradient - difference) / scale;
    *sure = doubt <= TRUST * scale;
    if (!*sure) {
        row->unsure++;
        return SG_OK;
    }
    row->tried++;
    if (row->tried == 1 || !(wrong <= row->error)) { /* also where it is NaN */
        row->element = e->index;
        row->gradient = gradient;
        row->difference = difference;
        row->error = isnan(wrong) ? INFINITY : wrong;
    }
    return SG_OK;
}

/* All of a small weight, else elements at random, one in each of equal parts. An element whose difference
 * cannot be trusted, because the loss has a kink close by, is replaced by another of its part. */
static sg_status try_weight(const checker *c, int index, const sg_tensor *gradient, double least,
                            sg_gradcheck_row *row, sg_error *error) {
    element e = {.c = c, .weight = weight_tensor(c, index)};
    row->elements = sg_tensor_elements(e.weight);
    int parts = row->elements < c->options.samples ? (int)row->elements : c->options.samples;
    for (int k = 0; k < parts; k++) {
        int64_t low = row->elements * k / parts, high = row->elements * (k + 1) / parts;
        bool sure = false;
        for (int attempt = 0; !sure && attempt < ATTEMPTS; attempt++) {
            uint64_t draw = (uint64_t)k * ATTEMPTS + (uint64_t)attempt;
            e.index = low + (int64_t)((double)(high - low) * uniform(c, FOR_ELEMENTS, (uint64_t)index, draw));
            sg_status status = try_element(&e, sg_tensor_get(gradient, e.index), least, row, &sure, error);
            if (status != SG_OK) return status;
        }
    }
    return SG_OK;
}

/* Copies the gradients out, since the arena is used again by the forward program. */
static sg_status run_backward(const checker *c, sg_tensor *gradients, double *largest, double *loss,
                              sg_error *error) {
    sg_status status = sg_program_run(c->backward, SG_PHASE_GRADIENT, &c->draw, error);
    if (status != SG_OK) return status;
    sg_tensor value = sg_program_fetch(c->backward, c->loss);
    *loss = sg_tensor_get(&value, 0);
    *largest = 0;
    for (int w = 0; status == SG_OK && w < c->count; w++) {
        value = sg_program_fetch(c->backward, c->gradient[w]);
        status = sg_tensor_init(&gradients[w], value.type, value.shape, error);
        if (status == SG_OK) status = sg_tensor_copy(&gradients[w], &value, error);
        for (int64_t k = 0; status == SG_OK && k < sg_tensor_elements(&value); k++)
            *largest = fmax(*largest, fabs(sg_tensor_get(&gradients[w], k)));
    }
    if (status == SG_OK && !isfinite(*loss))
        status = sg_fail(error, SG_NOT_FINITE, "the loss `%s` is %s", c->options.loss,
                         isnan(*loss) ? "NaN" : "infinite");
    if (status == SG_NOT_FINITE)
        sg_fail_in_graph(error, c->graph, sg_graph_node(c->graph, sg_graph_value(c->graph, c->loss)->node));
    return status;
}

static sg_status compare(const checker *c, sg_gradcheck_result *out, sg_error *error) {
    sg_tensor *gradients = calloc((size_t)c->count + 1, sizeof *gradients);
    out->rows = calloc((size_t)c->count + 1, sizeof *out->rows);
    double largest = 0;
    sg_status status = gradients && out->rows ? run_backward(c, gradients, &largest, &out->loss, error)
                                              : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    double least = largest > 0 ? LEAST * largest : 1;
    for (int w = 0; status == SG_OK && w < c->count; w++) {
        sg_gradcheck_row *row = &out->rows[out->count++];
        row->name = strdup(sg_graph_node(c->graph, sg_graph_value(c->graph, c->weight[w])->node)->path);
        status = row->name ? try_weight(c, w, &gradients[w], least, row, error)
                           : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        out->worst = fmax(out->worst, row->error);
        out->tried += row->tried;
    }
    for (int w = 0; gradients && w < c->count; w++) sg_tensor_finish(&gradients[w]);
    free(gradients);
    return status;
}

sg_status sg_gradcheck(sg_gradcheck_result *out, sg_context *context, const sg_document *document,
                       const sg_gradcheck_options *options, sg_diagnostics *diagnostics, sg_error *error) {
    checker c = {.options = {.size = sizeof c.options}};
    memset(out, 0, sizeof *out);
    sg_options_take(&c.options, sizeof c.options, options);
    c.named = c.options.loss != NULL;
    if (!c.named)
        c.options.loss = sg_tree_text(sg_tree_find(sg_document_section(document, "train"), "minimize"));
    if (!c.options.loss) c.options.loss = "loss";
    if (c.options.samples < 1) c.options.samples = 3;
    if (c.options.batch < 1) c.options.batch = 2;
    c.draw = (sg_draw){.seed = c.options.seed, .batch = c.options.batch};
    sg_status status = bind(&c, document, diagnostics, error);
    if (status == SG_OK) status = differentiate(&c, error);
    if (status == SG_OK) status = make_programs(&c, context, error);
    if (status == SG_OK) {
        fill_inputs(&c, c.forward);
        fill_inputs(&c, c.backward);
        move_weights(&c);
        status = compare(&c, out, error);
    }
    if (status != SG_OK) sg_gradcheck_finish(out);
    sg_program_destroy(c.forward);
    sg_program_destroy(c.backward);
    sg_arena_destroy(c.arena);
    sg_store_destroy(c.store);
    sg_bound_destroy(c.bound);
    free(c.weight);
    free(c.gradient);
    return status;
}

void sg_gradcheck_finish(sg_gradcheck_result *result) {
    for (int i = 0; result->rows && i < result->count; i++) free(result->rows[i].name);
    free(result->rows);
    memset(result, 0, sizeof *result);
}
