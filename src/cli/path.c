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
