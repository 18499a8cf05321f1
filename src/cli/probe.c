/* simgraph probe: what features tell of labels, by a linear classifier and by nearest neighbours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "json.h"
#include "path.h"
#include "simgraph/arrays.h"
#include "verbs.h"

enum { USUAL_NEIGHBOURS = 20, MOST_CLASSES = 100000, HELD_OUT = 5 };

/* Features with labels. */
typedef struct set {
    sg_tensor features, labels;
    char **classes; /* names; NULL: there are none */
    int class_count;
} set;

static void finish(set *s) {
    sg_tensor_finish(&s->features);
    sg_tensor_finish(&s->labels);
    for (int i = 0; i < s->class_count; i++) free(s->classes[i]);
    free(s->classes);
    *s = (set){.class_count = 0};
}

static int64_t rows_of(const set *s) {
    return s->features.shape.dim[0];
}

/* ---- reading ---- */

/* Names of classes, as simgraph features writes them: a row of bytes each, filled up with zeros. */
static sg_status load_classes(set *s, const sg_tensor *names, sg_error *error) {
    if (!names || names->type != SG_U8 || names->shape.rank != 2) return SG_OK;
    size_t count = (size_t)names->shape.dim[0], width = (size_t)names->shape.dim[1];
    s->classes = calloc(count + 1, sizeof *s->classes);
    for (size_t i = 0; s->classes && i < count; i++) {
        s->classes[i] = strndup((const char *)names->data + i * width, width);
        if (!s->classes[i]) break;
        s->class_count++;
    }
    return s->classes && (size_t)s->class_count == count ? SG_OK
                                                         : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

static sg_status load_file(set *s, const char *path, sg_error *error) {
    sg_arrays arrays = {0};
    sg_status status = sg_arrays_load(&arrays, path, error);
    if (status != SG_OK) return status;
    const sg_tensor *features = sg_arrays_find(&arrays, "features"),
                    *labels = sg_arrays_find(&arrays, "labels");
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (!features || !labels)
        status = sg_fail(error, SG_BAD_DATA,
                         "`%s` has no array `%s`, as simgraph features writes it where images have "
                         "labels",
                         path, features ? "labels" : "features");
    else if (features->shape.rank != 2 || labels->shape.rank != 1 ||
             labels->shape.dim[0] != features->shape.dim[0] || !sg_tensor_elements(features) ||
             sg_type_is_float(labels->type))
        status =
            sg_fail(error, SG_BAD_DATA,
                    "`%s` has features %s and labels %s %s, and not [images, size] and as many whole numbers",
                    path, sg_shape_text(&features->shape, 0, a), sg_type_name(labels->type),
                    sg_shape_text(&labels->shape, 0, b));
    if (status == SG_OK) status = sg_tensor_init(&s->features, SG_F32, features->shape, error);
    if (status == SG_OK) status = sg_tensor_copy(&s->features, features, error);
    if (status == SG_OK) status = sg_tensor_init(&s->labels, SG_I32, labels->shape, error);
    if (status == SG_OK) status = sg_tensor_copy(&s->labels, labels, error);
    if (status == SG_OK) status = load_classes(s, sg_arrays_find(&arrays, "classes"), error);
    sg_arrays_finish(&arrays);
    return status;
}

static sg_status keep_classes(set *s, const sg_use_info *info, sg_error *error) {
    s->classes = calloc((size_t)info->class_count + 1, sizeof *s->classes);
    for (int i = 0; s->classes && i < info->class_count; i++) {
        s->classes[i] = strdup(info->classes[i]);
        if (!s->classes[i]) break;
        s->class_count++;
    }
    return s->class_count == info->class_count && s->classes
               ? SG_OK
               : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* Of images in directories of classes, one beside these. */
static sg_status complain_unlabelled(const sg_use *use, const char *directory, const char *data,
                                     sg_error *error) {
    const char *outside = NULL, *path;
    int64_t inside = 0, count = directory ? sg_use_about(use)->samples : 0;
    for (int64_t i = 0; i < count && (path = sg_use_path(use, i)); i++) {
        const char *below = path + strlen(directory);
        below += strspn(below, "/");
        if (strchr(below, '/'))
            inside++;
        else
            outside = below;
    }
    if (!directory)
        return sg_fail(
            error, SG_BAD_DATA,
            "the data `%s` has no labels: its source has no column label of whole numbers, one a sample",
            data);
    if (inside && outside)
        return sg_fail(error, SG_BAD_DATA,
                       "`%s` has no labels: `%s` lies in it, beside the directories of classes", directory,
                       outside);
    return sg_fail(error, SG_BAD_DATA, "`%s` has no labels: images must lie in a directory for each class",
                   directory);
}

/* Of a directory (NULL: of the entry of the data that `option` names, or else of the `usual` one); `tell`: of
 * which weights. Returns the exit code. */
static int compute(set *s, const cli_args *args, const char *directory, const char *option, const char *usual,
                   bool tell) {
    sg_error error;
    cli_use u;
    cli_features f;
    bool held = strcmp(option, "test") == 0;
    const char *pool = cli_text(args, "pool"),
               *data = cli_given(args, option) ? cli_text(args, option) : usual;
    sg_use_options o = {.features = true,
                        .node = cli_text(args, "node"),
                        .pool = !pool || strcmp(pool, "mean") == 0 ? SG_POOL_MEAN
                                : strcmp(pool, "max") == 0         ? SG_POOL_MAX
                                                                   : SG_POOL_CLASS,
                        .files = directory ? &directory : NULL,
                        .file_count = directory ? 1 : 0,
                        .data = directory ? NULL : data,
                        .next_data = held && !directory ? cli_text(args, "data") : NULL,
                        .other_data = cli_given(args, option) ? NULL
                                      : held                  ? "--test NAME"
                                                              : "--data NAME"};
    int code = cli_use_open(&u, args, &o);
    if (code != SG_OK) return code;
    if (tell) cli_use_tell(&u, &o);
    sg_status status = cli_gather(&f, &u, NULL, NULL, &error);
    if (status == SG_OK && !f.labelled) status = complain_unlabelled(u.use, directory, data, &error);
    if (status == SG_OK) status = keep_classes(s, sg_use_about(u.use), &error);
    if (status == SG_OK) {
        s->features = f.features;
        s->labels = f.labels;
        f.features = f.labels = (sg_tensor){.data = NULL};
    }
    cli_features_finish(&f);
    cli_use_finish(&u);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

/* Every fifth sample goes to the other set. */
static sg_status divide(set *all, set *out, sg_error *error) {
    int64_t n = rows_of(all), size = all->features.shape.dim[1], held = n / HELD_OUT, kept = 0, moved = 0;
    if (!held)
        return sg_fail(error, SG_BAD_DATA, "every fifth image is held out, and there %s only %lld",
                       n == 1 ? "is" : "are", (long long)n);
    sg_status status = sg_tensor_init(&out->features, SG_F32, SG_SHAPE(held, size), error);
    if (status == SG_OK) status = sg_tensor_init(&out->labels, SG_I32, SG_SHAPE(held), error);
    for (int64_t i = 0; status == SG_OK && i < n; i++) {
        set *to = i % HELD_OUT == HELD_OUT - 1 ? out : all;
        int64_t at = to == out ? moved++ : kept++;
        memmove((float *)to->features.data + at * size, (float *)all->features.data + i * size,
                (size_t)size * sizeof(float));
        ((int32_t *)to->labels.data)[at] = ((int32_t *)all->labels.data)[i];
    }
    all->features.shape.dim[0] = all->labels.shape.dim[0] = kept;
    return status;
}

/* ---- checking ---- */

static sg_status check(const set *s, int *classes, sg_error *error) {
    const float *x = s->features.data;
    const int32_t *label = s->labels.data;
    for (int64_t i = 0; i < sg_tensor_elements(&s->features); i++)
        if (!isfinite(x[i]))
            return sg_fail(error, SG_BAD_DATA, "a feature is %g, and no number to compare", (double)x[i]);
    for (int64_t i = 0; i < rows_of(s); i++) {
        if (label[i] < 0 || label[i] >= MOST_CLASSES)
            return sg_fail(error, SG_BAD_DATA, "a label is %d, but must lie between 0 and %d", label[i],
                           MOST_CLASSES - 1);
        if (label[i] >= *classes) *classes = label[i] + 1;
    }
    return SG_OK;
}

/* There are two at least. */
static sg_status check_kinds(const set *train, bool limited, sg_error *error) {
    const int32_t *label = train->labels.data;
    for (int64_t i = 1; i < rows_of(train); i++)
        if (label[i] != label[0]) return SG_OK;
    return sg_fail(error, SG_BAD_DATA,
                   "all images to learn from are of one class, so there is nothing to tell apart%s",
                   limited ? ": --limit takes the first ones" : "");
}

static sg_status compare(const set *a, const set *b, sg_error *error) {
    bool same = !a->class_count || !b->class_count || a->class_count == b->class_count;
    for (int i = 0; same && i < a->class_count && i < b->class_count; i++)
        same = strcmp(a->classes[i], b->classes[i]) == 0;
    if (!same)
        return sg_fail(error, SG_BAD_DATA,
                       "the classes of the two are not the same: their labels cannot be compared");
    if (a->features.shape.dim[1] == b->features.shape.dim[1]) return SG_OK;
    return sg_fail(error, SG_BAD_DATA, "the features of the two files have %lld and %lld numbers",
                   (long long)a->features.shape.dim[1], (long long)b->features.shape.dim[1]);
}

/* ---- the verb ---- */

static int print(const cli_args *args, const set *train, const set *test, int classes,
                 const sg_linear_probe *linear, int64_t k, double neighbours) {
    char a[CLI_NUMBER], b[CLI_NUMBER];
    if (cli_flag(args, "json")) {
        json_t *all = json_pack("{s:I, s:I, s:i, s:I}", "train", (json_int_t)rows_of(train), "test",
                                (json_int_t)rows_of(test), "classes", classes, "k", (json_int_t)k);
        json_object_set_new(all, "linear_train", cli_json_number(linear->train));
        json_object_set_new(all, "linear_test", cli_json_number(linear->test));
        json_object_set_new(all, "linear_loss", cli_json_number(linear->loss));
        json_object_set_new(all, "linear_steps", json_integer(linear->steps));
        json_object_set_new(all, "neighbours_test", cli_json_number(neighbours));
        return cli_json_print(all);
    }
    printf("%s image%s to learn from, %s to tell, %d class%s\n\n", cli_thousands(rows_of(train), a),
           sg_plural(rows_of(train)), cli_thousands(rows_of(test), b), classes, classes == 1 ? "" : "es");
    printf("told right        train  held out\n");
    printf("linear          %7.4f   %7.4f\n", linear->train, linear->test);
    printf("%3lld neighbour%-12s %7.4f\n", (long long)k, sg_plural(k), neighbours);
    return SG_OK;
}

static int measure(const cli_args *args, set *train, set *test, double penalty, double temperature) {
    sg_error error;
    int classes = 0;
    double neighbours = 0;
    int64_t k = cli_int(args, "neighbours", USUAL_NEIGHBOURS);
    sg_linear_probe linear;
    sg_context *context = NULL;
    sg_context_options engine = cli_engine(args);
    sg_status status = test->features.data ? SG_OK : divide(train, test, &error);
    if (status == SG_OK) status = check(train, &classes, &error);
    if (status == SG_OK) status = check(test, &classes, &error);
    if (status == SG_OK) status = compare(train, test, &error);
    if (status == SG_OK) status = check_kinds(train, cli_given(args, "limit"), &error);
    if (status == SG_OK) status = sg_context_create(&context, &engine, &error);
    if (status == SG_OK)
        status = sg_probe_linear(&linear, context, &train->features, train->labels.data, &test->features,
                                 test->labels.data, classes, penalty, &error);
    if (status == SG_OK)
        status = sg_probe_neighbours(&neighbours, context, &train->features, train->labels.data,
                                     &test->features, test->labels.data, classes, k, temperature, &error);
    sg_context_destroy(context);
    if (k > rows_of(train)) k = rows_of(train);
    return status == SG_OK ? print(args, train, test, classes, &linear, k, neighbours)
                           : cli_fail_with(&error);
}

static int read_sets(const cli_args *args, set *train, set *test) {
    sg_error error;
    const char *data = cli_text(args, "data"), *held = cli_text(args, "test");
    if (cli_holds_arrays(args->arg[0])) {
        if (data || held)
            return cli_usage(args->verb, "--data and --test are of runs, not of files of features");
        if (args->count > 2)
            return cli_usage(args->verb, "one file to learn from and one to tell are all it takes");
        sg_status status = load_file(train, args->arg[0], &error);
        if (status == SG_OK && args->count > 1) status = load_file(test, args->arg[1], &error);
        return status == SG_OK ? SG_OK : cli_fail_with(&error);
    }
    if (args->count > 1 && (data || held))
        return cli_usage(args->verb, "--data and --test take the place of directories: give one of them");
    const char *first = args->count > 1 ? args->arg[1] : NULL,
               *second = args->count > 2 ? args->arg[2] : NULL;
    /* What is told comes first: it is the smaller, so that what is wrong with it shows early. */
    bool both = !first || second;
    int code = both ? compute(test, args, second, "test", "test", true) : SG_OK;
    return code == SG_OK ? compute(train, args, first, "data", "train", !both) : code;
}

static int run(const cli_args *args) {
    double penalty = 1e-3, temperature = 0.07;
    if (cli_given(args, "penalty") && !cli_number(args, "penalty", 0, 1e6, &penalty)) return SG_BAD_USAGE;
    if (cli_given(args, "temperature") && !cli_number(args, "temperature", 1e-3, 1e6, &temperature))
        return SG_BAD_USAGE;
    set train = {.class_count = 0}, test = {.class_count = 0};
    int code = read_sets(args, &train, &test);
    if (code == SG_OK) code = measure(args, &train, &test, penalty, temperature);
    finish(&train);
    finish(&test);
    return code;
}

static const cli_option options[] = {
    {.name = "test",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "the entry of the section data to tell (default test); --data says which to\nlearn from (default "
            "train)"},
    {.name = "neighbours",
     .letter = 'k',
     .type = CLI_INT,
     .value = "K",
     .min = 1,
     .max = 100000,
     .doc = "how many vote (default 20), each with weight exp(cosine / temperature)"},
    {.name = "temperature", .type = CLI_TEXT, .value = "T", .doc = "of these weights (default 0.07)"},
    {.name = "penalty",
     .type = CLI_TEXT,
     .value = "P",
     .doc = "of the linear classifier: half of it times the squares of the weights is added to\nthe mean "
            "cross-entropy (default 0.001)"},
    {.name = "node",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "the features; without it, what the encoder gives"},
    {.name = "pool",
     .type = CLI_TEXT,
     .value = "HOW",
     .one_of = "mean max cls",
     .doc = "how tokens or places become one row, as in simgraph features (default mean)"},
    CLI_USE_OPTIONS,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_probe = {
    .name = "probe",
    .doc = "tell how much features say of labels: a linear classifier, nearest neighbours",
    .examples = "simgraph probe runs/simmim\n"
                "simgraph probe runs/simmim photos/train photos/val\n"
                "simgraph probe features.npz test.npz -k 5",
    .usage = "RUN [TRAIN [TEST]] [options]",
    .more =
        "RUN is a run directory, or a graph file with --init. TRAIN and TEST are directories with one "
        "directory\n"
        "of images for each class; without them the graph's own data, train and test, is taken. In place of\n"
        "a run stand files that simgraph features wrote. Without TEST every fifth image is held out.\n"
        "The encoder stays as it is. Features of the linear classifier are moved and scaled to mean 0 and\n"
        "deviation 1. The same features give the same numbers, whatever the threads.",
    .min_args = 1,
    .max_args = 3,
    .missing = "give a run directory, or a file of features",
    .options = options,
    .run = run,
};
