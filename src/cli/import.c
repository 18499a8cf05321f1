/* simgraph import: weights that other programs have written, under the names of a graph. */
#include <stdlib.h>

#include "verbs.h"
#include "weights.h"

/* What may be missing in the file that is written must be said again where it is read. */
static void print_fresh(const cli_args *args) {
    int count;
    const char *const *fresh = cli_texts(args, "fresh", &count);
    char *setting = NULL;
    size_t length;
    FILE *text = count ? open_memstream(&setting, &length) : NULL;
    if (!text) return;
    for (int i = 0; i < count; i++) fprintf(text, "%s%s", i ? ", " : "init.fresh=[", fresh[i]);
    putc(']', text);
    if (fclose(text) == 0) cli_put_option(stdout, "set", setting);
    free(setting);
}

/* The graph is the one that the weights were made for: with the same settings. */
static void print_next(const cli_weights *w, const char *out) {
    printf("%s is written. Next:\n  simgraph run ", out);
    cli_put_word(stdout, w->d.path);
    cli_put_options(stdout, w->args, "include");
    cli_put_options(stdout, w->args, "set");
    cli_put_option(stdout, "init", out);
    print_fresh(w->args);
    putchar('\n');
}

static int run(const cli_args *args) {
    return cli_weights_run(args, true, print_next);
}

static const cli_option options[] = {
    CLI_WEIGHTS_GRAPH(""),
    CLI_OUT("FILE", "write the weights to FILE.safetensors; without it, only say how\nthey fit"),
    {.name = "names",
     .letter = 'n',
     .type = CLI_TEXT,
     .value = "NAMES",
     .doc =
         "whose names the file has: official (SimMIM, Swin, BEiT, MAE), hf\n(files of Hugging Face), hf5 "
         "(state_dict of its version 5), timm,\nauto (whichever fit), or a file NAMES.yaml; without it, as "
         "the\ngraph's section `init` says, or else auto"},
    {.name = "fresh",
     .type = CLI_TEXTS,
     .value = "PATTERN",
     .doc =
         "weights of the graph that may be missing or have another shape:\nthey are left out of FILE; may be "
         "given several times"},
    {.name = "ignore",
     .type = CLI_TEXTS,
     .value = "PATTERN",
     .doc = "arrays of WEIGHTS that may be left over; may be given several\ntimes"},
    {.name = "resize",
     .type = CLI_TEXT,
     .value = "METHOD",
     .one_of = "bicubic geometric",
     .doc = "how tables of relative positions get another size: bicubic, or\ngeometric as in BEiT; without "
            "it, as "
            "the names say"},
    CLI_WEIGHTS_ALL,
    CLI_SET,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_import = {
    .name = "import",
    .doc = "bring published weights under the names of a graph",
    .examples =
        "simgraph import mae.safetensors -g graphs/mae.yaml -o model.safetensors\n"
        "simgraph import mae.safetensors -g graphs/mae.yaml --names hf --fresh output --ignore decoder",
    .usage = "WEIGHTS -g GRAPH [options]",
    .more = "WEIGHTS is a .safetensors file (or .npz), or a directory with a model.safetensors. Files of\n"
            "PyTorch's own (.pth) are turned into one by tools/pth_to_safetensors. Patterns are those of\n"
            "the section `init`, whose `fresh` and `ignore` count as well: docs/weights.md.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a file of weights",
    .options = options,
    .run = run,
};
