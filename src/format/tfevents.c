#include "format/tfevents.h"

#include <string.h>

#include "format/protobuf.h"

/* ---- records ---- */

/* Four bits at a time, by the reflected polynomial 82 f6 3b 78. */
uint32_t sg_crc32c(uint32_t crc, const void *data, size_t bytes) {
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const unsigned char *p = data;
    crc = ~crc;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static void append_little(sg_text *file, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) sg_text_append_char(file, (char)(number >> 8 * i & 0xff));
}

static void append_masked(sg_text *file, const void *data, size_t bytes) {
    uint32_t crc = sg_crc32c(0, data, bytes);
    append_little(file, (uint32_t)((crc >> 15 | crc << 17) + UINT32_C(0xa282ead8)), 4);
}

void sg_tfrecord_append(sg_text *file, const void *data, size_t bytes) {
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)bytes >> 8 * i);
    sg_text_append_bytes(file, length, 8);
    append_masked(file, length, 8);
    sg_text_append_bytes(file, data, bytes);
    append_masked(file, data, bytes);
}

/* Takes the message, and lets go of it. */
static void put_message(sg_text *to, int field, sg_text *message) {
    sg_proto_message(to, field, message);
    sg_text_finish(message);
}

/* ---- events ---- */

enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };

static void append_event(sg_text *file, sg_text *event) {
    sg_tfrecord_append(file, sg_text_get(event), event->length);
    file->failed |= event->failed;
    sg_text_finish(event);
}

void sg_tfevent_version(sg_text *file, double time) {
    sg_text event = {0};
    sg_proto_double(&event, EVENT_TIME, time);
    sg_proto_text(&event, EVENT_VERSION, "brain.Event:2");
    append_event(file, &event);
}

void sg_tfevent_restart(sg_text *file, double time, int64_t step) {
    sg_text event = {0}, session = {0};
    sg_proto_double(&event, EVENT_TIME, time);
    sg_proto_int(&event, EVENT_STEP, step);
    sg_proto_int(&session, SESSION_STATUS, SESSION_START);
    put_message(&event, EVENT_SESSION, &session);
    append_event(file, &event);
}

void sg_tfevent_summary(sg_text *file, double time, int64_t step, const sg_text *values) {
    sg_text event = {0};
    sg_proto_double(&event, EVENT_TIME, time);
    sg_proto_int(&event, EVENT_STEP, step);
    sg_proto_bytes(&event, EVENT_SUMMARY, sg_text_get(values), values->length);
    event.failed |= values->failed;
    append_event(file, &event);
}

/* ---- values ---- */

enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4, VALUE_HISTOGRAM = 5 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_CHANNELS = 3, IMAGE_FILE = 4 };
enum {
    HISTOGRAM_MIN = 1,
    HISTOGRAM_MAX,
    HISTOGRAM_COUNT,
    HISTOGRAM_SUM,
    HISTOGRAM_SQUARES,
    HISTOGRAM_LIMITS,
    HISTOGRAM_BUCKETS
};

void sg_tfvalue_scalar(sg_text *values, const char *tag, double number) {
    sg_text value = {0};
    sg_proto_text(&value, VALUE_TAG, tag);
    sg_proto_float(&value, VALUE_SIMPLE, (float)number);
    put_message(values, SUMMARY_VALUE, &value);
}

static int64_t big_endian(const unsigned char *p) {
    return (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

bool sg_tfvalue_png(sg_text *values, const char *tag, const void *png, size_t bytes) {
    static const unsigned char begins[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    enum { WIDTH = 16, HEIGHT = 20, COLOUR = 25, LEAST = 33, COLOURED = 2, ALPHA = 4 };
    const unsigned char *p = png;
    if (bytes < LEAST || memcmp(p, begins, sizeof begins) != 0) return false;
    int colour = p[COLOUR], channels = (colour & COLOURED ? 3 : 1) + (colour & ALPHA ? 1 : 0);
    sg_text value = {0}, image = {0};
    sg_proto_text(&value, VALUE_TAG, tag);
    sg_proto_int(&image, IMAGE_HEIGHT, big_endian(p + HEIGHT));
    sg_proto_int(&image, IMAGE_WIDTH, big_endian(p + WIDTH));
    sg_proto_int(&image, IMAGE_CHANNELS, channels);
    sg_proto_bytes(&image, IMAGE_FILE, png, bytes);
    put_message(&value, VALUE_IMAGE, &image);
    put_message(values, SUMMARY_VALUE, &value);
    return true;
}

static void put_doubles(sg_text *to, int field, const double *numbers, int count) {
    sg_proto_head(to, field, (uint64_t)count * 8);
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        append_little(to, bits, 8);
    }
}

void sg_tfvalue_histogram(sg_text *values, const char *tag, const sg_tfhistogram *h) {
    sg_text value = {0}, histogram = {0};
    sg_proto_text(&value, VALUE_TAG, tag);
    sg_proto_double(&histogram, HISTOGRAM_MIN, h->min);
    sg_proto_double(&histogram, HISTOGRAM_MAX, h->max);
    sg_proto_double(&histogram, HISTOGRAM_COUNT, h->count);
    sg_proto_double(&histogram, HISTOGRAM_SUM, h->sum);
    sg_proto_double(&histogram, HISTOGRAM_SQUARES, h->squares);
    put_doubles(&histogram, HISTOGRAM_LIMITS, h->limit, h->buckets);
    put_doubles(&histogram, HISTOGRAM_BUCKETS, h->in, h->buckets);
    put_message(&value, VALUE_HISTOGRAM, &histogram);
    put_message(values, SUMMARY_VALUE, &value);
}
