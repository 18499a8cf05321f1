/* Weights under other names: tables against recorded numbers, files of names, joining, cutting, what does not
 * fit. */
#include <math.h>
#include <stdlib.h>

#include "language.h"
#include "scratch.h"
#include "simgraph/weights.h"
#include "weights/table.h"

/* ---- tables ---- */

typedef struct table_case {
    char kind[16];
    int first, last, rows, columns;
} table_case;

static sg_name_rule rule_of(const table_case *c) {
    bool positions = strcmp(c->kind, "positions") == 0;
    return (sg_name_rule){.resize = positions ? SG_RESIZE_POSITIONS : SG_RESIZE_OFFSETS,
                          .by = positions ? "bicubic" : c->kind,
                          .first = c->first,
                          .last = c->last};
}

/* tests/torch/record_tables.py made them, with PyTorch and SciPy. */
START_TEST(tables_are_those_of_pytorch_and_scipy) {
    sg_arrays records = {0};
    sg_error error = {0};
    int cases = 0;
    assert_ok(sg_arrays_load(&records, TABLES, &error));
    for (size_t i = 0; i < records.count; i++) {
        table_case c;
        char name[128];
        const char *why;
        if (!strstr(records.items[i].name, "/from")) continue;
        ck_assert_int_eq(
            sscanf(records.items[i].name, "%15s %d %d %d %d", c.kind, &c.first, &c.last, &c.rows, &c.columns),
            5);
        snprintf(name, sizeof name, "%.*s/to", (int)(strlen(records.items[i].name) - 5),
                 records.items[i].name);
        const sg_tensor *from = &records.items[i].tensor, *wanted = sg_arrays_find(&records, name);
        ck_assert_ptr_nonnull(wanted);
        bool offsets = strcmp(c.kind, "positions") != 0;
        const int64_t grid[2] = {offsets ? (c.rows + 1) / 2 : c.rows,
                                 offsets ? (c.columns + 1) / 2 : c.columns};
        sg_name_rule rule = rule_of(&c);
        sg_table_plan plan;
        ck_assert_msg(sg_table_plan_init(&plan, &rule, rule.by, &from->shape, &wanted->shape, grid, &why),
                      "%s: %s", name, why);
        sg_tensor to;
        assert_ok(sg_tensor_init(&to, SG_F64, wanted->shape, &error));
        assert_ok(sg_table_resize(&plan, &to, from, &error));
        for (int64_t k = 0; k < sg_tensor_elements(&to); k++)
            ck_assert_msg(fabs(sg_tensor_get(&to, k) - sg_tensor_get(wanted, k)) <= 1e-12,
                          "%s: %lld: %.17g, not %.17g", name, (long long)k, sg_tensor_get(&to, k),
                          sg_tensor_get(wanted, k));
        sg_tensor_finish(&to);
        cases++;
    }
    ck_assert_int_ge(cases, 19);
    sg_arrays_finish(&records);
}
END_TEST

static const char *plan(const char *kind, int first, int last, sg_shape from, sg_shape to,
                        const int64_t *grid) {
    table_case c = {.first = first, .last = last};
    snprintf(c.kind, sizeof c.kind, "%s", kind);
    sg_name_rule rule = rule_of(&c);
    sg_table_plan out;
    const char *why;
    return sg_table_plan_init(&out, &rule, rule.by, &from, &to, grid, &why) ? "good" : why;
}

