/* drop_mask: keeps a random few tokens of each sample, for encoders that see only those (He et al., "Masked
 * Autoencoders Are Scalable Vision Learners", arXiv:2111.06377). */
#include "ops/mask.h"

enum { SHAPE, RATIO };
enum { MASK, KEEP, RESTORE };

static sg_status infer(sg_infer *c) {
    const sg_attr *shape = &c->attr[SHAPE];
    if (shape->n != 2) return sg_fail_at(c->error, SG_BLAME_ATTR, SHAPE, "shape must be [samples, tokens]");
    sg_shape all = sg_shape_of(shape->n, shape->ints), kept = all;
    kept.dim[1] = (int64_t)((double)all.dim[1] * (1 - c->attr[RATIO].f));
    c->out[MASK] = (sg_typed){c->float_type, all};
    c->out[KEEP] = (sg_typed){SG_I32, kept};
    c->out[RESTORE] = (sg_typed){SG_I32, all};
    return SG_OK;
}

static void domain(const sg_signature *s, sg_domain *d) {
    const sg_shape *out = &s->out[MASK].shape;
    d->scratch = (size_t)(out->dim[1] + 4) * (sizeof(uint64_t) + sizeof(uint32_t));
    if (out->dim[0] < 1) return;
    d->items = out->dim[0];
    d->out[MASK] = d->out[KEEP] = d->out[RESTORE] = SG_OWN;
}

/* The first ones of a random order are kept. */
static void run(const sg_task *task) {
    const sg_shape *all = &task->signature->out[MASK].shape;
    int64_t n = all->dim[1], kept = task->signature->out[KEEP].shape.dim[1], quads = (n + 3) / 4;
    uint64_t *keys = task->scratch;
    uint32_t *words = (uint32_t *)(keys + n);
    int32_t *keep = task->out[KEEP].data, *restore = task->out[RESTORE].data;
    int64_t count = all->dim[0] ? task->count : 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t entry = task->begin + i, part = sg_sample_part(task, entry, task->items);
        sg_mask_shuffle(task, sg_sample_id(task, entry, task->items), part * quads, n, keys, words);
        for (int64_t j = 0; j < n; j++) {
            int32_t token = (int32_t)(keys[j] & 0xffffffffu);
            if (task->out[MASK].data) sg_tensor_set(&task->out[MASK], i * n + token, j >= kept);
            if (restore) restore[i * n + token] = (int32_t)j;
            if (keep && j < kept) keep[i * kept + j] = token;
        }
    }
}

static bool hidden(const sg_signature *s, sg_hidden *h) {
    *h = (sg_hidden){1, 1, s->out[MASK].shape.dim[1] - s->out[KEEP].shape.dim[1]};
    return true;
}

static const sg_arg tokens[] = {SG_ARG_INTS("shape", 3, 16), SG_ARG_FLOAT("ratio", 0.75), {0}};
static const sg_arg odd[] = {SG_ARG_INTS("shape", 4, 9), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg all[] = {SG_ARG_INTS("shape", 2, 5), SG_ARG_FLOAT("ratio", 1), {0}};
static const sg_arg none[] = {SG_ARG_INTS("shape", 2, 5), SG_ARG_FLOAT("ratio", 0), {0}};
static const sg_arg empty[] = {SG_ARG_INTS("shape", 0, 5), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg one[] = {SG_ARG_INTS("shape", 1, 1), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg grid[] = {SG_ARG_INTS("shape", 3, 4, 4), SG_ARG_FLOAT("ratio", 0.5), {0}};
static const sg_arg much[] = {SG_ARG_INTS("shape", 3, 4), SG_ARG_FLOAT("ratio", 1.5), {0}};
static const sg_sample samples[] = {
    {.name = "tokens", .args = tokens},
    {.name = "odd", .args = odd},
    {.name = "all", .args = all},
    {.name = "none", .args = none},
    {.name = "empty", .args = empty},
    {.name = "one", .args = one},
    {.name = "grid", .args = grid, .message = "shape must be [samples, tokens]"},
    {.name = "much", .args = much, .message = "ratio is 1.5, but must lie between 0 and 1"},
    {.name = NULL},
};

const sg_op sg_op_drop_mask = {
    .schema =
        {.kind = SG_KIND_OP,
         .name = "drop_mask",
         .doc = "hides cells by leaving them out: keeps int(tokens * (1 - ratio)) random tokens of each "
                "sample, in random order",
         .attrs = SG_ATTRS(
             {.name = "shape", .type = SG_ATTR_INTS, .doc = "[samples, tokens]", .min = 0, .max = 1e9},
             {.name = "ratio", .type = SG_ATTR_FLOAT, .doc = "share of hidden tokens", .min = 0, .max = 1})},
    .family = "random",
    .out = {{"mask", "[samples, tokens], 1 where hidden", 0},
            {"keep", "[samples, kept], which tokens are kept (i32)", 0},
            {"restore",
             "[samples, tokens], the place of each token among the kept ones, then the hidden ones (i32)",
             0}},
    .flags = SG_OP_RANDOM | SG_OP_NONDIFF,
    .infer = infer,
    .domain = domain,
    .kernels = {{SG_ANY_TYPE, run}},
    .hidden = hidden,
    .samples = samples,
};
