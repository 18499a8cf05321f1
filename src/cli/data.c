/* simgraph data: looks at the data of a graph file, without training. */
#include "data.h"

#include <string.h>

#include "document.h"
#include "verbs.h"

/* The signal that asked for an end, or 0. */
static volatile sig_atomic_t stop;

static void on_signal(int number) {
    stop = number;
}

/* The words behind `data`, and which options each of them has. */
static const struct {
    const char *name, *does, *options;
    int (*run)(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop);
} words[] = {
    {"check", "is to be checked", "threads", cli_data_check},
    {"show", "is to be shown", "out split field samples epochs seed", cli_data_show},
    {"stats", "is to be counted", "threads split json", cli_data_stats},
};
enum { WORDS = sizeof words / sizeof *words };

static int load(const cli_args *args, int word) {
    cli_document d;
    sg_train_config *config = NULL;
    int count;
    const char *const *set = cli_texts(args, "set", &count);
    int code = cli_document_load_file(&d, args, args->arg[1], set, count);
    if (code != SG_OK) return code;
    sg_status status = sg_train_config_create(&config, d.document, d.messages);
    code = cli_document_report(&d, status);
    if (status == SG_OK) code = words[word].run(args, config, &stop);
    sg_train_config_destroy(config);
    cli_document_finish(&d);
    return code;
}

static int run(const cli_args *args) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    int word = 0;
    while (word < WORDS && strcmp(args->arg[0], words[word].name) != 0) word++;
    if (word == WORDS)
        return cli_usage(args->verb,
                         "`simgraph data` has no `%s`; it is `simgraph data check GRAPH`, `stats` or `show`",
                         args->arg[0]);
    for (const cli_option *option = args->verb->options; option->name; option++)
        if (cli_given(args, option->name) && !cli_word_in("set include", option->name) &&
            !cli_word_in(words[word].options, option->name))
            return cli_usage(args->verb, "`simgraph data %s` has no option --%s", words[word].name,
                             option->name);
    if (args->count < 2) return cli_usage(args->verb, "give a graph file whose data %s", words[word].does);
    if (words[word].run != cli_data_show) { /* which ends at once */
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
    }
    return load(args, word);
}

static const cli_option options[] = {
    CLI_SET,
    {.name = "split",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "stats, show: the entry of `data`, or a part of one; without it\nthat of the training"},
    {.name = "field",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "show: the field; without it the first of images"},
    CLI_OUT("FILE", "show: where to, a picture (.png), or the numbers (.npz,\n.safetensors)"),
    {.name = "samples",
     .letter = 'n',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000,
     .doc = "show: how many samples, each in a row (default 8)"},
    {.name = "epochs",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000,
     .doc = "show: how often each is drawn (default 6)"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_MAX,
     .doc = "show: of the draws (default train.seed, or 0)"},
    CLI_THREADS,
    {.name = "json", .type = CLI_FLAG, .doc = "stats: write JSON"},
    {.name = NULL},
};

const cli_verb cli_verb_data = {
    .name = "data",
    .doc = "look at a graph file's data: what cannot be read, its statistics, how it looks",
    .examples = "simgraph data check graphs/simmim.yaml\n"
                "simgraph data check graphs/folder.yaml --set path=photos\n"
                "simgraph data stats graphs/folder.yaml --set path=photos\n"
                "simgraph data show graphs/folder.yaml --set path=photos -o samples.png",
    .usage = "check|stats|show GRAPH [options]",
    .more =
        "check reads every sample. A line for each image that is broken, cut short, too large or not "
        "readable,\n"
        "as a run would skip it, then how many there are. The exit code is 4 where they are more than the\n"
        "source's max_bad, so that a run would stop.\n"
        "\n"
        "stats reads the samples of the training: the mean and the deviation of each channel, as a step\n"
        "`normalise` to copy, sizes and channels of files, labels.\n"
        "\n"
        "show draws what the network gets: samples of the first batch as they are, and beside each what the\n"
        "steps of the field make of it in one epoch after the other; `normalise` is undone for the picture.",
    .min_args = 1,
    .max_args = 2,
    .missing = "say `check`, `stats` or `show`, and give a graph file: simgraph data check GRAPH",
    .options = options,
    .run = run,
};
