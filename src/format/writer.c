/* Files replaced in one piece: temporary file, sync, rename, sync of the directory. */
#include "format/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16, NAME_TRIES = 1000 };

static void keep_error(sg_file_writer *writer, const char *what, int code) {
    if (writer->error.status != SG_OK) return;
    sg_fail(&writer->error, SG_IO_ERROR, "cannot %s `%s`: %s", what, writer->shown, strerror(code));
}

void sg_file_writer_finish(sg_file_writer *writer) {
    if (writer->fd >= 0) {
        close(writer->fd);
        if (writer->temp) unlink(writer->temp);
    }
    free(writer->buffer);
    free(writer->path);
    free(writer->temp);
    *writer = (sg_file_writer){.fd = -1};
}

/* Opens a new file beside the target. A name that is taken belongs to another writer or to one that was
 * killed. */
static void open_temporary(sg_file_writer *writer) {
    size_t room = strlen(writer->path) + 64;
    writer->temp = malloc(room);
    if (!writer->temp) {
        sg_fail(&writer->error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", writer->shown);
        return;
    }
    for (int i = 0; i < NAME_TRIES; i++) {
        snprintf(writer->temp, room, "%s.%ld-%d.tmp", writer->path, (long)getpid(), i);
        writer->fd = open(writer->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0 || errno != EEXIST) break;
    }
    if (writer->fd < 0) keep_error(writer, "write", errno);
}

sg_status sg_file_writer_init(sg_file_writer *writer, const char *path, sg_error *error) {
    *writer = (sg_file_writer){.fd = -1, .shown = path};
    struct stat there;
    bool exists = stat(path, &there) == 0;
    int reason = exists ? 0 : errno;
    writer->path = exists ? realpath(path, NULL) : strdup(path);
    writer->buffer = malloc(BUFFER_BYTES);
    struct stat link;
    if (exists && S_ISDIR(there.st_mode)) {
        keep_error(writer, "write", EISDIR);
    } else if (!exists && reason != ENOENT) {
        keep_error(writer, "write", reason);
    } else if (!exists && lstat(path, &link) == 0) {
        sg_fail(&writer->error, SG_IO_ERROR, "cannot write `%s`: it is a symbolic link to nothing", path);
    } else if (!writer->path && exists && errno != ENOMEM) {
        keep_error(writer, "write", errno);
    } else if (!writer->path || !writer->buffer) {
        sg_fail(&writer->error, SG_OUT_OF_MEMORY, "out of memory writing `%s`", path);
    } else if (exists && !S_ISREG(there.st_mode)) {
        writer->direct = true;
        writer->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (writer->fd < 0) keep_error(writer, "write", errno);
    } else {
        open_temporary(writer);
        /* The new file is for the same readers as the old one. */
        if (writer->fd >= 0 && exists && fchmod(writer->fd, there.st_mode & 07777) != 0)
            keep_error(writer, "write", errno);
    }
    if (writer->error.status == SG_OK) return SG_OK;
    if (error) *error = writer->error;
    sg_status status = writer->error.status;
    sg_file_writer_finish(writer);
    return status;
}

static void write_all(sg_file_writer *writer, const unsigned char *data, size_t bytes) {
    while (bytes > 0 && writer->error.status == SG_OK) {
        ssize_t done = write(writer->fd, data, bytes);
        if (done < 0) {
            if (errno != EINTR) keep_error(writer, "write", errno);
            continue;
        }
        data += done;
        bytes -= (size_t)done;
    }
}

static void flush(sg_file_writer *writer) {
    write_all(writer, writer->buffer, writer->used);
    writer->used = 0;
}

void sg_file_writer_put(sg_file_writer *writer, const void *data, size_t bytes) {
    if (writer->error.status != SG_OK || bytes == 0) return;
    writer->written += bytes;
    if (bytes > BUFFER_BYTES - writer->used) flush(writer);
    if (bytes >= BUFFER_BYTES) {
        write_all(writer, data, bytes);
    } else {
        memcpy(writer->buffer + writer->used, data, bytes);
        writer->used += bytes;
    }
}

/* Some file systems cannot sync a directory; they say EINVAL. One that may not be read may not be synced. */
int sg_directory_sync(const char *path) {
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX] = "."; /* a longer name cannot be opened */
    size_t length = !slash || slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof parent) return ENAMETOOLONG;
    if (slash) memcpy(parent, path, length);
    parent[length] = 0;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 ? errno : 0;
    if (fd < 0) return code == EACCES ? 0 : code;
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) code = errno;
    close(fd);
    return code;
}

sg_status sg_file_writer_sync(sg_file_writer *writer, sg_error *error) {
    flush(writer);
    if (writer->error.status == SG_OK && !writer->direct && fsync(writer->fd) != 0)
        keep_error(writer, "sync", errno);
    if (writer->error.status != SG_OK && error) *error = writer->error;
    return writer->error.status;
}

sg_status sg_file_writer_commit(sg_file_writer *writer, sg_error *error) {
    if (sg_file_writer_sync(writer, NULL) == SG_OK) {
        int fd = writer->fd, code;
        writer->fd = -1;
        if (close(fd) != 0) keep_error(writer, "write", errno);
        if (!writer->direct) {
            if (writer->error.status == SG_OK && rename(writer->temp, writer->path) != 0)
                keep_error(writer, "replace", errno);
            if (writer->error.status != SG_OK)
                unlink(writer->temp);
            else if ((code = sg_directory_sync(writer->path)) != 0)
                keep_error(writer, "sync the directory of", code);
        }
    }
    sg_status status = writer->error.status;
    if (status != SG_OK && error) *error = writer->error;
    sg_file_writer_finish(writer);
    return status;
}

sg_status sg_file_writable(const char *path, sg_error *error) {
    sg_file_writer writer;
    sg_status status = sg_file_writer_init(&writer, path, error);
    if (status == SG_OK) sg_file_writer_finish(&writer);
    return status;
}

sg_status sg_file_save(const char *path, const void *data, size_t bytes, sg_error *error) {
    sg_file_writer writer;
    sg_status status = sg_file_writer_init(&writer, path, error);
    if (status != SG_OK) return status;
    sg_file_writer_put(&writer, data, bytes);
    return sg_file_writer_commit(&writer, error);
}
