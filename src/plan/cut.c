/* Cutting: into how many blocks the work of each node is cut.
 *
 * The cut depends on shapes and ops alone, so results do not depend on the number of workers. Nodes whose
 * items divide into the samples of the batch are all cut at the same samples, which lets them share groups;
 * the rest is cut by its own items. A block aims at about 384 rows of the matrix products: BLAS packs the
 * weight again on every call, and 256 to 384 rows reach 90 to 97 % of its full rate. */
#include <string.h>

#include "plan/pack.h"
#include "plan/plan.h"

enum {
    BLOCK_ROWS = 384,
    LANES = 8,
    FEW_ROWS = 256,
    LEAST_BLOCKS = 4,
    LEAST_ROWS = 128,
    TILE_ROWS = 96,
    BLOCK_WORK = 1 << 16,
    SMALL_WORK = 1 << 15,
    MAX_BLOCKS = 64
};

static double node_work(const sg_plan_node *node) {
    double work = 0;
    for (int k = 0; k < node->node->out_count; k++)
        if (node->space.wanted[k]) work += (double)sg_shape_elements(&node->space.out[k].shape);
    for (int k = 0; k < node->node->in_count; k++)
        if (node->space.present[k] && node->domain.in[k] == SG_OWN)
            work += (double)sg_shape_elements(&node->space.in[k].shape);
    return work;
}

static double node_flops(const sg_plan_node *node) {
    const sg_op *op = node->node->op;
    return op->flops ? op->flops(&node->space.signature) : 0;
}

static bool is_product(const sg_plan_node *node) {
    const char *family = node->node->op->family;
    return strcmp(family, "product") == 0 || strcmp(family, "convolution") == 0;
}

/* Rows that one matrix, the second input, is multiplied with: the product's work over the matrix's size. 0
 * for products of two cut operands, such as attention's, whose rows do not grow with the block. */
static double product_rows(const sg_plan_node *node) {
    if (node->node->in_count < 2 || !node->space.present[1] || node->domain.in[1] != SG_WHOLE) return 0;
    double elements = (double)sg_shape_elements(&node->space.in[1].shape);
    return elements > 0 ? node_flops(node) / (2 * elements) : 0;
}

