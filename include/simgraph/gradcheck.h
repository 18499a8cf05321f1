/* simgraph/gradcheck.h - holding gradients against differences.
 *
 * The graph is bound for training in f64, with random inputs, and weights moved off their initial values so
 * that no gradient is zero by accident. For random elements w of each weight, the gradient of the loss is
 * compared with the central difference (loss(w + h) - loss(w - h)) / 2h, extrapolated to h -> 0 by Ridders'
 * method (C. J. F. Ridders, Advances in Engineering Software 4, 1982), which also tells how good it is. */
#ifndef SIMGRAPH_GRADCHECK_H
#define SIMGRAPH_GRADCHECK_H

#include "simgraph/context.h"
#include "simgraph/language.h"

SG_BEGIN_C

typedef struct sg_gradcheck_options {
    size_t size;      /* sizeof(sg_gradcheck_options) */
    const char *loss; /* name of the value to differentiate; NULL: what the file minimizes, else "loss" */
    int samples;      /* elements of each weight to try, at most; 0: 3 */
    int64_t batch;    /* 0: 2 */
    uint64_t seed;
} sg_gradcheck_options;

/* What was found for one weight, and its worst element. */
typedef struct sg_gradcheck_row {
    char *name;
    int64_t elements;            /* of the weight */
    int tried;                   /* elements that were compared */
    int unsure;                  /* elements that were left out: the loss has a kink too close to them */
    int64_t element;             /* index of the worst in row-major order */
    double gradient, difference; /* both estimates of d loss / d element */
    double error; /* |gradient - difference| / max(|gradient|, |difference|, 1e-3 of the graph's largest) */
} sg_gradcheck_row;

typedef struct sg_gradcheck_result {
    double loss;
    double worst; /* error; 0 when nothing was tried */
    int tried;    /* elements in all */
    int count;
    sg_gradcheck_row *rows; /* in the order of the graph */
} sg_gradcheck_result;

/* Fails with SG_BAD_GRAPH (problems go to `diagnostics`), SG_BAD_USAGE (no such loss, or one that has several
 * elements), SG_NOT_FINITE, SG_OUT_OF_MEMORY. Integer inputs are fed 0 or 1. */
sg_status sg_gradcheck(sg_gradcheck_result *out, sg_context *context, const sg_document *document,
                       const sg_gradcheck_options *options, sg_diagnostics *diagnostics, sg_error *error);
void sg_gradcheck_finish(sg_gradcheck_result *result);

SG_END_C

#endif
