/* What Graphviz does not do for SVG. */
#ifndef SG_DRAW_DOT_SVG_H
#define SG_DRAW_DOT_SVG_H

#include "simgraph/error.h"

#include <stddef.h>

/* Where the diagram is to follow the reader's colour scheme, puts the style sheet for it into *svg, which may
 * move; else leaves it alone. Fails with SG_OUT_OF_MEMORY; *svg is then as it was. */
sg_status sg_dot_follow_scheme(char **svg, size_t *bytes, sg_error *error);

#endif
