/* Image files of other programs, decoded: against what Pillow reads from them (tests/images/record.py), and
 * what is broken. */
#include "calls.h"
#include "scratch.h"

#include "format/decode.h"
#include "simgraph/arrays.h"
#include "simgraph/file.h"

static char *read_file(const char *name, size_t *bytes) {
    char path[512], *data;
    sg_error error = {0};
    snprintf(path, sizeof path, "%s/%s", IMAGES, name);
    assert_ok(sg_file_load(path, 1 << 20, &data, bytes, &error));
    return data;
}

static bool is_built(const char *name) {
#ifndef SG_HAVE_JPEG
    if (strstr(name, ".jpg")) return false;
#endif
#ifndef SG_HAVE_WEBP
    if (strstr(name, ".webp")) return false;
#endif
    (void)name;
    return true;
}

static sg_status decode_bytes(const void *data, size_t bytes, sg_error *error) {
    sg_image image;
    sg_decode decode = {.data = data, .bytes = bytes, .image = &image};
    sg_status status = sg_image_decode(&decode, error);
    ck_assert((status == SG_OK) == (image.pixels != NULL));
    sg_image_finish(&image);
    return status;
}

/* Bytes that some cameras write between two parts do no harm; nothing else that libjpeg complains of passes.
 */
START_TEST(harmless_jpeg) {
#ifdef SG_HAVE_JPEG
    size_t bytes;
    char *data = read_file("colour.jpg", &bytes), *more = malloc(bytes + 3);
    size_t cut =
        4 + (size_t)((unsigned char)data[4] << 8 | (unsigned char)data[5]); /* behind the first part */
    sg_error error = {0};
    sg_image image, other;
    memcpy(more, data, cut);
    memcpy(more + cut, "abc", 3);
    memcpy(more + cut + 3, data + cut, bytes - cut);
    sg_decode decode = {.data = (const unsigned char *)data, .bytes = bytes, .image = &image};
    assert_ok(sg_image_decode(&decode, &error));
    decode = (sg_decode){.data = (const unsigned char *)more, .bytes = bytes + 3, .image = &other};
    assert_ok(sg_image_decode(&decode, &error));
    ck_assert_mem_eq(image.pixels, other.pixels, (size_t)(image.width * image.height * 3));
    sg_image_finish(&image);
    sg_image_finish(&other);
    /* Neither of these is hidden by what does no harm. */
    assert_fails(decode_bytes(more, bytes - 150, &error), SG_BAD_DATA,
                 "is damaged: libjpeg: Premature end of JPEG file");
    for (size_t i = bytes - 200; i < bytes - 50; i += 2) /* within the pixels: bits that are 1, and no code */
        memcpy(more + i, "\xff\0", 2);
    assert_fails(decode_bytes(more, bytes + 3, &error), SG_BAD_DATA,
                 "is damaged: libjpeg: Corrupt JPEG data: bad Huffman code");
    free(data);
    free(more);
#endif
}
END_TEST

/* Few bytes that take long: the last scan of a progressive image, again and again. */
START_TEST(scans) {
#ifdef SG_HAVE_JPEG
    enum { TIMES = 600 };
    size_t bytes, last = 0;
    sg_error error = {0};
    char *data = read_file("progressive.jpg", &bytes);
    for (size_t i = 0; i + 1 < bytes; i++)
        if (memcmp(data + i, "\xff\xda", 2) == 0) last = i;
    size_t scan = bytes - 2 - last; /* the end is two bytes */
    char *more = malloc(bytes + TIMES * scan);
    memcpy(more, data, last);
    for (size_t i = 0; i < TIMES; i++) memcpy(more + last + i * scan, data + last, scan);
    memcpy(more + last + TIMES * scan, "\xff\xd9", 2);
    assert_fails(decode_bytes(more, last + TIMES * scan + 2, &error), SG_BAD_DATA,
                 "is damaged: it has more than 500 scans");
    free(more);
    free(data);
#endif
}
END_TEST

/* "NAME", "NAME@CHANNELS", "NAME/FACTOR": a file, and how it is to be read. */
static void compare(const char *key, const sg_tensor *expected) {
    char name[64];
    size_t length = strcspn(key, "@/"), bytes;
    snprintf(name, sizeof name, "%.*s", (int)length, key);
    if (!is_built(name) || strcmp(name, "all") == 0) return;
    int height = (int)expected->shape.dim[0], width = (int)expected->shape.dim[1];
    int channels = (int)expected->shape.dim[2];
    sg_error error = {0};
    sg_image image;
    char *data = read_file(name, &bytes);
    sg_decode decode = {.data = (const unsigned char *)data, .bytes = bytes, .image = &image};
    if (key[length] == '/') decode.cover_width = width - 1, decode.cover_height = height - 1;
    ck_assert_msg(sg_image_decode(&decode, &error) == SG_OK, "%s: %s", key, error.message);
    assert_ok(sg_image_set_channels(&image, channels, &error));
    ck_assert_msg(image.width == width && image.height == height, "%s: %d x %d", key, image.width,
                  image.height);
    /* Another version of a library may round in another way where it loses. */
    int most = 0, allowed = strstr(name, ".jpg") || strcmp(name, "lossy.webp") == 0;
    for (int i = 0; i < width * height * channels; i++) {
        int difference = abs(image.pixels[i] - ((const uint8_t *)expected->data)[i]);
        most = difference > most ? difference : most;
    }
    ck_assert_msg(most <= allowed, "%s differs by %d", key, most);
    sg_image_finish(&image);
    free(data);
}

