/* The graph language: expressions, scopes, blocks, repeats, sections, printing. */
#include "language.h"

#include "recorded_slices.h"
#include "scratch.h"

#include <sys/stat.h>

/* ---- expressions ---- */

/* The expression as a number in a section, where nothing but arguments is known. */
static double number_of(const char *expression) {
    char text[1000];
    snprintf(text, sizeof text,
             "simgraph: 1\n"
             "args: {a: 7, b: 2, r: 0.5, yes_: true, word: mse, list: [3, 1, 2], floats: [0.5, 2]}\n"
             "let: {use: a + b + r + len(list) + len(floats) + (1 if yes_ and word == 'mse' else 0)}\n"
             "train:\n  use: $use\n  v: $(%s)\n",
             expression);
    sg_document *document = load(text);
    const sg_tree *value = sg_tree_find(sg_document_section(document, "train"), "v");
    bool truth = sg_tree_kind_of(value) == SG_TREE_BOOL;
    double number = truth ? 100 + sg_tree_bool(value) : sg_tree_number(value);
    sg_document_destroy(document);
    return number;
}

START_TEST(expressions_have_their_values) {
    static const struct {
        const char *expression;
        double value; /* 100 false, 101 true */
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"7 / 2", 3.5},
        {"7 // 2", 3},
        {"-7 // 2", -4},
        {"-7 % 3", 2},
        {"7 % -3", -2},
        {"2 ** 3 ** 2", 512},
        {"-2 ** 2", -4},
        {"2 ** -1", 0.5},
        {"10 - 4 - 3", 3},
        {"16 / 4 / 2", 2},
        {"1e-4", 1e-4},
        {"2.5E+2", 250},
        {"a * b ** 2 - r", 27.5},
        {"$a + $(b * 2)", 11},
        {"1 if a > b else 2", 1},
        {"1 if a < b else 2 if b == 2 else 3", 2},
        {"a > 6 and b < 2", 100},
        {"a > 6 or b < 2", 101},
        {"not a > 6", 100},
        {"not not yes_", 101},
        {"a != 7 or not yes_ and true", 100},
        {"word == 'mse'", 101},
        {"word != 'bce'", 101},
        {"yes_ == true", 101},
        {"2 <= b", 101},
        {"3 >= a", 100},
        {"abs(-3)", 3},
        {"min(a, b, 5)", 2},
        {"max(list)", 3},
        {"sum(list) + sum(1, 2)", 9},
        {"floor(-2.5) + ceil(2.1) * 10", 27},
        {"round(2.5) + round(3.5)", 6},
        {"sqrt(16)", 4},
        {"exp(0) + log(1) + cos(0)", 2},
        {"len(list) * len([1, 2])", 6},
        {"list[0] * 100 + list[-1] * 10 + list[b - 1]", 321},
        {"floats[1]", 2},
        {"[4, 5, 6][1]", 5},
        {"sum(list[:b]) * 10 + len(list[1:])", 42},
        {"list[::-1][0] * 10 + list[-2:][0]", 21},
        {"sum(list[a:]) + len(list[:0]) + len(list[2:1])", 0},
        {"sum([10, 20, 30, 40][1::2])", 60},
        {"false and 1 / 0 > 0", 100},
        {"true or 1 / 0 > 0", 101},
        {"1 if true else 1 / 0", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(number_of(cases[i].expression) == cases[i].value, "%s is %.17g", cases[i].expression,
                      number_of(cases[i].expression));
}
END_TEST

START_TEST(dollars_insert_values) {
    sg_document *document = load("simgraph: 1\n"
                                 "args: {n: 3, r: 0.25, name: vit, flag: true, list: [1, 2],\n"
                                 "  encoder: {op: attention, heads: 4}}\n"
                                 "train:\n"
                                 "  number: $n\n"
                                 "  expression: $(n * r)\n"
                                 "  text: run-$name-$(n + 1)-$r-$flag\n"
                                 "  quoted: '$n'\n"
                                 "  dollar: cost $$5 $$$n\n"
                                 "  plain: n + 1\n"
                                 "  call: $encoder\n"
                                 "  merged: {op: $encoder, heads: 8, qkv_bias: false}\n"
                                 "  list: $list\n"
                                 "  nested: {a: [$n, {b: $name}]}\n"
                                 "  file: $name.yaml\n");
    const sg_tree *train = sg_document_section(document, "train");
    ck_assert(sg_tree_number(sg_tree_find(train, "number")) == 3);
    ck_assert(sg_tree_number(sg_tree_find(train, "expression")) == 0.75);
    ck_assert_str_eq(sg_tree_text(sg_tree_find(train, "text")), "run-vit-4-0.25-true");
    ck_assert(sg_tree_number(sg_tree_find(train, "quoted")) == 3);
    ck_assert_str_eq(sg_tree_text(sg_tree_find(train, "dollar")), "cost $5 $3");
    ck_assert_str_eq(sg_tree_text(sg_tree_find(train, "plain")), "n + 1");
    ck_assert_str_eq(sg_tree_text(sg_tree_find(train, "file")), "vit.yaml");
    ck_assert_str_eq(sg_tree_text(sg_tree_find(sg_tree_find(train, "call"), "op")), "attention");
    const sg_tree *merged = sg_tree_find(train, "merged");
    ck_assert_str_eq(sg_tree_text(sg_tree_find(merged, "op")), "attention");
    ck_assert(sg_tree_number(sg_tree_find(merged, "heads")) == 8);
    ck_assert(sg_tree_kind_of(sg_tree_find(merged, "qkv_bias")) == SG_TREE_BOOL);
    ck_assert_uint_eq(sg_tree_count(sg_tree_find(train, "list")), 2);
    const sg_tree *inner = sg_tree_at(sg_tree_find(sg_tree_find(train, "nested"), "a"), 1);
    ck_assert_str_eq(sg_tree_text(sg_tree_find(inner, "b")), "vit");
    ck_assert_str_eq(sg_tree_key(train, 2), "text");
    ck_assert_int_eq(sg_tree_key_mark(train, 2).line, 7);
    ck_assert_int_eq(sg_tree_mark(sg_tree_find(train, "text")).column, 9);
    sg_document_destroy(document);
}
END_TEST

START_TEST(indexing_agrees_with_numpy) {
    for (size_t i = 0; i < sizeof recorded_slices / sizeof *recorded_slices; i++) {
        char text[400], buffer[SG_SHAPE_TEXT];
        snprintf(text, sizeof text,
                 "simgraph: 1\nnodes:\n  x: {op: input, shape: [5, 1, 4]}\n  y: \"x[%s]\"\n",
                 recorded_slices[i].index);
        sg_document *document = load(text);
        sg_bound *bound = bind(document, 1, true);
        ck_assert_msg(strcmp(shape_of(bound, "y", buffer), recorded_slices[i].shape) == 0,
                      "x[%s] is %s, not %s", recorded_slices[i].index, buffer, recorded_slices[i].shape);
        sg_bound_destroy(bound);
        sg_document_destroy(document);
    }
}
END_TEST

/* ---- formulas ---- */

static const sg_node *node_of(const sg_bound *bound, const char *name) {
    sg_value value = sg_bound_find(bound, name);
    ck_assert_msg(value != SG_NO_VALUE, "%s", name);
    return sg_graph_node(sg_bound_graph(bound), sg_graph_value(sg_bound_graph(bound), value)->node);
}

START_TEST(formulas_become_nodes) {
    sg_document *document = load("simgraph: 1\n"
                                 "args: {c: 2}\n"
                                 "let: {half: c / 4}\n"
                                 "nodes:\n"
                                 "  x: {op: input, shape: [batch, 3]}\n"
                                 "  i: {op: input, shape: [batch, 3], type: i32}\n"
                                 "  u: {op: input, shape: [batch, 3], type: u8}\n"
                                 "  a: x + c * 3\n"
                                 "  b: -x ** 2 // half\n"
                                 "  d: i * 3 + u\n"
                                 "  e: i / 2\n"
                                 "  f: (x > 0) * (i == 3)\n"
                                 "  g: u + 300\n"
                                 "  h: u + 1\n"
                                 "  alias: x\n"
                                 "  choice: x if c == 2 else i\n"
                                 "  number: 4\n"
                                 "  larger: max(x, 0)\n"
                                 "  total: sum(x, axis=-1, keep=true)\n");
    sg_bound *bound = bind(document, 5, true);
    const sg_graph *graph = sg_bound_graph(bound);
    ck_assert_str_eq(sg_op_schema(node_of(bound, "a")->op)->name, "add");
    const sg_node *six = sg_graph_node(graph, sg_graph_value(graph, node_of(bound, "a")->in[1])->node);
    ck_assert_str_eq(sg_op_schema(six->op)->name, "constant");
    ck_assert(six->attr[sg_schema_attr_index(sg_op_schema(six->op), "value")].f == 6);
    ck_assert_str_eq(six->path, "a.2_constant");
    ck_assert_str_eq(sg_op_schema(node_of(bound, "b")->op)->name, "floor_div");
    ck_assert_str_eq(sg_op_schema(node_of(bound, "b.1_neg")->op)->name, "neg");
    ck_assert_str_eq(sg_op_schema(node_of(bound, "b.2_pow")->op)->name, "pow");
    ck_assert_int_eq(sg_graph_value(graph, sg_bound_find(bound, "d"))->type, SG_I32);
    ck_assert_int_eq(sg_graph_value(graph, sg_bound_find(bound, "e"))->type, SG_F32);
    ck_assert_int_eq(sg_graph_value(graph, sg_bound_find(bound, "f"))->type, SG_I32);
    ck_assert_int_eq(sg_graph_value(graph, sg_bound_find(bound, "g"))->type, SG_I32);
    ck_assert_int_eq(sg_graph_value(graph, sg_bound_find(bound, "h"))->type, SG_U8);
    ck_assert_int_eq(sg_bound_find(bound, "alias"), sg_bound_find(bound, "x"));
    ck_assert_int_eq(sg_bound_find(bound, "choice"), sg_bound_find(bound, "x"));
    ck_assert_str_eq(sg_op_schema(node_of(bound, "larger")->op)->name, "maximum");
    assert_shape(bound, "number", "[]");
    assert_shape(bound, "total", "[5, 1]");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
}
END_TEST

/* ---- blocks ---- */

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

/* ---- arguments and settings ---- */

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

/* ---- several files ---- */

static void write_text(const char *path, const char *text) {
    scratch_write(path, text, strlen(text));
}

static sg_document *load_file(const char *path, const char *include) {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_document_options options = {
        .size = sizeof options, .include = &include, .include_count = include != NULL};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status = sg_document_load(&document, path, &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK, "%s", messages);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return document;
}

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
    sg_document *document = load_file("above.yaml", NULL);
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

    document = load_file("above.yaml@tiny", NULL);
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
    document = load_file("inner/user.yaml", ".");
    bound = bind(document, 7, true);
    assert_shape(bound, "y", "[7]");
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    unlink("inner/user.yaml");
    rmdir("inner");
    scratch_leave();
}
END_TEST

