/* Views of a step that is run or planned: the time of every node, and the memory. */
#include "dot.h"

#include <stdlib.h>
#include <string.h>

#include "step.h"

enum { WARM_UP = 2, MEASURED = 5 };

/* The seconds of a step for every node of `graph`, by path; copies that the planner added count with what
 * they copy. NULL without memory. */
static double *read_seconds(sg_program *program, const sg_graph *graph) {
    static const char suffix[] = "/copy";
    double *seconds = calloc((size_t)sg_graph_node_count(graph) + 1, sizeof *seconds);
    char path[1024];
    for (int i = 0; seconds && i < sg_program_node_count(program); i++) {
        sg_program_node node = sg_program_node_at(program, i);
        snprintf(path, sizeof path, "%s", node.node->path);
        sg_value value = sg_graph_find(graph, path);
        size_t length = strlen(path), end = sizeof suffix - 1;
        if (value == SG_NO_VALUE && length > end && strcmp(path + length - end, suffix) == 0) {
            path[length - end] = 0;
            value = sg_graph_find(graph, path);
        }
        if (value != SG_NO_VALUE) seconds[sg_graph_value(graph, value)->node] += node.seconds / MEASURED;
    }
    return seconds;
}

static sg_status run_steps(cli_step *step, sg_context *context, sg_program **program, sg_error *error) {
    sg_program_options options = {
        .size = sizeof options, .fetch = step->fetch, .fetch_count = step->fetch_count};
    sg_program *warm = NULL;
    sg_status status = cli_step_reserve(step, context, error);
    if (status == SG_OK)
        status = sg_program_create(&warm, context, step->graph, step->store, step->arena, &options, error);
    options.profile = true;
    if (status == SG_OK)
        status = sg_program_create(program, context, step->graph, step->store, step->arena, &options, error);
    for (int i = 0; status == SG_OK && i < WARM_UP + MEASURED; i++) {
        sg_program *run = i < WARM_UP ? warm : *program;
        if (i == 0 || i == WARM_UP) cli_step_fill(step, run);
        status = cli_step_run(run, step->batch, i, error);
    }
    sg_program_destroy(warm);
    return status;
}

/* Draws what ran. */
static sg_status draw(char **text, const cli_dot_graph *drawn, sg_program *program,
                      const sg_dot_options *given, const char *note, bool page, sg_error *error) {
    const sg_graph *graph = drawn->graph;
    double *seconds = read_seconds(program, graph);
    if (!seconds) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_dot_options options = *given;
    options.seconds = seconds;
    options.note = note;
    options.minimised = drawn->minimised;
    options.backward = true;
    sg_status status =
        page ? sg_draw_page(text, graph, &options, error) : sg_draw_dot(text, graph, &options, error);
    free(seconds);
    return status;
}

int cli_dot_profile(char **text, const cli_document *d, const sg_dot_options *options,
                    const cli_dot_measure *measure) {
    sg_context *context = NULL;
    sg_program *program = NULL;
    cli_dot_graph drawn = {0};
    cli_step step = {0};
    sg_error error;
    sg_context_options how = {.size = sizeof how, .threads = measure->threads};
    sg_status status = sg_context_create(&context, &how, &error);
    if (status == SG_OK) status = cli_step_build(&step, d, measure->batch, &error);
    if (status == SG_OK) status = run_steps(&step, context, &program, &error);
    int code = SG_OK;
    if (status == SG_OK) {
        char note[160];
        snprintf(note, sizeof note, "time of a %s, summed over %d thread%s · batch %lld · mean of %d steps",
                 step.what, sg_context_threads(context), sg_plural(sg_context_threads(context)),
                 (long long)step.batch, MEASURED);
        drawn.bound = step.bound;
        code = cli_dot_graph_part(&drawn, d, measure->all);
        if (code == SG_OK) status = draw(text, &drawn, program, options, note, measure->page, &error);
        drawn.bound = NULL;
    }
    cli_dot_graph_finish(&drawn);
    sg_program_destroy(program);
    cli_step_finish(&step);
    sg_context_destroy(context);
    if (status != SG_OK) {
        cli_document_report(d, SG_OK);
        code = sg_diagnostics_errors(d->messages) ? (int)status : cli_fail_with(&error);
    }
    return code;
}

int cli_dot_memory(char **text, const cli_document *d, const sg_dot_options *given, int64_t batch,
                   cli_dot_chart *chart) {
    cli_step step = {0};
    sg_error error;
    sg_status status = cli_step_build(&step, d, batch, &error);
    if (status == SG_OK) {
        char note[96];
        snprintf(note, sizeof note, "%s, batch %lld", step.what, (long long)step.batch);
        sg_dot_options options = *given;
        options.note = note;
        sg_program_options program = {
            .size = sizeof program, .fetch = step.fetch, .fetch_count = step.fetch_count};
        status = chart(text, step.graph, &program, &options, &error);
    }
    cli_step_finish(&step);
    if (status == SG_OK) return SG_OK;
    cli_document_report(d, SG_OK);
    return sg_diagnostics_errors(d->messages) ? (int)status : cli_fail_with(&error);
}
