/* plan/derived.h - graphs made from another one: values keep their numbers, nodes that stay are shared. */
#ifndef SG_PLAN_DERIVED_H
#define SG_PLAN_DERIVED_H

#include "plan/plan.h"

/* A graph with the same values and no nodes yet; NULL when there is no memory. */
sg_graph *sg_derived_begin(const sg_graph *graph, sg_error *error);
/* Adds a node that stays as it is, or one that takes the place of another and has its path and its values. */
sg_status sg_derived_keep(sg_graph *copy, sg_node *node, sg_error *error);
/* Sets needed[i] for nodes that fetched values and updates depend on; `needed` begins as false. */
sg_status sg_derived_needed(const sg_graph *graph, const sg_program_options *options, bool *needed,
                            sg_error *error);
/* Where all went well, the plan goes on with `next` and owns it; else `next`, or NULL, is destroyed. `status`
 * is how it went so far; what comes back says whether the graph itself, too, is good. */
sg_status sg_derived_end(sg_plan *plan, sg_graph *next, sg_status status, sg_error *error);

#endif
