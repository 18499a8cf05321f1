/* simgraph bench: how long a step takes, and where the time goes. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "step.h"
#include "verbs.h"

enum { MOST_STEPS = 10000, LEAST_STEPS = 10, FEW_STEPS = 3, WARM_UP = 3, PROFILED = 10 };
/* Seconds of measuring, where the number of steps is not given. Steps of a large model take many seconds
 * each: then few of them must do. */
static const double ENOUGH = 3, LONG = 30;

/* ---- measuring ---- */

static sg_status run_step(sg_program *program, const cli_bench *b, int number, double *seconds,
                          sg_error *error) {
    double begun = cli_seconds();
    sg_status status = cli_step_run(program, b->batch, number, error);
    *seconds = cli_seconds() - begun;
    return status;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool measured_enough(int count, double spent) {
    return count >= (spent > LONG ? FEW_STEPS : LEAST_STEPS) && spent >= ENOUGH;
}

static sg_status time_steps(sg_program *program, cli_bench *b, sg_error *error) {
    int room = b->steps ? b->steps : MOST_STEPS;
    double *seconds = calloc((size_t)room, sizeof *seconds), spent = 0, ignored;
    if (!seconds) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = SG_OK;
    int first = 0, count = 0;
    for (; status == SG_OK && first < WARM_UP && spent < ENOUGH; spent += ignored)
        status = run_step(program, b, first++, &ignored, error);
    spent = 0;
    while (status == SG_OK && count < room && (b->steps || !measured_enough(count, spent))) {
        status = run_step(program, b, first + count, &seconds[count], error);
        spent += seconds[count++];
    }
    if (status != SG_OK) {
        free(seconds);
        return status;
    }
    qsort(seconds, (size_t)count, sizeof *seconds, by_size);
    b->steps = count;
    b->fastest = seconds[0];
    b->median = count % 2 ? seconds[count / 2] : 0.5 * (seconds[count / 2 - 1] + seconds[count / 2]);
    free(seconds);
    return status;
}

static int by_seconds(const void *a, const void *b) {
    double x = ((const cli_bench_op *)a)->seconds, y = ((const cli_bench_op *)b)->seconds;
    return (x < y) - (x > y);
}

/* `steps`: over how many the seconds of the node are a sum. */
static void add_node(cli_bench *b, const sg_program_node *node, int steps) {
    const char *name = sg_op_schema(node->node->op)->name;
    int at = 0;
    while (at < b->op_count && strcmp(b->op[at].name, name) != 0) at++;
    if (at == CLI_BENCH_OPS) return;
    if (at == b->op_count) b->op[b->op_count++] = (cli_bench_op){.name = name};
    b->op[at].nodes++;
    b->op[at].seconds += node->seconds / steps;
    b->op[at].flops += node->flops;
    b->flops += node->flops;
}

static sg_status profile(sg_program *program, cli_bench *b, sg_error *error) {
    sg_status status = SG_OK;
    double spent = 0, seconds;
    int steps = 0;
    for (; status == SG_OK && steps < PROFILED && spent < ENOUGH; spent += seconds)
        status = run_step(program, b, steps++, &seconds, error);
    for (int i = 0; i < sg_program_node_count(program); i++) {
        sg_program_node node = sg_program_node_at(program, i);
        add_node(b, &node, steps);
    }
    qsort(b->op, (size_t)b->op_count, sizeof *b->op, by_seconds);
    return status;
}

/* Before a second program is made, which has inputs of its own. */
static void note_memory(cli_bench *b, const cli_step *j, const sg_program *program) {
    struct rusage usage;
    b->memory = sg_program_memory(program);
    b->memory.store = sg_store_bytes(j->store);
    b->peak_memory = getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

static sg_status measure(cli_step *j, cli_bench *b, sg_context *context, const cli_args *args,
                         sg_error *error) {
    sg_program *plain = NULL, *profiled = NULL;
    sg_program_options options = {
        .size = sizeof options,
        .fetch = j->fetch,
        .fetch_count = j->fetch_count,
        .no_group = cli_flag(args, "no-group"),
        .no_recompute = cli_flag(args, "no-recompute"),
    };
    sg_status status = cli_step_reserve(j, error);
    if (status == SG_OK)
        status = sg_program_create(&plain, context, j->graph, j->store, j->arena, &options, error);
    if (status == SG_OK) {
        cli_step_fill(j, plain);
        status = time_steps(plain, b, error);
    }
    if (status == SG_OK) note_memory(b, j, plain);
    options.profile = true;
    if (status == SG_OK)
        status = sg_program_create(&profiled, context, j->graph, j->store, j->arena, &options, error);
    if (status == SG_OK) {
        cli_step_fill(j, profiled);
        status = profile(profiled, b, error);
    }
    sg_program_destroy(profiled);
    sg_program_destroy(plain);
    return status;
}

static sg_status bench(const cli_args *args, cli_bench *b, sg_error *error) {
    cli_step j;
    sg_context *context = NULL;
    sg_context_options options = {.size = sizeof options, .threads = (int)cli_int(args, "threads", 0)};
    sg_status status = sg_context_create(&context, &options, error);
    if (status != SG_OK) return status;
    b->threads = sg_context_threads(context);
    snprintf(b->cpu, sizeof b->cpu, "%s", sg_context_cpu(context));
    snprintf(b->product, sizeof b->product, "%s", sg_context_product(context));
    status = cli_step_build(&j, b->d, b->batch, error);
    b->what = j.what;
    b->batch = j.batch;
    if (status == SG_OK) status = measure(&j, b, context, args, error);
    cli_step_finish(&j);
    sg_context_destroy(context);
    if (status == SG_OK) status = cli_bench_product(1, &b->peak_one, error);
    if (status == SG_OK) status = cli_bench_product(b->threads, &b->peak_all, error);
    return status;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    cli_bench b = {.d = &d, .batch = cli_int(args, "batch", 0), .steps = (int)cli_int(args, "steps", 0)};
    sg_error error;
    sg_status status = bench(args, &b, &error);
    cli_document_report(&d, SG_OK);
    if (status != SG_OK)
        code = sg_diagnostics_errors(d.messages) ? (int)status : cli_fail_with(&error);
    else if (cli_flag(args, "json"))
        code = cli_bench_json(&b);
    else
        cli_bench_print(&b);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "steps",
     .letter = 'n',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = MOST_STEPS,
     .doc = "how many to time; without it, as many as fit in 3 seconds"},
    {.name = "batch",
     .letter = 'b',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "samples; without it, those of the training section, or 1"},
    CLI_SET,
    CLI_THREADS,
    {.name = "no-group", .doc = "run node by node: the same bits, slower"},
    {.name = "no-recompute",
     .doc = "keep every value that the backward pass reads: the same bits, more memory"},
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_bench = {
    .name = "bench",
    .doc = "measure how long a step takes and where the time goes",
    .examples = "simgraph bench graphs/simmim.yaml\nsimgraph bench graphs/simmim.yaml --threads 1 --json",
    .usage = "GRAPH [options]",
    .more =
        "Steps run on random numbers; no data is read and no weight changes. Without a training section,\n"
        "the loss and its gradients are computed, or the last node of a file without a node named loss.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to measure",
    .options = options,
    .run = run,
};
