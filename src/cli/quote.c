/* Words of a command line that is printed for the user to run. */
#include "cli.h"

#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%"

void cli_put_word(FILE *to, const char *word) {
    if (*word && word[strspn(word, PLAIN)] == 0) {
        fputs(word, to);
        return;
    }
    putc('\'', to);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", to);
        else
            putc(*word, to);
    putc('\'', to);
}

void cli_put_option(FILE *to, const char *option, const char *value) {
    fprintf(to, " --%s ", option);
    cli_put_word(to, value);
}

void cli_put_options(FILE *to, const cli_args *args, const char *option) {
    int count;
    const char *const *value = cli_texts(args, option, &count);
    for (int i = 0; i < count; i++) cli_put_option(to, option, value[i]);
}
