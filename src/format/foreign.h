/* format/foreign.h - element types of other programs' files, and how they become ours. */
#ifndef SG_FORMAT_FOREIGN_H
#define SG_FORMAT_FOREIGN_H

#include "simgraph/tensor.h"

typedef struct sg_foreign {
    const char *safetensors; /* "I64" */
    const char *numpy;       /* "i8", without the byte-order mark; NULL: NumPy has no such type */
    size_t size;             /* bytes of one element */
    sg_type type;            /* what it becomes */
    bool same;               /* the bytes are what sg_type has */
} sg_foreign;

const sg_foreign *sg_foreign_from_safetensors(const char *name); /* NULL when unknown */
const sg_foreign *sg_foreign_from_numpy(const char *name); /* "<f4", "|u1"; NULL when unknown or big-endian */
const sg_foreign *sg_foreign_of(sg_type type);             /* the one with the same bytes */

/* Converts `count` elements (any alignment) to foreign->type. Fails with SG_BAD_DATA when a value does not
 * fit; the message has no name of the array in front yet. */
sg_status sg_foreign_convert(const sg_foreign *foreign, void *to, const void *from, int64_t count,
                             sg_error *error);

#endif
