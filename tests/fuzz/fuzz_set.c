/* Any text as the lines of --set: applied one after the other to a file with arguments, nodes and sections.
 */
#include "scope.h"

#include <string.h>

static const char file[] = "args: {n: 3, x: {default: 0.5, min: 0, max: 1}, need: int, enc: {op: vit_block, "
                           "heads: 2}, list: [1, 2]}\n"
                           "nodes: {image: {op: input, shape: [batch, n]}, loss: mean(image * x)}\n"
                           "train: {minimize: loss, epochs: 1, optimizer: {op: adamw, lr: 1e-3}, weights: "
                           "[{match: bias, decay: 0}]}\n";

enum { MAX_LINES = 32 };

static void set_lines(fuzz_scope *scope) {
    const char *lines[MAX_LINES];
    char *text = sg_take_text(&scope->work, scope->input, strlen(scope->input));
    int count = 0;
    for (char *at = text; at && count < MAX_LINES;) {
        char *end = strchr(at, '\n');
        if (end) *end = 0;
        lines[count++] = at;
        at = end ? end + 1 : NULL;
    }
    sg_document_options options = {.size = sizeof options, .set = lines, .set_count = count};
    sg_document_set_options(&scope->work, &scope->document, scope->root, &options);
    if (scope->work.status != SG_OK) return;
    sg_block_declare_file(&scope->work, &scope->document.main, scope->root);
    for (size_t i = 0; i < scope->root->count; i++) sg_print_text(&scope->work, scope->root->entry[i].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_scope scope = {.text = file, .length = sizeof file - 1, .body = set_lines};
    fuzz_scope_run(&scope, data, size);
    return 0;
}
