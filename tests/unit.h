/* What every unit test program shares: running its suite, and comparing messages. */
#ifndef SG_TESTS_UNIT_H
#define SG_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>

/* Requests for more memory than there is are part of the tests: the sanitizers are to refuse, not to stop. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "allocator_may_return_null=1";
}

/* Runs the suite and prints the closing line "N passed, N failed"; the exit status of the program. */
static inline int unit_run(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed || !run;
}

/* A suite of one case that holds the tests of a list ended by NULL. */
static inline Suite *unit_suite(const char *name, const TTest *const *tests) {
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 120);
    for (; *tests; tests++) tcase_add_test(all, *tests);
    suite_add_tcase(suite, all);
    return suite;
}

/* The status and the whole message. */
#define assert_fails(call, wanted, text)        \
    do {                                        \
        sg_status status_ = (call);             \
        ck_assert_int_eq(status_, wanted);      \
        ck_assert_int_eq(error.status, wanted); \
        ck_assert_str_eq(error.message, text);  \
    } while (0)

#define assert_ok(call) ck_assert_msg((call) == SG_OK, "%s", error.message)

#endif
