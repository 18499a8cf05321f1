/* Settings: `set`, variants and --set, which change, add and remove; where files are looked for. */
#include "language_files.h"

#include <sys/stat.h>

static const char base_text[] =
    "simgraph: 1\n"
    "args: {size: 4, widths: [8, 16], act: {type: op, default: {op: concat, axis: 1}}}\n"
    "variants:\n"
    "  long: {train.epochs: 9, train.weights.+: {match: bias, lr: 2}}\n"
    "  bare: {train.clip-: true, evaluate-: true}\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, size, len(widths)]}\n"
    "  y: {op: $act, in: x}\n"
    "  z: x + 1\n"
    "train: {epochs: 3, clip: 5.0, weights: [{match: norm, decay: 0}]}\n"
    "evaluate: {every: 1 epochs}\n";

/* The printed file, whose every line is known. */
static void assert_text(const sg_document *document, const char *wanted) {
    char *text;
    ck_assert(sg_document_text(document, &text, NULL) == SG_OK);
    ck_assert_str_eq(text, wanted);
    sg_document *again = load(text); /* stands alone */
    free(text);
    sg_document_destroy(again);
}

START_TEST(keys_are_added_and_removed) {
    static const char *const set[] = {"widths.+=32",
                                      "train.seed=7",
                                      "train.weights.+={match: bias, decay: 0}",
                                      "train.weights.+.match=head",
                                      "train.weights.2.lr=0.5",
                                      "train.weights.0-",
                                      "train.clip-",
                                      "act.axis-",
                                      "nodes.z-",
                                      "save.every=\"5 epochs\"",
                                      "evaluate-"};
    sg_document *document = load_text(base_text, sizeof set / sizeof *set, set);
    assert_text(document, "simgraph: 1\n"
                          "args:\n"
                          "  size: 4\n"
                          "  widths: [8, 16, 32]\n"
                          "  act: {default: {op: concat}, type: op}\n"
                          "nodes:\n"
                          "  x: {op: input, shape: [batch, size, len(widths)]}\n"
                          "  y: {op: $act, in: x}\n"
                          "train:\n"
                          "  epochs: 3\n"
                          "  weights: [{match: bias, decay: 0}, {match: head, lr: 0.5}]\n"
                          "  seed: 7\n"
                          "save:\n"
                          "  every: \"5 epochs\"\n");
    sg_bound *bound = bind(document, 2, true);
    assert_shape(bound, "y", "[2, 4, 3]");
    assert_shape(bound, "z", "none");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

/* base, variant, set, --set: each over what was there before. */
START_TEST(changes_have_an_order) {
    scratch_enter();
    write_text("below.yaml", base_text);
    write_text("above.yaml", "simgraph: 1\n"
                             "base: below.yaml@long\n"
                             "set: {train.epochs: 10, train.weights.1.lr: 3, size: 5, evaluate-: true}\n"
                             "variants: {wide: {size: 6, train.epochs: 11}}\n");
    static const char *const set[] = {"size=7"};
    sg_document *document = load_with("above.yaml@wide", 0, NULL, 1, set);
    assert_text(document, "simgraph: 1\n"
                          "args:\n"
                          "  size: 7\n"
                          "  widths: [8, 16]\n"
                          "  act: {type: op, default: {op: concat, axis: 1}}\n"
                          "nodes:\n"
                          "  x: {op: input, shape: [batch, size, len(widths)]}\n"
                          "  y: {op: $act, in: x}\n"
                          "  z: x + 1\n"
                          "train:\n"
                          "  epochs: 11\n"
                          "  clip: 5.0\n"
                          "  weights: [{match: norm, decay: 0}, {match: bias, lr: 3}]\n");
    sg_document_destroy(document);
    /* A variant of the base is of no use once it is merged: the file's own are those that can be named. */
    document = load_with("below.yaml@bare", 0, NULL, 0, NULL);
    const sg_tree *train = sg_document_section(document, "train");
    ck_assert(!sg_tree_find(train, "clip") && !sg_document_section(document, "evaluate"));
    ck_assert(sg_tree_number(sg_tree_find(train, "epochs")) == 3);
    sg_document_destroy(document);
    scratch_leave();
}
END_TEST

static const char block_text[] = "simgraph: 1\n"
                                 "blocks: {%s: {inputs: {x: [...]}, nodes: {y: x * %d}}}\n";

static void write_block(const char *path, const char *name, int factor) {
    char text[256];
    snprintf(text, sizeof text, block_text, name, factor);
    write_text(path, text);
}

static double factor_of(const sg_document *document) {
    sg_bound *bound = bind(document, 1, true);
    const sg_graph *graph = sg_bound_graph(bound);
    const sg_node *mul = sg_graph_node(graph, sg_graph_value(graph, sg_bound_find(bound, "y"))->node);
    const sg_node *number = sg_graph_node(graph, sg_graph_value(graph, mul->in[1])->node);
    double value = number->attr[sg_schema_attr_index(sg_op_schema(number->op), "value")].f;
    sg_bound_destroy(bound);
    return value;
}

/* Beside the including file first, then in the directories as they were given, last among the library's. */
START_TEST(files_are_searched) {
    scratch_enter();
    static const char *const directories[] = {"one", "two"};
    ck_assert(mkdir("user", 0700) == 0 && mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0);
    write_text("user/graph.yaml", "simgraph: 1\n"
                                  "include: [part.yaml, vit.yaml]\n"
                                  "nodes:\n"
                                  "  x: {op: input, shape: [batch]}\n"
                                  "  y: part(x)\n");
    write_block("two/part.yaml", "part", 2);
    sg_document *document = load_with("user/graph.yaml", 2, directories, 0, NULL);
    ck_assert(factor_of(document) == 2);
    sg_document_destroy(document);
    write_block("one/part.yaml", "part", 3);
    document = load_with("user/graph.yaml", 2, directories, 0, NULL);
    ck_assert(factor_of(document) == 3);
    sg_document_destroy(document);
    write_block("user/part.yaml", "part", 5);
    document = load_with("user/graph.yaml", 2, directories, 0, NULL);
    ck_assert(factor_of(document) == 5);
    sg_document_destroy(document);

    /* A base is found in the same way, and looks for its own includes from where it lies. */
    write_text("top.yaml", "simgraph: 1\nbase: graph.yaml\n");
    static const char *const users[] = {"user"};
    document = load_with("top.yaml", 1, users, 0, NULL);
    ck_assert(factor_of(document) == 5);
    sg_document_destroy(document);

    sg_diagnostics *diagnostics;
    sg_document_options options = {sizeof options, NULL, 0, directories, 2};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    ck_assert_int_eq(sg_document_load(&document, "top.yaml", &options, diagnostics), SG_IO_ERROR);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_str_eq(messages, "top.yaml:2:7: error: cannot find the file `graph.yaml` in ., one, two\n"
                               "  base: graph.yaml\n"
                               "        ^~~~~~~~~~\n");
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    ck_assert_int_eq(system("rm -r user one two top.yaml"), 0);
    scratch_leave();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {keys_are_added_and_removed, changes_have_an_order, files_are_searched,
                                  NULL};
    return unit_run(unit_suite("language settings", tests));
}
