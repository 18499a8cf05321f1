/* Reading a graph while memory runs out: the n-th allocation fails, for every n, once or from there on.
 * Nothing may crash, and what was allocated must be freed again. */
#include "failing_malloc.h"
#include "language.h"

#include "simgraph/style.h"

static const char good[] = "simgraph: 1\n"
                           "args: {heads: 2, deep: 2}\n"
                           "nodes:\n"
                           "  x: {op: input, shape: [batch, 6, 8]}\n"
                           "  y: {op: attention, in: x, heads: $heads, repeat: {l: deep}}\n"
                           "  z: {op: mlp, in: y, hidden: 16}\n"
                           "  loss: mean((z[:, ::2] - 1) ** 2)\n"
                           "train: {minimize: loss, name: run-$heads, init: {op: normal, std: 2}}\n";
static const char bad[] = "simgraph: 1\n"
                          "nodes:\n"
                          "  x: {op: input, shape: [batch, 6, 8]}\n"
                          "  y: {op: attention, in: x, heads: 3}\n"
                          "  z: {op: gelu, in: xx}\n"
                          "  w: x +\n"
                          "train: {minimize: $loss}\n";

/* SG_OUT_OF_MEMORY, or what it says when memory is enough. */
static sg_status read_graph(const char *text) {
    static const char *const set[] = {"train.clip=5", "train.name=x"};
    sg_document_options options = {.size = sizeof options, .set = set, .set_count = 2};
    sg_bind_options bind_options = {sizeof bind_options, 4, true, SG_F32};
    sg_diagnostics *diagnostics = NULL;
    sg_document *document = NULL;
    sg_bound *bound = NULL;
    char *printed = NULL, *expanded = NULL, *styled = NULL, *messages = NULL;
    sg_status status = sg_diagnostics_create(&diagnostics, NULL);
    if (status != SG_OK) return status;
    status = sg_document_load_text(&document, "graph.yaml", text, strlen(text), &options, diagnostics);
    if (status == SG_OK) status = sg_document_bind(&bound, document, &bind_options, diagnostics);
    if (status == SG_OK) status = sg_document_text(document, &printed, NULL);
    if (status == SG_OK) status = sg_document_expand(document, true, &expanded, diagnostics);
    if (status == SG_OK) status = sg_style_text(&styled, "graph.yaml", text, strlen(text), diagnostics);
    if (status == SG_OK) {
        const sg_tree *init = sg_tree_find(sg_document_section(document, "train"), "init");
        if (!sg_tree_call(init, SG_KIND_INIT, NULL, diagnostics)) status = SG_OUT_OF_MEMORY;
    }
    messages = sg_diagnostics_text(diagnostics, false);
    if (!messages) status = SG_OUT_OF_MEMORY;
    free(messages);
    free(printed);
    free(expanded);
    free(styled);
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return status;
}

static void fail_everywhere(const char *text, sg_status wanted) {
    for (int mode = 0; mode < 2; mode++) {
        long n = 0;
        for (heap.reached = true; heap.reached; n++) {
            long before = heap.live;
            heap.reached = false;
            heap.for_ever = mode == 1;
            heap.left = n;
            sg_status status = read_graph(text);
            heap.left = -1;
            ck_assert_msg(heap.live == before, "%ld blocks are left after allocation %ld failed",
                          heap.live - before, n);
            /* An error found before memory ran out is as good an answer. */
            ck_assert_msg(status == SG_OUT_OF_MEMORY ||
                              (status == wanted && (!heap.reached || wanted != SG_OK)),
                          "status %d after allocation %ld failed", status, n);
        }
        ck_assert_int_gt(n, 30);
    }
}

START_TEST(memory_runs_out_in_a_good_graph) {
    fail_everywhere(good, SG_OK);
}
END_TEST

START_TEST(memory_runs_out_in_a_bad_graph) {
    fail_everywhere(bad, SG_BAD_GRAPH);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {memory_runs_out_in_a_good_graph, memory_runs_out_in_a_bad_graph, NULL};
    return unit_run(unit_suite("language_memory", tests));
}
