/* cli/outline.h - a graph as a table: file-level nodes, and blocks opened to some depth. */
#ifndef SG_CLI_OUTLINE_H
#define SG_CLI_OUTLINE_H

#include "simgraph/language.h"

typedef struct cli_row {
    char *path;         /* "codes.block.0" */
    const char *what;   /* the block or op, or "formula" */
    int depth;          /* 0: a node of the file */
    int rounds;         /* of a repeat that are alike and stand in this row; 1 otherwise */
    int64_t parameters; /* of one round */
    double flops;       /* of one round and a batch, divided by its samples */
    sg_value value;     /* the first output; SG_NO_VALUE where there is none */
} cli_row;

typedef struct cli_outline {
    int count, room;
    cli_row *rows;
} cli_outline;

/* Fills a zeroed outline. Blocks are opened `depth` levels deep; rounds that are alike share a row. `batch`:
 * what SG_SYMBOLIC_BATCH stands for in work. Returns false when there is no memory. */
bool cli_outline_init(cli_outline *outline, const sg_bound *bound, int64_t batch, int depth);
void cli_outline_finish(cli_outline *outline);

#endif
