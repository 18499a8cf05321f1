/* PNM: bitmaps, grey and colour, P1 to P3 in digits and P4 to P6 in bytes. */
#include "format/decode.h"

#include <limits.h>

typedef struct text {
    const unsigned char *at, *end;
} text;

static bool is_space(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_space(text *t) {
    while (t->at < t->end && (is_space(*t->at) || *t->at == '#')) {
        if (*t->at == '#')
            while (t->at < t->end && *t->at != '\n' && *t->at != '\r') t->at++;
        else
            t->at++;
    }
}

/* -1: there is no number. */
static int read_number(text *t) {
    int64_t number = 0;
    skip_space(t);
    if (t->at == t->end || *t->at < '0' || *t->at > '9') return -1;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        number = 10 * number + (*t->at - '0');
        if (number > INT_MAX) return -1;
    }
    return (int)number;
}

/* A pixel of a bitmap is one digit, with or without space behind it; 1 is black. */
static int read_bit(text *t) {
    skip_space(t);
    if (t->at == t->end || (*t->at != '0' && *t->at != '1')) return -1;
    return *t->at++ == '0';
}

static sg_status cut_short(sg_error *error) {
    return sg_fail(error, SG_BAD_DATA, "is damaged: it ends too early, or holds no number where one is due");
}

/* 0 .. most becomes 0 .. 255, rounded. */
static uint8_t level(int64_t value, int64_t most) {
    return value >= most ? 255 : (uint8_t)((value * 255 + most / 2) / most);
}

static sg_status read_digits(text *t, uint8_t *to, size_t count, int most, bool bits, sg_error *error) {
    for (size_t i = 0; i < count; i++) {
        int value = bits ? read_bit(t) : read_number(t);
        if (value < 0) return cut_short(error);
        to[i] = level(value, most);
    }
    return SG_OK;
}

static sg_status read_packed(text *t, uint8_t *to, int width, int height, sg_error *error) {
    size_t row = ((size_t)width + 7) / 8;
    if ((size_t)(t->end - t->at) < row * (size_t)height) return cut_short(error);
    for (int y = 0; y < height; y++, t->at += row)
        for (int x = 0; x < width; x++) *to++ = t->at[x / 8] >> (7 - x % 8) & 1 ? 0 : 255;
    return SG_OK;
}

static sg_status read_bytes(text *t, uint8_t *to, size_t count, int most, sg_error *error) {
    size_t each = most > 255 ? 2 : 1;
    if ((size_t)(t->end - t->at) / each < count) return cut_short(error);
    for (size_t i = 0; i < count; i++, t->at += each)
        to[i] = level(each == 2 ? t->at[0] << 8 | t->at[1] : t->at[0], most);
    return SG_OK;
}

static sg_status decode(sg_decode *decode, sg_error *error) {
    int kind = decode->data[1] - '0';
    bool bits = kind == 1 || kind == 4;
    text t = {decode->data + 2, decode->data + decode->bytes};
    int width = read_number(&t), height = width < 0 ? -1 : read_number(&t);
    int most = height < 0 ? -1 : bits ? 1 : read_number(&t);
    if (most < 1 || most > 65535 || t.at == t.end)
        return sg_fail(error, SG_BAD_DATA, "is damaged: its header is wrong");
    t.at++; /* one byte of space ends the header */
    sg_status status = sg_decode_size(decode, width, height, error);
    if (status != SG_OK || decode->size_only) return status;
    int channels = kind == 3 || kind == 6 ? 3 : 1;
    size_t count = (size_t)width * (size_t)height * (size_t)channels;
    /* Even of bits there are eight to a byte: no memory for what the file cannot hold. */
    if (count / 8 > decode->bytes) return cut_short(error);
    status = sg_decode_alloc(decode, width, height, channels, error);
    if (status != SG_OK) return status;
    if (kind < 4) return read_digits(&t, decode->image->pixels, count, most, bits, error);
    if (bits) return read_packed(&t, decode->image->pixels, width, height, error);
    return read_bytes(&t, decode->image->pixels, count, most, error);
}

static bool detect(const unsigned char *data, size_t bytes) {
    return bytes >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' &&
           (is_space(data[2]) || data[2] == '#');
}

const sg_decoder sg_decoder_pnm = {detect, decode};
