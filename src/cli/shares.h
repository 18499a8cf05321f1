/* cli/shares.h - what has which share of the time: by op, by node, by block. */
#ifndef SG_CLI_SHARES_H
#define SG_CLI_SHARES_H

#include <stdbool.h>

typedef struct cli_share {
    char *name;
    int nodes;
    double seconds; /* of one step, summed over workers */
    double flops;   /* of one step */
} cli_share;

typedef struct cli_shares {
    int count, room;
    cli_share *share;
} cli_shares;

/* Adds to the entry of that name (the first `length` bytes of it), which is made when there is none. false:
 * out of memory. */
bool cli_shares_add(cli_shares *shares, const char *name, int length, double seconds, double flops);
/* The one that takes longest first. */
void cli_shares_sort(cli_shares *shares);
void cli_shares_finish(cli_shares *shares);

/* A table of the `most` that take longest. `total`: seconds that are 100 %; `peak`: operations a second that
 * one worker can do. */
void cli_shares_print(const cli_shares *shares, const char *what, int most, double total, double peak);

#endif
