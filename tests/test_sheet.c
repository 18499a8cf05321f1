/* Sheets of reconstructions, and their font. */
#include "scratch.h"

#include "draw/font.h"
#include "draw/name.h"
#include "simgraph/sheet.h"

#include <math.h>

enum { SIDE = 8, GRID = 2, TILE = 128, MARGIN = 20, GAP = 14, TOP = 20 + 9 * 2 + 10 };

static float image[2 * 4 * SIDE * SIDE], output[2 * 4 * SIDE * SIDE];
static int32_t mask[2 * GRID * GRID] = {1, 0, 0, 0, 0, 0, 0, 1};

/* Where image is v, output is -v; a pixel is v / 4 + 1 / 2. */
static sg_sheet_options options_of(sg_tensor *tensors, int channels) {
    static const double scale[4] = {0.25, 0.25, 0.25, 0.25}, shift[4] = {0.5, 0.5, 0.5, 0.5};
    for (int i = 0; i < 2 * channels * SIDE * SIDE; i++) {
        image[i] = (float)(i % 7) / 4;
        output[i] = -image[i];
    }
    tensors[0] = sg_tensor_view(SG_F32, SG_SHAPE(2, channels, SIDE, SIDE), image);
    tensors[1] = sg_tensor_view(SG_F32, SG_SHAPE(2, channels, SIDE, SIDE), output);
    tensors[2] = sg_tensor_view(SG_I32, SG_SHAPE(2, GRID, GRID), mask);
    return (sg_sheet_options){.size = sizeof(sg_sheet_options),
                              .image = &tensors[0],
                              .output = &tensors[1],
                              .mask = &tensors[2],
                              .scale = scale,
                              .shift = shift};
}

/* The middle of sample pixel (x, y) in a row and a column of the sheet. */
static const uint8_t *pixel(const sg_image *sheet, int column, int row, int x, int y) {
    int left = MARGIN + column * (TILE + GAP) + x * 16 + 8, top = TOP + row * (TILE + 10) + y * 16 + 8;
    return sheet->pixels + (size_t)(top * sheet->width + left) * 3;
}

static uint8_t level(const float *values, int channels, int row, int c, int x, int y) {
    return (uint8_t)((values[((row * channels + c) * SIDE + y) * SIDE + x] * 0.25 + 0.5) * 255 + 0.5);
}

START_TEST(four_columns) {
    sg_error error = {0};
    sg_tensor tensors[3];
    for (int channels = 1; channels <= 4; channels++) {
        sg_sheet_options options = options_of(tensors, channels);
        sg_image sheet;
        assert_ok(sg_sheet_draw(&sheet, &options, &error));
        ck_assert(sheet.channels == 3 && sheet.width == 2 * MARGIN + 4 * TILE + 3 * GAP);
        ck_assert_int_eq(sheet.height, TOP + 2 * TILE + 10 + MARGIN);
        for (int row = 0; row < 2; row++)
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++) {
                    bool covered = mask[(row * GRID + y / 4) * GRID + x / 4];
                    for (int k = 0; k < 3; k++) {
                        int c = channels >= 3 ? k : 0;
                        uint8_t a = level(image, channels, row, c, x, y),
                                b = level(output, channels, row, c, x, y);
                        ck_assert_int_eq(pixel(&sheet, 0, row, x, y)[k], a);
                        if (!covered) ck_assert_int_eq(pixel(&sheet, 1, row, x, y)[k], a);
                        ck_assert_int_eq(pixel(&sheet, 2, row, x, y)[k], b);
                        ck_assert_int_eq(pixel(&sheet, 3, row, x, y)[k], covered ? b : a);
                    }
                    if (covered) ck_assert_mem_eq(pixel(&sheet, 1, row, x, y), pixel(&sheet, 1, 0, 0, 0), 3);
                }
        sg_image_finish(&sheet);
    }
}
END_TEST

