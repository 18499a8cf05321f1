/* Filling batches from a split. */
#include "data/reader.h"
#include "data/split.h"
#include "tensor/convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

sg_status sg_field_make_levels(sg_split_field_data *field, sg_bump *memory, sg_error *error) {
    /* The levels are themselves an image of the same channels, so the steps that fill them are those of a
     * sample. */
    int64_t channels = field->column->shape.rank >= 3 ? field->column->shape.dim[0] : 1;
    sg_shape shape = channels > 1 ? SG_SHAPE(channels, 1, 256) : SG_SHAPE(1, 256);
    size_t count = (size_t)channels * 256;
    float *levels = sg_bump_array(memory, 2 * count, sizeof *levels), *in = levels, *out = levels + count;
    if (!levels) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for field `%s`", field->info.name);
    for (size_t i = 0; i < count; i++) in[i] = (float)(i % 256) / 255.0f;
    int k = 0;
    for (; k < field->step_count && field->steps[k].step->affine; k++) {
        field->steps[k].step->apply(&(sg_step_task){
            .attr = field->steps[k].attr, .in_shape = &shape, .out_shape = &shape, .in = in, .out = out});
        float *swap = in;
        in = out;
        out = swap;
    }
    field->levels = in;
    field->levels_steps = k;
    return SG_OK;
}

/* Samples that were read. */
typedef struct sg_held {
    const void *at[SG_HELD]; /* their bytes */
    int64_t sample[SG_HELD]; /* -1: none */
    int64_t row[SG_HELD];    /* which it came to be: another one where this could not be read */
    size_t bytes;
    int places;
    unsigned char room[];
} sg_held;

static int64_t row_of(const sg_split *split, int64_t sample) {
    return split->rows ? split->rows[sample] : sample;
}

/* Reads a sample into its place, or else the next one of the split that can be read. */
static sg_status hold(const sg_split *split, int64_t sample, int place, sg_held *held, sg_error *error) {
    sg_reader *reader = split->table->reader;
    sg_error problem = {0};
    if (held->sample[place] == sample) return SG_OK;
    held->sample[place] = -1;
    const void *at = NULL;
    int64_t row = 0;
    for (int64_t k = 0; k < split->count && !at; k++) {
        row = row_of(split, (sample + k) % split->count);
        at = sg_reader_get(reader, row, held->room + (size_t)place * held->bytes, &problem);
        if (!at && !sg_reader_goes_on(reader, &problem)) break;
        if (!at && k + 1 == split->count)
            sg_fail_prefix(&problem, "no image of the split `%s` can be read; one of them", split->name);
    }
    if (!at) {
        if (error) *error = problem;
        return problem.status;
    }
    held->sample[place] = sample;
    held->row[place] = row;
    held->at[place] = at;
    return SG_OK;
}

/* Where the workspace holds the sample that is filled in as number i. */
static int place_of(const sg_workspace *space, int64_t i) {
    return space->held ? (int)(i % space->held->places) : 0;
}

/* The bytes of a sample. Where images are read, a label is that of the image that was. */
static sg_status find_sample(const sg_split *split, const sg_column *column, int64_t sample, int place,
                             const sg_workspace *space, const char **out, sg_error *error) {
    int64_t row = row_of(split, sample);
    if (split->table->reader) {
        sg_status status = hold(split, sample, place, space->held, error);
        if (status != SG_OK) return status;
        row = space->held->row[place];
    }
    *out = column->data ? (const char *)column->data + (size_t)row * sg_column_bytes(column)
                        : space->held->at[place];
    return SG_OK;
}

static void load_sample(const sg_split_field_data *field, const sg_column *column, const char *from,
                        float *to) {
    int64_t count = sg_shape_elements(&column->shape);
    if (!field->levels) {
        sg_convert_run(SG_F32, to, 1, column->type, from, 1, count);
        return;
    }
    int64_t channels = column->shape.rank >= 3 ? column->shape.dim[0] : 1, size = count / channels;
    const uint8_t *pixel = (const uint8_t *)from;
    for (int64_t c = 0; c < channels; c++, pixel += size, to += size) {
        const float *level = field->levels + 256 * c;
        for (int64_t i = 0; i < size; i++) to[i] = level[pixel[i]];
    }
}

