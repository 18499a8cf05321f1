/* simgraph data show: samples as the network gets them. */
#include "data.h"

#include <inttypes.h>
#include <stdlib.h>

#include "path.h"
#include "simgraph/arrays.h"
#include "simgraph/sheet.h"

enum { USUAL_SAMPLES = 8, USUAL_EPOCHS = 6, CAPTION = 32, NAME = 96 };

static sg_status save_picture(const sg_samples *s, const char *path, sg_error *error) {
    size_t count = (size_t)s->epochs + 1;
    sg_sample_column *columns = calloc(count, sizeof *columns);
    char(*captions)[CAPTION] = calloc(count, sizeof *captions);
    const char **names = calloc((size_t)s->count + 1, sizeof *names);
    char(*texts)[NAME] = calloc((size_t)s->count + 1, sizeof *texts);
    sg_status status =
        columns && captions && names && texts ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK) columns[0] = (sg_sample_column){.caption = "original", .image = &s->original};
    for (int64_t e = 0; status == SG_OK && e < s->epochs; e++) {
        snprintf(captions[e], CAPTION, "epoch %" PRId64, e + 1);
        columns[e + 1] = (sg_sample_column){.caption = s->epochs == 1 ? s->field : captions[e],
                                            .image = &s->drawn,
                                            .begin = e * s->count,
                                            .scale = s->scale,
                                            .shift = s->shift};
    }
    for (int64_t i = 0; status == SG_OK && i < s->count; i++) {
        snprintf(texts[i], NAME, "%.64s %" PRId64, s->split, s->index[i]);
        names[i] = texts[i];
    }
    sg_sample_sheet_options options = {.size = sizeof options,
                                       .columns = columns,
                                       .column_count = (int)count,
                                       .rows = (int)s->count,
                                       .names = names};
    if (status == SG_OK) status = sg_sample_sheet_save(path, &options, error);
    free(columns);
    free(captions);
    free(names);
    free(texts);
    return status;
}

/* `original`, and one array `epoch1`, ... a round: as the network gets them. */
static sg_status save_numbers(const sg_samples *s, const char *path, sg_error *error) {
    sg_arrays arrays = {0};
    sg_status status = sg_arrays_add_view(&arrays, "original", &s->original, error);
    for (int64_t e = 0; status == SG_OK && e < s->epochs; e++) {
        char name[CAPTION];
        sg_tensor part = s->drawn;
        snprintf(name, sizeof name, "epoch%" PRId64, e + 1);
        part.owned = NULL;
        part.shape.dim[0] = s->count;
        part.data = (float *)s->drawn.data + e * s->count * s->drawn.stride[0];
        status = sg_arrays_add_view(&arrays, name, &part, error);
    }
    if (status == SG_OK) status = sg_arrays_save(&arrays, path, error);
    sg_arrays_finish(&arrays);
    return status;
}

static void note_skipped(const char *problem) {
    fprintf(stderr, "simgraph: note: skipped, with the next one in its place: %s\n", problem);
}

int cli_data_show(const cli_args *args, const sg_train_config *config, const volatile sig_atomic_t *stop) {
    sg_error error;
    const char *out = cli_text(args, "out");
    (void)stop;
    if (!out) return cli_usage(args->verb, "say where to: -o samples.png");
    bool numbers = cli_holds_arrays(out);
    if (!numbers && !cli_has_ending(out, ".png"))
        return cli_usage(args->verb,
                         "samples are shown in a .png, or written to a .npz or .safetensors: not `%s`", out);
    sg_samples samples = {0};
    sg_samples_options options = {
        .size = sizeof options,
        .split = cli_text(args, "split"),
        .field = cli_text(args, "field"),
        .count = cli_int(args, "samples", USUAL_SAMPLES),
        .epochs = cli_int(args, "epochs", USUAL_EPOCHS),
        .seeded = cli_given(args, "seed"),
        .seed = (uint64_t)cli_int(args, "seed", 0),
        .problem = note_skipped,
    };
    sg_status status = sg_data_samples(&samples, config, &options, &error);
    if (status == SG_OK) status = (numbers ? save_numbers : save_picture)(&samples, out, &error);
    if (status == SG_OK) {
        printf("%s: %" PRId64 " sample%s of `%s`, field `%s`", out, samples.count, sg_plural(samples.count),
               samples.split, samples.field);
        if (samples.epochs > 1) printf(", in %" PRId64 " epochs", samples.epochs);
        puts(samples.epochs == 1 && options.epochs > 1 ? "; none of its steps draws at random" : "");
    }
    sg_samples_finish(&samples);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}