START_TEST(fewer_rows_and_no_mask) {
    sg_error error = {0};
    sg_tensor tensors[3];
    sg_sheet_options options = options_of(tensors, 1);
    options.mask = NULL;
    options.rows = 1;
    options.scale = options.shift = NULL;
    image[0] = NAN, image[1] = 7, image[2] = -7;
    sg_image sheet;
    assert_ok(sg_sheet_draw(&sheet, &options, &error));
    ck_assert(sheet.width == 2 * MARGIN + 2 * TILE + GAP && sheet.height == TOP + TILE + MARGIN);
    ck_assert(pixel(&sheet, 0, 0, 0, 0)[0] == 0 && pixel(&sheet, 0, 0, 1, 0)[1] == 255);
    ck_assert_int_eq(pixel(&sheet, 0, 0, 2, 0)[2], 0);
    sg_image_finish(&sheet);
    assert_ok(sg_sheet_save("x.png", &options, &error));
    assert_ok(sg_image_load_png(&sheet, "x.png", 0, &error));
    ck_assert_int_eq(sheet.width, 2 * MARGIN + 2 * TILE + GAP);
    sg_image_finish(&sheet);
}
END_TEST

/* A name stands above its row: without it the rows are as they were, and apart by its height. */
START_TEST(rows_with_names) {
    static const char *const names[] = {"IIII", ""};
    enum { NAME = 9 * 2 + 6 };
    sg_error error = {0};
    sg_tensor tensors[3];
    sg_sheet_options options = options_of(tensors, 3);
    sg_image plain, named;
    assert_ok(sg_sheet_draw(&plain, &options, &error));
    options.names = names;
    assert_ok(sg_sheet_draw(&named, &options, &error));
    ck_assert_int_eq(named.height, plain.height + 2 * NAME);
    ck_assert_ptr_nonnull(strstr(named.comment, "top 72 width 128 height 128 across 142 down 162 px"));
    size_t row = (size_t)plain.width * 3;
    for (int k = 0; k < 2; k++)
        ck_assert_mem_eq(named.pixels + (size_t)(TOP + NAME + k * (TILE + 10 + NAME)) * row,
                         plain.pixels + (size_t)(TOP + k * (TILE + 10)) * row, TILE * row);
    for (int k = 0; k < 2; k++) {
        bool empty = true;
        const uint8_t *at = named.pixels + (size_t)(TOP + k * (TILE + 10 + NAME)) * row;
        for (size_t i = 0; i < (NAME - 6) * row; i++) empty = empty && at[i] == plain.pixels[i % 3];
        ck_assert_int_eq(empty, k);
    }
    sg_image_finish(&plain);
    sg_image_finish(&named);
}
END_TEST

/* Many samples go on beside one another, each with its name above it; a few stay in one strip. */
START_TEST(strips_of_samples) {
    enum { MANY = 40, WIDE = 96, STRIP = 2 * WIDE + 8 + 24, DOWN = WIDE + 8 + 22, ROWS = 8 };
    static float pixels[MANY * 16];
    static const char *names[MANY];
    sg_error error = {0};
    for (int i = 0; i < MANY; i++) {
        names[i] = i == MANY - 1 ? "last" : "";
        for (int k = 0; k < 16; k++) pixels[i * 16 + k] = (float)i / MANY;
    }
    sg_tensor images = sg_tensor_view(SG_F32, SG_SHAPE(MANY, 1, 4, 4), pixels);
    sg_sample_column columns[] = {{.caption = "a", .image = &images}, {.caption = "b", .image = &images}};
    sg_sample_sheet_options options = {
        .size = sizeof options, .columns = columns, .column_count = 2, .rows = MANY, .names = names};
    sg_image sheet = {0};
    assert_ok(sg_sample_sheet_draw(&sheet, &options, &error));
    ck_assert_int_eq(sheet.width, 2 * MARGIN + 5 * STRIP - 24);
    ck_assert_int_eq(sheet.height, 68 + ROWS * DOWN - 8 - 22 + MARGIN);
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < 2; k++) {
            int x = MARGIN + i / ROWS * STRIP + k * (WIDE + 8), y = 68 + i % ROWS * DOWN;
            const uint8_t *corner = sheet.pixels + ((size_t)y * (size_t)sheet.width + (size_t)x) * 3;
            ck_assert_int_eq(corner[0], sg_image_level((double)pixels[i * 16]));
        }
    sg_image_finish(&sheet);
    options.rows = 3;
    assert_ok(sg_sample_sheet_draw(&sheet, &options, &error));
    ck_assert_int_eq(sheet.width, 2 * MARGIN + STRIP - 24);
    sg_image_finish(&sheet);
}
END_TEST

