/* Pictures from diagrams: runs of Graphviz, and what is said when they fail. */
#include "scratch.h"

#include "simgraph/draw.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool graphviz_is_here(void) {
    static int here = -1;
    if (here < 0) here = system("dot -V >/dev/null 2>&1") == 0;
    return here == 1;
}

START_TEST(pictures) {
    static const char small[] = "digraph { a -> b }";
    sg_error error = {0};
    char *data;
    size_t bytes;
    assert_ok(sg_draw_convert(&data, &bytes, small, "dot", &error));
    ck_assert_str_eq(data, small);
    ck_assert_uint_eq(bytes, strlen(small));
    free(data);
    assert_ok(sg_draw_render(small, NULL, "x.dot", &error));
    assert_fails(sg_draw_convert(&data, &bytes, small, "gif", &error), SG_BAD_USAGE,
                 "unknown format `gif` of a diagram: svg, png, pdf or dot");
    assert_fails(sg_draw_render(small, NULL, "a.b/picture", &error), SG_BAD_USAGE,
                 "a.b/picture: a diagram's name must end in .svg, .png, .pdf or .dot");
    ck_assert_int_eq(scratch_count(), 1);
    if (!graphviz_is_here()) return;
    static const struct {
        const char *format, *path, *start;
    } cases[] = {{NULL, "x.svg", "<?xml"},
                 {NULL, "x.PNG", "\x89PNG"},
                 {"pdf", "picture", "%PDF"},
                 {"png", "y", "\x89PNG"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(sg_draw_render(small, cases[i].format, cases[i].path, &error));
        char *read = (char *)scratch_read(cases[i].path, &bytes);
        ck_assert_uint_gt(bytes, 100);
        ck_assert_mem_eq(read, cases[i].start, strlen(cases[i].start));
        free(read);
    }
    ck_assert_int_eq(scratch_count(), 5);
    assert_fails(sg_draw_render("digraph {\n a -> [ }", "svg", "x.svg", &error), SG_FAILURE,
                 "dot failed: <stdin>: syntax error in line 2 near '['");
    char *kept = (char *)scratch_read("x.svg", &bytes); /* what was good before is still there */
    ck_assert_mem_eq(kept, "<?xml", 5);
    free(kept);
    assert_fails(sg_draw_render(small, "svg", "no/such/x.svg", &error), SG_IO_ERROR,
                 "cannot write `no/such/x.svg`: No such file or directory");
}
END_TEST

START_TEST(without_graphviz) {
    sg_error error = {0};
    char *data;
    size_t bytes;
    setenv("PATH", "/nonexistent", 1);
    assert_fails(
        sg_draw_convert(&data, &bytes, "digraph {}", "svg", &error), SG_FAILURE,
        "cannot make svg: the program `dot` is missing; install the package graphviz, or write a .dot file");
    ck_assert_ptr_null(data);
    setenv("PATH", scratch_directory, 1);
    scratch_write("dot", "#!/bin/sh\nkill -9 $$\n", 21);
    ck_assert_int_eq(chmod("dot", 0755), 0);
    assert_fails(sg_draw_convert(&data, &bytes, "digraph {}", "svg", &error), SG_FAILURE,
                 "dot was ended by signal 9");
    scratch_write("dot", "#!/bin/sh\nexit 3\n", 17);
    assert_fails(sg_draw_convert(&data, &bytes, "digraph {}", "svg", &error), SG_FAILURE,
                 "dot failed: it gave no reason");
    scratch_write("dot", "#!/bin/sh\nexit 0\n", 17);
    assert_fails(sg_draw_convert(&data, &bytes, "digraph {}", "svg", &error), SG_FAILURE,
                 "dot made an empty picture");
}
END_TEST

/* A program that loses a line unless lines are straight; what it prints says how it was called. */
static void write_loser(const char *edge) {
    char script[500];
    snprintf(script, sizeof script,
             "#!/bin/sh\necho \"$@\"\ncase \"$*\" in *splines=line*) exit 0;; esac\n"
             "echo 'libpath/shortest.c:324: triangulation failed' >&2\n"
             "echo 'Warning: Unable to reclaim box space in spline routing for edge %s. Something is wrong.' "
             ">&2\n",
             edge);
    scratch_write("dot", script, strlen(script));
    ck_assert_int_eq(chmod("dot", 0755), 0);
}

START_TEST(lost_lines_are_drawn_straight) {
    static const struct {
        const char *edge, *calls;
    } cases[] = {{"\"a\" -> \"grad/a\"", "-Tpng -Gsplines=line\n"}, {"\"title a\" -> \"a.x\"", "-Tpng\n"}};
    sg_error error = {0};
    char *data;
    size_t bytes;
    setenv("PATH", scratch_directory, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_loser(cases[i].edge);
        assert_ok(sg_draw_convert(&data, &bytes, "digraph {}", "png", &error));
        ck_assert_str_eq(data, cases[i].calls);
        free(data);
    }
}
END_TEST

START_TEST(standard_streams_may_be_closed) {
    if (!graphviz_is_here()) return;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 3; i++) close(i);
        sg_error error = {0};
        char *data = NULL;
        size_t bytes;
        _exit(sg_draw_convert(&data, &bytes, "digraph { a -> b }", "svg", &error) != SG_OK ||
              !strstr(data, "</svg>"));
    }
    int state;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {pictures, without_graphviz, lost_lines_are_drawn_straight,
                                  standard_streams_may_be_closed, NULL};
    Suite *suite = suite_create("draw_render");
    TCase *rendering = tcase_create("files");
    tcase_add_checked_fixture(rendering, scratch_enter, scratch_leave);
    tcase_set_timeout(rendering, 120);
    for (const TTest *const *test = tests; *test; test++) tcase_add_test(rendering, *test);
    suite_add_tcase(suite, rendering);
    return unit_run(suite);
}
