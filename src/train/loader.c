#include "train/loader.h"

#include <stdlib.h>

#include "base/workers.h"

struct sg_loader {
    sg_context *context;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    sg_staging *job; /* under lock: what the thread fills */
    bool stop;       /* under lock */
};

static void *load(void *data) {
    sg_loader *loader = data;
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        while (!loader->job && !loader->stop) pthread_cond_wait(&loader->work, &loader->lock);
        if (loader->stop) break;
        sg_staging *job = loader->job;
        pthread_mutex_unlock(&loader->lock);
        sg_staging_fill(job, 0);
        pthread_mutex_lock(&loader->lock);
        loader->job = NULL;
        pthread_cond_signal(&loader->idle);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

sg_status sg_loader_create(sg_loader **out, sg_context *context, sg_error *error) {
    *out = NULL;
    sg_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    loader->context = context;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->idle, NULL);
    loader->threaded = sg_thread_start(&loader->thread, load, loader) == 0;
    *out = loader;
    return SG_OK;
}

void sg_loader_destroy(sg_loader *loader) {
    if (!loader) return;
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    if (loader->job) atomic_store(&loader->job->next, loader->job->chunks);
    pthread_cond_signal(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    if (loader->threaded) pthread_join(loader->thread, NULL);
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->idle);
    pthread_mutex_destroy(&loader->lock);
    free(loader);
}

int sg_loader_threads(const sg_loader *loader) {
    return 1 + sg_context_threads(loader->context);
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
    if (!loader->threaded) return;
    pthread_mutex_lock(&loader->lock);
    loader->job = staging;
    pthread_cond_signal(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

static void help(void *staging, int worker, int workers) {
    (void)workers;
    sg_staging_fill(staging, 1 + worker);
}

sg_status sg_loader_take(sg_loader *loader, sg_staging *staging, sg_program *program, const sg_batch *batch,
                         sg_error *error) {
    sg_loader_start(loader, staging, batch);
    if (staging->large && !sg_staging_all_taken(staging))
        sg_workers_run(loader->context->workers, help, staging);
    else
        sg_staging_fill(staging, 1);
    wait_idle(loader);
    return sg_staging_finish(staging, program, error);
}
