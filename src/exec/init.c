#include "exec/init.h"

#include <math.h>

#include "base/philox.h"

enum { FIRST, SECOND, THIRD };

static double constant_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    (void)seed;
    (void)purpose;
    (void)index;
    return attr[FIRST].f;
}

static double zero_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    (void)attr;
    (void)seed;
    (void)purpose;
    (void)index;
    return 0;
}

static double one_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    (void)attr;
    (void)seed;
    (void)purpose;
    (void)index;
    return 1;
}

/* Four words per element: stream (element, try) of the weight. */
static void draw(uint64_t seed, uint64_t purpose, uint64_t index, uint32_t attempt, uint32_t words[4]) {
    sg_philox_draw(seed, (uint32_t)index, (uint32_t)(index >> 32), attempt, purpose, words);
}

static double uniform_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    uint32_t words[4];
    draw(seed, purpose, index, 0, words);
    return attr[FIRST].f + (attr[SECOND].f - attr[FIRST].f) * sg_uniform_f64(words[0], words[1]);
}

static double standard_normal(uint64_t seed, uint64_t purpose, uint64_t index, uint32_t attempt) {
    uint32_t words[4];
    double pair[2];
    draw(seed, purpose, index, attempt, words);
    sg_normal_pair(words[0], words[1], pair);
    return pair[0];
}

static double normal_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    return attr[SECOND].f + attr[FIRST].f * standard_normal(seed, purpose, index, 0);
}

/* Drawn again until it lies within the bounds, which are absolute numbers as in PyTorch's trunc_normal_. */
static double trunc_normal_element(const sg_attr *attr, uint64_t seed, uint64_t purpose, uint64_t index) {
    double low = attr[SECOND].f, high = attr[THIRD].f, x = 0;
    for (uint32_t attempt = 0; attempt < 1000; attempt++) {
        x = attr[FIRST].f * standard_normal(seed, purpose, index, attempt);
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
