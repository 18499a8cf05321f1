/* The mean over a split, for dataset_mean. */
#include "data/split.h"

#include <stdlib.h>

/* Sums every element of the samples over the whole table, in f64 and in the order of the samples. */
static sg_status sum_samples(const sg_split_field_data *field, const sg_split *split, const sg_column *column,
                             double *sum, int64_t elements, sg_error *error) {
    sg_workspace space;
    sg_status status = sg_workspace_init(&space, split, field, error);
    if (status != SG_OK) return status;
    for (int64_t i = 0; status == SG_OK && i < split->count; i++) {
        const float *sample;
        status =
            sg_field_sample(field, split, column, (sg_sample_key){.sample = i}, 0, &space, &sample, error);
        for (int64_t k = 0; status == SG_OK && k < elements; k++) sum[k] += sample[k];
    }
    sg_workspace_finish(&space);
    return status;
}

sg_status sg_field_average(sg_split_field_data *field, const sg_shape *sample, const sg_split *split,
                           sg_bump *memory, sg_error *error) {
    int index = sg_table_find(split->table, field->column->name);
    const sg_column *column = index >= 0 ? &split->table->column[index] : NULL;
    if (!column || column->type != field->column->type ||
        !sg_shape_equal(&column->shape, &field->column->shape))
        return sg_fail(error, SG_BAD_GRAPH, "the other split has no column `%s` of the same type and shape",
                       field->column->name);
    int64_t elements = sg_shape_elements(sample), parts = sg_shape_elements(&field->info.shape);
    double *sum = sg_array_alloc((size_t)elements, sizeof *sum);
    field->whole = sg_bump_array(memory, (size_t)parts, sizeof *field->whole);
    sg_status status = SG_OK;
    if (!sum || !field->whole) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a mean");
    for (int64_t k = 0; k < elements && status == SG_OK; k++) sum[k] = 0;
    if (status == SG_OK) status = sum_samples(field, split, column, sum, elements, error);
    /* Every part of the result is a run of elements / parts neighbours: all of them, a channel, or one. */
    int64_t run = elements / parts;
    for (int64_t k = 0; k < elements && status == SG_OK; k++) field->whole[k / run] += sum[k];
    for (int64_t p = 0; p < parts && status == SG_OK; p++)
        field->whole[p] /= (double)run * (double)split->count;
    free(sum);
    return status;
}
