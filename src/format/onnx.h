/* format/onnx.h - a bound graph as a model of ONNX (onnx.ai, operator set 17).
 *
 * Every op has a rule in the table of its family (onnx_*.c), which adds the operators of ONNX that compute
 * the same; an op without one is expanded into simpler ops, as far as it can be. Names inside the model:
 * weights and inputs have ours, a constant that of its numbers, every other value "PATH OF OUR
 * NODE/OPERATOR". */
#ifndef SG_FORMAT_ONNX_H
#define SG_FORMAT_ONNX_H

#include "base/map.h"
#include "base/text.h"
#include "graph/graph.h"
#include "simgraph/onnx.h"
#include "simgraph/program.h"

/* ---- a whole model ---- */

typedef struct sg_onnx_request {
    sg_graph *graph; /* expansions are added to it */
    sg_store *store; /* its weights and states */
    int64_t unit;    /* sizes that are multiples of it stand for samples; 0: the batch is fixed */
    int count;       /* what to compute, and its names in the model */
    const sg_value *output;
    const char *const *output_name;
    const char *const *alias; /* per value: what an input is called that stands for it; NULL: by its node */
    const char *name, *doc;   /* `doc` may be NULL */
    bool beside;              /* weights go to a file of their own, "PATH.data" */
} sg_onnx_request;

/* Fails with SG_BAD_GRAPH (with the place of a node that has no form in ONNX), SG_BAD_USAGE, SG_IO_ERROR,
 * SG_OUT_OF_MEMORY. */
sg_status sg_onnx_save(const sg_onnx_request *request, const char *path, sg_onnx_ports *ports,
                       sg_error *error);

/* ---- for rules ---- */

typedef const char *sg_onnx_name; /* a value of the model; never NULL, "" where an input is left off */

typedef struct sg_onnx {
    const sg_onnx_request *request;
    sg_graph *graph;
    const sg_node *node; /* which is being written */
    sg_bump *memory;
    sg_map made;           /* constants that exist, and how often a name was used */
    sg_text nodes, tables; /* fields of the GraphProto: nodes, and what is constant */
    sg_onnx_name *name;    /* per value of the graph; NULL: not there yet */
    bool *wanted;          /* per value of the graph */
    int room;
    sg_onnx_name batch;  /* the number of samples, [1] int64; NULL: not asked for yet */
    sg_onnx_name source; /* the input whose axis tells it, `times` over; NULL: none does */
    int64_t axis, times;
    sg_onnx_ports *ports;
    bool failed;
    sg_error error;
} sg_onnx;

/* One node of ours: what a rule reads, and the names that it fills in. */
typedef struct sg_onnx_call {
    const sg_node *node;
    const sg_attr *attr;
    const sg_typed *in, *out;
    int in_count;
    sg_onnx_name from[SG_MAX_VARIADIC]; /* "" where an input is absent */
    bool wanted[SG_MAX_OUT];
    sg_onnx_name to[SG_MAX_OUT]; /* of what is wanted */
    const char *with;            /* of the rule */
} sg_onnx_call;

typedef struct sg_onnx_rule {
    const char *op; /* ours; NULL ends a table */
    void (*write)(sg_onnx *x, sg_onnx_call *c);
    const char *with; /* what the function is told: an operator of ONNX */
} sg_onnx_rule;

extern const sg_onnx_rule sg_onnx_each[], sg_onnx_index[], sg_onnx_loss[], sg_onnx_product[],
    sg_onnx_reduce[], sg_onnx_shape[];
const sg_onnx_rule *sg_onnx_find(const char *op); /* NULL: none */

/* The model cannot say this: the message ends with what to do. Further calls do nothing. */
void sg_onnx_refuse(sg_onnx *x, const char *format, ...) SG_PRINTF(2, 3);
/* Out of memory: likewise. Returns "". */
sg_onnx_name sg_onnx_run_out(sg_onnx *x);

/* ---- adding nodes ---- */

