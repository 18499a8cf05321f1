/* The order of an epoch: Fisher and Yates' shuffle with counter-based draws. */
#include "base/philox.h"
#include "base/text.h"
#include "simgraph/data.h"

/* Each draw has 53 bits, so the share of an outcome is off by less than count / 2^53. */
void sg_order_fill(int64_t *order, int64_t count, uint64_t seed, uint32_t epoch) {
    uint64_t purpose = sg_hash_text("order");
    uint32_t word[4] = {0};
    for (int64_t i = 0; i < count; i++) order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        /* A block of four words serves two draws: an odd i makes it, the even i after it takes its other
         * half. */
        if ((i & 1) || i == count - 1) sg_philox_draw(seed, (uint32_t)(i / 2), 0, epoch, purpose, word);
        int half = i & 1 ? 0 : 2;
        int64_t j = (int64_t)(sg_uniform_f64(word[half], word[half + 1]) * (double)(i + 1));
        int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
