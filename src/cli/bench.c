/* simgraph bench: how long a step takes, and where the time goes. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "simgraph/clock.h"
#include "step.h"
#include "verbs.h"

enum { LEAST_STEPS = 10, FEW_STEPS = 3, WARM_UP = 3, PROFILED = 10 };
/* Seconds of measuring, where the number of steps is not given. Steps of a large model take many seconds
 * each: then few of them must do. */
static const double ENOUGH = 3, LONG = 30;

/* ---- measuring ---- */

sg_status cli_bench_step(sg_program *program, const cli_bench *b, int number, double *seconds,
                         sg_error *error) {
    double begun = sg_clock();
    sg_status status = cli_step_run(program, b->batch, number, error);
    *seconds = sg_clock() - begun;
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
    int room = b->steps ? b->steps : CLI_BENCH_STEPS;
    double *seconds = calloc((size_t)room, sizeof *seconds), spent = 0, ignored;
    if (!seconds) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = SG_OK;
    int first = 0, count = 0;
    for (; status == SG_OK && first < WARM_UP && spent < ENOUGH; spent += ignored)
        status = cli_bench_step(program, b, first++, &ignored, error);
    spent = 0;
    while (status == SG_OK && count < room && (b->steps || !measured_enough(count, spent))) {
        status = cli_bench_step(program, b, first + count, &seconds[count], error);
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
        status = cli_bench_step(program, b, steps++, &seconds, error);
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

/* What the verb does with a program: how fast it is, where the time goes, or steps on demand. */
typedef sg_status use(sg_program *program, cli_bench *b, sg_error *error);

static sg_status measure(cli_step *j, cli_bench *b, sg_context *context, sg_program_options options,
                         use *with, sg_error *error) {
    sg_program *program = NULL;
    sg_status status = sg_program_create(&program, context, j->graph, j->store, j->arena, &options, error);
    if (status == SG_OK) cli_step_fill(j, program);
    if (status == SG_OK) status = with(program, b, error);
    if (status == SG_OK && !b->peak_memory) note_memory(b, j, program);
    sg_program_destroy(program);
    return status;
}

static sg_status bench(const cli_args *args, cli_bench *b, sg_error *error) {
    cli_step j;
    sg_context *context = NULL;
    sg_context_options options = cli_engine(args);
    sg_status status = sg_context_create(&context, &options, error);
    if (status != SG_OK) return status;
    b->threads = sg_context_threads(context);
    snprintf(b->cpu, sizeof b->cpu, "%s", sg_context_cpu(context));
    status = cli_step_build(&j, b->d, b->batch, error);
    b->what = j.what;
    b->batch = j.batch;
    bool serve = cli_flag(args, "serve");
    sg_program_options plain = {.size = sizeof plain,
                                .fetch = j.fetch,
                                .fetch_count = j.fetch_count,
                                .no_group = cli_flag(args, "no-group"),
                                .no_recompute = cli_flag(args, "no-recompute")},
                       profiled = plain;
    profiled.profile = true;
    bool rounded = j.graph && sg_graph_rounds_products(j.graph);
    sg_type precision = rounded ? SG_BF16 : j.graph ? sg_graph_float_type(j.graph) : SG_F32;
    cli_check_product(args, context, precision);
    snprintf(b->product, sizeof b->product, "%s, %s", sg_type_name(precision),
             sg_context_product_of(context, precision));
    if (status == SG_OK) status = cli_step_reserve(&j, context, error);
    if (status == SG_OK) status = measure(&j, b, context, plain, serve ? cli_bench_serve : time_steps, error);
    if (status == SG_OK && !serve) status = measure(&j, b, context, profiled, profile, error);
    cli_step_finish(&j);
    sg_context_destroy(context);
    if (serve) return status;
    if (status == SG_OK) status = cli_bench_product(&options, rounded, &b->peak_all, error);
    options.threads = 1;
    if (status == SG_OK) status = cli_bench_product(&options, rounded, &b->peak_one, error);
    return status;
}

static int run(const cli_args *args) {
    if (cli_flag(args, "serve") && cli_given(args, "steps"))
        return cli_usage(args->verb, "with --serve the numbers of steps are read: leave out --steps");
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    cli_bench b = {.d = &d, .batch = cli_int(args, "batch", 0), .steps = (int)cli_int(args, "steps", 0)};
    sg_error error;
    sg_status status = bench(args, &b, &error);
    cli_document_report(&d, SG_OK);
    if (status != SG_OK)
        code = sg_diagnostics_errors(d.messages) ? (int)status : cli_fail_with(&error);
    else if (cli_flag(args, "serve"))
        code = SG_OK;
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
     .max = CLI_BENCH_STEPS,
     .doc = "how many to time; without it, for 3 seconds, but at least 10, or 3 where\n10 take more than 30 "
            "seconds"},
    {.name = "batch",
     .letter = 'b',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "samples; without it, those of the training section, or 1"},
    CLI_SET,
    CLI_ENGINE,
    {.name = "no-group", .doc = "run node by node: the same bits, slower"},
    {.name = "no-recompute",
     .doc = "keep every value that the backward pass reads: more memory, the same bits\n(with products in "
            "bf16 nearly so)"},
    {.name = "serve",
     .doc =
         "for measuring in turns with another program: print what is run as a\nline of JSON, then for each "
         "line read, a number of steps, run them\nand print a line with the seconds of each"},
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
        "the loss and its gradients are computed, or the last node of a file without a node named loss. The\n"
        "times of ops are summed over workers; a large product is simgraph's own, of 1536 x 1536.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to measure",
    .options = options,
    .run = run,
};
