#include "base/text.h"

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
    int count = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (count < 0) text->failed = true;
    if (count < 0 || !reserve(text, (size_t)count)) return;
    vsnprintf(text->bytes + text->length, (size_t)count + 1, format, arguments);
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

uint64_t sg_hash_text(const char *text) {
    return sg_hash_bytes(text, strlen(text));
}
