/* Looking up what the sections name in a bound graph, and the fields that feed it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/op.h"
#include "train/picture.h"
#include "train/trainer.h"

/* A value that must be one number. */
static bool find_number(const sg_bound *bound, const sg_tree *name, const char *what, sg_value *out,
                        sg_diagnostics *diagnostics) {
    *out = sg_bound_find_at(bound, name, diagnostics);
    if (*out == SG_NO_VALUE) return false;
    const sg_value_info *info = sg_graph_value(sg_bound_graph(bound), *out);
    if (sg_shape_elements(&info->shape) == 1) return true;
    char shape[SG_SHAPE_TEXT];
    sg_config_complain(diagnostics, name, "take its mean, or its sum",
                       "`%s` is %s %s, but %s must be one number", sg_tree_text(name),
                       sg_type_name(info->type), sg_shape_words(&info->shape, shape), what);
    return false;
}

bool sg_find_train_values(const sg_train_config *config, const sg_bound *bound, sg_value *loss,
                          sg_value *report, sg_diagnostics *diagnostics) {
    bool good = find_number(bound, config->minimize, "what is minimised", loss, diagnostics);
    if (good && !sg_type_is_float(sg_graph_value(sg_bound_graph(bound), *loss)->type)) {
        sg_config_complain(diagnostics, config->minimize, NULL, "`%s` is an integer and has no gradient",
                           sg_tree_text(config->minimize));
        good = false;
    }
    for (int i = 0; i < config->report_count; i++)
        good = find_number(bound, config->report[i], "what is reported", &report[i], diagnostics) && good;
    return good;
}

bool sg_find_evaluate_values(const sg_train_config *config, const sg_bound *bound, sg_value *values,
                             sg_diagnostics *diagnostics) {
    bool good = true;
    for (int i = 0; i < config->value_count; i++)
        good =
            find_number(bound, config->values[i].tree, "what is evaluated", &values[i], diagnostics) && good;
    return good;
}

const sg_port *sg_picture_inputs(const sg_schema *picture) {
    return ((const sg_picture *)picture)->in;
}

/* Input names of a picture, for suggestions. */
static const char *port_at(const void *data, size_t i) {
    const sg_picture *picture = data;
    return i < SG_PICTURE_MAX_IN ? picture->in[i].name : NULL;
}

static bool check_picture_keys(const sg_picture_config *config, const sg_picture *picture,
                               sg_diagnostics *diagnostics) {
    bool good = true;
    for (size_t i = 0; i < sg_tree_count(config->in); i++) {
        const char *key = sg_tree_key(config->in, i);
        bool known = false;
        for (int k = 0; k < SG_PICTURE_MAX_IN && picture->in[k].name; k++)
            known = known || strcmp(picture->in[k].name, key) == 0;
        if (known) continue;
        char hint[SG_MESSAGE_MAX];
        const char *near = sg_nearest_name(key, port_at, picture);
        if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, sg_tree_key_mark(config->in, i), (int)strlen(key),
                           near ? hint : NULL, "the picture `%s` has no input `%s`", picture->schema.name,
                           key);
        good = false;
    }
    return good;
}

bool sg_find_picture_values(const sg_picture_config *config, const sg_document *document,
                            const sg_bound *bound, sg_value *values, sg_diagnostics *diagnostics) {
    const sg_picture *picture = (const sg_picture *)config->call->schema;
    if (!config->in || sg_tree_kind_of(config->in) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, config->in ? config->in : config->tree, NULL,
                           "the picture `%s` needs `in`, which maps its inputs to names of values",
                           picture->schema.name);
        return false;
    }
    bool good = check_picture_keys(config, picture, diagnostics);
    for (int k = 0; k < SG_PICTURE_MAX_IN; k++) {
        values[k] = SG_NO_VALUE;
        if (!picture->in[k].name) break;
        const sg_tree *name = sg_tree_find(config->in, picture->in[k].name);
        if (name && !bound) {
            good = sg_document_check_node(document, name, diagnostics) && good;
        } else if (name) {
            values[k] = sg_bound_find_at(bound, name, diagnostics);
            good = good && values[k] != SG_NO_VALUE;
        } else if (!(picture->in[k].flags & SG_PORT_OPTIONAL)) {
            sg_config_complain(diagnostics, config->in, NULL, "the picture `%s` needs the input `%s` (%s)",
                               picture->schema.name, picture->in[k].name, picture->in[k].doc);
            good = false;
        }
    }
    return good;
}

