/* Pictures in memory and PNG files. */
#include "scratch.h"

#include "simgraph/image.h"

START_TEST(sizes) {
    sg_error error = {0};
    sg_image image;
    assert_fails(sg_image_init(&image, 0, 3, 1, &error), SG_BAD_USAGE,
                 "an image of 0 x 3 pixels: sides go from 1 to 32768");
    assert_fails(sg_image_init(&image, 3, 40000, 1, &error), SG_BAD_USAGE,
                 "an image of 3 x 40000 pixels: sides go from 1 to 32768");
    assert_fails(sg_image_init(&image, 3, 3, 2, &error), SG_BAD_USAGE,
                 "an image of 2 channels: it must be 1 or 3");
    ck_assert_ptr_null(image.pixels);
    sg_image_finish(&image);
}
END_TEST

START_TEST(fills_inside_only) {
    sg_error error = {0};
    sg_image image;
    assert_ok(sg_image_init(&image, 4, 3, 1, &error));
    sg_image_fill(&image, -5, -5, 7, 6, (uint8_t[]){9, 0, 0});
    sg_image_fill(&image, 3, 2, 2147483647, 2147483647, (uint8_t[]){7, 0, 0});
    sg_image_fill(&image, 0, 2, -4, 1, (uint8_t[]){5, 0, 0});
    sg_image_fill(&image, 2147483647, 0, 1, 1, (uint8_t[]){5, 0, 0});
    static const uint8_t expected[12] = {9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
    ck_assert_mem_eq(image.pixels, expected, 12);
    sg_image_finish(&image);
}
END_TEST

START_TEST(enlarges) {
    sg_error error = {0};
    sg_image image, colour, small;
    assert_ok(sg_image_init(&small, 2, 1, 1, &error));
    small.pixels[0] = 10, small.pixels[1] = 20;
    assert_ok(sg_image_init(&colour, 3, 2, 3, &error));
    sg_image_blit(&colour, 1, 0, &small, 2);
    static const uint8_t expected[18] = {0, 0, 0, 10, 10, 10, 10, 10, 10, 0, 0, 0, 10, 10, 10, 10, 10, 10};
    ck_assert_mem_eq(colour.pixels, expected, 18);
    colour.pixels[3] = 13; /* (13 + 10 + 10) / 3 = 11 */
    assert_ok(sg_image_init(&image, 3, 2, 1, &error));
    sg_image_blit(&image, 0, 0, &colour, 1);
    static const uint8_t grey[6] = {0, 11, 10, 0, 10, 10};
    ck_assert_mem_eq(image.pixels, grey, 6);
    sg_image_finish(&image);
    sg_image_finish(&colour);
    sg_image_finish(&small);
}
END_TEST

START_TEST(png_returns) {
    sg_error error = {0};
    for (int channels = 1; channels <= 3; channels += 2) {
        sg_image image, back;
        assert_ok(sg_image_init(&image, 37, 5, channels, &error));
        for (int i = 0; i < 37 * 5 * channels; i++) image.pixels[i] = (uint8_t)(i * 7);
        assert_ok(sg_image_save_png(&image, "x.png", &error));
        assert_ok(sg_image_load_png(&back, "x.png", 0, &error));
        ck_assert(back.width == 37 && back.height == 5 && back.channels == channels);
        ck_assert_mem_eq(back.pixels, image.pixels, (size_t)(37 * 5 * channels));
        sg_image_finish(&back);
        assert_ok(sg_image_load_png(&back, "x.png", 4 - channels, &error));
        ck_assert_int_eq(back.channels, 4 - channels);
        sg_image_finish(&back);
        sg_image_finish(&image);
    }
}
END_TEST

START_TEST(png_refused) {
    sg_error error = {0};
    sg_image image;
    assert_fails(sg_image_load_png(&image, "x.png", 0, &error), SG_IO_ERROR,
                 "cannot read `x.png`: No such file or directory");
    scratch_write("x.png", "GIF89a.................", 23);
    assert_fails(sg_image_load_png(&image, "x.png", 0, &error), SG_BAD_DATA, "`x.png` is no PNG file");
    assert_ok(sg_image_init(&image, 40, 40, 1, &error));
    for (int i = 0; i < 1600; i++) image.pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    assert_ok(sg_image_save_png(&image, "x.png", &error));
    sg_image_finish(&image);
    size_t bytes;
    unsigned char *data = scratch_read("x.png", &bytes);
    scratch_write("x.png", data, bytes / 2);
    ck_assert_int_eq(sg_image_load_png(&image, "x.png", 0, &error), SG_BAD_DATA);
    ck_assert_int_eq(strncmp(error.message, "`x.png` is damaged: libpng: ", 28), 0);
    /* A header that claims 30,000 x 30,000 pixels, with its CRC made right. */
    static const unsigned char huge[] = {0x89, 'P',  'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0,    0,
                                         13,   'I',  'H', 'D', 'R',  0,    0,    0x75, 0x30, 0,    0,
                                         0x75, 0x30, 8,   0,   0,    0,    0,    0x43, 0x4c, 0xa7, 0x66};
    memcpy(data, huge, sizeof huge);
    scratch_write("x.png", data, bytes);
    assert_fails(sg_image_load_png(&image, "x.png", 0, &error), SG_BAD_DATA,
                 "`x.png` has 30000 x 30000 pixels, which is too large");
    free(data);
    ck_assert_ptr_null(image.pixels);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("image");
    tcase_add_checked_fixture(tests, scratch_enter, scratch_leave);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, fills_inside_only);
    tcase_add_test(tests, enlarges);
    tcase_add_test(tests, png_returns);
    tcase_add_test(tests, png_refused);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
