/* format/protobuf.h - writing messages of Protocol Buffers, by hand: each call appends one field. Running out
 * of memory is sticky in the text. */
#ifndef SG_FORMAT_PROTOBUF_H
#define SG_FORMAT_PROTOBUF_H

#include "base/text.h"

void sg_proto_int(sg_text *to, int field, int64_t value);
void sg_proto_float(sg_text *to, int field, float value);
void sg_proto_double(sg_text *to, int field, double value);
void sg_proto_bytes(sg_text *to, int field, const void *bytes, size_t count);
void sg_proto_text(sg_text *to, int field, const char *text);
/* A message as a field; it is emptied. */
void sg_proto_message(sg_text *to, int field, sg_text *message);
/* What stands in front of `count` bytes of a field that are written elsewhere. */
void sg_proto_head(sg_text *to, int field, uint64_t count);

#endif
