/* Splits: a source's table, and the fields that are made from it. */
#include "data/split.h"

#include "base/text.h"
#include "data/reader.h"
#include "data/steps.h"
#include "graph/attr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct builder {
    const sg_split_options *options;
    sg_split *split;
    sg_error *error;
} builder;

static sg_status no_memory(const builder *b) {
    return sg_fail(b->error, SG_OUT_OF_MEMORY, "out of memory for split `%s`", b->options->name);
}

static const char *column_candidate(const void *data, size_t i) {
    const sg_table *table = data;
    return i < (size_t)table->column_count ? table->column[i].name : NULL;
}

static sg_status find_column(const builder *b, const char *name, const sg_column **out) {
    const sg_table *table = b->split->table;
    int index = sg_table_find(table, name);
    if (index >= 0) {
        *out = &table->column[index];
        return SG_OK;
    }
    const char *source = b->options->source ? b->options->source->schema->name : "the table",
               *near = sg_nearest_name(name, column_candidate, table);
    if (near)
        return sg_fail(b->error, SG_BAD_GRAPH, "%s has no column `%s`; did you mean `%s`?", source, name,
                       near);
    sg_text list = {0};
    for (int i = 0; i < table->column_count; i++)
        sg_text_printf(&list, "%s%s", i ? ", " : "", table->column[i].name);
    sg_fail(b->error, SG_BAD_GRAPH, "%s has no column `%s`; it has %s: name one with `of`", source, name,
            sg_text_get(&list));
    sg_text_finish(&list);
    return SG_BAD_GRAPH;
}

/* The split that dataset_mean averages; NULL when none has that name. */
static const sg_split *find_split(const builder *b, const char *name) {
    if (!name || !*name || strcmp(name, b->options->name) == 0) return b->split;
    for (int i = 0; i < b->options->other_count; i++)
        if (strcmp(b->options->others[i]->name, name) == 0) return b->options->others[i];
    return NULL;
}

static const char *mean_split(const sg_attr *attr) {
    int index = sg_schema_attr_index(&sg_step_dataset_mean.schema, "split");
    return attr[index].present && attr[index].text ? attr[index].text : "";
}

const char *sg_field_needs_split(const sg_field_spec *field) {
    if (field->step_count == 0) return NULL;
    const sg_call *last = field->steps[field->step_count - 1];
    return ((const sg_step *)last->schema)->statistic ? mean_split(last->attr) : NULL;
}

static sg_status check_mean(const builder *b, const sg_split_field_data *field, const sg_attr *attr) {
    for (int i = 0; i < field->step_count; i++)
        if (field->steps[i].step->random)
            return sg_fail(b->error, SG_BAD_GRAPH, "the step `%s` before it draws at random: leave it out",
                           field->steps[i].step->schema.name);
    if (!b->options->describe && !find_split(b, mean_split(attr)))
        return sg_fail(b->error, SG_BAD_GRAPH, "there is no split `%s`", mean_split(attr));
    return SG_OK;
}

/* A step that works on pixels needs them as they came: of bytes, and in 0..1. */
static sg_status check_pixels(const builder *b, const sg_split_field_data *field) {
    if (field->column->type != SG_U8)
        return sg_fail(b->error, SG_BAD_GRAPH, "it works on pixels, which are u8, and `%s` is %s",
                       field->column->name, sg_type_name(field->column->type));
    for (int i = 0; i < field->step_count; i++) {
        const sg_field_step *before = &field->steps[i];
        for (int64_t c = 0; before->step->affine && c < sg_step_channels(&field->column->shape); c++) {
            double scale = 1, shift = 0;
            before->step->affine(before->attr, (int)c, &scale, &shift);
            if (scale != 1 || shift != 0)
                return sg_fail(b->error, SG_BAD_GRAPH, "it works on pixels in 0..1: put it before `%s`",
                               before->step->schema.name);
        }
    }
    return SG_OK;
}

