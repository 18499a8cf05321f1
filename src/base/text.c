#include "base/text.h"

#include "base/numeric.h"
#include "base/checked.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the closing zero. */
static bool reserve(sg_text *text, size_t more) {
    size_t needed;
    if (text->failed) return false;
    if (!sg_size_add(text->length, more, &needed) || !sg_size_add(needed, 1, &needed) ||
        !sg_array_grow(&text->bytes, &text->capacity, needed, 1))
        text->failed = true;
    return !text->failed;
}

void sg_text_finish(sg_text *text) {
    free(text->bytes);
    *text = (sg_text){0};
}

void sg_text_clear(sg_text *text) {
    text->length = 0;
    if (text->bytes) text->bytes[0] = 0;
}

void sg_text_append(sg_text *text, const char *string) {
    sg_text_append_bytes(text, string, strlen(string));
}

void sg_text_append_bytes(sg_text *text, const void *bytes, size_t count) {
    if (!reserve(text, count)) return;
    if (count) memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    text->bytes[text->length] = 0;
}

void sg_text_append_char(sg_text *text, char c) {
    sg_text_append_bytes(text, &c, 1);
}

void sg_text_printf(sg_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sg_text_vprintf(text, format, arguments);
    va_end(arguments);
}

void sg_text_vprintf(sg_text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int count = sg_vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (count < 0) text->failed = true;
    if (count < 0 || !reserve(text, (size_t)count)) return;
    sg_vsnprintf(text->bytes + text->length, (size_t)count + 1, format, arguments);
    text->length += (size_t)count;
}

const char *sg_text_get(const sg_text *text) {
    return text->bytes ? text->bytes : "";
}

char *sg_text_take(sg_text *text) {
    char *bytes = NULL;
    if (reserve(text, 0)) {
        bytes = text->bytes;
        bytes[text->length] = 0;
        text->bytes = NULL;
    }
    sg_text_finish(text);
    return bytes;
}

uint64_t sg_hash_bytes(const void *bytes, size_t count) {
    const unsigned char *p = bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++) hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

size_t sg_utf8_length(const char *text, size_t length) {
    unsigned char c = length ? (unsigned char)*text : 0xff;
    size_t bytes = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    /* Bounds of the second byte, which keep out overlong forms, surrogates and what lies past U+10FFFF. */
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (bytes > length) return 0;
    for (size_t k = 1; k < bytes; k++, low = 0x80, high = 0xbf)
        if ((unsigned char)text[k] < low || (unsigned char)text[k] > high) return 0;
    return bytes;
}

bool sg_is_utf8(const char *text) {
    size_t left = strlen(text);
    for (size_t bytes; left > 0; text += bytes, left -= bytes)
        if (!(bytes = sg_utf8_length(text, left))) return false;
    return true;
}

uint64_t sg_hash_text(const char *text) {
    return sg_hash_bytes(text, strlen(text));
}
