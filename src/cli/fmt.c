/* simgraph fmt: graph files in one style. */
#include "lines.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "simgraph/file.h"
#include "simgraph/style.h"

enum { LIMIT = (1 << 20) + 1 }; /* what is longer is refused by the reader */

/* All of standard input, ended by a zero; at most a little more than a graph may have. */
static int read_input(char **out, size_t *length) {
    char *text = malloc(LIMIT + 1);
    *length = 0;
    if (!text) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    *length = fread(text, 1, LIMIT, stdin);
    text[*length] = 0;
    *out = text;
    return ferror(stdin) ? cli_fail(SG_IO_ERROR, "cannot read standard input") : SG_OK;
}

static int restyle(const char *name, const char *text, size_t length, char **styled) {
    sg_diagnostics *messages;
    sg_error error;
    sg_status status = sg_diagnostics_create(&messages, &error);
    if (status != SG_OK) return cli_fail_with(&error);
    status = sg_style_text(styled, name, text, length, messages);
    char *report = sg_diagnostics_text(messages, cli_colour(stderr));
    fflush(stdout);
    fputs(report ? report : "", stderr);
    if (!report || status == SG_OUT_OF_MEMORY) cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    free(report);
    sg_diagnostics_destroy(messages);
    return (int)status;
}

/* What becomes of one file. */
static int finish(const cli_args *args, const char *path, const char *text, const char *styled) {
    bool same = strcmp(text, styled) == 0, check = cli_flag(args, "check"), diff = cli_flag(args, "diff");
    sg_error error;
    if (diff) {
        int code = cli_lines_diff(path, text, styled);
        return code != SG_OK ? code : check && !same ? SG_FAILURE : SG_OK;
    }
    if (check) {
        if (!same) puts(path);
        return same ? SG_OK : SG_FAILURE;
    }
    if (strcmp(path, "-") == 0) {
        fputs(styled, stdout);
        return SG_OK;
    }
    if (same) return SG_OK;
    if (sg_file_save(path, styled, strlen(styled), &error) != SG_OK) return cli_fail_with(&error);
    return SG_OK;
}

static int one(const cli_args *args, const char *path) {
    char *text = NULL, *styled = NULL;
    size_t length;
    sg_error error;
    bool input = strcmp(path, "-") == 0;
    int code = SG_OK;
    if (input)
        code = read_input(&text, &length);
    else if (sg_file_load(path, LIMIT, &text, &length, &error) != SG_OK)
        code = cli_fail_with(&error);
    if (code == SG_OK) code = restyle(input ? "standard input" : path, text, length, &styled);
    if (code == SG_OK) code = finish(args, path, text, styled);
    free(text);
    free(styled);
    return code;
}

/* Every file gets its turn; the first error gives the exit code, and any error goes before a difference. */
static int run(const cli_args *args) {
    int worst = SG_OK;
    for (int i = 0; i < args->count; i++) {
        int code = one(args, args->arg[i]);
        if (worst == SG_OK || (worst == SG_FAILURE && code != SG_OK)) worst = code;
    }
    return worst;
}

static const cli_option options[] = {
    {.name = "check", .doc = "change nothing; name the files that are not in this style, and exit\nwith 1"},
    {.name = "diff", .letter = 'd', .doc = "change nothing; print what would change"},
    {.name = NULL},
};

const cli_verb cli_verb_fmt = {
    .name = "fmt",
    .doc = "write graph files in one style; comments stay where they are",
    .examples = "simgraph fmt my.yaml\nsimgraph fmt --check graphs/*.yaml\nsimgraph fmt - < my.yaml",
    .usage = "FILE... [options]",
    .more = "The style has no options. A file that cannot be parsed is left as it is. - reads standard input "
            "and writes\n"
            "to standard output.",
    .min_args = 1,
    .max_args = CLI_MAX_ARGS,
    .missing = "give a graph file to write in order",
    .options = options,
    .run = run,
};