START_TEST(tables_that_cannot_be_resized) {
    static const int64_t wide[2] = {2, 3};
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(1, 5, 4), SG_SHAPE(10, 4), NULL), "good");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(1, 5, 4), SG_SHAPE(9, 4), NULL), "good");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(4, 4), SG_SHAPE(10, 4), NULL),
                     "ours has rows beside those of the grid, theirs has not");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(7, 4), SG_SHAPE(10, 4), NULL),
                     "theirs belongs to no square grid: it cannot be resized");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(2, 5, 4), SG_SHAPE(10, 4), NULL),
                     "theirs belongs to no square grid: it cannot be resized");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(5, 4), SG_SHAPE(7, 4), NULL),
                     "ours belongs to no square grid: it cannot be resized");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(5, 4), SG_SHAPE(7, 4), wide), "good");
    ck_assert_str_eq(plan("positions", 1, 0, SG_SHAPE(5, 4), SG_SHAPE(8, 4), wide),
                     "ours belongs to no square grid: it cannot be resized");
    ck_assert_str_eq(plan("bicubic", 0, 0, SG_SHAPE(9, 4), SG_SHAPE(25, 2), NULL),
                     "the columns differ: only rows can be resized");
    ck_assert_str_eq(plan("bicubic", 0, 0, SG_SHAPE(9, 4), SG_SHAPE(15, 4), wide), "good");
    ck_assert_str_eq(
        plan("geometric", 0, 0, SG_SHAPE(9, 4), SG_SHAPE(25, 4), NULL),
        "the geometric scheme needs tables of 5 x 5 offsets or more, and an odd number of them a side");
    ck_assert_str_eq(plan("geometric", 0, 3, SG_SHAPE(28, 4), SG_SHAPE(12, 4), NULL), "good");
    ck_assert_str_eq(plan("geometric", 0, 3, SG_SHAPE(28, 4), SG_SHAPE(9, 4), NULL), "good");
}
END_TEST

/* ---- files of names ---- */

/* What loading the file of names `text` says. */
static char *messages_about(const char *text) {
    sg_diagnostics *diagnostics;
    sg_names *names;
    ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
    scratch_write("names.yaml", text, strlen(text));
    sg_status status = sg_names_load(&names, "names.yaml", (sg_mark){0}, 1, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_int_eq(status, *messages ? SG_BAD_GRAPH : SG_OK);
    sg_names_destroy(names);
    sg_diagnostics_destroy(diagnostics);
    return messages;
}

/* Line, column and message alone: what test_messages looks at is the same for all files. */
static void check_names(const char *text, const char *wanted) {
    char *messages = messages_about(text);
    char *end = strchr(messages, '\n');
    if (end) *end = 0;
    ck_assert_msg(strcmp(messages, wanted) == 0, "%s\n%s\n%s", text, messages, wanted);
    free(messages);
}

START_TEST(mistakes_in_files_of_names) {
    static const char *const cases[][2] = {
        {"names: 1\nmaps: []\n", ""},
        {"names: 1\nbase: hf\nmaps:\n  - {of: my_encoder, like: vit_encoder}\n", ""},
        {"maps: []\n", "1:1: error: this is not a file of names: the key `names` is missing"},
        {"[a]\n", "1:1: error: this is not a file of names: the key `names` is missing"},
        {"names: 2\n", "1:8: error: this program reads version 1 of files of names"},
        {"names: 1\n", "1:1: error: `maps` is missing: a list of maps, one for each block"},
        {"names: 1\nmap: []\n", "2:1: error: unknown key `map` in a file of names"},
        {"names: 1\nbase: mine\nmaps: []\n", "2:7: error: a base is one of the built-in names"},
        {"names: 1\nprefixes: [1]\nmaps: []\n", "2:12: error: `prefixes` takes a name or a list of names"},
        {"names: 1\nmaps:\n- {of: a, weights: {}, wieghts: {}}\n",
         "3:24: error: unknown key `wieghts` in a map of names"},
        {"names: 1\nmaps:\n- {of: a}\n", "3:3: error: the key `weights` is missing here"},
        {"names: 1\nmaps:\n- {of: a, like: vit_encoder}\n",
         "3:17: error: there is no map of the block `vit_encoder` above, nor in a base"},
        {"names: 1\nmaps:\n- {of: a, weights: b}\n",
         "3:20: error: `weights` maps our names to theirs, as in {norm: encoder.norm}"},
        {"names: 1\nmaps:\n- {of: a, weights: {}, computed: b}\n",
         "3:34: error: `computed` maps nodes of ours to names of theirs"},
        {"names: 1\nmaps:\n- {of: 3, weights: {}}\n", "3:8: error: `of` must be a text, but is 3"},
        {"names: 1\nmaps: [a]\n", "2:8: error: a map of names must be a mapping, but is a text"},
        {"names: 1\nmaps: &x []\n", "2:7: error: anchors are not part of the language"},
    };
    scratch_enter();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[256] = "";
        if (*cases[i][1]) snprintf(wanted, sizeof wanted, "names.yaml:%s", cases[i][1]);
        check_names(cases[i][0], wanted);
    }
    scratch_leave();
}
END_TEST

