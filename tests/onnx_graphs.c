/* onnx_graphs DIR SAMPLES: for every line "GRAPH FETCH SETTING ..." (tabs between) of standard input a model,
 * with weights that are all of some size, and what simgraph computes: DIR/N.onnx, DIR/N.in.npz,
 * DIR/N.out.npz. FETCH is a list with commas, or "-". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/evaluate.h"
#include "simgraph/onnx.h"
#include "simgraph/program.h"

enum { MOST_WORDS = 16 };

typedef struct job {
    const char *directory;
    int number;
    int64_t samples;
    sg_context *context;
    sg_document *document;
    sg_diagnostics *messages;
    const char *fetch[MOST_WORDS];
    int fetch_count;
    char weights[1024], model[1024], in[1024], out[1024];
} job;

static uint64_t state = 1;

/* splitmix64 (Steele, Lea and Flood 2014): numbers that do not come from the engine under test. */
static double draw(double low, double high) {
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return low + (high - low) * (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static sg_status bind(sg_bound **out, const job *j) {
    sg_bind_options options = {.size = sizeof options, .batch = j->samples, .float_type = SG_F32};
    return sg_document_bind(out, j->document, &options, j->messages);
}

/* As initialised, and a little apart from it: no factor of 0 hides a mistake. Variances stay positive. */
static sg_status make_weights(const job *j, const sg_graph *graph, sg_error *error) {
    sg_store *store = NULL;
    sg_arrays arrays = {0};
    sg_status status = sg_store_create(&store, error);
    if (status == SG_OK) status = sg_store_initialise(store, j->context, graph, 1, error);
    for (size_t i = 0; status == SG_OK && i < sg_store_count(store); i++) {
        sg_tensor *tensor = sg_store_tensor(store, i);
        int64_t n = sg_type_is_float(tensor->type) ? sg_tensor_elements(tensor) : 0;
        for (int64_t k = 0; k < n; k++)
            sg_tensor_set(tensor, k, sg_tensor_get(tensor, k) + draw(-0.03, 0.03));
        status = sg_arrays_add_view(&arrays, sg_store_name(store, i), tensor, error);
    }
    if (status == SG_OK) status = sg_arrays_save(&arrays, j->weights, error);
    sg_arrays_finish(&arrays);
    sg_store_destroy(store);
    return status;
}

/* Of every sample of a mask as many cells as the op says, or half of them. */
static void hide(sg_tensor *mask, int64_t kept) {
    int64_t n = sg_tensor_elements(mask) / mask->shape.dim[0];
    for (int64_t s = 0; s < mask->shape.dim[0]; s++)
        for (int64_t left = n, to_hide = n - kept, i = 0; i < n; i++, left--) {
            bool hidden = draw(0, 1) * (double)left < (double)to_hide;
            sg_tensor_set(mask, s * n + i, hidden);
            to_hide -= hidden;
        }
}

/* What the op keeps: the visible tokens in their order, and the place of each. */
static sg_status add_places(sg_arrays *feeds, const char *name, const sg_tensor *mask, int64_t kept,
                            sg_error *error) {
    int64_t samples = mask->shape.dim[0], n = mask->shape.dim[1];
    sg_tensor keep, restore;
    char path[256];
    sg_status status = sg_tensor_init(&keep, SG_I32, SG_SHAPE(samples, kept), error);
    if (status == SG_OK) status = sg_tensor_init(&restore, SG_I32, mask->shape, error);
    if (status != SG_OK) return status;
    for (int64_t s = 0; s < samples; s++)
        for (int64_t i = 0, seen = 0, unseen = kept; i < n; i++) {
            bool hidden = sg_tensor_get(mask, s * n + i) != 0;
            int64_t place = hidden ? unseen++ : seen++;
            if (!hidden) sg_tensor_set(&keep, s * kept + place, (double)i);
            sg_tensor_set(&restore, s * n + i, (double)place);
        }
    snprintf(path, sizeof path, "%s.keep", name);
    status = sg_arrays_add(feeds, path, &keep, error);
    snprintf(path, sizeof path, "%s.restore", name);
    return status == SG_OK ? sg_arrays_add(feeds, path, &restore, error) : status;
}

static sg_status add_feed(const sg_bound *bound, const sg_onnx_port *port, sg_arrays *feeds, sg_arrays *in,
                          sg_error *error) {
    const sg_graph *graph = sg_bound_graph(bound);
    sg_value value = sg_bound_find(bound, port->name);
    if (value == SG_NO_VALUE) return sg_fail(error, SG_FAILURE, "there is no `%s`", port->name);
    const sg_value_info *info = sg_graph_value(graph, value);
    const sg_node *node = sg_graph_node(graph, info->node);
    bool drops = port->op && strcmp(port->op, "drop_mask") == 0;
    sg_tensor numbers, copy;
    sg_status status = sg_tensor_init(&numbers, info->type, info->shape, error);
    if (status != SG_OK) return status;
    int64_t n = sg_tensor_elements(&numbers), each = port->op ? n / info->shape.dim[0] : 0;
    int64_t kept = drops ? sg_graph_value(graph, node->out[1])->shape.dim[1] : each / 2;
    if (port->op)
        hide(&numbers, kept);
    else
        for (int64_t i = 0; i < n; i++)
            sg_tensor_set(&numbers, i, sg_type_is_float(info->type) ? draw(0, 1) : (double)(i % 3));
    if (drops) status = add_places(feeds, port->name, &numbers, kept, error);
    if (status == SG_OK) status = sg_tensor_init(&copy, info->type, info->shape, error);
    if (status == SG_OK) status = sg_tensor_copy(&copy, &numbers, error);
    if (status == SG_OK) status = sg_arrays_add(in, port->name, &copy, error);
    return status == SG_OK ? sg_arrays_add(feeds, port->name, &numbers, error) : status;
}

static sg_status compute(const job *j, const sg_bound *bound, const sg_onnx_ports *ports, sg_error *error) {
    sg_arrays feeds = {0}, in = {0}, out = {0};
    const char *names[MOST_WORDS];
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < ports->in_count; i++)
        status = add_feed(bound, &ports->in[i], &feeds, &in, error);
    for (int i = 0; i < ports->out_count; i++) names[i] = ports->out[i].name;
    sg_evaluate_options options = {.size = sizeof options,
                                   .batch = j->samples,
                                   .float_type = SG_F32,
                                   .init = j->weights,
                                   .feeds = &feeds,
                                   .fetch = names,
                                   .fetch_count = ports->out_count};
    if (status == SG_OK)
        status = sg_document_evaluate(&out, j->context, j->document, &options, j->messages, error);
    if (status == SG_OK) status = sg_arrays_save(&in, j->in, error);
    if (status == SG_OK) status = sg_arrays_save(&out, j->out, error);
    sg_arrays_finish(&feeds);
    sg_arrays_finish(&in);
    sg_arrays_finish(&out);
    return status;
}

static sg_status run(job *j, const char *graph, char *fetch, const char *const *set, int count,
                     sg_error *error) {
    sg_bound *bound = NULL;
    sg_onnx_ports ports = {0};
    snprintf(j->weights, sizeof j->weights, "%s/%d.safetensors", j->directory, j->number);
    snprintf(j->model, sizeof j->model, "%s/%d.onnx", j->directory, j->number);
    snprintf(j->in, sizeof j->in, "%s/%d.in.npz", j->directory, j->number);
    snprintf(j->out, sizeof j->out, "%s/%d.out.npz", j->directory, j->number);
    j->fetch_count = 0;
    for (char *name = strcmp(fetch, "-") ? strtok(fetch, ",") : NULL; name; name = strtok(NULL, ","))
        j->fetch[j->fetch_count++] = name;
    sg_document_options load = {.size = sizeof load, .set = set, .set_count = count};
    sg_status status = sg_diagnostics_create(&j->messages, error);
    if (status == SG_OK) status = sg_document_load(&j->document, graph, &load, j->messages);
    if (status == SG_OK) status = bind(&bound, j);
    if (status == SG_OK) status = make_weights(j, sg_bound_graph(bound), error);
    sg_onnx_options options = {
        .size = sizeof options, .init = j->weights, .fetch = j->fetch, .fetch_count = j->fetch_count};
    if (status == SG_OK)
        status =
            sg_document_save_onnx(j->model, &ports, j->context, j->document, &options, j->messages, error);
    if (status == SG_OK) status = compute(j, bound, &ports, error);
    char *text = j->messages ? sg_diagnostics_text(j->messages, false) : NULL;
    if (text) fputs(text, stderr);
    free(text);
    sg_onnx_ports_finish(&ports);
    sg_bound_destroy(bound);
    sg_document_destroy(j->document);
    sg_diagnostics_destroy(j->messages);
    j->document = NULL;
    j->messages = NULL;
    return status;
}

int main(int argc, char **argv) {
    char line[4096];
    sg_error error = {0};
    job j = {.directory = argv[1], .samples = argc == 3 ? atoi(argv[2]) : 0};
    sg_context_options engine = {.size = sizeof engine, .threads = 1};
    if (j.samples < 1) {
        fprintf(stderr, "usage: onnx_graphs DIR SAMPLES\n");
        return 2;
    }
    sg_status status = sg_context_create(&j.context, &engine, &error);
    for (; status == SG_OK && fgets(line, sizeof line, stdin); j.number++) {
        char *rest = line, *word[MOST_WORDS] = {0}, *next;
        int count = 0;
        rest[strcspn(rest, "\n")] = 0;
        while (count < MOST_WORDS && (next = strsep(&rest, "\t"))) word[count++] = next;
        if (count < 2) continue;
        status = run(&j, word[0], word[1], (const char *const *)word + 2, count - 2, &error);
        if (status != SG_OK) fprintf(stderr, "%s: %s\n", word[0], error.message);
    }
    sg_context_destroy(j.context);
    return status != SG_OK;
}
