/* simgraph/schema.h - names, attributes and calls: everything that a graph file can name.
 *
 * Ops, initialisers, data sources, augmentation steps, optimisers, schedules and pictures all carry an
 * sg_schema; one registry holds them, and help, docs, checks and suggestions are made from it. */
#ifndef SIMGRAPH_SCHEMA_H
#define SIMGRAPH_SCHEMA_H

#include "simgraph/tensor.h"

SG_BEGIN_C

typedef enum sg_kind {
    SG_KIND_OP = 0,    /* a node of the graph */
    SG_KIND_INIT,      /* initialiser of a weight: trunc_normal, zeros, ... */
    SG_KIND_SOURCE,    /* data source: fashion_mnist, shapes, ... */
    SG_KIND_STEP,      /* step per sample: normalise, flip, ... */
    SG_KIND_OPTIMIZER, /* adamw, sgd */
    SG_KIND_SCHEDULE,  /* constant, linear, cosine, ... */
    SG_KIND_PICTURE,   /* reconstruction */
    SG_KIND_COUNT,
} sg_kind;

typedef enum sg_attr_type {
    SG_ATTR_INT = 0, /* i */
    SG_ATTR_FLOAT,   /* f */
    SG_ATTR_BOOL,    /* i: 0 or 1 */
    SG_ATTR_TEXT,    /* text */
    SG_ATTR_INTS,    /* n, ints: a list of whole numbers (axes, shape, strides) */
    SG_ATTR_FLOATS,  /* n, floats */
    SG_ATTR_DTYPE,   /* i: an sg_type; text form "f32" */
    SG_ATTR_CALL,    /* call: of the kind in the specification's `call_kind` */
    SG_ATTR_RATE,    /* f, or call when a schedule stands there */
    SG_ATTR_SPAN,    /* f and text: "10 epochs", "500 steps" */
} sg_attr_type;

struct sg_call;

/* One attribute's value. `set` tells what was written from what was defaulted. An attribute that is absent
 * and has no default is set == false and present == false. */
typedef struct sg_attr {
    bool set, present;
    int n;
    int64_t i;
    double f;
    const char *text;
    const int64_t *ints;
    const double *floats;
    const struct sg_call *call;
} sg_attr;

typedef struct sg_attr_spec {
    const char *name;
    sg_attr_type type;
    const char
        *fallback; /* default as the text would write it; NULL: required; "": optional, may be absent */
    const char *doc;
    const char *one_of; /* "a b c": the words that are allowed; NULL: any */
    double min, max;    /* inclusive range of numbers, checked when min < max */
    sg_kind call_kind;
    bool rising; /* a number that must not be below the attribute before it: low, high */
} sg_attr_spec;

enum { SG_MAX_ATTRS = 16 };

typedef struct sg_schema {
    sg_kind kind;
    const char *name;
    const char *doc;           /* one line */
    const sg_attr_spec *attrs; /* SG_ATTRS(...): ends at name == NULL; NULL: none */
} sg_schema;

#ifndef __cplusplus
/* The attributes of a static schema, SG_MAX_ATTRS at most: .attrs = SG_ATTRS({.name = "axis"}, ...). */
#define SG_ATTRS(...)        \
    (const sg_attr_spec[]) { \
        __VA_ARGS__, {       \
            .name = NULL     \
        }                    \
    }
#endif

/* A place in a graph file; line 0 means that there is none. Lines and columns count from 1. */
typedef struct sg_mark {
    const char *file;
    int line, column;
} sg_mark;

/* A resolved call: a schema and one value per attribute of it, in the schema's order. */
typedef struct sg_call {
    const sg_schema *schema;
    sg_mark mark;
    sg_attr attr[SG_MAX_ATTRS];
    sg_mark attr_mark[SG_MAX_ATTRS]; /* of values that a text gives; line 0 elsewhere */
} sg_call;

int sg_schema_attr_count(const sg_schema *schema);
int sg_schema_attr_index(const sg_schema *schema, const char *name); /* -1 when unknown */

/* The registry, in alphabetical order of names within a kind. */
size_t sg_registry_count(sg_kind kind);
const sg_schema *sg_registry_at(sg_kind kind, size_t index);
const sg_schema *sg_registry_find(sg_kind kind, const char *name); /* NULL when unknown */
const char *sg_kind_name(sg_kind kind);                            /* "op", "initialiser", ... */

/* The candidate with the smallest edit distance to `name`, or NULL when none is near enough to suggest.
 * `candidate(data, i)` returns NULL at the end. */
const char *sg_nearest_name(const char *name, const char *(*candidate)(const void *data, size_t i),
                            const void *data);

SG_END_C

#endif