/* The same for one rule "a.<l>: THEIRS". */
static void check_rule(const char *theirs, const char *wanted) {
    char text[512];
    snprintf(text, sizeof text, "names: 1\nmaps:\n- weights:\n    a.<l>: %s\n", theirs);
    check_names(text, wanted);
}

START_TEST(mistakes_in_rules) {
    static const char *const cases[][2] = {
        {"b.<l>.<l+1>.<l-1>", ""},
        {"[b, 0, c]", ""},
        {"{name: [b, c], or: d, shape: [1, ..., 1]}", ""},
        {"{name: b, resize: offsets, by: geometric, last: 3, grid: c}", ""},
        {"3",
         "4:12: error: theirs is a name, a list of names to be joined, or a mapping with the key `name`"},
        {"\"\"",
         "4:12: error: theirs is a name, a list of names to be joined, or a mapping with the key `name`"},
        {"[b, 1]", "4:16: error: what is joined are names, or 0 for zeros"},
        {"[b, [c]]", "4:16: error: what is joined are names, or 0 for zeros"},
        {"[0, 0]", "4:12: error: nothing is named here"},
        {"[]", "4:12: error: nothing is named here"},
        {"b.<k>", "4:12: error: `<k>` stands for nothing: `a.<l>` does not capture it"},
        {"b.<k+1>", "4:12: error: `<k>` stands for nothing: `a.<l>` does not capture it"},
        {"b.<l",
         "4:12: error: a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it"},
        {"b.<l*2>", "4:12: error: `<l*2>` stands for nothing: `a.<l>` does not capture it"},
        {"b.<l+x>",
         "4:12: error: a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it"},
        {"b.<l+>",
         "4:12: error: a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it"},
        {"b.<l+9223372036854775807>",
         "4:12: error: a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it"},
        {"b.<>",
         "4:12: error: a number is written `<l>`, `<l+1>` or `<l-1>`, with the name that ours has for it"},
        {"{or: b}", "4:12: error: the key `name` is missing: what it is called there"},
        {"{name: b, first: 1}", "4:29: error: this says how to resize: the key `resize` is missing"},
        {"{name: b, resize: table}", "4:30: error: `resize` is positions or offsets, not `table`"},
        {"{name: b, resize: offsets, by: linear}", "4:43: error: `by` is bicubic or geometric, not `linear`"},
        {"{name: b, resize: positions, by: geometric}",
         "4:45: error: positions are resized by bicubic interpolation alone"},
        {"{name: [b, c], resize: offsets}", "4:12: error: what is joined cannot be resized"},
        {"{name: b, resize: offsets, last: -1}", "4:45: error: `last` must be between 0 and 1000, but is -1"},
        {"{name: b, resize: offsets, grid: 1}", "4:45: error: `grid` must be a text, but is 1"},
        {"{name: b, shape: [1]}",
         "4:29: error: `shape` lists axes of size 1 around ours, which are `...`: [1, ...]"},
        {"{name: b, shape: [2, ...]}",
         "4:29: error: `shape` lists axes of size 1 around ours, which are `...`: [1, ...]"},
        {"{name: b, shape: 1}",
         "4:29: error: `shape` lists axes of size 1 around ours, which are `...`: [1, ...]"},
        {"{name: b, size: 1}", "4:22: error: unknown key `size` in a rule"},
    };
    scratch_enter();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[256] = "";
        if (*cases[i][1]) snprintf(wanted, sizeof wanted, "names.yaml:%s", cases[i][1]);
        check_rule(cases[i][0], wanted);
    }
    check_names("names: 1\nmaps:\n- weights: {}\n  computed: {x.y: [a, b]}\n",
                "names.yaml:4:19: error: what is computed has one name");
    scratch_leave();
}
END_TEST

