/* Looking for files. */
#include "data/paths.h"

#include "base/memory.h"
#include "format/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 8 };

void sg_paths_finish(sg_paths *paths) {
    for (size_t i = 0; i < paths->count; i++) free(paths->item[i].path);
    free(paths->item);
    *paths = (sg_paths){0};
}

static sg_status no_memory(const char *path, sg_error *error) {
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
}

static sg_status unreadable(const char *path, sg_error *error) {
    if (errno == ENOMEM) return no_memory(path, error);
    return sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", path, strerror(errno));
}

static sg_status search(sg_paths *paths, const char *directory, const char *extension, int depth,
                        sg_error *error);

/* Takes over `path`. */
static sg_status look_at(sg_paths *paths, char *path, const char *extension, int depth, sg_error *error) {
    struct stat info;
    sg_status status = SG_OK;
    if (stat(path, &info) != 0) {
        if (errno != ENOENT) status = unreadable(path, error); /* a link to nothing is no file */
    } else if (S_ISDIR(info.st_mode)) {
        if (depth < MAX_DEPTH) status = search(paths, path, extension, depth + 1, error);
    } else if (S_ISREG(info.st_mode) && sg_file_has_extension(path, extension)) {
        if (sg_array_grow(&paths->item, &paths->room, paths->count + 1, sizeof *paths->item)) {
            paths->item[paths->count++] = (sg_path){.path = path};
            return SG_OK;
        }
        status = no_memory(path, error);
    }
    free(path);
    return status;
}

static sg_status search(sg_paths *paths, const char *directory, const char *extension, int depth,
                        sg_error *error) {
    DIR *stream = opendir(directory);
    if (!stream) return unreadable(directory, error);
    sg_status status = SG_OK;
    while (status == SG_OK) {
        errno = 0;
        struct dirent *entry = readdir(stream);
        if (!entry) {
            if (errno != 0) status = unreadable(directory, error);
            break;
        }
        if (entry->d_name[0] == '.') continue;
        size_t room = strlen(directory) + strlen(entry->d_name) + 2;
        char *path = malloc(room);
        if (!path) {
            status = no_memory(directory, error);
            break;
        }
        snprintf(path, room, "%s/%s", directory, entry->d_name);
        status = look_at(paths, path, extension, depth, error);
    }
    closedir(stream);
    return status;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const sg_path *)a)->path, ((const sg_path *)b)->path);
}

/* Files of one subdirectory stand together once sorted, since '/' ends its name. */
static void number_classes(sg_paths *paths, size_t root_length) {
    size_t length = 0;
    for (size_t i = 0; i < paths->count; i++) {
        const char *below = paths->item[i].path + root_length + 1, *slash = strchr(below, '/');
        if (!slash) {
            paths->classes = 0;
            return;
        }
        const char *before = i > 0 ? paths->item[i - 1].path + root_length + 1 : NULL;
        if (!before || (size_t)(slash - below) != length || strncmp(before, below, length) != 0)
            paths->classes++;
        length = (size_t)(slash - below);
        paths->item[i].class = paths->classes - 1;
    }
}

sg_status sg_paths_find(sg_paths *paths, const char *root, const char *extension, sg_error *error) {
    *paths = (sg_paths){0};
    sg_status status = search(paths, root, extension, 0, error);
    if (status != SG_OK) {
        sg_paths_finish(paths);
        return status;
    }
    if (paths->count > 0) qsort(paths->item, paths->count, sizeof *paths->item, by_path);
    number_classes(paths, strlen(root));
    return SG_OK;
}
