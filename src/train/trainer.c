/* Making a trainer: everything that can be wrong is found before the first step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numeric.h"
#include "base/options.h"
#include "base/text.h"
#include "simgraph/clock.h"
#include "simgraph/file.h"
#include "train/picture.h"
#include "train/trainer.h"

bool sg_trainer_stopped(const sg_trainer *trainer) {
    return trainer->options.stop && *trainer->options.stop;
}

void sg_trainer_tell(const sg_trainer *trainer, sg_train_event *event) {
    if (!trainer->options.event) return;
    event->step = trainer->progress.step;
    event->steps = trainer->length.steps;
    event->epoch = (double)event->step / (double)trainer->epoch_steps;
    event->epochs = (double)event->steps / (double)trainer->epoch_steps;
    trainer->options.event(trainer->options.data, event);
}

void sg_trainer_note(const sg_trainer *trainer, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sg_train_event event = {.kind = SG_TRAIN_NOTE, .text = text};
    sg_trainer_tell(trainer, &event);
}

void sg_trainer_tell_span(const sg_trainer *trainer, const char *what, double begin) {
    if (!trainer->options.span) return;
    sg_train_span span = {what, trainer->progress.step, begin, sg_clock()};
    trainer->options.span(trainer->options.data, &span);
}

double sg_trainer_seconds(const sg_trainer *trainer) {
    return sg_clock() - trainer->started;
}

static void plan_length(sg_trainer *trainer) {
    const sg_train_config *config = trainer->config;
    int64_t samples = sg_split_count(trainer->splits[config->train_split]);
    trainer->micro_batches = (samples + config->batch - 1) / config->batch;
    trainer->epoch_steps = (trainer->micro_batches + config->accumulate - 1) / config->accumulate;
    double steps = config->epochs * (double)trainer->epoch_steps;
    trainer->length.steps =
        config->epochs > 0 ? steps > 1e15 ? (int64_t)1e15 : (int64_t)(steps + 0.5) : config->steps;
    if (trainer->length.steps < 1) trainer->length.steps = 1;
    trainer->length.steps_an_epoch = (double)trainer->epoch_steps;
}

/* Some of the samples, evenly spread: in many a split they stand class by class. */
static void choose_held_out(sg_trainer *trainer, int64_t count, int64_t samples) {
    int64_t step = samples / count, rest = samples % count;
    trainer->held_out_count = count;
    for (int64_t i = 0, at = 0, left = 0; i < count; i++) {
        trainer->held_out[i] = at;
        at += step;
        left += rest;
        if (left >= count) at++, left -= count;
    }
}

static sg_status make_lists(sg_trainer *trainer, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t samples = sg_split_count(trainer->splits[config->train_split]), most = samples;
    if (config->evaluates) {
        int64_t held_out = sg_split_count(trainer->splits[config->evaluate_split]);
        if (held_out > most) most = held_out;
    }
    for (int k = 0; k < 2; k++) trainer->order[k] = sg_array_alloc((size_t)samples, sizeof **trainer->order);
    trainer->counting = sg_array_alloc((size_t)most, sizeof *trainer->counting);
    if (config->evaluates) {
        const sg_split *held_out = trainer->splits[config->evaluate_split];
        trainer->held_out = sg_array_alloc((size_t)sg_split_count(held_out), sizeof *trainer->held_out);
        if (!trainer->held_out) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        choose_held_out(trainer, sg_config_evaluated(config, held_out), sg_split_count(held_out));
    }
    trainer->value_names = sg_array_alloc((size_t)config->value_count + 1, sizeof *trainer->value_names);
    trainer->report_names = sg_array_alloc((size_t)config->report_count + 1, sizeof *trainer->report_names);
    trainer->pictures = calloc((size_t)config->picture_count + 1, sizeof *trainer->pictures);
    if (!trainer->order[0] || !trainer->order[1] || !trainer->counting || !trainer->value_names ||
        !trainer->report_names || !trainer->pictures)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t i = 0; i < most; i++) trainer->counting[i] = i;
    for (int i = 0; i < config->value_count; i++) trainer->value_names[i] = config->values[i].name;
    for (int i = 0; i < config->report_count; i++) trainer->report_names[i] = sg_tree_text(config->report[i]);
    return SG_OK;
}