START_TEST(names_that_are_not_known) {
    static const char *const cases[][2] = {
        {"offical", "simgraph: error: there are no names `offical` of weights\n  did you mean `official`?\n"},
        {"keras", "simgraph: error: there are no names `keras` of weights\n"
                  "  known: auto, hf, hf5, official, timm, or a file: names.yaml\n"},
        {"none/names.yaml", "none/names.yaml: error: cannot read `none/names.yaml`: there is no such file\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sg_diagnostics *diagnostics;
        sg_names *names;
        ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
        ck_assert_int_ne(sg_names_load(&names, cases[i][0], (sg_mark){0}, 1, diagnostics), SG_OK);
        ck_assert_ptr_null(names);
        char *messages = sg_diagnostics_text(diagnostics, false);
        ck_assert_str_eq(messages, cases[i][1]);
        free(messages);
        sg_diagnostics_destroy(diagnostics);
    }
}
END_TEST

/* ---- in and out ---- */

/* A graph with two instances of a block that has a joined matrix, a table and a token. */
static const char graph_text[] = "simgraph: 1\n"
                                 "blocks:\n"
                                 "  part:\n"
                                 "    inputs: {x: [b, n, c]}\n"
                                 "    nodes:\n"
                                 "      qkv: {op: weight, shape: [6, c]}\n"
                                 "      qkv_bias: {op: weight, shape: [6]}\n"
                                 "      token: {op: weight, shape: [c]}\n"
                                 "      table: {op: weight, shape: [9, c], decay: false}\n"
                                 "      y: x + sum(qkv) + sum(qkv_bias) + token + sum(table)\n"
                                 "nodes:\n"
                                 "  x: {op: input, shape: [batch, 2, 3]}\n"
                                 "  enc: {op: part, in: x, repeat: {l: 2}}\n"
                                 "  count: {op: state, shape: [], next: more}\n"
                                 "  more: count + 1\n"
                                 "  y: enc + count\n";

static const char names_text[] =
    "names: 1\n"
    "prefixes: module\n"
    "ignore: steps\n"
    "maps:\n"
    "- at: model\n"
    "  weights:\n"
    "    enc.<l>.qkv: [l<l>.q, l<l>.k, l<l>.v]\n"
    "    enc.<l>.qkv_bias: {name: [l<l>.q_bias, 0, l<l>.v_bias], or: l<l>.bias}\n"
    "    enc.<l>.token: {name: l<l>.token, shape: [1, ..., 1]}\n"
    "    enc.<l>.table: {name: l<l>.table, resize: offsets}\n"
    "    count: count\n";

typedef struct exchange {
    sg_document *document;
    sg_bound *bound;
    sg_names *names;
    sg_arrays theirs, ours;
    sg_weights_report report;
    sg_weights_options options;
    sg_error error;
} exchange;

static void put(sg_arrays *arrays, const char *name, double from, sg_shape shape) {
    sg_tensor x;
    sg_error error = {0};
    assert_ok(sg_tensor_init(&x, SG_F32, shape, &error));
    for (int64_t i = 0; i < sg_tensor_elements(&x); i++) sg_tensor_set(&x, i, from + (double)i);
    assert_ok(sg_arrays_add(arrays, name, &x, &error));
}

/* A file of theirs, every name with `prefix` in front, and the graph with its names. */
static void begin(exchange *e, const char *prefix) {
    sg_diagnostics *diagnostics;
    memset(e, 0, sizeof *e);
    e->document = load(graph_text);
    e->bound = bind(e->document, 1, true);
    scratch_enter();
    scratch_write("names.yaml", names_text, strlen(names_text));
    ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
    ck_assert_int_eq(sg_names_load(&e->names, "names.yaml", (sg_mark){0}, 1, diagnostics), SG_OK);
    sg_diagnostics_destroy(diagnostics);
    scratch_leave();
    e->options = (sg_weights_options){.size = sizeof e->options, .names = e->names};
    for (int l = 0; l < 2; l++) {
        static const char *const names[] = {"q", "k", "v", "q_bias", "v_bias", "token", "table"};
        const sg_shape shapes[] = {SG_SHAPE(2, 3), SG_SHAPE(2, 3),    SG_SHAPE(2, 3), SG_SHAPE(2),
                                   SG_SHAPE(2),    SG_SHAPE(1, 3, 1), SG_SHAPE(9, 3)};
        for (int i = 0; i < 7; i++) {
            char name[64];
            snprintf(name, sizeof name, "%sl%d.%s", prefix, l, names[i]);
            put(&e->theirs, name, 100 * l + 10 * i, shapes[i]);
        }
    }
    char name[64];
    snprintf(name, sizeof name, "%scount", prefix);
    put(&e->theirs, name, 7, (sg_shape){0});
    snprintf(name, sizeof name, "%ssteps", prefix);
    put(&e->theirs, name, 5, (sg_shape){0});
}

static void finish(exchange *e) {
    sg_weights_report_finish(&e->report);
    sg_arrays_finish(&e->ours);
    sg_arrays_finish(&e->theirs);
    sg_names_destroy(e->names);
    sg_bound_destroy(e->bound);
    sg_document_destroy(e->document);
}

static sg_status import(exchange *e) {
    sg_weights_report_finish(&e->report);
    sg_arrays_finish(&e->ours);
    return sg_weights_import(&e->ours, &e->report, sg_bound_graph(e->bound), &e->theirs, &e->options,
                             &e->error);
}

static void assert_numbers(const sg_arrays *arrays, const char *name, int count, const double *wanted) {
    const sg_tensor *x = sg_arrays_find(arrays, name);
    ck_assert_msg(x != NULL, "%s", name);
    ck_assert_int_eq(sg_tensor_elements(x), count);
    for (int i = 0; i < count; i++) ck_assert_msg(sg_tensor_get(x, i) == wanted[i], "%s: %d", name, i);
}

/* With all prefixes that may be there, or none. */
START_TEST(joined_and_cut) {
    static const char *const prefixes[] = {"", "model.", "module.", "module.model.", "module.module.model."};
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        exchange e;
        begin(&e, prefixes[p]);
        ck_assert_msg(import(&e) == SG_OK, "%s: %s", prefixes[p], e.error.message);
        ck_assert_int_eq(e.report.count[SG_WEIGHT_TAKEN], 9);
        ck_assert_int_eq(e.report.count[SG_WEIGHT_IGNORED], 1);
        ck_assert_int_eq(e.report.weights, 9);
        assert_numbers(&e.ours, "enc.1.qkv", 18,
                       (const double[]){100, 101, 102, 103, 104, 105, 110, 111, 112, 113, 114, 115, 120, 121,
                                        122, 123, 124, 125});
        assert_numbers(&e.ours, "enc.0.qkv_bias", 6, (const double[]){30, 31, 0, 0, 40, 41});
        assert_numbers(&e.ours, "enc.0.token", 3, (const double[]){50, 51, 52});
        assert_numbers(&e.ours, "count", 1, (const double[]){7});
        ck_assert_int_eq(sg_arrays_find(&e.ours, "enc.0.token")->shape.rank, 1);

        sg_arrays back = {0};
        sg_weights_report report = {0};
        sg_error error = {0};
        assert_ok(sg_weights_export(&back, &report, sg_bound_graph(e.bound), &e.ours, &e.options, &error));
        ck_assert_int_eq(back.count, 15);
        for (size_t i = 0; i < e.theirs.count; i++) {
            const char *name = strstr(e.theirs.items[i].name, "l0"),
                       *at = strstr(e.theirs.items[i].name, "l1");
            char full[64];
            if (!name) name = at;
            if (!name) continue;
            snprintf(full, sizeof full, "model.%s", name);
            const sg_tensor *x = sg_arrays_find(&back, full), *y = &e.theirs.items[i].tensor;
            ck_assert_msg(x && sg_shape_equal(&x->shape, &y->shape), "%s", full);
            for (int64_t k = 0; k < sg_tensor_elements(x); k++)
                ck_assert(sg_tensor_get(x, k) == sg_tensor_get(y, k));
        }
        sg_arrays_finish(&back);
        sg_weights_report_finish(&report);
        finish(&e);
    }
}
END_TEST

