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

typedef struct search {
    sg_paths *paths;
    const char *const *endings;
    sg_error *error;
} search;

void sg_paths_finish(sg_paths *paths) {
    for (size_t i = 0; i < paths->directory_count; i++) free(paths->directory[i].path);
    free(paths->directory);
    free(paths->left_out);
    free(paths->root);
    free(paths->names);
    free(paths->file);
    *paths = (sg_paths){0};
}

static sg_status no_memory(const char *path, sg_error *error) {
    return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory reading `%s`", path);
}

static sg_status unreadable(const char *path, sg_error *error) {
    if (errno == ENOMEM) return no_memory(path, error);
    return sg_fail(error, SG_IO_ERROR, "cannot read `%s`: %s", path, strerror(errno));
}

/* What is not there, or not for us to look at, is left out; want of memory and broken disks are told. */
static bool is_left_out(int code) {
    return code == EACCES || code == EPERM || code == ELOOP || code == ENOENT || code == ENOTDIR;
}

static char *join(const char *directory, const char *name) {
    size_t room = strlen(directory) + strlen(name) + 2;
    char *path = malloc(room);
    if (path) snprintf(path, room, *directory && *name ? "%s/%s" : "%s%s", directory, name);
    return path;
}

static bool is_wanted(const char *name, const char *const *endings) {
    for (; *endings; endings++)
        if (sg_file_has_extension(name, *endings)) return true;
    return false;
}

/* Takes down what cannot be read. */
static sg_status note_left_out(const search *s, const char *path) {
    if (s->paths->left_out_count++ == 0) s->paths->left_out = strdup(path);
    return s->paths->left_out ? SG_OK : no_memory(path, s->error);
}

/* Whether a directory is this one or one above it, up to the root: a link to it would list it again and
 * again.
 */
static bool is_above(char *path, size_t root, const struct stat *directory) {
    struct stat info;
    for (;;) {
        if (stat(path, &info) == 0 && info.st_dev == directory->st_dev && info.st_ino == directory->st_ino)
            return true;
        if (strlen(path) <= root) return false;
        *strrchr(path, '/') = 0;
    }
}

/* A regular file, a directory or something else: most file systems tell with the name, and links must be
 * followed.
 */
static sg_status kind_of(const search *s, const char *directory, const struct dirent *entry, int *kind) {
    struct stat info;
    *kind = entry->d_type;
    if (*kind != DT_UNKNOWN && *kind != DT_LNK) return SG_OK;
    char *below = join(directory, entry->d_name), *path = below ? join(s->paths->root, below) : NULL;
    sg_status status = path ? SG_OK : no_memory(directory, s->error);
    *kind = DT_UNKNOWN;
    if (path && stat(path, &info) == 0)
        *kind = S_ISDIR(info.st_mode) ? DT_DIR : S_ISREG(info.st_mode) ? DT_REG : DT_UNKNOWN;
    else if (path && !is_left_out(errno))
        status = unreadable(path, s->error);
    else if (path && is_wanted(entry->d_name, s->endings))
        status = note_left_out(s, path);
    if (*kind == DT_DIR) {
        *strrchr(path, '/') = 0;
        if (is_above(path, strlen(s->paths->root), &info)) *kind = DT_UNKNOWN;
    }
    free(path);
    free(below);
    return status;
}

static sg_status add_file(const search *s, const char *name) {
    sg_paths *p = s->paths;
    size_t bytes = strlen(name) + 1;
    if (!sg_array_grow(&p->names, &p->names_room, p->names_used + bytes, 1) ||
        !sg_array_grow(&p->file, &p->room, p->count + 1, sizeof *p->file))
        return no_memory(p->root, s->error);
    memcpy(p->names + p->names_used, name, bytes);
    p->file[p->count++] = p->names_used;
    p->names_used += bytes;
    return SG_OK;
}

/* Directories that are to be looked through follow those that were. Takes over `path`. */
static sg_status add_directory(const search *s, char *path) {
    sg_paths *p = s->paths;
    if (!path ||
        !sg_array_grow(&p->directory, &p->directory_room, p->directory_count + 1, sizeof *p->directory)) {
        free(path);
        return no_memory(p->root, s->error);
    }
    p->directory[p->directory_count++] = (sg_directory){.path = path};
    return SG_OK;
}

static int depth_of(const char *path) {
    int depth = *path != 0;
    for (; *path; path++) depth += *path == '/';
    return depth;
}

