/* simgraph export: the weights of a graph under the names of another program, or all of it as a model of
 * ONNX. */
#include "export.h"
#include "verbs.h"
#include "weights.h"

static void print_written(const cli_weights *w, const char *out) {
    (void)w;
    printf("%s is written\n", out);
}

static int run(const cli_args *args) {
    if (cli_given(args, "onnx")) return cli_export_onnx(args);
    static const char *const onnx[] = {"fetch", "batch", "beside"};
    for (size_t i = 0; i < sizeof onnx / sizeof *onnx; i++)
        if (cli_given(args, onnx[i])) return cli_usage(args->verb, "--%s needs --onnx FILE", onnx[i]);
    if (!cli_given(args, "names"))
        return cli_usage(args->verb,
                         "give the names to write: --names official, hf, hf5, timm or a file; or a "
                         "model: --onnx FILE");
    return cli_weights_run(args, false, print_written);
}

static const cli_option options[] = {
    CLI_WEIGHTS_GRAPH("; without it, that of the run"),
    {.name = "names",
     .letter = 'n',
     .type = CLI_TEXT,
     .value = "NAMES",
     .doc = "the names to write: official (SimMIM, Swin, BEiT, MAE), hf\n(files of Hugging Face), hf5 "
            "(state_dict of "
            "its version 5), timm,\nor a file NAMES.yaml"},
    CLI_OUT("FILE", "write FILE.safetensors; without it, only say what it would hold"),
    {.name = "bare",
     .doc = "without the prefix of the encoder (encoder., vit., ...): for\nmodels of the other program that "
            "are an "
            "encoder alone, or with a\nhead beside it"},
    {.name = "ignore",
     .type = CLI_TEXTS,
     .value = "PATTERN",
     .doc = "weights of the graph to leave out; may be given several times"},
    CLI_WEIGHTS_ALL,
    {.name = "onnx",
     .type = CLI_TEXT,
     .value = "FILE",
     .doc = "write a model of ONNX, with nodes and weights, in place of\nweights alone"},
    {.name = "fetch",
     .type = CLI_TEXT,
     .value = "A,B,...",
     .doc = "with --onnx: its outputs; without it, recon, codes and scores,\nas far as the graph has them"},
    {.name = "batch",
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "with --onnx: for N samples alone; without it, for any number"},
    {.name = "beside", .doc = "with --onnx: weights go to FILE.data, as they do in any case\nabove 2 GiB"},
    CLI_SET,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_export = {
    .name = "export",
    .doc = "write weights for another program, or a model of ONNX",
    .examples =
        "simgraph export runs/mae --names hf -o out.safetensors\n"
        "simgraph export model.safetensors -g graphs/mae.yaml --names official --bare -o out.safetensors\n"
        "simgraph export runs/simmim --onnx simmim.onnx --fetch recon,codes",
    .usage = "MODEL [-g GRAPH] --names NAMES [options]\n       simgraph export MODEL [-g GRAPH] --onnx FILE "
             "[options]",
    .more =
        "MODEL is a run directory, or a file of weights, which needs -g. The other program makes by\n"
        "itself what is no weight, such as indices. docs/weights.md shows how it loads the file.\n"
        "\n"
        "A model of ONNX (operator set 17) computes what `simgraph eval` does. It draws nothing: masks are\n"
        "inputs. docs/onnx.md shows how it is used.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a run directory or a file of weights",
    .options = options,
    .run = run,
};
