/* Separable resizing: columns first, then rows. */
#include "data/resize.h"

#include <math.h>
#include <string.h>

/* In front of the weights of an output pixel: its first input pixel and how many there are. Floats hold whole
 * numbers up to 2^24 alone, and an image may be a longer strip. */
typedef struct reach {
    int64_t begin, count;
} reach;
enum { HEAD = sizeof(reach) / sizeof(float) };

static reach reach_of(const float *table) {
    reach r;
    memcpy(&r, table, sizeof r);
    return r;
}

/* How far the triangle reaches, in input pixels. */
static double support_of(int64_t in, int64_t out) {
    double scale = (double)in / (double)out;
    return scale > 1 ? scale : 1;
}

/* Most input pixels that one output pixel is made of. */
static int64_t taps_of(int64_t in, int64_t out) {
    return 2 * (int64_t)ceil(support_of(in, out)) + 1;
}

/* For every output pixel its reach, and the weights of its taps, which add up to 1. */
static void make_weights(int64_t in, int64_t out, float *table) {
    double scale = (double)in / (double)out, support = support_of(in, out);
    int64_t taps = taps_of(in, out);
    for (int64_t i = 0; i < out; i++, table += taps + HEAD) {
        double centre = ((double)i + 0.5) * scale, sum = 0;
        int64_t begin = (int64_t)fmax(0, centre - support + 0.5);
        int64_t end = (int64_t)fmin((double)in, centre + support + 0.5);
        for (int64_t k = begin; k < end; k++) sum += fmax(0, 1 - fabs(((double)k + 0.5 - centre) / support));
        for (int64_t k = begin; k < end; k++)
            table[HEAD + k - begin] = (float)(fmax(0, 1 - fabs(((double)k + 0.5 - centre) / support)) / sum);
        memcpy(table, &(reach){begin, end - begin}, sizeof(reach));
    }
}

int64_t sg_resize_plan_floats(sg_resize_size s) {
    return s.out_width * (taps_of(s.in_width, s.out_width) + HEAD) +
           s.out_height * (taps_of(s.in_height, s.out_height) + HEAD);
}

int64_t sg_resize_scratch(sg_resize_size s) {
    return s.in_height * s.out_width + sg_resize_plan_floats(s);
}

void sg_resize_plan_init(sg_resize_plan *plan, sg_resize_size s, float *room) {
    *plan = (sg_resize_plan){
        .size = s, .across = room, .down = room + s.out_width * (taps_of(s.in_width, s.out_width) + HEAD)};
    make_weights(s.in_width, s.out_width, plan->across);
    make_weights(s.in_height, s.out_height, plan->down);
}

void sg_resize_row(const sg_resize_plan *plan, const float *row, float *narrow) {
    int64_t taps = taps_of(plan->size.in_width, plan->size.out_width);
    const float *weight = plan->across;
    for (int64_t x = 0; x < plan->size.out_width; x++, weight += taps + HEAD) {
        const reach r = reach_of(weight);
        const float *from = row + r.begin;
        double sum = 0;
        for (int64_t k = 0; k < r.count; k++) sum += (double)weight[HEAD + k] * from[k];
        narrow[x] = (float)sum;
    }
}

void sg_resize_rows(const sg_resize_plan *plan, const float *narrow, float *out) {
    int64_t taps = taps_of(plan->size.in_height, plan->size.out_height), width = plan->size.out_width;
    const float *weight = plan->down;
    for (int64_t y = 0; y < plan->size.out_height; y++, weight += taps + HEAD, out += width) {
        const reach r = reach_of(weight);
        const float *from = narrow + r.begin * width;
        for (int64_t x = 0; x < width; x++) out[x] = 0;
        for (int64_t k = 0; k < r.count; k++, from += width)
            for (int64_t x = 0; x < width; x++) out[x] += weight[HEAD + k] * from[x];
    }
}

void sg_resize(const float *in, int64_t in_stride, float *out, sg_resize_size s, float *scratch) {
    sg_resize_plan plan;
    sg_resize_plan_init(&plan, s, scratch);
    float *narrow = scratch + sg_resize_plan_floats(s);
    for (int64_t y = 0; y < s.in_height; y++)
        sg_resize_row(&plan, in + y * in_stride, narrow + y * s.out_width);
    sg_resize_rows(&plan, narrow, out);
}
