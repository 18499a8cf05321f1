/* simgraph eval: named arrays in, named values and gradients out. */
#include "document.h"
#include "eval.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#include "simgraph/evaluate.h"

/* ---- names ---- */

void cli_names_finish(cli_names *names) {
    free(names->text);
    free(names->name);
    *names = (cli_names){0};
}

bool cli_names_split(cli_names *names, const char *list) {
    *names = (cli_names){.text = strdup(list)};
    names->name = calloc(strlen(list) / 2 + 2, sizeof *names->name);
    if (!names->text || !names->name) return false;
    for (char *word = strtok(names->text, ", "); word; word = strtok(NULL, ", "))
        names->name[names->count++] = word;
    return true;
}

/* ---- feeds ---- */

static sg_status feed_one(sg_arrays *feeds, const char *text, sg_error *error) {
    const char *equals = strchr(text, '=');
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    sg_tensor tensor = {0};
    sg_status status = sg_array_load(&tensor, equals + 1, error);
    if (status == SG_OK) status = sg_arrays_add(feeds, name, &tensor, error);
    sg_tensor_finish(&tensor);
    return status;
}

/* All arrays of a file under their own names. */
static sg_status feed_all(sg_arrays *feeds, const char *path, sg_error *error) {
    sg_arrays file = {0};
    sg_status status = sg_arrays_load(&file, path, error);
    for (size_t i = 0; status == SG_OK && i < file.count; i++)
        status = sg_arrays_add(feeds, file.items[i].name, &file.items[i].tensor, error);
    sg_arrays_finish(&file);
    return status;
}

static sg_status load_feeds(sg_arrays *feeds, const cli_args *args, sg_error *error) {
    int count;
    const char *const *texts = cli_texts(args, "feed", &count);
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < count; i++)
        status = strchr(texts[i], '=') ? feed_one(feeds, texts[i], error) : feed_all(feeds, texts[i], error);
    return status;
}

/* ---- the verb ---- */

typedef struct request {
    cli_names fetch, wrt;
    char *of;
    sg_arrays feeds, results;
    sg_evaluate_options options;
} request;

/* "loss" or "loss:image,codes.weight" */
static bool read_gradient(request *r, const char *text) {
    if (!text) return true;
    const char *colon = strchr(text, ':');
    r->of = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
    return r->of && cli_names_split(&r->wrt, colon ? colon + 1 : "");
}

static void print_note(void *data, const char *text) {
    (void)data;
    fprintf(stderr, "simgraph: note: %s\n", text);
}

static sg_status prepare(request *r, const cli_args *args, sg_error *error) {
    const char *fetch = cli_text(args, "fetch"), *mode = cli_text(args, "mode"),
               *type = cli_text(args, "dtype");
    if (!cli_names_split(&r->fetch, fetch ? fetch : "") || !read_gradient(r, cli_text(args, "grad")))
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    r->options = (sg_evaluate_options){
        .size = sizeof r->options,
        .batch = cli_int(args, "batch", 0),
        .training = mode && strcmp(mode, "train") == 0,
        .float_type = type && strcmp(type, "f64") == 0 ? SG_F64 : SG_F32,
        .round_products = type && strcmp(type, "bf16") == 0,
        .seed = (uint64_t)cli_int(args, "seed", 0),
        .init = cli_text(args, "init"),
        .feeds = &r->feeds,
        .fetch = r->fetch.name,
        .fetch_count = r->fetch.count,
        .gradient_of = r->of,
        .with_respect_to = r->wrt.name,
        .with_respect_to_count = r->wrt.count,
        .no_group = cli_flag(args, "no-group"),
        .no_recompute = cli_flag(args, "no-recompute"),
        .note = print_note,
    };
    return load_feeds(&r->feeds, args, error);
}

static int evaluate(const cli_args *args, const cli_document *d, request *r) {
    sg_error error;
    sg_context *context = NULL;
    sg_context_options options = cli_engine(args);
    sg_status status = prepare(r, args, &error);
    if (status == SG_OK) status = sg_context_create(&context, &options, &error);
    size_t wrong = sg_diagnostics_errors(d->messages);
    if (status == SG_OK)
        cli_check_product(args, context, r->options.round_products ? SG_BF16 : r->options.float_type);
    if (status == SG_OK)
        status = sg_document_evaluate(&r->results, context, d->document, &r->options, d->messages, &error);
    sg_context_destroy(context);
    cli_document_report(d, SG_OK);
    const char *path = cli_text(args, "out");
    if (status == SG_OK && path) status = sg_arrays_save(&r->results, path, &error);
    if (status != SG_OK)
        return sg_diagnostics_errors(d->messages) > wrong ? (int)status : cli_fail_with(&error);
    if (cli_flag(args, "json")) return cli_arrays_json(&r->results);
    if (!path) cli_arrays_table(&r->results);
    return SG_OK;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    request r = {{0}};
    code = evaluate(args, &d, &r);
    cli_names_finish(&r.fetch);
    cli_names_finish(&r.wrt);
    free(r.of);
    sg_arrays_finish(&r.feeds);
    sg_arrays_finish(&r.results);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "feed",
     .letter = 'f',
     .type = CLI_TEXTS,
     .value = "NAME=FILE",
     .doc = "an array for an input, a weight or any other value, from FILE.npy,\n"
            "FILE.npz:KEY or FILE.safetensors:KEY; FILE alone feeds all arrays\n"
            "of the file under their own names; may be given several times"},
    {.name = "fetch",
     .type = CLI_TEXT,
     .value = "A,B,...",
     .doc = "what to compute; without it, the nodes that no other node reads"},
    {.name = "grad",
     .type = CLI_TEXT,
     .value = "OF[:A,...]",
     .doc =
         "the gradient of OF (of its sum, where it is several numbers) with\nrespect to A, ..., as grad/A; "
         "without names, to every weight\nand every float input"},
    {.name = "init",
     .type = CLI_TEXT,
     .value = "PATH",
     .doc = "weights from a file or a run directory; without it they are\ninitialised by the seed"},
    CLI_OUT("FILE",
            "write the arrays to FILE.npz, FILE.safetensors or (one) FILE.npy;\nwithout it, print what they "
            "look like"),
    {.name = "batch",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "samples; without it, as many as the feeds hold, else 1"},
    {.name = "dtype",
     .type = CLI_TEXT,
     .value = "TYPE",
     .one_of = "f32 bf16 f64",
     .doc = "what float means: f32 (the default) or f64; bf16: f32, and\nproducts take operands rounded to "
            "bf16"},
    {.name = "mode",
     .type = CLI_TEXT,
     .value = "MODE",
     .one_of = "eval train",
     .doc = "eval (the default), or train: dropout and the like are active"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_MAX,
     .doc = "of initial weights and random masks (default 0)"},
    CLI_SET,
    CLI_ENGINE,
    {.name = "no-group", .doc = "run node by node: the same bits, slower"},
    {.name = "no-recompute",
     .doc = "keep every value that the backward pass reads: more memory, the same bits\n"
            "(with products in bf16 nearly so)"},
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_eval = {
    .name = "eval",
    .doc = "compute named values and gradients from named arrays",
    .examples =
        "simgraph eval graphs/simmim.yaml --feed image=x.npy --init runs/simmim --fetch recon -o recon.npy\n"
        "simgraph eval graphs/simmim.yaml --feed image=x.npy --fetch recon,loss --grad loss -o out.npz",
    .usage = "GRAPH [options]",
    .more = "No data and no training section is needed.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to evaluate",
    .options = options,
    .run = run,
};
