/* train/loader.h - threads that load the next batch while the workers compute this one: one, and where
 * samples are read from files, one for two workers.
 *
 * Inputs are double buffered: the loader fills a staging while the program reads its own inputs; taking the
 * batch exchanges the two. Whoever takes a batch that is not complete helps to fill it, with the whole pool
 * where it is large, so loading is never slower than without the loader. What is loaded depends on the batch
 * alone, not on who loads it or when. */
#ifndef SG_TRAIN_LOADER_H
#define SG_TRAIN_LOADER_H

#include "exec/context.h"
#include "train/feed.h"

typedef struct sg_loader sg_loader;

/* `reads`: samples are read from files. Where the system refuses another thread, batches are loaded when they
 * are taken. */
sg_status sg_loader_create(sg_loader **out, sg_context *context, bool reads, sg_error *error);
/* Gives up what is being loaded. */
void sg_loader_destroy(sg_loader *loader);
/* How many threads may fill a staging at once. */
int sg_loader_threads(const sg_loader *loader);

/* Begins to load a batch, unless the staging holds it. One staging is filled at a time: waits for the one
 * before. */
void sg_loader_start(sg_loader *loader, sg_staging *staging, const sg_batch *batch);
/* Puts a batch in the program's inputs, which is quick where it was started in time. Not while the program
 * runs. A failure while loading is reported here, where its batch is wanted. */
sg_status sg_loader_take(sg_loader *loader, sg_staging *staging, sg_program *program, const sg_batch *batch,
                         sg_error *error);

#endif
