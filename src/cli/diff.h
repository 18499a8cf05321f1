/* cli/diff.h - what differs between two graph files. */
#ifndef SG_CLI_DIFF_H
#define SG_CLI_DIFF_H

#include "json.h"
#include "summary.h"

typedef enum cli_change { CLI_CHANGED = 0, CLI_ADDED, CLI_REMOVED, CLI_MOVED } cli_change;

/* One difference. In the arguments and sections `path` is a key and the values are text; among the nodes the
 * values are those of one round. Texts are the list's own. */
typedef struct cli_difference {
    cli_change change;
    char *path;   /* "codes.block.0-2.mix"; for what moved: where it was */
    char *what;   /* of a node: its block or op, "relu -> gelu" where that changed; NULL otherwise */
    char *before; /* a value, or where the node is now; may be NULL */
    char *after;
    char *detail; /* of a node: what of it changed, "ratio 0.6 -> 0.75"; may be NULL */
} cli_difference;

typedef struct cli_differences {
    size_t count, room;
    cli_difference *at;
    bool failed; /* no memory */
} cli_differences;

void cli_difference_add(cli_differences *list, cli_change change, const char *path, const char *what,
                        const char *before, const char *after, const char *detail);
void cli_differences_finish(cli_differences *list);

/* Nodes matched by path; blocks whose sizes differ are opened `depth` levels deep. Rounds that differ alike
 * share an entry. */
void cli_diff_graphs(cli_differences *out, const cli_summary *a, const cli_summary *b, int depth);

typedef struct cli_diff {
    cli_summary a, b;
    cli_differences arguments, nodes, sections;
} cli_diff;

/* Compares the documents `a.d` and `b.d` into a diff that is zero but for these. Of the summaries, what
 * cli_measure fills is left to do. Returns the exit code, after messages; cli_diff_finish may follow. */
int cli_diff_make(cli_diff *diff, int depth);
void cli_diff_finish(cli_diff *diff);
bool cli_diff_same(const cli_diff *diff);
void cli_diff_print(const cli_diff *diff);
int cli_diff_json(const cli_diff *diff);
/* {same, arguments, nodes, sections} */
json_t *cli_diff_object(const cli_diff *diff);

/* ---- words (diff_text.c) ---- */

/* A growing text; NULL bytes while empty. */
typedef struct cli_string {
    char *text;
    size_t length, room;
    bool failed;
} cli_string;
void cli_string_add(cli_string *string, const char *format, ...) SG_PRINTF(2, 3);

void cli_attr_words(cli_string *out, const sg_attr_spec *spec, const sg_attr *attr);

#endif
