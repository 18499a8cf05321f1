/* The transpose of a convolution: what conv2d_input_grad and conv_transpose2d compute. */
#include <string.h>

#include "kernel/loops.h"
#include "ops/conv_lined.h"
#include "ops/conv_turned.h"

/* Every channel of x starts from its bias, or from 0. */
static void begin(const sg_task *task, const sg_conv *v, const sg_tensor *bias, const sg_tensor *x) {
    int64_t channels = v->groups * v->in, plane = v->height * v->width;
    if (!bias->data) {
        if (sg_tensor_elements(x)) memset(x->data, 0, sg_tensor_bytes(x));
        return;
    }
    for (int64_t i = 0; i < v->batch * channels; i++) {
        if (x->type == SG_F32)
            task->loops->fill_f32(plane, ((const float *)bias->data)[i % channels],
                                  (float *)x->data + i * plane);
        else
            task->loops->fill_f64(plane, ((const double *)bias->data)[i % channels],
                                  (double *)x->data + i * plane);
    }
}

static void run_planes(const sg_task *task, const sg_conv *v, const sg_tensor *y, const sg_tensor *weight,
                       const sg_tensor *bias, const sg_tensor *x) {
    size_t size = sg_type_size(x->type);
    sg_conv_panel panel = {0};
    while (sg_conv_next(v, &panel)) {
        int64_t plane = panel.sample * v->groups + panel.group;
        double start = !bias->data         ? 0
                       : x->type == SG_F32 ? (double)((const float *)bias->data)[panel.group]
                                           : ((const double *)bias->data)[panel.group];
        sg_conv_plane_transposed(
            v, task->loops, x->type, (const char *)y->data + (size_t)(plane * v->pixels) * size,
            (const char *)weight->data + (size_t)(panel.group * v->taps) * size, start,
            (char *)x->data + (size_t)(plane * v->height * v->width) * size, task->scratch);
    }
}

void sg_conv_transposed_run(const sg_task *task, const sg_conv *v, const sg_tensor *y,
                            const sg_tensor *weight, bool packed, const sg_tensor *bias, const sg_tensor *x) {
    sg_type type = x->type;
    size_t size = sg_type_size(type);
    if (v->planes) {
        run_planes(task, v, y, weight, bias, x);
        return;
    }
    const int64_t samples = sg_conv_turned_samples(v, type, task->signature->out[0].shape.dim[0], true);
    if (samples && sg_conv_turned(task)) {
        sg_conv_turned_run(task, sg_conv_turned(task), v, samples, true, y->data, weight->data, packed,
                           bias->data, x->data);
        return;
    }
    sg_gemm_lined_function *lined = v->patches ? NULL : sg_conv_lined(task, v, type);
    if (lined) {
        /* Whole samples: strips are cut by the rows of x. */
        sg_conv whole = *v;
        whole.panel_rows = v->rows;
        for (sg_conv_panel panel = {0}; sg_conv_next(&whole, &panel);)
            sg_conv_parity_run(task, lined, &whole, &panel, y->data, weight->data, bias->data, x->data);
        return;
    }
    char *space = (char *)task->scratch + sg_conv_columns_bytes(v, type);
    begin(task, v, bias, x);
    sg_conv_panel panel = {0};
    while (sg_conv_next(v, &panel)) {
        const char *w = (const char *)weight->data + (size_t)(panel.group * v->out * v->taps) * size;
        sg_matrix outputs = sg_conv_outputs(v, type, &panel, y->data, space);
        sg_matrix columns = sg_conv_columns_space(v, type, &panel, x->data, task->scratch);
        sg_conv_get_outputs(v, type, &panel, y->data, &outputs);
        /* Columns that stand in x itself are added to what it starts from. */
        double keep = columns.data != task->scratch ? 1 : 0;
        if (v->patches)
            sg_gemm(task, type, true, false, panel.pixels, v->taps, v->out, 1, outputs.data, outputs.distance,
                    w, v->taps, keep, columns.data, columns.distance);
        else
            sg_gemm(task, type, true, false, v->taps, panel.pixels, v->out, 1, w, v->taps, outputs.data,
                    outputs.distance, keep, columns.data, columns.distance);
        sg_conv_add_columns(v, task->loops, type, &panel, &columns, x->data);
    }
}
