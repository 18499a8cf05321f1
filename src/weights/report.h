/* weights/report.h - filling a report. */
#ifndef SG_WEIGHTS_REPORT_H
#define SG_WEIGHTS_REPORT_H

#include "weights/match.h"

/* Begins a report on a match; `other`, which may be empty, has names that fit better. */
void sg_report_begin(sg_weights_report *report, const sg_match *match, const sg_match *other);
/* Adds a line; everything that it points to must be in the report's memory, or outlive it. */
bool sg_report_add(sg_weights_report *report, const sg_weight_line *line);
/* A text in the report's memory; "" without memory. */
const char *sg_report_copy(sg_weights_report *report, const char *text);
/* A line about a weight, with the names of one of its ways. */
sg_weight_line sg_report_line(sg_weights_report *report, const sg_match_weight *weight, int way,
                              sg_weight_fate fate);

bool sg_matches_any(const char *const *patterns, int count, const char *name);

#endif
