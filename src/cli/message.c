/* Messages on standard error, and what a stream can show. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_terminal(FILE *stream) {
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) && kind && strcmp(kind, "dumb") != 0;
}

bool cli_animate(FILE *stream) {
    return is_terminal(stream);
}

bool cli_colour(FILE *stream) {
    const char *refused = getenv("NO_COLOR");
    return is_terminal(stream) && !(refused && *refused);
}

static void print_message(const char *colour, const char *kind, const char *format, va_list list) {
    fflush(stdout);
    if (cli_colour(stderr))
        fprintf(stderr, "simgraph: \033[1;%sm%s:\033[0m ", colour, kind);
    else
        fprintf(stderr, "simgraph: %s: ", kind);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
}

int cli_fail(sg_status status, const char *format, ...) {
    va_list list;
    va_start(list, format);
    print_message("31", "error", format, list);
    va_end(list);
    return (int)status;
}

int cli_fail_with(const sg_error *error) {
    return cli_fail(error->status, "%s", error->message);
}

void cli_warn(const char *format, ...) {
    va_list list;
    va_start(list, format);
    print_message("33", "warning", format, list);
    va_end(list);
}

int cli_usage(const cli_verb *verb, const char *format, ...) {
    va_list list;
    va_start(list, format);
    print_message("31", "error", format, list);
    va_end(list);
    fprintf(stderr, "simgraph %s -h tells how it is used\n", verb->name);
    return SG_BAD_USAGE;
}
