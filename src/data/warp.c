/* Turning, shearing, moving and blurring, on levels. */
#include "data/levels.h"

#include <math.h>

/* Element (y, x) of a plane; 0 outside. */
static float at(const float *plane, int64_t height, int64_t width, int64_t y, int64_t x) {
    return y >= 0 && y < height && x >= 0 && x < width ? plane[y * width + x] : 0;
}

static bool is_inside(const sg_levels *in, int64_t y, int64_t x) {
    return y >= 0 && y < in->height && x >= 0 && x < in->width;
}

/* How much of a place between four pixels each of them has, and where the first of them is. */
typedef struct corner {
    int64_t y, x;
    float share[4], inside; /* inside: the shares of those that there are */
} corner;

static corner corner_of(const sg_levels *in, float y, float x) {
    float top = floorf(y), left = floorf(x), down = y - top, right = x - left;
    corner c = {(int64_t)top,
                (int64_t)left,
                {(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right},
                0};
    for (int k = 0; k < 4; k++)
        if (is_inside(in, c.y + k / 2, c.x + k % 2)) c.inside += c.share[k];
    return c;
}

static void take_bilinear(const sg_levels *in, float *out, float y, float x, float fill) {
    int64_t plane = in->height * in->width;
    corner c = corner_of(in, y, x);
    for (int64_t k = 0; k < in->channels; k++) {
        float sum = 0;
        for (int i = 0; i < 4; i++)
            sum += c.share[i] * at(in->v + k * plane, in->height, in->width, c.y + i / 2, c.x + i % 2);
        /* With a colour to fill, torchvision fades what the bilinear filter has faded already. */
        out[k * plane] = rintf(fill > 0 ? sum * c.inside + (1 - c.inside) * fill : sum);
    }
}

static void take_nearest(const sg_levels *in, float *out, float y, float x, float fill) {
    int64_t plane = in->height * in->width, row = (int64_t)rintf(y), column = (int64_t)rintf(x);
    bool inside = is_inside(in, row, column);
    for (int64_t k = 0; k < in->channels; k++)
        out[k * plane] = inside ? in->v[k * plane + row * in->width + column] : fill;
}

/* In the precision, and through the coordinates -1 .. 1, of PyTorch's grid_sample: places that lie between
 * two pixels go to the same one there and here. */
static float place(const float m[3], float x, float y, float size) {
    float unit = (m[0] * x + m[1] * y + m[2]) / (0.5f * size);
    return ((unit + 1) * size - 1) / 2;
}

void sg_levels_warp(const sg_levels *in, float *out, const double matrix[6], bool bilinear, float fill) {
    float m[6], width = (float)in->width, height = (float)in->height;
    for (int i = 0; i < 6; i++) m[i] = (float)matrix[i];
    for (int64_t row = 0; row < in->height; row++)
        for (int64_t column = 0; column < in->width; column++, out++) {
            float x = (float)column + 0.5f - 0.5f * width, y = (float)row + 0.5f - 0.5f * height;
            float from_x = place(m, x, y, width), from_y = place(m + 3, x, y, height);
            if (bilinear)
                take_bilinear(in, out, from_y, from_x, fill);
            else
                take_nearest(in, out, from_y, from_x, fill);
        }
}

static int64_t mirror(int64_t i, int64_t size) {
    if (i < 0) i = -i;
    return i < size ? i : 2 * (size - 1) - i;
}

void sg_levels_blur(sg_levels *l, int64_t size, double sigma, float *scratch) {
    int64_t plane = l->height * l->width, half = size / 2;
    float *weight = scratch + plane, sum = 0;
    for (int64_t k = 0; k < size; k++) {
        double t = (double)(k - half) / sigma;
        sum += weight[k] = (float)exp(-0.5 * t * t);
    }
    for (int64_t k = 0; k < size; k++) weight[k] /= sum;
    for (int64_t c = 0; c < l->channels; c++) {
        float *v = l->v + c * plane;
        for (int64_t i = 0; i < plane; i++) {
            const float *row = v + i / l->width * l->width;
            scratch[i] = 0;
            for (int64_t k = 0; k < size; k++)
                scratch[i] += weight[k] * row[mirror(i % l->width + k - half, l->width)];
        }
        for (int64_t i = 0; i < plane; i++) {
            float level = 0;
            for (int64_t k = 0; k < size; k++)
                level +=
                    weight[k] * scratch[mirror(i / l->width + k - half, l->height) * l->width + i % l->width];
            v[i] = rintf(level);
        }
    }
}
