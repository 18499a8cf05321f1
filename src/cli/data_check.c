/* simgraph data check: reads every sample that a run would, and lists those that cannot be read. */
#include <stdio.h>

#include "data.h"
#include "document.h"

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
    if (*found->note) {
        fflush(stdout);
        fprintf(stderr, "simgraph: note: data split `%s`: %s\n", found->split, found->note);
    }
    printf("%s: %s %s%s", found->split, cli_thousands(found->samples, samples),
           found->reads ? "image" : "sample", sg_plural(found->samples));
    if (!found->reads) {
        puts(", in memory during a run");
        return;
    }
    printf(", read at %s images/s by %d thread%s",
           cli_rate((double)found->samples / (found->seconds + 1e-9), rate), out->threads,
           sg_plural(out->threads));
    if (!found->bad) {
        puts("; all are good");
        return;
    }
    double share = (double)found->bad / (double)found->samples;
    printf("; %s cannot be read: %.3g %%, and max_bad lets %.3g %% pass%s\n", cli_thousands(found->bad, bad),
           100 * share, 100 * found->max_bad, found->too_many ? ", so a run would stop" : "");
    out->too_many = out->too_many || found->too_many;
}

int cli_data_check(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop) {
    sg_context *context;
    sg_error error;
    sg_context_options engine = {.size = sizeof engine, .threads = (int)cli_int(args, "threads", 0)};
    outcome out = {.threads = 1};
    sg_probe_options options = {
        .size = sizeof options, .problem = print_problem, .source = print_source, .data = &out, .stop = stop};
    sg_status status = sg_context_create(&context, &engine, &error);
    if (status == SG_OK) out.threads = sg_context_threads(context);
    if (status == SG_OK) status = sg_data_probe(config, context, &options, &error);
    sg_context_destroy(context);
    if (status != SG_OK) return cli_fail_with(&error);
    return *stop ? 128 + *stop : out.too_many ? SG_BAD_DATA : SG_OK;
}
