/* A program that uses the library may have told setlocale that numbers have a comma: graph files, diagrams,
 * metrics and checkpoints are read and written as ever. The locale is made here, by localedef; without that
 * the test is skipped. */
#include <ctype.h>
#include <locale.h>

#include "language.h"
#include "simgraph/draw.h"
#include "simgraph/style.h"
#include "train_unit.h"

static const char numbers[] = "simgraph: 1\n"
                              "args: {rate: 0.25, tiny: 1.5e-7, lists: {default: [0.5, 2.75]}}\n"
                              "nodes:\n"
                              "  x: {op: input, shape: [batch, 8]}\n"
                              "  y: dropout(x * 0.125 + $rate, rate=rate) / 3.5\n"
                              "  z: {op: clamp, in: y, low: -0.75, high: \"$(lists[1] * 1.5)\"}\n"
                              "  w: {op: weight, shape: [8], init: {op: constant, value: $tiny}}\n"
                              "  loss: mean(z * w)\n";

static const char wrong[] = "simgraph: 1\n"
                            "nodes:\n"
                            "  x: {op: input, shape: [batch, 7]}\n"
                            "  y: {op: dropout, in: x, rate: 1.5}\n"
                            "  z: {op: reshape, in: x, shape: [batch, 7 / 2]}\n";

enum { TEXTS = 7 };

/* Everything that the library writes of a graph, as text. */
static void describe(char *text[TEXTS]) {
    sg_document *document = load(numbers);
    sg_bound *bound = bind(document, SG_SYMBOLIC_BATCH, true);
    const sg_graph *graph = sg_bound_graph(bound);
    sg_dot_options options = {.size = sizeof options, .depth = 3, .all = true};
    sg_diagnostics *messages;
    sg_error error;
    ck_assert_int_eq(sg_diagnostics_create(&messages, &error), SG_OK);
    ck_assert_int_eq(sg_document_text(document, &text[0], &error), SG_OK);
    ck_assert_int_eq(sg_document_expand(document, true, &text[1], messages), SG_OK);
    ck_assert_int_eq(sg_draw_dot(&text[2], graph, &options, &error), SG_OK);
    ck_assert_int_eq(sg_draw_page(&text[3], graph, &options, &error), SG_OK);
    ck_assert_int_eq(sg_draw_mermaid(&text[4], graph, &options, &error), SG_OK);
    ck_assert_int_eq(sg_style_text(&text[5], "graph.yaml", numbers, strlen(numbers), messages), SG_OK);
    sg_diagnostics_destroy(messages);
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    text[6] = messages_of(wrong, 0, NULL);
    ck_assert_ptr_nonnull(strstr(text[6], "rate is 1.5, but"));
    ck_assert_ptr_nonnull(strstr(text[6], "is 3.5, but"));
}

static void use_comma(void) {
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "de_DE.utf8"));
    char text[16];
    snprintf(text, sizeof text, "%.1f", 0.5);
    ck_assert_str_eq(text, "0,5");
}

START_TEST(texts_are_the_same) {
    char *plain[TEXTS], *comma[TEXTS];
    describe(plain);
    use_comma();
    describe(comma);
    for (int i = 0; i < TEXTS; i++) {
        ck_assert_str_eq(plain[i], comma[i]);
        free(plain[i]);
        free(comma[i]);
    }
    ck_assert_str_eq(localeconv()->decimal_point, ","); /* the caller's own is as it was */
}
END_TEST

/* In a directory of its own, so that the pictures' titles are the same. */
static void train(const char *directory, bool resume, int64_t max_steps) {
    run r;
    ck_assert(resume || mkdir(directory, 0700) == 0);
    ck_assert_int_eq(chdir(directory), 0);
    run_ok(run_all(&r, tiny_graph, NULL,
                   (sg_trainer_options){.out = "run", .resume = resume, .max_steps = max_steps}, 2),
           &r);
    run_finish(&r);
    ck_assert_int_eq(chdir(".."), 0);
}

/* In lists of JSON a space stands behind every comma. */
static void assert_no_comma(const char *path) {
    size_t bytes;
    char *text = (char *)scratch_read(path, &bytes);
    for (size_t i = 1; i + 1 < bytes; i++)
        ck_assert_msg(text[i] != ',' || !isdigit((unsigned char)text[i - 1]) ||
                          !isdigit((unsigned char)text[i + 1]),
                      "%s: %.20s", path, text + (i < 10 ? 0 : i - 10));
    free(text);
}

/* A run that begins with a point and goes on with a comma. */
START_TEST(runs_are_the_same) {
    scratch_enter();
    train("whole", false, 0);
    train("parts", false, 7);
    use_comma();
    train("comma", false, 0);
    train("parts", true, 0);
    static const char *const names[] = {"model.safetensors", "graph.yaml", "loss.svg", "recon.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char a[64], b[64], c[64];
        snprintf(a, sizeof a, "whole/run/%s", names[i]);
        snprintf(b, sizeof b, "comma/run/%s", names[i]);
        snprintf(c, sizeof c, "parts/run/%s", names[i]);
        assert_same_file(a, b);
        assert_same_file(a, c);
    }
    assert_no_comma("comma/run/metrics.jsonl");
    scratch_leave_runs();
}
END_TEST

/* A directory with the locale in it; false where it cannot be made. */
static bool make_locale(char *directory) {
    char command[160];
    if (!mkdtemp(directory)) return false;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.utf8' > %s/log 2>&1", directory,
             directory);
    int code = system(command);
    setenv("LOCPATH", directory, 1);
    bool made =
        code != -1 && setlocale(LC_ALL, "de_DE.utf8") && strcmp(localeconv()->decimal_point, ",") == 0;
    setlocale(LC_ALL, "C");
    return made;
}

int main(void) {
    char directory[] = "/tmp/simgraph-locale-XXXXXX", command[64];
    bool made = make_locale(directory);
    int code = 77;
    if (made) {
        const TTest *const tests[] = {texts_are_the_same, runs_are_the_same, NULL};
        code = unit_run(unit_suite("locale", tests));
    } else
        puts("skipped: localedef cannot make the locale de_DE here");
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) == -1) puts("the locale stays in /tmp");
    return code;
}
