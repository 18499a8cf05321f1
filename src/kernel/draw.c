/* Random words: Philox4x32-10 for many counters side by side. base/philox.h says what they mean. */
#include "base/philox.h"
#include "kernel/families.h"

enum { WIDE = 16 };

static void draw_block(const uint32_t key[2], uint32_t first, const uint32_t rest[3], uint32_t *out) {
    uint32_t c0[WIDE], c1[WIDE], c2[WIDE], c3[WIDE], k0 = key[0], k1 = key[1];
    for (uint32_t j = 0; j < WIDE; j++) c0[j] = first + j, c1[j] = rest[0], c2[j] = rest[1], c3[j] = rest[2];
    for (int round = 0; round < 10; round++) {
        for (int j = 0; j < WIDE; j++) {
            uint64_t p0 = UINT64_C(0xD2511F53) * c0[j], p1 = UINT64_C(0xCD9E8D57) * c2[j];
            c0[j] = (uint32_t)(p1 >> 32) ^ c1[j] ^ k0;
            c1[j] = (uint32_t)p1;
            c2[j] = (uint32_t)(p0 >> 32) ^ c3[j] ^ k1;
            c3[j] = (uint32_t)p0;
        }
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    for (int j = 0; j < WIDE; j++)
        out[4 * j] = c0[j], out[4 * j + 1] = c1[j], out[4 * j + 2] = c2[j], out[4 * j + 3] = c3[j];
}

void SG_FN(draw_words)(uint64_t seed, uint32_t first_quad, int64_t quads, uint32_t sample, uint32_t epoch,
                       uint64_t purpose, uint32_t *out) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                   rest[3] = {sample, epoch, sg_fold(purpose)};
    int64_t q = 0;
    for (; q + WIDE <= quads; q += WIDE) draw_block(key, first_quad + (uint32_t)q, rest, out + 4 * q);
    for (; q < quads; q++)
        sg_philox_draw(seed, first_quad + (uint32_t)q, sample, epoch, purpose, out + 4 * q);
}
