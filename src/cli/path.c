/* The names of files. */
#include "path.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool cli_has_ending(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

bool cli_holds_arrays(const char *path) {
    return cli_has_ending(path, ".npz") || cli_has_ending(path, ".safetensors");
}

const char *cli_rename(const char *path, const char *ending, char *name, size_t size) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    snprintf(name, size, "%.*s%s", (int)(dot && dot > base ? dot - path : (ptrdiff_t)strlen(path)), path,
             ending);
    return name;
}

static bool ends_in(const char *path, const char *end) {
    size_t length = strlen(path), tail = strlen(end);
    return length >= tail && strcmp(path + length - tail, end) == 0 &&
           (length == tail || path[length - tail - 1] == '/');
}

void cli_path_ends(const char **ends, const char *const *paths, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *path = paths[i], *slash = strrchr(path, '/'), *end = slash ? slash + 1 : path;
        for (size_t k = 0; k < count; k++)
            while (end > path && ends_in(paths[k], end) && strcmp(paths[k], path) != 0)
                for (end--; end > path && end[-1] != '/';) end--;
        ends[i] = end;
    }
}
