#include "lang/source.h"

#include "lang/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A run keeps its graph in its directory. */
static const char *run_hint(sg_work *work, const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    const char *own = sg_take_printf(work, "%.*s/graph.yaml", (int)length, path);
    return sg_source_exists(own) ? sg_take_printf(work, "the graph of that run is `%s`", own) : NULL;
}

static void close_directory(void *directory) {
    closedir(directory);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Characters of a name before its .yaml: with it, short names would all be near. */
static size_t stem_length(const char *name) {
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".yaml") == 0 ? length - 5 : length;
}

/* "did you mean ...?", of the graph files beside the one that is not there; NULL where none is near. */
static const char *near_hint(sg_work *work, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int before = (int)(name - path); /* of the directory, with its slash */
    DIR *directory = opendir(before ? sg_take_printf(work, "%.*s", before, path) : ".");
    if (!directory) return NULL;
    work->release = close_directory;
    work->release_data = directory;
    sg_names names = {0};
    for (const struct dirent *entry; (entry = readdir(directory));) {
        size_t stem = stem_length(entry->d_name);
        if (entry->d_name[stem] && strcmp(entry->d_name, name) != 0)
            sg_names_add(work, &names, sg_take_text(work, entry->d_name, stem));
    }
    work->release = NULL;
    closedir(directory);
    /* a directory has no order */
    if (names.count) qsort(names.item, names.count, sizeof *names.item, by_text);
    const char *near = sg_names_nearest(&names, sg_take_text(work, name, stem_length(name)));
    return near ? sg_take_printf(work, "did you mean `%.*s%s.yaml`?", before, path, near) : NULL;
}

static const char *fail(sg_work *work, const char *path, sg_span from, int code) {
    sg_status status = code == ENOMEM ? SG_OUT_OF_MEMORY : SG_IO_ERROR;
    const char *reason = code == EISDIR   ? "it is a directory"
                         : code == ENOENT ? "there is no such file"
                                          : strerror(code);
    const char *message = sg_take_printf(work, "cannot read `%s`: %s", path, reason), *hint = NULL;
    if (code == EISDIR) hint = run_hint(work, path);
    if (code == ENOENT) hint = near_hint(work, path);
    sg_complain_with(work, from, status, message, hint, NULL, 0);
    return NULL;
}

/* Fills `text` from the file; returns errno or 0. */
static int read_all(const char *path, char *text, size_t room, size_t *length) {
    int file = open(path, O_RDONLY | O_CLOEXEC), code = 0;
    if (file < 0) return errno;
    *length = 0;
    while (*length < room) {
        ssize_t count = read(file, text + *length, room - *length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) code = errno;
        if (count <= 0) break;
        *length += (size_t)count;
    }
    close(file);
    return code;
}

const char *sg_source_read(sg_work *work, const char *path, sg_span from, size_t *length) {
    struct stat about;
    if (stat(path, &about) != 0) return fail(work, path, from, errno);
    if (S_ISDIR(about.st_mode)) return fail(work, path, from, EISDIR);
    /* Pipes have no size; a regular file may grow between the calls, which the limit bounds too. */
    size_t room = SG_YAML_MAX_BYTES + 1;
    if (S_ISREG(about.st_mode) && about.st_size < SG_YAML_MAX_BYTES) room = (size_t)about.st_size;
    char *text = sg_take(work, room + 1, 1);
    int code = read_all(path, text, room, length);
    return code ? fail(work, path, from, code) : text;
}

bool sg_source_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode) && access(path, R_OK) == 0;
}

const char *sg_source_find(sg_work *work, const char *name, const char *user, const char *const *directories,
                           int count) {
    const char *slash = strrchr(user, '/');
    if (name[0] == '/') return sg_source_exists(name) ? name : NULL;
    const char *beside = slash ? sg_take_printf(work, "%.*s/%s", (int)(slash - user), user, name) : name;
    if (sg_source_exists(beside)) return beside;
    for (int i = 0; i < count; i++) {
        const char *there = sg_take_printf(work, "%s/%s", directories[i], name);
        if (sg_source_exists(there)) return there;
    }
    return NULL;
}

const char *sg_source_identity(sg_work *work, const char *path) {
    char resolved[PATH_MAX];
    if (!realpath(path, resolved)) return path;
    return sg_take_text(work, resolved, strlen(resolved));
}
