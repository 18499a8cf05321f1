/* Blocks, repeats and shared weights, and the same graph after expanding. */
#include "language.h"

static const char layers[] =
    "simgraph: 1\n"
    "args: {widths: [6, 8], deep: 2}\n"
    "blocks:\n"
    "  layer:\n"
    "    inputs: {x: [..., c], extra: {shape: [b, c], optional: true}}\n"
    "    args: {out: int, with_extra: $(out > 6), fn: {type: op, default: sigmoid}}\n"
    "    let: {half: out / 2}\n"
    "    nodes:\n"
    "      y: given + 0\n"
    "      given: lin + extra if given(extra) and with_extra else act\n"
    "      act: {op: $fn, in: lin}\n"
    "      lin: {op: linear, in: x, out: $out}\n"
    "      unbuilt: {op: linear, in: x, out: $half}\n"
    "      also: unbuilt\n"
    "    outputs: {main: y, raw: lin}\n"
    "nodes:\n"
    "  x: {op: input, shape: [batch, 4]}\n"
    "  one: {op: layer, in: x, out: 5, fn: {op: linear, out: 7}}\n"
    "  many: {op: layer, in: one, repeat: {w: widths, k: deep}, out: $(w + k)}\n"
    "  none: {op: layer, in: many, repeat: {i: 0}, out: 3}\n"
    "  skipped: {op: layer, in: none, when: not training, out: 3}\n"
    "  raw: one.raw + many.0.raw[:, :5]\n"
    "  first: {op: gelu, in: many.0}\n"
    "  last: {op: gelu, in: many.$(deep - 1).raw}\n";

