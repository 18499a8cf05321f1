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

static sg_status check(const sg_picture_task *task, int64_t channels, sg_error *error) {
    const sg_attr *mean = &task->attr[MEAN], *std = &task->attr[STD];
    for (int k = MEAN; k <= STD; k++)
        if (task->attr[k].present && task->attr[k].n != 1 && task->attr[k].n != channels)
            return sg_fail(error, SG_BAD_GRAPH, "%s has %d numbers, but the image has %lld channels",
                           k == MEAN ? "mean" : "std", task->attr[k].n, (long long)channels);
    if (mean->present != std->present)
        return sg_fail(error, SG_BAD_GRAPH, "mean and std belong together: set both or none");
    return SG_OK;
}

static sg_status save(const sg_picture_task *task, sg_error *error) {
    const sg_tensor *image = &task->in[IMAGE];
    if (image->shape.rank != 4)
        return sg_fail(error, SG_BAD_GRAPH, "image has %d axes, but must be [batch, channels, height, width]",
                       image->shape.rank);
    int64_t channels = image->shape.dim[1];
    sg_status status = check(task, channels, error);
    if (status != SG_OK) return status;
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
    status = sg_sheet_save(task->path, &options, error);
    free(numbers);
    return status;
}

const sg_picture sg_picture_reconstruction = {
    .schema = {.kind = SG_KIND_PICTURE,
               .name = "reconstruction",
               .doc = "a sheet with one row a sample: image, masked, reconstruction, pasted",
               .attrs = {{.name = "count",
                          .type = SG_ATTR_INT,
                          .fallback = "8",
                          .doc = "samples: the first ones of the split",
                          .min = 1,
                          .max = 256},
                         {.name = "mean",
                          .type = SG_ATTR_FLOATS,
                          .fallback = "",
                          .doc = "pixel = value * std + mean; by default the field's `normalise` is undone"},
                         {.name = "std", .type = SG_ATTR_FLOATS, .fallback = "", .doc = "see mean"}}},
    .in = {{"image", "[batch, channels, height, width]", 0},
           {"output", "the reconstruction, of the same shape", 0},
           {"mask", "[batch, rows, columns], 1 where hidden", SG_PORT_OPTIONAL}},
    .count = COUNT,
    .save = save,
};
