/* simgraph gradcheck: gradients against differences in f64. */
#include "simgraph/gradcheck.h"

#include <string.h>

#include "document.h"
#include "json.h"
#include "verbs.h"

static const double LIMIT = 1e-6;

static void print_table(const sg_gradcheck_result *result) {
    int widest = 6;
    for (int i = 0; i < result->count; i++) {
        int length = (int)strlen(result->rows[i].name);
        widest = length > widest ? length : widest;
    }
    printf("%-*s  %10s  %5s  %8s  %12s  %12s\n", widest, "weight", "elements", "tried", "error", "gradient",
           "difference");
    for (int i = 0; i < result->count; i++) {
        const sg_gradcheck_row *row = &result->rows[i];
        char elements[CLI_NUMBER];
        printf("%-*s  %10s  %5d  ", widest, row->name, cli_thousands(row->elements, elements), row->tried);
        if (row->tried)
            printf("%8.1e  %12.5e  %12.5e%s\n", row->error, row->gradient, row->difference,
                   row->error > LIMIT ? "  wrong" : "");
        else
            printf("the loss has a kink too close to %s%d element%s\n", row->unsure == 1 ? "" : "each of ",
                   row->unsure, sg_plural(row->unsure));
    }
}

static int print_json(const sg_gradcheck_result *result) {
    json_t *all = json_object(), *rows = json_array();
    json_object_set_new(all, "loss", cli_json_number(result->loss));
    json_object_set_new(all, "worst", cli_json_number(result->worst));
    json_object_set_new(all, "limit", cli_json_number(LIMIT));
    for (int i = 0; i < result->count; i++) {
        const sg_gradcheck_row *row = &result->rows[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "weight", json_string(row->name));
        json_object_set_new(entry, "elements", json_integer(row->elements));
        json_object_set_new(entry, "tried", json_integer(row->tried));
        json_object_set_new(entry, "unsure", json_integer(row->unsure));
        json_object_set_new(entry, "error", cli_json_number(row->error));
        json_object_set_new(entry, "gradient", cli_json_number(row->gradient));
        json_object_set_new(entry, "difference", cli_json_number(row->difference));
        json_array_append_new(rows, entry);
    }
    json_object_set_new(all, "weights", rows);
    return cli_json_print(all);
}

static int verdict(const sg_gradcheck_result *result, bool quiet) {
    if (!result->tried)
        return cli_fail(SG_FAILURE, "nothing could be compared: try --seed or more --samples");
    if (result->worst > LIMIT)
        return cli_fail(SG_FAILURE, "the worst relative error is %.1e, above %.0e", result->worst, LIMIT);
    if (!quiet)
        printf("ok: %d element%s of %d weight%s, worst relative error %.1e\n", result->tried,
               sg_plural(result->tried), result->count, sg_plural(result->count), result->worst);
    return SG_OK;
}

static int compare(const cli_args *args, const cli_document *d) {
    sg_error error;
    sg_context *context;
    sg_context_options options = cli_engine(args);
    if (sg_context_create(&context, &options, &error) != SG_OK) return cli_fail_with(&error);
    cli_check_product(args, context, SG_F64);
    sg_gradcheck_options wanted = {
        .size = sizeof wanted,
        .loss = cli_text(args, "loss"),
        .samples = (int)cli_int(args, "samples", 0),
        .batch = cli_int(args, "batch", 0),
        .seed = (uint64_t)cli_int(args, "seed", 0),
    };
    sg_gradcheck_result result;
    sg_status status = sg_gradcheck(&result, context, d->document, &wanted, d->messages, &error);
    sg_context_destroy(context);
    cli_document_report(d, SG_OK);
    if (status != SG_OK) return sg_diagnostics_errors(d->messages) ? (int)status : cli_fail_with(&error);
    bool json = cli_flag(args, "json");
    int code = SG_OK;
    if (json)
        code = print_json(&result);
    else
        print_table(&result);
    if (code == SG_OK) code = verdict(&result, json);
    sg_gradcheck_finish(&result);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = compare(args, &d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "samples",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "elements to try of each weight (default 3)"},
    {.name = "loss",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "what to differentiate (default what the\nfile minimizes, else loss)"},
    {.name = "batch",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 100000,
     .doc = "samples, of random numbers in 0..1 (default 2)"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_MAX,
     .doc = "of weights, inputs, and the choice of elements (default 0)"},
    CLI_SET,
    CLI_ENGINE,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_gradcheck = {
    .name = "gradcheck",
    .doc = "compare a graph's gradients with differences in double precision",
    .examples = "simgraph gradcheck graphs/simmim.yaml --set encoder.depth=1",
    .usage = "GRAPH [options]",
    .more = "Exit code 1 when a relative error is above 1e-6. Large graphs take long: make them small with "
            "--set.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to check the gradients of",
    .options = options,
    .run = run,
};
