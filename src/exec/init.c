#include "exec/init.h"

#include <math.h>

#include "base/philox.h"

enum { FIRST, SECOND, THIRD };

static double constant_element(const sg_init_stream *from, uint64_t index) {
    (void)index;
    return from->attr[FIRST].f;
}

static double zero_element(const sg_init_stream *from, uint64_t index) {
    (void)from;
    (void)index;
    return 0;
}

static double one_element(const sg_init_stream *from, uint64_t index) {
    (void)from;
    (void)index;
    return 1;
}

/* Four words per element: stream (element, try) of the weight. */
static void draw(const sg_init_stream *from, uint64_t index, uint32_t attempt, uint32_t words[4]) {
    sg_philox_draw(from->seed, (uint32_t)index, (uint32_t)(index >> 32), attempt, from->purpose, words);
}

static double between(const sg_init_stream *from, uint64_t index, double low, double high) {
    uint32_t words[4];
    draw(from, index, 0, words);
    return low + (high - low) * sg_uniform_f64(words[0], words[1]);
}

static double uniform_element(const sg_init_stream *from, uint64_t index) {
    return between(from, index, from->attr[FIRST].f, from->attr[SECOND].f);
}

/* Numbers that one output is made of: all axes but the first, that of the outputs. */
static double fan_in(const sg_shape *shape) {
    double product = 1;
    for (int d = 1; d < shape->rank; d++) product *= (double)shape->dim[d];
    return product;
}

static double fan_in_element(const sg_init_stream *from, uint64_t index) {
    double reach = 1 / sqrt(fan_in(from->shape));
    return between(from, index, -reach, reach);
}

static double xavier_element(const sg_init_stream *from, uint64_t index) {
    double fan_out = from->shape->rank ? (double)from->shape->dim[0] : 1;
    double reach = sqrt(6 / (fan_in(from->shape) + fan_out));
    return between(from, index, -reach, reach);
}

static double standard_normal(const sg_init_stream *from, uint64_t index, uint32_t attempt) {
    uint32_t words[4];
    double pair[2];
    draw(from, index, attempt, words);
    sg_normal_pair(words[0], words[1], pair);
    return pair[0];
}

static double normal_element(const sg_init_stream *from, uint64_t index) {
    return from->attr[SECOND].f + from->attr[FIRST].f * standard_normal(from, index, 0);
}

/* Drawn again until it lies within the bounds, which are absolute numbers as in PyTorch's trunc_normal_. */
static double trunc_normal_element(const sg_init_stream *from, uint64_t index) {
    double low = from->attr[SECOND].f, high = from->attr[THIRD].f, x = 0;
    for (uint32_t attempt = 0; attempt < 1000; attempt++) {
        x = from->attr[FIRST].f * standard_normal(from, index, attempt);
        if (x >= low && x <= high) return x;
    }
    return fmin(fmax(x, low), high); /* bounds far out in the tail */
}

const sg_init sg_init_zeros = {
    .schema = {.kind = SG_KIND_INIT, .name = "zeros", .doc = "zero everywhere"},
    .element = zero_element,
};

const sg_init sg_init_ones = {
    .schema = {.kind = SG_KIND_INIT, .name = "ones", .doc = "one everywhere"},
    .element = one_element,
};

const sg_init sg_init_constant = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "constant",
               .doc = "one number everywhere",
               .attrs = {{.name = "value", .type = SG_ATTR_FLOAT, .doc = "the number"}}},
    .element = constant_element,
};

const sg_init sg_init_uniform = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "uniform",
               .doc = "evenly distributed in [low, high)",
               .attrs = {{.name = "low", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "smallest number"},
                         {.name = "high", .type = SG_ATTR_FLOAT, .fallback = "1", .doc = "largest number"}}},
    .element = uniform_element,
};

const sg_init sg_init_fan_in_uniform = {
    .schema =
        {.kind = SG_KIND_INIT,
         .name = "fan_in_uniform",
         .doc =
             "evenly distributed in [-r, r), r = 1 / sqrt(fan-in), as PyTorch's layers start; fan-in is the "
             "product of all axes but the first"},
    .element = fan_in_element,
};

const sg_init sg_init_xavier_uniform = {
    .schema =
        {.kind = SG_KIND_INIT,
         .name = "xavier_uniform",
         .doc = "evenly distributed in [-r, r), r = sqrt(6 / (fan-in + fan-out)); fan-out is the first axis, "
                "fan-in the product of the others (Glorot and Bengio)"},
    .element = xavier_element,
};

const sg_init sg_init_normal = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "normal",
               .doc = "normally distributed",
               .attrs = {{.name = "std",
                          .type = SG_ATTR_FLOAT,
                          .fallback = "1",
                          .doc = "standard deviation",
                          .min = 0,
                          .max = 1e9},
                         {.name = "mean", .type = SG_ATTR_FLOAT, .fallback = "0", .doc = "mean"}}},
    .element = normal_element,
};

const sg_init sg_init_trunc_normal = {
    .schema = {.kind = SG_KIND_INIT,
               .name = "trunc_normal",
               .doc = "normally distributed, drawn again where it falls outside [low, high]",
               .attrs = {{.name = "std",
                          .type = SG_ATTR_FLOAT,
                          .fallback = "1",
                          .doc = "standard deviation",
                          .min = 0,
                          .max = 1e9},
                         {.name = "low", .type = SG_ATTR_FLOAT, .fallback = "-2", .doc = "smallest number"},
                         {.name = "high", .type = SG_ATTR_FLOAT, .fallback = "2", .doc = "largest number"}}},
    .element = trunc_normal_element,
};
