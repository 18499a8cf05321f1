/* simgraph/evaluate.h - computing named values and gradients of a graph file: arrays in, arrays out.
 *
 * This needs no data and no training section. It is how the engine is held against other programs. */
#ifndef SIMGRAPH_EVALUATE_H
#define SIMGRAPH_EVALUATE_H

#include "simgraph/arrays.h"
#include "simgraph/context.h"
#include "simgraph/language.h"

SG_BEGIN_C

typedef struct sg_evaluate_options {
    size_t size;         /* sizeof(sg_evaluate_options) */
    int64_t batch;       /* samples; 0: found from the shapes of the feeds, 1 where they do not tell */
    bool training;       /* the graph of training, with dropout and the like; else that of evaluation */
    sg_type float_type;  /* SG_F32 or SG_F64 */
    bool round_products; /* operands of products are rounded to bf16: sg_graph_options */
    uint64_t seed;    /* of the initial weights and of random ops, whose epoch is 0 and samples 0, 1, ... */
    const char *init; /* weights: a run directory or a file of named arrays; NULL: initialised by the seed */
    /* Arrays by the names of what they stand for: inputs, weights, or any other value of the graph, whose
     * computation they replace. Types are converted, numbers as they are (a u8 pixel of 255 is
     * 255, not 1); fractions do not go into integers. May be NULL. */
    const sg_arrays *feeds;
    /* Names of what to compute. Without any: the file's nodes that no other node reads. */
    const char *const *fetch;
    int fetch_count;
    /* A float value to differentiate (the sum of its elements, if it has several), and what with respect to:
     * inputs, weights, or other values. Without names: every weight and every float input. NULL: none. */
    const char *gradient_of;
    const char *const *with_respect_to;
    int with_respect_to_count;
    bool no_group;     /* run node by node: the same bits, slower */
    bool no_recompute; /* keep every value that the backward pass reads: more memory, the same bits
                          (with products in bf16 nearly so) */
    /* Called with what is worth a line: weights that are random, feeds whose numbers may be meant otherwise.
     * May be NULL. */
    void (*note)(void *data, const char *text);
    void *data; /* handed to `note` */
} sg_evaluate_options;

/* Computes and adds the results to `out` (zero-initialised by the caller): values under the names that were
 * asked for, gradients under "grad/NAME". Problems of the document go to `diagnostics` (SG_BAD_GRAPH with the
 * message "the graph file has errors"), others to `error`: SG_BAD_USAGE (unknown names, with the nearest one;
 * inputs that are needed but not fed), SG_BAD_DATA (shapes and values of feeds), what sg_weights_load says of
 * `init`, SG_OUT_OF_MEMORY. `out` is empty after a failure. */
sg_status sg_document_evaluate(sg_arrays *out, sg_context *context, const sg_document *document,
                               const sg_evaluate_options *options, sg_diagnostics *diagnostics,
                               sg_error *error);

SG_END_C

#endif
