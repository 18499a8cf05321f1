/* Images that the program draws itself: a figure or three, with shading and sharp or soft edges, on varied
 * grounds. */
#include "base/text.h"
#include "base/workers.h"
#include "data/stream.h"
#include "data/table.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { COUNT, SIZE, HEIGHT, WIDTH, CHANNELS, SEED, PART };
enum { DISC, RING, BAR, BOX, TRIANGLE, CROSS, KINDS };
enum { MAX_FIGURES = 3, MAX_CHANNELS = 3, MAX_SIDE = 1024, PIXELS_A_THREAD = 1 << 18 };

static const double turn = 6.283185307179586;

/* A tone that changes linearly across the image: value = middle + slope . position, per channel. */
typedef struct shade {
    double middle[MAX_CHANNELS], along, across;
} shade;

typedef struct figure {
    int kind;
    double x, y, radius, cosine, sine; /* centre, size and turn; the shorter side of the image is 1 */
    double edge;                       /* width of the edge */
    shade tone;
} figure;

typedef struct scene {
    int channels, figures;
    shade ground;
    double wave, wave_x, wave_y, wave_phase; /* a slow ripple in the ground */
    figure figure[MAX_FIGURES];
} scene;

static shade draw_shade(sg_stream *s, int channels, double middle, double slope) {
    shade tone = {.along = sg_stream_range(s, -slope, slope), .across = sg_stream_range(s, -slope, slope)};
    for (int c = 0; c < MAX_CHANNELS; c++)
        tone.middle[c] = middle + (channels > 1 ? sg_stream_range(s, -0.3, 0.3) : 0);
    return tone;
}

static figure draw_figure(sg_stream *s, int channels, double ground, double width, double height,
                          double pixel) {
    double angle = sg_stream_range(s, 0, turn);
    figure f = {.kind = (int)sg_stream_below(s, KINDS), .cosine = cos(angle), .sine = sin(angle)};
    f.radius = sg_stream_range(s, 0.18, 0.36);
    f.x = sg_stream_range(s, 0.25, 0.75) * width;
    f.y = sg_stream_range(s, 0.25, 0.75) * height;
    /* One figure in three is out of focus. */
    f.edge = pixel * (sg_stream_uniform(s) < 1.0 / 3 ? sg_stream_range(s, 2, 4) : 1);
    /* Always a clear step away from the ground, upwards or downwards, wherever there is room. */
    double step = sg_stream_range(s, 0.3, 0.6), side = sg_stream_uniform(s);
    double middle = ground + (side < ground ? -step : step);
    f.tone = draw_shade(s, channels, middle, 0.25);
    return f;
}

static scene draw_scene(sg_stream *s, int channels, double width, double height, double pixel) {
    scene v = {.channels = channels};
    double ground = sg_stream_range(s, 0.1, 0.9);
    v.ground = draw_shade(s, channels, ground, 0.35);
    v.wave = sg_stream_range(s, 0, 0.12);
    v.wave_x = turn * sg_stream_range(s, -2, 2);
    v.wave_y = turn * sg_stream_range(s, -2, 2);
    v.wave_phase = sg_stream_range(s, 0, turn);
    v.figures = 1 + (int)sg_stream_below(s, MAX_FIGURES);
    for (int i = 0; i < v.figures; i++) v.figure[i] = draw_figure(s, channels, ground, width, height, pixel);
    return v;
}

