/* Options and arguments of a verb, read after its table. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "simgraph/schema.h"

/* ---- finding options ---- */

static const char *option_name(const void *data, size_t i) {
    const cli_option *options = data;
    return options[i].name;
}

static int find_long(const cli_option *options, const char *name, size_t length) {
    for (int i = 0; options[i].name; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0) return i;
    return -1;
}

static int find_letter(const cli_option *options, char letter) {
    for (int i = 0; options[i].name; i++)
        if (options[i].letter == letter) return i;
    return -1;
}

/* `next` is the word behind it, or NULL. */
static bool unknown_option(const cli_verb *verb, const char *word, const char *next) {
    char name[64], hint[CLI_HINT];
    size_t length = strcspn(word + 2, "=");
    snprintf(name, sizeof name, "%.*s", (int)length, word + 2);
    const char *value = word[2 + length] == '='  ? word + 2 + length + 1
                        : next && next[0] != '-' ? next
                                                 : NULL;
    if (word[1] == '-' && cli_foreign_option(verb, name, value, hint)) {
        cli_usage(verb, "there is no option --%s; %s", name, hint);
        return false;
    }
    const char *near = word[1] == '-' ? sg_nearest_name(name, option_name, verb->options) : NULL;
    const char *shown = word[1] == '-' ? name : word + 1;
    const char *dashes = word[1] == '-' ? "--" : "-";
    if (near)
        cli_usage(verb, "there is no option %s%s; did you mean --%s?", dashes, shown, near);
    else
        cli_usage(verb, "there is no option %s%s", dashes, shown);
    return false;
}

/* ---- values ---- */

bool cli_word_in(const char *words, const char *word) {
    size_t length = strlen(word);
    if (strchr(word, ' ')) return false;
    for (const char *at = words; length && (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

/* Messages name the option as it was given: `word` is "-n", "-n0", "--limit" or "--limit=0". */
static bool take_value(cli_args *args, int index, const char *word, const char *text, int room) {
    const cli_option *option = &args->verb->options[index];
    char shown[64];
    snprintf(shown, sizeof shown, "%.*s", word[1] == '-' ? (int)strcspn(word, "=") : 2, word);
    args->value[index].set = true;
    args->value[index].text = text;
    if (!*text && option->value && cli_word_in("DIR [DIR] FILE OUT", option->value)) {
        cli_usage(args->verb, "%s is empty, but must name %s", shown,
                  strstr(option->value, "DIR") ? "a directory" : "a file");
        return false;
    }
    if (option->one_of && !cli_word_in(option->one_of, text)) {
        cli_usage(args->verb, "%s is `%s`, but must be one of: %s", shown, text, option->one_of);
        return false;
    }
    if (option->type == CLI_INT) {
        char *end;
        errno = 0;
        long long number = strtoll(text, &end, 10);
        if (end == text || *end) {
            cli_usage(args->verb, "%s is `%s`, but must be a whole number", shown, text);
            return false;
        }
        if (errno || number < option->min || number > option->max) {
            cli_usage(args->verb, "%s is %s, but must lie between %lld and %lld", shown, text,
                      (long long)option->min, (long long)option->max);
            return false;
        }
        args->value[index].number = number;
    }
    if (option->type == CLI_TEXTS) {
        if (!args->value[index].texts)
            args->value[index].texts = calloc((size_t)room, sizeof *args->value[index].texts);
        if (!args->value[index].texts) {
            cli_fail(SG_OUT_OF_MEMORY, "out of memory");
            return false;
        }
        args->value[index].texts[args->value[index].text_count++] = text;
    }
    return true;
}

/* Reads the option at words[*at], and the word after it where that is its value. */
static bool take_option(cli_args *args, int count, char **words, int *at) {
    const cli_verb *verb = args->verb;
    const char *word = words[*at], *inline_value = NULL;
    int index;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        index = find_long(verb->options, word + 2, equals ? (size_t)(equals - word - 2) : strlen(word + 2));
        if (equals) inline_value = equals + 1;
    } else {
        index = find_letter(verb->options, word[1]);
        if (word[2]) inline_value = word + 2;
    }
    if (index < 0) return unknown_option(verb, word, *at + 1 < count ? words[*at + 1] : NULL);
    const cli_option *option = &verb->options[index];
    if (option->type == CLI_FLAG) {
        if (inline_value) {
            cli_usage(verb, "--%s takes no value", option->name);
            return false;
        }
        args->value[index].set = true;
        return true;
    }
    bool more = *at + 1 < count;
    if (option->type == CLI_MAYBE && !inline_value) {
        /* The next word is its value when it cannot be anything else. */
        args->value[index].set = true;
        if (!more || words[*at + 1][0] == '-' || args->count < verb->max_args) return true;
    }
    if (inline_value) return take_value(args, index, word, inline_value, count);
    if (!more) {
        cli_usage(verb, "--%s needs a value: --%s %s", option->name, option->name, option->value);
        return false;
    }
    return take_value(args, index, word, words[++*at], count);
}

bool cli_parse(cli_args *args, const cli_verb *verb, int count, char **words) {
    memset(args, 0, sizeof *args);
    args->verb = verb;
    bool only_arguments = false;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (!only_arguments && word[0] == '-' && word[1]) {
            if (!take_option(args, count, words, &i)) return false;
        } else if (args->count >= verb->max_args) {
            cli_usage(verb, "`%s` is too much: the verb takes %d argument%s", word, verb->max_args,
                      sg_plural(verb->max_args));
            return false;
        } else
            args->arg[args->count++] = word;
    }
    if (args->count < verb->min_args) {
        cli_usage(verb, "%s", verb->missing);
        return false;
    }
    return true;
}

void cli_args_finish(cli_args *args) {
    for (int i = 0; i < CLI_MAX_OPTIONS; i++) free(args->value[i].texts);
    memset(args, 0, sizeof *args);
}

/* ---- reading ---- */

static int index_of(const cli_args *args, const char *name) {
    int index = find_long(args->verb->options, name, strlen(name));
    if (index < 0) abort(); /* a verb asks for an option that its own table lacks */
    return index;
}

bool cli_given(const cli_args *args, const char *name) {
    return args->value[index_of(args, name)].set;
}

bool cli_flag(const cli_args *args, const char *name) {
    return cli_given(args, name);
}

const char *cli_text(const cli_args *args, const char *name) {
    return args->value[index_of(args, name)].text;
}

sg_context_options cli_engine(const cli_args *args) {
    return (sg_context_options){.size = sizeof(sg_context_options),
                                .threads = (int)cli_int(args, "threads", 0),
                                .cpu = cli_text(args, "cpu"),
                                .product = cli_text(args, "product")};
}

void cli_check_product(const cli_args *args, const sg_context *context, sg_type precision) {
    const char *asked = cli_text(args, "product"), *used = sg_context_product_of(context, precision);
    bool own = strncmp(used, "own ", 4) == 0;
    if (!asked || strcmp(asked, own ? "own" : "openblas") == 0) return;
    if (own && strcmp(used + 4, asked) == 0) return;
    cli_warn("--product %s is not for %s: its products are %s", asked, sg_type_name(precision),
             own ? used : "OpenBLAS's");
}

int64_t cli_int(const cli_args *args, const char *name, int64_t fallback) {
    int index = index_of(args, name);
    return args->value[index].set ? args->value[index].number : fallback;
}

const char *const *cli_texts(const cli_args *args, const char *name, int *count) {
    int index = index_of(args, name);
    *count = args->value[index].text_count;
    return args->value[index].texts;
}
