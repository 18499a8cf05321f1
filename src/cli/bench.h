/* cli/bench.h - what `bench` measured. */
#ifndef SG_CLI_BENCH_H
#define SG_CLI_BENCH_H

#include <jansson.h>

#include "document.h"
#include "simgraph/program.h"

typedef struct cli_bench_op {
    const char *name;
    int nodes;
    double seconds; /* of one step, summed over workers */
    double flops;   /* of one step */
} cli_bench_op;

enum { CLI_BENCH_OPS = 256, CLI_BENCH_STEPS = 10000 };

typedef struct cli_bench {
    const cli_document *d;
    const char *what; /* "training step", "loss and gradients" or "forward pass" */
    int64_t batch;
    int threads, steps;
    char cpu[32], product[128];
    double median, fastest;    /* seconds of a step */
    double flops;              /* of a step */
    double peak_one, peak_all; /* operations a second of a large product, with one thread and with all */
    sg_memory memory;          /* of the step */
    size_t
        peak_memory; /* of the process: beyond the step's there are the program, its libraries, the graph */
    int op_count;
    cli_bench_op op[CLI_BENCH_OPS]; /* the one that takes longest first */
} cli_bench;

/* Operations a second of a product of two square f32 matrices, the best of a few runs with such an engine;
 * rounded: of operands rounded to bf16. */
sg_status cli_bench_product(const sg_context_options *engine, bool rounded, double *rate, sg_error *error);

/* One step, and how long it takes; `number` of the steps before it. */
sg_status cli_bench_step(sg_program *program, const cli_bench *bench, int number, double *seconds,
                         sg_error *error);
/* Reads numbers of steps from standard input, a line each, and answers every one, to the end of the input.
 * SG_BAD_USAGE: a line that is none. */
sg_status cli_bench_serve(sg_program *program, cli_bench *bench, sg_error *error);

void cli_bench_print(const cli_bench *bench);
void cli_bench_json_head(const cli_bench *bench, json_t *to); /* what was measured, on what */
int cli_bench_json(const cli_bench *bench);                   /* returns the exit code */

#endif
