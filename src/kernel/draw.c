/* Random words: Philox4x32-10 for consecutive counters. base/philox.h says what they mean. */
#include "base/philox.h"
#include "kernel/families.h"

/* Straight-line code, so that the loop over the counters is the one that becomes vectors. */
#define ROUND                                                                    \
    {                                                                            \
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2; \
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;                                     \
        c1 = (uint32_t)p1;                                                       \
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;                                     \
        c3 = (uint32_t)p0;                                                       \
        k0 += UINT32_C(0x9E3779B9);                                              \
        k1 += UINT32_C(0xBB67AE85);                                              \
    }

void SG_FN(draw_words)(uint64_t seed, uint32_t first_quad, int64_t quads, uint32_t sample, uint32_t epoch,
                       uint64_t purpose, uint32_t *out) {
    const uint32_t fold = sg_fold(purpose);
    SG_VECTOR_LOOP
    for (int64_t q = 0; q < quads; q++) {
        uint32_t c0 = first_quad + (uint32_t)q, c1 = sample, c2 = epoch, c3 = fold;
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND ROUND out[4 * q] = c0;
        out[4 * q + 1] = c1;
        out[4 * q + 2] = c2;
        out[4 * q + 3] = c3;
    }
}
