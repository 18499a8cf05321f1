/* Which samples of its source a split has, and how they are. */
#include "base/memory.h"
#include "data/reader.h"
#include "data/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The order that is cut is one that no epoch of training has. */
static sg_status pick(sg_split *split, int64_t begin, int64_t end, uint64_t seed, sg_error *error) {
    int64_t all = split->table->count;
    int64_t *order = sg_array_alloc((size_t)all, sizeof *order);
    split->count = end - begin;
    split->rows = sg_array_alloc((size_t)split->count, sizeof *split->rows);
    if (!order || !split->rows) {
        free(order);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for split `%s`", split->name);
    }
    sg_order_fill(order, all, seed, UINT32_MAX - 1);
    for (int64_t i = 0; i < split->count; i++) split->rows[i] = order[begin + i];
    qsort(split->rows, (size_t)split->count, sizeof *split->rows, by_number);
    free(order);
    return SG_OK;
}

static int64_t cut(double at, int64_t all) {
    return (int64_t)(at * (double)all + 0.5);
}

/* The least share of two digits that has a sample where it begins. */
static double least_share(double begin, int64_t all) {
    double share = ((double)cut(begin, all) + 0.5) / (double)all - begin,
           unit = pow(10, floor(log10(share)) - 1);
    share = ceil(share / unit - 1e-9) * unit;
    return cut(begin + share, all) > cut(begin, all) ? share : share + unit;
}

/* A part may be too small, or what the parts leave may be. */
static sg_status complain_empty(const sg_split_options *options, int64_t all, sg_error *error) {
    if (all < 2) return sg_fail(error, SG_BAD_GRAPH, "`split` leaves no sample: there is but one in all");
    if (options->end >= 1)
        return sg_fail(error, SG_BAD_GRAPH,
                       "`split` leaves no sample: its parts take %.9g of %" PRId64
                       " samples, which is rounded to all of them",
                       options->begin, all);
    return sg_fail(error, SG_BAD_GRAPH,
                   "`split` leaves no sample: a share of %.9g of %" PRId64
                   " samples is rounded to 0; one of %.2g leaves a sample",
                   options->end - options->begin, all, least_share(options->begin, all));
}

sg_status sg_split_take_part(sg_split *split, const sg_split_options *options, sg_error *error) {
    int64_t all = split->count = split->table->count;
    if (options->begin >= options->end || all == 0)
        return SG_OK; /* of some sources only loading tells how many */
    int64_t begin = cut(options->begin, all), end = cut(options->end, all);
    if (begin >= end) return complain_empty(options, all, error);
    return pick(split, begin, end, options->part_seed, error);
}

int64_t sg_split_count(const sg_split *split) {
    return split->count;
}

size_t sg_split_bytes(const sg_split *split) {
    size_t bytes = 0;
    const sg_table *table = split->table;
    for (int k = 0; k < table->column_count && !split->borrows; k++)
        if (table->column[k].data) bytes += (size_t)table->count * sg_column_bytes(&table->column[k]);
    return bytes +
           (table->reader && !split->borrows ? (size_t)table->reader->cached * table->reader->bytes : 0);
}

bool sg_split_reads(const sg_split *split) {
    return split->table->reader != NULL;
}

int64_t sg_split_bad(const sg_split *split) {
    return sg_split_reads(split) ? sg_reader_bad(split->table->reader) : 0;
}

char *sg_split_next_problem(const sg_split *split) {
    return sg_split_reads(split) ? sg_reader_next_problem(split->table->reader) : NULL;
}

double sg_split_max_bad(const sg_split *split) {
    return sg_split_reads(split) ? split->table->reader->max_bad : 0;
}

size_t sg_split_room(const sg_split *split) {
    return split->table->reader ? split->table->reader->bytes : 0;
}

sg_status sg_split_look(const sg_split *split, int index, int64_t sample, void *room, const void **at,
                        sg_look *look, sg_error *error) {
    const sg_column *column = &split->table->column[index];
    const sg_reader *reader = split->table->reader;
    int64_t row = split->rows ? split->rows[sample] : sample;
    *look = (sg_look){0};
    *at = room;
    if (column->data) {
        *at = (const char *)column->data + (size_t)row * sg_column_bytes(column);
        return SG_OK;
    }
    return reader->look ? reader->look(reader, row, room, look, error)
                        : reader->read(reader, row, room, error);
}

sg_status sg_split_probe(const sg_split *split, int64_t sample, sg_error *error) {
    const sg_reader *reader = split->table->reader;
    void *room = malloc(reader->bytes);
    if (!room) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = reader->read(reader, split->rows ? split->rows[sample] : sample, room, error);
    free(room);
    return status;
}
