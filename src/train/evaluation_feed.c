/* What an evaluation is fed: finding the batch in the shapes of arrays, putting arrays in their places. */
#include "train/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- batch ---- */

/* Holds an array's shape against the graph's, in which multiples of the symbolic batch stand for samples. The
 * first array that has such an axis sets the batch. */
static sg_status match_shape(sg_evaluation *e, const char *name, const sg_shape *given,
                             const sg_shape *wanted, const char **setter, sg_error *error) {
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    bool fits = given->rank == wanted->rank;
    for (int d = 0; fits && d < wanted->rank; d++) {
        int64_t size = wanted->dim[d], found = given->dim[d];
        if (size == 0 || size % SG_SYMBOLIC_BATCH) {
            fits = size == found;
            continue;
        }
        int64_t each = size / SG_SYMBOLIC_BATCH;
        if (found < 1 || found % each)
            fits = false;
        else if (!e->batch) {
            e->batch = found / each;
            *setter = name;
        } else if (found / each != e->batch)
            return *setter
                       ? sg_fail(error, SG_BAD_DATA, "`%s` holds %lld sample%s, but `%s` holds %lld", name,
                                 (long long)(found / each), sg_plural(found / each), *setter,
                                 (long long)e->batch)
                       : sg_fail(error, SG_BAD_DATA, "`%s` holds %lld sample%s, but the batch is %lld", name,
                                 (long long)(found / each), sg_plural(found / each), (long long)e->batch);
    }
    if (fits) return SG_OK;
    return sg_fail(error, SG_BAD_DATA, "`%s` has shape %s, but the graph wants %s", name,
                   sg_shape_text(given, 0, a), sg_shape_words(wanted, b));
}

static sg_status bind(sg_evaluation *e, int64_t batch, sg_error *error) {
    sg_bind_options options = {
        .size = sizeof options,
        .batch = batch,
        .training = e->options->training,
        .float_type = e->options->float_type,
    };
    sg_bound_destroy(e->bound);
    free(e->instead);
    free(e->fed);
    e->bound = NULL;
    e->instead = NULL;
    e->fed = NULL;
    sg_status status = sg_document_bind(&e->bound, e->document, &options, e->diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    e->graph = sg_bound_graph(e->bound);
    sg_graph_round_products(e->graph, e->options->round_products);
    e->node_count = sg_graph_node_count(e->graph);
    int count = sg_graph_value_count(e->graph);
    e->instead = malloc(((size_t)count + 1) * sizeof *e->instead);
    e->fed = calloc((size_t)count + 1, sizeof *e->fed);
    if (!e->instead || !e->fed) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int v = 0; v < count; v++) e->instead[v] = v;
    return SG_OK;
}

sg_status sg_evaluation_bind(sg_evaluation *e, sg_error *error) {
    const sg_arrays *feeds = e->options->feeds;
    const char *setter = NULL;
    e->batch = e->options->batch;
    sg_status status = feeds && feeds->count ? bind(e, SG_SYMBOLIC_BATCH, error) : SG_OK;
    for (size_t i = 0; status == SG_OK && feeds && i < feeds->count; i++) {
        sg_value value;
        status = sg_evaluation_find(e, feeds->items[i].name, &value, error);
        if (status == SG_OK)
            status = match_shape(e, feeds->items[i].name, &feeds->items[i].tensor.shape,
                                 &sg_graph_value(e->graph, value)->shape, &setter, error);
    }
    if (status == SG_OK && !e->batch) e->batch = 1;
    return status == SG_OK ? bind(e, e->batch, error) : status;
}

/* ---- replacing ---- */

/* Numbers that would be another one in the graph: fractions and what is too large for its integers. */
static sg_status check_numbers(const char *name, const sg_tensor *given, sg_type type, sg_error *error) {
    if (sg_type_is_float(type) || given->type == type) return SG_OK;
    double low = type == SG_U8 ? 0 : INT32_MIN, high = type == SG_U8 ? UINT8_MAX : INT32_MAX;
    for (int64_t i = 0; i < sg_tensor_elements(given); i++) {
        double element = sg_tensor_get(given, i);
        if (isfinite(element) && floor(element) != element)
            return sg_fail(error, SG_BAD_DATA, "`%s` holds %.9g, but the graph wants whole numbers (%s)",
                           name, element, sg_type_name(type));
        if (!(element >= low && element <= high))
            return sg_fail(error, SG_BAD_DATA, "`%s` holds %.10g, but the graph wants %s: %.10g to %.10g",
                           name, isnan(element) ? NAN : element, sg_type_name(type), low, high);
    }
    return SG_OK;
}

