/* JSON: what is read, against jansson's reading of the same text; what is refused, with its message; and
 * memory that runs out. */
#include "unit.h"

#include "format/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Whether both readers saw the same. */
static void assert_same(const sg_json *ours, const json_t *theirs) {
    const sg_json *entry = NULL;
    double number = 0;
    switch (json_typeof(theirs)) {
    case JSON_NULL:
        ck_assert_int_eq(ours->kind, SG_JSON_NULL);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        ck_assert_int_eq(ours->kind, SG_JSON_BOOL);
        ck_assert_int_eq(ours->truth, json_is_true(theirs));
        break;
    case JSON_INTEGER:
        ck_assert_int_eq(ours->kind, SG_JSON_INTEGER);
        ck_assert_int_eq(ours->integer, json_integer_value(theirs));
        break;
    case JSON_REAL:
        ck_assert_int_eq(ours->kind, SG_JSON_REAL);
        ck_assert(sg_json_number(ours, &number));
        ck_assert(number == json_real_value(theirs));
        break;
    case JSON_STRING:
        ck_assert_str_eq(sg_json_string(ours), json_string_value(theirs));
        break;
    case JSON_ARRAY:
        ck_assert_int_eq(ours->kind, SG_JSON_ARRAY);
        ck_assert_uint_eq(ours->count, json_array_size(theirs));
        entry = ours->first;
        for (size_t i = 0; i < json_array_size(theirs); i++, entry = entry->next)
            assert_same(entry, json_array_get(theirs, i));
        ck_assert_ptr_null(entry);
        break;
    case JSON_OBJECT:
        ck_assert_int_eq(ours->kind, SG_JSON_OBJECT);
        ck_assert_uint_eq(ours->count, json_object_size(theirs));
        for (entry = ours->first; entry; entry = entry->next) {
            ck_assert_ptr_eq(sg_json_member(ours, entry->key), entry);
            assert_same(entry, json_object_get(theirs, entry->key));
        }
        break;
    }
}

