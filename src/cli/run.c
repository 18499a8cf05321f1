/* simgraph run: trains a graph file. */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "progress.h"
#include "verbs.h"

/* The signal that asked for an end, or 0. The second one of its kind ends the program at once. */
static volatile int stop;

static void on_signal(int number) {
    stop = number;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- what came out ---- */

static const struct {
    const char *name, *doc;
} outputs[] = {
    {"model.safetensors", "weights"},
    {"model-best.safetensors", "weights of the best evaluation"},
    {"checkpoint.safetensors", "all that --resume needs"},
    {"metrics.jsonl", "loss, rates and held-out values, step by step"},
    {"loss.svg", "the loss over the steps"},
    {"graph.yaml", "the graph as it was run"},
};

static int is_picture(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".png") == 0;
}

static void print_output(const char *directory, const char *name, const char *doc) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (!file) return;
    fclose(file);
    printf("  %-44s %s\n", path, doc);
}

static void print_outputs(const char *directory) {
    struct dirent **pictures;
    int count = scandir(directory, &pictures, is_picture, alphasort);
    for (int i = 0; i < count; i++) {
        print_output(directory, pictures[i]->d_name, "pictures of held-out samples");
        free(pictures[i]);
    }
    if (count >= 0) free(pictures);
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        print_output(directory, outputs[i].name, outputs[i].doc);
}

static void print_result(const sg_trainer *trainer, const sg_train_result *result) {
    char steps[CLI_NUMBER], seconds[CLI_NUMBER], rate[CLI_NUMBER], memory[CLI_NUMBER];
    int widest = 8;
    for (int i = 0; i < result->value_count; i++) {
        int length = (int)strlen(result->names[i]);
        widest = length > widest ? length : widest;
    }
    if (result->value_count) printf("%-*s  value\n", widest, "held out");
    for (int i = 0; i < result->value_count; i++)
        printf("%-*s  %.5f\n", widest, result->names[i], result->values[i]);
    printf("%sstep %s, %s, %s images/s, at most %s of memory\n", result->value_count ? "\n" : "",
           cli_thousands(result->step, steps), cli_duration(result->seconds, seconds),
           cli_thousands((int64_t)result->images_per_second, rate),
           cli_bytes((double)result->peak_memory, memory));
    if (result->skipped)
        printf("%" PRId64 " update%s left out, since the loss or the gradients were not finite\n",
               result->skipped, result->skipped == 1 ? " was" : "s were");
    if (sg_trainer_directory(trainer)) print_outputs(sg_trainer_directory(trainer));
}

static int interrupted(const sg_trainer *trainer, const sg_train_result *result) {
    char step[CLI_NUMBER], steps[CLI_NUMBER];
    const char *directory = sg_trainer_directory(trainer);
    fprintf(stderr, "stopped after step %s of %s; to continue:\n", cli_thousands(result->step, step),
            cli_thousands(result->steps, steps));
    fprintf(stderr, "  simgraph run %s/graph.yaml --resume %s\n", directory, directory);
    return 128 + stop;
}

/* ---- running ---- */

static int train(const cli_args *args, const cli_document *d, sg_context *context,
                 const sg_train_config *config) {
    cli_progress progress;
    cli_progress_init(&progress, cli_flag(args, "quiet"));
    const char *resumed = cli_text(args, "resume");
    sg_trainer_options options = {
        .size = sizeof options,
        .out = resumed ? resumed : cli_text(args, "out"),
        .resume = cli_given(args, "resume"),
        .init = cli_text(args, "init"),
        .no_group = cli_flag(args, "no-group"),
        .stop = &stop,
        .event = cli_progress_event,
        .data = &progress,
    };
    sg_error error;
    sg_trainer *trainer;
    size_t wrong = sg_diagnostics_errors(d->messages);
    sg_status status = sg_trainer_create(&trainer, context, config, &options, d->messages, &error);
    cli_document_report(d, SG_OK);
    if (status != SG_OK)
        return sg_diagnostics_errors(d->messages) > wrong ? (int)status : cli_fail_with(&error);
    if (!cli_flag(args, "quiet"))
        fprintf(stderr, "training %s with %d thread%s (%s, %s); results go to %s\n", d->path,
                sg_context_threads(context), sg_context_threads(context) == 1 ? "" : "s",
                sg_context_cpu(context), sg_context_product(context), sg_trainer_directory(trainer));
    sg_train_result result;
    status = sg_trainer_run(trainer, &result, &error);
    cli_progress_finish(&progress);
    int code = SG_OK;
    if (status != SG_OK)
        code = cli_fail_with(&error);
    else if (stop && result.interrupted)
        code = interrupted(trainer, &result);
    else
        print_result(trainer, &result);
    sg_trainer_destroy(trainer);
    return code;
}

static int prepare(const cli_args *args, const cli_document *d) {
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    if (status != SG_OK) return cli_document_report(d, status);
    sg_error error;
    sg_context *context;
    sg_context_options options = {.size = sizeof options, .threads = (int)cli_int(args, "threads", 0)};
    int code = SG_OK;
    if (sg_context_create(&context, &options, &error) != SG_OK)
        code = cli_fail_with(&error);
    else
        code = train(args, d, context, config);
    sg_context_destroy(context);
    sg_train_config_destroy(config);
    return code;
}

static int run(const cli_args *args) {
    if (cli_text(args, "resume") && cli_given(args, "out"))
        return cli_usage(args->verb, "--resume %s names the directory already: leave out --out",
                         cli_text(args, "resume"));
    cli_document d;
    catch_signals();
    char seed[64];
    snprintf(seed, sizeof seed, "train.seed=%" PRId64, cli_int(args, "seed", 0));
    int code = cli_document_load_with(&d, args, cli_given(args, "seed") ? seed : NULL);
    if (code != SG_OK) return code;
    code = prepare(args, &d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    {.name = "out",
     .letter = 'o',
     .type = CLI_TEXT,
     .value = "DIR",
     .doc = "where results go; without it runs/NAME, runs/NAME-2, ..., after\nthe graph file's name"},
    {.name = "resume",
     .type = CLI_MAYBE,
     .value = "[DIR]",
     .doc = "continue the run in DIR, in --out, or else the latest of this\ngraph file"},
    {.name = "init",
     .type = CLI_TEXT,
     .value = "PATH",
     .doc = "begin with the weights of a run directory or a file, by the rules\nof the section init"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_C(1) << 53,
     .doc = "the same as --set train.seed=N: another seed, another run"},
    CLI_THREADS,
    {.name = "no-group", .doc = "run node by node: the same bits, slower"},
    {.name = "quiet", .letter = 'q', .doc = "say nothing on the way, only what came out"},
    {.name = NULL},
};

const cli_verb cli_verb_run = {
    .name = "run",
    .doc = "train the model of a graph file",
    .examples = "simgraph run graphs/simmim.yaml\n"
                "simgraph run graphs/simmim.yaml --set mask_ratio=0.75 --out runs/much-hidden\n"
                "simgraph run graphs/simmim.yaml --resume",
    .usage = "GRAPH [options]",
    .more = "An interrupt (Ctrl-C) finishes the step, saves, and says how to continue; a second one ends at "
            "once.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to run",
    .options = options,
    .run = run,
};
