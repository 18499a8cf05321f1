/* Every op against numbers that PyTorch computed in f64 (tests/torch/record_ops.py), in f64 and f32.
 *
 * tests/torch/records/<op>.npz holds one f64 array a sample: hash, then per output and per input whether it
 * was recorded, then the numbers of the recorded outputs and of the recorded gradients. Of more than PART
 * numbers, evenly spread ones are kept, then their sum and the sum of their squares. */
#include <math.h>
#include <stdlib.h>

#include "graph/graph.h"
#include "ops_unit.h"
#include "simgraph/arrays.h"

enum { PART = 128 };

#define RERUN "run: ninja -C build record_ops (it takes PyTorch), and commit tests/torch/records"

static int64_t kept(int64_t n, int64_t *step) {
    *step = n > PART ? (n + PART - 1) / PART : 1;
    return (n + *step - 1) / *step;
}

/* Compares a tensor with the record that starts at `at`; returns how many numbers that took, 0 at its end. */
static int64_t check_numbers(const sg_tensor *x, const double *at, int64_t left, ops_tolerance t,
                             char why[160]) {
    int64_t n = sg_tensor_elements(x), step, count = kept(n, &step), used = count + (n > PART ? 2 : 0);
    double numbers[PART], sum = 0, squares = 0;
    snprintf(why, 160, "the record is too short: " RERUN);
    if (used > left) return -1;
    for (int64_t i = 0; i < count; i++) numbers[i] = sg_tensor_get(x, i * step);
    if (!ops_close(count, numbers, at, t, why)) return -1;
    for (int64_t i = 0; n > PART && i < n; i++) {
        double v = sg_tensor_get(x, i);
        sum += v;
        squares += v * v;
    }
    if (n > PART && !(fabs(sum - at[count]) <= t.relative * sqrt(squares * (double)n) + 1e-12)) {
        snprintf(why, 160, "the sum is %.17g, but should be %.17g", sum, at[count]);
        return -1;
    }
    if (n > PART && !(fabs(squares - at[count + 1]) <= 4 * t.relative * squares + 1e-12)) {
        snprintf(why, 160, "the sum of squares is %.17g, but should be %.17g", squares, at[count + 1]);
        return -1;
    }
    return used;
}

static void check_type(const ops_case *c, const double *record, int64_t count, sg_type type,
                       ops_findings *f) {
    ops_setup setup = {.float_type = type};
    ops_machine m;
    sg_error error = {0};
    char why[160];
    double single = c->sample->tolerance_f32 > 0 ? c->sample->tolerance_f32 : 2e-5;
    ops_tolerance t = {.relative = type == SG_F32 ? single : 1e-9,
                       .floor = type == SG_F32 ? single : 1e-10,
                       .absolute = type == SG_F32 ? 1e-7 : 1e-13,
                       .nan_equal = true};
    bool gradients = false;
    int64_t at = 1 + sg_op_output_count(c->op) + c->sample->in_count;
    for (int64_t i = 1 + sg_op_output_count(c->op); i < at && at <= count; i++) gradients |= record[i] != 0;
    setup.gradient = gradients;
    if (ops_machine_init(&m, c, &setup, &error) != SG_OK || ops_machine_run(&m, &error) != SG_OK)
        ops_wrong(f, c, "%s: %s", sg_type_name(type), error.message);
    else if (at > count)
        ops_wrong(f, c, "the record is too short: " RERUN);
    else
        for (int i = 1; i < 1 + m.out_count + c->sample->in_count; i++) {
            bool output = i <= m.out_count;
            int k = output ? i - 1 : i - 1 - m.out_count;
            const sg_tensor *x = output ? &m.y[k] : &m.dx[k];
            if (record[i] == 0) continue;
            int64_t used = x->data ? check_numbers(x, record + at, count - at, t, why) : -1;
            if (!x->data) snprintf(why, sizeof why, "is recorded, but was not computed: " RERUN);
            if (used < 0) {
                ops_wrong(f, c, "%s: %s %d: %s", sg_type_name(type), output ? "output" : "gradient of input",
                          k, why);
                break;
            }
            at += used;
        }
    ops_machine_finish(&m);
}

static const sg_arrays *records; /* of the op under test; NULL: there is no file */

static void check_record(const ops_case *c, ops_findings *f) {
    const sg_tensor *record = records ? sg_arrays_find(records, c->sample->name) : NULL;
    if (!record) {
        ops_wrong(f, c, "has no record: " RERUN);
        return;
    }
    const double *numbers = record->data;
    int64_t count = sg_tensor_elements(record);
    if (record->type != SG_F64 || count < 1 || numbers[0] != ops_case_hash(c)) {
        ops_wrong(f, c, "has changed since it was recorded: " RERUN);
        return;
    }
    if (count == 1) return; /* exempt: the table in record_ops.py says why */
    check_type(c, numbers, count, SG_F64, f);
    check_type(c, numbers, count, SG_F32, f);
}

START_TEST(agrees_with_torch) {
    sg_arrays arrays = {0};
    sg_error error = {0};
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.npz", RECORDS, ops_at(_i)->schema.name);
    records = sg_arrays_load(&arrays, path, &error) == SG_OK ? &arrays : NULL;
    ops_each_good(_i, check_record);
    size_t good = 0;
    for (const sg_sample *s = ops_at(_i)->samples; s->name; s++) good += !s->message;
    ck_assert_msg(arrays.count == good, "%s holds records of samples that are gone: " RERUN, path);
    sg_arrays_finish(&arrays);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {agrees_with_torch, NULL};
    return unit_run(ops_suite("ops torch", tests));
}
