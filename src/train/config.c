/* Reading the run sections of a document. */
#include "train/trainer.h"
#include "base/numeric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t sg_span_steps(const sg_span *span, const sg_train_length *length) {
    double steps = span->epochs ? span->number * length->steps_an_epoch : span->number;
    if (!(steps > 0)) return 0;
    if (steps > 1e15) return (int64_t)1e15;
    return steps < 1 ? 1 : (int64_t)floor(steps + 0.5);
}

void sg_config_no_memory(sg_diagnostics *diagnostics) {
    sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "out of memory");
}

bool sg_config_has_bad(const sg_tree *tree) {
    for (size_t i = 0; i < sg_tree_count(tree); i++)
        if (sg_config_has_bad(sg_tree_at(tree, i))) return true;
    return sg_tree_kind_of(tree) == SG_TREE_BAD;
}

const sg_call *sg_config_call(const sg_tree *tree, sg_kind kind, const char *extra,
                              sg_diagnostics *diagnostics) {
    size_t errors = sg_diagnostics_errors(diagnostics);
    const sg_call *call = sg_tree_call(tree, kind, extra, diagnostics);
    if (!call && sg_diagnostics_errors(diagnostics) == errors && !sg_config_has_bad(tree))
        sg_config_no_memory(diagnostics);
    return call;
}

sg_status sg_config_status(sg_status status, const sg_diagnostics *diagnostics) {
    if (status != SG_BAD_GRAPH) return status;
    for (size_t i = 0; i < sg_diagnostics_count(diagnostics); i++)
        if (strcmp(sg_diagnostics_at(diagnostics, i)->message, "out of memory") == 0) return SG_OUT_OF_MEMORY;
    /* Without memory for the message itself there is none. */
    return sg_diagnostics_errors(diagnostics) ? status : SG_OUT_OF_MEMORY;
}

const sg_tree **sg_config_read_texts(sg_train_config *config, const sg_tree *map, const char *key,
                                     bool required, int *count, sg_diagnostics *diagnostics) {
    *count = 0;
    const sg_tree *tree = sg_tree_find(map, key);
    if (!tree) {
        if (required) sg_config_complain(diagnostics, map, NULL, "`%s` is missing", key);
        return NULL;
    }
    bool list = sg_tree_kind_of(tree) == SG_TREE_LIST;
    size_t entries = list ? sg_tree_count(tree) : 1;
    const sg_tree **texts = sg_bump_array(config->memory, entries + 1, sizeof *texts);
    if (!texts) {
        sg_config_no_memory(diagnostics);
        return NULL;
    }
    for (size_t i = 0; i < entries; i++) {
        const sg_tree *entry = list ? sg_tree_at(tree, i) : tree;
        if (sg_tree_kind_of(entry) == SG_TREE_TEXT)
            texts[(*count)++] = entry;
        else
            sg_config_complain(diagnostics, entry, NULL, "`%s` takes a name or a list of names", key);
    }
    return texts;
}

void sg_config_read_span(const sg_tree *map, const char *key, sg_span *out, sg_diagnostics *diagnostics) {
    const char *unit;
    double number;
    if (!sg_tree_read_span(map, key, false, &number, &unit, diagnostics)) return;
    if (!(number > 0)) {
        sg_config_complain(diagnostics, sg_tree_find(map, key), NULL, "`%s` must be more than 0", key);
        return;
    }
    *out = (sg_span){.number = number, .epochs = strcmp(unit, "epochs") == 0};
}

int sg_config_split_index(const sg_train_config *config, const char *name) {
    for (int i = 0; i < config->split_count; i++)
        if (strcmp(config->splits[i].name, name) == 0) return i;
    return -1;
}

sg_status sg_config_find_split(const sg_train_config *config, const char *name, int *index, sg_error *error) {
    *index = config->trains && config->train_split >= 0 ? config->train_split : 0;
    if (config->split_count == 0)
        return sg_fail(error, SG_BAD_GRAPH, "there is no section `data`, so there is nothing to read");
    if (!name) return SG_OK;
    *index = sg_config_split_index(config, name);
    if (*index >= 0) return SG_OK;
    sg_text known = {0};
    for (int i = 0; i < config->split_count; i++)
        sg_text_printf(&known, "%s%s", i ? ", " : "", config->splits[i].name);
    sg_fail(error, SG_BAD_USAGE, "the section `data` has no split `%s`: it has %s", name,
            sg_text_get(&known));
    sg_text_finish(&known);
    return SG_BAD_USAGE;
}