static double smaller(double a, double b) {
    return a < b ? a : b;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

static double box_distance(double x, double y, double a, double b) {
    return larger(fabs(x) - a, fabs(y) - b);
}

/* Distance to the outline, negative inside; (x, y) from the centre, turned into the figure's own axes. */
static double distance(int kind, double x, double y, double r) {
    switch (kind) {
    case DISC:
        return sqrt(x * x + y * y) - r;
    case RING:
        return fabs(sqrt(x * x + y * y) - 0.8 * r) - 0.22 * r;
    case BAR:
        return box_distance(x, y, 1.3 * r, 0.3 * r);
    case BOX:
        return box_distance(x, y, 0.85 * r, 0.85 * r);
    case TRIANGLE: /* three half-planes at 120 degrees */
        return larger(y, larger(0.8660254037844386 * x - 0.5 * y, -0.8660254037844386 * x - 0.5 * y)) -
               0.55 * r;
    default:
        return smaller(box_distance(x, y, 1.1 * r, 0.3 * r), box_distance(x, y, 0.3 * r, 1.1 * r));
    }
}

/* The share of a figure in the pixel at (dx, dy) from its centre. */
static double coverage(const figure *f, double dx, double dy) {
    double d = distance(f->kind, f->cosine * dx + f->sine * dy, f->cosine * dy - f->sine * dx, f->radius);
    double share = 0.5 - d / f->edge;
    return share <= 0 ? 0 : share >= 1 ? 1 : share * share * (3 - 2 * share);
}

/* No figure has a share in a pixel further than this from its centre: the bar's corners are at 1.34 radii,
 * and half an edge outwards moves the triangle's by a whole one. */
static double reach(const figure *f) {
    return 1.35 * f->radius + f->edge;
}

static double tone_at(double middle, double along, double across) {
    return larger(0, smaller(1, middle + along + across));
}

/* What lies on a pixel: the figures that have a share in it, from the back to the front. */
typedef struct layer {
    const figure *figure;
    double share, along, across;
} layer;

static int find_layers(const scene *v, double x, double y, layer *layers) {
    int count = 0;
    for (int k = 0; k < v->figures; k++) {
        const figure *f = &v->figure[k];
        double dx = x - f->x, dy = y - f->y, most = reach(f);
        if (dx * dx + dy * dy > most * most) continue;
        double share = coverage(f, dx, dy);
        if (share > 0) layers[count++] = (layer){f, share, f->tone.along * dx, f->tone.across * dy};
    }
    return count;
}

/* The ripple is the sine of a sum of a number of the column and one of the row: `columns` has the sines and
 * cosines of the former. */
static void render_row(const scene *v, uint8_t *row, int64_t plane, int64_t width, double y,
                       double half_width, double half_height, double pixel, double (*columns)[2]) {
    double down = v->wave_y * y + v->wave_phase, sine = v->wave * sin(down), cosine = v->wave * cos(down);
    double across = v->ground.across * (y - half_height);
    for (int64_t j = 0; j < width; j++) {
        double x = ((double)j + 0.5) * pixel, along = v->ground.along * (x - half_width);
        double ripple = columns[j][0] * cosine + columns[j][1] * sine;
        layer layers[MAX_FIGURES];
        int count = find_layers(v, x, y, layers);
        for (int c = 0; c < v->channels; c++) {
            double value = tone_at(v->ground.middle[c], along, across) + ripple;
            for (int k = 0; k < count; k++) {
                const layer *l = &layers[k];
                value += l->share * (tone_at(l->figure->tone.middle[c], l->along, l->across) - value);
            }
            row[c * plane + j] = (uint8_t)(larger(0, smaller(1, value)) * 255 + 0.5);
        }
    }
}

static void render(const scene *v, uint8_t *image, int64_t height, int64_t width, double pixel) {
    double columns[MAX_SIDE][2];
    for (int64_t j = 0; j < width; j++) {
        double angle = v->wave_x * ((double)j + 0.5) * pixel;
        columns[j][0] = sin(angle);
        columns[j][1] = cos(angle);
    }
    for (int64_t i = 0; i < height; i++)
        render_row(v, image + i * width, height * width, width, ((double)i + 0.5) * pixel,
                   0.5 * (double)width * pixel, 0.5 * (double)height * pixel, pixel, columns);
}

/* [channels, height, width] */
static sg_shape image_shape(const sg_attr *attr) {
    return SG_SHAPE(attr[CHANNELS].i, attr[HEIGHT].present ? attr[HEIGHT].i : attr[SIZE].i,
                    attr[WIDTH].present ? attr[WIDTH].i : attr[SIZE].i);
}

static sg_status add_columns(const sg_attr *attr, sg_table *table, void **images, void **labels,
                             sg_error *error) {
    if (attr[CHANNELS].i != 1 && attr[CHANNELS].i != 3)
        return sg_fail(error, SG_BAD_GRAPH, "shapes: channels must be 1 or 3");
    table->count = attr[COUNT].i;
    sg_status status = sg_table_add(table, "image", SG_U8, image_shape(attr), images, error);
    if (status == SG_OK) status = sg_table_add(table, "label", SG_I32, sg_shape_of(0, NULL), labels, error);
    return status;
}

static sg_status describe(const sg_attr *attr, sg_table *table, sg_error *error) {
    return add_columns(attr, table, NULL, NULL, error);
}

typedef struct drawing {
    const sg_attr *attr;
    const sg_table *table;
    uint8_t *images;
    int32_t *labels;
    atomic_llong next; /* image to draw */
} drawing;

static void draw_images(void *data, int worker, int workers) {
    drawing *d = data;
    const sg_attr *attr = d->attr;
    sg_shape shape = image_shape(attr);
    int64_t channels = shape.dim[0], height = shape.dim[1], width = shape.dim[2];
    uint64_t purpose = sg_hash_text(strcmp(attr[PART].text, "test") == 0 ? "shapes.test" : "shapes.train");
    double pixel = 1.0 / (double)(height < width ? height : width);
    (void)worker;
    (void)workers;
    for (int64_t i; (i = atomic_fetch_add_explicit(&d->next, 1, memory_order_relaxed)) < d->table->count;) {
        sg_stream s = {.seed = (uint64_t)attr[SEED].i, .purpose = purpose, .sample = (uint32_t)i};
        scene v = draw_scene(&s, (int)channels, (double)width * pixel, (double)height * pixel, pixel);
        render(&v, d->images + i * sg_shape_elements(&shape), height, width, pixel);
        d->labels[i] = v.figure[v.figures - 1].kind;
    }
}

/* Every image by itself, so that any number of threads draws the same ones. */
static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    void *images, *labels;
    sg_workers *workers;
    sg_status status = add_columns(attr, table, &images, &labels, error);
    if (status != SG_OK) return status;
    drawing d = {.attr = attr, .table = table, .images = images, .labels = labels};
    sg_shape shape = image_shape(attr);
    int64_t pays = 1 + table->count * shape.dim[1] * shape.dim[2] / PIXELS_A_THREAD;
    int64_t most = pays > 1 ? sg_cpu_count() : 1;
    if (most > 1 && sg_workers_create(&workers, (int)(pays < most ? pays : most), NULL) == SG_OK) {
        sg_workers_run(workers, draw_images, &d);
        sg_workers_destroy(workers);
    } else
        draw_images(&d, 0, 1);
    return SG_OK;
}

