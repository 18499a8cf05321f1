/* Graphs of several files: includes and bases; and settings on top of them. */
#include "language_files.h"

#include <sys/stat.h>

static const sg_node *node_at(const sg_graph *graph, const char *path) {
    sg_value value = sg_graph_find(graph, path);
    ck_assert_msg(value != SG_NO_VALUE, "%s", path);
    return sg_graph_node(graph, sg_graph_value(graph, value)->node);
}

START_TEST(settings_change_arguments_and_keys) {
    static const char *const set[] = {"size=32",
                                      "ratio=1",
                                      "widths=[1, 2, 3]",
                                      "encoder.heads=8",
                                      "encoder.qkv_bias=false",
                                      "train.optimizer.lr=0.5",
                                      "train.clip=2",
                                      "nodes.x.type=i32",
                                      "args.word=b"};
    sg_document *document =
        load_text("simgraph: 1\n"
                  "doc: a test\n"
                  "args:\n"
                  "  size: int\n"
                  "  ratio: {default: 0.5, min: 0, max: 1, doc: share}\n"
                  "  widths: [8, 16]\n"
                  "  word: {default: a, one_of: [a, b]}\n"
                  "  twice: $(size * 2)\n"
                  "  encoder: {op: attention, heads: 4}\n"
                  "nodes:\n"
                  "  x: {op: input, shape: [batch, size, twice, len(widths)]}\n"
                  "train: {optimizer: adamw, lr: $ratio, encoder: $encoder, word: $word}\n",
                  sizeof set / sizeof *set, set);
    sg_bound *bound = bind(document, 2, true);
    assert_shape(bound, "x", "[2, 32, 64, 3]");
    ck_assert_int_eq(sg_graph_value(sg_bound_graph(bound), sg_bound_find(bound, "x"))->type, SG_I32);
    ck_assert_str_eq(sg_document_doc(document), "a test");

    const sg_argument *a = sg_document_argument(document, 0);
    ck_assert_str_eq(a->name, "size");
    ck_assert_str_eq(a->type, "int");
    ck_assert_str_eq(a->value, "32");
    ck_assert(a->fallback == NULL && a->set);
    a = sg_document_argument(document, 1);
    ck_assert_str_eq(a->fallback, "0.5");
    ck_assert_str_eq(a->doc, "share");
    ck_assert(a->min == 0 && a->max == 1);
    ck_assert_str_eq(sg_document_argument(document, 2)->type, "[int]");
    ck_assert_str_eq(sg_document_argument(document, 2)->value, "[1, 2, 3]");
    ck_assert_str_eq(sg_document_argument(document, 3)->one_of, "a b");
    ck_assert_str_eq(sg_document_argument(document, 4)->value, "64");
    ck_assert_str_eq(sg_document_argument(document, 5)->value, "{op: attention, heads: 8, qkv_bias: false}");
    ck_assert_uint_eq(sg_document_argument_count(document), 6);
    ck_assert_ptr_null(sg_document_argument(document, 6));
    const sg_tree *train = sg_document_section(document, "train");
    ck_assert(sg_tree_number(sg_tree_find(train, "clip")) == 2);
    ck_assert(sg_tree_number(sg_tree_find(sg_tree_find(train, "optimizer"), "lr")) == 0.5);
    ck_assert_str_eq(sg_tree_text(sg_tree_find(train, "word")), "b");

    /* The text stands alone: no setting is needed to read it again. */
    char *text;
    ck_assert(sg_document_text(document, &text, NULL) == SG_OK);
    sg_document *again = load(text);
    sg_bound *second = bind(again, 2, true);
    assert_same_graph(sg_bound_graph(bound), sg_bound_graph(second));
    ck_assert_str_eq(sg_document_argument(again, 1)->type, "float");
    ck_assert_str_eq(sg_document_argument(again, 5)->value, "{op: attention, heads: 8, qkv_bias: false}");
    char *twice;
    ck_assert(sg_document_text(again, &twice, NULL) == SG_OK);
    ck_assert_str_eq(text, twice);
    free(text);
    free(twice);
    sg_bound_destroy(bound);
    sg_bound_destroy(second);
    sg_document_destroy(document);
    sg_document_destroy(again);
}
END_TEST

