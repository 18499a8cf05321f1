/* Sections of the run: rules with captures, patterns, checked reading. */
#include "language.h"

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

int main(void) {
    const TTest *const tests[] = {rules_capture_round_numbers, patterns_match_segments,
                                  sections_are_read_with_checks, NULL};
    return unit_run(unit_suite("language_sections", tests));
}