static void drop(sg_arrays *arrays, const char *name) {
    for (size_t i = 0; i < arrays->count; i++) {
        if (strcmp(arrays->items[i].name, name) != 0) continue;
        free(arrays->items[i].name);
        sg_tensor_finish(&arrays->items[i].tensor);
        arrays->items[i] = arrays->items[--arrays->count];
        return;
    }
    ck_abort_msg("there is no %s", name);
}

START_TEST(another_way) {
    exchange e;
    begin(&e, "");
    drop(&e.theirs, "l1.q_bias");
    drop(&e.theirs, "l1.v_bias");
    put(&e.theirs, "l1.bias", 1, SG_SHAPE(6));
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    assert_numbers(&e.ours, "enc.1.qkv_bias", 6, (const double[]){1, 2, 3, 4, 5, 6});
    finish(&e);
}
END_TEST

static void assert_import_fails(exchange *e, const char *message) {
    sg_error error;
    sg_status status = import(e);
    error = e->error;
    assert_fails(status, SG_BAD_CHECKPOINT, message);
    ck_assert_int_eq(e->ours.count, 0);
}

START_TEST(what_does_not_fit) {
    static const char *const patterns[] = {"enc", "l1", "old"};
    exchange e;
    begin(&e, "model.");
    drop(&e.theirs, "model.l0.k");
    drop(&e.theirs, "model.l1.token");
    put(&e.theirs, "model.l1.token", 0, SG_SHAPE(4));
    drop(&e.theirs, "model.l0.v_bias");
    put(&e.theirs, "model.l0.v_bias", 0, SG_SHAPE(3));
    put(&e.theirs, "old", 0, SG_SHAPE(3));
    assert_import_fails(
        &e, "the weights do not fit; 1 missing: `model.l0.k` (there is `model.l0.q`); 2 of another "
            "shape: `model.l0.q_bias` (the arrays that are joined differ in shape), `model.l1.token` "
            "([4] there, [3] here); 1 left over: `old`");
    e.options.fresh = patterns;
    e.options.fresh_count = 1;
    assert_import_fails(&e, "the weights do not fit; 1 left over: `old`");
    e.options.ignore = patterns + 2;
    e.options.ignore_count = 1;
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    ck_assert_int_eq(e.report.count[SG_WEIGHT_FRESH], 3);
    ck_assert_ptr_null(sg_arrays_find(&e.ours, "enc.0.qkv"));
    finish(&e);
}
END_TEST

