/* The worker pool and its barrier. */
#include "unit.h"

#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 7, ROUNDS = 300 };
static const int counts[] = {1, 2, 3, 4, 7};

typedef struct shared {
    sg_workers *workers;
    int visits[MOST];      /* written by their workers, read by the caller */
    int64_t cell[2][MOST]; /* read by every worker after a barrier */
    atomic_int wrong;
} shared;

static void visit(void *data, int worker, int workers) {
    shared *s = data;
    s->visits[worker]++;
    if (worker < 0 || worker >= workers || workers != sg_workers_count(s->workers))
        atomic_fetch_add(&s->wrong, 1);
}

/* Each round, every worker writes its cell and then reads all of them: any worker that ran ahead would be
 * seen. */
static void exchange(void *data, int worker, int workers) {
    shared *s = data;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t sum = 0;
        s->cell[round % 2][worker] = (int64_t)round * (worker + 1);
        sg_workers_wait(s->workers);
        for (int i = 0; i < workers; i++) sum += s->cell[round % 2][i];
        if (sum != (int64_t)round * workers * (workers + 1) / 2) atomic_fetch_add(&s->wrong, 1);
    }
}

START_TEST(runs) {
    sg_error error = {0};
    shared s = {0};
    int count = counts[_i];
    assert_ok(sg_workers_create(&s.workers, count, &error));
    ck_assert_int_eq(sg_workers_count(s.workers), count);
    for (int run = 0; run < 500; run++) {
        sg_workers_run(s.workers, visit, &s);
        for (int i = 0; i < count; i++) ck_assert_int_eq(s.visits[i], run + 1);
        if (run % 100 == 0) usleep(1000); /* long enough for the workers to fall asleep */
    }
    ck_assert_int_eq(atomic_load(&s.wrong), 0);
    sg_workers_destroy(s.workers);
}
END_TEST

START_TEST(barriers) {
    sg_error error = {0};
    shared s = {0};
    assert_ok(sg_workers_create(&s.workers, counts[_i], &error));
    for (int run = 0; run < 5; run++) sg_workers_run(s.workers, exchange, &s);
    ck_assert_int_eq(atomic_load(&s.wrong), 0);
    sg_workers_destroy(s.workers);
}
END_TEST

/* Destroyed before, during and long after the threads' first wait. */
static void measure_stack(void *data, int worker, int workers) {
    (void)workers;
    size_t *bytes = data;
    pthread_attr_t attributes;
    if (worker == 0 || pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    pthread_attr_getstacksize(&attributes, &bytes[worker]);
    pthread_attr_destroy(&attributes);
}

/* The limit of the shell (ulimit -s) does not count: an op that runs in one shell runs in every one. */
START_TEST(own_stacks) {
    sg_error error = {0};
    sg_workers *workers;
    size_t bytes[3] = {0};
    assert_ok(sg_workers_create(&workers, 3, &error));
    sg_workers_run(workers, measure_stack, bytes);
    sg_workers_destroy(workers);
    for (int i = 1; i < 3; i++) ck_assert_uint_eq(bytes[i], 1 << 20);
}
END_TEST

START_TEST(short_lives) {
    sg_error error = {0};
    for (int i = 0; i < 50; i++) {
        sg_workers *workers;
        assert_ok(sg_workers_create(&workers, 1 + i % 5, &error));
        if (i % 10 == 9) usleep(500);
        sg_workers_destroy(workers);
    }
    sg_workers_destroy(NULL);
}
END_TEST

START_TEST(counts_of_threads) {
    sg_error error = {0};
    sg_workers *workers;
    ck_assert_int_ge(sg_cpu_count(), 1);
    assert_ok(sg_workers_create(&workers, 0, &error));
    ck_assert_int_eq(sg_workers_count(workers), sg_cpu_count());
    sg_workers_destroy(workers);
    assert_fails(sg_workers_create(&workers, -1, &error), SG_BAD_USAGE,
                 "-1 threads: give a number from 1 to 1024, or 0 for one per cpu");
    ck_assert_ptr_null(workers);
    assert_fails(sg_workers_create(&workers, 1025, &error), SG_BAD_USAGE,
                 "1025 threads: give a number from 1 to 1024, or 0 for one per cpu");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("workers");
    TCase *all = tcase_create("workers");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, runs, 0, sizeof counts / sizeof *counts);
    tcase_add_loop_test(all, barriers, 0, sizeof counts / sizeof *counts);
    tcase_add_test(all, own_stacks);
    tcase_add_test(all, short_lives);
    tcase_add_test(all, counts_of_threads);
    suite_add_tcase(suite, all);
    return unit_run(suite);
}
