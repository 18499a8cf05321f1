/* color_jitter: brightness, contrast, saturation and hue by factors that are drawn, in an order that is
 * drawn. */
#include "data/levels.h"
#include "data/steps.h"

#include <math.h>
#include <string.h>

enum { BRIGHTNESS, CONTRAST, SATURATION, HUE, RATE, KINDS = RATE };

static const char *const names[KINDS] = {"brightness", "contrast", "saturation", "hue"};

/* [low, high] of a factor: x stands for 1 - x to 1 + x, but no less than 0; for hue for -x to x. */
static void range_of(const sg_attr *attr, int kind, double *low, double *high) {
    double middle = kind == HUE ? 0 : 1, x = attr[kind].floats[0];
    *low = attr[kind].n == 2 ? x : middle - x;
    *high = attr[kind].n == 2 ? attr[kind].floats[1] : middle + x;
    if (kind != HUE && *low < 0 && attr[kind].n == 1) *low = 0;
}

static sg_status check(const sg_attr *attr, int kind, sg_error *error) {
    double low = 0, high = 0, least = kind == HUE ? -0.5 : 0, most = kind == HUE ? 0.5 : 100;
    bool good = attr[kind].n == 1 || attr[kind].n == 2;
    if (good) range_of(attr, kind, &low, &high);
    if (good && least <= low && low <= high && high <= most) return SG_OK;
    return sg_fail_at(
        error, SG_BLAME_ATTR, kind,
        "%s must be a number from 0 to %g, or two numbers [low, high] with %g <= low <= high <= %g",
        names[kind], kind == HUE ? 0.5 : 99, least, most);
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    sg_status status = sg_levels_need_colour(in, error);
    for (int kind = 0; status == SG_OK && kind < KINDS; kind++) status = check(attr, kind, error);
    *out = *in;
    return status;
}

static void adjust(sg_levels *l, int kind, double factor) {
    static void (*const adjusts[KINDS])(sg_levels *, double) = {sg_levels_brightness, sg_levels_contrast,
                                                                sg_levels_saturation, sg_levels_hue};
    adjusts[kind](l, factor);
}

static void apply(const sg_step_task *task) {
    sg_levels l = sg_step_levels(task);
    sg_stream stream = sg_stream_of(task);
    if (!sg_step_is_drawn(task, &stream, task->attr[RATE].f)) return;
    int order[KINDS] = {BRIGHTNESS, CONTRAST, SATURATION, HUE};
    double factor[KINDS];
    for (int left = KINDS; left > 1; left--) {
        int at = (int)sg_stream_below(&stream, left), kind = order[at];
        order[at] = order[left - 1];
        order[left - 1] = kind;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        double low, high;
        range_of(task->attr, kind, &low, &high);
        factor[kind] = sg_stream_range(&stream, low, high);
    }
    sg_levels_from(&l, task->in);
    for (int i = 0; i < KINDS; i++)
        if (factor[order[i]] != (order[i] == HUE ? 0 : 1)) adjust(&l, order[i], factor[order[i]]);
    sg_levels_to_pixels(&l);
}

#define FACTOR(text)                                             \
    {                                                            \
        .name = text, .type = SG_ATTR_FLOATS, .fallback = "0",   \
        .doc = "x: a factor from 1 - x to 1 + x; or [low, high]" \
    }

const sg_step sg_step_color_jitter = {
    .schema = {.kind = SG_KIND_STEP,
               .name = "color_jitter",
               .doc =
                   "changes brightness, contrast, saturation and hue by factors drawn at random, in an order "
                   "drawn at random (torchvision's ColorJitter); 1 or 3 channels",
               .attrs = SG_ATTRS([BRIGHTNESS] = FACTOR("brightness"), [CONTRAST] = FACTOR("contrast"),
                                 [SATURATION] = FACTOR("saturation"),
                                 [HUE] = {.name = "hue",
                                          .type = SG_ATTR_FLOATS,
                                          .fallback = "0",
                                          .doc = "x: turns the hue by -x to x, at most 0.5; or [low, high]"},
                                 [RATE] = {.name = "rate",
                                           .type = SG_ATTR_FLOAT,
                                           .fallback = "1",
                                           .min = 0,
                                           .max = 1,
                                           .doc = "share of the samples that are changed"})},
    .random = true,
    .pixels = true,
    .shape = shape,
    .apply = apply};
