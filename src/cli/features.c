/* simgraph features: what a trained encoder makes of images, as arrays or as a picture. */
#include <stdlib.h>
#include <string.h>

#include "features_picture.h"
#include "path.h"
#include "simgraph/file.h"
#include "verbs.h"

typedef struct job {
    const cli_args *args;
    cli_use u;
    cli_features f;
    const char *out, *picture;
    cli_principal principal; /* with picture */
} job;

enum { PICTURED = 256 };

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

static sg_status add_components(const job *j, sg_arrays *arrays, sg_error *error) {
    int64_t size = j->principal.places.shape.dim[2];
    sg_tensor mean = sg_tensor_view(SG_F64, SG_SHAPE(size), j->principal.mean),
              component = sg_tensor_view(SG_F64, SG_SHAPE(3, size), j->principal.component);
    sg_status status = sg_arrays_add_view(arrays, "mean", &mean, error);
    return status == SG_OK ? sg_arrays_add_view(arrays, "components", &component, error) : status;
}

static sg_status save(const job *j, sg_error *error) {
    sg_arrays arrays = {0};
    sg_status status = sg_arrays_add_view(&arrays, "features", &j->f.features, error);
    bool one = cli_has_ending(j->out, ".npy");
    if (status == SG_OK && j->f.labelled && !one)
        status = sg_arrays_add_view(&arrays, "labels", &j->f.labels, error);
    if (status == SG_OK && !one) status = add_texts(j, &arrays, error);
    if (status == SG_OK && !one && j->picture) status = add_components(j, &arrays, error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, j->out, error);
    sg_arrays_finish(&arrays);
    return status;
}

static void print_arrays(const job *j) {
    char count[CLI_NUMBER], shape[SG_SHAPE_TEXT];
    const sg_use_info *info = sg_use_about(j->u.use);
    printf("%s: %s image%s, features %s", j->out, cli_thousands(j->f.count, count), sg_plural(j->f.count),
           sg_shape_text(&j->f.features.shape, 0, shape));
    if (info->class_count)
        printf(", labels of %d class%s", info->class_count, info->class_count == 1 ? "" : "es");
    else if (j->f.labelled)
        printf(", labels");
    puts("");
}

static void print_result(const job *j) {
    if (j->picture)
        printf("%s: the first three components have %.1f, %.1f and %.1f %% of the variance\n", j->picture,
               100 * j->principal.share[0], 100 * j->principal.share[1], 100 * j->principal.share[2]);
    if (j->out) print_arrays(j);
}

static sg_status draw(job *j, sg_error *error) {
    sg_status status = cli_principal_compute(&j->principal, j->f.count, error);
    const char **paths = calloc((size_t)j->f.count + 1, sizeof *paths);
    const char **names = calloc((size_t)j->f.count + 1, sizeof *names);
    char(*texts)[CLI_USE_NAME] = calloc((size_t)j->f.count + 1, sizeof *texts);
    if (status == SG_OK && !(paths && names && texts))
        status = sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t i = 0; status == SG_OK && i < j->f.count; i++)
        paths[i] = cli_use_name(&j->u, j->args, j->f.sample[i], texts[i]);
    if (status == SG_OK) cli_path_ends(names, paths, (size_t)j->f.count);
    if (status == SG_OK) status = cli_principal_save(&j->principal, j->u.use, names, j->picture, error);
    free(paths);
    free(names);
    free(texts);
    return status;
}

/* A picture is of places, and of not too many images. */
static sg_status check_picture(const job *j, sg_error *error) {
    const sg_use_info *info = sg_use_about(j->u.use);
    if (!info->rows)
        return sg_fail(error, SG_BAD_USAGE, "`%s` has no features of places: a picture needs tokens or a map",
                       info->value);
    if (info->samples > PICTURED)
        return sg_fail(error, SG_BAD_USAGE,
                       "%lld images are too many for one picture, which shows %d: --limit takes the "
                       "first",
                       (long long)info->samples, PICTURED);
    return SG_OK;
}

static sg_status go(job *j, sg_error *error) {
    cli_keeping keeping = {j->u.use, &j->principal};
    sg_status status = j->picture ? check_picture(j, error) : SG_OK;
    if (status == SG_OK && j->picture) status = sg_file_writable(j->picture, error);
    if (status == SG_OK && j->out) status = sg_file_writable(j->out, error);
    if (status == SG_OK)
        status = cli_gather(&j->f, &j->u, j->picture ? cli_principal_keep : NULL, &keeping, error);
    if (status == SG_OK && j->picture) status = draw(j, error);
    return status == SG_OK && j->out ? save(j, error) : status;
}

static int run(const cli_args *args) {
    sg_error error;
    char name[4096];
    static const char *const pools[] = {
        [SG_POOL_MEAN] = "mean", [SG_POOL_MAX] = "max", [SG_POOL_CLASS] = "cls", [SG_POOL_NONE] = "none"};
    job j = {.args = args, .out = cli_text(args, "out"), .picture = cli_text(args, "picture")};
    sg_use_options o = {.features = true, .node = cli_text(args, "node"), .places = j.picture != NULL};
    const char *pool = cli_text(args, "pool");
    for (int i = 0; pool && i <= SG_POOL_NONE; i++)
        if (strcmp(pool, pools[i]) == 0) o.pool = (sg_pool)i;
    if (j.picture && !j.out && o.pool != SG_POOL_NONE && pool)
        return cli_usage(args->verb, "a picture shows all places: --pool is of arrays, which -o FILE writes");
    if (j.picture && !cli_has_ending(j.picture, ".png"))
        return cli_usage(args->verb, "a picture is a PNG file: name it %s",
                         cli_rename(j.picture, ".png", name, sizeof name));
    if (!j.out && !j.picture) return cli_usage(args->verb, "say where the features go: -o features.npz");
    if (j.out && !cli_holds_arrays(j.out) && !cli_has_ending(j.out, ".npy"))
        return cli_usage(args->verb, "`%s` is no .npz, .npy or .safetensors file by its name", j.out);
    int code = cli_use_open(&j.u, args, &o);
    if (code != SG_OK) return code;
    cli_use_tell(&j.u, &o);
    if (go(&j, &error) != SG_OK)
        code = cli_fail_with(&error);
    else
        print_result(&j);
    cli_principal_finish(&j.principal);
    cli_features_finish(&j.f);
    cli_use_finish(&j.u);
    return code;
}

static const cli_option options[] = {
    CLI_OUT("FILE",
            "FILE.npz or FILE.safetensors with the arrays features, paths, and labels and\nclasses where "
            "images lie in "
            "directories of classes; FILE.npy with features alone"),
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
    {.name = "picture",
     .type = CLI_TEXT,
     .value = "FILE.png",
     .doc = "draw the features of all places: their first three principal components, common to\nall images, "
            "as red, "
            "green and blue; then -o is not needed. What it writes is the\nsame with a picture and without"},
    CLI_USE_OPTIONS,
    {.name = NULL},
};

const cli_verb cli_verb_features = {
    .name = "features",
    .doc = "write what a trained encoder makes of images",
    .examples = "simgraph features runs/simmim photos -o features.npz\n"
                "simgraph features runs/simmim --data test -o test.npz\n"
                "simgraph features runs/simmim a.png b.png --pool none -o tokens.npy\n"
                "simgraph features runs/simmim a.png b.png --picture colours.png",
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
