/* The data behind a graph's inputs, for masks that depend on it and for pictures of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/philox.h"
#include "simgraph/op.h"
#include "train/masks.h"
#include "train/trainer.h"

sg_status sg_mask_data_open(sg_mask_data *data, const sg_train_config *config, sg_masks *out,
                            sg_error *error) {
    int index = config->trains ? config->train_split : 0;
    sg_error why = {0};
    if (!config->split_count || index < 0) {
        out->note = strdup("the file has no section `data`");
        return out->note ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    data->split_count = config->split_count;
    data->splits = calloc((size_t)config->split_count, sizeof(sg_split *));
    if (!data->splits) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = sg_config_open_split(config, data->splits, index, &why);
    data->split = data->splits[index];
    if (status == SG_OK) return SG_OK;
    if (status == SG_OUT_OF_MEMORY) return sg_fail(error, status, "%s", why.message);
    out->note = strdup(why.message);
    return out->note ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* The field that can feed an input of this shape, or -1. `count` samples are read. */
static int field_for(const sg_mask_data *data, const sg_node *node, const sg_value_info *info,
                     int64_t count) {
    int field = data->split ? sg_split_find_field(data->split, node->path) : -1;
    if (field < 0) return -1;
    const sg_field *f = sg_split_field(data->split, field);
    int64_t elements = sg_shape_elements(&f->shape) * (f->whole ? 1 : count);
    bool integer = !sg_type_is_float(info->type) && sg_type_is_float(f->type);
    return elements == sg_shape_elements(&info->shape) && !integer ? field : -1;
}

static sg_status fill(const sg_mask_data *data, int field, const int64_t *ids, int64_t count,
                      const sg_tensor *to, sg_error *error) {
    int64_t samples = sg_split_count(data->split);
    int64_t *indices = sg_array_alloc((size_t)count, sizeof *indices);
    if (!indices) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t i = 0; i < count; i++) indices[i] = ids[i] % samples;
    bool whole = sg_split_field(data->split, field)->whole;
    sg_status status =
        sg_split_fill(data->split, field, data->seed, 0, indices, whole ? 0 : count, to, error);
    free(indices);
    return status;
}

/* Numbers in 0..1, the same for a sample whenever it comes; zeros and ones for integers. */
static void fill_random(const sg_mask_data *data, int purpose, const int64_t *ids, int64_t count,
                        const sg_tensor *to) {
    int64_t each = sg_tensor_elements(to) / count;
    for (int64_t i = 0; i < sg_tensor_elements(to); i++) {
        uint32_t words[4];
        int64_t sample = each ? i / each % count : 0, at = each ? i % each : i;
        sg_philox_draw(data->seed, (uint32_t)at, (uint32_t)ids[sample], 0, (uint64_t)purpose, words);
        sg_tensor_set(to, i, sg_type_is_float(to->type) ? (double)sg_uniform_f32(words[0]) : words[0] >> 31);
    }
}

sg_status sg_mask_data_feed(const sg_mask_data *data, const sg_graph *graph, const bool *needed,
                            sg_program *program, const int64_t *ids, int64_t count, sg_masks *out,
                            sg_error *error) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (!needed[i] || !(node->op->flags & SG_OP_FED)) continue;
        sg_tensor to = sg_program_feed(program, node->out[0]);
        int field = field_for(data, node, sg_graph_value(graph, node->out[0]), count);
        sg_status status = SG_OK;
        if (!to.data) continue;
        if (field >= 0)
            status = fill(data, field, ids, count, &to, error);
        else
            fill_random(data, i, ids, count, &to);
        if (status != SG_OK) return status;
        out->random = out->random || field < 0;
        if (field >= 0 || out->note) continue;
        char note[SG_MESSAGE_MAX];
        snprintf(note, sizeof note, "no field of the data feeds the input `%s`", node->path);
        out->note = strdup(note);
        if (!out->note) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    return SG_OK;
}

sg_status sg_mask_data_picture(const sg_mask_data *data, const sg_graph *graph, sg_mask_counter *c,
                               sg_error *error) {
    sg_mask_info *info = c->info;
    int64_t shown = info->shown.data ? info->shown.shape.dim[0] : 0, batch = sg_graph_batch(graph);
    sg_value input = info->image && shown ? sg_graph_find(graph, info->image) : SG_NO_VALUE;
    if (input == SG_NO_VALUE) return SG_OK;
    const sg_value_info *value = sg_graph_value(graph, input);
    int field = field_for(data, sg_graph_node(graph, value->node), value, batch);
    if (field < 0) return SG_OK;
    sg_shape shape = value->shape;
    shape.dim[0] = shown;
    info->scale = sg_array_alloc((size_t)shape.dim[1] + 1, sizeof *info->scale);
    info->shift = sg_array_alloc((size_t)shape.dim[1] + 1, sizeof *info->shift);
    int64_t *ids = sg_array_alloc((size_t)shown, sizeof *ids);
    sg_status status = info->scale && info->shift && ids
                           ? sg_tensor_init(&info->pictures, SG_F32, shape, error)
                           : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    /* Several masks of a sample follow one another. */
    int64_t of_sample = c->a_run % batch ? 1 : c->a_run / batch;
    for (int64_t i = 0; status == SG_OK && i < shown; i++) ids[i] = i / of_sample;
    for (int64_t k = 0; status == SG_OK && k < shape.dim[1]; k++)
        sg_split_field_pixel(data->split, field, k, &info->scale[k], &info->shift[k]);
    if (status == SG_OK) status = fill(data, field, ids, shown, &info->pictures, error);
    free(ids);
    return status;
}

void sg_mask_data_finish(sg_mask_data *data) {
    for (int i = 0; data->splits && i < data->split_count; i++) sg_split_destroy(data->splits[i]);
    free(data->splits);
    *data = (sg_mask_data){.split = NULL};
}
