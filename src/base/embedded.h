/* base/embedded.h - files that the library carries along (tools/embed.py makes their tables). */
#ifndef SG_BASE_EMBEDDED_H
#define SG_BASE_EMBEDDED_H

#include <stddef.h>

typedef struct sg_embedded {
    const char *name; /* "graphs/lib/attention.yaml"; NULL ends the table */
    const char *text; /* ended by a zero, which `length` does not count */
    size_t length;
} sg_embedded;

#endif
