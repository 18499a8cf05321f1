/* The picture "reconstruction": image, what the encoder sees of it, and what the model makes of it. */
#include "simgraph/sheet.h"
#include "train/picture.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT, MEAN, STD };
enum { IMAGE, OUTPUT, MASK };

/* Channel c of a list with one number for all channels, or one each. */
static double pick(const sg_attr *list, int64_t channel) {
    return list->floats[list->n == 1 ? 0 : channel];
}

static sg_status check_numbers(const sg_attr *attr, int64_t channels, sg_error *error) {
    for (int k = MEAN; k <= STD; k++)
        if (attr[k].present && attr[k].n != 1 && attr[k].n != channels)
            return sg_fail(error, SG_BAD_GRAPH, "%s has %d number%s, but the image has %lld channel%s",
                           k == MEAN ? "mean" : "std", attr[k].n, sg_plural(attr[k].n), (long long)channels,
                           sg_plural(channels));
    if (attr[MEAN].present != attr[STD].present)
        return sg_fail(error, SG_BAD_GRAPH, "mean and std belong together: set both or none");
    return SG_OK;
}

/* Whether the samples have room on a sheet, once it is known how many there are. */
static sg_status check_size(const sg_shape *image, const sg_shape *mask, sg_error *error) {
    sg_tensor pixels = {.type = SG_F32, .shape = *image}, cells = {.type = SG_F32};
    if (image->dim[0] == SG_SYMBOLIC_BATCH) return SG_OK;
    if (mask) cells.shape = *mask;
    sg_sheet_options options = {.size = sizeof options,
                                .image = &pixels,
                                .output = &pixels,
                                .mask = mask ? &cells : NULL,
                                .rows = (int)image->dim[0]};
    return sg_sheet_check(&options, error);
}

static sg_status check(const sg_attr *attr, const sg_value_info *const in[SG_PICTURE_MAX_IN],
                       sg_error *error) {
    const sg_shape *image = &in[IMAGE]->shape, *output = &in[OUTPUT]->shape;
    const sg_shape *mask = in[MASK] ? &in[MASK]->shape : NULL;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    sg_shape_words(image, a);
    if (image->rank != 4)
        return sg_fail(error, SG_BAD_GRAPH, "image is %s, but must be [batch, channels, height, width]", a);
    if (!sg_shape_equal(image, output))
        return sg_fail(error, SG_BAD_GRAPH, "output is %s, but must be %s, as image is",
                       sg_shape_words(output, b), a);
    if (!sg_type_is_float(in[IMAGE]->type) || !sg_type_is_float(in[OUTPUT]->type))
        return sg_fail(error, SG_BAD_GRAPH, "image and output must be of a float type");
    bool fits =
        !mask || (mask->rank == 3 && mask->dim[0] == image->dim[0] && mask->dim[1] > 0 && mask->dim[2] > 0 &&
                  image->dim[2] % mask->dim[1] == 0 && image->dim[3] % mask->dim[2] == 0);
    if (!fits)
        return sg_fail(error, SG_BAD_GRAPH,
                       "mask is %s, but must be [batch, rows, columns] that divide the %lld x %lld pixels",
                       sg_shape_words(mask, b), (long long)image->dim[2], (long long)image->dim[3]);
    sg_status status = check_numbers(attr, image->dim[1], error);
    return status == SG_OK ? check_size(image, mask, error) : status;
}

static sg_status save(const sg_picture_task *task, sg_error *error) {
    const sg_tensor *image = &task->in[IMAGE];
    int64_t channels = image->shape.dim[1];
    double *numbers = malloc(((size_t)channels + 1) * 2 * sizeof *numbers);
    if (!numbers) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    double *scale = numbers, *shift = numbers + channels;
    for (int64_t c = 0; c < channels; c++) {
        bool own = task->attr[MEAN].present;
        scale[c] = own ? pick(&task->attr[STD], c) : task->scale[c];
        shift[c] = own ? pick(&task->attr[MEAN], c) : task->shift[c];
    }
    sg_sheet_options options = {
        .size = sizeof options,
        .image = image,
        .output = &task->in[OUTPUT],
        .mask = task->in[MASK].data ? &task->in[MASK] : NULL,
        .scale = scale,
        .shift = shift,
        .rows = (int)image->shape.dim[0],
    };
    sg_status status = sg_sheet_save(task->path, &options, error);
    free(numbers);
    return status;
}

const sg_picture sg_picture_reconstruction = {
    .schema = {.kind = SG_KIND_PICTURE,
               .name = "reconstruction",
               .doc = "a sheet with one row a sample: image, masked, reconstruction, pasted",
               .attrs = SG_ATTRS(
                   {.name = "count",
                    .type = SG_ATTR_INT,
                    .fallback = "8",
                    .doc = "samples: the first ones of the split",
                    .min = 1,
                    .max = 256},
                   {.name = "mean",
                    .type = SG_ATTR_FLOATS,
                    .fallback = "",
                    .doc = "pixel = value * std + mean; by default the field's `normalise` is undone"},
                   {.name = "std", .type = SG_ATTR_FLOATS, .fallback = "", .doc = "see mean"})},
    .in = {{"image", "[batch, channels, height, width]", 0},
           {"output", "the reconstruction, of the same shape", 0},
           {"mask", "[batch, rows, columns], 1 where hidden", SG_PORT_OPTIONAL}},
    .count = COUNT,
    .check = check,
    .save = save,
};
