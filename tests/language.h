/* What the tests of the graph language share: loading and binding texts. */
#ifndef SG_TESTS_LANGUAGE_H
#define SG_TESTS_LANGUAGE_H

#include "simgraph/language.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Loads a text that must be good; prints its messages when it is not. */
static inline sg_document *load_text(const char *text, int set_count, const char *const *set) {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_document_options options = {.size = sizeof options, .set = set, .set_count = set_count};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status =
        sg_document_load_text(&document, "graph.yaml", text, strlen(text), &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK, "%s\n%s", messages, text);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return document;
}

static inline sg_document *load(const char *text) {
    return load_text(text, 0, NULL);
}

static inline sg_bound *bind(const sg_document *document, int64_t batch, bool training) {
    sg_diagnostics *diagnostics;
    sg_bound *bound;
    sg_bind_options options = {sizeof options, batch, training, SG_F32};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    sg_status status = sg_document_bind(&bound, document, &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK, "%s", messages);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return bound;
}

/* The node that gives a value with that name. */
static inline const sg_node *node_of(const sg_bound *bound, const char *name) {
    sg_value value = sg_bound_find(bound, name);
    ck_assert_msg(value != SG_NO_VALUE, "%s", name);
    return sg_graph_node(sg_bound_graph(bound), sg_graph_value(sg_bound_graph(bound), value)->node);
}

/* "[2, 3]" of a name; "none" when there is no such value. */
static inline const char *shape_of(const sg_bound *bound, const char *name, char buffer[SG_SHAPE_TEXT]) {
    sg_value value = sg_bound_find(bound, name);
    if (value == SG_NO_VALUE) return "none";
    return sg_shape_text(&sg_graph_value(sg_bound_graph(bound), value)->shape, 0, buffer);
}

#define assert_shape(bound, name, wanted)                         \
    do {                                                          \
        char buffer_[SG_SHAPE_TEXT];                              \
        ck_assert_str_eq(shape_of(bound, name, buffer_), wanted); \
    } while (0)

/* Everything that a load and a bind say, for whole comparisons. Both may fail. */
static inline char *messages_of(const char *text, int set_count, const char *const *set) {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_bound *bound = NULL;
    sg_document_options options = {.size = sizeof options, .set = set, .set_count = set_count};
    sg_bind_options bind_options = {sizeof bind_options, SG_SYMBOLIC_BATCH, true, SG_F32};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    if (sg_document_load_text(&document, "graph.yaml", text, strlen(text), &options, diagnostics) == SG_OK)
        sg_document_bind(&bound, document, &bind_options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    sg_bound_destroy(bound);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return messages;
}

static inline bool same_attr(const sg_attr_spec *spec, const sg_attr *a, const sg_attr *b);

static inline bool same_call(const sg_call *a, const sg_call *b) {
    if (a->schema != b->schema) return false;
    for (int i = 0; i < sg_schema_attr_count(a->schema); i++)
        if (!same_attr(&a->schema->attrs[i], &a->attr[i], &b->attr[i])) return false;
    return true;
}

static inline bool same_attr(const sg_attr_spec *spec, const sg_attr *a, const sg_attr *b) {
    if (a->present != b->present || a->n != b->n) return false;
    if (!a->present) return true;
    switch (spec->type) {
    case SG_ATTR_TEXT:
        return strcmp(a->text, b->text) == 0;
    case SG_ATTR_INTS:
        return memcmp(a->ints, b->ints, sizeof *a->ints * (size_t)a->n) == 0;
    case SG_ATTR_FLOATS:
        return memcmp(a->floats, b->floats, sizeof *a->floats * (size_t)a->n) == 0;
    case SG_ATTR_CALL:
        return same_call(a->call, b->call);
    default:
        return a->i == b->i && a->f == b->f;
    }
}

/* Node by node: path, op, inputs, attributes, types, shapes. */
static inline void assert_same_graph(const sg_graph *a, const sg_graph *b) {
    ck_assert_int_eq(sg_graph_node_count(a), sg_graph_node_count(b));
    for (int i = 0; i < sg_graph_node_count(a); i++) {
        const sg_node *x = sg_graph_node(a, i), *y = sg_graph_node(b, i);
        ck_assert_str_eq(x->path, y->path);
        ck_assert_msg(x->op == y->op && x->in_count == y->in_count && x->purpose == y->purpose, "%s",
                      x->path);
        for (int k = 0; k < x->in_count; k++) ck_assert_msg(x->in[k] == y->in[k], "%s", x->path);
        const sg_schema *schema = sg_op_schema(x->op);
        for (int k = 0; k < sg_schema_attr_count(schema); k++)
            ck_assert_msg(same_attr(&schema->attrs[k], &x->attr[k], &y->attr[k]), "%s: %s", x->path,
                          schema->attrs[k].name);
        for (int k = 0; k < x->out_count; k++) {
            const sg_value_info *u = sg_graph_value(a, x->out[k]), *v = sg_graph_value(b, y->out[k]);
            ck_assert_msg(u->type == v->type && sg_shape_equal(&u->shape, &v->shape), "%s", x->path);
        }
    }
}

#endif
