/* simgraph run: trains a graph file. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "document.h"
#include "path.h"
#include "profile.h"
#include "progress_json.h"
#include "report.h"
#include "run_graph.h"
#include "run_show.h"
#include "simgraph/file.h"
#include "verbs.h"

/* The signal that asked for an end, or 0. A second interrupt or TERM ends the program at once. */
static volatile int stop;

static void on_signal(int number) {
    stop = number;
}

/* A terminal that is closed may send its hangup twice, from the system and from the shell; under nohup it is
 * ignored. Whoever reads what a run says may go: the run does not. */
static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_flags = 0;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void put_command(const sg_trainer *trainer) {
    char graph[4096];
    snprintf(graph, sizeof graph, "%s/graph.yaml", sg_trainer_directory(trainer));
    fputs("  simgraph run ", stderr);
    cli_put_word(stderr, graph);
    fputs(" --resume\n", stderr);
}

static int interrupted(const sg_trainer *trainer, const sg_train_result *result, bool json) {
    if (json) return 128 + stop;
    char step[CLI_NUMBER], steps[CLI_NUMBER];
    fprintf(stderr, "stopped after step %s of %s%s; to continue:\n", cli_thousands(result->step, step),
            cli_thousands(result->steps, steps),
            result->step == result->steps ? ", before it was evaluated" : "");
    put_command(trainer);
    return 128 + stop;
}

/* Of a run that failed; one whose numbers did would do so again. */
static void tell_saved(const sg_trainer *trainer, int64_t saved, int64_t of) {
    char step[CLI_NUMBER], steps[CLI_NUMBER];
    fprintf(stderr, "step %s of %s is saved; to continue:\n", cli_thousands(saved, step),
            cli_thousands(of, steps));
    put_command(trainer);
}

/* ---- running ---- */

/* What the verb works on: the document, and where it comes from. */
typedef struct job {
    const cli_args *args;
    cli_document d;
    const char **set; /* of --set and --seed */
    int set_count;
    char seed[64];
    const char *path, *directory; /* to be resumed: the graph file, and its run where one is named */
    char run[4096], own[4096];    /* of these, where they are not given: the directory, its graph.yaml */
    sg_resume resume;
} job;

/* Who hears of a run. */
typedef struct watch {
    cli_profile *profile; /* and through it the progress */
    cli_run_graph picture;
    cli_report report;
    const char *directory; /* NULL before there is one */
    bool resumed, saved;   /* saved: there is a checkpoint, and it is known of which step */
    int64_t saved_step;
} watch;

static void on_event(void *data, const sg_train_event *event) {
    watch *w = data;
    cli_profile_event(w->profile, event);
    if (event->kind == SG_TRAIN_SAVED || (event->kind == SG_TRAIN_STARTED && w->resumed)) w->saved = true;
    if (event->kind == SG_TRAIN_SAVED || event->kind == SG_TRAIN_STARTED) w->saved_step = event->step;
    if (event->kind == SG_TRAIN_STEP) cli_run_graph_begin(&w->picture);
    bool due = event->kind == SG_TRAIN_EVALUATED || event->kind == SG_TRAIN_SAVED;
    if (w->directory && due) cli_report_update(&w->report, w->directory);
}

static void on_span(void *data, const sg_train_span *span) {
    cli_profile_span(((watch *)data)->profile, span);
}

static int show_profile(const cli_profile *profile, const cli_args *args, int threads, bool rounded) {
    char path[4096];
    const char *given = cli_text(args, "profile");
    snprintf(path, sizeof path, "%s/trace.json", sg_trainer_directory(profile->trainer));
    sg_context_options engine = cli_engine(args);
    return cli_profile_show(profile, given ? given : path, &engine, threads, rounded);
}

/* A graph file behind --profile would be lost; returns the exit code. */
static int check_trace(const cli_args *args) {
    char name[4096];
    const char *path = cli_text(args, "profile");
    if (!path || cli_has_ending(path, ".json")) return SG_OK;
    return cli_usage(args->verb, "a trace is a file .json: name it %s",
                     cli_rename(path, ".json", name, sizeof name));
}

