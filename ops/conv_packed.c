/* Weights of convolutions over turned maps (ops/conv_turned.h), turned once for all blocks of a batch.
 *
 * A panel has the weights of some channels of results, tap by tap: [taps, units, rows]. Packed, they follow
 * each other. Only convolutions of one group read packed weights. */
#include <string.h>

#include "ops/conv_turned.h"
#include "ops/conv_turned_map.h"

int64_t sg_conv_panel_rows(const sg_gemm_turned *products, int64_t channels) {
    const int64_t panels = (channels + products->rows - 1) / products->rows;
    return (channels + panels - 1) / panels;
}

void sg_conv_turn_weight(const sg_gemm_turned *products, const sg_conv *v, bool transposed,
                         const float *weight, int64_t first, int64_t rows, int64_t begin, int64_t end,
                         float *panel) {
    const int64_t area = v->kernel[0] * v->kernel[1], unit = products->unit,
                  all = transposed ? v->out : v->in;
    const int64_t line = (transposed ? 1 : v->in) * area, inner = (transposed ? v->in : 1) * area;
    const int64_t units = (all + unit - 1) / unit;
    /* The taps of channels that follow each other in the weight go at once. */
    const int64_t together = transposed || unit > 1 ? 1 : SG_CONV_MOST_TAPS / area;
    int64_t place[SG_CONV_MOST_TAPS];
    for (int64_t i = 0; i < together; i++)
        for (int64_t k = 0; k < area; k++) place[i * area + k] = (k * units + i) * rows;
    for (int64_t u = begin, count; u < end; u += count) {
        count = lesser(together, end - u);
        products->turn(rows, line, (u + 1) * unit <= all ? inner : 0, count * area,
                       weight + first * line + u * unit * inner, place, panel + u * rows);
    }
}

/* ---- pack_conv ---- */

enum { TRANSPOSED };
/* Channels read that a task turns: whole units, of which no product has larger ones. */
enum { TOGETHER = 2 };

static sg_conv conv_of(const sg_shape *weight) {
    return (sg_conv){.in = weight->dim[1], .out = weight->dim[0], .kernel = {weight->dim[2], weight->dim[3]}};
}

static sg_status infer(sg_infer *c) {
    c->out[0] = c->in[0];
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_conv v = conv_of(&s->in[0].shape);
    d->items = ((s->attr[TRANSPOSED].i ? v.out : v.in) + TOGETHER - 1) / TOGETHER;
    d->out[0] = SG_PART;
}

static void run(const sg_task *task) {
    const sg_conv v = conv_of(&task->in[0].shape);
    const bool transposed = task->attr[TRANSPOSED].i;
    const sg_gemm_turned *products = sg_conv_turned(task);
    const int64_t area = v.kernel[0] * v.kernel[1], all = transposed ? v.out : v.in,
                  channels = transposed ? v.in : v.out;
    const int64_t first = task->begin * TOGETHER, end = lesser(first + task->count * TOGETHER, all);
    const float *weight = task->in[0].data;
    float *packed = task->out[0].data;
    if (!products) { /* The plan is the same for all, and its readers want the weight as it is. */
        const int64_t each = channels * area;
        memcpy(packed + first * each, weight + first * each, sizeof *packed * (size_t)((end - first) * each));
        return;
    }
    const int64_t unit = products->unit, units = (all + unit - 1) / unit,
                  high = sg_conv_panel_rows(products, channels);
    for (int64_t r = 0; r < channels; r += high)
        sg_conv_turn_weight(products, &v, transposed, weight, r, lesser(high, channels - r), first / unit,
                            (end + unit - 1) / unit, packed + r * area * units);
}

static double flops(const sg_signature *s) {
    (void)s;
    return 0;
}

const sg_op sg_pack_conv_op = {
    .schema = {.kind = SG_KIND_OP,
               .name = "pack_conv",
               .doc = "a convolution's weight in the order in which products read it",
               .attrs = SG_ATTRS({.name = "transposed",
                                  .type = SG_ATTR_BOOL,
                                  .fallback = "false",
                                  .doc = "for the transpose of the convolution"})},
    .family = "layout",
    .in = {{"weight", "[out, c, kh, kw]", 0}},
    .out = {{"packed", "[out, c, kh, kw]", 0}},
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_F32, run}},
    .flops = flops,
};
