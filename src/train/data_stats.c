/* Means, deviations, sizes and labels of a split. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/workers.h"
#include "data/reader.h"
#include "data/split.h"
#include "data/steps.h"
#include "exec/context.h"
#include "tensor/convert.h"
#include "train/trainer.h"

enum { BLOCK = 256 };

/* A stretch of samples, looked at by all workers: each sample for itself, so that what they are put together
 * to afterwards, in their order, does not depend on who looked at which. */
typedef struct survey {
    sg_data_stats *out;
    const sg_split *split;
    int index[SG_MAX_COLUMNS]; /* of the table, for each column of `out` */
    int64_t first, count, good;
    _Atomic int64_t next;
    _Atomic int failed; /* the status of what is no sample's fault */
    int channels;       /* of all columns together */
    double *moments;    /* BLOCK * channels * 2: mean, and sum of squared differences from it */
    bool *bad;          /* BLOCK */
    double **value;     /* one a worker: the values of a sample */
    char **room;        /* one a worker: a sample that is read */
    int32_t *label;     /* samples * columns, those of the good ones first */
    sg_look *look;      /* samples, likewise */
    sg_look *block_look;
} survey;

static int64_t largest_of(const survey *s) {
    int64_t largest = 1;
    for (int k = 0; k < s->out->column_count; k++) {
        int64_t own = sg_shape_elements(&s->out->column[k].shape);
        if (own > largest) largest = own;
    }
    return largest;
}

static void take_moments(const sg_column_stats *c, const double *value, double *moments) {
    int64_t run = sg_shape_elements(&c->shape) / (c->channels ? c->channels : 1);
    for (int k = 0; k < c->channels; k++, value += run, moments += 2) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < run; i++) sum += value[i];
        double mean = sum / (double)run;
        for (int64_t i = 0; i < run; i++) squares += (value[i] - mean) * (value[i] - mean);
        moments[0] = mean;
        moments[1] = squares;
    }
}

static sg_status look_at(survey *s, int64_t i, int worker, sg_error *error) {
    double *moments = s->moments + i * 2 * s->channels;
    const void *at;
    sg_look look;
    for (int k = 0; k < s->out->column_count; k++) {
        const sg_column_stats *c = &s->out->column[k];
        sg_status status =
            sg_split_look(s->split, s->index[k], s->first + i, s->room[worker], &at, &look, error);
        if (status != SG_OK) return status;
        if (look.width) s->block_look[i] = look;
        if (!c->channels) continue;
        sg_convert_run(SG_F64, s->value[worker], 1, c->type, at, 1, sg_shape_elements(&c->shape));
        take_moments(c, s->value[worker], moments);
        moments += 2 * c->channels;
    }
    return SG_OK;
}

static void look(void *data, int worker, int workers) {
    survey *s = data;
    (void)workers;
    for (int64_t i; (i = atomic_fetch_add(&s->next, 1)) < s->count;) {
        sg_error error = {0};
        s->block_look[i] = (sg_look){0};
        sg_status status = look_at(s, i, worker, &error);
        s->bad[i] = status != SG_OK;
        if (status != SG_OK && status != SG_BAD_DATA && status != SG_IO_ERROR)
            atomic_store(&s->failed, (int)status);
    }
}

/* Chan, Golub and LeVeque (1979): the moments of two sets together from those of each. */
static void add_moments(sg_column_stats *c, const double *moments, int64_t before) {
    double run = (double)(sg_shape_elements(&c->shape) / c->channels), n = run * (double)before;
    for (int k = 0; k < c->channels; k++, moments += 2) {
        double difference = moments[0] - c->mean[k];
        c->mean[k] += difference * (run / (n + run));
        c->std[k] += moments[1] + difference * difference * (n * run / (n + run));
    }
}

