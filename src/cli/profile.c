/* Collecting a profile while a run goes on, and its tables. */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "json.h"
#include "shares.h"
#include "simgraph/file.h"

enum { MOST_NODES = 20, MOST_BLOCKS = 20 };

/* ---- collecting ---- */

static void begin(cli_profile *p, int64_t step) {
    int64_t runs = p->steps * (p->accumulate + 1);
    p->begun = step;
    p->status =
        sg_program_trace(sg_trainer_program(p->trainer), runs < 1 << 20 ? (int)runs : 1 << 20, &p->error);
}

void cli_profile_event(void *data, const sg_train_event *event) {
    cli_profile *p = data;
    cli_progress_event(p->progress, event);
    if (!p->on || p->ended || p->status != SG_OK) return;
    if (event->kind == SG_TRAIN_STARTED) p->first = event->step;
    bool stepped = event->kind == SG_TRAIN_STEP || event->kind == SG_TRAIN_SKIPPED;
    if (p->begun >= 0 && stepped && ++p->profiled == p->steps) {
        sg_program_trace(sg_trainer_program(p->trainer), 0, NULL);
        p->ended = true;
    }
    /* A run of few steps has a shorter warm-up. */
    int64_t left = event->steps - p->first,
            warm_up = left > CLI_PROFILE_WARM_UP ? CLI_PROFILE_WARM_UP : left - 1;
    if (p->begun < 0 && (stepped || event->kind == SG_TRAIN_STARTED) && event->step - p->first >= warm_up)
        begin(p, event->step);
}

void cli_profile_span(void *data, const sg_train_span *span) {
    cli_profile *p = data;
    bool of_step = strcmp(span->what, "step") == 0 || strcmp(span->what, "load") == 0;
    if (!p->on || p->span_count == CLI_PROFILE_SPANS || (of_step && (p->begun < 0 || p->ended))) return;
    if (!p->spans) p->spans = calloc(CLI_PROFILE_SPANS, sizeof *p->spans);
    if (p->spans) p->spans[p->span_count++] = *span;
}

void cli_profile_finish(cli_profile *profile) {
    free(profile->spans);
    profile->spans = NULL;
}

/* ---- tables ---- */

/* "codes.block.3" of "grad/codes.block.3.mix.qkv.y/matmul": the node of the file, and one level within it.
 * Nodes without a path have the name of their op, numbered behind a colon. */
static int block_of(const char **path) {
    const char *at = *path = sg_path_origin(*path); /* how it was made stands behind: "norm.y/hidden" */
    size_t end = strcspn(at, "/:"), length = strcspn(at, ".");
    if (length < end) length += 1 + strcspn(at + length + 1, ".");
    if (length < end && at[length + 1] >= '0' && at[length + 1] <= '9')
        length += 1 + strcspn(at + length + 1, ".");
    return (int)(length < end ? length : end);
}

typedef struct tables {
    cli_shares nodes, blocks, ops;
    double *seconds; /* of every node, in all steps */
    double *runs;    /* how much of its work was done, in runs */
    double waited;   /* by all workers */
    double total;    /* of all workers' time in the steps that were traced */
    double wall;     /* of those steps */
    int steps;
} tables;

static bool within(const sg_train_span *span, const sg_program_event *event) {
    return 1e-9 * (double)event->begin >= span->begin && 1e-9 * (double)event->end <= span->end;
}

/* The smaller batch at an epoch's end has a program of its own, which is not traced. */
static void add_steps(const cli_profile *p, tables *t, const sg_program_event *events, size_t count,
                      int threads) {
    size_t at = 0;
    for (int s = 0; s < p->span_count; s++) {
        const sg_train_span *span = &p->spans[s];
        if (strcmp(span->what, "step") != 0) continue;
        while (at < count && 1e-9 * (double)events[at].begin < span->begin) at++;
        if (at == count || !within(span, &events[at])) continue;
        t->steps++;
        t->wall += span->end - span->begin;
    }
    t->total = t->wall * threads;
}

