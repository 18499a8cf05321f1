#include "kernel/walk.h"

#include <string.h>

void sg_walk_init(sg_walk *walk, const sg_shape *shape, int operands, const sg_tensor *const *operand) {
    memset(walk, 0, sizeof *walk);
    walk->operands = operands;
    int64_t dim[SG_MAX_RANK], stride[SG_WALK_OPERANDS][SG_MAX_RANK];
    int rank = 0;
    bool empty = false;
    for (int d = 0; d < shape->rank; d++) {
        if (shape->dim[d] == 0) empty = true;
        if (shape->dim[d] == 1) continue;
        int64_t here[SG_WALK_OPERANDS];
        for (int k = 0; k < operands; k++) {
            int axis = d - (shape->rank - operand[k]->shape.rank);
            bool stays = axis < 0 || operand[k]->shape.dim[axis] == 1;
            here[k] = stays ? 0 : operand[k]->stride[axis];
        }
        bool joins = rank > 0;
        for (int k = 0; joins && k < operands; k++) joins = stride[k][rank - 1] == here[k] * shape->dim[d];
        if (joins)
            dim[rank - 1] *= shape->dim[d];
        else
            dim[rank++] = shape->dim[d];
        for (int k = 0; k < operands; k++) stride[k][rank - 1] = here[k];
    }
    walk->inner = empty ? 0 : rank ? dim[rank - 1] : 1;
    walk->rank = rank > 0 ? rank - 1 : 0;
    for (int k = 0; k < operands; k++) {
        int64_t size = (int64_t)sg_type_size(operand[k]->type);
        walk->at[k] = operand[k]->data;
        walk->step[k] = rank ? stride[k][rank - 1] : 0;
        for (int d = 0; d < walk->rank; d++) walk->bytes[k][d] = stride[k][d] * size;
    }
    for (int d = 0; d < walk->rank; d++) walk->dim[d] = dim[d];
}

bool sg_walk_next(sg_walk *walk) {
    if (!walk->inner) return false;
    for (int d = walk->rank - 1; d >= 0; d--) {
        walk->index[d]++;
        for (int k = 0; k < walk->operands; k++)
            if (walk->at[k]) walk->at[k] += walk->bytes[k][d];
        if (walk->index[d] < walk->dim[d]) return true;
        for (int k = 0; k < walk->operands; k++)
            if (walk->at[k]) walk->at[k] -= walk->bytes[k][d] * walk->dim[d];
        walk->index[d] = 0;
    }
    return false;
}
