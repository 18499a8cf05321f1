#include "train/loader.h"

#include <stdlib.h>

#include "base/workers.h"

enum { MOST_THREADS = 8 };

typedef struct hand {
    sg_loader *loader;
    pthread_t thread;
    int index;
} hand;

struct sg_loader {
    sg_context *context;
    hand hand[MOST_THREADS];
    int threads;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    sg_staging *job; /* under lock, as what follows: what the threads fill */
    int busy;        /* threads that have not left it yet */
    uint64_t turn;   /* counts jobs */
    bool stop;
};

static void *load(void *data) {
    const hand *me = data;
    sg_loader *loader = me->loader;
    uint64_t seen = 0;
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        while (loader->turn == seen && !loader->stop) pthread_cond_wait(&loader->work, &loader->lock);
        if (loader->stop) break;
        seen = loader->turn;
        sg_staging *job = loader->job;
        pthread_mutex_unlock(&loader->lock);
        sg_staging_fill(job, me->index);
        pthread_mutex_lock(&loader->lock);
        if (--loader->busy > 0) continue;
        loader->job = NULL;
        pthread_cond_signal(&loader->idle);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

sg_status sg_loader_create(sg_loader **out, sg_context *context, bool reads, sg_error *error) {
    *out = NULL;
    sg_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    loader->context = context;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->idle, NULL);
    int wanted = reads ? sg_context_threads(context) / 2 : 1;
    if (wanted < 1) wanted = 1;
    for (; loader->threads < wanted && loader->threads < MOST_THREADS; loader->threads++) {
        hand *h = &loader->hand[loader->threads];
        *h = (hand){.loader = loader, .index = loader->threads};
        if (sg_thread_start(&h->thread, load, h) != 0) break;
    }
    *out = loader;
    return SG_OK;
}

void sg_loader_destroy(sg_loader *loader) {
    if (!loader) return;
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    if (loader->job) atomic_store(&loader->job->next, loader->job->chunks);
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; i < loader->threads; i++) pthread_join(loader->hand[i].thread, NULL);
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->idle);
    pthread_mutex_destroy(&loader->lock);
    free(loader);
}

int sg_loader_threads(const sg_loader *loader) {
    return loader->threads + sg_context_threads(loader->context);
}

static void wait_idle(sg_loader *loader) {
    pthread_mutex_lock(&loader->lock);
    while (loader->job) pthread_cond_wait(&loader->idle, &loader->lock);
    pthread_mutex_unlock(&loader->lock);
}

static bool holds(const sg_staging *staging, const sg_batch *batch) {
    return staging->batch.ids == batch->ids && staging->batch.epoch == batch->epoch &&
           staging->batch.seed == batch->seed;
}

void sg_loader_start(sg_loader *loader, sg_staging *staging, const sg_batch *batch) {
    if (holds(staging, batch)) return;
    wait_idle(loader);
    sg_staging_begin(staging, batch);
    if (!loader->threads) return;
    pthread_mutex_lock(&loader->lock);
    loader->job = staging;
    loader->busy = loader->threads;
    loader->turn++;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

/* Whoever takes a batch fills what is left of it, in the places behind those of the loader's threads. */
typedef struct helpers {
    sg_staging *staging;
    int first;
} helpers;

static void help(void *data, int worker, int workers) {
    const helpers *h = data;
    (void)workers;
    sg_staging_fill(h->staging, h->first + worker);
}

sg_status sg_loader_take(sg_loader *loader, sg_staging *staging, sg_program *program, const sg_batch *batch,
                         sg_error *error) {
    helpers all = {staging, loader->threads};
    sg_loader_start(loader, staging, batch);
    if (staging->large && !sg_staging_all_taken(staging))
        sg_workers_run(loader->context->workers, help, &all);
    else
        help(&all, 0, 1);
    wait_idle(loader);
    return sg_staging_finish(staging, program, error);
}