/* A long sheet that may go on beside itself, each strip with captions and names; without leave it does not.
 */
START_TEST(strips_of_reconstructions) {
    enum { MANY = 11, LINES = 6, STRIP = 4 * TILE + 3 * GAP + 24, NAME = 9 * 2 + 6, DOWN = TILE + 10 + NAME };
    static float pixels[MANY * 4];
    static const char *names[MANY];
    sg_error error = {0};
    for (int i = 0; i < MANY * 4; i++) pixels[i] = (float)(i / 4) / MANY;
    for (int i = 0; i < MANY; i++) names[i] = i == LINES ? "first of the next strip" : "";
    int32_t hidden[MANY] = {0};
    sg_tensor images = sg_tensor_view(SG_F32, SG_SHAPE(MANY, 1, 2, 2), pixels),
              masks = sg_tensor_view(SG_I32, SG_SHAPE(MANY, 1, 1), hidden);
    sg_sheet_options options = {.size = sizeof options,
                                .image = &images,
                                .output = &images,
                                .mask = &masks,
                                .rows = MANY,
                                .names = names,
                                .wrap = true};
    sg_image sheet = {0};
    assert_ok(sg_sheet_draw(&sheet, &options, &error));
    ck_assert_int_eq(sheet.width, 2 * MARGIN + 2 * STRIP - 24);
    ck_assert_int_eq(sheet.height, TOP + LINES * DOWN - 10 + MARGIN);
    ck_assert_ptr_nonnull(strstr(sheet.comment, "columns 4 rows 6 left"));
    ck_assert_ptr_nonnull(strstr(sheet.comment, " px, strips 2 across 578 px"));
    size_t line = (size_t)sheet.width * 3;
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < 4; k++) {
            int x = MARGIN + i / LINES * STRIP + k * (TILE + GAP), y = TOP + NAME + i % LINES * DOWN;
            ck_assert_int_eq(sheet.pixels[(size_t)y * line + (size_t)x * 3], sg_image_level(pixels[i * 4]));
        }
    for (int y = MARGIN; y < MARGIN + 18; y++) /* the same captions above both */
        ck_assert_mem_eq(sheet.pixels + (size_t)y * line + MARGIN * 3,
                         sheet.pixels + (size_t)y * line + (MARGIN + STRIP) * 3, (STRIP - 24) * 3);
    for (int strip = 0; strip < 2; strip++) { /* a name above the second alone */
        bool empty = true;
        const uint8_t *paper = sheet.pixels;
        for (int y = TOP; y < TOP + 18; y++)
            for (int x = MARGIN + strip * STRIP; x < MARGIN + strip * STRIP + 100; x++)
                empty = empty && sheet.pixels[(size_t)y * line + (size_t)x * 3] == paper[0];
        ck_assert_int_eq(empty, strip == 0);
    }
    sg_image_finish(&sheet);
    options.wrap = false;
    assert_ok(sg_sheet_draw(&sheet, &options, &error));
    ck_assert_int_eq(sheet.width, 2 * MARGIN + STRIP - 24);
    ck_assert_ptr_null(strstr(sheet.comment, "strips"));
    sg_image_finish(&sheet);
}
END_TEST