static const char *split_name_at(const void *data, size_t i) {
    const sg_train_config *config = data;
    return i < (size_t)config->split_count ? config->splits[i].name : NULL;
}

int sg_config_read_split(const sg_train_config *config, const sg_tree *map, const char *what,
                         const char *usual, sg_diagnostics *diagnostics) {
    const char *name = NULL;
    const sg_tree *data = sg_document_section(config->document, "data");
    if (sg_config_data_is_source(data)) return -1; /* told there */
    if (!sg_tree_find(map, "data") && (sg_tree_find(data, usual) || sg_config_names_part(data, usual)))
        name = usual;
    else if (!sg_tree_read_text(map, "data", true, &name, diagnostics))
        return -1;
    int index = sg_config_split_index(config, name);
    if (index >= 0) return index;
    /* Errors within `data` may have taken it away. */
    if (sg_tree_find(data, name) || sg_config_names_part(data, name)) return -1;
    const char *near = sg_nearest_name(name, split_name_at, config);
    char hint[SG_MESSAGE_MAX];
    if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
    sg_config_complain(diagnostics, sg_tree_find(map, "data"), near ? hint : NULL,
                       "%s names the split `%s`, which the section `data` does not have", what, name);
    return -1;
}

/* true, false, or what: a word or a list of words. */
static void read_board(sg_train_config *config, const sg_tree *save, sg_diagnostics *diagnostics) {
    static const char *const words[] = {"scalars", "images", "histograms"};
    const sg_tree *tree = sg_tree_find(save, "tensorboard");
    if (!tree) return;
    if (sg_tree_kind_of(tree) == SG_TREE_BOOL) {
        if (!sg_tree_bool(tree)) config->board = 0;
        return;
    }
    int count;
    const sg_tree **given = sg_config_read_texts(config, save, "tensorboard", false, &count, diagnostics);
    config->board = 0;
    for (int i = 0; given && i < count; i++) {
        int flag = 0;
        for (int k = 0; k < 3; k++)
            if (strcmp(sg_tree_text(given[i]), words[k]) == 0) flag = 1 << k;
        if (!flag)
            sg_config_complain(diagnostics, given[i], NULL,
                               "`tensorboard` is told `%s`, but must be some of: scalars images histograms",
                               sg_tree_text(given[i]));
        config->board |= flag;
    }
}

void sg_config_read_save(sg_train_config *config, const sg_tree *save, sg_diagnostics *diagnostics) {
    if (!save) return;
    sg_tree_check_keys(save, "`save`", "every keep graph tensorboard", diagnostics);
    if (sg_tree_kind_of(save) != SG_TREE_MAP) return;
    sg_config_read_span(save, "every", &config->save_every, diagnostics);
    sg_tree_read_int(save, "keep", false, 0, 1000000, &config->keep, diagnostics);
    sg_tree_read_bool(save, "graph", false, &config->draws_graph, diagnostics);
    read_board(config, save, diagnostics);
}

/* Patterns, and their texts. */
static void read_patterns(sg_train_config *config, const sg_tree *init, const char *key,
                          const sg_tree ***trees, const char ***texts, int *count,
                          sg_diagnostics *diagnostics) {
    *trees = sg_config_read_texts(config, init, key, false, count, diagnostics);
    *texts = sg_bump_array(config->memory, (size_t)*count + 1, sizeof **texts);
    if (!*texts) {
        *count = 0;
        sg_config_no_memory(diagnostics);
    }
    for (int i = 0; i < *count; i++) (*texts)[i] = sg_tree_text((*trees)[i]);
}

