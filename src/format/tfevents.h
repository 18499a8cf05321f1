/* format/tfevents.h - event files as TensorBoard reads them: records (TFRecord) that each hold an `Event` in
 * protobuf's wire format (proto3), of which only what we write is here. Messages and their fields are those
 * of tensorflow/core/util/event.proto, framework/summary.proto and histogram.proto. */
#ifndef SG_FORMAT_TFEVENTS_H
#define SG_FORMAT_TFEVENTS_H

#include "base/text.h"

/* CRC-32C (Castagnoli; RFC 3720, appendix B.4): goes on with `crc`, which begins as 0. */
uint32_t sg_crc32c(uint32_t crc, const void *data, size_t bytes);
/* Appends a record: length (u64), its masked CRC, the bytes, their masked CRC; all little-endian. The mask
 * turns the CRC by 15 bits to the right and adds a2 82 ea d8. */
void sg_tfrecord_append(sg_text *file, const void *data, size_t bytes);

/* Events, each a record; `time` in seconds since 1970. The first of a file says what it is. */
void sg_tfevent_version(sg_text *file, double time);
/* The run begins again: what earlier files say from `step` on no longer counts. */
void sg_tfevent_restart(sg_text *file, double time, int64_t step);
/* The values of a summary, which the functions below append to `values`. */
void sg_tfevent_summary(sg_text *file, double time, int64_t step, const sg_text *values);

void sg_tfvalue_scalar(sg_text *values, const char *tag, double number); /* kept as f32 */
/* A PNG file, whose header says the rest. False where it is none. */
bool sg_tfvalue_png(sg_text *values, const char *tag, const void *png, size_t bytes);

enum { SG_TF_BUCKETS = 64 };
/* How often numbers fall between limits: bucket i holds those above limit[i - 1], up to limit[i]. */
typedef struct sg_tfhistogram {
    double min, max, count, sum, squares;
    int buckets; /* 0: there were no numbers */
    double limit[SG_TF_BUCKETS], in[SG_TF_BUCKETS];
} sg_tfhistogram;
void sg_tfvalue_histogram(sg_text *values, const char *tag, const sg_tfhistogram *histogram);

#endif
