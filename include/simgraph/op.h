/* simgraph/op.h - writing ops. UNSTABLE: this interface may change with every release.
 *
 * An op is one file in ops/ that ends in one constant sg_op. See docs/howto/own-op.md. */
#ifndef SIMGRAPH_OP_H
#define SIMGRAPH_OP_H

#include "simgraph/graph.h"

SG_BEGIN_C

enum { SG_MAX_IN = 8, SG_MAX_OUT = 6, SG_MAX_VARIADIC = 64 };

/* ---- shape inference ---- */

typedef struct sg_typed {
    sg_type type;
    sg_shape shape;
} sg_typed;

/* What inference sees: the inputs (present[k] false where an optional one is absent) and the attributes. */
typedef struct sg_infer {
    const sg_attr *attr;
    int in_count;
    const bool *present;
    const sg_typed *in;
    sg_typed *out;      /* to fill: one per output port */
    sg_type float_type; /* the graph's */
    bool training;
    sg_error *error; /* for sg_fail_at(c->error, SG_BLAME_INPUT, k, ...) */
} sg_infer;

/* ---- how work is cut ---- */

/* The executor cuts a node's work along axis 0 into `items` equal parts and hands a kernel a range of them.
 *   OWN    this operand's axis 0 is a multiple of `items`; the kernel gets the entries of its items only
 *   WHOLE  the kernel gets all of this operand, whatever its range (outputs: only with items == 1)
 *   PART   (outputs) the kernel gets all of this operand and writes the entries of its items only, wherever
 * they lie; no two items write the same
 *   SUM    (outputs) the value is a sum over items: the kernel adds to acc[k], which the engine zeroes, keeps
 * per lane and joins in a fixed tree; then `finish` runs, or, where there is none, acc is converted to it.
 * items == 1 runs the node as one piece on one worker. */
typedef enum sg_access { SG_WHOLE = 0, SG_OWN, SG_PART, SG_SUM } sg_access;

enum { SG_MAX_ACC = 4 };

typedef struct sg_domain {
    int64_t items;
    sg_access in[SG_MAX_VARIADIC];
    sg_access out[SG_MAX_OUT];
    /* Accumulators. With no `finish`, acc k belongs to the k-th SUM output. Losses and norms use SG_F64. */
    int acc_count;
    struct {
        sg_type type;
        int64_t elements;
    } acc[SG_MAX_ACC];
    /* Bytes of worker scratch for a range of `count` items = scratch + count * scratch_per_item. */
    size_t scratch, scratch_per_item;
} sg_domain;

/* What a node looks like to domain, flops, view and kernels. */
typedef struct sg_signature {
    const sg_attr *attr;
    int in_count, out_count;
    const bool *present; /* per input */
    const sg_typed *in;
    const sg_typed *out;
    const bool
        *wanted; /* per output: does anybody read it? A kernel neither computes nor stores what is not */
} sg_signature;

/* ---- kernels ---- */

typedef struct sg_loops sg_loops;       /* src/kernel/loops.h: the inner loops for this CPU */
typedef struct sg_products sg_products; /* src/kernel/product.h: how matrices are multiplied */

/* What random ops depend on: key (seed), epoch, and the data-set index of every sample of the batch.
 * Fed by the host each step. ids may be NULL: sample i is i. */
typedef struct sg_draw {
    uint64_t seed;
    uint32_t epoch;
    int64_t batch;
    const int64_t *ids;
} sg_draw;

typedef struct sg_task {
    const sg_node *node;
    const sg_attr *attr;
    const sg_signature *signature; /* full shapes */
    sg_tensor *in;                 /* narrowed to this range where OWN; data == NULL where absent */
    sg_tensor *out;                /* data == NULL where not wanted (or SUM: use acc) */
    void **acc;                    /* accumulators of this lane; in finish: the joined ones */
    int64_t begin, count, items;   /* this range of items, and how many there are in all */
    void *scratch;
    const sg_loops *loops;
    const sg_products *products;
    const sg_draw *draw;
    sg_error *error; /* a kernel that meets bad data (index out of range) calls sg_fail on it and returns */
} sg_task;

typedef void (*sg_kernel_function)(const sg_task *task);

/* Chosen by the type of the first input (of the first output where there is no input). Ends at function NULL.
 */
typedef struct sg_kernel {
    int type; /* an sg_type, or SG_ANY_TYPE */
    sg_kernel_function function;
} sg_kernel;
#define SG_ANY_TYPE (-1)

