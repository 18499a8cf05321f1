/* The masks of graph files: which they are, what is counted of them, their distances, their sheets. */
#include "language.h"

#include "kernel/distance.h"
#include "simgraph/evaluate.h"
#include "simgraph/masks.h"
#include "simgraph/sheet.h"

/* ---- distances ---- */

/* Every pair of pixels. */
static double by_pairs(int64_t rows, int64_t columns, const unsigned char *hidden) {
    double sum = 0;
    int count = 0;
    for (int64_t p = 0; p < rows * columns; p++) {
        double best = INFINITY;
        if (!hidden[p]) continue;
        for (int64_t q = 0; q < rows * columns; q++)
            if (!hidden[q])
                best = fmin(best,
                            hypot((double)(p / columns - q / columns), (double)(p % columns - q % columns)));
        sum += best;
        count++;
    }
    return count && isfinite(sum) ? sum / count : NAN;
}

START_TEST(distances_are_those_of_all_pairs) {
    static const int64_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {6, 7}, {13, 5}, {17, 17}, {3, 40}};
    unsigned char hidden[17 * 17];
    int32_t near[17 * 17];
    int64_t line[2 * 40];
    uint32_t state = 1;
    for (int k = 0; k < 8; k++)
        for (int share = 0; share <= 16; share++)
            for (int again = 0; again < 20; again++) {
                int64_t rows = sizes[k][0], columns = sizes[k][1];
                for (int64_t p = 0; p < rows * columns; p++) {
                    state = state * 1664525u + 1013904223u;
                    hidden[p] = (int)(state >> 28) < share;
                }
                double wanted = by_pairs(rows, columns, hidden),
                       found = sg_distance_mean(rows, columns, hidden, near, line);
                ck_assert_msg(isnan(wanted) ? isnan(found) : fabs(found - wanted) <= 1e-12 * wanted,
                              "%d x %d: %.17g, not %.17g", (int)rows, (int)columns, found, wanted);
            }
}
END_TEST

/* ---- drawing ---- */

static sg_status draw(sg_masks *masks, const char *text, const char *set, sg_masks_options options,
                      sg_error *error) {
    sg_document *document = load_text(text, set ? 1 : 0, &set);
    sg_diagnostics *diagnostics;
    sg_context *context;
    sg_context_options engine = {.size = sizeof engine, .threads = 2};
    ck_assert(sg_diagnostics_create(&diagnostics, error) == SG_OK);
    ck_assert(sg_context_create(&context, &engine, error) == SG_OK);
    options.size = sizeof options;
    sg_status status = sg_document_masks(masks, context, document, &options, diagnostics, error);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_str_eq(messages, "");
    free(messages);
    sg_context_destroy(context);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    return status;
}

static const char plain[] = "simgraph: 1\n"
                            "args: {size: 192, cell: 8, ratio: 0.6}\n"
                            "nodes:\n"
                            "  image: {op: input, shape: [batch, 3, size, size]}\n"
                            "  mask: {op: random_mask, shape: [batch, size / 4, size / 4], cell: $cell, "
                            "ratio: $ratio}\n";

/* AvgDist of cells of 4 to 64 pixels at 192 with ratio .6, from many masks drawn with NumPy. */
START_TEST(distances_are_those_of_many_masks) {
    static const struct {
        const char *set;
        int64_t cell, hidden;
        double distance, within;
    } known[] = {{"cell=1", 1, 1383, 2.1, 0.03},
                 {"cell=2", 2, 346, 3.7, 0.03},
                 {"cell=4", 4, 87, 7.25, 0.1},
                 {"cell=8", 8, 22, 15.3, 0.3},
                 {"cell=16", 16, 6, 36.2, 1.5}};
    sg_error error = {0};
    for (int k = 0; k < 5; k++) {
        sg_masks masks;
        assert_ok(draw(&masks, plain, known[k].set, (sg_masks_options){.draws = 600}, &error));
        const sg_mask_info *m = masks.mask;
        ck_assert(masks.count == 1 && masks.seed == 0 && !masks.note && !masks.random);
        ck_assert_str_eq(m->name, "mask");
        ck_assert_str_eq(m->kind, "random_mask");
        ck_assert_str_eq(m->image, "image");
        ck_assert(m->rows == 48 && m->columns == 48 && m->down == 4 && m->across == 4 && m->draws == 600);
        ck_assert_int_eq(m->cell, known[k].cell);
        ck_assert_int_eq(m->least, known[k].hidden * known[k].cell * known[k].cell);
        ck_assert(m->most == m->least && m->mean == (double)m->least && !m->none && !m->all);
        ck_assert_msg(fabs(m->distance - known[k].distance) <= known[k].within, "%s: %g", known[k].set,
                      m->distance);
        sg_masks_finish(&masks);
    }
}
END_TEST

