/* simgraph/report.h - pages for a browser about runs: one HTML file that needs no other and no network.
 *
 * What a page shows is given as JSON, {"runs": [RUN, ...]}, in which every RUN is an object of
 *
 *     name, title, doc, state, yaml     texts; all but `name` and `title` may be null
 *     notes                             texts
 *     facts                             [[name, text], ...]
 *     columns                           {step, epoch, loss, lr, ...}: lists of numbers; null: there is none
 *     evaluations, reports              {step, epoch, names, v0, v1, ...}: names[i] has the column "v<i>"
 *     pictures                          {name: [[step, "data:image/png;base64,..."], ...]}
 *     profile                           {steps, threads, seconds, ops, blocks, nodes} or null; the last three
 *                                       are lists of {name, seconds, flops}
 *     best, highest                     the value by which evaluations are compared; is more of it better?
 *     command, mask_command, profile_command
 *
 * A page of several runs also has "table", [[name, text of each run, ...], ...], and "differences",
 * [{name, arguments, nodes, sections}, ...] of all runs but the first; see docs/report.md. */
#ifndef SIMGRAPH_REPORT_H
#define SIMGRAPH_REPORT_H

#include "simgraph/error.h"

#include <stdbool.h>
#include <stddef.h>

SG_BEGIN_C

typedef struct sg_report_options {
    size_t size; /* sizeof(sg_report_options) */
    const char *data;
    bool compare;        /* the page of several runs; else that of one, with */
    const char *diagram; /* its diagram, as sg_draw_page makes it, */
    const char *memory;  /* and its memory, as sg_draw_memory_page does; NULL: that there is none is said */
} sg_report_options;

/* Makes the page, to be freed with free. Fails with SG_BAD_USAGE (no data) or SG_OUT_OF_MEMORY. */
sg_status sg_draw_report(char **html, const sg_report_options *options, sg_error *error);

SG_END_C

#endif
