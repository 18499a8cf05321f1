/* format/tar.h - the members of a tar archive (POSIX ustar with pax headers, and GNU's long names), in their
 * order. */
#ifndef SG_FORMAT_TAR_H
#define SG_FORMAT_TAR_H

#include "format/file.h"

#include "base/text.h"

typedef struct sg_tar {
    const sg_file_reader *file;
    uint64_t next;     /* where the next header begins */
    sg_text long_name; /* of the next member, where its header has no room for it */
    /* Of the member that was found: */
    char name[4096]; /* a longer one is SG_BAD_DATA */
    uint64_t offset, size;
} sg_tar;

void sg_tar_init(sg_tar *tar, const sg_file_reader *file);
void sg_tar_finish(sg_tar *tar);
/* The next regular file; *found is false at the end. SG_BAD_DATA where the archive is damaged, cut short,
 * compressed or no archive. */
sg_status sg_tar_next(sg_tar *tar, bool *found, sg_error *error);

#endif