static bool fill(const cli_profile *p, tables *t, const sg_program_event *events, size_t count, int threads) {
    const sg_program *program = sg_trainer_program(p->trainer);
    int nodes = sg_program_node_count(program);
    t->seconds = calloc((size_t)nodes + 1, sizeof *t->seconds);
    t->runs = calloc((size_t)nodes + 1, sizeof *t->runs);
    if (!t->seconds || !t->runs) return false;
    add_steps(p, t, events, count, threads);
    for (size_t i = 0; i < count; i++) {
        double spent = 1e-9 * (double)(events[i].end - events[i].begin);
        if (events[i].node < 0) {
            t->waited += spent;
            continue;
        }
        t->seconds[events[i].node] += spent;
        t->runs[events[i].node] += events[i].share;
    }
    double sum = t->waited, steps = t->steps ? t->steps : 1;
    bool kept = true;
    for (int i = 0; i < nodes; i++) {
        sg_program_node node = sg_program_node_at(program, i);
        const char *op = sg_op_schema(node.node->op)->name, *block = node.node->path;
        double seconds = t->seconds[i] / steps, flops = node.flops * t->runs[i] / steps;
        int length = block_of(&block);
        kept = kept && cli_shares_add(&t->ops, op, (int)strlen(op), seconds, flops);
        kept = kept && cli_shares_add(&t->blocks, block, length, seconds, flops);
        kept =
            kept && cli_shares_add(&t->nodes, node.node->path, (int)strlen(node.node->path), seconds, flops);
        sum += t->seconds[i];
    }
    /* What is left: loading, the update's numbers, waking the workers. */
    const struct {
        const char *name;
        double seconds;
    } other[] = {{"(waiting for other workers)", t->waited},
                 {"(between the runs of the graph)", t->total - sum}};
    cli_shares *const each[] = {&t->ops, &t->blocks, &t->nodes};
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 2; i++)
            kept = kept && cli_shares_add(each[k], other[i].name, (int)strlen(other[i].name),
                                          other[i].seconds / steps, 0);
    for (int k = 0; k < 3; k++) cli_shares_sort(each[k]);
    return kept;
}

static void print(const tables *t, int threads, double peak, bool rounded) {
    double steps = t->steps ? t->steps : 1, total = t->total / steps;
    printf("\nprofile of %d step%s: %.3f ms a step, %.3f ms of %d worker%s\n", t->steps, sg_plural(t->steps),
           1e3 * t->wall / steps, 1e3 * total, threads, sg_plural(threads));
    printf("large product  %.1f GFLOP/s a thread%s\n\n", 1e-9 * peak, rounded ? ", in bf16" : "");
    cli_shares_print(&t->ops, "op", t->ops.count, total, peak);
    putchar('\n');
    cli_shares_print(&t->blocks, "block", MOST_BLOCKS, total, peak);
    putchar('\n');
    cli_shares_print(&t->nodes, "node", MOST_NODES, total, peak);
}

static json_t *shares_json(const cli_shares *shares, int most) {
    json_t *list = json_array();
    for (int i = 0; i < shares->count && i < most; i++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:f}", "name", shares->share[i].name, "seconds",
                                              shares->share[i].seconds, "flops", shares->share[i].flops));
    return list;
}

/* profile.json of the run's directory, for its report. */
static sg_status save(const cli_profile *p, const tables *t, int threads, sg_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/profile.json", sg_trainer_directory(p->trainer));
    json_t *all =
        json_pack("{s:i, s:i, s:f, s:o, s:o, s:o}", "steps", t->steps, "threads", threads, "seconds",
                  t->steps ? t->wall / t->steps : 0.0, "ops", shares_json(&t->ops, t->ops.count), "blocks",
                  shares_json(&t->blocks, MOST_BLOCKS), "nodes", shares_json(&t->nodes, MOST_NODES));
    char *text = all ? json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    sg_status status = text ? sg_file_save(path, text, strlen(text), error)
                            : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    json_decref(all);
    free(text);
    return status;
}

int cli_profile_show(const cli_profile *p, const char *path, const sg_context_options *engine, int threads,
                     bool rounded) {
    size_t count;
    sg_error error;
    if (p->status != SG_OK) return cli_fail_with(&p->error);
    const sg_program_event *events = sg_program_events(sg_trainer_program(p->trainer), &count);
    tables t = {0};
    double peak;
    sg_status status = SG_OK;
    if (!count) {
        cli_warn("no step was left to profile");
        return SG_OK;
    }
    status = cli_bench_product(engine, rounded, &peak, &error);
    if (status == SG_OK && !fill(p, &t, events, count, threads))
        status = sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) print(&t, threads, peak / threads, rounded);
    if (status == SG_OK) status = save(p, &t, threads, &error);
    if (status == SG_OK) status = cli_profile_write(p, path, threads, &error);
    if (status == SG_OK) printf("\ntrace: %s, for ui.perfetto.dev or chrome://tracing\n", path);
    cli_shares_finish(&t.ops);
    cli_shares_finish(&t.blocks);
    cli_shares_finish(&t.nodes);
    free(t.seconds);
    free(t.runs);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}