/* ---- gradients and expansions ---- */

/* `dy[k]` is the gradient of output k or SG_NO_VALUE; write the gradient of input k to `dx[k]` where
 * needed[k]. A dx left at SG_NO_VALUE counts as zero. Nodes are added with sg_emit(b->graph, ...). */
typedef struct sg_backward {
    sg_graph *graph;
    const sg_node *node;
    const sg_value *in, *out;
    const sg_value *dy;
    const bool *needed;
    sg_value *dx;
    sg_error *error; /* for a gradient that fails for a reason of its own */
} sg_backward;

/* The definition in simpler ops: fills out[k]. */
typedef struct sg_expansion {
    sg_graph *graph;
    const sg_node *node;
    const sg_value *in;
    sg_value *out;
} sg_expansion;

/* For the expansion of a gradient op "NAME_grad" that has NAME's attributes: expands NAME over `in`, and
 * differentiates that with `dy` as the gradient of output 0. dx[k], for in_count inputs, is SG_NO_VALUE where
 * there is no gradient. */
sg_status sg_expand_gradient(const sg_expansion *e, int in_count, const sg_value *in, sg_value dy,
                             sg_value *dx);

/* ---- samples ---- */

/* A shape in little room: there are a thousand of them in the program. */
typedef struct sg_sample_shape {
    int16_t rank;
    int16_t dim[SG_MAX_RANK];
} sg_sample_shape;

typedef struct sg_sample_input {
    double low, high; /* uniform range of its values; both 0: -2..2 for floats, 0..1 for integers */
    float kink; /* for NAN-free gradients: values keep at least 0.05 away from this number when has_kink */
    sg_sample_shape shape;
    int8_t type; /* an sg_type; SG_F32 stands for the float type under test. SG_ABSENT: an optional input left
                    off */
    bool has_kink;
} sg_sample_input;
#define SG_ABSENT (-2)
sg_shape sg_sample_input_shape(const sg_sample_input *input);

typedef struct sg_sample {
    const char *name;          /* unique within the op; NULL ends the list */
    const sg_sample_input *in; /* in_count of them: SG_INPUTS(...) gives both */
    int in_count;
    const sg_arg *args;      /* ends at name NULL; may be NULL */
    const char *message;     /* bad samples: the exact message of inference; NULL: a good one */
    const char *no_gradient; /* good samples: why the gradient is not checked here; NULL: it is */
    double tolerance_f32;    /* relative tolerance against PyTorch in f32; 0: 2e-5 */
} sg_sample;

#ifndef __cplusplus
/* Static sg_arg initialisers for samples: {SG_ARG_INT("axis", 1), SG_ARG_BOOL("keep", true), {0}}. */
#define SG_ARG_INT(key, v)                                                        \
    {                                                                             \
        .name = key, .value = {.set = true, .present = true, .i = (v), .f = (v) } \
    }
#define SG_ARG_FLOAT(key, v)                                            \
    {                                                                   \
        .name = key, .value = {.set = true, .present = true, .f = (v) } \
    }
#define SG_ARG_BOOL(key, v)                                             \
    {                                                                   \
        .name = key, .value = {.set = true, .present = true, .i = (v) } \
    }
#define SG_ARG_TEXT(key, v)                                                \
    {                                                                      \
        .name = key, .value = {.set = true, .present = true, .text = (v) } \
    }
#define SG_ARG_DTYPE(key, v)                                            \
    {                                                                   \
        .name = key, .value = {.set = true, .present = true, .i = (v) } \
    }
#define SG_ARG_INTS(key, ...)                                               \
    {                                                                       \
        .name = key, .value = {                                             \
            .set = true,                                                    \
            .present = true,                                                \
            .n = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
            .ints = (const int64_t[]){__VA_ARGS__}                          \
        }                                                                   \
    }
/* A sample's inputs: {.name = "two", SG_INPUTS({.shape = SG_DIMS(2, 3)}, {.shape = SG_SCALAR})}. */
#define SG_INPUTS(...)                            \
    .in = (const sg_sample_input[]){__VA_ARGS__}, \
    .in_count = (int)(sizeof((const sg_sample_input[]){__VA_ARGS__}) / sizeof(sg_sample_input))
/* A sample's shape: SG_DIMS(2, 3, 4), SG_SCALAR. */
#define SG_DIMS(...)                                                 \
    {                                                                \
        (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), { \
            __VA_ARGS__                                              \
        }                                                            \
    }
