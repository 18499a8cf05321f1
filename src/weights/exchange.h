/* weights/exchange.h - what the way in and the way out share. */
#ifndef SG_WEIGHTS_EXCHANGE_H
#define SG_WEIGHTS_EXCHANGE_H

#include "weights/report.h"

typedef struct sg_exchange {
    const sg_weights_options *options;
    const sg_match *match;
    const sg_arrays *from;
    bool *used; /* per array of `from` */
    sg_arrays *out;
    sg_weights_report *report;
} sg_exchange;

/* Adds what becomes of one weight to `out`, and a line to the report. */
typedef sg_status (*sg_exchange_function)(sg_exchange *exchange, const sg_match_weight *weight,
                                          sg_error *error);

/* Calls `each` for every weight of the graph, lists what is left over, and fails where anything does not fit.
 * `file` is NULL on the way out: names are not looked for in `from` then. */
sg_status sg_exchange_run(sg_arrays *out, sg_weights_report *report, const sg_graph *graph,
                          const sg_arrays *from, const sg_arrays *file, const sg_weights_options *options,
                          sg_exchange_function each, sg_error *error);

#endif
