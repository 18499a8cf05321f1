/* dataset_mean: one value for the whole split, the mean over its samples. */
#include "data/steps.h"

#include <string.h>

enum { PER, SPLIT };

static sg_status shape(const sg_attr *attr, const sg_shape *in, sg_shape *out, sg_error *error) {
    if (strcmp(attr[PER].text, "all") == 0) {
        *out = SG_SHAPE(1);
        return SG_OK;
    }
    if (in->rank == SG_MAX_RANK) return sg_fail(error, SG_BAD_GRAPH, "its samples have too many axes");
    *out = (sg_shape){.rank = in->rank + 1, .dim = {1}};
    for (int i = 0; i < in->rank; i++) out->dim[i + 1] = in->dim[i];
    if (strcmp(attr[PER].text, "channel") == 0) {
        if (in->rank < 3)
            return sg_fail(error, SG_BAD_GRAPH, "per: channel needs samples [channels, height, width]");
        for (int i = 1; i < in->rank; i++) out->dim[i + 1] = 1;
    }
    return SG_OK;
}

const sg_step sg_step_dataset_mean = {
    .schema =
        {.kind = SG_KIND_STEP,
         .name = "dataset_mean",
         .doc = "the last step: replaces the samples by their mean over a whole split, one value without a "
                "batch axis",
         .attrs =
             SG_ATTRS([PER] =
                          {.name = "per",
                           .type = SG_ATTR_TEXT,
                           .fallback = "all",
                           .one_of = "all channel position",
                           .doc =
                               "one number [1], one per channel [1, c, 1, 1], or a mean image [1, c, h, w]"},
                      [SPLIT] = {.name = "split",
                                 .type = SG_ATTR_TEXT,
                                 .fallback = "",
                                 .doc = "the split whose samples are averaged; absent: the field's own"})},
    .statistic = true,
    .shape = shape};
