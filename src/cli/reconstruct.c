/* simgraph reconstruct: images, what a trained model is shown of them, and what it makes of it. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "path.h"
#include "screen_line.h"
#include "simgraph/file.h"
#include "simgraph/sheet.h"
#include "use.h"
#include "verbs.h"

enum { SHEET_ROWS = 256 };

typedef struct job {
    const cli_args *args;
    cli_use u;
    const char *out;
    bool separate, arrays;
    sg_tensor image, output, mask; /* of all images, but where they are written one by one */
    const char **paths, **names;   /* of these images; NULL: they are no files */
    int64_t count;
} job;

/* ---- the table ---- */

static float *element(const sg_tensor *t, int64_t b, int64_t i) {
    return (float *)t->data + b * (sg_tensor_elements(t) / t->shape.dim[0]) + i;
}

static bool is_hidden(const sg_tensor *mask, const sg_shape *image, int64_t b, int64_t pixel) {
    if (!mask->data) return true;
    int64_t h = image->dim[2], w = image->dim[3], rows = mask->shape.dim[1], columns = mask->shape.dim[2];
    int64_t y = pixel / w % h, x = pixel % w;
    return *element(mask, b, y / (h / rows) * columns + x / (w / columns)) != 0;
}

/* Mean absolute difference of pixels in 0..1, on what is hidden. */
static double error_of(const job *j, const sg_use_batch *batch, int64_t b) {
    const sg_shape *s = &batch->image.shape;
    const double *scale = sg_use_about(j->u.use)->scale;
    int64_t plane = s->dim[2] * s->dim[3], count = 0;
    double sum = 0;
    for (int64_t i = 0; i < s->dim[1] * plane; i++) {
        if (!is_hidden(&batch->mask, s, b, i % plane)) continue;
        sum += fabs(*element(&batch->image, b, i) - *element(&batch->result, b, i)) * fabs(scale[i / plane]);
        count++;
    }
    return sum / (double)count;
}

static const char *name_of(const job *j, int64_t sample, char buffer[CLI_USE_NAME]) {
    return cli_use_name(&j->u, j->args, sample, buffer);
}

static void print_rows(const job *j, const sg_use_batch *batch) {
    char buffer[CLI_USE_NAME], shown[PATH_MAX];
    for (int64_t b = 0; b < batch->count; b++) {
        int64_t all = batch->mask.data ? batch->mask.shape.dim[1] * batch->mask.shape.dim[2] : 0, hidden = 0;
        for (int64_t i = 0; i < all; i++) hidden += *element(&batch->mask, b, i) != 0;
        double l1 = error_of(j, batch, b);
        cli_cell(shown, sizeof shown, name_of(j, batch->sample[b], buffer), PATH_MAX);
        printf("%s: ", shown);
        if (all) printf("%lld of %lld cells hidden, ", (long long)hidden, (long long)all);
        if (isnan(l1))
            puts(hidden || !all ? "L1 is no number" : "so there is no error");
        else
            printf("L1 %.5f\n", l1);
    }
}

/* ---- single files ---- */

static bool is_covered(const sg_use_batch *batch, int64_t b, int64_t pixel) {
    return batch->mask.data && is_hidden(&batch->mask, &batch->image.shape, b, pixel);
}

static sg_status save_one(const job *j, const sg_use_batch *batch, int64_t b, int kind, sg_error *error) {
    static const char *const kinds[] = {"image", "masked", "reconstruction", "pasted"};
    static const uint8_t cover[3] = SG_SHEET_HIDDEN;
    enum { IMAGE, MASKED, RECONSTRUCTION, PASTED };
    const sg_use_info *info = sg_use_about(j->u.use);
    const sg_shape *s = &batch->image.shape;
    int64_t plane = s->dim[2] * s->dim[3];
    int channels = s->dim[1] >= 3 ? 3 : 1, shown = kind == MASKED ? 3 : channels;
    char path[4096], buffer[CLI_USE_NAME];
    sg_image picture = {0};
    sg_status status = sg_image_init(&picture, (int)s->dim[3], (int)s->dim[2], shown, error);
    for (int64_t i = 0; status == SG_OK && i < plane; i++)
        for (int c = 0; c < shown; c++) {
            bool covered = is_covered(batch, b, i);
            const sg_tensor *from =
                kind == RECONSTRUCTION || (kind == PASTED && covered) ? &batch->result : &batch->image;
            int k = channels == 3 ? c : 0;
            double v = *element(from, b, k * plane + i) * info->scale[k] + info->shift[k];
            picture.pixels[i * shown + c] = kind == MASKED && covered ? cover[c] : sg_image_level(v);
        }
    snprintf(path, sizeof path, "%s/%05lld-%.200s-%s.png", j->out, (long long)batch->sample[b],
             cli_use_base(name_of(j, batch->sample[b], buffer)), kinds[kind]);
    if (status == SG_OK) status = sg_image_save_png(&picture, path, error);
    sg_image_finish(&picture);
    return status;
}

