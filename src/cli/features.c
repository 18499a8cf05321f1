/* simgraph features: what a trained encoder makes of images, as arrays or as a picture. */
#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "verbs.h"

typedef struct job {
    const cli_args *args;
    cli_use u;
    cli_features f;
    const char *out;
} job;

/* ---- arrays ---- */

static sg_status add_texts(const job *j, sg_arrays *arrays, sg_error *error) {
    const sg_use_info *info = sg_use_about(j->u.use);
    sg_status status = SG_OK;
    const char **paths = calloc((size_t)j->f.count + 1, sizeof *paths);
    if (!paths) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t i = 0; i < j->f.count; i++) paths[i] = sg_use_path(j->u.use, j->f.sample[i]);
    if (paths[0]) status = sg_arrays_add_texts(arrays, "paths", paths, (size_t)j->f.count, error);
    if (status == SG_OK && info->class_count)
        status = sg_arrays_add_texts(arrays, "classes", info->classes, (size_t)info->class_count, error);
    free(paths);
    return status;
}

static sg_status save(const job *j, sg_error *error) {
    sg_arrays arrays = {0};
    sg_status status = sg_arrays_add_view(&arrays, "features", &j->f.features, error);
    bool one = cli_has_ending(j->out, ".npy");
    if (status == SG_OK && j->f.labelled && !one)
        status = sg_arrays_add_view(&arrays, "labels", &j->f.labels, error);
    if (status == SG_OK && !one) status = add_texts(j, &arrays, error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, j->out, error);
    sg_arrays_finish(&arrays);
    return status;
}

static void print_result(const job *j) {
    char count[CLI_NUMBER], shape[SG_SHAPE_TEXT];
    const sg_use_info *info = sg_use_about(j->u.use);
    printf("%s: %s image%s, features %s", j->out, cli_thousands(j->f.count, count),
           j->f.count == 1 ? "" : "s", sg_shape_text(&j->f.features.shape, 0, shape));
    if (info->class_count)
        printf(", labels of %d classes", info->class_count);
    else if (j->f.labelled)
        printf(", labels");
    puts("");
}

static int run(const cli_args *args) {
    sg_error error;
    static const char *const pools[] = {
        [SG_POOL_MEAN] = "mean", [SG_POOL_MAX] = "max", [SG_POOL_CLASS] = "cls", [SG_POOL_NONE] = "none"};
    job j = {.args = args, .out = cli_text(args, "out")};
    sg_use_options o = {.features = true, .node = cli_text(args, "node")};
    const char *pool = cli_text(args, "pool");
    for (int i = 0; pool && i <= SG_POOL_NONE; i++)
        if (strcmp(pool, pools[i]) == 0) o.pool = (sg_pool)i;
    if (!j.out) return cli_usage(args->verb, "say where the features go: -o features.npz");
    if (!cli_has_ending(j.out, ".npz") && !cli_has_ending(j.out, ".npy") &&
        !cli_has_ending(j.out, ".safetensors"))
        return cli_usage(args->verb, "`%s` is no .npz, .npy or .safetensors file by its name", j.out);
    int code = cli_use_open(&j.u, args, &o);
    if (code != SG_OK) return code;
    sg_status status = cli_gather(&j.f, &j.u, NULL, NULL, &error);
    if (status == SG_OK) status = save(&j, &error);
    if (status != SG_OK)
        code = cli_fail_with(&error);
    else
        print_result(&j);
    cli_features_finish(&j.f);
    cli_use_finish(&j.u);
    return code;
}

static const cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .type = CLI_TEXT,
     .value = "FILE",
     .doc = "FILE.npz or FILE.safetensors with the arrays features, paths, and labels and\nclasses where "
            "images lie in "
            "directories of classes; FILE.npy with features alone"},
    {.name = "node",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "the value; without it, what the encoder gives: the first block on the way from\nthe image whose "
            "name says "
            "so, or else the node `codes`"},
    {.name = "pool",
     .type = CLI_TEXT,
     .value = "HOW",
     .one_of = "mean max cls none",
     .doc = "how tokens, or the places of a map, become one row of an image: their mean\n(the default), the "
            "largest of "
            "each feature, the class token alone, or not at all"},
    CLI_USE_OPTIONS,
    {.name = NULL},
};

const cli_verb cli_verb_features = {
    .name = "features",
    .doc = "write what a trained encoder makes of images",
    .examples = "simgraph features runs/simmim photos -o features.npz\n"
                "simgraph features runs/simmim --data test -o test.npz\n"
                "simgraph features runs/simmim a.png b.png --pool none -o tokens.npy",
    .usage = "RUN IMAGE... [options]",
    .more =
        "RUN is a run directory, or a graph file with --init. Images are files of any size, or directories "
        "of\n"
        "them; they are cropped, resized and normalised as the run's data. Nothing is hidden: every mask "
        "that\n"
        "the value looks at is all visible. A class token is left out of mean, max and none. Images that\n"
        "cannot be read are told and left out.",
    .min_args = 1,
    .max_args = CLI_MAX_ARGS,
    .missing = "give a run directory and images",
    .options = options,
    .run = run,
};
