/* Posterising, solarising, contrast by the levels that there are, and sharpness, on levels. */
#include "data/levels.h"

#include <math.h>
#include <string.h>

void sg_levels_posterize(sg_levels *l, int bits) {
    int64_t count = l->channels * l->height * l->width;
    int mask = 256 - (1 << (8 - bits));
    for (int64_t i = 0; i < count; i++) l->v[i] = (float)((int)l->v[i] & mask);
}

void sg_levels_solarize(sg_levels *l, double threshold) {
    int64_t count = l->channels * l->height * l->width;
    for (int64_t i = 0; i < count; i++)
        if (l->v[i] >= (float)threshold) l->v[i] = 255 - l->v[i];
}

void sg_levels_autocontrast(sg_levels *l) {
    int64_t plane = l->height * l->width;
    for (int64_t c = 0; c < l->channels; c++) {
        float *v = l->v + c * plane, low = 255, high = 0;
        for (int64_t i = 0; i < plane; i++) {
            low = fminf(low, v[i]);
            high = fmaxf(high, v[i]);
        }
        if (!(high > low)) continue;
        float scale = 255 / (high - low);
        for (int64_t i = 0; i < plane; i++) v[i] = truncf(fminf((v[i] - low) * scale, 255));
    }
}

void sg_levels_equalize(sg_levels *l) {
    int64_t plane = l->height * l->width;
    for (int64_t c = 0; c < l->channels; c++) {
        float *v = l->v + c * plane, table[256];
        int64_t count[256] = {0}, below = 0, last = 0;
        for (int64_t i = 0; i < plane; i++) count[(int)v[i]]++;
        for (int k = 0; k < 256; k++)
            if (count[k]) last = count[k];
        int64_t step = (plane - last) / 255;
        if (step == 0) continue;
        for (int k = 0; k < 256; below += count[k++]) {
            int64_t level = k ? (below + step / 2) / step : 0;
            table[k] = level < 255 ? (float)level : 255;
        }
        for (int64_t i = 0; i < plane; i++) v[i] = table[(int)v[i]];
    }
}

/* The middle of a 3 x 3 neighbourhood counts 5 times. */
static float smooth(const float *v, int64_t width) {
    float sum = 0;
    for (int64_t y = -width; y <= width; y += width)
        for (int64_t x = -1; x <= 1; x++) sum += v[y + x] * (y == 0 && x == 0 ? 5.0f / 13 : 1.0f / 13);
    return rintf(sum);
}

void sg_levels_sharpness(sg_levels *l, double factor, float *scratch) {
    int64_t plane = l->height * l->width;
    float keep = (float)factor, rest = (float)(1 - factor);
    for (int64_t c = 0; c < l->channels && l->height > 2 && l->width > 2; c++) {
        float *v = l->v + c * plane;
        memcpy(scratch, v, (size_t)plane * sizeof *v);
        for (int64_t y = 1; y + 1 < l->height; y++)
            for (int64_t x = 1; x + 1 < l->width; x++) {
                float *pixel = v + y * l->width + x, blurred = smooth(scratch + y * l->width + x, l->width);
                *pixel = truncf(fminf(fmaxf(keep * *pixel + rest * blurred, 0), 255));
            }
    }
}
