/* Checked sizes, memory, text, maps, random numbers, nearest names. */
#include "unit.h"

#include "base/checked.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/text.h"
#include "simgraph/context.h"
#include "simgraph/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(checked_sizes) {
    size_t s = 7;
    ck_assert(sg_size_add(2, 3, &s) && s == 5);
    ck_assert(!sg_size_add(SIZE_MAX, 1, &s) && s == 5);
    ck_assert(sg_size_mul(6, 7, &s) && s == 42);
    ck_assert(!sg_size_mul((size_t)1 << 33, (size_t)1 << 31, &s) && s == 42);
    ck_assert(sg_size_align(65, 64, &s) && s == 128);
    ck_assert(sg_size_align(0, 64, &s) && s == 0);
    ck_assert(!sg_size_align(SIZE_MAX - 1, 64, &s));
    int64_t i = 7;
    ck_assert(!sg_int_add(INT64_MAX, 1, &i) && i == 7);
    ck_assert(!sg_int_mul(INT64_C(1) << 32, INT64_C(1) << 32, &i) && i == 7); /* would wrap to 0 */
    ck_assert(sg_int_mul(-3, 5, &i) && i == -15);
    ck_assert(sg_int_pad(5, 1, 2, &i) && i == 8);
    ck_assert(!sg_int_pad(5, -1, 2, &i) && !sg_int_pad(INT64_MAX - 1, 1, 1, &i));
    ck_assert(!sg_int_to_size(-1, &s) && sg_int_to_size(9, &s) && s == 9);
}
END_TEST

START_TEST(memory) {
    for (size_t bytes = 0; bytes < 200; bytes += 13) {
        char *block = sg_aligned_alloc(bytes);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        memset(block, 1, bytes);
        sg_aligned_free(block);
    }
    sg_aligned_free(NULL);
    ck_assert_ptr_null(sg_aligned_alloc(SIZE_MAX - 3));
    ck_assert_ptr_null(sg_array_alloc(SIZE_MAX / 2, 3));
    int *numbers = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 100; i++) {
        ck_assert(sg_array_grow(&numbers, &capacity, (size_t)i + 1, sizeof *numbers));
        numbers[i] = i;
    }
    ck_assert_int_eq(numbers[77], 77);
    ck_assert(!sg_array_grow(&numbers, &capacity, SIZE_MAX, sizeof *numbers));
    ck_assert_int_eq(numbers[99], 99);
    free(numbers);
}
END_TEST