static void add_block(survey *s) {
    sg_data_stats *out = s->out;
    for (int64_t i = 0; i < s->count; i++) {
        const double *moments = s->moments + i * 2 * s->channels;
        if (s->bad[i]) {
            out->bad++;
            continue;
        }
        for (int k = 0; k < out->column_count; k++) {
            sg_column_stats *c = &out->column[k];
            const void *at;
            sg_look none;
            if (c->channels) {
                add_moments(c, moments, s->good);
                moments += 2 * c->channels;
            } else if (sg_split_look(s->split, s->index[k], s->first + i, NULL, &at, &none, NULL) == SG_OK)
                sg_convert_run(SG_I32, &s->label[(int64_t)k * out->samples + s->good], 1, c->type, at, 1, 1);
        }
        s->look[s->good++] = s->block_look[i];
    }
}

static int by_value(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int by_width(const void *a, const void *b) {
    return ((const sg_look *)a)->width - ((const sg_look *)b)->width;
}

static int by_height(const void *a, const void *b) {
    return ((const sg_look *)a)->height - ((const sg_look *)b)->height;
}

static void count_labels(sg_column_stats *c, int32_t *label, int64_t count) {
    qsort(label, (size_t)count, sizeof *label, by_value);
    c->least = label[0];
    c->most = label[count - 1];
    c->fewest = count;
    for (int64_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && label[end] == label[i];) end++;
        c->values++;
        if (end - i < c->fewest) c->fewest = end - i;
        if (end - i > c->largest) c->largest = end - i;
    }
}

static void count_looks(sg_data_stats *out, sg_look *look, int64_t count) {
    out->reads = look[0].width > 0;
    for (int64_t i = 0; i < count && out->reads; i++) out->having[look[i].channels]++;
    qsort(look, (size_t)count, sizeof *look, by_width);
    out->least.width = look[0].width;
    out->median.width = look[count / 2].width;
    out->most.width = look[count - 1].width;
    qsort(look, (size_t)count, sizeof *look, by_height);
    out->least.height = look[0].height;
    out->median.height = look[count / 2].height;
    out->most.height = look[count - 1].height;
}

static sg_status conclude(survey *s, sg_error *error) {
    sg_data_stats *out = s->out;
    if (s->good == 0 && out->samples == 1)
        return sg_fail(error, SG_BAD_DATA, "its only sample cannot be read (`simgraph data check` says why)");
    if (s->good == 0)
        return sg_fail(error, SG_BAD_DATA,
                       "none of its %lld samples can be read (`simgraph data check` lists them)",
                       (long long)out->samples);
    for (int k = 0; k < out->column_count; k++) {
        sg_column_stats *c = &out->column[k];
        double scale = c->pixels ? 255 : 1;
        double run = c->channels ? (double)(sg_shape_elements(&c->shape) / c->channels) : 1;
        for (int i = 0; i < c->channels; i++) {
            c->mean[i] /= scale;
            c->std[i] = sqrt(c->std[i] / (run * (double)s->good)) / scale;
        }
        if (!c->channels) count_labels(c, s->label + (int64_t)k * out->samples, s->good);
    }
    count_looks(out, s->look, s->good);
    return SG_OK;
}

/* The columns that the fields take, each once. */
static sg_status add_columns(survey *s, const sg_split_config *config, sg_error *error) {
    sg_data_stats *out = s->out;
    for (int f = 0; f < config->field_count; f++) {
        const char *name = config->fields[f].column ? config->fields[f].column : config->fields[f].name;
        int index = sg_table_find(s->split->table, name);
        bool there = false;
        for (int k = 0; k < out->column_count; k++) there = there || s->index[k] == index;
        if (there || index < 0) continue;
        const sg_column *column = &s->split->table->column[index];
        sg_column_stats *c = &out->column[out->column_count];
        s->index[out->column_count++] = index;
        *c = (sg_column_stats){.name = name, .type = column->type, .shape = column->shape};
        c->pixels = column->type == SG_U8 && column->shape.rank >= 2;
        if (!sg_type_is_float(column->type) && column->shape.rank == 0) continue; /* a label */
        c->channels = (int)sg_step_channels(&column->shape);
        c->mean = calloc(2 * (size_t)c->channels, sizeof *c->mean);
        if (!c->mean) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        c->std = c->mean + c->channels;
        s->channels += c->channels;
    }
    return SG_OK;
}

