#include "lang/foreign.h"

#include "base/numeric.h"

#include <string.h>

typedef struct translation {
    const char *name, *ours;
} translation;

/* Without module, `_` and upper case. */
static const translation ops[] = {
    {"linear",
     "the block `linear` has weights: {op: linear, in: x, out: 64}; the op `affine` takes them as inputs"},
    {"dense", "the block `linear` has weights: {op: linear, in: x, out: 64}"},
    {"conv2d",
     "the block `conv` has weights: {op: conv, in: x, out: 64}; the op `conv2d` takes them as inputs"},
    {"convtranspose", "the block `deconv` has weights; the op `conv_transpose2d` takes them as inputs"},
    {"convtranspose2d", "the block `deconv` has weights; the op `conv_transpose2d` takes them as inputs"},
    {"layernorm",
     "the block `norm` has weights: {op: norm, in: x}; the op `layer_norm` takes them as inputs"},
    {"batchnorm",
     "the block `batch_norm2d` has weights and statistics; the op `batch_norm` takes them as inputs"},
    {"batchnorm1d", "the block `batch_norm2d` has weights and statistics, for maps; the op `batch_norm` "
                    "takes them as inputs"},
    {"batchnorm2d",
     "the block `batch_norm2d` has weights and statistics; the op `batch_norm` takes them as inputs"},
    {"groupnorm", "reshape the channels to groups, then `layer_norm`"},
    {"multiheadattention", "the block `attention` has weights: {op: attention, in: x, heads: 4}"},
    {"scaleddotproductattention", "write dot_attention(query, key, value)"},
    {"transformerencoderlayer",
     "the block `vit_block`: {op: vit_block, in: x, mixer: {op: attention, heads: 4}}"},
    {"embedding", "write gather(table, index), where the table is {op: weight, shape: [words, dim]}"},
    {"sequential", "write the nodes one after the other, or a block of your own under `blocks`"},
    {"modulelist", "`repeat: {l: 4}` stacks a block"},
    {"identity", "leave the node out and use the name of its input"},
    {"parameter", "write {op: weight, shape: [...]}"},
    {"cat", "write concat(a, b, axis=1)"},
    {"concatenate", "write concat(a, b, axis=1)"},
    {"stack", "give both an axis of size 1 with `reshape`, then `concat`"},
    {"flatten", "write reshape(x, shape=[batch, -1])"},
    {"view", "write reshape(x, shape=[...])"},
    {"squeeze", "write reshape(x, shape=[...]) without the axis"},
    {"unsqueeze", "write reshape(x, shape=[...]) with an axis of size 1"},
    {"expanddims", "write reshape(x, shape=[...]) with an axis of size 1"},
    {"expand", "write broadcast_to(x, shape=[...])"},
    {"tile", "write broadcast_to(x, shape=[...])"},
    {"transpose", "write permute(x, axes=[0, 2, 1]), with the new order of all axes"},
    {"swapaxes", "write permute(x, axes=[0, 2, 1]), with the new order of all axes"},
    {"bmm", "write matmul(a, b)"},
    {"mm", "write matmul(a, b)"},
    {"einsum", "write it with `permute`, `reshape` and `matmul`"},
    {"mseloss", "write mse(output, target)"},
    {"l1loss", "write l1(output, target)"},
    {"smoothl1loss", "write smooth_l1(output, target)"},
    {"bceloss", "write bce(output, target)"},
    {"bcewithlogitsloss", "write bce_logits(output, target)"},
    {"binarycrossentropy", "write bce(output, target)"},
    {"binarycrossentropywithlogits", "write bce_logits(output, target)"},
    {"crossentropyloss", "write cross_entropy(scores, target)"},
    {"nllloss", "write cross_entropy(scores, target), before any softmax"},
    {"split", "slices do it: x[:, 0:64]"},
    {"chunk", "slices do it: x[:, 0:64]"},
    {"maskedfill", "write where(mask, value, x)"},
    {"clip", "write clamp(x, low=0, high=1)"},
    {"maxpool2d", "write max_pool(x, ...)"},
    {"avgpool2d", "write avg_pool(x, ...)"},
    {"adaptiveavgpool2d", "write mean(x, axis=[2, 3])"},
    {"interpolate", "`pixel_shuffle` and the block `deconv` enlarge images, `avg_pool` makes them smaller"},
    {"upsample", "`pixel_shuffle` and the block `deconv` enlarge images"},
    {"leakyrelu", "write maximum(x, 0.01 * x)"},
    {"rand", "write {op: random_uniform, shape: [...]}"},
    {"randn", "write {op: random_normal, shape: [...]}"},
    {"zeros", "write 0 where the value is used, or {op: constant, value: 0}"},
    {"ones", "write 1 where the value is used, or {op: constant, value: 1}"},
    {"detach", "write stop_gradient(x)"},
    {"nograd", "write stop_gradient(x)"},
    {"arange", "the op `iota` counts: {op: iota, shape: [n], axis: 0}"},
    {"astype", "write cast(x, type=f32)"},
    {"float", "numbers need none; of nodes: cast(x, type=f32)"},
    {"int", "`floor(x)` rounds down, `x // y` divides so"},
    {"adam", "write adamw with decay: 0"},
    {"range", "`repeat: {l: n}` counts from 0 to n - 1"},
    {"print", "`--fetch` and `evaluate: {values: ...}` show values"},
};