static const char *const good[] = {
    "null",
    " \t\r\n[ ] ",
    "{}",
    "[true,false,null,\"\",{},[]]",
    "[0,-0,7,-12,9223372036854775807,-9223372036854775808]",
    "[0.0,-1.5,1e3,1E+2,2.5e-3,0e0,1.7976931348623157e308,5e-324,0.1]",
    "{\"a\":1,\"b\":{\"a\":[{\"c\":[1,2,3]}]},\"\":2,\"c\":\"d\"}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\u20AC\\ud83d\\uDE00\"",
    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"",
    "{\"\\u0061\":1,\"A\":2}",
    ("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
};

START_TEST(reads_as_jansson_does) {
    sg_error error = {0};
    sg_bump *memory = sg_bump_create();
    const sg_json *ours;
    json_t *theirs = json_loads(good[_i], JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(theirs);
    ck_assert_msg(sg_json_read(&ours, memory, good[_i], strlen(good[_i]), &error) == SG_OK, "%s",
                  error.message);
    assert_same(ours, theirs);
    json_decref(theirs);
    sg_bump_destroy(memory);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"", "bad JSON at byte 0: the text ends here, expected a value"},
    {"  ", "bad JSON at byte 2: the text ends here, expected a value"},
    {"nul", "bad JSON at byte 0: expected a value"},
    {"[1,]", "bad JSON at byte 3: expected a value"},
    {"[1", "bad JSON at byte 2: the text ends here, expected `,` or `]`"},
    {"[1 2]", "bad JSON at byte 3: expected `,` or `]`"},
    {"{\"a\":1]", "bad JSON at byte 6: expected `,` or `}`"},
    {"{\"a\" 1}", "bad JSON at byte 5: expected `:`"},
    {"{a:1}", "bad JSON at byte 1: expected a string"},
    {"{\"a\":1,}", "bad JSON at byte 7: expected a string"},
    {"[] []", "bad JSON at byte 3: text behind the value"},
    {"\"a", "bad JSON at byte 0: the string does not end"},
    {"\"a\\\"", "bad JSON at byte 0: the string does not end"},
    {"\"a\\", "bad JSON at byte 0: the string does not end"},
    {"\"a\nb\"", "bad JSON at byte 2: a control character in a string"},
    {"\"a\\x\"", "bad JSON at byte 2: no such escape"},
    {"\"\\u12g4\"", "bad JSON at byte 1: the escape names no character that a text can hold"},
    {"\"\\u0000\"", "bad JSON at byte 1: the escape names no character that a text can hold"},
    {"\"\\ud800\"", "bad JSON at byte 1: the escape names no character that a text can hold"},
    {"\"\\udc00\"", "bad JSON at byte 1: the escape names no character that a text can hold"},
    {"\"\\ud800\\u0041\"", "bad JSON at byte 1: the escape names no character that a text can hold"},
    {"[\"\xc0\x80\"]", "bad JSON at byte 1: the string is not UTF-8"},
    {"[\"\xed\xa0\x80\"]", "bad JSON at byte 1: the string is not UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "bad JSON at byte 1: the string is not UTF-8"},
    {"01", "bad JSON at byte 1: text behind the value"},
    {"-", "bad JSON at byte 0: expected a value"},
    {"1.", "bad JSON at byte 0: expected a value"},
    {".5", "bad JSON at byte 0: expected a value"},
    {"1e", "bad JSON at byte 0: expected a value"},
    {"+1", "bad JSON at byte 0: expected a value"},
    {"9223372036854775808", "bad JSON at byte 0: the number does not fit in 64 bits"},
    {"-9223372036854775809", "bad JSON at byte 0: the number does not fit in 64 bits"},
    {"1e999", "bad JSON at byte 0: the number does not fit in 64 bits"},
    {"{\"b\":1,\"a\":2,\"\\u0062\":3}", "bad JSON at byte 23: this object has the key `b` twice"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
     "bad JSON at byte 64: too many brackets within each other"},
};

START_TEST(refuses) {
    sg_error error = {0};
    sg_bump *memory = sg_bump_create();
    const sg_json *ours;
    /* A copy of just this size, so that a sanitizer sees a read behind the end. */
    size_t length = strlen(bad[_i].text);
    char *text = malloc(length ? length : 1);
    memcpy(text, bad[_i].text, length);
    assert_fails(sg_json_read(&ours, memory, text, length, &error), SG_BAD_DATA, bad[_i].message);
    ck_assert_ptr_null(ours);
    free(text);
    sg_bump_destroy(memory);
}
END_TEST

/* Every cut of every good text is read or refused as jansson does it. */
START_TEST(cut_short) {
    for (size_t length = 0; length < strlen(good[_i]); length++) {
        sg_bump *memory = sg_bump_create();
        const sg_json *ours;
        json_t *theirs = json_loadb(good[_i], length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        sg_status status = sg_json_read(&ours, memory, good[_i], length, NULL);
        ck_assert_msg((status == SG_OK) == (theirs != NULL), "%.*s", (int)length, good[_i]);
        if (theirs) assert_same(ours, theirs);
        json_decref(theirs);
        sg_bump_destroy(memory);
    }
}
END_TEST

START_TEST(looks_for_what_is_not_there) {
    sg_bump *memory = sg_bump_create();
    const sg_json *ours;
    int64_t integer = 5;
    double number = 5;
    ck_assert_int_eq(sg_json_read(&ours, memory, "{\"a\":[1.5],\"b\":3}", 17, NULL), SG_OK);
    ck_assert_ptr_null(sg_json_member(ours, "c"));
    ck_assert_ptr_null(sg_json_member(NULL, "a"));
    ck_assert_ptr_null(sg_json_member(sg_json_member(ours, "a"), "a"));
    ck_assert_ptr_null(sg_json_string(ours));
    ck_assert_ptr_null(sg_json_string(NULL));
    ck_assert(!sg_json_integer(sg_json_member(ours, "a")->first, &integer));
    ck_assert(!sg_json_integer(NULL, &integer) && !sg_json_number(NULL, &number) &&
              !sg_json_number(ours, &number));
    ck_assert(integer == 5 && number == 5);
    ck_assert(sg_json_number(sg_json_member(ours, "b"), &number) && number == 3);
    sg_bump_destroy(memory);
}
END_TEST

START_TEST(quotes_what_it_reads_back) {
    static const char text[] = "a\"b\\c\nd\te\x01/\xc3\xa9";
    sg_text json = {0};
    sg_bump *memory = sg_bump_create();
    const sg_json *ours;
    sg_json_quote(&json, text);
    ck_assert_str_eq(sg_text_get(&json), "\"a\\\"b\\\\c\\nd\\u0009e\\u0001/\xc3\xa9\"");
    ck_assert_int_eq(sg_json_read(&ours, memory, sg_text_get(&json), json.length, NULL), SG_OK);
    ck_assert_str_eq(sg_json_string(ours), text);
    sg_text_finish(&json);
    sg_bump_destroy(memory);
}
END_TEST

int main(void) {
    const TTest *const once[] = {quotes_what_it_reads_back, looks_for_what_is_not_there, NULL};
    Suite *suite = unit_suite("json", once);
    TCase *cases = tcase_create("texts");
    tcase_add_loop_test(cases, reads_as_jansson_does, 0, (int)(sizeof good / sizeof *good));
    tcase_add_loop_test(cases, cut_short, 0, (int)(sizeof good / sizeof *good));
    tcase_add_loop_test(cases, refuses, 0, (int)(sizeof bad / sizeof *bad));
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