/* Told before the run and not behind it. A file in the run's own directory, which may not be there yet, is
 * fine. */
static sg_status can_write_profile(const cli_args *args, sg_error *error) {
    const char *path = cli_text(args, "profile"), *out = cli_text(args, "out");
    if (!path || (out && strncmp(path, out, strlen(out)) == 0)) return SG_OK;
    return sg_file_writable(path, error);
}

/* With --json, what ends the run is an event as well; returns the code. */
static int told(const cli_args *args, int code, const sg_error *error) {
    if (code != SG_OK && cli_flag(args, "json")) cli_json_error((sg_status)code, error->message);
    return code;
}

/* The same of a graph file: the first of its errors, which were printed. */
static int told_graph(const job *j, int code) {
    const sg_diagnostic *first = NULL;
    sg_error error = {0};
    for (size_t i = 0; j->d.messages && !first && i < sg_diagnostics_count(j->d.messages); i++)
        if (sg_diagnostics_at(j->d.messages, i)->severity == SG_SEVERITY_ERROR)
            first = sg_diagnostics_at(j->d.messages, i);
    if (!first)
        sg_fail(&error, (sg_status)code, "%s cannot be used", j->d.path);
    else if (first->mark.line > 0)
        sg_fail(&error, (sg_status)code, "%s:%d:%d: %s", first->mark.file, first->mark.line,
                first->mark.column, first->message);
    else
        sg_fail(&error, (sg_status)code, "%s", first->message);
    return told(j->args, code, &error);
}

static int train(const job *j, sg_context *context, const sg_train_config *config) {
    const cli_args *args = j->args;
    const cli_document *d = &j->d;
    cli_progress progress;
    bool json = cli_flag(args, "json"), quiet = json || cli_flag(args, "quiet");
    cli_progress_init(&progress, quiet, json);
    cli_profile profile = {.on = cli_given(args, "profile"),
                           .steps = cli_int(args, "profile-steps", CLI_PROFILE_STEPS),
                           .progress = &progress,
                           .accumulate = sg_train_config_accumulate(config),
                           .begun = -1};
    if (cli_given(args, "profile-steps") && !profile.on)
        cli_warn("--profile-steps does nothing without --profile");
    sg_error error;
    if (can_write_profile(args, &error) != SG_OK) return cli_fail_with(&error);
    bool resumed = cli_given(args, "resume");
    watch w = {.profile = &profile, .resumed = resumed};
    sg_trainer_options options = {
        .size = sizeof options,
        .out = resumed ? j->resume.directory : cli_text(args, "out"),
        .resume = resumed,
        .init = cli_text(args, "init"),
        .set = resumed ? (const char *const *)j->resume.set : j->set,
        .set_count = resumed ? j->resume.set_count : j->set_count,
        .compared = resumed,
        .no_group = cli_flag(args, "no-group"),
        .no_recompute = cli_flag(args, "no-recompute"),
        .stop = &stop,
        .event = on_event,
        .data = &w,
        .span = profile.on ? on_span : NULL,
        .command = args->word,
        .command_count = args->word_count,
    };
    sg_trainer *trainer;
    size_t wrong = sg_diagnostics_errors(d->messages);
    sg_status status = sg_trainer_create(&trainer, context, config, &options, d->messages, &error);
    cli_document_report(d, SG_OK);
    if (status != SG_OK)
        return sg_diagnostics_errors(d->messages) > wrong ? told_graph(j, (int)status)
                                                          : told(args, cli_fail_with(&error), &error);
    profile.trainer = trainer;
    w.directory = sg_trainer_directory(trainer);
    sg_type precision = sg_train_config_precision(config);
    cli_check_product(args, context, precision);
    if (!quiet)
        fprintf(stderr, "training %s with %d thread%s (%s; %s, %s); results go to %s\n",
                sg_document_file(d->document), sg_context_threads(context),
                sg_plural(sg_context_threads(context)), sg_context_cpu(context), sg_type_name(precision),
                sg_context_product_of(context, precision), sg_trainer_directory(trainer));
    if (sg_train_config_draws_graph(config)) cli_run_graph_init(&w.picture, d, sg_trainer_directory(trainer));
    sg_train_result result;
    status = sg_trainer_run(trainer, &result, &error);
    cli_progress_finish(&progress);
    cli_run_graph_end(&w.picture, stop || status != SG_OK);
    int code = SG_OK, reported = SG_OK;
    if (status != SG_OK) code = told(args, cli_fail_with(&error), &error);
    if (status != SG_OK && status != SG_NOT_FINITE && w.saved && !json)
        tell_saved(trainer, w.saved_step, result.steps);
    /* One that failed before its first step has taken away what it wrote. */
    if (status == SG_OK || result.step > 0)
        reported = cli_report_write(&w.report, w.directory, NULL, true);
    else if (!quiet && !resumed)
        fprintf(stderr, "nothing was written to %s: no step was made\n", w.directory);
    if (status == SG_OK && stop && result.interrupted)
        code = interrupted(trainer, &result, json);
    else if (status == SG_OK && !json)
        cli_run_print(sg_trainer_directory(trainer), &result);
    if (json && status == SG_OK) cli_json_finished(&result, sg_trainer_directory(trainer));
    if (profile.on && status == SG_OK) {
        int shown = show_profile(&profile, args, sg_context_threads(context), precision == SG_BF16);
        code = code == SG_OK ? shown : code;
        reported = cli_report_write(&w.report, w.directory, NULL, true);
    }
    code = code == SG_OK ? reported : code;
    cli_report_finish(&w.report);
    cli_profile_finish(&profile);
    sg_trainer_destroy(trainer);
    return code;
}

