/* simgraph/style.h - one canonical style for graph files.
 *
 * Keys stand in a fixed order, mappings and lists are written on one line where they fit into
 * SG_STYLE_WIDTH characters and one entry a line where they do not, text is quoted only where it must be,
 * expressions have the same spaces everywhere, and at most one blank line separates entries. Comments stay at
 * their entries. What the file means does not change, and styling twice is styling once. */
#ifndef SIMGRAPH_STYLE_H
#define SIMGRAPH_STYLE_H

#include "simgraph/language.h"

SG_BEGIN_C

enum { SG_STYLE_WIDTH = 120 };

/* The text of a graph file in that style, to be freed with free(). `name` stands for the file in messages.
 * Only the file itself is read, nothing that it includes: breaches of YAML, unknown keys of the file and
 * expressions that cannot be parsed are reported (SG_BAD_GRAPH), names that mean nothing are not. */
sg_status sg_style_text(char **out, const char *name, const char *text, size_t length,
                        sg_diagnostics *diagnostics);

SG_END_C

#endif
