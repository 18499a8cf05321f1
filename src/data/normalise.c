/* normalise: (pixel - mean) / std per channel. */
#include "data/steps.h"

#include <inttypes.h>

enum { MEAN, STD };

/* Channel c of a list with one number for all channels, or one for each. */
static double pick(const sg_attr *list, int64_t channel, double otherwise) {
    if (!list->present) return otherwise;
    return list->floats[list->n == 1 ? 0 : channel];
}

static sg_status check_list(const sg_attr *list, const char *name, int64_t channels, sg_error *error) {
    if (!list->present || list->n == 1 || list->n == channels) return SG_OK;
    return sg_fail(error, SG_BAD_GRAPH,
                   "%s has %d numbers: give one, or one for each of the %" PRId64 " channels", name, list->n,
                   channels);
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    int64_t channels = sg_step_channels(in);
    sg_status status = check_list(&attr[MEAN], "mean", channels, error);
    if (status == SG_OK) status = check_list(&attr[STD], "std", channels, error);
    for (int i = 0; status == SG_OK && attr[STD].present && i < attr[STD].n; i++)
        if (!(attr[STD].floats[i] > 0)) status = sg_fail(error, SG_BAD_GRAPH, "std must be greater than 0");
    *out = *in;
    return status;
}

static void apply(const sg_step_task *task) {
    int64_t channels = sg_step_channels(task->in_shape), size = sg_shape_elements(task->in_shape) / channels;
    for (int64_t c = 0; c < channels; c++) {
        float mean = (float)pick(&task->attr[MEAN], c, 0), std = (float)pick(&task->attr[STD], c, 1);
        const float *in = task->in + c * size;
        float *out = task->out + c * size;
        for (int64_t i = 0; i < size; i++) out[i] = (in[i] - mean) / std;
    }
}

static void affine(const sg_attr *attr, int64_t channel, double *scale, double *shift) {
    *scale = pick(&attr[STD], channel, 1);
    *shift = pick(&attr[MEAN], channel, 0);
}

const sg_step sg_step_normalise = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "normalise",
               .doc = "subtracts the mean and divides by the deviation; with neither, pixels stay in 0..1",
               .attrs = {[MEAN] = {.name = "mean",
                                   .type = SG_ATTR_FLOATS,
                                   .fallback = "",
                                   .doc = "of pixels in 0..1: one number, or one per channel; absent: 0"},
                         [STD] = {.name = "std",
                                  .type = SG_ATTR_FLOATS,
                                  .fallback = "",
                                  .doc = "one number, or one per channel; absent: 1"}}},
    .shape = shape,
    .apply = apply,
    .affine = affine};
