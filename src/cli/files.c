#include "files.h"

#include <stdlib.h>
#include <string.h>

const cli_file *cli_file_find(const char *name) {
    for (const cli_file *file = cli_files; file->name; file++)
        if (strcmp(file->name, name) == 0) return file;
    abort(); /* a verb asks for a file that the build does not embed */
}