START_TEST(masks_in_colour) {
    sg_error error = {0};
    sg_tensor tensors[3];
    for (int channels = 3; channels <= 4; channels++) {
        sg_sheet_options options = options_of(tensors, channels);
        sg_mask_sheet_part part = {.caption = "m", .mask = options.mask, .image = options.image};
        sg_mask_sheet_options all = {.size = sizeof all, .parts = &part, .part_count = 1};
        for (int i = 0; i < 2 * channels * SIDE * SIDE; i++)
            image[i] = i / (SIDE * SIDE) % channels == 1; /* green */
        sg_image sheet;
        assert_ok(sg_mask_sheet_draw(&sheet, &all, &error));
        int green = 0;
        for (int i = 0; i < sheet.width * sheet.height; i++)
            green += memcmp(sheet.pixels + (size_t)i * 3, (uint8_t[]){0, 255, 0}, 3) == 0;
        ck_assert_int_gt(green, 0);
        ck_assert_int_eq(green % (6 * SIDE * SIDE / 4), 0); /* 6 of 8 quarters, enlarged */
        sg_image_finish(&sheet);
    }
}
END_TEST

START_TEST(refuses) {
    sg_error error = {0};
    sg_tensor tensors[3];
    sg_sheet_options options = options_of(tensors, 1);
    sg_image sheet = {0};
    tensors[1].shape.dim[3] = 4;
    assert_fails(
        sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
        "a sheet needs image and output of one shape [b, c, h, w], not [2, 1, 8, 8] and [2, 1, 8, 4]");
    options = options_of(tensors, 1);
    tensors[2].shape.dim[1] = 3;
    assert_fails(
        sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
        "a sheet of images [2, 1, 8, 8] needs a mask [b, gh, gw] that divides h and w, not [2, 3, 2]");
    options = options_of(tensors, 1);
    tensors[0].type = SG_I32;
    assert_fails(sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
                 "a sheet needs image and output of a float type");
    options = options_of(tensors, 1);
    tensors[0].shape.dim[0] = tensors[1].shape.dim[0] = 0;
    assert_fails(sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
                 "a sheet needs images, not [0, 1, 8, 8]");
    tensors[0].shape = tensors[1].shape = SG_SHAPE(1, 1, 1, 40000);
    options.mask = NULL;
    assert_fails(sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
                 "images of 40000 x 1 are too large for a sheet");
    tensors[0].shape = tensors[1].shape = SG_SHAPE(1, 1, 30000, 1);
    assert_fails(sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE,
                 "a sheet of 310 x 3840068 pixels is too large: draw fewer samples");
    tensors[0].data = tensors[1].data = NULL;
    assert_fails(sg_sheet_check(&options, &error), SG_BAD_USAGE,
                 "a sheet of 310 x 3840068 pixels is too large: draw fewer samples");
    tensors[0].shape = tensors[1].shape = SG_SHAPE(100, 1, 32, 32);
    assert_ok(sg_sheet_check(&options, &error));
    options.size = 0;
    assert_fails(sg_sheet_draw(&sheet, &options, &error), SG_BAD_USAGE, "sg_sheet_options has another size");
    ck_assert_ptr_null(sheet.pixels);
}
END_TEST

START_TEST(font) {
    sg_error error = {0};
    ck_assert_int_eq(sg_font_width(""), 0);
    ck_assert_int_eq(sg_font_width("i"), 1);
    ck_assert_int_eq(sg_font_width("I a"), 3 + 1 + 3 + 1 + 4);
    ck_assert_int_eq(sg_font_width("\xc3\x84n\xcc\x83"), 4 + 1 + 4);         /* accents are left out */
    ck_assert_int_eq(sg_font_width("\xe6\x97\xa5\xff#"), 4 + 1 + 4 + 1 + 4); /* boxes */
    ck_assert_int_le(sg_font_width("reconstruction") * 2, TILE);
    sg_image small;
    assert_ok(sg_image_init(&small, 12, 18, 1, &error));
    sg_font_draw(&small, 0, 0, "tj-", 2, (uint8_t[]){1, 1, 1}); /* cut off at the right */
    static const char expected[] = "##........##"
                                   "##.........."
                                   "######....##"
                                   "##........##"
                                   "##........##"
                                   "##........##"
                                   "..####....##"
                                   "..........##"
                                   "........##..";
    for (int row = 0; row < 9; row++)
        for (int x = 0; x < 12; x++)
            ck_assert_int_eq(small.pixels[2 * row * 12 + x], expected[row * 12 + x] == '#');
    sg_image_finish(&small);
}
END_TEST