static int64_t ceil_div(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t clamp(double value, int64_t low, int64_t high) {
    return value < (double)low ? low : value > (double)high ? high : (int64_t)value;
}

/* How samples are dealt out to blocks: `rest` blocks of one hand more than `each`, then those of `each`. */
typedef struct deal {
    int64_t hand, blocks, each, rest;
} deal;

/* To blocks of at most `block` samples, as even as can be: in LANES where every block gets several. */
static deal deal_out(int64_t batch, int64_t block) {
    deal d = {.hand = 1, .blocks = ceil_div(batch, block)};
    if (block > LANES && block % LANES == 0 && ceil_div(batch, LANES) >= 2 * d.blocks) d.hand = LANES;
    d.each = ceil_div(batch, d.hand) / d.blocks;
    d.rest = ceil_div(batch, d.hand) % d.blocks;
    return d;
}

static int64_t largest(deal d) {
    return d.hand * (d.rest ? d.each + 1 : d.each);
}

/* What is done while `workers` do the blocks in turn, in samples: more than the batch where some wait. */
static int64_t spent(deal d, int64_t workers) {
    return workers * d.hand * (ceil_div(d.blocks, workers) * d.each + ceil_div(d.rest, workers));
}

/* Samples a block: about `wanted`, so that 2 workers and 4 wait for each other as little as can be;
 * where it is of more than LANES, in whole LANES: convolutions of small maps put samples side by side. */
static int64_t even_block(int64_t batch, int64_t wanted) {
    int64_t best = wanted, least = INT64_MAX;
    if (wanted >= batch) return batch;
    for (int64_t away = 0; away <= wanted / 2; away++)
        for (int side = 1; side >= -1; side -= 2) {
            const int64_t block = wanted + side * away;
            if (block > batch || block < wanted - wanted / 3 || (wanted > LANES && block % LANES)) continue;
            const deal d = deal_out(batch, block);
            const int64_t cost = spent(d, 2) + spent(d, 4);
            if (cost < least) best = largest(d), least = cost;
        }
    return best;
}

static bool counts(const sg_plan_node *node) {
    return node->needed && node->runs && node->by_sample;
}

/* Samples a block for the whole program. The forward pass says how many, where there is one: what the
 * backward pass computes again must not change the sums of gradients. */
static int64_t choose_block_samples(const sg_plan *plan) {
    int64_t batch = plan->graph->options.batch;
    double flops = 0, rows = 0, work = 0;
    bool forward = false;
    for (int i = 0; i < plan->node_count; i++)
        forward = forward || (counts(plan->nodes[i]) && plan->nodes[i]->node->forward < 0);
    for (int i = 0; i < plan->node_count; i++) {
        const sg_plan_node *node = plan->nodes[i];
        if (!counts(node) || (forward && node->node->forward >= 0)) continue;
        double w = node_work(node);
        if (w > work) work = w;
        if (!is_product(node)) continue;
        double r = product_rows(node), f = node_flops(node);
        if (r <= 0) continue;
        flops += f;
        rows += f * r / (double)batch;
    }
    double samples = flops > 0 ? BLOCK_ROWS / (rows / flops) : BLOCK_WORK / (work / (double)batch + 1);
    return even_block(batch, clamp(samples + 0.5, 1, batch));
}

/* Samples a block from a product on that has `rows` rows a sample: those of the whole program, unless they
 * give it so few rows that packing its matrix, once a block, takes much of the time. Then more, as long as
 * there are blocks for several workers. */
static int64_t product_samples(const sg_plan *plan, double rows) {
    int64_t batch = plan->graph->options.batch, usual = plan->block_samples;
    if (rows * (double)usual >= FEW_ROWS) return usual;
    int64_t blocks = clamp(rows * (double)batch / FEW_ROWS, LEAST_BLOCKS, batch);
    int64_t samples = ceil_div(batch, blocks);
    return samples > usual ? samples : usual;
}

static bool has_sums(const sg_plan_node *node) {
    for (int k = 0; k < node->node->out_count; k++)
        if (node->domain.out[k] == SG_SUM) return true;
    return false;
}

/* How many blocks pay for a product that is cut by its own items. Each packs the matrix again, which takes 10
 * to 20 % at 128 rows; one that adds to sums over its rows also makes, and joins, a sum as large as the
 * result. Tiles of a gradient whose other operand is packed are as small as its own packing allows. */
static double product_blocks(const sg_plan_node *node) {
    if (node->node->op == &sg_packed_affine_grad_op) return (double)node->domain.items / TILE_ROWS;
    double flops = node_flops(node), by_flops = flops / (BLOCK_WORK * 32.0);
    double rows = product_rows(node) / LEAST_ROWS;
    if (has_sums(node))
        rows = flops / (2 * (double)sg_shape_elements(&node->space.out[0].shape)) / BLOCK_ROWS;
    double by_rows = rows > 0 ? rows : (double)node->domain.items;
    return by_flops < by_rows ? by_flops : by_rows;
}

/* What is packed piece by piece and tiles of a gradient are no samples, whatever their number. */
static bool has_own_items(const sg_plan_node *node) {
    return sg_is_pack(node->node->op) || node->node->op == &sg_packed_affine_grad_op;
}

void sg_plan_block(const sg_plan_node *node, int block, int64_t *begin, int64_t *count) {
    const int64_t smaller = block > node->larger ? block - node->larger : 0;
    const int64_t own = node->block_items - (block >= node->larger ? node->fewer : 0);
    *begin = block * node->block_items - smaller * node->fewer;
    const int64_t left = node->domain.items - *begin;
    *count = left < own ? left : own;
    if (*count < 0) *count = 0;
}

/* Blocks of at most `samples`, the larger ones first: who waits at the end waits for a smaller one. */
static void cut_samples(sg_plan_node *node, int64_t batch, int64_t samples) {
    const deal d = deal_out(batch, samples);
    const int64_t items = node->domain.items / batch;
    node->block_samples = largest(d);
    node->block_items = node->block_samples * items;
    node->fewer = d.hand * items;
    node->blocks = (int)d.blocks;
    node->larger = (int)(d.rest ? d.rest : d.blocks);
}

static void cut_own(sg_plan_node *node, int64_t block) {
    if (block > 0) {
        node->block_items = block;
        node->blocks = (int)ceil_div(node->domain.items, block);
        return;
    }
    double work = node_work(node);
    double blocks = is_product(node) ? product_blocks(node) : work / BLOCK_WORK;
    if (work < SMALL_WORK && !is_product(node)) blocks = 1;
    int64_t count = clamp(blocks + 0.5, 1, node->domain.items < MAX_BLOCKS ? node->domain.items : MAX_BLOCKS);
    node->block_items = ceil_div(node->domain.items, count);
    node->blocks = (int)ceil_div(node->domain.items, node->block_items);
}

static sg_status check_domain(const sg_plan_node *node, sg_error *error) {
    const sg_domain *d = &node->domain;
    for (int k = 0; k < node->node->in_count; k++) {
        if (!node->space.present[k] || d->in[k] != SG_OWN) continue;
        const sg_shape *shape = &node->space.in[k].shape;
        if (shape->rank < 1 || shape->dim[0] % d->items)
            return sg_fail(error, SG_FAILURE, "%s (%s): input %d cannot be cut into %lld items",
                           node->node->path, node->node->op->schema.name, k, (long long)d->items);
    }
    for (int k = 0; k < node->node->out_count; k++) {
        const sg_shape *shape = &node->space.out[k].shape;
        if (d->out[k] == SG_OWN ? shape->rank < 1 || shape->dim[0] % d->items
                                : d->out[k] == SG_WHOLE && d->items > 1)
            return sg_fail(error, SG_FAILURE, "%s (%s): output %d cannot be cut into %lld items",
                           node->node->path, node->node->op->schema.name, k, (long long)d->items);
    }
    return SG_OK;
}

static void drop_axis(sg_typed *typed, int *dropped) {
    sg_shape *shape = &typed->shape;
    memmove(shape->dim, shape->dim + 1, sizeof *shape->dim * (size_t)(shape->rank - 1));
    shape->rank--;
    ++*dropped;
}

/* Drops an axis of size 1 in front of every operand that is cut. False where one has another size there. */
static bool drop_axes(sg_plan_node *node) {
    const sg_domain d = node->domain;
    int in = node->node->in_count, out = node->node->out_count, cut = 0;
    for (int k = 0; k < in + out; k++) {
        if (k < in ? !node->space.present[k] || d.in[k] != SG_OWN : d.out[k - in] != SG_OWN) continue;
        const sg_shape *shape = k < in ? &node->space.in[k].shape : &node->space.out[k - in].shape;
        if (shape->rank < 2 || shape->dim[0] != 1) return false;
        cut++;
    }
    for (int k = 0; k < in; k++)
        if (node->space.present[k] && d.in[k] == SG_OWN) drop_axis(&node->space.in[k], &node->in_dropped[k]);
    for (int k = 0; k < out; k++)
        if (d.out[k] == SG_OWN) drop_axis(&node->space.out[k], &node->out_dropped[k]);
    return cut > 0;
}

/* The op's domain; where it has one item and leading axes mean nothing to it, that of the axis behind them.
 */
static bool find_domain(sg_plan_node *node) {
    sg_node_domain(node->node, &node->space.signature, &node->domain);
    bool leading = false;
    while (node->domain.items == 1 && node->node->op->leading) {
        const sg_plan_node before = *node;
        sg_signature_space *space = &node->space;
        bool dropped = drop_axes(node);
        if (dropped) sg_node_domain(node->node, &space->signature, &node->domain);
        bool own = false;
        for (int k = 0; k < node->node->in_count; k++) own = own || node->domain.in[k] == SG_OWN;
        if (!dropped || !own) {
            *node = before; /* the space's pointers are to the node itself, which has not moved */
            break;
        }
        leading = true;
    }
    return leading;
}

/* A copy that the layout made: cut at the samples at which what it copies is. Copies stand behind all other
 * nodes, but run among them. */
static void cut_copy(const sg_plan *plan, sg_plan_node *copy, int64_t batch) {
    const sg_plan_node *from = plan->nodes[plan->values[copy->in[0]].writer];
    while (from->node->op->flags & SG_OP_VIEW) from = plan->nodes[plan->values[from->in[0]].writer];
    cut_samples(copy, batch, plan->block_samples);
    if (!from->by_sample) return;
    const int64_t items = copy->domain.items / batch, from_items = from->domain.items / batch;
    copy->block_samples = from->block_samples;
    copy->block_items = from->block_samples * items;
    copy->fewer = from->fewer / from_items * items;
    copy->blocks = from->blocks;
    copy->larger = from->larger;
}

sg_status sg_plan_cut(sg_plan *plan, sg_error *error) {
    int64_t batch = plan->graph->options.batch;
    for (int i = 0; i < plan->node_count; i++) {
        sg_plan_node *node = plan->nodes[i];
        if (!node->needed || !node->runs) continue;
        bool leading = find_domain(node);
        if (node->domain.items < 1) node->domain.items = 1;
        sg_status status = check_domain(node, error);
        if (status != SG_OK) return status;
        node->by_sample = batch > 1 && !leading && !has_own_items(node) && node->domain.items % batch == 0;
    }
    plan->block_samples = plan->block > 0 && plan->block < batch ? plan->block : choose_block_samples(plan);
    int64_t samples = plan->block_samples;
    for (int i = 0; i < plan->node_count; i++) {
        sg_plan_node *node = plan->nodes[i];
        if (!node->needed || !node->runs) continue;
        if (node->by_sample) {
            /* What follows a product is cut as it is, so that they can share a group. */
            double rows = is_product(node) ? product_rows(node) / (double)batch : 0;
            if (rows > 0 && plan->block <= 0) samples = product_samples(plan, rows);
            if (i < plan->graph_nodes)
                cut_samples(node, batch, samples);
            else
                cut_copy(plan, node, batch);
        } else
            cut_own(node, plan->block);
        node->lanes = !has_sums(node) ? 0 : node->blocks < SG_MAX_LANES ? node->blocks : SG_MAX_LANES;
    }
    return SG_OK;
}