#define SG_SCALAR \
    {             \
        0, {      \
            0     \
        }         \
    }
#endif

/* ---- rows ---- */

/* For passes that leave out work on rows of tokens that nobody looks at: src/graph/rows.h. */
typedef struct sg_row_rule sg_row_rule;
struct sg_rows;

/* What a mask hides: of every sample `count` cells, each of down x across entries. */
typedef struct sg_hidden {
    int64_t down, across, count;
} sg_hidden;

/* ---- the op ---- */

typedef enum sg_op_flags {
    SG_OP_VIEW = 1,   /* output 0 is a view of input 0: `view` gives its strides and offset; no kernel runs */
    SG_OP_RANDOM = 2, /* draws from task->draw with node->purpose */
    SG_OP_STORED = 4, /* output 0 lives in the store under the node's path: weight, state */
    SG_OP_FED = 8,    /* output 0 is fed by the host: input, and the scalars of a step */
    SG_OP_UPDATE = 16, /* output k is the next version of input k, in the same stored memory, for every output
                          k; runs after every other reader of that input */
    SG_OP_NONDIFF =
        32, /* the gradient is zero by definition (comparisons, argmax, sign, masks): not an error */
    SG_OP_STORAGE = 64, /* moves or converts elements without calculating: takes bf16, as views do */
} sg_op_flags;

/* What a kernel can read or write; the planner inserts a visible `copy` node where a value does not comply.
 * Only axes longer than 1 count: the stride of an axis of size 1 may be anything, since nothing is read or
 * written by it. */
typedef enum sg_layout {
    SG_DENSE = 0, /* row-major contiguous */
    SG_UNIT,      /* rows as BLAS takes them: the last axis has stride 1, the one before it a stride
                                of at least the last size; other axes any strides */
    SG_STRIDED    /* any strides, 0 and negative included */
} sg_layout;

/* In place: output may take the memory of input `in`, when nobody else needs it and size and type agree. */
typedef struct sg_inplace {
    int in, out;
} sg_inplace;

struct sg_op {
    sg_schema schema;
    const char *family; /* see docs/ops.md; colours the diagram */
    sg_port in[SG_MAX_IN + 1];
    sg_port out[SG_MAX_OUT + 1];
    int flags;

    sg_status (*infer)(sg_infer *c);
    void (*domain)(const sg_signature *s, sg_domain *d); /* NULL: items = 1, everything WHOLE */
    /* An axis of size 1 in front of the operands that are cut (OWN) means nothing to the op: where there is
     * one item the planner leaves such axes off, for `domain` and kernels alike, so that one sample is cut by
     * its rows or heads. */
    bool leading;
    sg_kernel kernels[6];
    sg_kernel_function finish;
    /* The layout that inputs must have; outputs: what the kernel can write. Zero: SG_DENSE everywhere. */
    sg_layout in_layout[SG_MAX_IN], out_layout[SG_MAX_OUT];
    sg_inplace inplace[3]; /* inplace_count of them */
    int inplace_count;

    sg_status (*gradient)(sg_backward *b);  /* NULL: none (an error unless SG_OP_NONDIFF) */
    sg_status (*expand)(sg_expansion *e);   /* NULL: the op is elementary */
    double (*flops)(const sg_signature *s); /* NULL: one per output element */
    /* SG_OP_VIEW: strides (elements) and offset of the output inside input 0, whose strides are given.
     * Returns false when these strides cannot express it; the planner then copies the input first. */
    bool (*view)(const sg_signature *s, const int64_t *in_stride, int64_t *out_stride, int64_t *offset);

    /* How rows of output 0 are computed from rows of the inputs; NULL: not row by row. */
    const sg_row_rule *rows;
    /* Losses of output, target and weight, sum(w * e) / (sum(w) + eps) / (elements of e / elements of w) with
     * eps as attribute 0: which rows of output and target go with the rows of a weight. */
    bool (*weighted)(const sg_signature *s, const struct sg_rows *weight, struct sg_rows *output,
                     struct sg_rows *target);
    /* Masks [samples, rows, columns] or [samples, tokens]: output 0 is 1 in as many cells of every sample,
     * and 0 elsewhere. False where the number may differ. */
    bool (*hidden)(const sg_signature *s, sg_hidden *hidden);

    const sg_sample *samples; /* ends at name NULL */
};

SG_END_C

#endif
