/* format/onnx_file.h - the file of a model: everything around its nodes. */
#ifndef SG_FORMAT_ONNX_FILE_H
#define SG_FORMAT_ONNX_FILE_H

#include "format/onnx.h"

/* Adds the node that gives value `from` the name of an output. */
void sg_onnx_file_output(sg_onnx *x, sg_onnx_name from, const char *name);
/* Writes the model, with the stored values among its first `count` nodes that are needed. The error is in x.
 */
sg_status sg_onnx_file_save(sg_onnx *x, const char *path, int count, const bool *needed);

#endif