#define SIDE_ATTR(key, standard, text) \
    { .name = key, .type = SG_ATTR_INT, .fallback = standard, .min = 4, .max = MAX_SIDE, .doc = text }

const sg_source sg_source_shapes = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "shapes",
               .doc = "images drawn by the program: columns image u8 [channels, height, width] and label "
                      "i32, the figure "
                      "in front (0 disc, 1 ring, 2 bar, 3 box, 4 triangle, 5 cross)",
               .attrs = SG_ATTRS([COUNT] = {.name = "count",
                                            .type = SG_ATTR_INT,
                                            .fallback = "4096",
                                            .min = 1,
                                            .max = 1e9,
                                            .doc = "how many; image i is the same whatever the count"},
                                 [SIZE] = SIDE_ATTR("size", "28", "height and width in pixels"),
                                 [HEIGHT] = SIDE_ATTR("height", "", "height where it differs from size"),
                                 [WIDTH] = SIDE_ATTR("width", "", "width where it differs from size"),
                                 [CHANNELS] = {.name = "channels",
                                               .type = SG_ATTR_INT,
                                               .fallback = "1",
                                               .min = 1,
                                               .max = 3,
                                               .doc = "1 grey or 3 colour"},
                                 [SEED] = {.name = "seed",
                                           .type = SG_ATTR_INT,
                                           .fallback = "0",
                                           .doc = "another seed, other images"},
                                 [PART] = {.name = "part",
                                           .type = SG_ATTR_TEXT,
                                           .fallback = "train",
                                           .one_of = "train test",
                                           .doc = "two series of images that have none in common"})},
    .load = load,
    .describe = describe};
