/* normalise: (pixel - mean) / std per channel. */
#include "data/steps.h"

#include <inttypes.h>
#include <string.h>

enum { MEAN, STD, PRESET };

/* Numbers that published models and papers use: those of torchvision's models (imagenet), of the models of
 * Inception and ViT whose pixels go from -1 to 1 (inception), of CLIP, and the mean and deviation of the
 * training images of data sets, in 0..1. */
static const struct {
    const char *name;
    int n;
    double mean[3], std[3];
} presets[] = {
    {"imagenet", 3, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
    {"inception", 1, {0.5}, {0.5}},
    {"clip", 3, {0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}},
    {"cifar10", 3, {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}},
    {"cifar100", 3, {0.5071, 0.4865, 0.4409}, {0.2673, 0.2564, 0.2762}},
    {"mnist", 1, {0.1307}, {0.3081}},
    {"fashion_mnist", 1, {0.2860}, {0.3530}},
};

/* The numbers of an attribute that was written, or of the preset. */
typedef struct numbers {
    int n; /* 0: there are none */
    const double *x;
} numbers;

static numbers numbers_of(const sg_attr *attr, int which) {
    if (!attr[PRESET].present)
        return attr[which].present ? (numbers){attr[which].n, attr[which].floats} : (numbers){0, NULL};
    int k = 0;
    while (strcmp(presets[k].name, attr[PRESET].text) != 0) k++; /* one of these: it was checked */
    return (numbers){presets[k].n, which == MEAN ? presets[k].mean : presets[k].std};
}

/* Channel c of a list with one number for all channels, or one for each. */
static double pick(const sg_attr *attr, int which, int64_t channel, double otherwise) {
    numbers list = numbers_of(attr, which);
    return list.n == 0 ? otherwise : list.x[list.n == 1 ? 0 : channel];
}

static sg_status check_list(numbers list, int which, int64_t channels, sg_error *error) {
    static const char *const names[] = {"mean", "std", "preset"};
    if (list.n <= 1 || list.n == channels) return SG_OK;
    if (channels == 1)
        return sg_fail_at(error, SG_BLAME_ATTR, which, "%s has %d numbers, and images have one channel",
                          names[which], list.n);
    return sg_fail_at(error, SG_BLAME_ATTR, which,
                      "%s has %d numbers: give one, or one for each of the %" PRId64 " channels",
                      names[which], list.n, channels);
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    int64_t channels = sg_step_channels(in);
    *out = *in;
    if (attr[PRESET].present && (attr[MEAN].present || attr[STD].present))
        return sg_fail_at(error, SG_BLAME_ATTR, PRESET,
                          "preset stands for mean and std: leave out what is not needed");
    numbers std = numbers_of(attr, STD);
    sg_status status =
        check_list(numbers_of(attr, MEAN), attr[PRESET].present ? PRESET : MEAN, channels, error);
    if (status == SG_OK) status = check_list(std, STD, channels, error);
    for (int i = 0; status == SG_OK && i < std.n; i++)
        if (!(std.x[i] > 0)) status = sg_fail_at(error, SG_BLAME_ATTR, STD, "std must be greater than 0");
    return status;
}

static void apply(const sg_step_task *task) {
    int64_t channels = sg_step_channels(task->in_shape), size = sg_shape_elements(task->in_shape) / channels;
    for (int64_t c = 0; c < channels; c++) {
        float mean = (float)pick(task->attr, MEAN, c, 0), std = (float)pick(task->attr, STD, c, 1);
        const float *in = task->in + c * size;
        float *out = task->out + c * size;
        for (int64_t i = 0; i < size; i++) out[i] = (in[i] - mean) / std;
    }
}

static void affine(const sg_attr *attr, int64_t channel, double *scale, double *shift) {
    *scale = pick(attr, STD, channel, 1);
    *shift = pick(attr, MEAN, channel, 0);
}

const sg_step sg_step_normalise = {
    .schema =
        {.kind = SG_KIND_STEP,
         .name = "normalise",
         .doc = "subtracts the mean and divides by the deviation; with neither, pixels stay in 0..1",
         .attrs =
             SG_ATTRS([MEAN] = {.name = "mean",
                                .type = SG_ATTR_FLOATS,
                                .fallback = "",
                                .doc = "of pixels in 0..1: one number, or one per channel; absent: 0"},
                      [STD] = {.name = "std",
                               .type = SG_ATTR_FLOATS,
                               .fallback = "",
                               .doc = "one number, or one per channel; absent: 1"},
                      [PRESET] = {.name = "preset",
                                  .type = SG_ATTR_TEXT,
                                  .fallback = "",
                                  .one_of = "imagenet inception clip cifar10 cifar100 mnist fashion_mnist",
                                  .doc = "mean and std by name: those of models on ImageNet, of Inception "
                                         "and ViT (-1 to 1), of CLIP, of data sets"})},
    .shape = shape,
    .apply = apply,
    .affine = affine};
