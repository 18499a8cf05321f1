/* rand_augment: a few operations drawn from a list, all of one strength (Cubuk et al., arXiv:1909.13719). The
 * list and the strengths are those of torchvision's RandAugment. */
#include "data/levels.h"
#include "data/steps.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NUM_OPS, MAGNITUDE, BINS, INTERPOLATION, FILL };

typedef struct change {
    sg_levels *l;
    const sg_attr *attr;
    float *scratch;
    float strength; /* with its sign */
} change;

/* x' = m[0] x + m[1] y + m[2] and so on, see sg_levels_warp. */
static void warp(const change *c, const double m[6]) {
    size_t bytes = (size_t)(c->l->channels * c->l->height * c->l->width) * sizeof(float);
    bool bilinear = strcmp(c->attr[INTERPOLATION].text, "bilinear") == 0;
    memcpy(c->scratch, c->l->v, bytes);
    sg_levels from = *c->l;
    from.v = c->scratch;
    sg_levels_warp(&from, c->l->v, m, bilinear, rintf((float)c->attr[FILL].f * 255));
}

static void identity(const change *c) {
    (void)c;
}

/* Shearing leaves the upper left corner where it is, as torchvision's policy does. */
static void shear_x(const change *c) {
    warp(c, (const double[6]){1, c->strength, 0.5 * c->strength * (double)c->l->height, 0, 1, 0});
}

static void shear_y(const change *c) {
    warp(c, (const double[6]){1, 0, 0, c->strength, 1, 0.5 * c->strength * (double)c->l->width});
}

static void translate_x(const change *c) {
    warp(c, (const double[6]){1, 0, -truncf(c->strength), 0, 1, 0});
}

static void translate_y(const change *c) {
    warp(c, (const double[6]){1, 0, 0, 0, 1, -truncf(c->strength)});
}

/* Counter-clockwise, in degrees. */
static void rotate(const change *c) {
    double angle = c->strength * (3.14159265358979323846 / 180);
    warp(c, (const double[6]){cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0});
}

static void brightness(const change *c) {
    sg_levels_brightness(c->l, 1.0 + c->strength);
}

static void color(const change *c) {
    sg_levels_saturation(c->l, 1.0 + c->strength);
}

static void contrast(const change *c) {
    sg_levels_contrast(c->l, 1.0 + c->strength);
}

static void sharpness(const change *c) {
    sg_levels_sharpness(c->l, 1.0 + c->strength, c->scratch);
}

static void posterize(const change *c) {
    float bins = (float)(c->attr[BINS].i - 1);
    sg_levels_posterize(c->l, 8 - (int)rintf((float)c->attr[MAGNITUDE].i / (bins / 4)));
}

static void solarize(const change *c) {
    sg_levels_solarize(c->l, c->strength);
}

static void autocontrast(const change *c) {
    sg_levels_autocontrast(c->l);
}

static void equalize(const change *c) {
    sg_levels_equalize(c->l);
}

enum { PLAIN, WIDTH, HEIGHT };

/* The strength goes from `from` to `to` (a share of a side where `side` says so) as `magnitude` goes from 0
 * to the last of the bins. */
static const struct {
    void (*change)(const change *c);
    float from, to;
    int side;
    bool has_sign;
} operations[] = {
    {identity, 0, 0, PLAIN, false},     {shear_x, 0, 0.3f, PLAIN, true},   {shear_y, 0, 0.3f, PLAIN, true},
    {translate_x, 0, 1, WIDTH, true},   {translate_y, 0, 1, HEIGHT, true}, {rotate, 0, 30, PLAIN, true},
    {brightness, 0, 0.9f, PLAIN, true}, {color, 0, 0.9f, PLAIN, true},     {contrast, 0, 0.9f, PLAIN, true},
    {sharpness, 0, 0.9f, PLAIN, true},  {posterize, 0, 0, PLAIN, false},   {solarize, 255, 0, PLAIN, false},
    {autocontrast, 0, 0, PLAIN, false}, {equalize, 0, 0, PLAIN, false},
};

/* As PyTorch's linspace has it, from both ends: translations are cut off to whole pixels, so the last bit
 * counts.
 */
static float strength_of(int op, const sg_attr *attr, const sg_levels *l) {
    int64_t bins = attr[BINS].i, at = attr[MAGNITUDE].i;
    float from = operations[op].from, to = operations[op].to;
    if (operations[op].side != PLAIN)
        to = (float)(150.0 / 331.0 * (double)(operations[op].side == WIDTH ? l->width : l->height));
    float step = (to - from) / (float)(bins - 1);
    return at < bins / 2 ? from + step * (float)at : to - step * (float)(bins - at - 1);
}

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    *out = *in;
    if (attr[MAGNITUDE].i >= attr[BINS].i)
        return sg_fail_at(error, SG_BLAME_ATTR, MAGNITUDE,
                          "magnitude %" PRId64 " is not below num_magnitude_bins, %" PRId64,
                          attr[MAGNITUDE].i, attr[BINS].i);
    return sg_levels_need_colour(in, error);
}

static void apply(const sg_step_task *task) {
    sg_levels l = sg_step_levels(task);
    sg_stream stream = sg_stream_of(task);
    sg_levels_from(&l, task->in);
    for (int64_t i = 0; i < task->attr[NUM_OPS].i; i++) {
        int op = (int)sg_stream_below(&stream, sizeof operations / sizeof *operations);
        change c = {&l, task->attr, task->scratch, strength_of(op, task->attr, &l)};
        if (operations[op].has_sign && sg_stream_below(&stream, 2)) c.strength = -c.strength;
        operations[op].change(&c);
    }
    sg_levels_to_pixels(&l);
}

static int64_t scratch(const sg_shape *in, const sg_shape *out) {
    (void)out;
    return sg_shape_elements(in);
}

const sg_step sg_step_rand_augment =
    {.schema =
         {.kind = SG_KIND_STEP,
          .name = "rand_augment",
          .doc = "a few of 14 operations drawn at random, all of one strength (torchvision's RandAugment); 1 "
                 "or 3 channels",
          .attrs = SG_ATTRS([NUM_OPS] = {.name = "num_ops",
                                         .type = SG_ATTR_INT,
                                         .fallback = "2",
                                         .min = 0,
                                         .max = 100,
                                         .doc = "how many, one after the other"},
                            [MAGNITUDE] = {.name = "magnitude",
                                           .type = SG_ATTR_INT,
                                           .fallback = "9",
                                           .min = 0,
                                           .max = 1000,
                                           .doc = "the strength: from 0 to the last of the bins"},
                            [BINS] = {.name = "num_magnitude_bins",
                                      .type = SG_ATTR_INT,
                                      .fallback = "31",
                                      .min = 2,
                                      .max = 1001,
                                      .doc = "how many strengths there are"},
                            [INTERPOLATION] = {.name = "interpolation",
                                               .type = SG_ATTR_TEXT,
                                               .fallback = "nearest",
                                               .one_of = "nearest bilinear",
                                               .doc = "how pixels are taken where images turn, shear and "
                                                      "move"},
                            [FILL] = {.name = "fill",
                                      .type = SG_ATTR_FLOAT,
                                      .fallback = "0",
                                      .min = 0,
                                      .max = 1,
                                      .doc = "what is around the image, as a pixel in 0..1"})},
     .random = true,
     .pixels = true,
     .shape = shape,
     .scratch = scratch,
     .apply = apply};
