/* Any text as an expression: parsed, its names resolved, and evaluated among arguments of every type. */
#include "scope.h"

#include "lang/expr.h"

static const char file[] = "args: {n: 3, x: 0.5, yes_: true, word: abc, list: [1, 2, 3], call: {op: gelu}}\n"
                           "let: {half: n / 2, value: 0}\n";

static void evaluate(fuzz_scope *scope) {
    sg_work *work = &scope->work;
    const sg_mark start = {"graph.yaml", 1, 1};
    sg_expr *expr = sg_expr_parse(work, scope->input, start);
    FUZZ_ASSERT((expr != NULL) == (work->status == SG_OK));
    if (!expr) return;
    sg_tree *value = sg_tree_entry(sg_tree_entry(scope->root, "let")->value, "value")->value;
    value->kind = SG_TREE_TEXT;
    value->text = scope->input;
    sg_block *block = &scope->document.main;
    sg_block_declare_file(work, block, scope->root);
    sg_resolve_block(work, &scope->document, block);
    sg_expander expander = {.work = work, .document = &scope->document, .training = true, .batch = 3};
    sg_frame *frame = sg_frame_new(&expander, block, "");
    for (size_t i = 0; i < block->symbol_count; i++) {
        const sg_tree *result = sg_frame_value(frame, (int)i, block->symbol[i].span);
        FUZZ_ASSERT(result && (work->status != SG_OK || result->kind != SG_TREE_BAD));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_scope scope = {.text = file, .length = sizeof file - 1, .body = evaluate};
    fuzz_scope_run(&scope, data, size);
    return 0;
}
