/* Diagnostics of the graph language, and its limits. */
#include "language.h"

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
    ck_assert_str_eq(text, "simgraph: error: nowhere\n"
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
    const TTest *const tests[] = {diagnostics_are_sorted_and_rendered, limits_hold, NULL};
    return unit_run(unit_suite("language", tests));
}
