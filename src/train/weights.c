/* Weights from a run or a file, after the rules of the section `init`. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/file.h"
#include "simgraph/weights.h"
#include "train/weights.h"

/* Told when the file was read with our names and does not fit: which names of other programs it has, and
 * whether tables of it could be resized. */
static void note_names(sg_weights_report *report, bool *resizable, const sg_graph *graph,
                       const sg_arrays *from) {
    sg_diagnostics *diagnostics = NULL;
    sg_names *names = NULL;
    sg_arrays out = {0};
    sg_weights_report again = {0};
    bool good = sg_diagnostics_create(&diagnostics, NULL) == SG_OK &&
                sg_names_load_section(&names, NULL, NULL, diagnostics) == SG_OK;
    sg_weights_options options = {.size = sizeof options, .names = names};
    if (good) sg_weights_import(&out, &again, graph, from, &options, NULL);
    *resizable = again.count[SG_WEIGHT_RESIZED] > 0;
    if (good && again.fits) {
        sg_weights_report_finish(report);
        *report = again;
        again = (sg_weights_report){0};
    }
    sg_weights_report_finish(&again);
    sg_arrays_finish(&out);
    sg_names_destroy(names);
    sg_diagnostics_destroy(diagnostics);
}

/* One line with everything that does not fit. */
static sg_status complain(const sg_weights_report *report, bool resizable, const char *path,
                          sg_error *error) {
    char *text = sg_weights_report_text(report);
    if (!text) return sg_no_memory(error);
    sg_fail(error, SG_BAD_CHECKPOINT, "the weights in %s do not fit%s (%s%s%s)", path, text,
            resizable ? "simgraph import brings tables of positions to another size; " : "",
            report->fits
                ? "whose names a file has is said by --set init.names="
                : "init.take renames, init.fresh lets weights of ours be missing, init.ignore theirs be "
                  "left over",
            report->fits ? report->fits : "");
    free(text);
    return SG_BAD_CHECKPOINT;
}

/* What was found goes to the store. Averages that the file does not hold start from the weights that it does.
 */
static sg_status put(sg_store *store, const sg_graph *graph, const sg_arrays *ours, sg_error *error) {
    sg_status status = SG_OK;
    for (size_t i = 0; status == SG_OK && i < ours->count; i++) {
        sg_tensor *to = sg_store_find(store, ours->items[i].name);
        if (to) status = sg_tensor_copy(to, &ours->items[i].tensor, error);
    }
    for (int i = 0; status == SG_OK && i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (sg_node_average_of(node) && sg_store_find(store, node->path) && !sg_arrays_find(ours, node->path))
            status = sg_store_follow(store, node, error);
    }
    return status;
}

/* Another message for a file of one array that has no weight's name: images, most often. */
static void refuse_array(const sg_arrays *from, const sg_graph *graph, const char *path, sg_error *error) {
    char shape[SG_SHAPE_TEXT];
    if (!sg_file_has_extension(path, ".npy") || from->count != 1) return;
    for (int i = 0; i < sg_graph_node_count(graph); i++)
        if (strcmp(sg_graph_node(graph, i)->path, from->items[0].name) == 0) return;
    sg_fail(error, SG_BAD_CHECKPOINT,
            "%s is one array %s, not weights, of which each has a name (--feed NAME=%s gives it to an input)",
            path, sg_shape_text(&from->items[0].tensor.shape, 0, shape), path);
}

static sg_status load(sg_store *store, const sg_graph *graph, const char *path, const sg_train_config *config,
                      sg_error *error) {
    sg_arrays from = {0}, ours = {0};
    sg_weights_report report = {0};
    sg_weights_options options = {.size = sizeof options};
    if (config) {
        options.names = config->names;
        options.fresh = config->fresh_patterns;
        options.fresh_count = config->fresh_count;
        options.ignore = config->ignore_patterns;
        options.ignore_count = config->ignore_count;
    }
    sg_status status = sg_weights_read(&from, path, error);
    if (status == SG_OK) status = sg_weights_import(&ours, &report, graph, &from, &options, error);
    if (status == SG_BAD_CHECKPOINT && report.line_count) {
        bool resizable = false;
        if (!options.names) note_names(&report, &resizable, graph, &from);
        complain(&report, resizable, path, error);
        refuse_array(&from, graph, path, error);
    }
    if (status == SG_OK) status = put(store, graph, &ours, error);
    sg_weights_report_finish(&report);
    sg_arrays_finish(&ours);
    sg_arrays_finish(&from);
    return status;
}

sg_status sg_weights_load(sg_store *store, const sg_graph *graph, const char *from,
                          const sg_train_config *config, sg_error *error) {
    if (!from && config) from = config->from;
    if (!from) return sg_fail(error, SG_BAD_USAGE, "there is no file of weights to load");
    return load(store, graph, from, config, error);
}

sg_status sg_weights_start(sg_store *store, const sg_graph *graph, const sg_document *document,
                           const char *asked, sg_diagnostics *diagnostics, bool *loaded, sg_error *error) {
    bool unused;
    if (!loaded) loaded = &unused;
    *loaded = asked != NULL;
    if (!sg_document_section(document, "init"))
        return asked ? sg_weights_load(store, graph, asked, NULL, error) : SG_OK;
    if (asked && sg_weights_load(store, graph, asked, NULL, NULL) == SG_OK) return SG_OK;
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, document, diagnostics);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    *loaded = asked || sg_train_config_init(config);
    if (*loaded) status = sg_weights_load(store, graph, asked, config, error);
    sg_train_config_destroy(config);
    return status;
}
