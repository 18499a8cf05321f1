/* Samples as the network gets them, to be looked at. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/split.h"
#include "train/trainer.h"

static bool is_image(const sg_field *field, sg_type column) {
    return !field->whole && (column == SG_U8 || sg_type_is_float(column)) &&
           (field->shape.rank == 3 || (field->shape.rank == 2 && column == SG_U8));
}

/* The split with one of its fields, and the column of this as it comes. */
static sg_status open_field(sg_split **split, const sg_split_options *all, int field, sg_error *error) {
    sg_field_spec fields[2] = {all->fields[field], all->fields[field]};
    sg_split_options options = *all;
    fields[1].name = "the column"; /* no name of a field */
    fields[1].column = fields[0].column ? fields[0].column : fields[0].name;
    fields[1].step_count = 0;
    options.fields = fields;
    options.field_count = sg_field_needs_split(&fields[0]) ? 0 : 2; /* a mean is no sample */
    return sg_split_create(split, &options, error);
}

static bool shows(const sg_split *split) {
    return sg_split_field_count(split) == 2 &&
           is_image(sg_split_field(split, 0), split->fields[0].column->type);
}

/* The field that is asked for, or the first of images. */
static sg_status find_field(sg_split **split, const sg_split_options *all, const char *name, int *field,
                            sg_error *error) {
    sg_text known = {0};
    sg_status status = SG_OK;
    for (*field = 0; *field < all->field_count; (*field)++) {
        const char *own = all->fields[*field].name;
        sg_text_printf(&known, "%s%s", *field ? ", " : "", own);
        if (name && strcmp(own, name) != 0) continue;
        status = open_field(split, all, *field, error);
        if (status != SG_OK || shows(*split)) break;
        sg_split_destroy(*split);
        *split = NULL;
        if (name) status = sg_fail(error, SG_BAD_USAGE, "the field `%s` holds no images", name);
        if (name) break;
    }
    if (status == SG_OK && !*split)
        status = name ? sg_fail(error, SG_BAD_USAGE, "there is no field `%s`; the fields are: %s", name,
                                sg_text_get(&known))
                      : sg_fail(error, SG_BAD_USAGE, "no field holds images; the fields are: %s",
                                sg_text_get(&known));
    sg_text_finish(&known);
    return status;
}

/* [count, sample...] filled in, then seen as [count, c, h, w]. */
static sg_status fill(const sg_split *split, int field, uint64_t seed, const sg_samples *out, int64_t epochs,
                      sg_tensor *to, sg_error *error) {
    const sg_shape *sample = &sg_split_field(split, field)->shape;
    bool flat = sample->rank == 2;
    int64_t channels = flat ? 1 : sample->dim[0], height = sample->dim[sample->rank - 2],
            width = sample->dim[sample->rank - 1];
    sg_status status =
        sg_tensor_init(to, SG_F32, SG_SHAPE(epochs * out->count, channels, height, width), error);
    for (int64_t e = 0; status == SG_OK && e < epochs; e++) {
        float *at = (float *)to->data + e * out->count * channels * height * width;
        sg_shape shape =
            flat ? SG_SHAPE(out->count, height, width) : SG_SHAPE(out->count, channels, height, width);
        sg_tensor part = sg_tensor_view(SG_F32, shape, at);
        status = sg_split_fill(split, field, seed, (uint32_t)e, out->index, out->count, &part, error);
    }
    return status;
}

static sg_status take(sg_samples *out, const sg_split *split, const sg_train_config *config, bool shuffles,
                      const sg_samples_options *options, sg_error *error) {
    int64_t samples = sg_split_count(split), *order = sg_array_alloc((size_t)samples, sizeof *order);
    const sg_field *field = sg_split_field(split, 0);
    uint64_t seed = options->seeded ? options->seed : config->seed;
    int channels = field->shape.rank == 2 ? 1 : (int)field->shape.dim[0];
    out->index = order;
    out->count = options->count < samples ? options->count : samples;
    out->epochs = field->random ? options->epochs : 1;
    out->scale = sg_array_alloc((size_t)channels, sizeof *out->scale);
    out->shift = sg_array_alloc((size_t)channels, sizeof *out->shift);
    if (!order || !out->scale || !out->shift) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t i = 0; i < samples; i++) order[i] = i;
    if (shuffles) sg_order_fill(order, samples, seed, 0);
    for (int c = 0; c < channels; c++) sg_split_field_pixel(split, 0, c, &out->scale[c], &out->shift[c]);
    sg_status status = fill(split, 1, seed, out, 1, &out->original, error);
    return status == SG_OK ? fill(split, 0, seed, out, out->epochs, &out->drawn, error) : status;
}

sg_status sg_data_samples(sg_samples *out, const sg_train_config *config, const sg_samples_options *options,
                          sg_error *error) {
    int index, field;
    sg_split *split = NULL;
    *out = (sg_samples){0};
    sg_status status = sg_config_find_split(config, options->split, &index, error);
    if (status != SG_OK) return status;
    sg_split_options all = sg_config_split_options(config, index, NULL);
    status = find_field(&split, &all, options->field, &field, error);
    if (status == SG_OK) {
        out->split = config->splits[index].name;
        out->field = all.fields[field].name;
        bool shuffles = config->trains && index == config->train_split && config->shuffle;
        status = take(out, split, config, shuffles, options, error);
        for (char *problem; (problem = sg_split_next_problem(split)); free(problem))
            if (options->problem && status == SG_OK) options->problem(problem);
    }
    sg_split_destroy(split);
    if (status == SG_OK) return SG_OK;
    sg_samples_finish(out);
    sg_fail_prefix(error, "data split `%s`", config->splits[index].name);
    return status;
}

void sg_samples_finish(sg_samples *samples) {
    sg_tensor_finish(&samples->original);
    sg_tensor_finish(&samples->drawn);
    free(samples->index);
    free(samples->scale);
    free(samples->shift);
    *samples = (sg_samples){0};
}
