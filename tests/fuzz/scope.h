/* A file's scope of a few arguments, without blocks and nodes: what an expression or a setting can meet at
 * the least cost. */
#ifndef SG_TESTS_FUZZ_SCOPE_H
#define SG_TESTS_FUZZ_SCOPE_H

#include "fuzz.h"

#include "lang/document.h"
#include "lang/frame.h"
#include "lang/yaml.h"

typedef struct fuzz_scope {
    sg_work work;
    sg_document document;
    sg_tree *root;
    const char *text; /* of the file */
    size_t length;
    void (*body)(struct fuzz_scope *scope);
    const char *input; /* ended by a zero */
} fuzz_scope;

/* The file is read once for all; what a run changes is a copy. */
static sg_tree *fuzz_scope_copy(sg_work *work, const sg_tree *tree) {
    sg_tree *copy = sg_tree_copy(work, tree);
    for (size_t i = 0; i < copy->count; i++)
        copy->entry[i].value = fuzz_scope_copy(work, tree->entry[i].value);
    return copy;
}

static const sg_tree *fuzz_scope_file(const char *text, size_t length) {
    static const sg_tree *root; /* for the life of the process */
    if (root) return root;
    static sg_work work;
    work.memory = sg_bump_create();
    FUZZ_ASSERT(work.memory && sg_diagnostics_create(&work.diagnostics, NULL) == SG_OK);
    const sg_yaml_source source = {"graph.yaml", text, length, 1, 1};
    root = sg_yaml_read(&work, &source);
    FUZZ_ASSERT(root);
    return root;
}

/* Calls scope->body with a copy of the file; memory and messages are gone afterwards. */
static void fuzz_scope_body(void *data) {
    fuzz_scope *scope = data;
    scope->root = fuzz_scope_copy(&scope->work, fuzz_scope_file(scope->text, scope->length));
    scope->body(scope);
}

static void fuzz_scope_run(fuzz_scope *scope, const uint8_t *data, size_t size) {
    sg_diagnostics *diagnostics = NULL;
    scope->work = (sg_work){.memory = sg_bump_create()};
    FUZZ_ASSERT(scope->work.memory && sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    scope->work.diagnostics = diagnostics;
    scope->document = (sg_document){.memory = scope->work.memory, .file = "graph.yaml"};
    char *input = sg_bump_text_of(scope->work.memory, (const char *)data, size);
    FUZZ_ASSERT(input);
    scope->input = input;
    sg_work_run(&scope->work, fuzz_scope_body, scope);
    FUZZ_ASSERT((scope->work.status == SG_OK) == (sg_diagnostics_errors(diagnostics) == 0));
    free(sg_diagnostics_text(diagnostics, false));
    sg_block_finish(&scope->document.main);
    sg_map_finish(&scope->document.by_name);
    sg_diagnostics_destroy(diagnostics);
    sg_bump_destroy(scope->work.memory);
}

#endif
