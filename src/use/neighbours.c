/* Telling labels by the nearest neighbours. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "simgraph/use.h"
#include "use/machine.h"

enum { ROWS = 64 };

/* Rows of length 1; zeros stay. */
static void normalise(const float *from, int64_t rows, int64_t size, float *to) {
    for (int64_t i = 0; i < rows; i++, from += size, to += size) {
        double sum = 0;
        for (int64_t k = 0; k < size; k++) sum += (double)from[k] * (double)from[k];
        double factor = sum > 0 ? 1 / sqrt(sum) : 0;
        for (int64_t k = 0; k < size; k++) to[k] = (float)(from[k] * factor);
    }
}

/* The class with most votes; of equals the first. The first cosine is the largest: its vote is 1. */
static int vote(const float *cosine, const int32_t *neighbour, int64_t k, const int32_t *label, int classes,
                double temperature, double *votes) {
    int best = 0;
    for (int c = 0; c < classes; c++) votes[c] = 0;
    for (int64_t i = 0; i < k; i++)
        votes[label[neighbour[i]]] += exp(((double)cosine[i] - (double)cosine[0]) / temperature);
    for (int c = 1; c < classes; c++)
        if (votes[c] > votes[best]) best = c;
    return best;
}

sg_status sg_probe_neighbours(double *accuracy, sg_context *context, const sg_tensor *train,
                              const int32_t *train_label, const sg_tensor *test, const int32_t *test_label,
                              int classes, int64_t k, double temperature, sg_error *error) {
    int64_t n = train->shape.dim[0], m = test->shape.dim[0], size = train->shape.dim[1], right = 0;
    if (k > n) k = n;
    sg_machine machine;
    sg_status status = sg_machine_init(&machine, context, SG_F32, ROWS, error);
    double *votes = sg_array_alloc((size_t)classes + 1, sizeof *votes);
    if (status == SG_OK && !votes) status = sg_no_memory(error);
    if (status == SG_OK) {
        sg_value query = sg_machine_input(&machine, SG_F32, SG_SHAPE(ROWS, size)),
                 bank = sg_machine_input(&machine, SG_F32, SG_SHAPE(n, size));
        sg_value cosines =
            sg_emit(machine.graph, "matmul", SG_IN(query, bank), sg_arg_bool("transpose_b", true));
        sg_value top = sg_emit(machine.graph, "top_k", SG_IN(cosines), sg_arg_int("k", k));
        sg_value fetch[] = {top, top + 1};
        status = sg_machine_plan(&machine, 2, fetch, error);
        if (status == SG_OK) normalise(train->data, n, size, sg_program_feed(machine.program, bank).data);
        for (int64_t at = 0; status == SG_OK && at < m; at += ROWS) {
            int64_t rows = m - at < ROWS ? m - at : ROWS;
            float *to = sg_program_feed(machine.program, query).data;
            normalise((const float *)test->data + at * size, rows, size, to);
            for (int64_t i = rows * size; i < ROWS * size; i++) to[i] = 0;
            status = sg_machine_run(&machine, error);
            if (status != SG_OK) break;
            sg_tensor cosine = sg_program_fetch(machine.program, top),
                      index = sg_program_fetch(machine.program, top + 1);
            float *line = sg_array_alloc((size_t)k + 1, sizeof *line);
            int32_t *who = sg_array_alloc((size_t)k + 1, sizeof *who);
            if (!line || !who) status = sg_no_memory(error);
            for (int64_t i = 0; status == SG_OK && i < rows; i++) {
                for (int64_t j = 0; j < k; j++) {
                    line[j] = (float)sg_tensor_get(&cosine, i * k + j);
                    who[j] = (int32_t)sg_tensor_get(&index, i * k + j);
                }
                right += vote(line, who, k, train_label, classes, temperature, votes) == test_label[at + i];
            }
            free(line);
            free(who);
        }
    }
    *accuracy = (double)right / (double)m;
    sg_machine_finish(&machine);
    free(votes);
    return status;
}
