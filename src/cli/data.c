/* simgraph data check: reads every sample that a run would, and lists those that cannot be read. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "simgraph/train.h"
#include "verbs.h"

/* The signal that asked for an end, or 0. */
static volatile int stop;

static void on_signal(int number) {
    stop = number;
}

static void print_problem(void *data, const char *problem) {
    (void)data;
    puts(problem);
    fflush(stdout);
}

typedef struct outcome {
    int threads;
    bool too_many;
} outcome;

static void print_source(void *data, const sg_probe *found) {
    char samples[CLI_NUMBER], bad[CLI_NUMBER], rate[CLI_NUMBER];
    outcome *out = data;
    printf("%s: %s %s%s", found->split, cli_thousands(found->samples, samples),
           found->reads ? "image" : "sample", found->samples == 1 ? "" : "s");
    if (!found->reads) {
        puts(", in memory during a run");
        return;
    }
    printf(", read at %s images/s by %d thread%s",
           cli_rate((double)found->samples / (found->seconds + 1e-9), rate), out->threads,
           out->threads == 1 ? "" : "s");
    if (!found->bad) {
        puts("; all are good");
        return;
    }
    double share = (double)found->bad / (double)found->samples;
    printf("; %s cannot be read: %.3g %%, and max_bad lets %.3g %% pass%s\n", cli_thousands(found->bad, bad),
           100 * share, 100 * found->max_bad, found->too_many ? ", so a run would stop" : "");
    out->too_many = out->too_many || found->too_many;
}

static int probe(const cli_args *args, const sg_train_config *config) {
    sg_context *context;
    sg_error error;
    sg_context_options engine = {.size = sizeof engine, .threads = (int)cli_int(args, "threads", 0)};
    outcome out = {.threads = 1};
    sg_probe_options options = {.size = sizeof options,
                                .problem = print_problem,
                                .source = print_source,
                                .data = &out,
                                .stop = &stop};
    sg_status status = sg_context_create(&context, &engine, &error);
    if (status == SG_OK) out.threads = sg_context_threads(context);
    if (status == SG_OK) status = sg_data_probe(config, context, &options, &error);
    sg_context_destroy(context);
    if (status != SG_OK) return cli_fail_with(&error);
    return stop ? 128 + stop : out.too_many ? SG_BAD_DATA : SG_OK;
}

static int run(const cli_args *args) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sg_train_config *config = NULL;
    cli_document d;
    int count;
    if (strcmp(args->arg[0], "check") != 0)
        return cli_usage(args->verb, "`simgraph data` has no `%s`; it is `simgraph data check GRAPH`",
                         args->arg[0]);
    if (args->count < 2) return cli_usage(args->verb, "give a graph file whose data is to be checked");
    const char *const *set = cli_texts(args, "set", &count);
    int code = cli_document_load_file(&d, args, args->arg[1], set, count);
    if (code != SG_OK) return code;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sg_status status = sg_train_config_create(&config, d.document, d.messages);
    code = cli_document_report(&d, status);
    if (status == SG_OK) code = probe(args, config);
    sg_train_config_destroy(config);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    CLI_THREADS,
    {.name = NULL},
};

const cli_verb cli_verb_data = {
    .name = "data",
    .doc = "read all samples of a graph file's data and list those that cannot be read",
    .examples =
        "simgraph data check graphs/simmim.yaml\nsimgraph data check graphs/folder.yaml --set path=photos",
    .usage = "check GRAPH [options]",
    .more =
        "A line for each image that is broken, cut short, too large or not readable, as a run would skip\n"
        "it, then how many there are. The exit code is 4 where they are more than the source's max_bad,\n"
        "so that a run would stop.",
    .min_args = 1,
    .max_args = 2,
    .missing = "say `check` and give a graph file: simgraph data check GRAPH",
    .options = options,
    .run = run,
};
