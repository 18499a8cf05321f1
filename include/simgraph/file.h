/* simgraph/file.h - whole files in and out.
 *
 * A file is replaced in one piece: the bytes go to a temporary file in the same directory (NAME.PID-N.tmp),
 * which is synced and renamed; then the directory is synced. After any failure the file that was there before
 * is untouched and the temporary one is gone. What exists and is no regular file (/dev/stdout, a pipe) is
 * written directly; a symbolic link stays and the file behind it is replaced. Messages name the path and the
 * reason. */
#ifndef SIMGRAPH_FILE_H
#define SIMGRAPH_FILE_H

#include "simgraph/error.h"
#include <stddef.h>

SG_BEGIN_C

/* Writes `bytes` bytes to `path`. Fails with SG_IO_ERROR or SG_OUT_OF_MEMORY. */
sg_status sg_file_save(const char *path, const void *data, size_t bytes, sg_error *error);

/* Whether sg_file_save could write there, with its messages; leaves everything as it is. For what is written
 * after long work. */
sg_status sg_file_writable(const char *path, sg_error *error);

/* Reads a whole file of at most `limit` bytes; *data (to be freed with free) has a zero byte after its end.
 * Fails with SG_IO_ERROR (missing, unreadable, a directory), SG_BAD_DATA (more than `limit`),
 * SG_OUT_OF_MEMORY. */
sg_status sg_file_load(const char *path, size_t limit, char **data, size_t *bytes, sg_error *error);

SG_END_C

#endif