static const char *field_at(const void *data, size_t i) {
    const sg_split_config *config = data;
    return i < (size_t)config->field_count ? config->fields[i].name : NULL;
}

static bool field_fits(const sg_field *field, int64_t batch, const sg_value_info *input) {
    sg_shape wanted = field->shape;
    if (!field->whole) {
        if (wanted.rank == SG_MAX_RANK) return false;
        for (int d = wanted.rank; d > 0; d--) wanted.dim[d] = wanted.dim[d - 1];
        wanted.dim[0] = batch;
        wanted.rank++;
    }
    bool to_float = input->type == SG_F32 || input->type == SG_F64;
    return sg_shape_equal(&wanted, &input->shape) && (to_float || !sg_type_is_float(field->type));
}

static bool match_input(const sg_split_config *config, const sg_split *split, const sg_graph *graph,
                        const sg_node *node, sg_feed *feed, sg_diagnostics *diagnostics) {
    int field = -1;
    for (int f = 0; f < config->field_count; f++)
        if (strcmp(config->fields[f].name, node->path) == 0) field = f;
    if (field < 0) {
        /* A field that feeds nothing and has nearly this name is misspelt: told where it stands, and once. */
        const char *near = sg_nearest_name(node->path, field_at, config);
        for (int f = 0; near && f < config->field_count; f++) {
            if (strcmp(config->fields[f].name, near) != 0 || sg_field_feeds(config, f, graph)) continue;
            sg_complain_unfed(config, f, graph, SG_SEVERITY_ERROR, diagnostics);
            return false;
        }
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, node->mark,
                           (int)strlen(sg_op_schema(node->op)->name), NULL,
                           "the split `%s` has no field for the input `%s`", config->name, node->path);
        return false;
    }
    *feed = (sg_feed){node->out[0], field}; /* a split has its fields in the order of the file */
    if (!split) return true;
    const sg_field *info = sg_split_field(split, field);
    const sg_value_info *input = sg_graph_value(graph, node->out[0]);
    if (field_fits(info, sg_graph_batch(graph), input)) return true;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT], hint[SG_MESSAGE_MAX];
    snprintf(hint, sizeof hint, "the input is declared at %s:%d", node->mark.file, node->mark.line);
    sg_diagnostics_add(
        diagnostics, SG_SEVERITY_ERROR, config->field_marks[feed->field], (int)strlen(node->path), hint,
        "the field `%s` of the split `%s` is %s %s%s, but the input that it feeds is %s %s", node->path,
        config->name, sg_type_name(info->type), sg_shape_text(&info->shape, 0, b),
        info->whole ? "" : " a sample", sg_type_name(input->type), sg_shape_words(&input->shape, a));
    return false;
}

sg_status sg_find_feeds(const sg_split_config *config, const sg_split *split, const sg_bound *bound,
                        int count, const sg_value *values, bool updates, sg_feed **feeds, int *feed_count,
                        sg_diagnostics *diagnostics) {
    const sg_graph *graph = sg_bound_graph(bound);
    int nodes = sg_graph_node_count(graph), found = 0;
    bool *needed = sg_needed_nodes(graph, count, values, updates);
    sg_feed *list = sg_array_alloc((size_t)nodes + 1, sizeof *list);
    sg_status status = SG_OK;
    if (!needed || !list) {
        sg_config_no_memory(diagnostics);
        status = SG_OUT_OF_MEMORY;
    }
    for (int i = 0; status != SG_OUT_OF_MEMORY && i < nodes; i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!needed[i] || !(node->op->flags & SG_OP_FED)) continue;
        if (match_input(config, split, graph, node, &list[found], diagnostics))
            found++;
        else
            status = SG_BAD_GRAPH;
    }
    free(needed);
    if (feeds && status == SG_OK) {
        *feeds = list;
        *feed_count = found;
    } else
        free(list);
    return status;
}

bool sg_check_stored(const sg_graph *graph, int count, const sg_value *values,
                     bool (*has)(const void *training, const char *name), const void *training,
                     sg_diagnostics *diagnostics) {
    bool *needed = sg_needed_nodes(graph, count, values, false);
    if (!needed) sg_config_no_memory(diagnostics);
    bool good = needed != NULL;
    for (int i = 0; needed && i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!needed[i] || !(node->op->flags & SG_OP_STORED) || has(training, node->path)) continue;
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, node->mark, 1, NULL,
                           "the evaluation has a %s `%s` that the training does not have",
                           sg_node_is_weight(node) ? "weight" : "state", node->path);
        good = false;
    }
    free(needed);
    return good;
}
