/* Tests that run once for every op of the registry, and collect what is wrong with its samples. */
#ifndef SG_TESTS_OPS_UNIT_H
#define SG_TESTS_OPS_UNIT_H

#include <stdarg.h>
#include <string.h>

#include "ops_case.h"
#include "unit.h"

/* Everything that is wrong with one op; one line each. */
typedef struct ops_findings {
    char text[6000];
    size_t length;
} ops_findings;

static inline void ops_wrong(ops_findings *f, const ops_case *c, const char *format, ...) SG_PRINTF(3, 4);
static inline void ops_wrong(ops_findings *f, const ops_case *c, const char *format, ...) {
    if (f->length + 300 > sizeof f->text) return;
    f->length +=
        (size_t)snprintf(f->text + f->length, 200, "\n  %s/%s: ", c->op->schema.name, c->sample->name);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(f->text + f->length, sizeof f->text - f->length, format, args);
    va_end(args);
    f->length += (size_t)more;
    if (f->length >= sizeof f->text) f->length = sizeof f->text - 1;
}

static inline void ops_conclude(const ops_findings *f) {
    if (f->length) ck_abort_msg("%s", f->text);
}

static inline const sg_op *ops_at(int index) {
    return (const sg_op *)sg_registry_at(SG_KIND_OP, (size_t)index);
}

/* Calls `test` with every good sample of the op. */
static inline void ops_each_good(int index, void (*test)(const ops_case *c, ops_findings *f)) {
    static ops_findings f;
    f.length = 0; /* the op before may have been in this process (CK_FORK=no) */
    const sg_op *op = ops_at(index);
    for (const sg_sample *s = op->samples; s && s->name; s++) {
        ops_case c;
        sg_error error = {0};
        if (s->message) continue;
        if (!ops_case_init(&c, op, s) || ops_case_draw(&c, &error) != SG_OK)
            ops_wrong(&f, &c, "the sample cannot be drawn: %s", error.message);
        else
            test(&c, &f);
        ops_case_finish(&c);
    }
    ops_conclude(&f);
}

/* A suite in which each test of the list (ended by NULL) is run for every op. CK_RUN_CASE=NAME picks a test.
 */
static inline Suite *ops_suite(const char *name, const TTest *const *tests) {
    Suite *suite = suite_create(name);
    for (; *tests; tests++) {
        TCase *one = tcase_create((*tests)->name);
        tcase_set_timeout(one, 300);
        tcase_add_loop_test(one, *tests, 0, (int)sg_registry_count(SG_KIND_OP));
        suite_add_tcase(suite, one);
    }
    return suite;
}

#endif