static sg_status make_workspace(sg_workspace *space, const sg_split *split, int64_t largest, int64_t scratch,
                                int places) {
    float *block = sg_array_alloc((size_t)(2 * largest + scratch), sizeof(float));
    *space = (sg_workspace){{block}};
    if (!block) return SG_OUT_OF_MEMORY;
    space->buffer[1] = block + largest;
    space->scratch = block + 2 * largest;
    if (!split->table->reader) return SG_OK;
    size_t bytes = split->table->reader->bytes;
    space->held = malloc(sizeof *space->held + (size_t)places * bytes);
    if (!space->held) {
        sg_workspace_finish(space);
        return SG_OUT_OF_MEMORY;
    }
    space->held->bytes = bytes;
    space->held->places = places;
    for (int i = 0; i < places; i++) space->held->sample[i] = -1;
    return SG_OK;
}

sg_status sg_workspace_init(sg_workspace *space, const sg_split *split, const sg_split_field_data *field,
                            sg_error *error) {
    if (make_workspace(space, split, field->largest, field->scratch, 1) == SG_OK) return SG_OK;
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a sample of field `%s`", field->info.name);
}

sg_status sg_workspace_init_split(sg_workspace *space, const sg_split *split, int places, sg_error *error) {
    int64_t largest = 0, scratch = 0;
    for (int f = 0; f < split->field_count; f++) {
        if (split->fields[f].largest > largest) largest = split->fields[f].largest;
        if (split->fields[f].scratch > scratch) scratch = split->fields[f].scratch;
    }
    if (make_workspace(space, split, largest, scratch, places) == SG_OK) return SG_OK;
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a sample of split `%s`", split->name);
}

void sg_workspace_finish(sg_workspace *space) {
    free(space->buffer[0]);
    free(space->held);
    *space = (sg_workspace){{NULL}};
}

sg_status sg_field_sample(const sg_split_field_data *field, const sg_split *split, const sg_column *column,
                          sg_sample_key key, int place, const sg_workspace *space, const float **out,
                          sg_error *error) {
    const char *from;
    sg_status status = find_sample(split, column, key.sample, place, space, &from, error);
    if (status != SG_OK) return status;
    load_sample(field, column, from, space->buffer[0]);
    int at = 0;
    for (int k = field->levels ? field->levels_steps : 0; k < field->step_count; k++, at = 1 - at) {
        const sg_field_step *step = &field->steps[k];
        sg_step_task task = {.attr = step->attr,
                             .in_shape = &step->in,
                             .out_shape = &step->out,
                             .in = space->buffer[at],
                             .out = space->buffer[1 - at],
                             .scratch = space->scratch,
                             .seed = key.seed,
                             .purpose = step->purpose,
                             .epoch = key.epoch,
                             .sample = key.sample};
        step->step->apply(&task);
    }
    *out = space->buffer[at];
    return SG_OK;
}

static bool destination_fits(const sg_split_field_data *field, int64_t count, const sg_tensor *to) {
    sg_shape expected = field->info.shape;
    if (!field->info.whole) {
        if (expected.rank == SG_MAX_RANK) return false;
        expected = (sg_shape){.rank = field->info.shape.rank + 1, .dim = {count}};
        for (int i = 1; i < expected.rank; i++) expected.dim[i] = field->info.shape.dim[i - 1];
    }
    bool is_float = to->type == SG_F32 || to->type == SG_F64;
    /* Pixels may go to integers as they are, as long as no step made floats of them. */
    bool integers = field->step_count == 0 && !field->info.whole && !sg_type_is_float(field->column->type);
    return (is_float || (integers && (to->type == SG_U8 || to->type == SG_I32))) &&
           sg_shape_equal(&expected, &to->shape) && sg_tensor_contiguous(to);
}

