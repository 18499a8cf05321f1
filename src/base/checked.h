/* base/checked.h - the one set of checked operations from which every size is computed. Each returns false,
 * and leaves *out alone, when the result does not fit. */
#ifndef SG_BASE_CHECKED_H
#define SG_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool sg_size_add(size_t a, size_t b, size_t *out) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}

static inline bool sg_size_mul(size_t a, size_t b, size_t *out) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}

/* The smallest multiple of `unit` that is not below `size`; unit > 0. */
static inline bool sg_size_align(size_t size, size_t unit, size_t *out) {
    size_t rest = size % unit;
    return sg_size_add(size, rest ? unit - rest : 0, out);
}

static inline bool sg_int_add(int64_t a, int64_t b, int64_t *out) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}

static inline bool sg_int_mul(int64_t a, int64_t b, int64_t *out) {
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}

/* A size of before + size + after; all three >= 0. */
static inline bool sg_int_pad(int64_t size, int64_t before, int64_t after, int64_t *out) {
    int64_t sum;
    if (size < 0 || before < 0 || after < 0 || !sg_int_add(size, before, &sum)) return false;
    return sg_int_add(sum, after, out);
}

/* int64_t to size_t: false for negative numbers. */
static inline bool sg_int_to_size(int64_t a, size_t *out) {
    if (a < 0 || (uint64_t)a > SIZE_MAX) return false;
    *out = (size_t)a;
    return true;
}

#endif
