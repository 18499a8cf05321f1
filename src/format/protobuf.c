/* The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding). */
#include "format/protobuf.h"

#include <string.h>

enum { VARINT = 0, FIXED_64 = 1, LENGTH = 2, FIXED_32 = 5 };

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static void put_varint(sg_text *to, uint64_t value) {
    for (; value >= 0x80; value >>= 7) sg_text_append_char(to, (char)(0x80 | (value & 0x7f)));
    sg_text_append_char(to, (char)value);
}

static void put_tag(sg_text *to, int field, unsigned type) {
    put_varint(to, (uint64_t)(unsigned)field << 3 | type);
}

void sg_proto_int(sg_text *to, int field, int64_t value) {
    put_tag(to, field, VARINT);
    put_varint(to, (uint64_t)value);
}

void sg_proto_float(sg_text *to, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(to, field, FIXED_32);
    for (int i = 0; i < 4; i++) sg_text_append_char(to, (char)(bits >> 8 * i & 0xff));
}

void sg_proto_double(sg_text *to, int field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(to, field, FIXED_64);
    for (int i = 0; i < 8; i++) sg_text_append_char(to, (char)(bits >> 8 * i & 0xff));
}

void sg_proto_head(sg_text *to, int field, uint64_t count) {
    put_tag(to, field, LENGTH);
    put_varint(to, count);
}

void sg_proto_bytes(sg_text *to, int field, const void *bytes, size_t count) {
    sg_proto_head(to, field, count);
    sg_text_append_bytes(to, bytes, count);
}

void sg_proto_text(sg_text *to, int field, const char *text) {
    sg_proto_bytes(to, field, text, strlen(text));
}

void sg_proto_message(sg_text *to, int field, sg_text *message) {
    sg_proto_bytes(to, field, sg_text_get(message), message->length);
    if (message->failed) to->failed = true;
    sg_text_clear(message);
}