enum { SG_ONNX_INT = -1, SG_ONNX_FLOAT = -2 };
typedef struct sg_onnx_attr {
    const char *name; /* NULL ends a list */
    float f;
    int n; /* of a list; else one of SG_ONNX_INT and SG_ONNX_FLOAT */
    union {
        int64_t i;
        const int64_t *ints;
    } of;
} sg_onnx_attr;
sg_onnx_attr sg_onnx_int(const char *name, int64_t value);
sg_onnx_attr sg_onnx_float(const char *name, double value);
sg_onnx_attr sg_onnx_ints(const char *name, int n, const int64_t *values);

/* sg_onnx_add(x, "Transpose", SG_ONNX_IN(a), sg_onnx_ints("perm", 2, axes)) gives the operator's output. */
#define SG_ONNX_IN(...) \
    ((const sg_onnx_name[]){__VA_ARGS__}), (int)(sizeof((sg_onnx_name[]){__VA_ARGS__}) / sizeof(sg_onnx_name))
#define sg_onnx_add(x, type, ...) SG_ONNX_ADD_(x, type, __VA_ARGS__, (sg_onnx_attr){0})
#define SG_ONNX_ADD_(x, type, in, count, ...) \
    sg_onnx_node(x, type, in, count, (const sg_onnx_attr[]){__VA_ARGS__, (sg_onnx_attr){0}}, 1, NULL)
/* The same with several outputs, which go to `out`; the first is returned. */
sg_onnx_name sg_onnx_node(sg_onnx *x, const char *type, const sg_onnx_name *in, int in_count,
                          const sg_onnx_attr *attrs, int out_count, sg_onnx_name *out);

/* Operators of one or two operands and no attribute. */
sg_onnx_name sg_onnx_one(sg_onnx *x, const char *type, sg_onnx_name a);
sg_onnx_name sg_onnx_two(sg_onnx *x, const char *type, sg_onnx_name a, sg_onnx_name b);

/* An input of the model that stands for this value. */
void sg_onnx_feed(sg_onnx *x, sg_value value);

/* ---- constants and types ---- */

/* Element types of ONNX: TensorProto.DataType. */
enum { SG_ONNX_INT64 = 7, SG_ONNX_BOOL = 9 };
int sg_onnx_type(sg_type type);

sg_onnx_name sg_onnx_number(sg_onnx *x, sg_type type, double value);  /* a scalar */
sg_onnx_name sg_onnx_whole(sg_onnx *x, int64_t value);                /* a scalar, int64 */
sg_onnx_name sg_onnx_sizes(sg_onnx *x, int n, const int64_t *values); /* [n] int64, in which the batch */
sg_onnx_name sg_onnx_count(sg_onnx *x, int64_t count, sg_type type);  /* may be a factor; a scalar */
bool sg_onnx_symbolic(const sg_onnx *x, int64_t size); /* whether a size depends on the batch */

sg_onnx_name sg_onnx_cast(sg_onnx *x, sg_onnx_name a, sg_type from, sg_type to);
sg_onnx_name sg_onnx_cast_to(sg_onnx *x, sg_onnx_name a, int onnx_type);
sg_onnx_name sg_onnx_reshape(sg_onnx *x, sg_onnx_name a, const sg_shape *shape);
sg_onnx_name sg_onnx_expand(sg_onnx *x, sg_onnx_name a, const sg_shape *shape);
sg_onnx_name sg_onnx_permute(sg_onnx *x, sg_onnx_name a, int n, const int64_t *axes);
/* The last two axes exchanged. */
sg_onnx_name sg_onnx_turn(sg_onnx *x, sg_onnx_name a, int rank);
/* start <= index < stop along one axis; stop INT64_MAX: to the end. */
sg_onnx_name sg_onnx_part(sg_onnx *x, sg_onnx_name a, int64_t axis, int64_t start, int64_t stop);
/* Sum or mean over the axes `bits` (sg_reduced_axes). */
sg_onnx_name sg_onnx_sum(sg_onnx *x, sg_onnx_name a, int rank, unsigned bits, bool keep);
sg_onnx_name sg_onnx_mean(sg_onnx *x, sg_onnx_name a, int rank, unsigned bits, bool keep);
/* 1 where index[...] is a class, along a new last axis, in that type. */
sg_onnx_name sg_onnx_one_hot(sg_onnx *x, sg_onnx_name index, sg_type from, int rank, int64_t classes,
                             sg_type type);

#endif