static sg_status check(const sg_split *split, const sg_split_field_data *field, const int64_t *indices,
                       int64_t count, const sg_tensor *to, sg_error *error) {
    if (!destination_fits(field, count, to)) {
        char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
        return sg_fail(error, SG_BAD_USAGE, "field `%s` gives %s %s%s and cannot fill %s %s",
                       field->info.name, sg_type_name(field->info.type),
                       sg_shape_text(&field->info.shape, 0, a), field->info.whole ? "" : " per sample",
                       sg_type_name(to->type), sg_shape_text(&to->shape, 0, b));
    }
    for (int64_t i = 0; i < count && !field->info.whole; i++)
        if (indices[i] < 0 || indices[i] >= split->count)
            return sg_fail(error, SG_BAD_USAGE, "sample %" PRId64 " of split `%s`: it has %" PRId64,
                           indices[i], split->name, split->count);
    return SG_OK;
}

/* The number of a column that a byte does not hold; NULL: all fit. */
static const int32_t *find_larger(const int32_t *number, int64_t count) {
    for (; count > 0; count--, number++)
        if (*number < 0 || *number > UINT8_MAX) return number;
    return NULL;
}

/* Columns that no step touches, into their own or another type. */
static sg_status fill_plain(const sg_split *split, const sg_split_field_data *field, const int64_t *indices,
                            int64_t count, const sg_tensor *to, const sg_workspace *space, sg_error *error) {
    const sg_column *column = field->column;
    int64_t elements = sg_shape_elements(&column->shape);
    size_t row = (size_t)elements * sg_type_size(to->type);
    bool narrows = column->type == SG_I32 && to->type == SG_U8;
    for (int64_t i = 0; i < count; i++) {
        const char *from;
        sg_status status = find_sample(split, column, indices[i], place_of(space, i), space, &from, error);
        if (status != SG_OK) return status;
        const int32_t *larger = narrows ? find_larger((const int32_t *)from, elements) : NULL;
        if (larger)
            return sg_fail(error, SG_BAD_DATA,
                           "sample %" PRId64 " of field `%s` holds %" PRId32 ", which u8 does not: 0 to 255",
                           indices[i], field->info.name, *larger);
        sg_convert_run(to->type, (char *)to->data + (size_t)i * row, 1, column->type, from, 1, elements);
    }
    return SG_OK;
}

/* Does filling take the steps of a sample? */
static bool takes_steps(const sg_split_field_data *field, const sg_tensor *to) {
    if (field->info.whole) return false;
    return field->step_count > 0 || (field->levels && sg_type_is_float(to->type));
}

sg_status sg_split_fill_in(const sg_split *split, int field_index, uint64_t seed, uint32_t epoch,
                           const int64_t *indices, int64_t count, const sg_tensor *to,
                           const sg_workspace *space, sg_error *error) {
    const sg_split_field_data *field = &split->fields[field_index];
    sg_status status = check(split, field, indices, count, to, error);
    if (status != SG_OK) return status;
    if (field->info.whole) {
        sg_convert_run(to->type, to->data, 1, SG_F64, field->whole, 1, sg_tensor_elements(to));
        return SG_OK;
    }
    if (!takes_steps(field, to)) return fill_plain(split, field, indices, count, to, space, error);
    int64_t elements = sg_shape_elements(&field->info.shape);
    size_t row = (size_t)elements * sg_type_size(to->type);
    for (int64_t i = 0; i < count; i++) {
        sg_sample_key key = {.seed = seed, .epoch = epoch, .sample = indices[i]};
        const float *from;
        status = sg_field_sample(field, split, field->column, key, place_of(space, i), space, &from, error);
        if (status != SG_OK) return status;
        char *target = (char *)to->data + (size_t)i * row;
        if (to->type == SG_F32)
            memcpy(target, from, row);
        else
            sg_convert_run(to->type, target, 1, SG_F32, from, 1, elements);
    }
    return SG_OK;
}

sg_status sg_split_fill(const sg_split *split, int field_index, uint64_t seed, uint32_t epoch,
                        const int64_t *indices, int64_t count, const sg_tensor *to, sg_error *error) {
    const sg_split_field_data *field = &split->fields[field_index];
    sg_workspace space = {{NULL}};
    bool needs = takes_steps(field, to) || split->table->reader;
    sg_status status = needs ? sg_workspace_init(&space, split, field, error) : SG_OK;
    if (status == SG_OK)
        status = sg_split_fill_in(split, field_index, seed, epoch, indices, count, to, &space, error);
    sg_workspace_finish(&space);
    return status;
}
