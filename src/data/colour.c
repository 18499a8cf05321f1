/* Brightness, contrast, saturation, hue and grey, on levels. */
#include "data/levels.h"
#include "data/steps.h"

#include <inttypes.h>
#include <math.h>

void sg_levels_from(sg_levels *to, const float *pixels) {
    int64_t count = to->channels * to->height * to->width;
    for (int64_t i = 0; i < count; i++) to->v[i] = fminf(fmaxf(rintf(pixels[i] * 255.0f), 0), 255);
}

void sg_levels_to_pixels(sg_levels *l) {
    int64_t count = l->channels * l->height * l->width;
    for (int64_t i = 0; i < count; i++) l->v[i] /= 255.0f;
}

sg_status sg_levels_need_colour(const sg_shape *shape, sg_error *error) {
    int64_t channels = sg_step_channels(shape);
    sg_status status = sg_step_needs_image(shape, error);
    if (status != SG_OK || ((channels == 1 || channels == 3) && shape->rank <= 3)) return status;
    return sg_fail(error, SG_BAD_GRAPH,
                   "it takes images of 1 channel (grey) or 3 (red, green, blue), and these have %" PRId64,
                   channels);
}

/* Between an image (1) and another (0), or beyond; what is not whole is cut off, as a cast to bytes does. */
static float blend(float level, float other, float factor, float rest) {
    return truncf(fminf(fmaxf(factor * level + rest * other, 0), 255));
}

static float grey_of(const sg_levels *l, int64_t i) {
    int64_t plane = l->height * l->width;
    return truncf(0.2989f * l->v[i] + 0.587f * l->v[plane + i] + 0.114f * l->v[2 * plane + i]);
}

void sg_levels_brightness(sg_levels *l, double factor) {
    int64_t count = l->channels * l->height * l->width;
    for (int64_t i = 0; i < count; i++) l->v[i] = blend(l->v[i], 0, (float)factor, 0);
}

void sg_levels_contrast(sg_levels *l, double factor) {
    int64_t plane = l->height * l->width;
    double sum = 0;
    for (int64_t i = 0; i < plane; i++) sum += l->channels == 3 ? grey_of(l, i) : l->v[i];
    float mean = (float)(sum / (double)plane), rest = (float)(1 - factor);
    for (int64_t i = 0; i < l->channels * plane; i++) l->v[i] = blend(l->v[i], mean, (float)factor, rest);
}

void sg_levels_saturation(sg_levels *l, double factor) {
    int64_t plane = l->height * l->width;
    for (int64_t i = 0; i < plane && l->channels == 3; i++) {
        float grey = grey_of(l, i), rest = (float)(1 - factor);
        for (int c = 0; c < 3; c++)
            l->v[c * plane + i] = blend(l->v[c * plane + i], grey, (float)factor, rest);
    }
}

void sg_levels_grey(sg_levels *l) {
    int64_t plane = l->height * l->width;
    for (int64_t i = 0; i < plane && l->channels == 3; i++) {
        float grey = grey_of(l, i);
        for (int c = 0; c < 3; c++) l->v[c * plane + i] = grey;
    }
}

/* Hue, saturation and value of a colour in 0..1, all in 0..1. */
static void to_hsv(const float rgb[3], float hsv[3]) {
    float high = fmaxf(fmaxf(rgb[0], rgb[1]), rgb[2]), low = fminf(fminf(rgb[0], rgb[1]), rgb[2]),
          range = high - low, h = 0;
    if (range > 0) {
        float r = (high - rgb[0]) / range, g = (high - rgb[1]) / range, b = (high - rgb[2]) / range;
        h = rgb[0] == high ? b - g : rgb[1] == high ? 2 + r - b : 4 + g - r;
    }
    hsv[0] = fmodf(h / 6 + 1, 1);
    hsv[1] = range > 0 ? range / high : 0;
    hsv[2] = high;
}

static float unit(float x) {
    return fminf(fmaxf(x, 0), 1);
}

static void from_hsv(const float hsv[3], float rgb[3]) {
    float sextant = floorf(hsv[0] * 6), f = hsv[0] * 6 - sextant, s = hsv[1], v = hsv[2];
    float p = unit(v * (1 - s)), q = unit(v * (1 - s * f)), t = unit(v * (1 - s * (1 - f)));
    const float red[6] = {v, q, p, p, t, v}, green[6] = {t, v, v, q, p, p}, blue[6] = {p, p, t, v, v, q};
    int k = (int)sextant % 6;
    rgb[0] = red[k];
    rgb[1] = green[k];
    rgb[2] = blue[k];
}

void sg_levels_hue(sg_levels *l, double turn) {
    int64_t plane = l->height * l->width;
    for (int64_t i = 0; i < plane && l->channels == 3; i++) {
        float rgb[3], hsv[3];
        for (int c = 0; c < 3; c++) rgb[c] = l->v[c * plane + i] / 255.0f;
        to_hsv(rgb, hsv);
        hsv[0] += (float)turn;
        hsv[0] -= floorf(hsv[0]);
        from_hsv(hsv, rgb);
        /* As torchvision makes bytes of floats: each level gets an equal share of 0..1. */
        for (int c = 0; c < 3; c++) l->v[c * plane + i] = floorf(rgb[c] * 255.999f);
    }
}
