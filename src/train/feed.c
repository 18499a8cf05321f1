/* Filling the inputs of a program with samples, by all workers when there is much to do. */
#include <stdatomic.h>
#include <string.h>

#include "exec/context.h"
#include "train/trainer.h"

enum { CHUNK = 8, SMALL = 1 << 17 };

typedef struct filling {
    const sg_binding *binding;
    uint64_t seed;
    uint32_t epoch;
    const int64_t *ids;
    atomic_int next;
    atomic_flag failed;
    sg_status status;
    sg_error error;
} filling;

/* Samples [begin, begin + count) of one field. */
static sg_status fill_part(const filling *f, const sg_feed *feed, int64_t begin, int64_t count,
                           sg_error *error) {
    sg_tensor to = sg_program_feed(f->binding->program, feed->value);
    if (!to.data || sg_split_field(f->binding->split, feed->field)->whole) return SG_OK;
    int64_t sample = sg_tensor_elements(&to) / f->binding->batch;
    to.data = (char *)to.data + (size_t)(begin * sample) * sg_type_size(to.type);
    to.shape.dim[0] = count;
    return sg_split_fill(f->binding->split, feed->field, f->seed, f->epoch, f->ids + begin, count, &to,
                         error);
}

static void fill_chunks(void *data, int worker, int workers) {
    filling *f = data;
    (void)worker;
    (void)workers;
    int64_t chunks = (f->binding->batch + CHUNK - 1) / CHUNK;
    for (int64_t c; (c = atomic_fetch_add(&f->next, 1)) < chunks;) {
        int64_t begin = c * CHUNK;
        int64_t count = f->binding->batch - begin < CHUNK ? f->binding->batch - begin : CHUNK;
        for (int i = 0; i < f->binding->feed_count; i++) {
            sg_error error = {0};
            sg_status status = fill_part(f, &f->binding->feeds[i], begin, count, &error);
            if (status != SG_OK && !atomic_flag_test_and_set(&f->failed)) {
                f->status = status;
                f->error = error;
            }
        }
    }
}

sg_status sg_binding_fill(const sg_binding *binding, sg_context *context, uint64_t seed, uint32_t epoch,
                          const int64_t *ids, sg_error *error) {
    filling f = {.binding = binding, .seed = seed, .epoch = epoch, .ids = ids, .failed = ATOMIC_FLAG_INIT};
    int64_t elements = 0;
    for (int i = 0; i < binding->feed_count; i++) {
        sg_tensor to = sg_program_feed(binding->program, binding->feeds[i].value);
        if (to.data) elements += sg_tensor_elements(&to);
    }
    if (elements < SMALL)
        fill_chunks(&f, 0, 1);
    else
        sg_workers_run(context->workers, fill_chunks, &f);
    if (f.status != SG_OK && error) *error = f.error;
    return f.status;
}