/* Adds step k; `shape` is what reaches it and becomes what leaves it. */
static sg_status add_step(const builder *b, sg_split_field_data *field, const sg_field_spec *spec, int k,
                          sg_shape *shape) {
    const sg_step *step = (const sg_step *)spec->steps[k]->schema;
    sg_attr *attr;
    sg_shape out = {0};
    sg_status status =
        sg_attr_complete(&step->schema, spec->steps[k]->attr, b->split->memory, &attr, b->error);
    if (status != SG_OK) return status;
    if (step->statistic && k + 1 < spec->step_count)
        return sg_fail(b->error, SG_BAD_GRAPH, "it must be the last step");
    if (step->pixels) status = check_pixels(b, field);
    if (status == SG_OK) status = step->shape(attr, shape, &out, b->error);
    if (status != SG_OK) return status;
    if (step->statistic) {
        field->info.shape = out;
        field->info.whole = true;
        return check_mean(b, field, attr);
    }
    char path[256];
    snprintf(path, sizeof path, "%s.%s.%d.%s", b->options->name, spec->name, k, step->schema.name);
    field->steps[field->step_count++] =
        (sg_field_step){.step = step, .attr = attr, .purpose = sg_hash_text(path), .in = *shape, .out = out};
    field->info.random |= step->random;
    field->info.shape = *shape = out;
    int64_t elements = sg_shape_elements(&out);
    if (elements > field->largest) field->largest = elements;
    int64_t scratch = step->scratch ? step->scratch(&field->steps[field->step_count - 1].in, &out) : 0;
    if (scratch > field->scratch) field->scratch = scratch;
    return SG_OK;
}

/* A description knows the shape of a mean; the table that it is taken over may be unknown. */
static sg_status add_average(const builder *b, sg_split_field_data *field, const sg_field_spec *spec,
                             const sg_shape *sample) {
    if (b->options->describe) return SG_OK;
    return sg_field_average(field, sample, find_split(b, sg_field_needs_split(spec)), b->split->memory,
                            b->error);
}

static sg_status add_field(const builder *b, sg_split_field_data *field, const sg_field_spec *spec) {
    sg_bump *memory = b->split->memory;
    const sg_column *column = NULL;
    const char *column_name = spec->column ? spec->column : spec->name;
    if (sg_split_find_field(b->split, spec->name) >= 0)
        return sg_fail(b->error, SG_BAD_GRAPH, "it stands twice");
    sg_status status = find_column(b, column_name, &column);
    if (status != SG_OK) return status;
    *field = (sg_split_field_data){.column = column, .largest = sg_shape_elements(&column->shape)};
    bool pixels = column->type == SG_U8 && column->shape.rank >= 2;
    field->info = (sg_field){.name = sg_bump_text(memory, spec->name),
                             .column = column->name,
                             .type = pixels || spec->step_count > 0 ? SG_F32 : column->type,
                             .shape = column->shape};
    field->steps = sg_bump_array(memory, (size_t)spec->step_count + 1, sizeof *field->steps);
    if (!field->info.name || !field->steps) return no_memory(b);
    sg_shape shape = column->shape;
    const char *at = "";
    for (int k = 0; k < spec->step_count && status == SG_OK; k++) {
        at = spec->steps[k]->schema->name;
        status = add_step(b, field, spec, k, &shape);
        if (status != SG_OK && b->options->fault)
            *b->options->fault =
                (sg_field_fault){k, b->error && b->error->blame == SG_BLAME_ATTR ? b->error->which : -1};
    }
    if (status == SG_OK && pixels) status = sg_field_make_levels(field, memory, b->error);
    if (status == SG_OK && field->info.whole) status = add_average(b, field, spec, &shape);
    if (status != SG_OK && *at) sg_fail_prefix(b->error, "step `%s`", at);
    return status;
}

