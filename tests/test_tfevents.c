/* Event files: CRC-32C against published vectors, messages against the bytes that Google's protobuf makes of
 * the same ones (recorded by the script below), histograms counted another way.
 *
 *     from tensorboard.compat.proto import event_pb2 as e, summary_pb2 as s
 *     V, S = s.Summary.Value, s.Summary
 *     e.Event(wall_time=1.5, file_version="brain.Event:2").SerializeToString().hex()
 *     e.Event(wall_time=2, step=7,
 * session_log=e.SessionLog(status=e.SessionLog.START)).SerializeToString().hex() e.Event(wall_time=1.5,
 * step=300, summary=S(value=[V(tag="a", simple_value=0.25)])).SerializeToString().hex() h =
 * s.HistogramProto(min=-1, max=2, num=3, sum=1, sum_squares=5, bucket_limit=[0, 2], bucket=[2, 1])
 *     S(value=[V(tag="w", histo=h)]).SerializeToString().hex()
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/tfevents.h"
#include "train/board.h"
#include "unit.h"

/* RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms. */
START_TEST(crc_of_published_vectors) {
    unsigned char bytes[32];
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(sg_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(sg_crc32c(0, bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    ck_assert_uint_eq(sg_crc32c(0, bytes, 32), 0x46dd794e);
    ck_assert_uint_eq(sg_crc32c(sg_crc32c(0, bytes, 7), bytes + 7, 25), 0x46dd794e);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
    ck_assert_uint_eq(sg_crc32c(0, bytes, 32), 0x113fdb5c);
    ck_assert_uint_eq(sg_crc32c(0, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(sg_crc32c(0, "", 0), 0);
}
END_TEST

/* The bytes as digits, from `from` on. */
static void assert_bytes(const sg_text *text, size_t from, size_t behind, const char *digits) {
    ck_assert_uint_eq(text->length - from - behind, strlen(digits) / 2);
    for (size_t i = 0; digits[2 * i]; i++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(digits + 2 * i, "%2x", &byte), 1);
        ck_assert_msg((unsigned char)text->bytes[from + i] == byte, "byte %zu of %s", i, digits);
    }
}

/* A record is the message between a head of 12 bytes and a CRC of 4. */
static void assert_record(sg_text *file, const char *digits) {
    size_t length = strlen(digits) / 2;
    ck_assert_uint_eq((unsigned char)file->bytes[0], length);
    for (int i = 1; i < 8; i++) ck_assert_int_eq(file->bytes[i], 0);
    assert_bytes(file, 12, 4, digits);
    sg_text_finish(file);
}

START_TEST(messages_as_protobuf_makes_them) {
    sg_text file = {0}, values = {0};
    sg_tfevent_version(&file, 1.5);
    assert_record(&file, "09000000000000f83f1a0d627261696e2e4576656e743a32");
    sg_tfevent_restart(&file, 2, 7);
    assert_record(&file, "09000000000000004010073a020801");
    sg_tfvalue_scalar(&values, "a", 0.25);
    sg_tfevent_summary(&file, 1.5, 300, &values);
    assert_record(&file, "09000000000000f83f10ac022a0a0a080a0161150000803e");
    sg_text_clear(&values);
    const sg_tfhistogram h = {-1, 2, 3, 1, 5, 2, {0, 2}, {2, 1}};
    sg_tfvalue_histogram(&values, "w", &h);
    assert_bytes(
        &values, 0, 0,
        "0a560a01772a5109000000000000f0bf11000000000000004019000000000000084021000000000000f03f290000000000"
        "0014403210000000000000000000000000000000403a100000000000000040000000000000f03f");
    sg_text_clear(&values);
    ck_assert(!sg_tfvalue_png(&values, "p", "no picture, but longer than the header of one", 45));
    ck_assert(!sg_tfvalue_png(&values, "p", "\x89PNG\r\n\x1a\n", 8));
    ck_assert_uint_eq(values.length, 0);
    sg_text_finish(&values);
}
END_TEST

/* The doubles of a packed field: its key, its length, and then these. */
static const char *find_field(const sg_text *values, char key, int count, double *out) {
    for (size_t i = 0; i + 3 < values->length; i++) {
        size_t bytes = (size_t)count * 8, head = bytes < 128 ? 2 : 3;
        const char *p = values->bytes + i;
        bool length = head == 2 ? (size_t)p[1] == bytes
                                : ((unsigned char)p[1] == (bytes & 0x7f) + 128 && (size_t)p[2] == bytes >> 7);
        if (*p != key || !length || i + head + bytes > values->length) continue;
        memcpy(out, p + head, bytes);
        return p;
    }
    return NULL;
}

START_TEST(histograms_count_every_number) {
    enum { COUNT = 1000 };
    float numbers[COUNT + 3];
    for (int i = 0; i < COUNT; i++) numbers[i] = (float)sin(i * i) * (i % 7 ? 1 : 5);
    numbers[COUNT] = NAN;
    numbers[COUNT + 1] = INFINITY;
    numbers[COUNT + 2] = -INFINITY;
    sg_tensor tensor = sg_tensor_view(SG_F32, SG_SHAPE(COUNT + 3), numbers);
    sg_text values = {0};
    double limit[SG_TF_BUCKETS], in[SG_TF_BUCKETS];
    sg_board_histogram(&values, "weights", "x", &tensor, 2);
    ck_assert_ptr_nonnull(strstr(values.bytes + 4, "weights/x"));
    ck_assert_ptr_nonnull(find_field(&values, 6 << 3 | 2, SG_TF_BUCKETS, limit));
    ck_assert_ptr_nonnull(find_field(&values, 7 << 3 | 2, SG_TF_BUCKETS, in));
    for (int b = 0; b < SG_TF_BUCKETS; b++) {
        int counted = 0;
        for (int i = 0; i < COUNT; i++) {
            double x = 2 * (double)numbers[i];
            counted += x <= limit[b] && (b == 0 || x > limit[b - 1]);
        }
        ck_assert_msg(in[b] == counted, "bucket %d holds %g, not %d", b, in[b], counted);
    }
    sg_text_finish(&values);
    /* One number alone, and none. */
    for (int i = 0; i < COUNT + 3; i++) numbers[i] = 0.5f;
    sg_board_histogram(&values, "weights", "x", &tensor, 1);
    ck_assert_ptr_nonnull(find_field(&values, 7 << 3 | 2, 1, in));
    ck_assert(in[0] == COUNT + 3);
    sg_text_finish(&values);
    for (int i = 0; i < COUNT + 3; i++) numbers[i] = NAN;
    sg_board_histogram(&values, "weights", "x", &tensor, 1);
    ck_assert_uint_eq(values.length, 0);
    sg_text_finish(&values);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {crc_of_published_vectors, messages_as_protobuf_makes_them,
                                  histograms_count_every_number, NULL};
    return unit_run(unit_suite("tfevents", tests));
}