START_TEST(nothing_hidden_or_nothing_visible) {
    sg_error error = {0};
    sg_masks masks;
    assert_ok(draw(&masks, plain, "ratio=0", (sg_masks_options){.draws = 7}, &error));
    ck_assert(masks.mask->none == 7 && masks.mask->all == 0 && isnan(masks.mask->distance));
    ck_assert(masks.mask->cell == 1 && masks.mask->most == 0);
    sg_masks_finish(&masks);
    assert_ok(draw(&masks, plain, "ratio=1", (sg_masks_options){.draws = 7}, &error));
    ck_assert(masks.mask->none == 0 && masks.mask->all == 7 && isnan(masks.mask->distance));
    sg_masks_finish(&masks);
    /* A mask of one cell, hidden in about half of the samples: nothing is left to measure. */
    static const char some[] =
        "simgraph: 1\n"
        "nodes:\n"
        "  u: random_uniform(shape=[batch, 1, 1])\n"
        "  coin: (u < 0.5) / 1\n"
        "  cells: reshape(random_uniform(shape=[batch, 4]) < 0.5, shape=[batch, 2, 2])\n";
    assert_ok(draw(&masks, some, NULL, (sg_masks_options){.name = "coin", .draws = 200}, &error));
    const sg_mask_info *m = masks.mask;
    ck_assert(m->none > 60 && m->all > 60 && m->none + m->all == 200 && isnan(m->distance));
    ck_assert(!m->image && m->down == 1 && m->across == 1 && m->least == 0 && m->most == 1);
    sg_masks_finish(&masks);
    /* Integers will do; 1/16 each hide nothing or everything, and the others have a distance. */
    assert_ok(draw(&masks, some, NULL, (sg_masks_options){.name = "cells", .draws = 800}, &error));
    m = masks.mask;
    ck_assert(m->none > 20 && m->none < 90 && m->all > 20 && m->all < 90);
    /* Of the 14 others: 4 x 1, 4 x 1, 2 x 1, 4 x (1 + 1 + sqrt 2) / 3. */
    ck_assert_double_eq_tol(m->distance, (10 + 4 * (2 + sqrt(2)) / 3) / 14, 0.01);
    ck_assert_str_eq(m->kind, "reshape");
    sg_masks_finish(&masks);
}
END_TEST

