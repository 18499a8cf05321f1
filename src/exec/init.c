#include "exec/init.h"

#include <math.h>

#include "base/philox.h"

enum { FIRST, SECOND, THIRD };

static void constant(double *out, int64_t count, double value) {
    for (int64_t i = 0; i < count; i++) out[i] = value;
}

static void constant_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    (void)first;
    constant(out, count, from->attr[FIRST].f);
}

static void one_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    (void)from;
    (void)first;
    constant(out, count, 1);
}

/* One word an element: those of elements 4 i .. 4 i + 3 have the counter (i, try). */
static void draw(const sg_init_stream *from, uint64_t first, int64_t count, uint32_t attempt,
                 uint32_t words[SG_INIT_PIECE]) {
    uint64_t quad = first / 4;
    from->loops->draw_words(from->seed, (uint32_t)quad, (count + 3) / 4, (uint32_t)(quad >> 32), attempt,
                            from->purpose, words);
}

static void between(const sg_init_stream *from, uint64_t first, int64_t count, double low, double high,
                    double *out) {
    uint32_t words[SG_INIT_PIECE];
    draw(from, first, count, 0, words);
    for (int64_t i = 0; i < count; i++) out[i] = low + (high - low) * (double)sg_uniform_f32(words[i]);
}

static void uniform_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    between(from, first, count, from->attr[FIRST].f, from->attr[SECOND].f, out);
}

/* Numbers that one output is made of: all axes but the first, that of the outputs. */
static double fan_in(const sg_shape *shape) {
    double product = 1;
    for (int d = 1; d < shape->rank; d++) product *= (double)shape->dim[d];
    return product;
}

static void fan_in_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    double reach = 1 / sqrt(fan_in(from->shape));
    between(from, first, count, -reach, reach, out);
}

static void xavier_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    double fan_out = from->shape->rank ? (double)from->shape->dim[0] : 1;
    double reach = sqrt(6 / (fan_in(from->shape) + fan_out));
    between(from, first, count, -reach, reach, out);
}

/* mean + std * standard normal numbers. */
static void draw_normal(const sg_init_stream *from, uint64_t first, int64_t count, uint32_t attempt,
                        double mean, double *out) {
    uint32_t words[SG_INIT_PIECE];
    double normal[SG_INIT_PIECE];
    draw(from, first, count, attempt, words);
    from->loops->normal((count + 1) / 2, words, normal);
    for (int64_t i = 0; i < count; i++) out[i] = mean + from->attr[FIRST].f * normal[i];
}

static void normal_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    draw_normal(from, first, count, 0, from->attr[SECOND].f, out);
}

static bool lies_within(double value, double low, double high) {
    return value >= low && value <= high;
}

/* Drawn again until it lies within the bounds, which are absolute numbers as in PyTorch's trunc_normal_. */
static void trunc_normal_fill(const sg_init_stream *from, uint64_t first, int64_t count, double *out) {
    double low = from->attr[SECOND].f, high = from->attr[THIRD].f, again[4];
    if (low == high) { /* no draw would end there */
        constant(out, count, low);
        return;
    }
    draw_normal(from, first, count, 0, 0, out);
    int64_t outside = 0; /* most often none: bounds are many deviations away */
    for (int64_t i = 0; i < count; i++) outside += !lies_within(out[i], low, high);
    for (int64_t i = 0; outside && i < count; i++) {
        for (uint32_t attempt = 1; attempt < 1000 && !lies_within(out[i], low, high); attempt++) {
            draw_normal(from, (first + (uint64_t)i) & ~UINT64_C(3), 4, attempt, 0, again);
            out[i] = again[i % 4];
        }
        out[i] = out[i] < low ? low : out[i] > high ? high : out[i]; /* bounds far out in the tail */
    }
}

const sg_init sg_init_zeros = {
    .schema = {.kind = SG_KIND_INIT, .name = "zeros", .doc = "zero everywhere"},
};

const sg_init sg_init_ones = {
    .schema = {.kind = SG_KIND_INIT, .name = "ones", .doc = "one everywhere"},
    .fill = one_fill,
};

const sg_init sg_init_constant = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "constant",
               .doc = "one number everywhere",
               .attrs = SG_ATTRS({.name = "value", .type = SG_ATTR_FLOAT, .doc = "the number"})},
    .fill = constant_fill,
};

const sg_init sg_init_uniform = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "uniform",
               .doc = "evenly distributed in [low, high)",
               .attrs =
                   SG_ATTRS({.name = "low", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "smallest number"},
                            {.name = "high",
                             .type = SG_ATTR_FLOAT,
                             .fallback = "1",
                             .doc = "largest number",
                             .rising = true})},
    .fill = uniform_fill,
};

const sg_init sg_init_fan_in_uniform = {
    .schema =
        {.kind = SG_KIND_INIT,
         .name = "fan_in_uniform",
         .doc =
             "evenly distributed in [-r, r), r = 1 / sqrt(fan-in), as PyTorch's layers start; fan-in is the "
             "product of all axes but the first"},
    .fill = fan_in_fill,
};

const sg_init sg_init_xavier_uniform = {
    .schema =
        {.kind = SG_KIND_INIT,
         .name = "xavier_uniform",
         .doc = "evenly distributed in [-r, r), r = sqrt(6 / (fan-in + fan-out)); fan-out is the first axis, "
                "fan-in the product of the others (Glorot and Bengio)"},
    .fill = xavier_fill,
};

const sg_init sg_init_normal = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "normal",
               .doc = "normally distributed",
               .attrs = SG_ATTRS({.name = "std",
                                  .type = SG_ATTR_FLOAT,
                                  .fallback = "1",
                                  .doc = "standard deviation",
                                  .min = 0,
                                  .max = 1e9},
                                 {.name = "mean", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "mean"})},
    .fill = normal_fill,
};

const sg_init sg_init_trunc_normal = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "trunc_normal",
               .doc = "normally distributed, drawn again where it falls outside [low, high]",
               .attrs = SG_ATTRS(
                   {.name = "std",
                    .type = SG_ATTR_FLOAT,
                    .fallback = "1",
                    .doc = "standard deviation",
                    .min = 0,
                    .max = 1e9},
                   {.name = "low", .type = SG_ATTR_FLOAT, .fallback = "-2", .doc = "smallest number"},
                   {.name = "high",
                    .type = SG_ATTR_FLOAT,
                    .fallback = "2",
                    .doc = "largest number",
                    .rising = true})},
    .fill = trunc_normal_fill,
};