static sg_status save_each(const job *j, const sg_use_batch *batch, sg_error *error) {
    sg_status status = SG_OK;
    for (int64_t b = 0; status == SG_OK && b < batch->count; b++)
        for (int kind = 0; status == SG_OK && kind < 4; kind++)
            if (batch->mask.data || kind % 2 == 0) status = save_one(j, batch, b, kind, error);
    return status;
}

/* ---- all in one ---- */

static sg_status keep(sg_tensor *all, const sg_tensor *part, int64_t at, int64_t room, sg_error *error) {
    sg_status status = SG_OK;
    if (!part->data) return SG_OK;
    if (!all->data) {
        sg_shape shape = part->shape;
        shape.dim[0] = room;
        status = sg_tensor_init(all, SG_F32, shape, error);
    }
    if (status == SG_OK) memcpy(element(all, at, 0), part->data, sg_tensor_bytes(part));
    return status;
}

static sg_status keep_paths(job *j, const sg_use_batch *batch, int64_t room, sg_error *error) {
    if (!sg_use_path(j->u.use, batch->sample[0])) return SG_OK;
    if (!j->names) j->names = calloc((size_t)room + 1, sizeof *j->names);
    if (!j->paths) j->paths = calloc((size_t)room + 1, sizeof *j->paths);
    if (!j->names || !j->paths) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int64_t b = 0; b < batch->count; b++)
        j->paths[j->count + b] = sg_use_path(j->u.use, batch->sample[b]);
    return SG_OK;
}

static void cut(sg_tensor *all, int64_t count) {
    if (all->data) all->shape.dim[0] = count;
}

static sg_sheet_options sheet_of(const job *j) {
    const sg_use_info *info = sg_use_about(j->u.use);
    return (sg_sheet_options){.size = sizeof(sg_sheet_options),
                              .image = &j->image,
                              .output = &j->output,
                              .mask = j->mask.data ? &j->mask : NULL,
                              .scale = info->scale,
                              .shift = info->shift,
                              .rows = (int)j->image.shape.dim[0],
                              .names = j->names,
                              .wrap = true};
}

/* Takes in the images of a batch; the first one shows whether all of them have room on a sheet. */
static sg_status keep_batch(job *j, const sg_use_batch *batch, int64_t room, sg_error *error) {
    sg_status status = keep(&j->image, &batch->image, j->count, room, error);
    if (status == SG_OK) status = keep(&j->output, &batch->result, j->count, room, error);
    if (status == SG_OK) status = keep_paths(j, batch, room, error);
    if (status == SG_OK) status = keep(&j->mask, &batch->mask, j->count, room, error);
    if (status != SG_OK || j->arrays || j->count > 0) return status;
    sg_sheet_options sheet = sheet_of(j);
    return sg_sheet_check(&sheet, error);
}

static sg_status save_all(job *j, sg_error *error) {
    cut(&j->image, j->count);
    cut(&j->output, j->count);
    cut(&j->mask, j->count);
    if (j->names && !j->arrays) cli_path_ends(j->names, j->paths, (size_t)j->count);
    sg_sheet_options sheet = sheet_of(j);
    if (!j->arrays) return sg_sheet_save(j->out, &sheet, error);
    sg_arrays arrays = {0};
    sg_status status = sg_arrays_add_view(&arrays, "image", &j->image, error);
    if (status == SG_OK) status = sg_arrays_add_view(&arrays, "reconstruction", &j->output, error);
    if (status == SG_OK && j->mask.data) status = sg_arrays_add_view(&arrays, "mask", &j->mask, error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, j->out, error);
    sg_arrays_finish(&arrays);
    return status;
}

/* Told before all images are computed. */
static sg_status can_write(const job *j, sg_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/00000.png", j->out);
    return sg_file_writable(j->separate ? path : j->out, error);
}

