/* data/paths.h - the files below a directory, in order, and the classes that its subdirectories stand for.
 * Made for millions of them: a file takes its name and eight bytes. */
#ifndef SG_DATA_PATHS_H
#define SG_DATA_PATHS_H

#include "simgraph/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sg_directory {
    char *path;          /* below the root; "" for the root itself */
    size_t first, count; /* its files */
    int32_t class;       /* number of the subdirectory of the root that it is or lies in, in order of names */
} sg_directory;

typedef struct sg_paths {
    char *root;
    sg_directory *directory;
    size_t directory_count, directory_room;
    char *names; /* of files, each ended by a zero */
    size_t names_used, names_room;
    size_t *file; /* where the name of each begins */
    size_t count, room;
    int32_t classes; /* 0 where a file stands in the root itself: there are no classes then */
    char *left_out; /* the first directory or link to a file that was, since it cannot be read; NULL: none was
                     */
    size_t left_out_count;
    size_t other_count; /* files with other endings */
} sg_paths;

/* Files with one of these endings (in any case; the list ends with NULL). The order is that of torchvision's
 * ImageFolder: class by class, directory by directory, and by name, each by their bytes. Hidden files and
 * directories are left out; below 8 levels nothing is looked for. Links are followed, but for those to a
 * directory that they lie in. Directories below the root that may not be read are left out, and links of such
 * names that lead nowhere.
 * Fails with SG_IO_ERROR or SG_OUT_OF_MEMORY. */
sg_status sg_paths_find(sg_paths *paths, const char *root, const char *const *endings, sg_error *error);
void sg_paths_finish(sg_paths *paths);

/* "ROOT/DIRECTORY/NAME", to be freed; NULL when there is no memory. */
char *sg_paths_get(const sg_paths *paths, size_t index);
int32_t sg_paths_class(const sg_paths *paths, size_t index);

#endif
