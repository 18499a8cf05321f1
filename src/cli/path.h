/* cli/path.h - the names of files. */
#ifndef SG_CLI_PATH_H
#define SG_CLI_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* ".png", in any case, behind a name. */
bool cli_has_ending(const char *path, const char *ending);
/* Whether it is that of a file of several arrays: .npz or .safetensors. */
bool cli_holds_arrays(const char *path);
/* "x.png" for "x.jpg" and "x" and the ending ".png": what a file could be called. Returns `name`. */
const char *cli_rename(const char *path, const char *ending, char *name, size_t size);
/* The ends of paths by which these are told apart: of each its file's name, and as many of its directories as
 * it takes until no other path ends so. */
void cli_path_ends(const char **ends, const char *const *paths, size_t count);

#endif