START_TEST(tables_of_another_size) {
    exchange e;
    begin(&e, "");
    drop(&e.theirs, "l0.table");
    put(&e.theirs, "l0.table", 3, SG_SHAPE(25, 3));
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    ck_assert_int_eq(e.report.count[SG_WEIGHT_RESIZED], 1);
    /* The middle stays; what grows evenly still does. */
    const sg_tensor *x = sg_arrays_find(&e.ours, "enc.0.table");
    ck_assert_double_eq_tol(sg_tensor_get(x, 4 * 3), 3 + 12 * 3, 1e-5);
    ck_assert_double_eq_tol(sg_tensor_get(x, 3 * 3) + sg_tensor_get(x, 5 * 3), 2 * (3 + 12 * 3), 1e-5);
    e.options.resize = "geometric";
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    ck_assert_double_eq_tol(sg_tensor_get(sg_arrays_find(&e.ours, "enc.0.table"), 12), 39, 1e-5);
    drop(&e.theirs, "l0.table");
    put(&e.theirs, "l0.table", 3, SG_SHAPE(24, 3));
    assert_import_fails(&e,
                        "the weights do not fit; 1 of another shape: `model.l0.table` ([24, 3] there, [9, 3] "
                        "here: theirs belongs to no square grid: it cannot be resized)");
    finish(&e);
}
END_TEST

