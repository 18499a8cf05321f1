#include "base/workers.h"

#include "base/memory.h"
#include "simgraph/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LINE = 64,
    MOST_WORKERS = 1024,
    SPIN_NANOSECONDS = 20000, /* about half of what sleeping and being woken costs */
    SHORT_NANOSECONDS = 1000, /* with more threads than CPUs, spinning keeps the others from running */
    PAUSES_PER_LOOK = 32,     /* between two looks at the clock */
    STACK_BYTES = 1 << 20,
};

/* ---- waiting for a word to change ---- */

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A counter that threads wait for. `sleepers` saves the system call when nobody sleeps. */
typedef struct signal_word {
    alignas(LINE) atomic_uint value;
    atomic_uint sleepers;
} signal_word;

/* Returns when the word is no longer `seen`. What was written before the change is visible then. */
static void await_change(signal_word *word, unsigned seen, int64_t spin) {
    if (atomic_load_explicit(&word->value, memory_order_acquire) != seen) return;
    for (uint64_t end = sg_clock_nanoseconds() + (uint64_t)spin; sg_clock_nanoseconds() < end;)
        for (int i = 0; i < PAUSES_PER_LOOK; i++) {
            if (atomic_load_explicit(&word->value, memory_order_acquire) != seen) return;
            pause_cpu();
        }
    atomic_fetch_add(&word->sleepers, 1);
    /* The kernel compares once more: a change after `sleepers` was raised is not missed. */
    while (atomic_load(&word->value) == seen)
        syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&word->sleepers, 1);
}

static void change(signal_word *word) {
    atomic_fetch_add(&word->value, 1);
    if (atomic_load(&word->sleepers) > 0)
        syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* ---- barrier ---- */

struct sg_barrier {
    signal_word round;
    alignas(LINE) atomic_int missing;
    int count;
    int64_t spin;
};

static int64_t spin_for(int threads) {
    return threads > sg_cpu_count() ? SHORT_NANOSECONDS : SPIN_NANOSECONDS;
}

sg_barrier *sg_barrier_create(int count) {
    sg_barrier *barrier = sg_aligned_alloc(sizeof *barrier);
    if (!barrier) return NULL;
    atomic_init(&barrier->round.value, 0);
    atomic_init(&barrier->round.sleepers, 0);
    atomic_init(&barrier->missing, count);
    barrier->count = count;
    barrier->spin = spin_for(count);
    return barrier;
}

void sg_barrier_destroy(sg_barrier *barrier) {
    sg_aligned_free(barrier);
}

void sg_barrier_wait(sg_barrier *barrier) {
    unsigned round = atomic_load_explicit(&barrier->round.value, memory_order_relaxed);
    if (atomic_fetch_sub_explicit(&barrier->missing, 1, memory_order_acq_rel) > 1) {
        await_change(&barrier->round, round, barrier->spin);
        return;
    }
    /* The last one sets up the next round before it lets the others go. */
    atomic_store_explicit(&barrier->missing, barrier->count, memory_order_relaxed);
    change(&barrier->round);
}

/* ---- threads ---- */

int sg_thread_start(pthread_t *thread, void *(*function)(void *), void *data) {
    pthread_attr_t attributes;
    sigset_t all, before;
    int failure = pthread_attr_init(&attributes);
    if (failure) return failure;
    sigfillset(&all);
    failure = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (!failure) failure = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!failure) {
        failure = pthread_create(thread, &attributes, function, data);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attributes);
    return failure;
}

/* ---- pool ---- */

typedef struct worker {
    sg_workers *pool;
    pthread_t thread;
    int index;
} worker;

struct sg_workers {
    signal_word runs; /* counts the runs that were started */
    sg_worker_function function;
    void *data;
    bool stop; /* set before the last change of `runs` */
    int count, started;
    int64_t spin;
    sg_barrier *done, *inner;
    worker *worker; /* count of them; the caller's has no thread */
};

static void *work(void *argument) {
    const worker *self = argument;
    sg_workers *pool = self->pool;
    for (unsigned seen = 0;; seen++) {
        await_change(&pool->runs, seen, pool->spin);
        if (pool->stop) return NULL;
        pool->function(pool->data, self->index, pool->count);
        sg_barrier_wait(pool->done);
    }
}

static int start_threads(sg_workers *pool) {
    int failure = 0;
    for (int i = 1; i < pool->count && !failure; i++) {
        pool->worker[i] = (worker){.pool = pool, .index = i};
        failure = sg_thread_start(&pool->worker[i].thread, work, &pool->worker[i]);
        if (!failure) pool->started++;
    }
    return failure;
}

sg_status sg_workers_create(sg_workers **out, int threads, sg_error *error) {
    *out = NULL;
    if (threads < 0 || threads > MOST_WORKERS)
        return sg_fail(error, SG_BAD_USAGE, "%d threads: give a number from 1 to %d, or 0 for one per cpu",
                       threads, MOST_WORKERS);
    sg_workers *pool = sg_aligned_alloc(sizeof *pool);
    if (!pool) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for the worker pool");
    memset(pool, 0, sizeof *pool);
    pool->count = threads ? threads : sg_cpu_count();
    if (pool->count > MOST_WORKERS) pool->count = MOST_WORKERS;
    pool->spin = spin_for(pool->count);
    pool->done = sg_barrier_create(pool->count);
    pool->inner = sg_barrier_create(pool->count);
    pool->worker = sg_array_alloc((size_t)pool->count, sizeof *pool->worker);
    if (!pool->done || !pool->inner || !pool->worker) {
        sg_workers_destroy(pool);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for the worker pool");
    }
    int failure = start_threads(pool);
    if (failure) {
        int wanted = pool->count, started = pool->started + 1;
        sg_workers_destroy(pool);
        return sg_fail(error, SG_FAILURE, "cannot start %d threads (%s): at most %d run here; ask for fewer",
                       wanted, strerror(failure), started);
    }
    *out = pool;
    return SG_OK;
}

void sg_workers_destroy(sg_workers *workers) {
    if (!workers) return;
    workers->stop = true;
    change(&workers->runs);
    for (int i = 1; i <= workers->started; i++) pthread_join(workers->worker[i].thread, NULL);
    sg_barrier_destroy(workers->done);
    sg_barrier_destroy(workers->inner);
    free(workers->worker);
    sg_aligned_free(workers);
}

int sg_workers_count(const sg_workers *workers) {
    return workers->count;
}

void sg_workers_run(sg_workers *workers, sg_worker_function function, void *data) {
    if (workers->count > 1) {
        workers->function = function;
        workers->data = data;
        change(&workers->runs);
    }
    function(data, 0, workers->count);
    if (workers->count > 1) sg_barrier_wait(workers->done);
}

void sg_workers_wait(sg_workers *workers) {
    if (workers->count > 1) sg_barrier_wait(workers->inner);
}

int sg_cpu_count(void) {
    /* A set of fixed size is refused on machines with more CPUs than it has bits. */
    for (int bits = CPU_SETSIZE; bits <= 1 << 20; bits *= 2) {
        size_t size = CPU_ALLOC_SIZE(bits);
        cpu_set_t *set = CPU_ALLOC(bits);
        if (!set) return 1;
        int failed = sched_getaffinity(0, size, set), count = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (count > 0) return count;
        if (errno != EINVAL) return 1;
    }
    return 1;
}