/* ---- sections ---- */

START_TEST(rules_capture_round_numbers) {
    sg_document *document =
        load("simgraph: 1\n"
             "args: {depth: 4, decay: 0.5}\n"
             "train:\n"
             "  weights:\n"
             "    - {match: [bias, norm*], decay: 0}\n"
             "    - {match: encoder.block.<l>, lr: $(decay ** (depth - l)), decay: $(l + 1)}\n");
    const sg_tree *rules = sg_tree_find(sg_document_section(document, "train"), "weights");
    const sg_tree *lr = sg_tree_find(sg_tree_at(rules, 1), "lr");
    sg_diagnostics *diagnostics;
    sg_captures captures;
    double number = 0;
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    ck_assert_int_eq(sg_tree_kind_of(lr), SG_TREE_DEFERRED);
    ck_assert(sg_path_match("encoder.block.<l>", "my.encoder.block.3.mlp.weight", &captures));
    ck_assert_int_eq(captures.count, 1);
    ck_assert(sg_tree_number_with(lr, &captures, &number, diagnostics) && number == 0.5);
    ck_assert(sg_path_match("encoder.block.<l>", "encoder.block.1", &captures));
    ck_assert(sg_tree_number_with(lr, &captures, &number, diagnostics) && number == 0.125);
    ck_assert(sg_tree_number_with(sg_tree_find(sg_tree_at(rules, 0), "decay"), NULL, &number, diagnostics));
    ck_assert(number == 0);
    ck_assert_uint_eq(sg_diagnostics_errors(diagnostics), 0);
    ck_assert(!sg_tree_number_with(lr, NULL, &number, diagnostics));
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_str_eq(messages,
                     "graph.yaml:6:58: error: the pattern that matched does not capture <l>\n"
                     "      - {match: encoder.block.<l>, lr: $(decay ** (depth - l)), decay: $(l + 1)}\n"
                     "                                                           ^\n");
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    sg_document_destroy(document);
}
END_TEST

