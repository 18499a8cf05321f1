/* Expressions and formulas of the graph language. */
#include "language.h"

#include "recorded_slices.h"

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

int main(void) {
    const TTest *const tests[] = {expressions_have_their_values, dollars_insert_values,
                                  indexing_agrees_with_numpy, formulas_become_nodes, NULL};
    return unit_run(unit_suite("language_expressions", tests));
}
