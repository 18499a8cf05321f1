#include "train/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sg_log_init(sg_log_file *log) {
    *log = (sg_log_file){.file = -1};
}

void sg_log_finish(sg_log_file *log) {
    if (log->file >= 0) close(log->file);
    free(log->path);
    sg_log_init(log);
}

static sg_status fail(const char *path, sg_error *error) {
    return sg_fail(error, SG_IO_ERROR, "cannot write %s: %s", path, strerror(errno));
}

sg_status sg_log_open(sg_log_file *log, const char *path, int64_t bytes, int flags, sg_error *error) {
    log->path = strdup(path);
    if (!log->path) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    log->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
    off_t length = log->file < 0 ? -1 : lseek(log->file, 0, SEEK_END);
    if (length < 0 || (length > bytes && ftruncate(log->file, bytes) != 0)) {
        sg_status status = fail(path, error);
        sg_log_finish(log);
        return status;
    }
    log->bytes = length < bytes ? length : bytes;
    return SG_OK;
}

sg_status sg_log_append(sg_log_file *log, const void *data, size_t bytes, sg_error *error) {
    const char *from = data;
    for (size_t at = 0; at < bytes;) {
        ssize_t wrote = write(log->file, from + at, bytes - at);
        if (wrote >= 0)
            at += (size_t)wrote;
        else if (errno != EINTR) {
            sg_status status = fail(log->path, error);
            return ftruncate(log->file, log->bytes) == 0 ? status : SG_IO_ERROR;
        }
    }
    log->bytes += (int64_t)bytes;
    return SG_OK;
}

sg_status sg_log_sync(const sg_log_file *log, sg_error *error) {
    return log->file < 0 || fsync(log->file) == 0 ? SG_OK : fail(log->path, error);
}
