/* simgraph summary: what a graph is made of and what it will need, before anything runs. */
#include "summary.h"

#include <string.h>

#include "verbs.h"

/* ---- memory ---- */

/* A program of the evaluation graph that computes what nobody reads: what `eval` would need. */
static sg_status measure_evaluation(const cli_document *d, sg_context *context, int64_t batch,
                                    sg_memory *memory, sg_error *error) {
    static const sg_value no_update = SG_NO_VALUE;
    sg_bound *bound = NULL;
    sg_bind_options options = {.size = sizeof options, .batch = batch, .float_type = SG_F32};
    sg_status status = sg_document_bind(&bound, d->document, &options, d->messages);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    const sg_graph *graph = sg_bound_graph(bound);
    sg_value fetch[64];
    sg_program_options wanted = {
        .size = sizeof wanted, .fetch = fetch, .keep_updates = &no_update, .update_count = 1};
    for (size_t i = 0; i < sg_bound_name_count(bound) && wanted.fetch_count < 64; i++) {
        sg_bound_name(bound, i, &fetch[wanted.fetch_count]);
        wanted.fetch_count += fetch[wanted.fetch_count] != SG_NO_VALUE;
    }
    status = sg_program_measure(memory, NULL, context, graph, &wanted, error);
    sg_bound_destroy(bound);
    return status;
}

static sg_status measure(cli_summary *s, const cli_args *args, sg_error *error) {
    sg_train_config *config;
    sg_context *context;
    sg_status status = sg_train_config_create(&config, s->d->document, s->d->messages);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    sg_context_options options = {.size = sizeof options, .threads = (int)cli_int(args, "threads", 0)};
    status = sg_context_create(&context, &options, error);
    if (cli_given(args, "batch")) sg_train_config_set_batch(config, cli_int(args, "batch", 1));
    s->trains = sg_train_config_trains(config);
    s->batch = s->trains ? sg_train_config_batch(config) : cli_int(args, "batch", 1);
    if (status == SG_OK && s->trains) {
        sg_train_measure needs;
        status = sg_train_measure_graph(&needs, context, config, s->d->messages, error);
        s->memory = needs.memory;
        s->step_flops = needs.flops;
        s->frozen = needs.frozen;
    } else if (status == SG_OK)
        status = measure_evaluation(s->d, context, s->batch, &s->memory, error);
    sg_context_destroy(context);
    sg_train_config_destroy(config);
    return status;
}

/* ---- the verb ---- */

static int summarise(cli_summary *s, const cli_args *args) {
    sg_error error;
    int code = cli_document_bind(&s->bound, s->d, SG_SYMBOLIC_BATCH, true, SG_F32);
    if (code != SG_OK) return code;
    s->graph = sg_bound_graph(s->bound);
    s->parameters = cli_parameters(s->graph);
    for (int i = 0; i < sg_graph_node_count(s->graph); i++)
        s->flops += sg_node_flops(s->graph, sg_graph_node(s->graph, i)) / (double)SG_SYMBOLIC_BATCH;
    if (!cli_outline_init(&s->outline, s->bound, (int)cli_int(args, "depth", 2)))
        return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = measure(s, args, &error);
    cli_document_report(s->d, SG_OK);
    if (status != SG_OK) return sg_diagnostics_errors(s->d->messages) ? (int)status : cli_fail_with(&error);
    if (cli_flag(args, "json")) return cli_summary_json(s, cli_flag(args, "params"));
    cli_summary_print(s, cli_flag(args, "params"));
    return SG_OK;
}

static int run(const cli_args *args) {
    cli_document d;
    cli_summary s = {.d = &d};
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = summarise(&s, args);
    cli_outline_finish(&s.outline);
    sg_bound_destroy(s.bound);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "params", .letter = 'p', .doc = "list every weight"},
    {.name = "depth",
     .letter = 'd',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 64,
     .doc = "levels of blocks that are opened (default 2)"},
    {.name = "batch",
     .letter = 'b',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "samples for which memory is predicted; without it, those of the\ntraining section, or 1"},
    CLI_SET,
    CLI_THREADS,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_summary = {
    .name = "summary",
    .doc = "show shapes, parameters, work and memory of a graph file",
    .examples =
        "simgraph summary graphs/simmim.yaml\nsimgraph summary graphs/simmim.yaml --params --batch 256",
    .usage = "GRAPH [options]",
    .more = "Nothing is run and no data is read. A multiply and an add count as two operations.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to summarise",
    .options = options,
    .run = run,
};
