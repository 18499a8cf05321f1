/* train/log_file.h - files that grow as training goes on. What a full disk cut short is taken back, so that
 * they always end with a whole entry. */
#ifndef SG_TRAIN_LOG_FILE_H
#define SG_TRAIN_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "simgraph/error.h"

typedef struct sg_log_file {
    int file; /* -1: closed */
    char *path;
    int64_t bytes; /* written */
} sg_log_file;

void sg_log_init(sg_log_file *log);
void sg_log_finish(sg_log_file *log);
/* Makes the file, or opens it and cuts it to `bytes`. `flags`: more of open(2)'s, as O_EXCL.
 * After a failure it is closed. */
sg_status sg_log_open(sg_log_file *log, const char *path, int64_t bytes, int flags, sg_error *error);
sg_status sg_log_append(sg_log_file *log, const void *data, size_t bytes, sg_error *error);
/* Makes sure that all of it is on the disk; nothing to do for a closed one. */
sg_status sg_log_sync(const sg_log_file *log, sg_error *error);

#endif
