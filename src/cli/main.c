/* The command-line program: finds the verb and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "foreign.h"
#include "verbs.h"
#include "simgraph/context.h"
#include "simgraph/schema.h"

/* clang-format off */
const cli_verb *const cli_verbs[] = {
    &cli_verb_init,
    &cli_verb_run,
    &cli_verb_runs,
    &cli_verb_report,
    &cli_verb_compare,
    &cli_verb_check,
    &cli_verb_data,
    &cli_verb_summary,
    &cli_verb_diff,
    &cli_verb_dot,
    &cli_verb_mask,
    &cli_verb_reconstruct,
    &cli_verb_features,
    &cli_verb_probe,
    &cli_verb_eval,
    &cli_verb_import,
    &cli_verb_export,
    &cli_verb_expand,
    &cli_verb_fmt,
    &cli_verb_ops,
    &cli_verb_schema,
    &cli_verb_completion,
    &cli_verb_complete,
    &cli_verb_gradcheck,
    &cli_verb_bench,
    &cli_verb_doctor,
    NULL,
};
/* clang-format on */

const cli_verb *cli_find_verb(const char *name) {
    for (const cli_verb *const *verb = cli_verbs; *verb; verb++)
        if (strcmp((*verb)->name, name) == 0) return *verb;
    return NULL;
}

static const char *verb_name(const void *data, size_t i) {
    (void)data;
    return cli_verbs[i] ? cli_verbs[i]->name : NULL;
}

static int unknown_verb(const char *word) {
    const char *near = cli_foreign_verb(word);
    if (!near) near = sg_nearest_name(word, verb_name, NULL);
    int code = near ? cli_fail(SG_BAD_USAGE, "there is no verb `%s`; did you mean `simgraph %s`?", word, near)
                    : cli_fail(SG_BAD_USAGE, "there is no verb `%s`", word);
    fputs("simgraph -h lists them\n", stderr);
    return code;
}

static bool asks_for_help(int count, char **words) {
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "-h") == 0 || strcmp(words[i], "--help") == 0) return true;
    return false;
}

static int run_verb(const cli_verb *verb, int argc, char **argv) {
    int count = argc - 2;
    char **words = argv + 2;
    if (asks_for_help(count, words)) {
        cli_verb_help(stdout, verb);
        return SG_OK;
    }
    cli_args args;
    bool good = cli_parse(&args, verb, count, words);
    args.word = (const char *const *)argv;
    args.word_count = argc;
    int code = good ? verb->run(&args) : SG_BAD_USAGE;
    cli_args_finish(&args);
    return code;
}

static int dispatch(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        cli_help(stderr);
        return SG_BAD_USAGE;
    }
    if (strcmp(word, "--version") == 0) {
        printf("simgraph %s\n", sg_version());
        return SG_OK;
    }
    bool help = strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0;
    if (help && argc == 2) {
        cli_help(stdout);
        return SG_OK;
    }
    if (help) word = argv[2];
    const cli_verb *verb = cli_find_verb(word);
    if (!verb) return unknown_verb(word);
    if (help) {
        cli_verb_help(stdout, verb);
        return SG_OK;
    }
    return run_verb(verb, argc, argv);
}

/* OpenBLAS reads the variable while it is loaded, before main: a better choice takes a second start. */
static void choose_core(char **argv) {
    const char *variable = "OPENBLAS_CORETYPE";
    const char *core = getenv(variable) ? NULL : sg_context_better_core();
    if (core && setenv(variable, core, 1) == 0) execv("/proc/self/exe", argv);
}

/* OpenBLAS's own threads look for memory from its loading on, for ever where a limit leaves none, and its
 * destructor would wait for them. */
static int leave(int code) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) _exit(code);
    return code;
}

/* A file must not get the number of a stream that was closed: messages would be written into it. Standard
 * output is opened for reading, so that what was to be printed still fails. */
static void hold_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0) open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv) {
    hold_streams();
    choose_core(argv);
    signal(SIGXFSZ, SIG_IGN); /* a file that grows past a limit is an error of writing, not the end */
    int code = dispatch(argc, argv);
    /* What could not be written must not look like success, or like an answer that differs: a full disk, say.
     */
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && (code == SG_OK || code == SG_FAILURE))
        code = cli_fail(SG_IO_ERROR, "cannot write to standard output: %s",
                        errno ? strerror(errno) : "an earlier write failed");
    return leave(code);
}