START_TEST(files_build_on_others) {
    scratch_enter();
    write_text("blocks.yaml", "simgraph: 1\n"
                              "include: deeper.yaml\n"
                              "blocks:\n"
                              "  twice:\n"
                              "    inputs: {x: [...]}\n"
                              "    nodes: {y: half(x) * 4}\n"
                              "nodes: {ignored: nothing}\n");
    write_text("deeper.yaml", "simgraph: 1\n"
                              "blocks:\n"
                              "  half:\n"
                              "    inputs: {x: [...]}\n"
                              "    nodes: {y: x / 2}\n");
    write_text("below.yaml", "simgraph: 1\n"
                             "doc: below\n"
                             "include: [blocks.yaml, deeper.yaml]\n"
                             "args: {size: 4, more: 1}\n"
                             "variants:\n"
                             "  large: {size: 8, train.epochs: 20}\n"
                             "nodes:\n"
                             "  x: {op: input, shape: [batch, size * more]}\n"
                             "  y: twice(x)\n"
                             "train: {epochs: 10, lr: 1}\n");
    write_text("above.yaml", "simgraph: 1\n"
                             "doc: above\n"
                             "base: below.yaml@large\n"
                             "set: {more: 3, nodes.y: own(x), train.lr: 2}\n"
                             "variants: {tiny: {size: 1}}\n"
                             "blocks:\n"
                             "  own:\n"
                             "    inputs: {x: [b, n]}\n"
                             "    nodes: {y: \"twice(x)[:, :2]\"}\n");
    sg_document *document = load_with("above.yaml", 0, NULL, 0, NULL);
    sg_bound *bound = bind(document, 2, true);
    assert_shape(bound, "x", "[2, 24]");
    assert_shape(bound, "y", "[2, 2]");
    const sg_tree *train = sg_document_section(document, "train");
    ck_assert(sg_tree_number(sg_tree_find(train, "epochs")) == 20);
    ck_assert(sg_tree_number(sg_tree_find(train, "lr")) == 2);
    ck_assert_str_eq(sg_document_doc(document), "above");
    ck_assert_str_eq(sg_document_file(document), "above.yaml");

    /* The text needs none of the files. */
    char *text;
    ck_assert(sg_document_text(document, &text, NULL) == SG_OK);
    sg_document *alone = load(text);
    sg_bound *second = bind(alone, 2, true);
    assert_same_graph(sg_bound_graph(bound), sg_bound_graph(second));
    free(text);
    sg_bound_destroy(second);
    sg_document_destroy(alone);
    sg_bound_destroy(bound);
    sg_document_destroy(document);

    document = load_with("above.yaml@tiny", 0, NULL, 0, NULL);
    bound = bind(document, 2, true);
    assert_shape(bound, "x", "[2, 3]");
    sg_bound_destroy(bound);
    sg_document_destroy(document);

    ck_assert_int_eq(mkdir("inner", 0700), 0);
    write_text("inner/user.yaml", "simgraph: 1\n"
                                  "include: blocks.yaml\n"
                                  "nodes:\n"
                                  "  x: {op: input, shape: [batch]}\n"
                                  "  y: twice(x)\n");
    static const char *const here[] = {"."};
    document = load_with("inner/user.yaml", 1, here, 0, NULL);
    bound = bind(document, 7, true);
    assert_shape(bound, "y", "[7]");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    unlink("inner/user.yaml");
    rmdir("inner");
    scratch_leave();
}
END_TEST

/* A graph is of use without its document: names of files in it are its own. */
START_TEST(graphs_outlive_documents) {
    scratch_enter();
    write_text("blocks.yaml", "simgraph: 1\n"
                              "blocks:\n"
                              "  twice: {inputs: {x: [...]}, nodes: {y: x + x}}\n");
    write_text("user.yaml", "simgraph: 1\n"
                            "include: blocks.yaml\n"
                            "nodes:\n"
                            "  x: {op: input, shape: [batch, 8]}\n"
                            "  y: {op: twice, in: x}\n"
                            "  z: {op: mlp, in: y, hidden: 4}\n");
    sg_document *document = load_with("user.yaml", 0, NULL, 0, NULL);
    sg_bound *bound = bind(document, 2, true);
    sg_graph *graph = sg_bound_take(bound), *copy;
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_value z = sg_graph_find(graph, "z.fc2.y"), x = sg_graph_find(graph, "x"), grad;
    ck_assert(sg_graph_differentiate(graph, z, SG_NO_VALUE, 1, &x, &grad, NULL) == SG_OK);
    ck_assert(sg_graph_extract(&copy, graph, 1, &grad, NULL) == SG_OK);
    sg_graph_destroy(graph);

    const sg_node *node[] = {node_at(copy, "x"), node_at(copy, "y.y"), node_at(copy, "z.fc1.y")};
    static const struct {
        const char *file;
        int line;
    } place[] = {{"user.yaml", 4}, {"blocks.yaml", 3}, {"user.yaml", 6}};
    for (int i = 0; i < 3; i++) {
        sg_mark mark = sg_graph_place(copy, node[i]);
        ck_assert_str_eq(mark.file, place[i].file);
        ck_assert_int_eq(mark.line, place[i].line);
    }
    ck_assert_ptr_eq(node[0]->mark.file, sg_graph_place(copy, node[2]).file);
    int gradients = 0;
    for (int i = 0; i < sg_graph_node_count(copy); i++) {
        const sg_node *gradient = sg_graph_node(copy, i);
        if (strncmp(gradient->path, "grad/z.", 7) != 0) continue;
        gradients++;
        ck_assert_str_eq(sg_graph_place(copy, gradient).file, "user.yaml");
        ck_assert_int_eq(sg_graph_place(copy, gradient).line, 6);
    }
    ck_assert_int_gt(gradients, 2);
    sg_graph_destroy(copy);
    scratch_leave();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {settings_change_arguments_and_keys, files_build_on_others,
                                  graphs_outlive_documents, NULL};
    return unit_run(unit_suite("language_files", tests));
}
