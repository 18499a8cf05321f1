/* Shares of the time, and their table. */
#include "shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cli_share *find(cli_shares *shares, const char *name, size_t length) {
    for (int i = 0; i < shares->count; i++)
        if (strncmp(shares->share[i].name, name, length) == 0 && !shares->share[i].name[length])
            return &shares->share[i];
    if (shares->count == shares->room) {
        int room = shares->room ? 2 * shares->room : 64;
        cli_share *grown = realloc(shares->share, sizeof *grown * (size_t)room);
        if (!grown) return NULL;
        shares->share = grown;
        shares->room = room;
    }
    char *copy = strndup(name, length);
    if (!copy) return NULL;
    shares->share[shares->count] = (cli_share){.name = copy};
    return &shares->share[shares->count++];
}

bool cli_shares_add(cli_shares *shares, const char *name, int length, double seconds, double flops) {
    cli_share *share = find(shares, name, (size_t)length);
    if (!share) return false;
    share->nodes++;
    share->seconds += seconds;
    share->flops += flops;
    return true;
}

static int by_seconds(const void *a, const void *b) {
    const cli_share *x = a, *y = b;
    if (x->seconds != y->seconds) return x->seconds < y->seconds ? 1 : -1;
    return strcmp(x->name, y->name);
}

void cli_shares_sort(cli_shares *shares) {
    if (shares->count) qsort(shares->share, (size_t)shares->count, sizeof *shares->share, by_seconds);
}

void cli_shares_finish(cli_shares *shares) {
    for (int i = 0; i < shares->count; i++) free(shares->share[i].name);
    free(shares->share);
    *shares = (cli_shares){0};
}

static void print_line(const char *name, int widest, const cli_share *share, double total, double peak) {
    double rate = share->seconds > 0 ? share->flops / share->seconds : 0;
    printf("%-*s  %5d  %9.3f ms  %5.1f %%  %16.1f  %9.1f %%\n", widest, name, share->nodes,
           1e3 * share->seconds, 100 * share->seconds / total, 1e-9 * rate, 100 * rate / peak);
}

void cli_shares_print(const cli_shares *shares, const char *what, int most, double total, double peak) {
    int widest = 16;
    cli_share rest = {0};
    for (int i = 0; i < shares->count && i < most; i++) {
        int length = (int)strlen(shares->share[i].name);
        if (length > widest) widest = length;
    }
    printf("%-*s  nodes    time a step    share  GFLOP/s a thread  of product\n", widest, what);
    for (int i = 0; i < shares->count; i++) {
        const cli_share *share = &shares->share[i];
        if (i < most) print_line(share->name, widest, share, total, peak);
        rest.nodes += i < most ? 0 : share->nodes;
        rest.seconds += i < most ? 0 : share->seconds;
        rest.flops += i < most ? 0 : share->flops;
    }
    if (shares->count > most) print_line("(all others)", widest, &rest, total, peak);
}
