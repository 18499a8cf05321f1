/* lang/library.h - the blocks of graphs/lib, embedded by the build (tools/embed.py). */
#ifndef SG_LANG_LIBRARY_H
#define SG_LANG_LIBRARY_H

#include <stddef.h>

typedef struct sg_library_file {
    const char *name; /* "graphs/lib/attention.yaml"; NULL ends the table */
    const char *text;
    size_t length;
} sg_library_file;

extern const sg_library_file sg_library_files[];

#endif
