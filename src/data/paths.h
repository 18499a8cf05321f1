/* data/paths.h - the files below a directory, sorted, and the classes that its subdirectories stand for. */
#ifndef SG_DATA_PATHS_H
#define SG_DATA_PATHS_H

#include "simgraph/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sg_path {
    char *path;
    int32_t class; /* number of the subdirectory of the root that holds it, in order of names */
} sg_path;

typedef struct sg_paths {
    sg_path *item;
    size_t count, room;
    int32_t classes; /* 0 where a file stands in the root itself: there are no classes then */
} sg_paths;

/* Files with this extension (in any case), in order of their paths' bytes. Hidden files and directories are
 * left out; below 8 levels nothing is looked for. Fails with SG_IO_ERROR or SG_OUT_OF_MEMORY. */
sg_status sg_paths_find(sg_paths *paths, const char *root, const char *extension, sg_error *error);
void sg_paths_finish(sg_paths *paths);

#endif