/* All programs share store and arena, and are made before the first step. */
static sg_status make_programs(sg_trainer *trainer, sg_diagnostics *diagnostics, sg_error *error) {
    const sg_train_config *config = trainer->config;
    int64_t batch = config->batch, samples = sg_split_count(trainer->splits[config->train_split]);
    if (batch > samples) {
        sg_trainer_note(
            trainer,
            "the split `%s` has %lld sample%s, fewer than train.batch: %lld: each step takes all of them",
            config->splits[config->train_split].name, (long long)samples, sg_plural(samples),
            (long long)batch);
        batch = samples;
    }
    sg_status status = sg_binding_init_train(&trainer->train[0], trainer, batch, diagnostics, error);
    if (status == SG_OK && samples % batch)
        status = sg_binding_init_train(&trainer->train[1], trainer, samples % batch, diagnostics, error);
    if (status != SG_OK || !config->evaluates) return status;
    samples = trainer->held_out_count;
    if (batch > samples) batch = samples;
    if (config->value_count)
        status = sg_binding_init_evaluate(&trainer->evaluate[0], trainer, batch, diagnostics, error);
    if (status == SG_OK && config->value_count && samples % batch)
        status =
            sg_binding_init_evaluate(&trainer->evaluate[1], trainer, samples % batch, diagnostics, error);
    for (int p = 0; status == SG_OK && p < config->picture_count; p++)
        status =
            sg_binding_init_picture(&trainer->pictures[p], trainer, &config->pictures[p], diagnostics, error);
    return status;
}

static sg_status load_weights(sg_trainer *trainer, sg_error *error) {
    const char *init = trainer->options.init ? trainer->options.init : trainer->config->from;
    if (trainer->options.resume) return sg_trainer_load_checkpoint(trainer, error);
    if (!init) return SG_OK;
    return sg_weights_load(trainer->store, sg_bound_graph(trainer->train[0].bound), init, trainer->config,
                           error);
}

/* Is there a file that holds another text? */
static bool differs(const char *path, const char *text) {
    enum { GRAPH_LIMIT = 1 << 26 };
    char *old = NULL;
    size_t bytes = 0;
    bool other = sg_file_load(path, GRAPH_LIMIT, &old, &bytes, NULL) == SG_OK &&
                 (bytes != strlen(text) || memcmp(old, text, bytes) != 0);
    free(old);
    return other;
}

/* The document, below the settings that made it: what a resume reads (resume.c). */
static sg_status write_document(const sg_trainer *trainer, char **out, sg_error *error) {
    char *document = NULL;
    sg_text text = {0};
    sg_status status = sg_document_text(trainer->config->document, &document, error);
    for (int i = 0; i < trainer->options.set_count; i++) {
        sg_text_append(&text, SG_SETTING_PREFIX);
        for (const char *c = trainer->options.set[i]; *c; c++)
            sg_text_append_char(&text, *c == '\n' ? ' ' : *c);
        sg_text_append_char(&text, '\n');
    }
    if (status == SG_OK) sg_text_append(&text, document);
    free(document);
    *out = sg_text_take(&text);
    return status == SG_OK && !*out ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory") : status;
}

/* What is written before the first step, so that a directory that cannot be written is found now. */
static sg_status open_directory(sg_trainer *trainer, sg_error *error) {
    sg_status status = sg_trainer_make_directory(trainer, error);
    if (status != SG_OK || !trainer->directory) return status;
    if (trainer->resumed) sg_trainer_clear_leftovers(trainer);
    char *graph = sg_trainer_path(trainer, "graph.yaml"),
         *metrics = sg_trainer_path(trainer, "metrics.jsonl"),
         *table = sg_trainer_path(trainer, "metrics.csv");
    char *text = NULL;
    const sg_record names = {
        .value_count = trainer->config->value_count,
        .names = trainer->value_names,
        .report_count = trainer->config->report_count,
        .report_names = trainer->report_names,
    };
    if (!graph || !metrics || !table) status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) status = write_document(trainer, &text, error);
    if (status == SG_OK && trainer->resumed && !trainer->options.compared && differs(graph, text))
        sg_trainer_note(
            trainer,
            "the graph or its arguments differ from %s, which is written anew: to go on unchanged, "
            "run that file",
            graph);
    if (status == SG_OK) status = sg_file_save(graph, text, strlen(text), error);
    if (status == SG_OK)
        status = sg_metrics_open(&trainer->metrics, metrics, table, trainer->progress.metrics_bytes, &names,
                                 error);
    if (status == SG_OK && trainer->metrics.records.bytes < trainer->progress.metrics_bytes)
        sg_trainer_note(trainer, "%s is shorter than when the checkpoint was saved", metrics);
    if (status == SG_OK) status = sg_run_file_open(&trainer->run_file, trainer, error);
    if (status == SG_OK && trainer->config->board)
        sg_board_open(&trainer->board, trainer->directory, trainer->progress.step);
    free(text);
    free(graph);
    free(metrics);
    free(table);
    return status;
}

