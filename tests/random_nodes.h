/* The nodes that random graphs are made of: each adds one, or a few, that read `x`. Where an op does not fit,
 * the graph's error is set, or the value is `x` itself. */
#ifndef SG_TESTS_RANDOM_NODES_H
#define SG_TESTS_RANDOM_NODES_H

#include "random_graph.h"

typedef struct maker {
    random_graph *r;
    int64_t most; /* elements of a value */
    sg_graph *g;
    dice d;
} maker;

static inline int64_t roll(maker *m, int64_t sides) {
    return dice_roll(&m->d, sides);
}

static inline sg_shape shape_of(const maker *m, sg_value v) {
    return sg_graph_value(m->g, v)->shape;
}

/* Of what there is: mostly one of the newest. */
sg_value random_value(maker *m);
/* "input", "weight" or "state"; of whole numbers below `sides`; a matrix or kernel, stored or fed. */
sg_value new_input(maker *m, const char *op, sg_shape shape);
sg_value new_index(maker *m, sg_shape shape, int64_t sides);
sg_value new_weight(maker *m, sg_shape shape);
sg_value maybe_bias(maker *m, int64_t size);

sg_value random_view(maker *m, sg_value x);
sg_value random_layout(maker *m, sg_value x);
sg_value random_gather(maker *m, sg_value x);
sg_value random_unary(maker *m, sg_value x);
sg_value random_binary(maker *m, sg_value x);
sg_value random_reduction(maker *m, sg_value x);
sg_value random_norm(maker *m, sg_value x);
sg_value random_product(maker *m, sg_value x);
sg_value random_attention(maker *m, sg_value x);
sg_value random_map(maker *m, sg_value x);

#endif
