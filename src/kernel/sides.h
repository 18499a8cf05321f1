/* kernel/sides.h - elementwise functions of two operands, each an array or one element that is used n times.
 */
#ifndef SG_KERNEL_SIDES_H
#define SG_KERNEL_SIDES_H

/* Defines name_aa, name_sa and name_as with y[i] = F(a, b); T operands, R result; PRAGMA stands before the
 * loops. */
#define SG_SIDES_LOOPS(name, F, T, R, PRAGMA)                        \
    void SG_FN(name##_aa)(int64_t n, const T *a, const T *b, R *y) { \
        PRAGMA                                                       \
        for (int64_t i = 0; i < n; i++) y[i] = F(a[i], b[i]);        \
    }                                                                \
    void SG_FN(name##_sa)(int64_t n, const T *a, const T *b, R *y) { \
        const T s = *a;                                              \
        PRAGMA                                                       \
        for (int64_t i = 0; i < n; i++) y[i] = F(s, b[i]);           \
    }                                                                \
    void SG_FN(name##_as)(int64_t n, const T *a, const T *b, R *y) { \
        const T s = *b;                                              \
        PRAGMA                                                       \
        for (int64_t i = 0; i < n; i++) y[i] = F(a[i], s);           \
    }

#endif
