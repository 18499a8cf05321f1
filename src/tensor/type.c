#include "simgraph/tensor.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} types[SG_TYPE_COUNT] = {
    [SG_U8] = {"u8", 1},   [SG_I32] = {"i32", 4}, [SG_BF16] = {"bf16", 2},
    [SG_F32] = {"f32", 4}, [SG_F64] = {"f64", 8},
};

size_t sg_type_size(sg_type type) {
    return types[type].size;
}

const char *sg_type_name(sg_type type) {
    return types[type].name;
}

bool sg_type_from_name(const char *name, sg_type *type) {
    for (int i = 0; i < SG_TYPE_COUNT; i++) {
        if (strcmp(name, types[i].name) != 0) continue;
        *type = (sg_type)i;
        return true;
    }
    return false;
}

bool sg_type_is_float(sg_type type) {
    return type == SG_F32 || type == SG_F64 || type == SG_BF16;
}

sg_type sg_type_promote(sg_type a, sg_type b) {
    return a > b ? a : b;
}
