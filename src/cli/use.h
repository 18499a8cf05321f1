/* cli/use.h - what the verbs that use a trained model share. */
#ifndef SG_CLI_USE_H
#define SG_CLI_USE_H

#include "document.h"
#include "simgraph/use.h"

typedef struct cli_use {
    sg_diagnostics *messages;
    sg_context *context;
    sg_use *use;
    double begun, told; /* seconds */
    int64_t done;
} cli_use;

/* Opens the run of the verb's first argument with the options below. Images are the other arguments, unless
 * `options` names some. Returns the exit code after a message. */
int cli_use_open(cli_use *u, const cli_args *args, sg_use_options *options);
/* Says which weights were taken. */
void cli_use_tell(const cli_use *u, const sg_use_options *options);
/* The next batch; tells from time to time how far it is. */
sg_status cli_use_next(cli_use *u, sg_use_batch *batch, sg_error *error);
void cli_use_finish(cli_use *u);

/* What a sample is called: the path of its file, or "test 17" of the data; and the file's name of a path. */
enum { CLI_USE_NAME = 64 };
const char *cli_use_name(const cli_use *u, const cli_args *args, int64_t sample, char buffer[CLI_USE_NAME]);
const char *cli_use_base(const char *path);

/* A number between `low` and `high`; false after a usage message. */
bool cli_number(const cli_args *args, const char *name, double low, double high, double *number);

#define CLI_USE_OPTIONS                                                                                    \
    {.name = "init",                                                                                       \
     .type = CLI_TEXT,                                                                                     \
     .value = "PATH",                                                                                      \
     .doc =                                                                                                \
         "weights from another file or run; without it model-best.safetensors\nof the run where there is " \
         "one, else model.safetensors"},                                                                   \
        {.name = "data",                                                                                   \
         .type = CLI_TEXT,                                                                                 \
         .value = "NAME",                                                                                  \
         .doc = "samples of this entry of the graph's section data, in place of images"},                  \
        {.name = "limit",                                                                                  \
         .letter = 'n',                                                                                    \
         .type = CLI_INT,                                                                                  \
         .value = "N",                                                                                     \
         .min = 1,                                                                                         \
         .max = 1000000000,                                                                                \
         .doc = "take the first N images only"},                                                           \
        {.name = "fit",                                                                                    \
         .type = CLI_TEXT,                                                                                 \
         .value = "HOW",                                                                                   \
         .one_of = "crop stretch",                                                                         \
         .doc =                                                                                            \
             "crop: the largest middle part of an image (the default);\nstretch: all of it, whatever its " \
             "sides are"},                                                                                 \
        CLI_SET, CLI_ENGINE

#endif