static const translation attributes[] = {
    {"dim", "axis"},
    {"dims", "axes axis"},
    {"keepdim", "keep"},
    {"keepdims", "keep"},
    {"p", "rate"},
    {"prob", "rate"},
    {"scale", "area"},
    {"ratio", "aspect"},
    {"out_features", "out"},
    {"out_channels", "out"},
    {"units", "out"},
    {"filters", "out"},
    {"kernel_size", "kernel size"},
    {"padding", "pad"},
    {"bias", "with_bias"},
    {"num_heads", "heads"},
    {"n_heads", "heads"},
    {"learning_rate", "lr"},
    {"weight_decay", "decay"},
    {"dtype", "type"},
    {"epsilon", "eps"},
    {"batch_size", "batch"},
    {"batchsize", "batch"},
    {"loss", "minimize"},
    {"objective", "minimize"},
    {"num_epochs", "epochs"},
    {"optim", "optimizer"},
    {"optimizer_in_bwd", "optimizer_in_backward"},
    {"dataset", "data"},
    {"datasets", "data"},
    {"params", "args"},
    {"parameters", "args"},
    {"arguments", "args"},
    {"variables", "let"},
    {"layers", "nodes"},
    {"model", "nodes"},
    {"graph", "nodes"},
    {"import", "include"},
    {"imports", "include"},
    {"includes", "include"},
    {"validate", "evaluate"},
    {"validation", "evaluate"},
    {"eval", "evaluate"},
    {"checkpoint", "save"},
    {"version", "simgraph"},
    {"description", "doc"},
    {"in_features", ""},
    {"in_channels", ""},
    {"inplace", ""},
    {"normalized_shape", ""},
    {"num_features", ""},
    {"embed_dim", "dim"},
    {"patch_size", "patch"},
    {"depths", "depth"},
    {"num_layers", "depth"},
    {"mask_ratio", "ratio"},
    {"activation", "act"},
    {"dim0", "axes"},
};

static const translation steps[] = {
    {"randomresizedcrop", "random_crop"}, {"randomhorizontalflip", "flip"},
    {"horizontalflip", "flip"},           {"hflip", "flip"},
    {"randomerasing", "random_erase"},    {"randomgreyscale", "random_grayscale"},
};

static const translation words[] = {
    {"None", "there is no null: leave the key out; given(x) tells whether an optional input was given"},
    {"null", "there is no null: leave the key out; given(x) tells whether an optional input was given"},
    {"nil", "there is no null: leave the key out"},
    {"True", "write true"},
    {"False", "write false"},
    {"is", "write == to compare"},
    {"in", "write `x == a or x == b`"},
    {"lambda", "there are no functions of your own: write a block"},
    {"for", "`repeat: {l: n}` makes rounds of a node"},
    {"self", "nodes are named without it"},
    {"return", "write the expression alone; a block names its `outputs`"},
    {"AND", "write and"},
    {"OR", "write or"},
    {"NOT", "write not"},
    {"then", "write `a if condition else b`"},
    {"?", "write `a if condition else b`"},
    {"=", "`==` compares; `=` gives an attribute in a call"},
    {"B", "the number of samples is called `batch`"},
    {"N", "the number of samples is called `batch`"},
    {"inf", "numbers are finite"},
    {"nan", "numbers are finite"},
    {"float", "element types are texts: 'f32', 'f64', 'i32', 'u8'"},
    {"int", "element types are texts: 'f32', 'f64', 'i32', 'u8'"},
    {"pi", "write 3.141592653589793"},
};

enum { LONGEST = 64 };

static const char *find(const translation *table, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0) return table[i].ours;
    return NULL;
}

/* By a name without module, `_` and upper case. */
static const char *find_bare(const translation *table, size_t count, const char *name) {
    char bare[LONGEST];
    size_t used = 0;
    name = sg_foreign_base(name);
    for (; *name && used + 1 < sizeof bare; name++)
        if (*name != '_') bare[used++] = sg_to_lower(*name);
    bare[used] = 0;
    return find(table, count, bare);
}

const char *sg_foreign_op(const char *name) {
    return find_bare(ops, sizeof ops / sizeof *ops, name);
}

const char *sg_foreign_step(const char *name) {
    return find_bare(steps, sizeof steps / sizeof *steps, name);
}

bool sg_foreign_module(const char *name) {
    static const char *const modules[] = {"torch", "nn", "F", "np", "numpy", "math", "tf", "keras", "jnp"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(name, modules[i]) == 0) return true;
    return false;
}

const char *sg_foreign_base(const char *name) {
    char module[LONGEST];
    size_t length = strcspn(name, ".");
    if (!name[length] || length >= sizeof module) return name;
    memcpy(module, name, length);
    module[length] = 0;
    return sg_foreign_module(module) ? strrchr(name, '.') + 1 : name;
}

const char *sg_foreign_attribute(const char *name) {
    return find(attributes, sizeof attributes / sizeof *attributes, name);
}

const char *sg_foreign_word(const char *word) {
    return find(words, sizeof words / sizeof *words, word);
}
