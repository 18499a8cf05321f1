/* random_mask: hides a random share of square cells (Xie et al., arXiv:2111.09886). */
#include <math.h>
#include <stdlib.h>

#include "ops/random.h"

enum { SHAPE, RATIO, CELL };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    c->out[0].type = c->float_type;
    c->out[0].shape = sg_shape_of(shape->n, shape->ints);
    if (shape->n < 2)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                          "shape must be [samples, tokens] or [samples, rows, columns]");
    if (shape->n > 3)
        return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE,
                          "shape must be [samples, tokens] or [samples, rows, columns]");
    for (int d = 1; d < shape->n; d++)
        if (shape->ints[d] % c->attr[CELL].i)
            return sg_fail_at(c->error, SG_BLAME_ATTR, CELL, "cells of %lld do not divide %lld tokens",
                              (long long)c->attr[CELL].i, (long long)shape->ints[d]);
    return SG_OK;
}

static int64_t cells_of(const sg_shape *shape, int64_t cell) {
    int64_t cells = 1;
    for (int d = 1; d < shape->rank; d++) cells *= shape->dim[d] / cell;
    return cells;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    d->scratch = (size_t)(cells_of(out, s->attr[CELL].i) + 3) * (sizeof(uint64_t) + sizeof(uint32_t));
    if (out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Each cell draws a word; the cells with the smallest words are hidden, ties by index. */
static void run(const sg_task *task) {
    const sg_tensor *y = &task->out[0];
    int64_t cell = task->attr[CELL].i, cells = cells_of(&y->shape, cell);
    int64_t hidden = (int64_t)ceil((double)cells * task->attr[RATIO].f);
    int64_t rows = y->shape.rank == 3 ? y->shape.dim[1] : 1, columns = y->shape.dim[y->shape.rank - 1];
    int64_t cell_rows = y->shape.rank == 3 ? cell : 1, cell_columns = columns / cell;
    uint64_t *keys = task->scratch;
    uint32_t *words = (uint32_t *)(keys + cells + 1);
    for (int64_t i = 0; i < y->shape.dim[0]; i++) {
        int64_t entry = task->begin + i, quads = (cells + 3) / 4;
        int64_t part = sg_sample_part(task, entry, task->items);
        sg_sample_words(task, sg_sample_id(task, entry, task->items), part * quads, quads, words);
        for (int64_t j = 0; j < cells; j++) keys[j] = (uint64_t)words[j] << 32 | (uint64_t)j;
        qsort(keys, (size_t)cells, sizeof *keys, by_key);
        for (int64_t j = 0; j < rows * columns; j++) sg_tensor_set(y, i * rows * columns + j, 0);
        for (int64_t j = 0; j < hidden; j++) {
            int64_t at = (int64_t)(keys[j] & 0xffffffffu), row = at / cell_columns * cell_rows,
                    column = at % cell_columns * cell;
            for (int64_t r = row; r < row + cell_rows; r++)
                for (int64_t k = column; k < column + cell; k++)
                    sg_tensor_set(y, (i * rows + r) * columns + k, 1);
        }
    }
}

static const sg_arg grid[] = {SG_ARG_INTS("shape", 3, 8, 8), SG_ARG_FLOAT("ratio", 0.6), {0}};
static const sg_arg cells[] = {
    SG_ARG_INTS("shape", 2, 12, 12), SG_ARG_FLOAT("ratio", 0.6), SG_ARG_INT("cell", 2), {0}};
static const sg_arg tokens[] = {SG_ARG_INTS("shape", 2, 10), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg odd[] = {
    SG_ARG_INTS("shape", 2, 9, 9), SG_ARG_FLOAT("ratio", 0.5), SG_ARG_INT("cell", 2), {0}};
static const sg_arg much[] = {SG_ARG_INTS("shape", 2, 9, 9), SG_ARG_FLOAT("ratio", 1.5), {0}};
static const sg_sample samples[] = {
    {.name = "grid", .args = grid, .no_gradient = "it has no input"},
    {.name = "cells", .args = cells, .no_gradient = "it has no input"},
    {.name = "tokens", .args = tokens, .no_gradient = "it has no input"},
    {.name = "odd", .args = odd, .message = "cells of 2 do not divide 9 tokens"},
    {.name = "much", .args = much, .message = "ratio is 1.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_random_mask = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "random_mask",
         .doc = "hides a random share of the cells of each sample: 1 on ceil(cells * ratio) of them, else 0",
         .attrs =
             {{.name = "shape",
               .type = SG_ATTR_INTS,
               .doc = "[samples, rows, columns] or [samples, tokens]",
               .min = 0,
               .max = 1e9},
              {.name = "ratio", .type = SG_ATTR_FLOAT, .doc = "share of hidden cells", .min = 0, .max = 1},
              {.name = "cell",
               .type = SG_ATTR_INT,
               .fallback = "1",
               .doc = "tokens along the side of a cell",
               .min = 1,
               .max = 1e9}}},
    .family = "random",
    .out = {{"mask", "1 where hidden", 0}},
    .flags = SG_OP_RANDOM | SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .samples = samples,
};