START_TEST(as_pillow) {
    sg_error error = {0};
    sg_arrays arrays;
    assert_ok(sg_arrays_load(&arrays, IMAGES "/pixels.npz", &error));
    ck_assert_uint_ge(arrays.count, 36);
    for (size_t i = 0; i < arrays.count; i++) compare(arrays.items[i].name, &arrays.items[i].tensor);
    sg_arrays_finish(&arrays);
}
END_TEST

/* The whole way of a directory's images: decoded, cropped, resized. Pillow rounds between the two directions.
 */
START_TEST(folder_as_pillow) {
#if defined(SG_HAVE_JPEG) && defined(SG_HAVE_WEBP)
    sg_error error = {0};
    sg_tensor expected, given;
    sg_split *split;
    int64_t ids[64], off = 0;
    assert_ok(sg_array_load(&expected, IMAGES "/pixels.npz:all", &error));
    int64_t count = expected.shape.dim[0], side = expected.shape.dim[2];
    for (int64_t i = 0; i < count; i++) ids[i] = i;
    sg_call source = SOURCE("folder", sg_arg_text("path", IMAGES), sg_arg_int("size", side));
    assert_ok(make_split(&split, &source, "image", NULL, NULL, NULL, NULL, &error));
    ck_assert_int_eq(sg_split_count(split), count);
    assert_ok(sg_tensor_init(&given, SG_U8, expected.shape, &error));
    assert_ok(sg_split_fill(split, 0, 0, 0, ids, count, &given, &error));
    for (int64_t i = 0; i < sg_tensor_elements(&given); i++) {
        int difference = abs(((const uint8_t *)given.data)[i] - ((const uint8_t *)expected.data)[i]);
        ck_assert_msg(difference <= 2, "image %d differs by %d", (int)(i / (3 * side * side)), difference);
        off += difference > 0;
    }
    ck_assert_int_lt(off, sg_tensor_elements(&given) / 4);
    ck_assert_int_eq(sg_split_bad(split), 0);
    sg_split_destroy(split);
    sg_tensor_finish(&given);
    sg_tensor_finish(&expected);
#endif
}
END_TEST

/* Cut anywhere, a file gives a message or, where only its end is missing, pixels; never anything else. */
START_TEST(cut_short) {
    static const char *const names[] = {"colour.jpg",     "progressive.jpg",  "colour.png",
                                        "interlaced.png", "lossy.webp",       "alpha.webp",
                                        "colour.ppm",     "plain_colour.ppm", "bits.pbm"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        size_t bytes;
        if (!is_built(names[k])) continue;
        char *data = read_file(names[k], &bytes);
        for (size_t end = 0; end < bytes; end++) {
            sg_error error = {0};
            char *part = malloc(end + 1); /* so that a sanitizer sees a read past the end */
            memcpy(part, data, end);
            sg_status status = decode_bytes(part, end, &error);
            free(part);
            ck_assert_msg(status == SG_OK || status == SG_BAD_DATA, "%s at %zu: %s", names[k], end,
                          error.message);
            ck_assert_msg(status != SG_OK || end + 32 > bytes, "%s: good with %zu of %zu", names[k], end,
                          bytes);
        }
        free(data);
    }
}
END_TEST

START_TEST(broken) {
    sg_error error = {0};
    static const char *const kinds[] = {"colour.jpg", "colour.png", "alpha.webp", "grey.pgm"};
    assert_fails(decode_bytes("", 0, &error), SG_BAD_DATA, "is empty");
    assert_fails(decode_bytes("GIF89a", 6, &error), SG_BAD_DATA, "is no JPEG, PNG, WebP or PNM image");
    /* Every byte of a file another one: no crash, and no status but these. */
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t bytes;
        char *data = read_file(kinds[k], &bytes);
        for (size_t i = 0; i < bytes; i++) {
            char kept = data[i];
            data[i] = (char)(kept ^ (0x5a + (int)i % 64));
            sg_status status = decode_bytes(data, bytes, &error);
            ck_assert(status == SG_OK || status == SG_BAD_DATA || !is_built(kinds[k]));
            data[i] = kept;
        }
        free(data);
    }
}
END_TEST

