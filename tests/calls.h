/* calls.h - for tests of sources and steps: calls built in code, and splits made from them. */
#ifndef SG_TESTS_CALLS_H
#define SG_TESTS_CALLS_H

#include "simgraph/data.h"
#include "simgraph/graph.h"
#include "unit.h"

/* A call of a registered name; attributes end at name NULL. */
static inline sg_call make_call(sg_kind kind, const char *name, const sg_arg *args) {
    sg_call call = {.schema = sg_registry_find(kind, name)};
    ck_assert_msg(call.schema != NULL, "%s", name);
    for (; args && args->name; args++) {
        int index = sg_schema_attr_index(call.schema, args->name);
        ck_assert_msg(index >= 0, "%s", args->name);
        call.attr[index] = args->value;
    }
    return call;
}

#define SOURCE(name, ...) make_call(SG_KIND_SOURCE, name, (const sg_arg[]){__VA_ARGS__, {0}})
#define STEP(name, ...) make_call(SG_KIND_STEP, name, (const sg_arg[]){__VA_ARGS__, {0}})
#define NO_ARG ((sg_arg){0})

/* One field `name` of column `of` with up to three steps; the split is called "train". */
static inline sg_status make_split(sg_split **split, const sg_call *source, const char *name, const char *of,
                                   const sg_call *a, const sg_call *b, const sg_call *c, sg_error *error) {
    const sg_call *steps[3] = {a, b, c};
    sg_field_spec field = {
        .name = name, .column = of, .steps = steps, .step_count = (a != NULL) + (b != NULL) + (c != NULL)};
    sg_split_options options = {.size = sizeof options,
                                .name = "train",
                                .source = source,
                                .fields = &field,
                                .field_count = name ? 1 : 0};
    return sg_split_create(split, &options, error);
}

/* What is said of a source without reading it is what loading gives: columns, types, shapes, samples. */
static inline void assert_described(const sg_call *source, bool known) {
    sg_error error = {0};
    sg_split *loaded, *described;
    assert_ok(make_split(&loaded, source, NULL, NULL, NULL, NULL, NULL, &error));
    sg_split_options options = {.size = sizeof options, .name = "train", .source = source, .describe = true};
    assert_ok(sg_split_create(&described, &options, &error));
    const sg_table *a = sg_split_table(loaded), *b = sg_split_table(described);
    ck_assert_int_eq(b->column_count, known ? a->column_count : 0);
    for (int i = 0; i < b->column_count; i++) {
        ck_assert_str_eq(b->column[i].name, a->column[i].name);
        ck_assert_int_eq(b->column[i].type, a->column[i].type);
        ck_assert(sg_shape_equal(&b->column[i].shape, &a->column[i].shape));
        ck_assert_ptr_null(b->column[i].data);
    }
    sg_split_destroy(loaded);
    sg_split_destroy(described);
}

#endif
