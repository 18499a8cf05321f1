#include "ops/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static sg_status infer(sg_infer *c, bool flat) {
    const sg_attr *shape = &c->attr[SG_MASK_SHAPE];
    c->out[0] = (sg_typed){c->float_type, sg_shape_of(shape->n, shape->ints)};
    if (shape->n != 3 && !(flat && shape->n == 2))
        return sg_fail_at(c->error, SG_BLAME_ATTR, SG_MASK_SHAPE,
                          flat ? "shape must be [samples, tokens] or [samples, rows, columns]"
                               : "shape must be [samples, rows, columns]");
    for (int d = 1; d < shape->n; d++)
        if (shape->ints[d] % c->attr[SG_MASK_CELL].i)
            return sg_fail_at(c->error, SG_BLAME_ATTR, SG_MASK_CELL,
                              "cells of %lld do not divide %lld token%s", (long long)c->attr[SG_MASK_CELL].i,
                              (long long)shape->ints[d], sg_plural(shape->ints[d]));
    return SG_OK;
}

sg_status sg_mask_infer(sg_infer *c) {
    return infer(c, false);
}

sg_status sg_mask_infer_or_flat(sg_infer *c) {
    return infer(c, true);
}

static sg_mask_grid grid_of(const sg_shape *shape, int64_t cell) {
    if (shape->rank == 2) return (sg_mask_grid){1, shape->dim[1] / cell, 1, cell};
    return (sg_mask_grid){shape->dim[1] / cell, shape->dim[2] / cell, cell, cell};
}

void sg_mask_domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[0].shape;
    sg_mask_grid grid = grid_of(out, s->attr[SG_MASK_CELL].i);
    d->scratch = (size_t)(grid.rows * grid.columns + 4) * (sizeof(uint64_t) + sizeof(uint32_t) + 1);
    if (out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[0] = SG_OWN;
}

static int64_t count_of(int64_t cells, const sg_attr *attr) {
    return (int64_t)ceil((double)cells * attr[SG_MASK_RATIO].f);
}

bool sg_mask_hidden(const sg_signature *s, sg_hidden *hidden) {
    sg_mask_grid grid = grid_of(&s->out[0].shape, s->attr[SG_MASK_CELL].i);
    *hidden = (sg_hidden){grid.down, grid.across, count_of(grid.rows * grid.columns, s->attr)};
    return true;
}

/* Every token takes what its cell is. */
static void write_tokens(const sg_mask_draw *m, const sg_tensor *y, int64_t sample) {
    int64_t rows = m->grid.rows * m->grid.down, columns = m->grid.columns * m->grid.across;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            unsigned char hidden = m->hidden[r / m->grid.down * m->grid.columns + c / m->grid.across];
            int64_t at = (sample * rows + r) * columns + c;
            if (y->type == SG_F32)
                ((float *)y->data)[at] = hidden;
            else
                ((double *)y->data)[at] = hidden;
        }
}

void sg_mask_run(const sg_task *task, sg_mask_function draw) {
    const sg_tensor *y = &task->out[0];
    sg_mask_draw m = {.task = task, .grid = grid_of(&y->shape, task->attr[SG_MASK_CELL].i)};
    m.cells = m.grid.rows * m.grid.columns;
    m.count = count_of(m.cells, task->attr);
    m.keys = task->scratch;
    m.words = (uint32_t *)(m.keys + m.cells);
    m.hidden = (unsigned char *)(m.words + m.cells + 3);
    for (int64_t i = 0; i < y->shape.dim[0] && m.cells; i++) {
        m.sample = sg_sample_id(task, task->begin + i, task->items);
        m.part = sg_sample_part(task, task->begin + i, task->items);
        memset(m.hidden, 0, (size_t)m.cells);
        draw(&m);
        write_tokens(&m, y, i);
    }
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void sg_mask_shuffle(const sg_task *task, uint32_t sample, int64_t first_quad, int64_t n, uint64_t *keys,
                     uint32_t *words) {
    sg_sample_words(task, sample, first_quad, (n + 3) / 4, words);
    for (int64_t j = 0; j < n; j++) keys[j] = (uint64_t)words[j] << 32 | (uint64_t)j;
    if (n) qsort(keys, (size_t)n, sizeof *keys, by_key);
}

int64_t sg_mask_quads(const sg_mask_draw *m) {
    return (m->cells + 3) / 4;
}

void sg_mask_pick(sg_mask_draw *m, int64_t first_quad, unsigned char from, int64_t count) {
    sg_mask_shuffle(m->task, m->sample, first_quad, m->cells, m->keys, m->words);
    for (int64_t j = 0; j < m->cells && count > 0; j++) {
        unsigned char *cell = &m->hidden[m->keys[j] & 0xffffffffu];
        if (*cell != from) continue;
        *cell = !from;
        count--;
    }
}

int64_t sg_mask_place(uint32_t word, int64_t places) {
    return (int64_t)((uint64_t)word * (uint64_t)places >> 32);
}

void sg_mask_fill(sg_mask_draw *m, int64_t top, int64_t left, int64_t high, int64_t wide,
                  unsigned char hidden) {
    for (int64_t r = top; r < top + high; r++)
        memset(m->hidden + r * m->grid.columns + left, hidden, (size_t)wide);
}
