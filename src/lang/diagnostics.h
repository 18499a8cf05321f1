/* lang/diagnostics.h - what the reader of graph files needs beyond the public list of messages. */
#ifndef SG_LANG_DIAGNOSTICS_H
#define SG_LANG_DIAGNOSTICS_H

#include "simgraph/language.h"

/* Makes the lines of a file known, so that messages can show them. A name that is known already keeps its
 * text. Files sort in the order in which they are made known. */
sg_status sg_diagnostics_source(sg_diagnostics *diagnostics, const char *name, const char *text,
                                size_t length);

/* A copy of `length` characters of a file at a place, to the end of the line at most; NULL when the file is
 * not known, or without memory. Freed with the diagnostics. */
const char *sg_diagnostics_quote(sg_diagnostics *diagnostics, sg_mark mark, int length);

/* Adds a finished message, unless there is one of the same severity at the same place; everything is copied.
 * Links: innermost first. */
sg_status sg_diagnostics_put(sg_diagnostics *diagnostics, sg_severity severity, sg_mark mark, int length,
                             const char *hint, const sg_link *link, int link_count, const char *message);

/* Takes messages away whose place in the file of `begin` lies between it and `end`; line 0: the file's end.
 */
void sg_diagnostics_forget(sg_diagnostics *diagnostics, sg_mark begin, sg_mark end);

#endif
