/* cli/files.h - files of src/cli/files, embedded by the build (tools/embed.py). */
#ifndef SG_CLI_FILES_H
#define SG_CLI_FILES_H

#include <stddef.h>

typedef struct cli_file {
    const char *name; /* "files/schema.json"; NULL ends the table */
    const char *text;
    size_t length;
} cli_file;

extern const cli_file cli_files[];

/* The one of that name, which must be there. */
const cli_file *cli_file_find(const char *name);

#endif
