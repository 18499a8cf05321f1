/* Random graphs: mixtures of views, elementwise ops, reductions, normalisations, products, attention,
 * convolutions, gathers and joins, with gradients, stored values and updates of them. A graph depends on its
 * number and its sizes alone. */
#ifndef SG_TESTS_RANDOM_GRAPH_H
#define SG_TESTS_RANDOM_GRAPH_H

#include "graph/graph.h"
#include "simgraph/tensor.h"

enum { RANDOM_VALUES = 64, RANDOM_INPUTS = 32, RANDOM_FETCH = 48 };

typedef struct dice {
    uint32_t graph, count;
} dice;

/* 0 .. sides - 1. */
int64_t dice_roll(dice *d, int64_t sides);

/* A fed or stored value. */
typedef struct random_input {
    sg_value value;
    bool stored;
    int64_t sides; /* of a fed i32: its numbers are 0 .. sides - 1 */
} random_input;

typedef struct random_graph {
    sg_graph *graph;
    sg_value values[RANDOM_VALUES];
    int count;
    random_input inputs[RANDOM_INPUTS];
    int input_count;
    sg_value updates[RANDOM_INPUTS]; /* made while the gradient is */
    int update_count;
    sg_value fetch[RANDOM_FETCH];
    int fetch_count;
} random_graph;

typedef struct random_sizes {
    sg_type type;
    int64_t batch, samples, rows, columns; /* the first inputs are [samples, rows, columns] */
    int steps;
} random_sizes;

/* Ends at an error only where a graph has no gradient. */
sg_status random_graph_build(random_graph *r, uint32_t number, const random_sizes *sizes, sg_error *error);

/* A fed value of floats. */
sg_value random_graph_input(random_graph *r, sg_shape shape);
/* The numbers of a fed or stored value. */
void random_graph_fill(const random_graph *r, sg_value value, sg_tensor *to);

#endif
