/* cli/cli.h - what the verbs of the command-line program share: options, help, messages. */
#ifndef SG_CLI_H
#define SG_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "simgraph/context.h"
#include "simgraph/tensor.h"

/* ---- options ---- */

typedef enum cli_type {
    CLI_FLAG = 0,
    CLI_TEXT,
    CLI_TEXTS, /* may be given several times */
    CLI_INT,   /* a whole number in min..max */
    CLI_MAYBE, /* a text that may be left off: --resume [DIR] */
} cli_type;

typedef struct cli_option {
    const char *name; /* without dashes; NULL ends a table */
    char letter;      /* short form, or 0 */
    cli_type type;
    const char *value; /* what the help calls the value; NULL for a flag */
    const char *doc;   /* "\n" where the help starts another line */
    int64_t min, max;
    const char *one_of; /* "f32 f64": the words that are allowed; NULL: any */
} cli_option;

enum { CLI_MAX_OPTIONS = 24, CLI_MAX_ARGS = 256 };

struct cli_verb;

typedef struct cli_args {
    const struct cli_verb *verb;
    const char *const *word; /* the whole command line, word_count words */
    int word_count;
    int count; /* what is no option, in order */
    const char *arg[CLI_MAX_ARGS];
    struct {
        bool set;
        const char *text;
        int64_t number;
        const char **texts;
        int text_count;
    } value[CLI_MAX_OPTIONS]; /* one per option of the verb's table */
} cli_args;

typedef struct cli_verb {
    const char *name;
    const char *doc;      /* one line */
    const char *examples; /* lines, the first the plainest */
    const char *usage;    /* "GRAPH [options]" */
    const char *more;     /* paragraphs below the options; NULL: none */
    int min_args, max_args;
    const char *missing; /* what to say when there are too few: "give a graph file" */
    const cli_option *options;
    int (*run)(const cli_args *args); /* returns the exit code */
    bool hidden;                      /* from the list of verbs: for programs alone */
} cli_verb;

/* Reads the words after the verb. Returns false after a message; the exit code is then SG_BAD_USAGE. */
bool cli_parse(cli_args *args, const cli_verb *verb, int count, char **words);
void cli_args_finish(cli_args *args);

/* Values by the option's name, which must be in the verb's table. */
bool cli_flag(const cli_args *args, const char *name);
bool cli_given(const cli_args *args, const char *name);
const char *cli_text(const cli_args *args, const char *name); /* NULL when not given */
int64_t cli_int(const cli_args *args, const char *name, int64_t fallback);
const char *const *cli_texts(const cli_args *args, const char *name, int *count);

/* Whether `word` is one of the words "f32 f64". */
bool cli_word_in(const char *words, const char *word);

/* Options that several verbs have. */
#define CLI_OUT(what, text) \
    { .name = "out", .letter = 'o', .type = CLI_TEXT, .value = what, .doc = text }
#define CLI_INCLUDE                                                                     \
    {                                                                                   \
        .name = "include", .letter = 'I', .type = CLI_TEXTS, .value = "DIR",            \
        .doc = "look for included files and bases in DIR as well, after the\ndirectory" \
               " of the file that names them; may be given several times"               \
    }
/* Of every verb that reads a graph file. */
#define CLI_SET                                                                        \
    {.name = "set",                                                                    \
     .type = CLI_TEXTS,                                                                \
     .value = "KEY=VALUE",                                                             \
     .doc = "change an argument or a key of the graph file; may be given"              \
            " several\ntimes: --set mask_ratio=0.75 --set train.epochs=5. KEY.+=VALUE" \
            " adds\nto a list, KEY- (without a value) removes"},                       \
        CLI_INCLUDE
#define CLI_THREADS                                                                                       \
    {                                                                                                     \
        .name = "threads", .letter = 't', .type = CLI_INT, .value = "N", .min = 1, .max = 256,            \
        .doc = "worker threads; without it, one for each CPU. The results are\nthe same for every number" \
    }
#define CLI_CPU                                                                                    \
    {                                                                                              \
        .name = "cpu", .value = "NAME", .type = CLI_TEXT, .one_of = "generic avx2 avx512",         \
        .doc = "inner loops: generic, avx2 or avx512; without it, the fastest that\nthis CPU runs" \
    }
/* Of every verb that computes: cli_engine reads them. */
#define CLI_ENGINE                                                                                          \
    CLI_THREADS, CLI_CPU, {                                                                                 \
        .name = "product", .value = "NAME", .type = CLI_TEXT,                                               \
        .one_of = "openblas own generic avx2 avx512 avx512_bf16",                                           \
        .doc =                                                                                              \
            "matrix products: openblas (in f32 alone), or our own: generic,\navx2, avx512, avx512_bf16; "   \
            "own: the best of these; without it,\nthe fastest that this CPU runs. f64 is always OpenBLAS's" \
    }
#define CLI_JSON \
    { .name = "json", .type = CLI_FLAG, .doc = "write JSON" }

/* The engine that these options ask for. */
sg_context_options cli_engine(const cli_args *args);
/* Warns where --product names another path than that of the products which are made in this precision. */
void cli_check_product(const cli_args *args, const sg_context *context, sg_type precision);

/* ---- verbs and help ---- */

extern const cli_verb *const cli_verbs[]; /* in the order of the help; ends at NULL */
const cli_verb *cli_find_verb(const char *name);
void cli_help(FILE *to);                            /* of the whole program */
void cli_verb_help(FILE *to, const cli_verb *verb); /* of one verb */

/* ---- messages, on standard error ---- */

/* Should this stream get colours or an animated line? Not when it is no terminal, not for NO_COLOR. */
bool cli_colour(FILE *stream);
bool cli_animate(FILE *stream);

/* "simgraph: error: ..."; returns the status as the exit code. */
int cli_fail(sg_status status, const char *format, ...) SG_PRINTF(2, 3);
int cli_fail_with(const sg_error *error);
/* "simgraph: warning: ..." */
void cli_warn(const char *format, ...) SG_PRINTF(1, 2);
/* A usage message that ends with where help is found; returns SG_BAD_USAGE. */
int cli_usage(const cli_verb *verb, const char *format, ...) SG_PRINTF(2, 3);

/* Where a program lies that PATH leads to; false where it does not. */
bool cli_find_program(const char *name, char *path, size_t size);

/* ---- commands for the user to run ---- */

/* One word, in single quotes where a shell needs them. */
void cli_put_word(FILE *to, const char *word);
/* " --option WORD"; and an option that was given several times, as it was. */
void cli_put_option(FILE *to, const char *option, const char *value);
void cli_put_options(FILE *to, const cli_args *args, const char *option);

#endif