static sg_status look_through(const search *s, DIR *stream, size_t index, const char *shown) {
    const char *directory = s->paths->directory[index].path; /* stays where it is when the array moves */
    sg_status status = SG_OK;
    while (status == SG_OK) {
        errno = 0;
        struct dirent *entry = readdir(stream);
        if (!entry) return errno != 0 ? unreadable(shown, s->error) : SG_OK;
        const char *name = entry->d_name;
        int kind;
        if (name[0] == '.') continue;
        bool wanted = is_wanted(name, s->endings);
        if (entry->d_type == DT_REG && !wanted) {
            s->paths->other_count++;
            continue;
        }
        status = kind_of(s, directory, entry, &kind);
        if (status == SG_OK && kind == DT_DIR && depth_of(directory) < MAX_DEPTH)
            status = add_directory(s, join(directory, name));
        else if (status == SG_OK && kind == DT_REG && wanted)
            status = add_file(s, name);
        else if (status == SG_OK && kind == DT_REG)
            s->paths->other_count++;
    }
    return status;
}

static sg_status look_into(const search *s, size_t index) {
    char *path = join(s->paths->root, s->paths->directory[index].path);
    if (!path) return no_memory(s->paths->root, s->error);
    size_t first = s->paths->count;
    DIR *stream = opendir(path);
    sg_status status;
    if (stream)
        status = look_through(s, stream, index, path);
    else if (index > 0 && is_left_out(errno))
        status = note_left_out(s, path);
    else
        status = unreadable(path, s->error);
    if (stream) closedir(stream);
    s->paths->directory[index].first = first;
    s->paths->directory[index].count = s->paths->count - first;
    free(path);
    return status;
}

/* By class first: "a" comes before "a-b", though "a/" does not. */
static int by_class(const void *a, const void *b) {
    const char *x = ((const sg_directory *)a)->path, *y = ((const sg_directory *)b)->path;
    size_t m = strcspn(x, "/"), n = strcspn(y, "/");
    int order = memcmp(x, y, m < n ? m : n);
    if (order != 0) return order;
    return m != n ? (m < n ? -1 : 1) : strcmp(x, y);
}

static int by_name(const void *a, const void *b, void *names) {
    return strcmp((const char *)names + *(const size_t *)a, (const char *)names + *(const size_t *)b);
}

/* Puts files in the order of their directories. */
static sg_status sort(sg_paths *p, sg_error *error) {
    size_t *file = sg_array_alloc(p->count + 1, sizeof *file), at = 0;
    if (!file) return no_memory(p->root, error);
    qsort(p->directory, p->directory_count, sizeof *p->directory, by_class);
    for (size_t i = 0; i < p->directory_count; i++) {
        sg_directory *d = &p->directory[i];
        for (size_t k = 0; k < d->count; k++) file[at + k] = p->file[d->first + k];
        d->first = at;
        if (d->count > 0) qsort_r(file + at, d->count, sizeof *file, by_name, p->names);
        at += d->count;
    }
    free(p->file);
    p->file = file;
    p->room = p->count + 1;
    return SG_OK;
}

/* Subdirectories that hold no file have no number. */
static void number_classes(sg_paths *p) {
    const char *last = NULL;
    for (size_t i = 0; i < p->directory_count; i++) {
        sg_directory *d = &p->directory[i];
        if (d->count == 0) continue;
        if (!*d->path) {
            p->classes = 0;
            return;
        }
        size_t length = strcspn(d->path, "/");
        if (!last || strcspn(last, "/") != length || memcmp(last, d->path, length) != 0) p->classes++;
        last = d->path;
        d->class = p->classes - 1;
    }
}

sg_status sg_paths_find(sg_paths *paths, const char *root, const char *const *endings, sg_error *error) {
    *paths = (sg_paths){.root = strdup(root)};
    search s = {paths, endings, error};
    sg_status status = paths->root ? add_directory(&s, strdup("")) : no_memory(root, error);
    for (size_t i = 0; status == SG_OK && i < paths->directory_count; i++) status = look_into(&s, i);
    if (status == SG_OK) status = sort(paths, error);
    if (status == SG_OK)
        number_classes(paths);
    else
        sg_paths_finish(paths);
    return status;
}

static const sg_directory *directory_of(const sg_paths *paths, size_t index) {
    size_t low = 0, high = paths->directory_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (paths->directory[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    return &paths->directory[low];
}

char *sg_paths_get(const sg_paths *paths, size_t index) {
    char *directory = join(paths->root, directory_of(paths, index)->path);
    char *path = directory ? join(directory, paths->names + paths->file[index]) : NULL;
    free(directory);
    return path;
}

int32_t sg_paths_class(const sg_paths *paths, size_t index) {
    return directory_of(paths, index)->class;
}
