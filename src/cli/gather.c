/* All features of some images, their labels and paths. */
#include <stdlib.h>
#include <string.h>

#include "gather.h"

static sg_status start(cli_features *f, const sg_use *use, sg_error *error) {
    const sg_use_info *info = sg_use_about(use);
    sg_shape shape = {.rank = info->shape.rank + 1, .dim = {info->samples}},
             labels = {.rank = 1, .dim = {info->samples}};
    for (int d = 0; d < info->shape.rank; d++) shape.dim[d + 1] = info->shape.dim[d];
    sg_status status = sg_tensor_init(&f->features, SG_F32, shape, error);
    if (status == SG_OK) status = sg_tensor_init(&f->labels, SG_I32, labels, error);
    f->sample = calloc((size_t)info->samples + 1, sizeof *f->sample);
    return status == SG_OK && !f->sample ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory") : status;
}

sg_status cli_gather(cli_features *f, cli_use *u, cli_batch_function each, void *data, sg_error *error) {
    sg_use_batch batch;
    *f = (cli_features){.count = 0};
    sg_status status = start(f, u->use, error);
    while (status == SG_OK && (status = cli_use_next(u, &batch, error)) == SG_OK && batch.count > 0) {
        size_t row = sg_tensor_bytes(&batch.result) / (size_t)batch.count;
        memcpy((char *)f->features.data + (size_t)f->count * row, batch.result.data,
               sg_tensor_bytes(&batch.result));
        f->labelled = batch.label != NULL;
        for (int64_t b = 0; b < batch.count; b++) {
            f->sample[f->count + b] = batch.sample[b];
            if (batch.label) ((int32_t *)f->labels.data)[f->count + b] = batch.label[b];
        }
        if (each) status = each(data, &batch, f->count, error);
        f->count += batch.count;
    }
    if (status == SG_OK) f->features.shape.dim[0] = f->labels.shape.dim[0] = f->count;
    return status;
}

void cli_features_finish(cli_features *f) {
    sg_tensor_finish(&f->features);
    sg_tensor_finish(&f->labels);
    free(f->sample);
    *f = (cli_features){.count = 0};
}