static sg_status make_room(survey *s, int workers, sg_error *error) {
    size_t samples = (size_t)s->out->samples, room = sg_split_room(s->split) + 1;
    s->moments = sg_array_alloc((size_t)BLOCK * 2, ((size_t)s->channels + 1) * sizeof *s->moments);
    s->bad = calloc(BLOCK, sizeof *s->bad);
    s->block_look = calloc(BLOCK, sizeof *s->block_look);
    s->look = sg_array_alloc(samples, sizeof *s->look);
    s->label = sg_array_alloc(samples, ((size_t)s->out->column_count + 1) * sizeof *s->label);
    s->value = calloc((size_t)workers, sizeof *s->value);
    s->room = calloc((size_t)workers, sizeof *s->room);
    bool good = s->moments && s->bad && s->block_look && s->look && s->label && s->value && s->room;
    for (int w = 0; good && w < workers; w++) {
        s->value[w] = sg_array_alloc((size_t)largest_of(s), sizeof **s->value);
        s->room[w] = malloc(room);
        good = s->value[w] && s->room[w];
    }
    return good ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for %zu samples", samples);
}

static void finish(survey *s, int workers) {
    for (int w = 0; w < workers; w++) {
        if (s->value) free(s->value[w]);
        if (s->room) free(s->room[w]);
    }
    free(s->value);
    free(s->room);
    free(s->moments);
    free(s->bad);
    free(s->block_look);
    free(s->look);
    free(s->label);
}

static sg_status take(survey *s, const sg_split_config *config, sg_context *context,
                      const sg_data_stats_options *options, sg_error *error) {
    int workers = sg_workers_count(context->workers);
    sg_status status = add_columns(s, config, error);
    if (status == SG_OK) status = make_room(s, workers, error);
    for (s->first = 0; status == SG_OK && s->first < s->out->samples; s->first += s->count) {
        int64_t left = s->out->samples - s->first;
        if (options->stop && *options->stop) status = sg_fail(error, SG_FAILURE, "stopped");
        s->count = left < BLOCK ? left : BLOCK;
        atomic_store(&s->next, 0);
        if (status == SG_OK) sg_workers_run(context->workers, look, s);
        if (atomic_load(&s->failed) != SG_OK)
            status =
                sg_fail(error, (sg_status)atomic_load(&s->failed), "out of memory, or a library is missing");
        if (status == SG_OK) add_block(s);
    }
    if (status == SG_OK) status = conclude(s, error);
    finish(s, workers);
    return status;
}

sg_status sg_data_stats_take(sg_data_stats *out, const sg_train_config *config, sg_context *context,
                             const sg_data_stats_options *options, sg_error *error) {
    *out = (sg_data_stats){0};
    int index;
    sg_split *split = NULL;
    sg_status status = sg_config_find_split(config, options->split, &index, error);
    if (status != SG_OK) return status;
    sg_split_options opened = sg_config_split_options(config, index, NULL);
    opened.field_count = 0;
    status = sg_split_create(&split, &opened, error);
    if (status == SG_OK) {
        survey s = {.out = out, .split = split};
        out->split = config->splits[index].name;
        out->samples = sg_split_count(split);
        status = take(&s, &config->splits[index], context, options, error);
        out->max_bad = sg_split_max_bad(split);
        out->too_many = out->bad > 0 && sg_too_many_bad(out->bad, split->table->count, out->max_bad);
    }
    sg_split_destroy(split);
    if (status != SG_OK) {
        sg_data_stats_finish(out);
        sg_fail_prefix(error, "data split `%s`", config->splits[index].name);
    }
    return status;
}

void sg_data_stats_finish(sg_data_stats *stats) {
    for (int k = 0; k < stats->column_count; k++) free(stats->column[k].mean);
    *stats = (sg_data_stats){0};
}
