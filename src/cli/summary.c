/* simgraph summary: what a graph is made of and what it will need, before anything runs. */
#include "summary.h"

#include "verbs.h"

static int summarise(cli_summary *s, const cli_args *args) {
    sg_error error;
    int code =
        cli_document_bind(&s->bound, s->d, SG_SYMBOLIC_BATCH, true, sg_train_float_type(s->d->document));
    if (code != SG_OK) return code;
    sg_status status = cli_measure(s, cli_int(args, "batch", 0), (int)cli_int(args, "threads", 0), &error);
    cli_document_report(s->d, SG_OK);
    if (status != SG_OK) return sg_diagnostics_errors(s->d->messages) ? (int)status : cli_fail_with(&error);
    if (!cli_outline_init(&s->outline, s->bound, s->batch, (int)cli_int(args, "depth", 2)))
        return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
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
    sg_train_config_destroy(s.config);
    sg_bound_destroy(s.bound);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "params",
     .letter = 'p',
     .doc = "list every weight, with the factors on its learning rate and decay"},
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
     .doc =
         "samples for which work and memory are predicted; without it,\nthose of the training section, or 1"},
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
    .more = "Nothing is run and no sample is read. A multiply and an add count as two operations. Work is "
            "that of\n"
            "a batch, divided by its samples.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to summarise",
    .options = options,
    .run = run,
};
