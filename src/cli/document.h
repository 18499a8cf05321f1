/* cli/document.h - loading and binding graph files for the verbs, with their messages. */
#ifndef SG_CLI_DOCUMENT_H
#define SG_CLI_DOCUMENT_H

#include "cli.h"
#include "simgraph/language.h"

typedef struct cli_document {
    sg_diagnostics *messages;
    sg_document *document;
    const char *path;
} cli_document;

/* Loads the verb's first argument with what --set and `set` (or NULL) say, without a word; `d->messages` is
 * NULL only where memory is short, which is told. */
sg_status cli_document_read(cli_document *d, const cli_args *args, const char *set);
/* Loads the verb's first argument with what --set says. On failure everything that is wrong is printed, and
 * the exit code is returned. */
int cli_document_load(cli_document *d, const cli_args *args);
/* The same with one more setting behind them, "train.seed=7"; NULL: none. */
int cli_document_load_with(cli_document *d, const cli_args *args, const char *set);
/* Any file with any settings; of the arguments it takes where to look for includes. */
int cli_document_load_file(cli_document *d, const cli_args *args, const char *path, const char *const *set,
                           int count);
void cli_document_finish(cli_document *d);

/* Prints all messages and returns the exit code that belongs to `status`. */
int cli_document_report(const cli_document *d, sg_status status);

/* Binds and reports. */
int cli_document_bind(sg_bound **out, const cli_document *d, int64_t batch, bool training, sg_type type);

/* ---- numbers for people; every function returns its buffer ---- */

enum { CLI_NUMBER = 32 };
const char *cli_thousands(int64_t number, char buffer[CLI_NUMBER]); /* "89,874,104" */
const char *cli_rate(double rate, char buffer[CLI_NUMBER]);   /* "1,234"; below 10 three digits: "0.742" */
const char *cli_bytes(double bytes, char buffer[CLI_NUMBER]); /* "12.3 MiB" */
const char *cli_flops(double flops, char buffer[CLI_NUMBER]); /* "246.1 MFLOP" */
const char *cli_duration(double seconds, char buffer[CLI_NUMBER]); /* "41.2 s", "3 min 20 s", "2 h 05 min" */

/* The samples of a batch: `asked`, or those of the file's training where that is 0, or 1. */
int64_t cli_document_batch(const cli_document *d, int64_t asked);

/* Elements of all weights of a graph. */
int64_t cli_parameters(const sg_graph *graph);

#endif