static int prepare(const job *j) {
    const cli_document *d = &j->d;
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    if (status != SG_OK) return told_graph(j, cli_document_report(d, status));
    sg_error error;
    sg_context *context;
    sg_context_options options = cli_engine(j->args);
    int code = SG_OK;
    if (sg_context_create(&context, &options, &error) != SG_OK)
        code = told(j->args, cli_fail_with(&error), &error);
    else
        code = train(j, context, config);
    sg_context_destroy(context);
    sg_train_config_destroy(config);
    return code;
}

static bool is_directory(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A run's directory stands for the graph in it: --resume DIR, and --resume=DIR without a graph file. */
static void name_run(job *j) {
    const char *given = j->args->count ? j->args->arg[0] : NULL, *named = cli_text(j->args, "resume");
    j->path = given;
    j->directory = named ? named : cli_text(j->args, "out");
    if (given && !is_directory(given)) return;
    const char *run = given ? given : named;
    size_t length = strlen(run);
    while (length > 1 && run[length - 1] == '/') length--;
    snprintf(j->run, sizeof j->run, "%.*s", (int)length, run);
    snprintf(j->own, sizeof j->own, "%.*s/graph.yaml", (int)length, run);
    j->path = j->own;
    if (given == run && j->directory) return; /* the graph of one run for another */
    j->directory = j->run;
}

/* Which run is continued, and with what. */
static int find_run(job *j) {
    name_run(j);
    sg_resume_options options = {
        .size = sizeof options,
        .path = j->path,
        .set = j->set,
        .set_count = j->set_count,
        .directory = j->directory,
        .force = cli_flag(j->args, "force"),
    };
    options.include = cli_texts(j->args, "include", &options.include_count);
    sg_error error;
    j->d = (cli_document){.path = options.path};
    if (sg_diagnostics_create(&j->d.messages, &error) != SG_OK) return cli_fail_with(&error);
    sg_status status = sg_resume_find(&j->resume, &options, j->d.messages, &error);
    if (status != SG_OK && sg_diagnostics_errors(j->d.messages))
        return told_graph(j, cli_document_report(&j->d, status));
    if (status != SG_OK) return told(j->args, cli_fail_with(&error), &error);
    j->d.document = j->resume.document;
    j->resume.document = NULL;
    if (cli_flag(j->args, "quiet") || cli_flag(j->args, "json")) return SG_OK;
    if (j->resume.runs > 1)
        fprintf(stderr, "simgraph: note: %s is the latest of %d runs; --resume DIR takes another\n",
                j->resume.directory, j->resume.runs);
    if (j->resume.differences)
        fprintf(stderr, "simgraph: note: what differs from before (then -> now): %s\n",
                j->resume.differences);
    return SG_OK;
}

static int find_document(job *j) {
    if (cli_given(j->args, "resume")) return find_run(j);
    sg_status status = cli_document_read(&j->d, j->args, cli_given(j->args, "seed") ? j->seed : NULL);
    if (status == SG_OK || !j->d.messages) return (int)status;
    return told_graph(j, cli_document_report(&j->d, status));
}

static int run(const cli_args *args) {
    if (cli_text(args, "resume") && cli_given(args, "out"))
        return cli_usage(args->verb, "--resume %s names the directory already: leave out --out",
                         cli_text(args, "resume"));
    if (cli_flag(args, "json") && cli_given(args, "profile"))
        return cli_usage(args->verb,
                         "--profile shows tables, --json writes nothing but events: give one of them");
    if (cli_given(args, "resume") && cli_given(args, "init"))
        return cli_usage(args->verb, "a resume takes its weights from its checkpoint: leave out --init");
    if (!args->count && !cli_text(args, "resume")) return cli_usage(args->verb, "%s", args->verb->missing);
    int wrong = check_trace(args);
    if (wrong != SG_OK) return wrong;
    job j = {.args = args};
    const char *const *given = cli_texts(args, "set", &j.set_count);
    j.set = calloc((size_t)j.set_count + 1, sizeof *j.set);
    if (!j.set) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; i < j.set_count; i++) j.set[i] = given[i];
    snprintf(j.seed, sizeof j.seed, "train.seed=%" PRId64, cli_int(args, "seed", 0));
    if (cli_given(args, "seed")) j.set[j.set_count++] = j.seed;
    catch_signals();
    int code = find_document(&j);
    if (code == SG_OK) code = prepare(&j);
    cli_document_finish(&j.d);
    sg_resume_finish(&j.resume);
    free(j.set);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    CLI_OUT("DIR", "where results go; without it runs/NAME, runs/NAME-2, ..., after\nthe graph file's name"),
    {.name = "resume",
     .type = CLI_MAYBE,
     .value = "[DIR]",
     .doc = "continue the run in DIR, in --out, or else the latest of this\ngraph file, as it was begun"},
    {.name = "force",
     .doc = "continue it also where the graph file or --set now say otherwise\n(its length, evaluate and "
            "save need no "
            "force)"},
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
    CLI_ENGINE,
    {.name = "no-group", .doc = "run node by node: the same bits, slower"},
    {.name = "no-recompute",
     .doc = "keep every value that the backward pass reads: more memory, the same bits\n(with products in "
            "bf16 nearly so)"},
    {.name = "profile",
     .type = CLI_MAYBE,
     .value = "[FILE]",
     .doc = "show where the time of a few steps goes, and write their timeline to FILE (trace.json\nof the "
            "run's "
            "directory), for ui.perfetto.dev or chrome://tracing"},
    {.name = "profile-steps",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000,
     .doc = "how many steps, behind 3 of warm-up; without it, 10"},
    {.name = "quiet", .letter = 'q', .doc = "say nothing on the way, only what came out"},
    {.name = "json",
     .doc = "write one JSON object a line for what happens, and nothing for people\n(docs/following.md)"},
    {.name = NULL},
};

const cli_verb cli_verb_run = {
    .name = "run",
    .doc = "train the model of a graph file",
    .examples = "simgraph run graphs/simmim.yaml\n"
                "simgraph run graphs/simmim.yaml --set mask_ratio=0.75 --out runs/much-hidden\n"
                "simgraph run graphs/simmim.yaml --resume\n"
                "simgraph run --resume runs/much-hidden",
    .usage = "GRAPH [options]",
    .more = "An interrupt (Ctrl-C), a TERM or the end of the terminal finishes the step, or the batch of\n"
            "an evaluation, saves, and says how to continue; a second interrupt ends at once. Where nobody\n"
            "reads any more what it says, a run goes on.",
    .min_args = 0, /* with --resume=DIR */
    .max_args = 1,
    .missing = "give a graph file to run",
    .options = options,
    .run = run,
};
