#include "ops/conv.h"

#include "base/checked.h"
#include "ops/conv_lined.h"

/* A panel's columns take about this many bytes, so that they stay in the second cache, but have no fewer
 * than FEW and no more than MANY pixels, since each product packs the weights again. Maps of fewer than SMALL
 * pixels are put side by side. */
enum { PANEL_BYTES = 1 << 19, FEW_PIXELS = 256, MANY_PIXELS = 2048, SMALL_PIXELS = 192 };

sg_status sg_conv_check_pair(sg_infer *c, int index, const char *name) {
    int count = c->attr[index].n;
    if (!c->attr[index].present || count == 1 || count == 2) return SG_OK;
    return sg_fail_at(c->error, SG_BLAME_ATTR, index, "%s must be one number or two, but has %d", name,
                      count);
}

sg_status sg_conv_check_pairs(sg_infer *c) {
    sg_status status = sg_conv_check_pair(c, SG_CONV_STRIDE, "stride");
    if (status == SG_OK) status = sg_conv_check_pair(c, SG_CONV_PAD, "pad");
    if (status == SG_OK) status = sg_conv_check_pair(c, SG_CONV_DILATION, "dilation");
    return status;
}

sg_status sg_conv_check_map(sg_infer *c, int k, const char *name, const char *axes) {
    char s[SG_SHAPE_TEXT];
    if (!sg_type_is_float(c->in[k].type))
        return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must be a float, not %s", name,
                          sg_type_name(c->in[k].type));
    if (c->in[k].type != c->in[0].type)
        return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s is %s, but the first input is %s", name,
                          sg_type_name(c->in[k].type), sg_type_name(c->in[0].type));
    if (c->in[k].shape.rank != 4)
        return sg_fail_at(c->error, SG_BLAME_INPUT, k, "%s must be %s, but is %s", name, axes,
                          sg_shape_words(&c->in[k].shape, s));
    return SG_OK;
}

sg_status sg_conv_out_size(sg_infer *c, int blame, const int64_t *size, const int64_t *kernel, int64_t *out) {
    for (int d = 0; d < 2; d++) {
        int64_t pad = sg_conv_pair(&c->attr[SG_CONV_PAD], d),
                stride = sg_conv_pair(&c->attr[SG_CONV_STRIDE], d);
        int64_t reach, room;
        bool fits = kernel[d] > 0 &&
                    sg_int_mul(kernel[d] - 1, sg_conv_pair(&c->attr[SG_CONV_DILATION], d), &reach) &&
                    sg_int_pad(size[d], pad, pad, &room) && room > reach;
        if (!fits)
            return sg_fail_at(
                c->error, SG_BLAME_INPUT, blame,
                "a kernel of %lld x %lld with these pads and dilations does not fit into %lld x %lld",
                (long long)kernel[0], (long long)kernel[1], (long long)size[0], (long long)size[1]);
        out[d] = (room - reach - 1) / stride + 1;
    }
    return SG_OK;
}

static int64_t lesser(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static void choose_panel(sg_conv *v, sg_type type) {
    v->panel_samples = 1;
    v->panel_rows = v->rows;
    if (v->pixels == 0 || v->taps == 0 || v->planes) return;
    if (v->pixels < SMALL_PIXELS && v->batch > 1) {
        v->panel_samples = lesser(ceil_div(FEW_PIXELS, v->pixels), v->batch);
        return;
    }
    if (v->plain) return;
    int64_t pixels = PANEL_BYTES / (int64_t)sg_type_size(type) / v->taps;
    pixels = pixels < FEW_PIXELS ? FEW_PIXELS : lesser(pixels, MANY_PIXELS);
    int64_t rows = pixels / v->columns, strips = ceil_div(v->rows, rows ? rows : 1);
    v->panel_rows = ceil_div(v->rows, strips);
}

sg_conv sg_conv_of(const sg_attr *attr, sg_type type, const sg_shape *x, const sg_shape *weight,
                   const sg_shape *y) {
    sg_conv v = {
        .batch = x->dim[0],
        .groups = attr[SG_CONV_GROUPS].i,
        .in = weight->dim[1],
        .out = weight->dim[0] / attr[SG_CONV_GROUPS].i,
        .height = x->dim[2],
        .width = x->dim[3],
        .rows = y->dim[2],
        .columns = y->dim[3],
    };
    v.plain = v.patches = true;
    for (int d = 0; d < 2; d++) {
        v.kernel[d] = weight->dim[2 + d];
        v.stride[d] = sg_conv_pair(&attr[SG_CONV_STRIDE], d);
        v.pad[d] = sg_conv_pair(&attr[SG_CONV_PAD], d);
        v.dilation[d] = sg_conv_pair(&attr[SG_CONV_DILATION], d);
        v.plain = v.plain && v.kernel[d] == 1 && v.stride[d] == 1 && v.pad[d] == 0;
        v.patches = v.patches && v.kernel[d] == v.stride[d] && v.pad[d] == 0 && v.dilation[d] == 1;
    }
    /* Copying runs of fewer elements is no faster than making columns. */
    v.patches = v.patches && v.kernel[1] >= 4;
    v.taps = v.in * v.kernel[0] * v.kernel[1];
    v.pixels = v.rows * v.columns;
    sg_conv_choose_planes(&v);
    choose_panel(&v, type);
    return v;
}

static size_t matrix_bytes(int64_t rows, const sg_conv *v, sg_type type) {
    size_t bytes;
    bool fits = sg_size_mul((size_t)rows, (size_t)(v->panel_samples * v->panel_rows * v->columns), &bytes) &&
                sg_size_mul(bytes, sg_type_size(type), &bytes);
    return fits ? bytes : SIZE_MAX;
}

size_t sg_conv_columns_bytes(const sg_conv *v, sg_type type) {
    return v->plain && v->panel_samples == 1 ? 0 : matrix_bytes(v->taps, v, type);
}

size_t sg_conv_scratch(const sg_conv *v, sg_type type) {
    if (v->planes) return sg_conv_planes_scratch(v, type);
    size_t columns = sg_conv_columns_bytes(v, type), outputs = matrix_bytes(v->out, v, type), all;
    if (v->panel_samples == 1)
        all = columns;
    else if (!sg_size_add(columns, outputs, &all))
        all = SIZE_MAX;
    /* Which products there will be is not known yet. */
    size_t lined = sg_conv_lined_scratch(v, type), parity = sg_conv_parity_scratch(v, type);
    if (parity > lined) lined = parity;
    return lined > all ? lined : all;
}

double sg_conv_flops(const sg_conv *v) {
    return 2.0 * (double)v->batch * (double)v->groups * (double)v->out * (double)v->pixels * (double)v->taps;
}

int64_t sg_conv_panels(const sg_conv *v) {
    if (v->pixels == 0 || v->batch == 0) return 0;
    return ceil_div(v->batch, v->panel_samples) * ceil_div(v->rows, v->panel_rows) * v->groups;
}

bool sg_conv_next(const sg_conv *v, sg_conv_panel *panel) {
    if (panel->samples && ++panel->group < v->groups) return true;
    panel->group = 0;
    panel->row += panel->rows;
    if (panel->row >= v->rows) {
        panel->row = 0;
        panel->sample += panel->samples;
    }
    if (v->pixels == 0 || panel->sample >= v->batch) return false;
    panel->samples = lesser(v->panel_samples, v->batch - panel->sample);
    panel->rows = lesser(v->panel_rows, v->rows - panel->row);
    panel->pixels = panel->samples * panel->rows * v->columns;
    return true;
}
