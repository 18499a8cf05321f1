/* cli/bench.h - what `bench` measured. */
#ifndef SG_CLI_BENCH_H
#define SG_CLI_BENCH_H

#include "document.h"
#include "simgraph/program.h"

typedef struct cli_bench_op {
    const char *name;
    int nodes;
    double seconds; /* of one step, summed over workers */
    double flops;   /* of one step */
} cli_bench_op;

enum { CLI_BENCH_OPS = 256 };

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

/* Operations a second of a product of two square f32 matrices, the best of a few runs through a pool of so
 * many threads (0: as many as CPUs). */
sg_status cli_bench_product(int threads, double *rate, sg_error *error);
double cli_seconds(void); /* of a clock that only goes forward */

void cli_bench_print(const cli_bench *bench);
int cli_bench_json(const cli_bench *bench); /* returns the exit code */

#endif
