/* Files read by offset, and whole. */
#include "format/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens for reading; a directory opens too, and is refused here. */
static int open_file(const char *path, struct stat *info, sg_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int code = errno;
    if (fd >= 0 && fstat(fd, info) == 0 && !S_ISDIR(info->st_mode)) return fd;
    if (fd >= 0) {
        code = S_ISDIR(info->st_mode) ? EISDIR : errno;
        close(fd);
    }
    sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", path, strerror(code));
    return -1;
}

sg_status sg_file_reader_init(sg_file_reader *reader, const char *path, sg_error *error) {
    struct stat info = {0};
    *reader = (sg_file_reader){.fd = open_file(path, &info, error), .path = path};
    if (reader->fd < 0) return SG_IO_ERROR;
    if (!S_ISREG(info.st_mode)) {
        sg_file_reader_finish(reader);
        return sg_fail(error, SG_IO_ERROR, "cannot read `%s`: not a regular file", path);
    }
    reader->size = (uint64_t)info.st_size;
    return SG_OK;
}

void sg_file_reader_finish(sg_file_reader *reader) {
    if (reader->fd >= 0) close(reader->fd);
    reader->fd = -1;
}

sg_status sg_file_reader_get(const sg_file_reader *reader, uint64_t offset, void *data, size_t bytes,
                             sg_error *error) {
    if (offset > reader->size || bytes > reader->size - offset)
        return sg_fail(error, SG_BAD_DATA, "`%s` is cut short", reader->path);
    unsigned char *to = data;
    while (bytes > 0) {
        ssize_t got = pread(reader->fd, to, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", reader->path, strerror(errno));
        if (got == 0) return sg_fail(error, SG_BAD_DATA, "`%s` is cut short", reader->path);
        to += got;
        offset += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return SG_OK;
}

bool sg_file_has_extension(const char *path, const char *extension) {
    size_t length = strlen(path), tail = strlen(extension);
    return length > tail && strcasecmp(path + length - tail, extension) == 0;
}

sg_status sg_file_load(const char *path, size_t limit, char **data, size_t *bytes, sg_error *error) {
    struct stat info = {0};
    int fd = open_file(path, &info, error);
    if (fd < 0) return SG_IO_ERROR;
    /* Pipes have no length and files may grow: read until the end, whatever fstat said. */
    size_t used = 0, room = S_ISREG(info.st_mode) && info.st_size > 0 && (uint64_t)info.st_size <= limit
                                ? (size_t)info.st_size + 2
                                : 4096;
    char *text = malloc(room);
    sg_status status = SG_OK;
    while (status == SG_OK) {
        if (text && room - used < 2) {
            char *larger = room <= SIZE_MAX / 2 ? realloc(text, room * 2) : NULL;
            if (!larger) free(text);
            text = larger;
            room *= 2;
        }
        if (!text) {
            status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
            break;
        }
        ssize_t got = read(fd, text + used, room - used - 1);
        if (got == 0) break;
        if (got < 0) {
            if (errno != EINTR)
                status = sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", path, strerror(errno));
            continue;
        }
        used += (size_t)got;
        if (used > limit) status = sg_fail(error, SG_BAD_DATA, "`%s` is larger than %zu bytes", path, limit);
    }
    close(fd);
    if (status != SG_OK) {
        free(text);
        return status;
    }
    text[used] = 0;
    *data = text;
    *bytes = used;
    return SG_OK;
}
