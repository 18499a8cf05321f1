/* weights/computed.h - values that the graph computes from nothing, and files of others keep. */
#ifndef SG_WEIGHTS_COMPUTED_H
#define SG_WEIGHTS_COMPUTED_H

#include "weights/match.h"

/* The value as theirs has it, in f32: rows of zeros in front, axes of size 1 around. SG_BAD_GRAPH where it
 * depends on an input or a weight. */
sg_status sg_compute(sg_tensor *out, const sg_graph *graph, const sg_match_computed *computed,
                     sg_error *error);

/* Whether both hold the same numbers, to 0.01 (which bf16 needs for numbers up to 1), and the same shape but
 * for axes of size 1. */
bool sg_computed_equal(const sg_tensor *ours, const sg_tensor *theirs);

bool sg_shape_equal_but_ones(const sg_shape *a, const sg_shape *b);

#endif