START_TEST(masks_are_found) {
    static const char text[] = "simgraph: 1\n"
                               "blocks:\n"
                               "  both:\n"
                               "    doc: two masks in one, which is one\n"
                               "    args: {shape: [int], ratio: 0.5}\n"
                               "    nodes:\n"
                               "      a: random_mask(shape=shape, ratio=ratio)\n"
                               "      b: random_mask(shape=shape, ratio=ratio)\n"
                               "      y: logical_or(a, b) / 1\n"
                               "    outputs: {mask: y, first: a}\n"
                               "  encoder:\n"
                               "    doc: drops tokens; its mask is its second output\n"
                               "    inputs: {image: [b, c, h, w]}\n"
                               "    nodes:\n"
                               "      hide: {op: drop_mask, shape: \"[b, h * w / 16]\", ratio: 0.75}\n"
                               "      y: mean(image, axis=[1, 2, 3])\n"
                               "    outputs: {codes: y, mask: hide}\n"
                               "nodes:\n"
                               "  image: {op: input, shape: [batch, 3, 32, 24]}\n"
                               "  tall: {op: block_mask, shape: [batch, 8, 6], ratio: 0.5}\n"
                               "  two: {op: both, shape: [batch, 16, 12]}\n"
                               "  codes: {op: encoder, in: image}\n"
                               "  views: {op: random_mask, shape: [2 * batch, 8, 4], ratio: 0.5}\n"
                               "  square: {op: random_mask, shape: [batch, 25], ratio: 0.4}\n"
                               "  row: {op: random_mask, shape: [batch, 7], ratio: 0.4}\n"
                               "  pixels: spread_mask(two, image)\n"
                               "  wide: {op: checkerboard_mask, shape: [batch, 4, 24]}\n";
    static const struct {
        const char *name, *kind;
        int64_t rows, columns, down, across;
    } wanted[] = {
        {"tall", "block_mask", 8, 6, 4, 4},         {"two", "both", 16, 12, 2, 2},
        {"codes.hide", "drop_mask", 8, 6, 4, 4},    {"views", "random_mask", 8, 4, 4, 6},
        {"square", "random_mask", 5, 5, 1, 1},      {"row", "random_mask", 1, 7, 1, 1},
        {"wide", "checkerboard_mask", 4, 24, 8, 1},
    };
    sg_error error = {0};
    sg_masks masks;
    assert_ok(draw(&masks, text, NULL, (sg_masks_options){.draws = 33, .shown = 5, .seeded = true, .seed = 9},
                   &error));
    ck_assert_int_eq(masks.count, 7);
    ck_assert_int_eq((int)masks.seed, 9);
    for (int i = 0; i < 7; i++) {
        const sg_mask_info *m = &masks.mask[i];
        ck_assert_str_eq(m->name, wanted[i].name);
        ck_assert_str_eq(m->kind, wanted[i].kind);
        ck_assert_msg(m->rows == wanted[i].rows && m->columns == wanted[i].columns &&
                          m->down == wanted[i].down && m->across == wanted[i].across,
                      "%s: %d x %d of %d x %d", m->name, (int)m->rows, (int)m->columns, (int)m->down,
                      (int)m->across);
        ck_assert_int_eq(m->draws, 33);
        ck_assert(m->shown.shape.rank == 3 && m->shown.shape.dim[0] == 5 && !m->pictures.data);
    }
    ck_assert_str_eq(masks.note, "the file has no section `data`");
    ck_assert(!masks.random && masks.mask[5].draws == 33);
    sg_masks_finish(&masks);
    /* A mask of pixels, by its name. */
    assert_ok(draw(&masks, text, NULL, (sg_masks_options){.name = "pixels", .draws = 3}, &error));
    ck_assert(masks.mask->rows == 32 && masks.mask->columns == 24 && masks.mask->cell == 2);
    ck_assert_str_eq(masks.mask->kind, "spread_mask");
    sg_masks_finish(&masks);
    assert_ok(draw(&masks, text, NULL, (sg_masks_options){.name = "two", .draws = 3}, &error));
    ck_assert_str_eq(masks.mask->kind, "both");
    sg_masks_finish(&masks);
}
END_TEST

/* What is shown are the masks that `eval` gives for the same seed, sample by sample. */
START_TEST(masks_are_those_of_the_samples) {
    static const char text[] = "simgraph: 1\n"
                               "nodes: {mask: {op: random_mask, shape: [2 * batch, 5, 6], ratio: 0.4}}\n";
    enum { DRAWS = 150, EACH = 30 };
    sg_error error = {0};
    sg_masks masks;
    sg_arrays arrays = {0};
    assert_ok(draw(&masks, text, NULL,
                   (sg_masks_options){.draws = DRAWS, .shown = DRAWS, .seeded = true, .seed = 4}, &error));
    sg_document *document = load(text);
    sg_diagnostics *diagnostics;
    sg_context *context;
    sg_evaluate_options options = {
        .size = sizeof options, .batch = DRAWS / 2, .training = true, .float_type = SG_F64, .seed = 4};
    assert_ok(sg_diagnostics_create(&diagnostics, &error));
    assert_ok(sg_context_create(&context, NULL, &error));
    assert_ok(sg_document_evaluate(&arrays, context, document, &options, diagnostics, &error));
    const sg_tensor *wanted = sg_arrays_find(&arrays, "mask");
    for (int i = 0; i < DRAWS * EACH; i++)
        ck_assert(sg_tensor_get(wanted, i) == sg_tensor_get(&masks.mask->shown, i));
    sg_arrays_finish(&arrays);
    sg_context_destroy(context);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
    sg_masks_finish(&masks);
}
END_TEST