void sg_config_read_init(sg_train_config *config, const sg_tree *init, sg_diagnostics *diagnostics) {
    if (!init) return;
    sg_tree_check_keys(init, "`init`", "from names take fresh ignore", diagnostics);
    if (sg_tree_kind_of(init) != SG_TREE_MAP) return;
    config->init = init;
    sg_tree_read_text(init, "from", false, &config->from, diagnostics);
    read_patterns(config, init, "fresh", &config->fresh, &config->fresh_patterns, &config->fresh_count,
                  diagnostics);
    read_patterns(config, init, "ignore", &config->ignore, &config->ignore_patterns, &config->ignore_count,
                  diagnostics);
    const sg_tree *take = sg_tree_find(init, "take"), *names = sg_tree_find(init, "names");
    const char *which;
    if (names && !sg_tree_read_text(init, "names", false, &which, diagnostics)) return;
    if (take && sg_tree_kind_of(take) != SG_TREE_MAP)
        sg_config_complain(diagnostics, take, NULL,
                           "`take` maps our names to theirs, as in {encoder: codes}");
    else if (take || names)
        config->failed = sg_names_load_section(&config->names, names, take, diagnostics) != SG_OK;
}

sg_status sg_train_config_create(sg_train_config **out, const sg_document *document,
                                 sg_diagnostics *diagnostics) {
    *out = NULL;
    size_t before = sg_diagnostics_errors(diagnostics);
    sg_train_config *config = calloc(1, sizeof *config);
    if (config) config->memory = sg_bump_create();
    if (!config || !config->memory) {
        free(config);
        sg_config_no_memory(diagnostics);
        return SG_OUT_OF_MEMORY;
    }
    config->document = document;
    config->batch = config->accumulate = config->lanes = 1;
    config->float_type = sg_train_float_type(document);
    config->shuffle = config->rewrite = true;
    config->train_split = config->evaluate_split = config->best = -1;
    config->evaluate_every.number = config->save_every.number = -1;
    config->board = SG_BOARD_SCALARS | SG_BOARD_IMAGES;
    config->draws_graph = true;
    sg_config_read_data(config, sg_document_section(document, "data"), diagnostics);
    sg_config_read_train(config, sg_document_section(document, "train"), diagnostics);
    sg_config_read_evaluate(config, sg_document_section(document, "evaluate"), diagnostics);
    sg_config_read_save(config, sg_document_section(document, "save"), diagnostics);
    sg_config_read_init(config, sg_document_section(document, "init"), diagnostics);
    config->complete =
        sg_diagnostics_errors(diagnostics) == before && !config->failed &&
        (!config->trains || (config->train_split >= 0 && config->optimizer && config->minimize)) &&
        (!config->evaluates || config->evaluate_split >= 0);
    static const char *const sections[] = {"data", "train", "evaluate", "save", "init"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (sg_config_has_bad(sg_document_section(document, sections[i]))) config->complete = false;
    if (!config->complete) {
        sg_config_check(config, false, diagnostics); /* one mistake hides no other */
        sg_train_config_destroy(config);
        return sg_config_status(SG_BAD_GRAPH, diagnostics);
    }
    *out = config;
    return SG_OK;
}

void sg_train_config_destroy(sg_train_config *config) {
    if (!config) return;
    sg_names_destroy(config->names);
    sg_bump_destroy(config->memory);
    free(config);
}

bool sg_train_config_trains(const sg_train_config *config) {
    return config->trains;
}

int64_t sg_train_config_batch(const sg_train_config *config) {
    return config->batch;
}

int64_t sg_train_config_accumulate(const sg_train_config *config) {
    return config->trains ? config->accumulate : 1;
}

void sg_train_config_set_batch(sg_train_config *config, int64_t batch) {
    config->batch = batch;
}

const char *sg_train_config_init(const sg_train_config *config) {
    return config->from;
}

bool sg_train_config_draws_graph(const sg_train_config *config) {
    return config->draws_graph;
}

sg_type sg_train_config_precision(const sg_train_config *config) {
    return config->bf16 ? SG_BF16 : config->float_type;
}

sg_type sg_train_float_type(const sg_document *document) {
    const sg_tree *train = sg_document_section(document, "train");
    const sg_tree *precision = train ? sg_tree_find(train, "precision") : NULL;
    bool doubled = precision && sg_tree_kind_of(precision) == SG_TREE_TEXT &&
                   strcmp(sg_tree_text(precision), "f64") == 0;
    return doubled ? SG_F64 : SG_F32;
}
