/* What a graph means, without a plan: node by node in the order of the graph, each with its kernel over all
 * of its items at once, and every value in dense memory of its own. Nothing is left out, grouped, cut,
 * placed, overwritten or computed twice. */
#ifndef SG_TESTS_REFERENCE_H
#define SG_TESTS_REFERENCE_H

#include "graph/graph.h"
#include "simgraph/context.h"
#include "simgraph/tensor.h"

/* Fills a fed or stored value. */
typedef void (*reference_fill)(void *data, sg_value value, sg_tensor *to);

/* All numbers of `fetch` one behind the other, to be freed. */
double *reference_run(const sg_context *context, const sg_graph *graph, const sg_draw *draw,
                      reference_fill fill, void *data, int fetch_count, const sg_value *fetch);

#endif