static sg_status prepare(sg_trainer *trainer, sg_diagnostics *diagnostics, sg_error *error) {
    sg_status status = sg_config_check(trainer->config, false, diagnostics);
    if (status == SG_OK) status = sg_trainer_find_directory(trainer, error);
    if (status == SG_OK) status = sg_trainer_open_data(trainer, error);
    if (status != SG_OK) return status;
    if (trainer->config->evaluates &&
        !sg_config_check_evaluated(trainer->config, trainer->splits[trainer->config->evaluate_split],
                                   diagnostics))
        return SG_BAD_GRAPH;
    plan_length(trainer);
    status = make_lists(trainer, error);
    if (status == SG_OK) status = sg_store_create(&trainer->store, error);
    if (status == SG_OK) status = sg_arena_create(&trainer->arena, error);
    if (status == SG_OK)
        status = sg_loader_create(&trainer->loader, trainer->context, sg_trainer_reads(trainer), error);
    if (status == SG_OK) status = make_programs(trainer, diagnostics, error);
    if (status == SG_OK) status = load_weights(trainer, error);
    if (status == SG_OK) status = open_directory(trainer, error);
    return status;
}

sg_status sg_trainer_create(sg_trainer **out, sg_context *context, const sg_train_config *config,
                            const sg_trainer_options *options, sg_diagnostics *diagnostics, sg_error *error) {
    *out = NULL;
    if (!config->trains) {
        sg_mark nowhere = {.file = sg_document_file(config->document)};
        sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, nowhere, 1, NULL,
                           "the file has no section `train`");
        return sg_fail(error, SG_BAD_GRAPH, "the graph file has errors");
    }
    sg_trainer_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    if (wanted.resume && (wanted.init || wanted.no_save))
        return sg_fail(error, SG_BAD_USAGE,
                       "a resume takes its weights from its checkpoint: leave out --init");
    sg_trainer *trainer = calloc(1, sizeof *trainer);
    if (!trainer) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    trainer->config = config;
    trainer->context = context;
    trainer->options = wanted;
    trainer->order_epoch[0] = trainer->order_epoch[1] = -1;
    trainer->epoch_steps = 1;
    trainer->progress.evaluated_step = -1;
    trainer->resumed = wanted.resume;
    sg_metrics_init(&trainer->metrics);
    sg_board_init(&trainer->board);
    sg_error problem = {0};
    sg_status status = prepare(trainer, diagnostics, &problem);
    if (status == SG_OK)
        *out = trainer;
    else {
        sg_trainer_destroy(trainer);
        status = problem.status == SG_OK ? sg_config_status(status, diagnostics) : status;
        if (status == SG_OUT_OF_MEMORY && problem.status == SG_OK) sg_fail(&problem, status, "out of memory");
        if (problem.status == SG_OK) sg_fail(&problem, status, "the graph file has errors");
        if (error) *error = problem;
    }
    return status;
}

void sg_trainer_destroy(sg_trainer *trainer) {
    if (!trainer) return;
    sg_loader_destroy(trainer->loader); /* before what it fills */
    for (int k = 0; k < 2; k++) {
        sg_binding_finish(&trainer->train[k]);
        sg_binding_finish(&trainer->evaluate[k]);
    }
    for (int p = 0; trainer->pictures && p < trainer->config->picture_count; p++)
        sg_binding_finish(&trainer->pictures[p]);
    for (int s = 0; trainer->splits && s < trainer->config->split_count; s++)
        sg_split_destroy(trainer->splits[s]);
    sg_metrics_finish(&trainer->metrics);
    sg_run_file_finish(&trainer->run_file);
    sg_board_finish(&trainer->board);
    sg_arena_destroy(trainer->arena);
    sg_store_destroy(trainer->store);
    free(trainer->splits);
    free(trainer->pictures);
    for (int k = 0; k < 2; k++) free(trainer->order[k]);
    free(trainer->counting);
    free(trainer->held_out);
    free(trainer->value_names);
    free(trainer->report_names);
    free(trainer->directory);
    free(trainer);
}

const char *sg_trainer_directory(const sg_trainer *trainer) {
    return trainer->directory;
}

sg_store *sg_trainer_store(const sg_trainer *trainer) {
    return trainer->store;
}

sg_program *sg_trainer_program(const sg_trainer *trainer) {
    return trainer->train[0].program;
}

void sg_memory_add_program(sg_memory *all, const sg_memory *needs, size_t feeds) {
    if (needs->arena > all->arena) all->arena = needs->arena;
    if (needs->tiles > all->tiles) all->tiles = needs->tiles;
    all->feeds += feeds;
}

static void add_needs(sg_memory *all, const sg_binding *binding) {
    if (!binding->program) return;
    sg_memory needs = sg_program_memory(binding->program);
    sg_memory_add_program(all, &needs, needs.feeds + binding->staging->bytes);
}

sg_memory sg_trainer_memory(const sg_trainer *trainer) {
    sg_memory all = {.store = sg_store_bytes(trainer->store)};
    for (int k = 0; k < 2; k++) {
        add_needs(&all, &trainer->train[k]);
        add_needs(&all, &trainer->evaluate[k]);
    }
    for (int p = 0; p < trainer->config->picture_count; p++) add_needs(&all, &trainer->pictures[p]);
    return all;
}
