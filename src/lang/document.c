/* Loading documents: reading, declaring, resolving, evaluating arguments and sections. */
#include "lang/document.h"

#include "base/options.h"
#include "lang/frame.h"
#include "lang/source.h"
#include "lang/yaml.h"

#include <stdlib.h>
#include <string.h>

const char *const sg_section_names[SG_SECTIONS] = {"data", "init", "train", "evaluate", "save"};

const sg_block *sg_document_block(const sg_document *document, const char *name) {
    int64_t index = sg_map_get_int(&document->by_name, name, -1);
    return index < 0 ? NULL : document->block[index];
}

static void complain_taken(sg_work *work, const sg_entry *entry, const sg_block *other) {
    sg_complain(work, entry->key_span, "give the block another name",
                "the block `%s` is already defined at %s:%d", entry->key, other->span.mark.file,
                other->span.mark.line);
}

void sg_document_add_block(sg_work *work, sg_document *document, const sg_entry *entry, const sg_chain *chain,
                           bool library) {
    const sg_chain *outer = work->chain;
    const sg_block *other = sg_document_block(document, entry->key);
    work->chain = chain;
    bool good = false;
    if (!sg_name_valid(entry->key) || sg_word_in(entry->key, "given true false if else and or not"))
        sg_complain(work, entry->key_span, "names are lower-case letters, digits and _",
                    "`%s` cannot name a block", entry->key);
    else if (sg_op_find(entry->key))
        sg_complain(work, entry->key_span, "give the block another name", "`%s` is an op", entry->key);
    else if (other)
        complain_taken(work, entry, other);
    else
        good = true;
    if (good) {
        sg_block *block = SG_TAKE(work, sg_block, 1);
        block->name = entry->key;
        block->span = entry->key_span;
        block->chain = chain;
        block->library = library;
        *(sg_block **)sg_take_more(work, &document->block, &document->block_count, &document->block_room,
                                   sizeof block) = block;
        if (!sg_map_put_int(&document->by_name, entry->key, (int64_t)document->block_count - 1))
            sg_work_escape(work);
        sg_block_text *text =
            sg_take_more(work, &document->text, &document->text_count, &document->text_room, sizeof *text);
        *text = (sg_block_text){entry->key, entry->value, library};
        sg_block_declare(work, block, entry->value);
    }
    work->chain = outer;
}

void sg_document_add_source(sg_work *work, sg_document *document, const char *name, const char *text,
                            size_t length) {
    sg_source_text *source = sg_take_more(work, &document->source, &document->source_count,
                                          &document->source_room, sizeof *source);
    *source = (sg_source_text){name, text, length};
    sg_work_source(work, name, text, length);
}

void sg_document_attach(sg_work *work, const sg_document *document) {
    for (size_t i = 0; i < document->source_count; i++)
        sg_work_source(work, document->source[i].name, document->source[i].text, document->source[i].length);
}

/* ---- sections ---- */

void sg_document_finish_tree(sg_work *work, sg_document *document, sg_tree *tree) {
    tree->document = document;
    if (tree->kind == SG_TREE_NUMBER && !tree->text) tree->text = sg_number_text(work, tree->number);
    for (size_t i = 0; i < tree->count; i++) {
        sg_tree *copy = sg_tree_at_span(work, tree->entry[i].value, tree->entry[i].value->span);
        sg_document_finish_tree(work, document, copy);
        tree->entry[i].value = copy;
    }
}

static void evaluate_sections(sg_work *work, sg_document *document, sg_frame *frame) {
    sg_context context = {.frame = frame, .keep_bad = true};
    for (int i = 0; i < SG_SECTIONS; i++) {
        const sg_entry *entry = sg_tree_entry(document->root, sg_section_names[i]);
        if (!entry || entry->value->kind != SG_TREE_MAP) continue;
        const sg_tree *value = sg_evaluate_literal(&context, entry->value);
        if (value->kind == SG_TREE_BAD) continue;
        sg_tree *section = sg_tree_copy(work, value);
        sg_document_finish_tree(work, document, section);
        document->section[i] = section;
    }
}

static void evaluate_arguments(sg_work *work, sg_document *document, sg_frame *frame) {
    const sg_block *file = &document->main;
    document->argument = SG_TAKE(work, sg_argument, file->param_count);
    for (size_t i = 0; i < file->symbol_count; i++) {
        if (file->symbol[i].kind != SG_SYMBOL_PARAM) continue;
        const sg_param *param = &file->param[file->symbol[i].index];
        const sg_tree *value = sg_frame_value(frame, (int)i, param->span);
        sg_argument *a = &document->argument[document->argument_count++];
        sg_describe_param(work, param, a);
        a->set = param->override != NULL;
        a->value = sg_print_text(work, value);
    }
}

/* ---- loading ---- */

typedef struct loading {
    sg_work *work;
    sg_document *document;
    const char *path, *text;
    size_t length;
    const sg_document_options *options;
} loading;

