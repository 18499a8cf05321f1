/* simgraph export: the weights of a graph under the names of another program. */
#include "verbs.h"
#include "weights.h"

static void print_written(const cli_weights *w, const char *out) {
    (void)w;
    printf("%s is written\n", out);
}

static int run(const cli_args *args) {
    if (!cli_given(args, "names"))
        return cli_usage(args->verb, "give the names to write: --names official, hf, hf5, timm or a file");
    return cli_weights_run(args, false, print_written);
}

static const cli_option options[] = {
    CLI_WEIGHTS_GRAPH,
    {.name = "names",
     .letter = 'n',
     .type = CLI_TEXT,
     .value = "NAMES",
     .doc = "the names to write: official (SimMIM, Swin, BEiT, MAE), hf\n(files of Hugging Face), hf5 "
            "(state_dict of "
            "its version 5), timm,\nor a file NAMES.yaml"},
    {.name = "out",
     .letter = 'o',
     .type = CLI_TEXT,
     .value = "FILE",
     .doc = "write FILE.safetensors; without it, only say what it would hold"},
    {.name = "bare",
     .doc = "without the prefix of the encoder (encoder., vit., ...): for\nmodels of the other program that "
            "are an "
            "encoder alone, or with a\nhead beside it"},
    {.name = "ignore",
     .type = CLI_TEXTS,
     .value = "PATTERN",
     .doc = "weights of the graph to leave out; may be given several times"},
    CLI_WEIGHTS_ALL,
    CLI_SET,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_export = {
    .name = "export",
    .doc = "write weights under the names of another program",
    .examples =
        "simgraph export runs/mae -g runs/mae/graph.yaml --names hf -o out.safetensors\n"
        "simgraph export model.safetensors -g graphs/mae.yaml --names official --bare -o out.safetensors",
    .usage = "MODEL -g GRAPH --names NAMES [options]",
    .more = "MODEL is a run directory or a file of weights. The other program makes by itself what is no\n"
            "weight, such as indices. docs/weights.md shows how it loads the file.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a run directory or a file of weights",
    .options = options,
    .run = run,
};