/* Pixels in bytes are most often meant to be 0 to 1, as the sources of `data` give them. */
static void tell_bytes(const sg_evaluation *e, const char *name, const sg_tensor *given, sg_type type) {
    if (given->type != SG_U8 || !sg_type_is_float(type)) return;
    double most = 0;
    for (int64_t i = 0; i < sg_tensor_elements(given) && most <= 1; i++) most = sg_tensor_get(given, i);
    if (most > 1)
        sg_evaluation_note(
            e,
            "`%s` is u8 and goes into %s as it is, 0 to 255: divide it by 255 where pixels of 0 to 1 "
            "are meant",
            name, sg_type_name(type));
}

static sg_status replace_one(sg_evaluation *e, const sg_array *feed, sg_error *error) {
    sg_value value = SG_NO_VALUE;
    sg_status status = sg_evaluation_find(e, feed->name, &value, error);
    if (status != SG_OK) return status;
    e->fed[value] = true;
    sg_value_info info = *sg_graph_value(e->graph, value);
    const sg_node *node = sg_graph_node(e->graph, info.node);
    status = check_numbers(feed->name, &feed->tensor, info.type, error);
    if (status != SG_OK) return status;
    tell_bytes(e, feed->name, &feed->tensor, info.type);
    sg_tensor *stored = sg_store_find(e->store, node->path);
    if (stored && info.output == 0) return sg_tensor_copy(stored, &feed->tensor, error);
    if (strcmp(sg_op_schema(node->op)->name, "input") == 0) return SG_OK;
    char path[SG_MESSAGE_MAX];
    snprintf(path, sizeof path, "feed/%s", feed->name);
    sg_arg args[] = {sg_arg_shape("shape", &info.shape), sg_arg_dtype("type", info.type), {0}};
    sg_value input = sg_graph_add(e->graph, "input", path, NULL, 0, args);
    if (input == SG_NO_VALUE) return sg_graph_status(e->graph, error);
    e->instead[value] = input;
    return sg_graph_replace(e->graph, value, input, error);
}

sg_status sg_evaluation_replace(sg_evaluation *e, sg_error *error) {
    const sg_arrays *feeds = e->options->feeds;
    for (size_t i = 0; feeds && i < feeds->count; i++) {
        sg_status status = replace_one(e, &feeds->items[i], error);
        if (status != SG_OK) return status;
    }
    return SG_OK;
}

/* ---- feeding ---- */

/* Lists inputs that the program reads and that nothing was fed to. */
static sg_status check_fed(const sg_evaluation *e, sg_error *error) {
    char missing[SG_MESSAGE_MAX / 2] = "";
    int count = 0;
    for (int i = 0; i < e->node_count; i++) {
        const sg_node *node = sg_graph_node(e->graph, i);
        if (strcmp(sg_op_schema(node->op)->name, "input") != 0) continue;
        if (e->fed[node->out[0]] || !sg_program_feed(e->program, node->out[0]).data) continue;
        const sg_value_info *info = sg_graph_value(e->graph, node->out[0]);
        char shape[SG_SHAPE_TEXT];
        size_t length = strlen(missing);
        snprintf(missing + length, sizeof missing - length, "%s%s (%s %s)", count++ ? ", " : "", node->path,
                 sg_type_name(info->type), sg_shape_text(&info->shape, 0, shape));
    }
    if (!count) return SG_OK;
    /* Nothing was asked for, so everything is: also what the fed inputs have nothing to do with. */
    return sg_fail(
        error, SG_BAD_USAGE, "%s needed but not fed: %s%s", count == 1 ? "an input is" : "inputs are",
        missing,
        e->options->fetch_count || e->options->gradient_of ? "" : "; --fetch NAME asks for some values only");
}

sg_status sg_evaluation_feed(sg_evaluation *e, sg_error *error) {
    const sg_arrays *feeds = e->options->feeds;
    sg_status status = check_fed(e, error);
    for (size_t i = 0; status == SG_OK && feeds && i < feeds->count; i++) {
        sg_value value;
        status = sg_evaluation_find(e, feeds->items[i].name, &value, error);
        if (status != SG_OK) break;
        sg_tensor to = sg_program_feed(e->program, value);
        if (to.data) status = sg_tensor_copy(&to, &feeds->items[i].tensor, error);
    }
    return status;
}
