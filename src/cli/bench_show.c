/* What was measured, on a terminal and as JSON. */
#include "bench.h"

#include "json.h"

static double giga(double rate) {
    return rate * 1e-9;
}

static size_t planned(const sg_memory *m) {
    return m->store + m->arena + m->tiles + m->feeds;
}

void cli_bench_print(const cli_bench *b) {
    char rate[CLI_NUMBER], work[CLI_NUMBER];
    char bytes[6][CLI_NUMBER];
    const sg_memory *m = &b->memory;
    double total = 0, achieved = b->flops / b->median;
    double rest = (double)b->peak_memory - (double)planned(m);
    printf("%s: %s, batch %lld, %d thread%s, %s, %s\n", b->d->path, b->what, (long long)b->batch, b->threads,
           sg_plural(b->threads), b->cpu, b->product);
    printf("  step           %.3f ms (median of %d; fastest %.3f ms)\n", 1e3 * b->median, b->steps,
           1e3 * b->fastest);
    printf("  images/s       %s\n", cli_rate((double)b->batch / b->median, rate));
    printf("  work           %s a step, %.1f GFLOP/s\n", cli_flops(b->flops, work), giga(achieved));
    if (b->threads == 1)
        printf("  large product  %.1f GFLOP/s with 1 thread\n", giga(b->peak_all));
    else
        printf("  large product  %.1f GFLOP/s with 1 thread, %.1f with %d\n", giga(b->peak_one),
               giga(b->peak_all), b->threads);
    printf("  share of it    %.1f %%\n", 100 * achieved / b->peak_all);
    printf("  memory         at most %s: weights %s, values %s, scratch %s, inputs %s, the rest %s\n\n",
           cli_bytes((double)b->peak_memory, bytes[0]), cli_bytes((double)m->store, bytes[1]),
           cli_bytes((double)m->arena, bytes[2]), cli_bytes((double)m->tiles, bytes[3]),
           cli_bytes((double)m->feeds, bytes[4]), cli_bytes(rest > 0 ? rest : 0, bytes[5]));
    for (int i = 0; i < b->op_count; i++) total += b->op[i].seconds;
    printf("%-20s  %5s  %10s  %7s  %s\n", "op", "nodes", "time", "share", "GFLOP/s a thread");
    for (int i = 0; i < b->op_count; i++) {
        const cli_bench_op *op = &b->op[i];
        printf("%-20s  %5d  %7.3f ms  %5.1f %%  %16.1f\n", op->name, op->nodes, 1e3 * op->seconds,
               100 * op->seconds / total, op->seconds > 0 ? giga(op->flops / op->seconds) : 0);
    }
}

void cli_bench_json_head(const cli_bench *b, json_t *to) {
    json_object_set_new(to, "graph", json_string(b->d->path));
    json_object_set_new(to, "what", json_string(b->what));
    json_object_set_new(to, "batch", json_integer(b->batch));
    json_object_set_new(to, "threads", json_integer(b->threads));
    json_object_set_new(to, "cpu", json_string(b->cpu));
    json_object_set_new(to, "product", json_string(b->product));
}

int cli_bench_json(const cli_bench *b) {
    json_t *all = json_object(), *ops = json_array();
    cli_bench_json_head(b, all);
    json_object_set_new(all, "steps", json_integer(b->steps));
    json_object_set_new(all, "seconds_median", cli_json_number(b->median));
    json_object_set_new(all, "seconds_fastest", cli_json_number(b->fastest));
    json_object_set_new(all, "images_per_second", cli_json_number((double)b->batch / b->median));
    json_object_set_new(all, "flops", cli_json_number(b->flops));
    json_object_set_new(all, "gflops_per_second", cli_json_number(giga(b->flops / b->median)));
    json_object_set_new(all, "product_gflops_per_second_1_thread", cli_json_number(giga(b->peak_one)));
    json_object_set_new(all, "product_gflops_per_second", cli_json_number(giga(b->peak_all)));
    json_object_set_new(all, "share_of_product", cli_json_number(b->flops / b->median / b->peak_all));
    json_object_set_new(all, "memory_peak", json_integer((json_int_t)b->peak_memory));
    json_object_set_new(all, "memory_planned", json_integer((json_int_t)planned(&b->memory)));
    for (int i = 0; i < b->op_count; i++) {
        json_t *op = json_object();
        json_object_set_new(op, "op", json_string(b->op[i].name));
        json_object_set_new(op, "nodes", json_integer(b->op[i].nodes));
        json_object_set_new(op, "seconds", cli_json_number(b->op[i].seconds));
        json_object_set_new(op, "flops", cli_json_number(b->op[i].flops));
        json_array_append_new(ops, op);
    }
    json_object_set_new(all, "ops", ops);
    return cli_json_print(all);
}