START_TEST(patterns_match_segments) {
    static const struct {
        const char *pattern, *path;
        bool match;
    } cases[] = {
        {"bias", "a.bias", true},
        {"bias", "a.bias.b", true},
        {"bias", "a.qkv_bias", false},
        {"*bias", "a.qkv_bias", true},
        {"norm*", "codes.block.3.norm1.weight", true},
        {"norm*", "codes.block.3.enorm1.weight", false},
        {"block.<l>", "codes.block.3.norm", true},
        {"block.<l>", "codes.block.x.norm", false},
        {"block.<l>.mlp", "codes.block.12.mlp.fc1", true},
        {"block.<l>.mlp", "codes.block.12.mix.fc1", false},
        {"codes", "codes", true},
        {"codes.block", "codes", false},
        {"a.b", "a.a.b", true},
        {"*", "anything", true},
        {"a*c*e", "abcde", true},
        {"a*c*e", "abcd", false},
        {"a*.b", "a1.c.a2.b", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(sg_path_match(cases[i].pattern, cases[i].path, NULL) == cases[i].match, "%s %s",
                      cases[i].pattern, cases[i].path);
    sg_captures captures;
    ck_assert(sg_path_match("s.<i>.b.<j>", "x.s.2.b.17.w", &captures));
    ck_assert_int_eq(captures.count, 2);
    ck_assert_str_eq(captures.name[1], "j");
    ck_assert_int_eq(captures.value[0], 2);
    ck_assert_int_eq(captures.value[1], 17);
}
END_TEST

START_TEST(sections_are_read_with_checks) {
    sg_document *document = load("simgraph: 1\n"
                                 "train:\n"
                                 "  epochs: 10\n"
                                 "  batch: 2.5\n"
                                 "  clip: -1\n"
                                 "  name: 3\n"
                                 "  every: 5 epochs\n"
                                 "  once: 1 step\n"
                                 "  wrong: 5 minutes\n"
                                 "  flag: maybe\n"
                                 "  init: {op: normal, std: 0.5}\n"
                                 "  start: {op: normal, sdt: 0.5}\n"
                                 "  other: {op: norml}\n"
                                 "  minimise: loss\n");
    const sg_tree *train = sg_document_section(document, "train");
    sg_diagnostics *d;
    ck_assert(sg_diagnostics_create(&d, NULL) == SG_OK);
    int64_t whole = 0;
    double number = 0;
    bool flag = false;
    const char *text = NULL, *unit = NULL;
    ck_assert(sg_tree_read_int(train, "epochs", true, 1, INT64_MAX, &whole, d) && whole == 10);
    ck_assert(!sg_tree_read_int(train, "absent", false, 1, 5, &whole, d));
    ck_assert(sg_tree_read_span(train, "every", true, &number, &unit, d) && number == 5);
    ck_assert_str_eq(unit, "epochs");
    ck_assert(sg_tree_read_span(train, "once", true, &number, &unit, d) && number == 1);
    ck_assert_str_eq(unit, "steps");
    const sg_call *call = sg_tree_call(sg_tree_find(train, "init"), SG_KIND_INIT, NULL, d);
    ck_assert_ptr_nonnull(call);
    ck_assert_str_eq(call->schema->name, "normal");
    ck_assert(call->attr[sg_schema_attr_index(call->schema, "std")].f == 0.5);
    ck_assert(call->attr[sg_schema_attr_index(call->schema, "mean")].present);
    ck_assert_uint_eq(sg_diagnostics_count(d), 0);

    ck_assert(!sg_tree_read_int(train, "batch", true, 1, 100, &whole, d));
    ck_assert(!sg_tree_read_number(train, "clip", true, 0, INFINITY, &number, d));
    ck_assert(!sg_tree_read_text(train, "name", true, &text, d));
    ck_assert(!sg_tree_read_span(train, "wrong", true, &number, &unit, d));
    ck_assert(!sg_tree_read_bool(train, "flag", true, &flag, d));
    ck_assert(!sg_tree_read_bool(train, "missing", true, &flag, d));
    ck_assert_ptr_null(sg_tree_call(sg_tree_find(train, "start"), SG_KIND_INIT, NULL, d));
    ck_assert_ptr_null(sg_tree_call(sg_tree_find(train, "other"), SG_KIND_INIT, NULL, d));
    ck_assert(!sg_tree_check_keys(
        train, "`train`", "minimize epochs batch clip name every once wrong flag init start other", d));
    char *messages = sg_diagnostics_text(d, false);
    ck_assert_str_eq(messages,
                     "graph.yaml:3:3: error: the key `missing` is missing here\n"
                     "    epochs: 10\n"
                     "    ^\n"
                     "graph.yaml:4:10: error: `batch` must be a whole number, but is 2.5\n"
                     "    batch: 2.5\n"
                     "           ^~~\n"
                     "graph.yaml:5:9: error: `clip` must be at least 0, but is -1\n"
                     "    clip: -1\n"
                     "          ^~\n"
                     "graph.yaml:6:9: error: `name` must be a text, but is 3\n"
                     "    name: 3\n"
                     "          ^\n"
                     "  put it in quotes\n"
                     "graph.yaml:9:10: error: `wrong` must be a span of training, but is the text "
                     "`5 minutes`\n"
                     "    wrong: 5 minutes\n"
                     "           ^~~~~~~~~\n"
                     "  write `10 epochs` or `500 steps`\n"
                     "graph.yaml:10:9: error: `flag` must be true or false, but is the text `maybe`\n"
                     "    flag: maybe\n"
                     "          ^~~~~\n"
                     "graph.yaml:12:23: error: `normal` has no attribute `sdt`\n"
                     "    start: {op: normal, sdt: 0.5}\n"
                     "                        ^~~\n"
                     "  did you mean `std`?\n"
                     "graph.yaml:13:15: error: unknown initialiser `norml`\n"
                     "    other: {op: norml}\n"
                     "                ^~~~~\n"
                     "  did you mean `normal`?\n"
                     "graph.yaml:14:3: error: unknown key `minimise` in `train`\n"
                     "    minimise: loss\n"
                     "    ^~~~~~~~\n"
                     "  did you mean `minimize`?\n");
    free(messages);
    sg_diagnostics_destroy(d);
    sg_document_destroy(document);
}
END_TEST

/* ---- expanding ---- */

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

/* ---- diagnostics and limits ---- */

START_TEST(diagnostics_are_sorted_and_rendered) {
    sg_diagnostics *d;
    ck_assert(sg_diagnostics_create(&d, NULL) == SG_OK);
    ck_assert(sg_diagnostics_add(d, SG_SEVERITY_ERROR, (sg_mark){"b.yaml", 3, 1}, 1, NULL, "third") ==
              SG_BAD_GRAPH);
    ck_assert(sg_diagnostics_add(d, SG_SEVERITY_WARNING, (sg_mark){"b.yaml", 2, 5}, 1, "hint", "second %d",
                                 2) == SG_OK);
    sg_diagnostics_add(d, SG_SEVERITY_ERROR, (sg_mark){"b.yaml", 2, 1}, 1, NULL, "first");
    sg_diagnostics_add(d, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "nowhere");
    sg_diagnostics_add(d, SG_SEVERITY_ERROR, (sg_mark){0}, 1, NULL, "nowhere");
    sg_diagnostics_add(d, SG_SEVERITY_ERROR, (sg_mark){"b.yaml", 0, 0}, 1, NULL, "the whole file");
    char *text = sg_diagnostics_text(d, false);
    ck_assert_str_eq(text, "error: nowhere\n"
                           "b.yaml: error: the whole file\n"
                           "b.yaml:2:1: error: first\n"
                           "b.yaml:2:5: warning: second 2\n"
                           "  hint\n"
                           "b.yaml:3:1: error: third\n");
    free(text);
    ck_assert_uint_eq(sg_diagnostics_errors(d), 4);
    ck_assert_uint_eq(sg_diagnostics_count(d), 5);
    ck_assert_ptr_null(sg_diagnostics_at(d, 5));
    sg_diagnostics_destroy(d);
    sg_diagnostics_destroy(NULL);
}
END_TEST

/* Texts that are cheap to write and must be cheap to refuse. */
START_TEST(limits_hold) {
    size_t size = (1 << 20) + 2;
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    memcpy(text, "simgraph: 1\n#", 13);
    text[size] = 0;
    char *messages = messages_of(text, 0, NULL);
    ck_assert_str_eq(messages, "graph.yaml: error: the file is larger than 1 MiB, which no graph needs\n");
    free(messages);
    memset(text, '[', 80000);
    text[80000] = 0;
    messages = messages_of(text, 0, NULL);
    ck_assert(strstr(messages, "nested more than 64 deep") != NULL);
    free(messages);
    free(text);
    messages = messages_of("simgraph: 1\n"
                           "nodes:\n"
                           "  x: {op: input, shape: [batch]}\n"
                           "  y: {op: gelu, in: x, repeat: {i: 1000000}}\n",
                           0, NULL);
    ck_assert_str_eq(messages, "graph.yaml:4:11: error: the graph has more than 1000000 nodes\n"
                               "    y: {op: gelu, in: x, repeat: {i: 1000000}}\n"
                               "            ^~~~\n"
                               "  in round 999999 of `y` (graph.yaml:4)\n");
    free(messages);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {expressions_have_their_values,
                                  dollars_insert_values,
                                  indexing_agrees_with_numpy,
                                  formulas_become_nodes,
                                  blocks_expand,
                                  weights_are_shared,
                                  patterns_bind_and_check_sizes,
                                  ops_are_repeated_over,
                                  settings_change_arguments_and_keys,
                                  files_build_on_others,
                                  rules_capture_round_numbers,
                                  patterns_match_segments,
                                  sections_are_read_with_checks,
                                  an_expanded_graph_is_the_same_graph,
                                  diagnostics_are_sorted_and_rendered,
                                  limits_hold,
                                  NULL};
    return unit_run(unit_suite("language", tests));
}