static sg_status go(job *j, sg_error *error) {
    int64_t room = sg_use_about(j->u.use)->samples;
    sg_use_batch batch;
    sg_status status = SG_OK;
    if (!j->separate && !j->arrays && room > SHEET_ROWS)
        return sg_fail(
            error, SG_BAD_USAGE,
            "%lld images are too many for one sheet, which holds %d: --separate writes files, --limit takes "
            "the first",
            (long long)room, SHEET_ROWS);
    if ((status = can_write(j, error)) != SG_OK) return status;
    while ((status = cli_use_next(&j->u, &batch, error)) == SG_OK && batch.count > 0) {
        status = j->separate ? save_each(j, &batch, error) : keep_batch(j, &batch, room, error);
        if (status != SG_OK) return status;
        print_rows(j, &batch);
        j->count += batch.count;
    }
    return status == SG_OK && !j->separate ? save_all(j, error) : status;
}

static int run(const cli_args *args) {
    sg_error error;
    char name[4096];
    job j = {.args = args, .out = cli_text(args, "out"), .separate = cli_flag(args, "separate")};
    sg_use_options o = {.node = cli_text(args, "node"),
                        .mask = cli_text(args, "mask"),
                        .has_ratio = cli_given(args, "mask-ratio"),
                        .seed = (uint64_t)cli_int(args, "seed", 0)};
    if (!j.out) j.out = j.separate ? "reconstruction" : "reconstruction.png";
    j.arrays = cli_holds_arrays(j.out);
    if (!j.separate && !j.arrays && !cli_has_ending(j.out, ".png"))
        return cli_usage(
            args->verb,
            "a sheet is a PNG file, and numbers are .npz or .safetensors: name it %s; --separate "
            "takes a directory",
            cli_rename(j.out, ".png", name, sizeof name));
    if (o.mask && o.has_ratio)
        return cli_usage(args->verb, "--mask says what is hidden: --mask-ratio cannot, too");
    if (o.has_ratio && !cli_number(args, "mask-ratio", 0, 1, &o.ratio)) return SG_BAD_USAGE;
    int code = cli_use_open(&j.u, args, &o);
    if (code != SG_OK) return code;
    cli_use_tell(&j.u, &o);
    if (j.separate) mkdir(j.out, 0777); /* where it cannot be made, what follows says so */
    sg_status status = go(&j, &error);
    if (status != SG_OK)
        code = cli_fail_with(&error);
    else
        printf("%s\n", j.out);
    free(j.paths);
    free(j.names);
    sg_tensor_finish(&j.image);
    sg_tensor_finish(&j.output);
    sg_tensor_finish(&j.mask);
    cli_use_finish(&j.u);
    return code;
}

static const cli_option options[] = {
    {.name = "mask-ratio",
     .type = CLI_TEXT,
     .value = "R",
     .doc = "hide this share of the cells, 0 to 1: sets `ratio` of the nodes that draw\nthe masks"},
    {.name = "mask",
     .type = CLI_TEXT,
     .value = "IMAGE",
     .doc = "hide what is white in IMAGE, which is cropped as the images are: a cell is\nhidden where more "
            "than half "
            "of it is white"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_MAX,
     .doc = "of the masks (default 0)"},
    CLI_OUT("OUT",
            "a sheet of all images (default reconstruction.png), or the numbers behind it:\nOUT.npz or "
            "OUT.safetensors with image, reconstruction and mask"),
    {.name = "separate", .doc = "four files an image, in the directory OUT (default reconstruction)"},
    {.name = "node",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "the reconstruction; without it, what the graph's picture shows, or what its loss\nholds against "
            "the image"},
    CLI_USE_OPTIONS,
    {.name = NULL},
};

const cli_verb cli_verb_reconstruct = {
    .name = "reconstruct",
    .doc = "show what a trained model makes of images of which it sees a part",
    .examples = "simgraph reconstruct runs/simmim photo.jpg drawing.png\n"
                "simgraph reconstruct runs/simmim photo.jpg --mask-ratio 0.8 --seed 3 -o much.png\n"
                "simgraph reconstruct runs/simmim photo.jpg --mask hole.png\n"
                "simgraph reconstruct runs/simmim --data test --limit 8\n"
                "simgraph reconstruct graphs/mae.yaml --init weights.safetensors photos --separate -o out",
    .usage = "RUN IMAGE... [options]",
    .more = "RUN is a run directory, or a graph file with --init. Images are files of any size, or "
            "directories of\n"
            "them; they are cropped, resized and normalised as the run's data. L1 is the mean absolute "
            "difference\n"
            "of hidden pixels, of 0 to 1.",
    .min_args = 1,
    .max_args = CLI_MAX_ARGS,
    .missing = "give a run directory and images",
    .options = options,
    .run = run,
};
