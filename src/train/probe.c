/* Reading all samples of the section `data` before a run does. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/workers.h"
#include "data/reader.h"
#include "exec/context.h"
#include "simgraph/clock.h"
#include "train/trainer.h"

enum { BLOCK = 1024 };

static bool is_stopped(const sg_probe_options *options) {
    return options->stop && *options->stop;
}

/* A stretch of samples, looked at by all workers. */
typedef struct block {
    const sg_split *split;
    int64_t first, count;
    _Atomic int64_t next;
    char *problem[BLOCK]; /* NULL: the sample is good */
    _Atomic int failed;   /* the status of what is no sample's fault */
} block;

static void look(void *data, int worker, int workers) {
    block *b = data;
    (void)worker;
    (void)workers;
    for (int64_t i; (i = atomic_fetch_add(&b->next, 1)) < b->count;) {
        sg_error error = {0};
        sg_status status = sg_split_probe(b->split, b->first + i, &error);
        b->problem[i] = status == SG_OK ? NULL : strdup(error.message);
        bool at_fault = status == SG_BAD_DATA || status == SG_IO_ERROR;
        if (status != SG_OK && (!at_fault || !b->problem[i]))
            atomic_store(&b->failed, (int)(at_fault ? SG_OUT_OF_MEMORY : status));
    }
}

/* Tells of the problems in the order of the samples. */
static sg_status tell(block *b, const sg_probe_options *options, sg_probe *out, sg_error *error) {
    sg_status failed = (sg_status)atomic_load(&b->failed);
    for (int64_t i = 0; i < b->count; i++) {
        char *problem = b->problem[i];
        if (problem && failed == SG_OK) {
            out->bad++;
            if (options->problem) options->problem(options->data, problem);
        } else if (problem && error->status == SG_OK)
            sg_fail(error, failed, "%s", problem);
        free(problem);
    }
    if (failed != SG_OK && error->status == SG_OK) sg_fail(error, failed, "out of memory");
    return failed;
}

static sg_status probe(const sg_split *split, sg_context *context, const sg_probe_options *options,
                       sg_probe *out, sg_error *error) {
    block *b = calloc(1, sizeof *b);
    if (!b) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = SG_OK;
    b->split = split;
    for (b->first = 0; status == SG_OK && b->first < out->samples; b->first += b->count) {
        if (is_stopped(options)) break;
        int64_t left = out->samples - b->first;
        b->count = left < BLOCK ? left : BLOCK;
        atomic_store(&b->next, 0);
        sg_workers_run(context->workers, look, b);
        status = tell(b, options, out, error);
    }
    free(b);
    return status;
}

/* Whether each part of the source has a sample. */
static sg_status check_parts(const sg_train_config *config, int first, const sg_split *opened,
                             sg_error *error) {
    for (int s = first; s < config->split_count; s++) {
        if (config->splits[s].source != config->splits[first].source) continue;
        sg_split_options part = sg_config_split_options(config, s, NULL);
        sg_split *split = NULL;
        part.field_count = 0;
        part.same = opened;
        if (sg_split_create(&split, &part, error) != SG_OK)
            return sg_fail_prefix(error, "data split `%s`", config->splits[s].name);
        sg_split_destroy(split);
    }
    return SG_OK;
}

/* All samples of the source, without fields, since a mean over them needs them all to be good. */
static sg_status probe_source(const sg_train_config *config, int index, sg_context *context,
                              const sg_probe_options *options, sg_error *error) {
    const sg_split_config *split = &config->splits[index];
    sg_split_options whole = {.size = sizeof whole, .name = split->name, .source = split->source};
    sg_split *opened = NULL;
    sg_status status = sg_split_create(&opened, &whole, error);
    if (status == SG_OK) {
        sg_probe found = {.split = split->name,
                          .samples = sg_split_count(opened),
                          .reads = sg_split_reads(opened),
                          .note = sg_split_table(opened)->note,
                          .max_bad = sg_split_max_bad(opened)};
        double begun = sg_clock();
        if (found.reads) status = probe(opened, context, options, &found, error);
        found.seconds = sg_clock() - begun;
        found.too_many = sg_too_many_bad(found.bad, found.samples, found.max_bad);
        if (status == SG_OK && options->source && !is_stopped(options))
            options->source(options->data, &found);
    }
    if (status != SG_OK)
        sg_fail_prefix(error, "data split `%s`", split->name);
    else
        status = check_parts(config, index, opened, error);
    sg_split_destroy(opened);
    return status;
}

sg_status sg_data_probe(const sg_train_config *config, sg_context *context, const sg_probe_options *options,
                        sg_error *error) {
    sg_error problem = {0};
    if (config->split_count == 0)
        sg_fail(&problem, SG_BAD_GRAPH, "there is no section `data`, so there is nothing to read");
    for (int s = 0; s < config->split_count && problem.status == SG_OK; s++) {
        bool first = true;
        for (int i = 0; i < s; i++) first = first && config->splits[i].source != config->splits[s].source;
        if (first && !is_stopped(options)) probe_source(config, s, context, options, &problem);
    }
    if (error) *error = problem;
    return problem.status;
}