static void load(void *data) {
    loading *l = data;
    sg_document *document = l->document;
    sg_work *work = l->work;
    document->file = sg_take_text(work, l->path, strlen(l->path));
    document->root = sg_document_read(work, document, document->file, l->text, l->length, l->options);
    document->settings = work->settings;
    if (!document->root) return;
    sg_block_declare_file(work, &document->main, document->root);
    for (size_t i = 0; i < document->block_count; i++) sg_resolve_block(work, document, document->block[i]);
    sg_resolve_block(work, document, &document->main);
    sg_resolve_sections(work, document, document->root);
    if (work->status == SG_OK) {
        for (size_t i = 0; i < document->block_count; i++)
            sg_resolve_unused(work, document, document->block[i]);
        /* A variant may leave an argument of the file without a use. */
        if (!document->variant) sg_resolve_unused(work, document, &document->main);
    }
    sg_expander expander = {.work = work, .document = document, .training = true};
    sg_frame *frame = sg_frame_new(&expander, &document->main, "");
    evaluate_arguments(work, document, frame);
    evaluate_sections(work, document, frame);
    if (work->status == SG_OK) sg_describe_blocks(work, document);
}

/* A text that stays: the caller's may go. */
static void load_copy(void *data) {
    loading *l = data;
    if (l->text) l->text = sg_take_text(l->work, l->text, l->length);
    load(l);
}

/* A file that is no graph. */
static void load_plain(void *data) {
    loading *l = data;
    sg_document *document = l->document;
    sg_span nowhere = {{l->path, 0, 0}, 1};
    document->file = sg_take_text(l->work, l->path, strlen(l->path));
    l->text = l->text ? sg_take_text(l->work, l->text, l->length)
                      : sg_source_read(l->work, document->file, nowhere, &l->length);
    if (!l->text) return;
    sg_document_add_source(l->work, document, document->file, l->text, l->length);
    document->root = sg_yaml_read(l->work, &(sg_yaml_source){document->file, l->text, l->length, 1, 1});
    if (document->root) sg_document_finish_tree(l->work, document, document->root);
}

static sg_status load_document(sg_document **out, void (*body)(void *), const char *path, const char *text,
                               size_t length, const sg_document_options *options,
                               sg_diagnostics *diagnostics) {
    *out = NULL;
    sg_document *document = calloc(1, sizeof *document);
    sg_work work = {.memory = sg_bump_create(), .diagnostics = diagnostics};
    if (!document || !work.memory) {
        free(document);
        sg_bump_destroy(work.memory);
        return SG_OUT_OF_MEMORY;
    }
    document->memory = work.memory;
    sg_document_options wanted = {0};
    sg_options_take(&wanted, sizeof wanted, options);
    loading l = {&work, document, path, text, length, &wanted};
    sg_work_run(&work, body, &l);
    bool partial = wanted.partial && document->root && work.status != SG_OUT_OF_MEMORY;
    if ((work.status == SG_OK && document->root) || partial) {
        *out = document;
        return work.status;
    }
    if (body == load_copy && document->root && work.status != SG_OUT_OF_MEMORY) {
        /* What is wrong with the nodes is of interest as well. */
        sg_bound *bound = NULL;
        sg_bind_options bind = {sizeof bind, SG_SYMBOLIC_BATCH, true, SG_F32};
        sg_document_bind(&bound, document, &bind, diagnostics);
        sg_bound_destroy(bound);
    }
    sg_document_destroy(document);
    return work.status == SG_OK ? SG_BAD_GRAPH : work.status;
}

sg_status sg_document_load(sg_document **out, const char *path, const sg_document_options *options,
                           sg_diagnostics *diagnostics) {
    return load_document(out, load_copy, path, NULL, 0, options, diagnostics);
}

sg_status sg_document_load_text(sg_document **out, const char *name, const char *text, size_t length,
                                const sg_document_options *options, sg_diagnostics *diagnostics) {
    return load_document(out, load_copy, name, text, length, options, diagnostics);
}

sg_status sg_document_load_plain(sg_document **out, const char *path, const char *text, size_t length,
                                 sg_diagnostics *diagnostics) {
    return load_document(out, load_plain, path, text, length, NULL, diagnostics);
}

const sg_tree *sg_document_tree(const sg_document *document) {
    return document->root;
}

void sg_document_destroy(sg_document *document) {
    if (!document) return;
    for (size_t i = 0; i < document->block_count; i++) sg_block_finish(document->block[i]);
    sg_block_finish(&document->main);
    sg_map_finish(&document->by_name);
    sg_bump_destroy(document->memory);
    free(document);
}

/* ---- reading ---- */

const char *sg_document_doc(const sg_document *document) {
    const sg_entry *doc = sg_tree_entry(document->root, "doc");
    return doc ? doc->value->text : NULL;
}

const char *sg_document_file(const sg_document *document) {
    return document->file;
}

const sg_tree *sg_document_section(const sg_document *document, const char *name) {
    for (int i = 0; i < SG_SECTIONS; i++)
        if (strcmp(sg_section_names[i], name) == 0) return document->section[i];
    return NULL;
}

static const sg_tree *variants_of(const sg_document *document) {
    const sg_entry *variants = sg_tree_entry(document->root, "variants");
    return variants && variants->value->kind == SG_TREE_MAP ? variants->value : NULL;
}

size_t sg_document_variant_count(const sg_document *document) {
    const sg_tree *variants = variants_of(document);
    return variants ? variants->count : 0;
}

const char *sg_document_variant(const sg_document *document, size_t index, sg_mark *mark) {
    if (index >= sg_document_variant_count(document)) return NULL;
    const sg_entry *variant = &variants_of(document)->entry[index];
    if (mark) *mark = variant->key_span.mark;
    return variant->key;
}

const char *sg_document_chosen(const sg_document *document) {
    return document->variant;
}

size_t sg_document_argument_count(const sg_document *document) {
    return document->argument_count;
}

const sg_argument *sg_document_argument(const sg_document *document, size_t index) {
    return index < document->argument_count ? &document->argument[index] : NULL;
}