START_TEST(blocks_expand) {
    sg_document *document = load(layers);
    sg_bound *bound = bind(document, 3, true);
    assert_shape(bound, "one", "[3, 7]");
    assert_shape(bound, "one.raw", "[3, 5]");
    assert_shape(bound, "one.act.weight", "[7, 5]");
    assert_shape(bound, "one.unbuilt.weight", "none");
    assert_shape(bound, "many.0", "[3, 6]");
    assert_shape(bound, "many.1.lin.weight", "[9, 6]");
    assert_shape(bound, "many", "[3, 9]");
    assert_shape(bound, "many.main", "[3, 9]");
    assert_shape(bound, "skipped", "[3, 9]");
    assert_shape(bound, "skipped.lin.weight", "none");
    ck_assert_int_eq(sg_bound_find(bound, "none"), sg_bound_find(bound, "many"));
    ck_assert_int_eq(sg_bound_find(bound, "skipped"), sg_bound_find(bound, "many"));
    ck_assert_int_eq(node_of(bound, "first")->in[0], sg_bound_find(bound, "many.0"));
    ck_assert_int_eq(node_of(bound, "last")->in[0], sg_bound_find(bound, "many.1.raw"));
    sg_bound_destroy(bound);

    bound = bind(document, 3, false);
    assert_shape(bound, "skipped", "[3, 3]");
    const sg_graph *graph = sg_bound_graph(bound);
    bool found = false;
    for (int i = 0; i < sg_graph_scope_count(graph); i++) {
        const sg_scope *scope = sg_graph_scope(graph, i);
        if (strcmp(scope->path, "many.1.lin") != 0) continue;
        ck_assert_str_eq(scope->block, "linear");
        ck_assert_int_eq(scope->mark.line, 12);
        found = true;
    }
    ck_assert(found);
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

static int weights_in(const sg_bound *bound) {
    int count = 0;
    const sg_graph *graph = sg_bound_graph(bound);
    for (int i = 0; i < sg_graph_node_count(graph); i++) count += sg_node_is_weight(sg_graph_node(graph, i));
    return count;
}

START_TEST(weights_are_shared) {
    sg_document *document = load("simgraph: 1\n"
                                 "blocks:\n"
                                 "  pair:\n"
                                 "    inputs: {x: [..., c]}\n"
                                 "    nodes:\n"
                                 "      a: {op: linear, in: x, out: $c}\n"
                                 "      y: {op: linear, in: a, out: $c, share: a}\n"
                                 "nodes:\n"
                                 "  x: {op: input, shape: [batch, 4]}\n"
                                 "  deep: {op: mlp, in: x, hidden: 8, repeat: {i: 3}}\n"
                                 "  copy: {op: mlp, in: deep, hidden: 8, repeat: {i: 2}, share: deep}\n"
                                 "  third: {op: mlp, in: copy, hidden: 8, share: deep.2}\n"
                                 "  every: {op: mlp, in: third, hidden: 8, repeat: {i: 4}, share: third}\n"
                                 "  own: {op: pair, in: every}\n"
                                 "  other: {op: pair, in: own, share: own}\n");
    sg_bound *bound = bind(document, 2, true);
    ck_assert_int_eq(weights_in(bound), 3 * 4 + 2);
    ck_assert_int_eq(node_of(bound, "copy.1.fc1.y")->in[1], sg_bound_find(bound, "deep.1.fc1.weight"));
    ck_assert_int_eq(node_of(bound, "third.fc2.y")->in[2], sg_bound_find(bound, "deep.2.fc2.bias"));
    ck_assert_int_eq(node_of(bound, "every.3.fc1.y")->in[1], sg_bound_find(bound, "deep.2.fc1.weight"));
    ck_assert_int_eq(node_of(bound, "other.y.y")->in[1], sg_bound_find(bound, "own.a.weight"));
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

START_TEST(patterns_bind_and_check_sizes) {
    sg_document *document = load("simgraph: 1\n"
                                 "blocks:\n"
                                 "  cut:\n"
                                 "    inputs:\n"
                                 "      image: [b, c, h, w]\n"
                                 "      cells: {shape: [b, h / cell, w / cell], optional: true, type: f32}\n"
                                 "      rest: {optional: true}\n"
                                 "    args: {cell: 4}\n"
                                 "    nodes:\n"
                                 "      y: reshape(image, shape=[b, c * h, w])\n"
                                 "nodes:\n"
                                 "  image: {op: input, shape: [batch, 3, 8, 12]}\n"
                                 "  cells: {op: input, shape: [batch, 2, 3]}\n"
                                 "  y: {op: cut, in: [image, cells, image]}\n"
                                 "  z: cut(image, cell=100)\n");
    sg_bound *bound = bind(document, 5, true);
    assert_shape(bound, "y", "[5, 24, 12]");
    assert_shape(bound, "z", "[5, 24, 12]");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

/* The op itself may be a name of the repeat: a list of ops, with or without attributes. */
START_TEST(ops_are_repeated_over) {
    sg_document *document =
        load("simgraph: 1\n"
             "args: {kinds: {type: [op], default: [relu, {op: permute, axes: [0, 2, 1]}]}}\n"
             "nodes:\n"
             "  x: {op: input, shape: [batch, 3, 4]}\n"
             "  y: {op: $f, in: x, repeat: {f: kinds}}\n");
    sg_bound *bound = bind(document, 5, true);
    assert_shape(bound, "y.0", "[5, 3, 4]");
    assert_shape(bound, "y", "[5, 4, 3]");
    sg_value first = sg_bound_find(bound, "y.0");
    const sg_graph *graph = sg_bound_graph(bound);
    ck_assert_str_eq(sg_op_schema(sg_graph_node(graph, sg_graph_value(graph, first)->node)->op)->name,
                     "relu");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

START_TEST(an_expanded_graph_is_the_same_graph) {
    static const char *const texts[] = {
        layers,
        "simgraph: 1\n"
        "doc: \"half: as it says\"\n"
        "nodes:\n"
        "  x: {op: input, shape: [batch, 6, 8]}\n"
        "  bias: {op: input, shape: [3, 2, 6, 6]}\n"
        "  windows: reshape(x, shape=[batch * 3, 2, 8])\n"
        "  wide: {op: attention, in: x, heads: 4, repeat: {l: 2}}\n"
        "  m: {op: random_mask, shape: [batch, 6], ratio: 0.5}\n"
        "  seen: {op: attention, in: {x: wide, mask: m}, heads: 2}\n"
        "  deep: {op: mlp, in: seen, hidden: 16, act: relu, repeat: {i: 3}}\n"
        "  loss: sum(deep[:, ::2] ** 2) / batch + windows[0, 0, 0] * batch\n"
        "args: {d: 4, back: -1, word: x}\n"
        "train: {minimize: loss, report: [deep.1], weights: [{match: block.<l>, lr: $(0.5 ** ($d - l) * back "
        "** 2)},\n"
        "  {match: a.<i>, lr: $i, decay: $(i if word == 'x' else d)}]}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sg_document *document = load(texts[i]);
        sg_diagnostics *diagnostics;
        char *text, *twice;
        ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
        ck_assert(sg_document_expand(document, true, &text, diagnostics) == SG_OK);
        sg_document *again = load(text);
        static const int64_t batches[] = {1, 4, SG_SYMBOLIC_BATCH};
        for (int k = 0; k < 3; k++) {
            sg_bound *a = bind(document, batches[k], true), *b = bind(again, batches[k], true);
            assert_same_graph(sg_bound_graph(a), sg_bound_graph(b));
            for (size_t n = 0; n < sg_bound_name_count(a); n++) {
                sg_value value;
                const char *name = sg_bound_name(a, n, &value);
                ck_assert_int_eq(sg_bound_find(b, name), value);
            }
            sg_bound_destroy(a);
            sg_bound_destroy(b);
        }
        ck_assert(sg_document_expand(again, true, &twice, diagnostics) == SG_OK);
        ck_assert_str_eq(text, twice);
        free(text);
        free(twice);
        sg_diagnostics_destroy(diagnostics);
        sg_document_destroy(document);
        sg_document_destroy(again);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {blocks_expand,
                                  weights_are_shared,
                                  patterns_bind_and_check_sizes,
                                  ops_are_repeated_over,
                                  an_expanded_graph_is_the_same_graph,
                                  NULL};
    return unit_run(unit_suite("language_blocks", tests));
}