/* Whose names they are, and whose rather. */
START_TEST(names_that_fit_better) {
    exchange e;
    begin(&e, "");
    sg_arrays_finish(&e.theirs);
    static const char *const names[] = {"enc.0.qkv", "enc.0.qkv_bias", "enc.0.token", "enc.0.table",
                                        "enc.1.qkv"};
    const sg_shape shapes[] = {SG_SHAPE(6, 3), SG_SHAPE(6), SG_SHAPE(3), SG_SHAPE(9, 3), SG_SHAPE(6, 3)};
    for (int i = 0; i < 5; i++) put(&e.theirs, names[i], i, shapes[i]);
    ck_assert_int_eq(import(&e), SG_BAD_CHECKPOINT);
    ck_assert_str_eq(e.report.names, "names.yaml");
    ck_assert_str_eq(e.report.fits, "simgraph");
    ck_assert_int_eq(e.report.fits_count, 5);
    ck_assert_ptr_nonnull(strstr(e.error.message,
                                 "; the names are rather those of `simgraph`, after which 5 of 9 "
                                 "weights are there"));
    finish(&e);
}
END_TEST

static void assert_export_fails(exchange *e, const char *message) {
    sg_arrays back = {0};
    sg_weights_report report = {0};
    sg_error error = {0};
    assert_fails(sg_weights_export(&back, &report, sg_bound_graph(e->bound), &e->ours, &e->options, &error),
                 SG_BAD_CHECKPOINT, message);
    ck_assert_int_eq(back.count, 0);
    sg_weights_report_finish(&report);
}

/* Another name for a weight of the graph by another file of names. */
static void rename_rule(exchange *e, const char *from, const char *to) {
    sg_name_map *map = &e->names->family[e->names->chosen].map[0];
    for (size_t i = 0; i < map->rule_count; i++)
        if (strcmp(map->rule[i].ours, from) == 0) map->rule[i].ours = to;
}

START_TEST(what_cannot_be_exported) {
    exchange e;
    begin(&e, "");
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    sg_tensor *bias = sg_arrays_find(&e.ours, "enc.1.qkv_bias");
    sg_tensor_set(bias, 3, 1);
    assert_export_fails(
        &e, "the weights do not fit; 1 that cannot be written: `model.l1.q_bias` (theirs has no place for "
            "one part of it, which must be zeros)");
    sg_tensor_set(bias, 3, 0);
    drop(&e.ours, "enc.0.token");
    put(&e.ours, "enc.0.token", 0, SG_SHAPE(4));
    drop(&e.ours, "enc.0.table");
    put(&e.ours, "more", 0, SG_SHAPE(4));
    assert_export_fails(
        &e, "the weights do not fit; 1 missing: `enc.0.table`; 1 that cannot be written: `model.l0.token` "
            "(the file has it with another shape); 1 left over: `more`");
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    rename_rule(&e, "count", "counts");
    assert_export_fails(&e, "the weights do not fit; 1 without a name there: `count`");
    rename_rule(&e, "counts", "enc.1.token");
    assert_export_fails(&e, "the weights do not fit; 1 without a name there: `count`");
    finish(&e);
}
END_TEST

/* Two weights with one name would overwrite each other; on the way in both may begin with the same numbers.
 */
START_TEST(one_name_for_two) {
    exchange e;
    begin(&e, "");
    sg_name_map *map = &e.names->family[e.names->chosen].map[0];
    for (size_t i = 0; i < map->rule_count; i++)
        if (strcmp(map->rule[i].ours, "enc.<l>.token") == 0) map->rule[i].way[0].part[0] = "l0.token";
    static const char *const unused[] = {"l1.token"};
    e.options.ignore = unused;
    e.options.ignore_count = 1;
    ck_assert_msg(import(&e) == SG_OK, "%s", e.error.message);
    assert_numbers(&e.ours, "enc.1.token", 3, (const double[]){50, 51, 52});
    assert_export_fails(
        &e, "the weights do not fit; 1 that cannot be written: `model.l0.token` ([1, 3, 1] there, [3] "
            "here: another weight of the graph has that name too)");
    finish(&e);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {tables_are_those_of_pytorch_and_scipy,
                                  tables_that_cannot_be_resized,
                                  mistakes_in_files_of_names,
                                  mistakes_in_rules,
                                  names_that_are_not_known,
                                  joined_and_cut,
                                  another_way,
                                  what_does_not_fit,
                                  tables_of_another_size,
                                  names_that_fit_better,
                                  what_cannot_be_exported,
                                  one_name_for_two,
                                  NULL};
    return unit_run(unit_suite("weights", tests));
}