START_TEST(bump) {
    enum { COUNT = 3000 };
    sg_bump *b = sg_bump_create();
    unsigned char *block[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size_t bytes = (size_t)(i * 37 % 500) + (i % 700 == 0 ? 100000 : 0);
        block[i] = sg_bump_alloc(b, bytes);
        ck_assert_ptr_nonnull(block[i]);
        ck_assert_uint_eq((uintptr_t)block[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < bytes; k++) ck_assert_uint_eq(block[i][k], 0);
        memset(block[i], i & 0xff, bytes);
    }
    for (int i = 0; i < COUNT; i++) {
        size_t bytes = (size_t)(i * 37 % 500) + (i % 700 == 0 ? 100000 : 0);
        for (size_t k = 0; k < bytes; k += 11) ck_assert_uint_eq(block[i][k], i & 0xff);
    }
    ck_assert_str_eq(sg_bump_text(b, "codes.block"), "codes.block");
    ck_assert_str_eq(sg_bump_text_of(b, "codes.block", 5), "codes");
    ck_assert_mem_eq(sg_bump_copy(b, "ab\0c", 4), "ab\0c", 4);
    ck_assert_ptr_null(sg_bump_alloc(b, SIZE_MAX - 5));
    ck_assert_ptr_null(sg_bump_array(b, SIZE_MAX / 4, 8));
    ck_assert_ptr_nonnull(sg_bump_array(b, 0, 8));
    sg_bump_destroy(b);
    sg_bump_destroy(NULL);
}
END_TEST

START_TEST(text) {
    sg_text t = {0};
    ck_assert_str_eq(sg_text_get(&t), "");
    sg_text_append(&t, "loss");
    sg_text_append_char(&t, ' ');
    sg_text_printf(&t, "%d of %s", 3, "many");
    sg_text_append_bytes(&t, "!?", 1);
    ck_assert_str_eq(sg_text_get(&t), "loss 3 of many!");
    ck_assert_uint_eq(t.length, 15);
    sg_text_clear(&t);
    ck_assert_str_eq(sg_text_get(&t), "");
    for (int i = 0; i < 1000; i++) sg_text_printf(&t, "%03d", i);
    ck_assert_uint_eq(t.length, 3000);
    ck_assert_str_eq(t.bytes + 2994, "998999");
    char *own = sg_text_take(&t);
    ck_assert_uint_eq(strlen(own), 3000);
    free(own);
    own = sg_text_take(&t);
    ck_assert_str_eq(own, "");
    free(own);
    t.length = SIZE_MAX - 1; /* as if that much were there */
    sg_text_append(&t, "xy");
    ck_assert(t.failed);
    t.length = 0;
    sg_text_append(&t, "x");
    ck_assert(t.failed);
    ck_assert_str_eq(sg_text_get(&t), "");
    ck_assert_ptr_null(sg_text_take(&t));
    sg_text_finish(&t);
}
END_TEST

/* Vectors of draft-eastlake-fnv. */
START_TEST(hash) {
    ck_assert_uint_eq(sg_hash_text(""), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(sg_hash_text("a"), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(sg_hash_text("foobar"), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(sg_hash_bytes("foobar", 6), UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(map) {
    sg_map m = {0};
    char key[32];
    ck_assert_ptr_null(sg_map_find(&m, "none"));
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "codes.block.%d.w", i);
        ck_assert_int_eq(sg_map_get_int(&m, key, -1), -1);
        ck_assert(sg_map_put_int(&m, key, i));
    }
    ck_assert_uint_eq(m.count, 5000);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "codes.block.%d.w", i);
        ck_assert_int_eq(sg_map_get_int(&m, key, -1), i);
        ck_assert_str_eq(m.entry[i].key, key);
    }
    bool fresh = true;
    ck_assert_int_eq(sg_map_add(&m, "codes.block.7.w", &fresh)->i, 7);
    ck_assert(!fresh);
    ck_assert_int_eq(sg_map_add(&m, "", &fresh)->i, 0);
    ck_assert(fresh);
    ck_assert(sg_map_put_int(&m, "", 9));
    ck_assert_int_eq(sg_map_get_int(&m, "", -1), 9);
    ck_assert_ptr_null(sg_map_get(&m, "other"));
    ck_assert(sg_map_put(&m, "other", key));
    ck_assert_ptr_eq(sg_map_get(&m, "other"), key);
    sg_map_finish(&m);
    ck_assert_ptr_null(sg_map_find(&m, "other"));
    sg_map_finish(&m);
}
END_TEST

/* Known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds). */
START_TEST(philox) {
    static const uint32_t vector[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e,
         0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
         0x5001e420, 0x24126ea1},
    };
    uint32_t out[4];
    for (int i = 0; i < 3; i++) {
        sg_philox(vector[i], vector[i] + 4, out);
        ck_assert_mem_eq(out, vector[i] + 6, sizeof out);
    }
    /* The third, by address: purpose folds to 0x03707344. */
    sg_philox_draw(UINT64_C(0x299f31d0a4093822), 0x243f6a88, 0x85a308d3, 0x13198a2e,
                   UINT64_C(0x0100000002707344), out);
    ck_assert_mem_eq(out, vector[2] + 6, sizeof out);
}
END_TEST

START_TEST(uniform) {
    ck_assert(sg_uniform_f32(0) == 0 && sg_uniform_f32(UINT32_MAX) == 1 - 0x1p-24f);
    ck_assert(sg_uniform_f32(0x80000000) == 0.5f);
    ck_assert(sg_uniform_f64(0, 0) == 0 && sg_uniform_f64(UINT32_MAX, UINT32_MAX) == 1 - 0x1p-53);
    ck_assert(sg_uniform_f64(0x40000000, 0) == 0.25);
}
END_TEST

static const char *name_at(const void *data, size_t i) {
    return ((const char *const *)data)[i];
}

START_TEST(nearest) {
    static const char *const names[] = {"add", "affine", "concat",  "gelu", "layer_norm",
                                        "lr",  "mul",    "softmax", NULL};
    static const char *const wanted[][2] = {
        {"sofmax", "softmax"},
        {"sotfmax", "softmax"},
        {"softmaxx", "softmax"},
        {"layernorm", "layer_norm"},
        {"layer-norm", "layer_norm"},
        {"LayerNorm", "layer_norm"},
        {"GELU", "gelu"},
        {"gleu", "gelu"},
        {"ad", "add"},
        {"concatenate", NULL},
        {"rl", "lr"},
        {"x", NULL},
        {"", NULL},
        {"dot", NULL},
        {"mull", "mul"},
        {"afine", "affine"},
        {"gelu", "gelu"},
        {"relux", NULL},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_pstr_eq(sg_nearest_name(wanted[i][0], name_at, names), wanted[i][1]);
    char name[100];
    memset(name, 'a', sizeof name);
    name[99] = 0;
    ck_assert_ptr_null(sg_nearest_name(name, name_at, names));
}
END_TEST

/* Table 3-7 of the Unicode standard: the bounds of every byte, and one past each. */
START_TEST(utf8) {
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"", 1},
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc1\xbf", 0},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xc2\xc0", 0},
        {"\xc2\x7f", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xed\xa0\x80", 0},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xe2\x82\x7f", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t whole = strlen(cases[i].bytes) ? strlen(cases[i].bytes) : 1;
        ck_assert_uint_eq(sg_utf8_length(cases[i].bytes, whole), cases[i].length);
        ck_assert_uint_eq(sg_utf8_length(cases[i].bytes, whole - 1), 0);
    }
    ck_assert(sg_is_utf8("") && sg_is_utf8("a\xc3\xa9\xf0\x9f\x98\x80") && !sg_is_utf8("a\xc3"));
}
END_TEST

