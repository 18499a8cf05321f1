/* Loading ahead: every step gets the samples of its own place in the order; failures come with their batch.
 */
#include "train/trainer.h"
#include "train_unit.h"

static const char *const augmented[] = {"data.train.fields.image=[flip, {op: random_crop, size: 16}]",
                                        "train.steps=17", NULL};

typedef struct witness {
    run *r;
    int steps, last_batches;
    int64_t order[150];
} witness;

/* What the program was fed for this step, against the split asked anew. */
static void compare_feeds(void *data, const sg_train_event *event) {
    witness *w = data;
    if (event->kind != SG_TRAIN_STEP) return;
    const sg_trainer *trainer = w->r->trainer;
    int64_t step = event->step - 1, epoch = step / 5, begin = step % 5 * 32;
    const sg_binding *binding = &trainer->train[150 - begin < 32];
    sg_order_fill(w->order, 150, trainer->config->seed, (uint32_t)epoch);
    sg_tensor fed = sg_program_feed(binding->program, binding->feeds[0].value), wanted;
    sg_error error = {0};
    ck_assert_int_eq(sg_tensor_init(&wanted, fed.type, fed.shape, &error), SG_OK);
    ck_assert_int_eq(fed.shape.dim[0], 150 - begin < 32 ? 22 : 32);
    ck_assert_msg(sg_split_fill(binding->split, binding->feeds[0].field, trainer->config->seed,
                                (uint32_t)epoch, w->order + begin, fed.shape.dim[0], &wanted,
                                &error) == SG_OK,
                  "%s", error.message);
    ck_assert_msg(memcmp(fed.data, wanted.data, sg_tensor_bytes(&fed)) == 0, "step %d was fed something else",
                  (int)step);
    sg_tensor_finish(&wanted);
    w->steps++;
    w->last_batches += begin == 128;
}

static void check_feeds(const char *const *settings, int threads) {
    run r;
    witness w = {.r = &r};
    sg_trainer_options options = {.no_save = true, .event = compare_feeds, .data = &w};
    run_ok(run_all(&r, tiny_graph, settings, options, threads), &r);
    ck_assert_int_eq(w.steps, 17);
    ck_assert_int_eq(w.last_batches, 3);
    run_finish(&r);
}

/* Across the ends of epochs, where the batch is smaller, and the evaluations there. */
START_TEST(steps_get_their_samples) {
    for (int threads = 1; threads <= 4; threads++) check_feeds(augmented, threads);
}
END_TEST

typedef struct bench {
    run r;
    sg_loader *loader;
    const sg_binding *binding;
    int64_t ids[3][32];
} bench;

static void bench_start(bench *b) {
    run_ok(run_load(&b->r, tiny_graph, NULL), &b->r);
    run_ok(run_create(&b->r, (sg_trainer_options){.no_save = true}, 2), &b->r);
    b->loader = b->r.trainer->loader;
    b->binding = &b->r.trainer->train[0];
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 32; i++) b->ids[k][i] = (7 * i + 31 * k) % 150;
}

static sg_batch batch_of(const bench *b, int k) {
    return (sg_batch){.seed = 5, .epoch = 1, .ids = b->ids[k]};
}

static sg_status take(const bench *b, int k, sg_error *error) {
    sg_batch batch = batch_of(b, k);
    *error = (sg_error){0};
    return sg_loader_take(b->loader, b->binding->staging, b->binding->program, &batch, error);
}

static void start(const bench *b, int k) {
    sg_batch batch = batch_of(b, k);
    sg_loader_start(b->loader, b->binding->staging, &batch);
}

static void assert_fed(const bench *b, int k) {
    sg_tensor fed = sg_program_feed(b->binding->program, b->binding->feeds[0].value);
    const sg_column *column = &sg_split_table(b->binding->split)->column[0];
    const uint8_t *pixels = column->data;
    for (int i = 0; i < 32; i++)
        for (int p = 0; p < 256; p++)
            ck_assert(((const float *)fed.data)[256 * i + p] ==
                      (float)pixels[256 * b->ids[k][i] + p] / 255.0f);
}

START_TEST(failures_come_with_their_batch) {
    bench b;
    sg_error error;
    bench_start(&b);
    b.ids[1][9] = 777; /* the second chunk of eight; a later one fails as well */
    b.ids[1][30] = -4;
    for (int round = 0; round < 200; round++) {
        start(&b, 1);
        ck_assert_int_eq(take(&b, 1, &error), SG_BAD_USAGE);
        ck_assert_str_eq(error.message, "sample 777 of split `train`: it has 150");
        /* The inputs are still those of the batch before. */
        if (round) assert_fed(&b, 2);
        start(&b, 0);
        ck_assert_int_eq(take(&b, 0, &error), SG_OK);
        assert_fed(&b, 0);
        /* A batch that nobody takes fails nobody. */
        start(&b, 1);
        start(&b, 2);
        ck_assert_int_eq(take(&b, 2, &error), SG_OK);
        assert_fed(&b, 2);
    }
    run_finish(&b.r);
}
END_TEST

/* What is being loaded when the trainer goes is given up. */
START_TEST(ends_while_loading) {
    for (int round = 0; round < 20; round++) {
        bench b;
        bench_start(&b);
        start(&b, round % 3);
        run_finish(&b.r);
    }
}
END_TEST

/* Loading is counted in what a training needs: every binding has the inputs of its program, and its batch of
 * 16 x 16 pixels once more. The arena and its tiles are shared. */
START_TEST(memory_counts_both_buffers) {
    bench b;
    bench_start(&b);
    sg_memory all = sg_trainer_memory(b.r.trainer);
    const sg_trainer *trainer = b.r.trainer;
    const sg_binding *bindings[] = {&trainer->train[0], &trainer->train[1], &trainer->evaluate[0],
                                    &trainer->evaluate[1], &trainer->pictures[0]};
    size_t feeds = 0, arena = 0, tiles = 0;
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        if (!bindings[i]->program) continue;
        sg_memory program = sg_program_memory(bindings[i]->program);
        feeds += program.feeds + (size_t)bindings[i]->batch * 256 * sizeof(float);
        if (program.arena > arena) arena = program.arena;
        if (program.tiles > tiles) tiles = program.tiles;
    }
    ck_assert_uint_eq(all.feeds, feeds);
    ck_assert_uint_eq(all.arena, arena);
    ck_assert_uint_eq(all.tiles, tiles);
    ck_assert_uint_eq(all.store, sg_store_bytes(trainer->store));
    run_finish(&b.r);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {steps_get_their_samples, failures_come_with_their_batch, ends_while_loading,
                                  memory_counts_both_buffers, NULL};
    return unit_run(unit_suite("loader", tests));
}
