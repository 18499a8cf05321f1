/* format/idx.h - IDX files, the format of MNIST and its relatives, plain or gzipped. */
#ifndef SG_FORMAT_IDX_H
#define SG_FORMAT_IDX_H

#include "simgraph/tensor.h"

/* Reads a file of bytes (type 8) with 1 to 4 axes into a tensor of u8. The file must hold exactly what its
 * header says; `limit` > 0 reads the first `limit` entries of axis 0 only and leaves the rest unread. Fails
 * with SG_IO_ERROR, SG_BAD_DATA or SG_OUT_OF_MEMORY. */
sg_status sg_idx_load(sg_tensor *tensor, const char *path, int64_t limit, sg_error *error);

/* Reads the shape of the same kind of file from its header, with the checks of sg_idx_load but for those of
 * the bytes that follow. */
sg_status sg_idx_peek(sg_shape *shape, const char *path, int64_t limit, sg_error *error);

#endif