START_TEST(long_names) {
    static const char *const names[] = {"summer/camera_a/0001.png", "summer/camera_b/0001.png"};
    static const char *const accents[] = {"\xc3\x84x", "\xc3\xa4x"};
    ck_assert_uint_eq(sg_name_shared(names, 2), strlen("summer/camera_"));
    ck_assert_uint_eq(sg_name_shared(names, 1), 0);
    ck_assert_uint_eq(sg_name_shared(accents, 2), 0); /* their first byte is no letter */
    static const struct {
        const char *name;
        size_t shared;
        int width;
        const char *shown;
    } cases[] = {
        {"iiii", 2, 7, "iiii"},
        {"jjjjjj", 4, 16, "...jjj"}, /* no more of what they share than must be */
        {"mmjjjj", 2, 18, "...jjjj"},
        {"mmjjjjjjjjj", 2, 24, "...jj...jj"},
        {"abcdefgh", 0, 25, "ab...gh"},
        {"a\xc3\xa4\xc3\xa4\xc3\xa4h", 0, 15, "a...h"},
        {"abc", 0, 2, "..."},
        {"", 0, 0, ""},
    };
    sg_text shown = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sg_name_fit(&shown, cases[i].name, cases[i].shared, cases[i].width);
        ck_assert_str_eq(sg_text_get(&shown), cases[i].shown);
    }
    sg_text_finish(&shown);
}
END_TEST

/* Whether there is ink in these columns of the first row of names. */
static bool inked(const sg_image *sheet, int top, int from, int to) {
    for (int y = top; y < top + 9 * 2; y++)
        for (int x = from; x < to; x++)
            if (sheet->pixels[((size_t)y * (size_t)sheet->width + (size_t)x) * 3] < 128) return true;
    return false;
}

/* Names end where their row, or their strip, does. */
START_TEST(long_names_on_sheets) {
    enum { LONG = 1000, MANY = 40 };
    static char text[LONG + 1];
    static const char *names[MANY];
    static float pixels[MANY * 16];
    sg_error error = {0};
    sg_tensor tensors[3];
    sg_sheet_options options = options_of(tensors, 1);
    sg_image sheet = {0};
    memset(text, 'm', LONG);
    for (int i = 0; i < MANY; i++) names[i] = i == 0 ? text : "";
    options.names = names;
    assert_ok(sg_sheet_draw(&sheet, &options, &error));
    ck_assert(inked(&sheet, TOP, sheet.width - MARGIN - 16, sheet.width - MARGIN));
    ck_assert(!inked(&sheet, TOP, sheet.width - MARGIN, sheet.width));
    sg_image_finish(&sheet);

    sg_tensor images = sg_tensor_view(SG_F32, SG_SHAPE(MANY, 1, 4, 4), pixels);
    sg_sample_column column = {.caption = "a", .image = &images};
    sg_sample_sheet_options samples = {
        .size = sizeof samples, .columns = &column, .column_count = 1, .rows = MANY, .names = names};
    assert_ok(sg_sample_sheet_draw(&sheet, &samples, &error));
    ck_assert_int_gt(sheet.width, MARGIN + 1200 + 24);
    ck_assert(inked(&sheet, 46, MARGIN + 1200 - 16, MARGIN + 1200));
    ck_assert(!inked(&sheet, 46, MARGIN + 1200, sheet.width));
    sg_image_finish(&sheet);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sheet");
    TCase *tests = tcase_create("sheet");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, four_columns);
    tcase_add_test(tests, fewer_rows_and_no_mask);
    tcase_add_test(tests, rows_with_names);
    tcase_add_test(tests, strips_of_samples);
    tcase_add_test(tests, strips_of_reconstructions);
    tcase_add_test(tests, masks_in_colour);
    tcase_add_test(tests, refuses);
    tcase_add_test(tests, font);
    tcase_add_test(tests, long_names);
    tcase_add_test(tests, long_names_on_sheets);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