/* The source's own table, or that of another split of the same source. */
static sg_status load_table(const builder *b) {
    const sg_call *call = b->options->source;
    sg_split *split = b->split;
    if (b->options->same) {
        split->source = b->options->same->source;
        split->source->users++;
        split->table = &split->source->table;
        split->borrows = true;
        return SG_OK;
    }
    split->source = calloc(1, sizeof *split->source);
    if (!split->source) return no_memory(b);
    split->source->users = 1;
    split->source->entry = strdup(b->options->entry ? b->options->entry : b->options->name);
    if (!split->source->entry) return no_memory(b);
    split->table = &split->source->table;
    if (b->options->table) {
        *split->table = *b->options->table;
        *b->options->table = (sg_table){.count = 0};
        return SG_OK;
    }
    sg_attr *attr;
    sg_status status = sg_attr_complete(call->schema, call->attr, split->memory, &attr, b->error);
    if (status != SG_OK) return status;
    const sg_source *source = (const sg_source *)call->schema;
    if (!b->options->describe) {
        status = source->load(attr, split->table, b->error);
        if (split->table->reader) split->table->reader->entry = split->source->entry;
        return status;
    }
    return source->describe ? source->describe(attr, split->table, b->error) : SG_OK;
}

static sg_status add_fields(const builder *b) {
    const sg_split_options *options = b->options;
    b->split->fields =
        sg_bump_array(b->split->memory, (size_t)options->field_count + 1, sizeof *b->split->fields);
    if (!b->split->fields) return no_memory(b);
    if (b->options->describe && b->split->table->column_count == 0) return SG_OK;
    for (int i = 0; i < options->field_count; i++) {
        sg_status status = add_field(b, &b->split->fields[i], &options->fields[i]);
        if (status != SG_OK) {
            sg_fail_prefix(b->error, "field `%s`", options->fields[i].name);
            if (b->error) b->error->blame = SG_BLAME_INPUT, b->error->which = i;
            return status;
        }
        b->split->field_count++;
    }
    return SG_OK;
}

sg_status sg_split_create(sg_split **out, const sg_split_options *options, sg_error *error) {
    *out = NULL;
    if (options->size != sizeof *options)
        return sg_fail(error, SG_BAD_USAGE, "sg_split_options has another size");
    builder b = {.options = options, .split = calloc(1, sizeof *b.split), .error = error};
    if (!b.split) return no_memory(&b);
    b.split->name = strdup(options->name);
    b.split->memory = sg_bump_create();
    sg_status status = b.split->name && b.split->memory ? load_table(&b) : no_memory(&b);
    if (status == SG_OK) status = sg_split_take_part(b.split, options, error);
    if (status == SG_OK) status = add_fields(&b);
    if (status != SG_OK)
        sg_split_destroy(b.split);
    else
        *out = b.split;
    return status;
}

void sg_split_destroy(sg_split *split) {
    if (!split) return;
    if (split->source && --split->source->users == 0) {
        sg_table_finish(&split->source->table);
        free(split->source->entry);
        free(split->source);
    }
    sg_bump_destroy(split->memory);
    free(split->rows);
    free(split->name);
    free(split);
}

const char *sg_split_name(const sg_split *split) {
    return split->name;
}

const sg_table *sg_split_table(const sg_split *split) {
    return split->table;
}

int sg_split_field_count(const sg_split *split) {
    return split->field_count;
}

const sg_field *sg_split_field(const sg_split *split, int field) {
    return &split->fields[field].info;
}

int sg_split_find_field(const sg_split *split, const char *name) {
    for (int i = 0; i < split->field_count; i++)
        if (strcmp(split->fields[i].info.name, name) == 0) return i;
    return -1;
}

/* p -> (p - shift) / scale, then the next step's the same way: the two combine into one such pair. */
void sg_split_field_pixel(const sg_split *split, int field, int64_t channel, double *scale, double *shift) {
    const sg_split_field_data *f = &split->fields[field];
    *scale = 1;
    *shift = 0;
    for (int k = 0; k < f->step_count; k++) {
        double step_scale, step_shift;
        if (!f->steps[k].step->affine) continue;
        f->steps[k].step->affine(f->steps[k].attr, channel, &step_scale, &step_shift);
        *shift += step_shift * *scale;
        *scale *= step_scale;
    }
}