START_TEST(errors) {
    sg_error error = {0};
    assert_fails(sg_fail(&error, SG_IO_ERROR, "cannot open %s", "x.npy"), SG_IO_ERROR, "cannot open x.npy");
    assert_fails(sg_fail_prefix(&error, "source %d", 2), SG_IO_ERROR, "source 2: cannot open x.npy");
    assert_fails(sg_fail_at(&error, SG_BLAME_ATTR, 3, "axis %d", 9), SG_BAD_GRAPH, "axis 9");
    ck_assert(error.blame == SG_BLAME_ATTR && error.which == 3);
    ck_assert_int_eq(sg_fail(NULL, SG_NOT_FINITE, "dropped"), SG_NOT_FINITE);
    char longest[3000];
    memset(longest, 'y', sizeof longest);
    longest[2999] = 0;
    sg_fail(&error, SG_FAILURE, "%s", longest);
    ck_assert_uint_eq(strlen(error.message), SG_MESSAGE_MAX - 1);
    sg_fail_prefix(&error, "%s", "p");
    ck_assert_uint_eq(strlen(error.message), SG_MESSAGE_MAX - 1);
    ck_assert_str_eq(sg_version(), SG_VERSION);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {checked_sizes, memory,  bump,    text, hash,   map,
                                  philox,        uniform, nearest, utf8, errors, NULL};
    return unit_run(unit_suite("base", tests));
}