START_TEST(animation) {
#ifdef SG_HAVE_WEBP
    sg_error error = {0};
    static const unsigned char webp[] = "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\7\0\0\7\0\0";
    assert_fails(decode_bytes(webp, 30, &error), SG_BAD_DATA,
                 "is an animation, of which there is no one image");
#endif
}
END_TEST

START_TEST(broken_pnm) {
    sg_error error = {0};
    static const char *const short_ones[] = {"P5 2 2 255 abc", "P2 2 2 255 1 2 3", "P2 2 2 255 1 2 3 x",
                                             "P1 2 2 0 1 2 1", "P3 1 1 9 1 2",     "P6 1 1 255 ab",
                                             "P4 9 2 abc"};
    static const char *const headers[] = {"P5 2 2 ",       "P5 2 2 0 abcd",          "P5 2 2 65536 abcd",
                                          "P5 -1 2 255 a", "P5 99999999999 1 255 a", "P5 x"};
    for (size_t i = 0; i < sizeof short_ones / sizeof *short_ones; i++)
        assert_fails(decode_bytes(short_ones[i], strlen(short_ones[i]), &error), SG_BAD_DATA,
                     "is damaged: it ends too early, or holds no number where one is due");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_fails(decode_bytes(headers[i], strlen(headers[i]), &error), SG_BAD_DATA,
                     "is damaged: its header is wrong");
    assert_fails(decode_bytes("P5 0 2 255 a", 12, &error), SG_BAD_DATA, "is damaged: it has no pixels");
}
END_TEST

/* Headers of 65,000 x 65,000 pixels: nothing is allocated for them. */
START_TEST(bombs) {
    sg_error error = {0};
    static const char text[] = "has 65000 x 65000 pixels, which is too large";
    static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0, 0,    13,
                                        'I',  'H', 'D', 'R', 0,    0,    0xfd, 0xe8, 0,    0, 0xfd, 0xe8,
                                        8,    0,   0,   0,   0,    0x87, 0x3c, 0x86, 0xd6, 0, 0,    0,
                                        0,    'I', 'D', 'A', 'T',  0x35, 0xaf, 0x06, 0x1e};
    assert_fails(decode_bytes(png, sizeof png, &error), SG_BAD_DATA, text);
    assert_fails(decode_bytes("P6 65000 65000 255 a", 20, &error), SG_BAD_DATA, text);
    /* What fits the limit, and not the file. */
    assert_fails(decode_bytes("P6 10000 10000 255 a", 20, &error), SG_BAD_DATA,
                 "is damaged: it ends too early, or holds no number where one is due");
#ifdef SG_HAVE_JPEG
    size_t bytes;
    unsigned char *jpeg = (unsigned char *)read_file("colour.jpg", &bytes);
    size_t at = 2;
    while (jpeg[at + 1] != 0xc0)
        at += 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3]); /* the frame's header */
    memcpy(jpeg + at + 5, "\xfd\xe8\xfd\xe8", 4);
    assert_fails(decode_bytes(jpeg, bytes, &error), SG_BAD_DATA, text);
    free(jpeg);
#endif
}
END_TEST

/* The same sources, built without the libraries: tests/meson.build. */
START_TEST(without_libraries) {
    sg_error error = {0};
    extern const sg_decoder sg_decoder_jpeg_none, sg_decoder_webp_none;
    sg_decode decode = {.data = (const unsigned char *)"\xff\xd8\xff", .bytes = 3};
    ck_assert(sg_decoder_jpeg_none.detect(decode.data, decode.bytes));
    assert_fails(sg_decoder_jpeg_none.decode(&decode, &error), SG_FAILURE,
                 "is a JPEG image, and this simgraph was built without libjpeg: install libjpeg-dev, then "
                 "meson configure build -Djpeg=enabled");
    ck_assert(sg_decoder_webp_none.detect((const unsigned char *)"RIFF\0\0\0\0WEBP", 12));
    assert_fails(sg_decoder_webp_none.decode(&decode, &error), SG_FAILURE,
                 "is a WebP image, and this simgraph was built without libwebp: install libwebp-dev, then "
                 "meson configure "
                 "build -Dwebp=enabled");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("decode");
    TCase *tests = tcase_create("decode");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, as_pillow);
    tcase_add_test(tests, folder_as_pillow);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, harmless_jpeg);
    tcase_add_test(tests, scans);
    tcase_add_test(tests, broken);
    tcase_add_test(tests, animation);
    tcase_add_test(tests, broken_pnm);
    tcase_add_test(tests, bombs);
    tcase_add_test(tests, without_libraries);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
