#include "ops/logic.h"

#include "ops/elementwise.h"

enum { CHUNK = SG_CHUNK };

sg_status sg_logic_infer(sg_infer *c) {
    c->out[0] = (sg_typed){SG_I32, c->in[0].shape};
    return SG_OK;
}

sg_status sg_logic_infer_two(sg_infer *c) {
    return sg_binary_infer_test(c);
}

/* `two`: a logical function of two operands, else the negation of one. */
static void run(const sg_task *task, bool two, sg_logic function) {
    const sg_tensor *y = &task->out[0], *operand[3] = {&task->in[0], two ? &task->in[1] : y, y};
    int operands = two ? 3 : 2;
    int32_t truth[2][CHUNK];
    sg_walk walk;
    sg_walk_init(&walk, &y->shape, operands, operand);
    if (!walk.inner) return;
    do {
        for (int64_t first = 0; first < walk.inner; first += CHUNK) {
            int64_t count = walk.inner - first < CHUNK ? walk.inner - first : CHUNK;
            for (int k = 0; k < operands - 1; k++) {
                int64_t step = walk.step[k];
                const char *at = walk.at[k] + first * step * (int64_t)sg_type_size(operand[k]->type);
                sg_truth_run(task->loops, operand[k]->type, at, step, count, truth[k]);
            }
            if (two)
                task->loops->logic_i32[function][SG_ARRAY_ARRAY](count, truth[0], truth[1], truth[0]);
            else
                task->loops->logic_not_i32(count, truth[0], truth[0]);
            int64_t step = walk.step[operands - 1];
            char *to = walk.at[operands - 1] + first * step * (int64_t)sizeof(int32_t);
            sg_scatter_convert(SG_I32, truth[0], SG_I32, to, step, count);
        }
    } while (sg_walk_next(&walk));
}

void sg_logic_run(const sg_task *task, sg_logic function) {
    run(task, true, function);
}

void sg_logic_run_not(const sg_task *task) {
    run(task, false, SG_LOGIC_AND);
}
