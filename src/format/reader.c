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
static sg_status open_file(const char *path, int *fd, struct stat *info, sg_error *error) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    int code = errno;
    if (*fd >= 0 && fstat(*fd, info) == 0 && !S_ISDIR(info->st_mode)) return SG_OK;
    if (*fd >= 0) {
        code = S_ISDIR(info->st_mode) ? EISDIR : errno;
        close(*fd);
        *fd = -1;
    }
    /* That is no fault of this file. */
    bool lacks = code == EMFILE || code == ENFILE || code == ENOMEM;
    return sg_fail(error, lacks ? SG_OUT_OF_MEMORY : SG_IO_ERROR, "cannot read `%s`: %s", path,
                   strerror(code));
}

sg_status sg_file_reader_init(sg_file_reader *reader, const char *path, sg_error *error) {
    struct stat info = {0};
    *reader = (sg_file_reader){.path = path};
    sg_status status = open_file(path, &reader->fd, &info, error);
    if (status != SG_OK) return status;
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

static sg_status too_large(const char *path, size_t limit, sg_error *error) {
    return sg_fail(error, SG_BAD_DATA, "`%s` is larger than %zu bytes", path, limit);
}

sg_status sg_file_load(const char *path, size_t limit, char **data, size_t *bytes, sg_error *error) {
    struct stat info = {0};
    int fd;
    sg_status status = open_file(path, &fd, &info, error);
    if (status != SG_OK) return status;
    /* Pipes have no length and files may grow: read until the end, whatever fstat said. */
    size_t used = 0, room = 4096;
    if (S_ISREG(info.st_mode) && info.st_size > 0) {
        if ((uint64_t)info.st_size > limit)
            status = too_large(path, limit, error);
        else
            room = (size_t)info.st_size + 2;
    }
    char *text = malloc(room);
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
        if (used > limit) status = too_large(path, limit, error);
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