static const char ranked[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
    "  score: {op: input, shape: [batch, 4, 4]}\n"
    "  w: {op: weight, shape: [1], init: ones}\n"
    "  dark: mean(reshape(image, shape=[batch, 4, 2, 4, 2]), axis=[2, 4])\n"
    "  bright: {op: attended_mask, in: dark, ratio: 0.25}\n"
    "  fed: {op: attended_mask, in: score, ratio: 0.25}\n"
    "  weighted: {op: attended_mask, in: dark2, ratio: 0.25}\n"
    "  dark2: dark * w\n"
    "  loss: mean(image * w) + 0 * mean(score)\n"
    "data: {train: {op: shapes, size: 8, count: 20, fields: {image: [normalise]}}}\n"
    "train: {minimize: loss, steps: 1, batch: 8, seed: 3, optimizer: {op: sgd, lr: 0.1}}\n";

START_TEST(masks_take_the_data) {
    sg_error error = {0};
    sg_masks masks;
    assert_ok(
        draw(&masks, ranked, NULL, (sg_masks_options){.name = "bright", .draws = 50, .shown = 30}, &error));
    ck_assert(masks.seed == 3 && !masks.note && !masks.random && masks.count == 1);
    const sg_mask_info *m = masks.mask;
    ck_assert(m->pictures.data && m->pictures.shape.dim[0] == 30 && m->pictures.shape.dim[3] == 8);
    for (int i = 0; i < 30; i++) {
        /* The 4 brightest of 16 cells are hidden; sample 20 is sample 0 again. */
        double least = INFINITY, most = -INFINITY;
        for (int cell = 0; cell < 16; cell++) {
            double sum = 0;
            for (int p = 0; p < 4; p++)
                sum +=
                    sg_tensor_get(&m->pictures, i * 64 + (cell / 4 * 2 + p / 2) * 8 + cell % 4 * 2 + p % 2);
            bool hidden = sg_tensor_get(&m->shown, i * 16 + cell) != 0;
            if (hidden) least = fmin(least, sum);
            if (!hidden) most = fmax(most, sum);
        }
        ck_assert_msg(least >= most - 1e-5, "mask %d: %g, %g", i, least, most);
    }
    /* `normalise` is undone: a value becomes a pixel in 0..1. */
    for (int i = 0; i < 30 * 64; i++) {
        double pixel = sg_tensor_get(&m->pictures, i) * m->scale[0] + m->shift[0];
        ck_assert(pixel > -1e-6 && pixel < 1 + 1e-6);
    }
    sg_masks_finish(&masks);
    /* Without a field its numbers are random, and the same again. */
    assert_ok(draw(&masks, ranked, NULL, (sg_masks_options){.name = "fed", .draws = 9, .shown = 9}, &error));
    ck_assert_str_eq(masks.note, "no field of the data feeds the input `score`");
    ck_assert(masks.random && masks.mask->mean == 4);
    sg_masks other;
    assert_ok(draw(&other, ranked, "train.batch=1", (sg_masks_options){.name = "fed", .draws = 9, .shown = 9},
                   &error));
    for (int i = 0; i < 9 * 16; i++)
        ck_assert(sg_tensor_get(&masks.mask->shown, i) == sg_tensor_get(&other.mask->shown, i));
    sg_masks_finish(&masks);
    sg_masks_finish(&other);
    /* Weights, and files that are not there. */
    assert_ok(draw(&masks, ranked, NULL, (sg_masks_options){.name = "weighted", .draws = 9}, &error));
    ck_assert(!masks.note);
    sg_masks_finish(&masks);
    const char *set = "data.train={op: arrays, path: nowhere.npz, fields: {image: []}}";
    assert_ok(draw(&masks, ranked, set, (sg_masks_options){.name = "bright", .draws = 9}, &error));
    ck_assert_str_eq(masks.note, "data split `train`: cannot read `nowhere.npz`: No such file or directory");
    ck_assert(masks.random);
    sg_masks_finish(&masks);
}
END_TEST

START_TEST(what_is_no_mask_is_refused) {
    sg_error error = {0};
    sg_masks masks;
    static const char text[] = "simgraph: 1\n"
                               "nodes:\n"
                               "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
                               "  colour: {op: input, shape: [batch, 3, 8, 8]}\n"
                               "  none: {op: random_mask, shape: [batch, 0], ratio: 0.5}\n"
                               "  half: {op: random_mask, shape: [batch, 2, 2], ratio: 0.5}\n"
                               "  soft: half * 0.25\n"
                               "  mean: mean(image)\n"
                               "  broken: half / (half - half)\n";
#define REFUSED(of, status, message)                                                                   \
    assert_fails(draw(&masks, text, NULL, (sg_masks_options){.name = of, .draws = 3}, &error), status, \
                 message);                                                                             \
    ck_assert(!masks.count && !masks.mask && !masks.note)
    REFUSED("hal", SG_BAD_USAGE, "the graph has no value `hal`; did you mean `half`?");
    REFUSED("entirely_different", SG_BAD_USAGE, "the graph has no value `entirely_different`");
    REFUSED("mean", SG_BAD_GRAPH,
            "`mean` is no mask: it is [], and not [samples, rows, columns] or [samples, tokens]");
    REFUSED("colour", SG_BAD_GRAPH,
            "`colour` is no mask: it is [batch, 3, 8, 8], and not [samples, rows, columns] or [samples, "
            "tokens]");
    REFUSED("none", SG_BAD_GRAPH,
            "`none` is no mask: it is [batch, 0], and not [samples, rows, columns] or [samples, tokens]");
    REFUSED("soft", SG_BAD_GRAPH, "`soft` is no mask: it holds 0.25, and not 0 and 1 alone");
    REFUSED("broken", SG_BAD_GRAPH, "`broken` is no mask: it holds nan, and not 0 and 1 alone");
    static const char maskless[] = "simgraph: 1\n"
                                   "nodes:\n"
                                   "  image: {op: input, shape: [batch, 1, 8, 8]}\n"
                                   "  y: image * 2\n";
    assert_fails(
        draw(&masks, maskless, NULL, (sg_masks_options){.draws = 3}, &error), SG_BAD_GRAPH,
        "the graph has no mask: no op or block in it has an output named `mask`; --node names any other "
        "value");
    assert_fails(draw(&masks, plain, NULL, (sg_masks_options){.draws = 0}, &error), SG_BAD_USAGE,
                 "at least 1 mask must be drawn");
}
END_TEST

/* ---- sheets ---- */

static const uint8_t *pixel(const sg_image *sheet, int x, int y) {
    return sheet->pixels + (size_t)(y * sheet->width + x) * 3;
}

START_TEST(sheets_show_masks) {
    enum { MARGIN = 20, TOP = 20 + 9 * 2 + 8, TILE = 64, GAP = 8 };
    float numbers[3 * 3 * 4 * 4];
    uint8_t bits[3 * 2 * 2] = {1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0};
    static const double scale[3] = {0.5, 0.5, 0.5}, shift[3] = {0.25, 0.25, 0.25};
    static const uint8_t hidden[3] = {138, 157, 184}, visible[3] = {224, 222, 214};
    for (int i = 0; i < 3 * 3 * 4 * 4; i++) numbers[i] = (float)(i % 5) / 4;
    sg_tensor mask = sg_tensor_view(SG_U8, SG_SHAPE(3, 2, 2), bits),
              image = sg_tensor_view(SG_F32, SG_SHAPE(3, 3, 4, 4), numbers);
    const sg_mask_sheet_part parts[] = {
        {.caption = "on images", .mask = &mask, .image = &image, .scale = scale, .shift = shift},
        {.caption = "plain", .mask = &mask, .down = 2, .across = 4}};
    sg_mask_sheet_options options = {.size = sizeof options, .parts = parts, .part_count = 2, .columns = 2};
    sg_error error = {0};
    sg_image sheet;
    assert_ok(sg_mask_sheet_draw(&sheet, &options, &error));
    int second = TOP + 2 * (TILE + GAP) - GAP + 20 + 9 * 2 + 8;
    ck_assert_int_eq(sheet.width, 2 * MARGIN + 2 * TILE + GAP);
    ck_assert_int_eq(sheet.height, second + 2 * (TILE / 2 + GAP) - GAP + MARGIN);
    for (int k = 0; k < 3; k++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++) {
                int left = MARGIN + k % 2 * (TILE + GAP), top = TOP + k / 2 * (TILE + GAP);
                const uint8_t *at = pixel(&sheet, left + x * 16 + 8, top + y * 16 + 8);
                const uint8_t *below =
                    pixel(&sheet, left + x * 16 + 8, second + k / 2 * (TILE / 2 + GAP) + y * 8 + 4);
                bool covered = bits[k * 4 + y / 2 * 2 + x / 2];
                for (int c = 0; c < 3; c++) {
                    double value = numbers[((k * 3 + c) * 4 + y) * 4 + x] * 0.5 + 0.25;
                    ck_assert_int_eq(at[c], covered ? hidden[c] : (int)(value * 255 + 0.5));
                    ck_assert_int_eq(below[c], covered ? hidden[c] : visible[c]);
                }
            }
    sg_image_finish(&sheet);

    const sg_tensor flat = sg_tensor_view(SG_U8, SG_SHAPE(3, 4), bits),
                    few = sg_tensor_view(SG_F32, SG_SHAPE(2, 3, 4, 4), numbers),
                    odd = sg_tensor_view(SG_F32, SG_SHAPE(3, 1, 5, 4), numbers);
    const struct {
        sg_mask_sheet_part part;
        const char *message;
    } bad[] = {
        {{.caption = "", .mask = &flat, .down = 1, .across = 1},
         "a sheet of masks needs masks [b, gh, gw], not [3, 4]"},
        {{.caption = "", .mask = &mask}, "a sheet of masks needs masks [b, gh, gw], not [3, 2, 2]"},
        {{.caption = "", .mask = &mask, .image = &few},
         "masks [3, 2, 2] need images [b, c, h, w] of a float type that they divide, not [2, 3, 4, 4]"},
        {{.caption = "", .mask = &mask, .image = &odd},
         "masks [3, 2, 2] need images [b, c, h, w] of a float type that they divide, not [3, 1, 5, 4]"},
        {{.caption = "", .mask = &mask, .down = 1 << 16, .across = 1},
         "masks of 2 x 131072 are too large for a sheet"},
        {{.caption = "", .mask = &mask, .down = 1 << 14, .across = 1 << 13},
         "a sheet of 16424 x 98386 pixels is too large: draw fewer masks"},
    };
    options.part_count = 1;
    options.columns = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        options.parts = &bad[i].part;
        assert_fails(sg_mask_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE, bad[i].message);
    }
    options.part_count = 0;
    assert_fails(sg_mask_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE, "a sheet of masks needs masks");
    options.size = 1;
    assert_fails(sg_mask_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
                 "sg_mask_sheet_options has another size");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {distances_are_those_of_all_pairs,
                                  distances_are_those_of_many_masks,
                                  nothing_hidden_or_nothing_visible,
                                  masks_are_found,
                                  masks_are_those_of_the_samples,
                                  masks_take_the_data,
                                  what_is_no_mask_is_refused,
                                  sheets_show_masks,
                                  NULL};
    return unit_run(unit_suite("masks", tests));
}
