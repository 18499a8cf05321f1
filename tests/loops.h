/* What the tests of the inner loops share: numbers, comparison of bits, one test a variant. */
#ifndef SG_TESTS_LOOPS_H
#define SG_TESTS_LOOPS_H

#include "unit.h"

#include "kernel/loops.h"

#include <math.h>
#include <string.h>

enum { VARIANTS = 3 };

/* The variant of a loop test, or a return where this build or CPU has none such. */
#define EACH_VARIANT(loops)                  \
    const sg_loops *loops = sg_loops_at(_i); \
    if (!loops || !sg_loops_supported(loops)) return

/* An assertion for inner loops: Check's own note every one that holds. */
#define EXPECT(condition, ...)                       \
    do {                                             \
        if (!(condition)) ck_abort_msg(__VA_ARGS__); \
    } while (0)

/* The same bits, or NaN both. */
#define SAME(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0 || ((a) != (a) && (b) != (b)))

/* Numbers of all sizes and both signs, with the special ones among them. */
static inline double any_number(int i) {
    static const double special[] = {0,      -0.0, 1,     -1,    INFINITY, -INFINITY, NAN,  1e-42,
                                     -1e-42, 1e38, -1e38, 0.5,   -0.5,     2,         -2,   88.5,
                                     -103.5, 3,    -87.5, 1e-30, 1e6,      -1.5e6,    1e20, -14};
    enum { COUNT = sizeof special / sizeof *special };
    if (i % 3 == 2) return special[i / 3 % COUNT];
    uint32_t hash = (uint32_t)(i + 1) * 2654435761u;
    hash ^= hash >> 15;
    return ((double)(hash * 2246822519u) * 0x1p-31 - 1) * (i % 2 ? 20 : 2);
}

#define FILL(x, count, value) \
    for (int i = 0; i < (count); i++) (x)[i] = (value)

/* The value of an element does not depend on its place: CALL, which computes n elements from input offset o
 * into `out`, gives the same bits for all short n at all offsets as for the whole array at once, and writes
 * no more. */
enum { WHOLE = 200, OFFSETS = 18, LENGTHS = 45 };
#define CHECK_PLACES(R, CALL)                                                                               \
    do {                                                                                                    \
        static R whole[WHOLE], part[WHOLE];                                                                 \
        {                                                                                                   \
            const int64_t n = WHOLE, o = 0;                                                                 \
            R *out = whole;                                                                                 \
            CALL;                                                                                           \
        }                                                                                                   \
        for (int64_t o = 0; o < OFFSETS; o++)                                                               \
            for (int64_t n = 0; n < LENGTHS; n++) {                                                         \
                memset(part, 0x55, sizeof part);                                                            \
                R guard = part[0], *out = part + o + 1;                                                     \
                CALL;                                                                                       \
                EXPECT(SAME(part[o], guard) && SAME(part[o + n + 1], guard), "%s: written outside", #CALL); \
                for (int64_t k = 0; k < n; k++)                                                             \
                    EXPECT(SAME(out[k], whole[o + k]), "%s %s: element %d of %d", loops->name, #CALL,       \
                           (int)k, (int)n);                                                                 \
            }                                                                                               \
    } while (0)

#endif
