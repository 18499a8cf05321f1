/* Work that is left out because no loss looks at it: what is left gives the same losses, gradients and
 * values. */
#include <math.h>

#include "graph/rewrite_parts.h"
#include "simgraph/program.h"
#include "train_unit.h"

enum { BATCH = 6, STEPS = 20, MOST_WEIGHTS = 400 };

/* ---- a document, bound, with or without the pass ---- */

typedef struct model {
    run r;
    sg_bound *bound;
    sg_graph *graph;
    sg_store *store;
    sg_arena *arena;
    sg_program *program;
    sg_value loss;
    sg_rewritten done;
} model;

static void load_model(model *m, const char *file, const char *text, const char *const *settings,
                       sg_type type) {
    memset(m, 0, sizeof *m);
    run *r = &m->r;
    int count = 0;
    while (settings && settings[count]) count++;
    run_ok(sg_diagnostics_create(&r->diagnostics, &r->error), r);
    sg_document_options options = {sizeof options, settings, count, NULL, 0};
    char path[512];
    snprintf(path, sizeof path, "%s/graphs/%s", ROOT, file ? file : "text.yaml");
    run_ok(text ? sg_document_load_text(&r->document, path, text, strlen(text), &options, r->diagnostics)
                : sg_document_load(&r->document, path, &options, r->diagnostics),
           r);
    sg_bind_options bind = {sizeof bind, BATCH, true, type};
    run_ok(sg_document_bind(&m->bound, r->document, &bind, r->diagnostics), r);
    m->graph = sg_bound_graph(m->bound);
    m->loss = sg_bound_find(m->bound, "loss");
    ck_assert_int_ne(m->loss, SG_NO_VALUE);
}

static void rewrite_model(model *m) {
    sg_error error = {0};
    assert_ok(sg_graph_rewrite(m->graph, 1, &m->loss, &m->done, &error));
}

static void plan_model(model *m, int count, const sg_value *fetch, int threads, bool no_group) {
    sg_error error = {0};
    sg_context_options engine = {.size = sizeof engine, .threads = threads};
    sg_program_options options = {
        .size = sizeof options, .fetch = fetch, .fetch_count = count, .no_group = no_group, .poison = true};
    assert_ok(sg_context_create(&m->r.context, &engine, &error));
    assert_ok(sg_store_create(&m->store, &error));
    assert_ok(sg_arena_create(&m->arena, &error));
    assert_ok(sg_store_initialise(m->store, m->r.context, m->graph, 5, &error));
    assert_ok(sg_program_create(&m->program, m->r.context, m->graph, m->store, m->arena, &options, &error));
}

/* Made-up images, the same for all models; classes and the like are whole numbers. */
static void feed_model(model *m, int step) {
    for (int i = 0; i < sg_graph_node_count(m->graph); i++) {
        const sg_node *node = sg_graph_node(m->graph, i);
        if (strcmp(sg_op_schema(node->op)->name, "input") != 0) continue;
        sg_tensor to = sg_program_feed(m->program, node->out[0]);
        for (int64_t e = 0; to.data && e < sg_tensor_elements(&to); e++)
            sg_tensor_set(&to, e, 0.5 + 0.5 * sin(0.37 * (double)e * (double)(step + 3)));
    }
}

static void run_model(model *m, int step) {
    sg_error error = {0};
    const int64_t ids[BATCH] = {3, 1, 4, 15, 9, 2};
    sg_draw draw = {7, (uint32_t)step, BATCH, ids};
    feed_model(m, step);
    assert_ok(sg_program_run(m->program, SG_PHASE_GRADIENT, &draw, &error));
}

static void end_model(model *m) {
    sg_program_destroy(m->program);
    sg_arena_destroy(m->arena);
    sg_store_destroy(m->store);
    sg_bound_destroy(m->bound);
    run_finish(&m->r);
}

static int compact_nodes(const model *m, const char *op) {
    int count = 0;
    for (int i = 0; i < sg_graph_node_count(m->graph); i++) {
        const sg_node *node = sg_graph_node(m->graph, i);
        if (strstr(node->path, "/hidden") && strcmp(sg_op_schema(node->op)->name, op) == 0) count++;
    }
    return count;
}

/* ---- gradients ---- */

/* The loss and its gradients to all weights, by name. */
typedef struct slopes {
    int count;
    sg_value fetch[MOST_WEIGHTS + 1];
    const char *name[MOST_WEIGHTS + 1];
} slopes;

static void differentiate(model *m, slopes *s) {
    sg_value weights[MOST_WEIGHTS];
    sg_error error = {0};
    s->count = 0;
    for (int i = 0; i < sg_graph_node_count(m->graph); i++) {
        const sg_node *node = sg_graph_node(m->graph, i);
        if (!sg_node_is_weight(node)) continue;
        ck_assert_int_lt(s->count, MOST_WEIGHTS);
        s->name[s->count + 1] = node->path;
        weights[s->count++] = node->out[0];
    }
    s->fetch[0] = m->loss;
    s->name[0] = "loss";
    assert_ok(
        sg_graph_differentiate(m->graph, m->loss, SG_NO_VALUE, s->count, weights, s->fetch + 1, &error));
    s->count++;
}

/* |a - b| of whole arrays against |b|, or against what the rounding of the largest gradient leaves. */
static void assert_close(model *a, sg_value of_a, model *b, sg_value of_b, const char *name, double scale,
                         double tolerance) {
    sg_tensor x = sg_program_fetch(a->program, of_a), y = sg_program_fetch(b->program, of_b);
    double difference = 0, norm = 0;
    ck_assert_msg(sg_shape_equal(&x.shape, &y.shape), "%s", name);
    for (int64_t e = 0; e < sg_tensor_elements(&x); e++) {
        double u = sg_tensor_get(&x, e), v = sg_tensor_get(&y, e);
        difference += (u - v) * (u - v);
        norm += v * v;
    }
    double most = tolerance * fmax(sqrt(norm), 1e-3 * scale);
    ck_assert_msg(sqrt(difference) <= most, "%s: %g apart, of norm %g", name, sqrt(difference), sqrt(norm));
}

static double norm_of(model *m, const slopes *s) {
    double squares = 0;
    for (int k = 1; k < s->count; k++) {
        sg_tensor x = sg_program_fetch(m->program, s->fetch[k]);
        for (int64_t e = 0; e < sg_tensor_elements(&x); e++)
            squares += sg_tensor_get(&x, e) * sg_tensor_get(&x, e);
    }
    return sqrt(squares);
}

/* Ends both models. */
static void compare(model *on, slopes *with, model *off, slopes *without) {
    differentiate(on, with);
    differentiate(off, without);
    ck_assert_int_eq(with->count, without->count);
    plan_model(on, with->count, with->fetch, 1, false);
    plan_model(off, without->count, without->fetch, 1, false);
    run_model(on, 0);
    run_model(off, 0);
    double scale = norm_of(off, without);
    ck_assert(scale > 0);
    for (int k = 0; k < with->count; k++) {
        ck_assert_str_eq(with->name[k], without->name[k]);
        assert_close(on, with->fetch[k], off, without->fetch[k], with->name[k], k ? scale : 1, 1e-12);
    }
    end_model(on);
    end_model(off);
}

/* Loss and gradients in f64 with and without the pass, which must do something (or nothing: `works` false).
 */
static sg_rewritten check_gradients(const char *file, const char *text, const char *const *settings,
                                    bool works) {
    model on, off;
    static slopes with, without;
    load_model(&on, file, text, settings, SG_F64);
    load_model(&off, file, text, settings, SG_F64);
    rewrite_model(&on);
    ck_assert_msg(works == (on.done.nodes > 0), "%s: %d nodes", file ? file : "text", on.done.nodes);
    sg_rewritten done = on.done;
    compare(&on, &with, &off, &without);
    return done;
}

#define SETTINGS(...)       \
    (const char *const[]) { \
        __VA_ARGS__, NULL   \
    }

START_TEST(gradients_of_a_vision_transformer) {
    sg_rewritten done = check_gradients("simmim.yaml", NULL, NULL, true);
    ck_assert_int_eq(done.cells, 49);
    ck_assert_int_eq(done.hidden, 30);
    check_gradients("simmim.yaml", NULL, SETTINGS("mask_ratio=0.3", "encoder.depth=1"), true);
    check_gradients("simmim.yaml", NULL,
                    SETTINGS("encoder.with_class=true", "encoder.positions=fixed", "encoder.drop=0.3"), true);
    check_gradients("simmim.yaml", NULL, SETTINGS("nodes.mask.op=block_mask"), true);
    check_gradients("simmim.yaml", NULL, SETTINGS("nodes.mask.op=inverse_block_mask"), true);
}
END_TEST

/* Cells of 2 x 2 tokens: the codes have rows of tokens, which are no whole cells. */
START_TEST(cells_of_several_tokens) {
    sg_rewritten done = check_gradients(
        "simmim.yaml", NULL, SETTINGS("size=32", "nodes.mask.cell=2", "encoder.op=beit_encoder"), true);
    ck_assert_int_eq(done.cells, 64);
    ck_assert_int_eq(done.hidden, 40);
    ck_assert_int_gt(done.nodes, 10);
}
END_TEST

/* Hidden cells have one row until tokens are mixed, behind the class token: normalisation and projection. */
START_TEST(gradients_of_beit) {
    ck_assert_int_eq(check_gradients("beit.yaml", NULL, NULL, true).shared, 2);
    check_gradients("beit.yaml", NULL, SETTINGS("encoder.depth=1", "encoder.scale=0"), true);
    ck_assert_int_eq(
        check_gradients("beit.yaml", NULL, SETTINGS("encoder.drop=0.3", "mask_ratio=0.7"), true).shared, 2);
    /* A position is added to each. */
    ck_assert_int_eq(check_gradients("beit.yaml", NULL, SETTINGS("encoder.positions=learned"), true).shared,
                     0);
    ck_assert_int_eq(check_gradients("beit.yaml", NULL, SETTINGS("encoder.positions=fixed"), true).shared, 0);
}
END_TEST

/* What replaces cells, and which, decides whether rows are the same. */
START_TEST(rows_that_are_shared) {
    static const struct {
        const char *shown;
        int shared;
    } cases[] = {
        {"where(reshape(mask, shape=[batch, 64, 1]), token, cells)", 4},
        /* The visible cells are replaced. */
        {"where(reshape(mask, shape=[batch, 64, 1]), cells, token)", 0},
        {"where(1 - reshape(mask, shape=[batch, 64, 1]), token, cells)", 0},
        /* A token of its own for each place; one for each sample is no matter. */
        {"where(reshape(mask, shape=[batch, 64, 1]), tokens, cells)", 0},
        {"where(reshape(mask, shape=[batch, 64, 1]), mean(cells, axis=1, keep=true), cells)", 4},
        {"where(reshape(mask, shape=[batch, 64, 1]), token, cells) + tokens", 0},
        {"dropout(where(reshape(mask, shape=[batch, 64, 1]), token, cells), rate=0.2)", 0},
        {"drop_path(where(reshape(mask, shape=[batch, 64, 1]), token, cells), rate=0.2)", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "simgraph: 1\n"
                 "nodes:\n"
                 "  image: {op: input, shape: [batch, 1, 32, 32]}\n"
                 "  mask: {op: random_mask, shape: [batch, 8, 8], ratio: 0.7}\n"
                 "  patches: cut_patches(image, patch=4)\n"
                 "  cells: {op: linear, in: patches, out: 96}\n"
                 "  token: {op: weight, shape: [96], init: {op: normal, std: 1}}\n"
                 "  tokens: {op: weight, shape: [64, 96], init: {op: normal, std: 1}}\n"
                 "  shown: %s\n"
                 "  norm: {op: norm, in: shown}\n"
                 "  wide: {op: linear, in: norm, out: 96}\n"
                 "  narrow: {op: linear, in: wide, out: 24}\n"
                 "  mixed: {op: attention, in: narrow, heads: 2}\n"
                 "  loss: mean((mixed - 1) ** 2)\n",
                 cases[i].shown);
        model on, off;
        static slopes with, without;
        load_model(&on, NULL, text, NULL, SG_F64);
        load_model(&off, NULL, text, NULL, SG_F64);
        rewrite_model(&on);
        ck_assert_msg(on.done.shared == cases[i].shared, "%s: %d nodes", cases[i].shown, on.done.shared);
        compare(&on, &with, &off, &without);
    }
}
END_TEST

/* Cells of several tokens; windows that are moved. */
START_TEST(gradients_of_swin) {
    sg_rewritten done = check_gradients("swin_small.yaml", NULL, NULL, true);
    ck_assert_int_lt(done.hidden, done.cells);
    check_gradients("swin_small.yaml", NULL, SETTINGS("encoder.version=2"), true);
}
END_TEST

/* Tokens that come back in another order than they went; a mask of drop_mask. */
START_TEST(gradients_of_mae) {
    check_gradients("mae.yaml", NULL, NULL, true);
    check_gradients("mae.yaml", NULL, SETTINGS("nodes.model.normalise=true"), true);
}
END_TEST

/* ---- losses ---- */

static const char head[] =
    "simgraph: 1\n"
    "nodes:\n"
    "  image: {op: input, shape: [batch, 3, 16, 16]}\n"
    "  mask: {op: random_mask, shape: [batch, 4, 4], ratio: 0.5}\n"
    "  codes: {op: vit_encoder, in: {image: image, mask: mask}, dim: 32, depth: 2, heads: 4, patch: 4}\n"
    "  recon: {op: pixel_decoder, in: {codes: codes, like: image}}\n";

static sg_rewritten check_text(const char *rest, bool works) {
    char text[2048];
    snprintf(text, sizeof text, "%s%s", head, rest);
    return check_gradients(NULL, text, NULL, works);
}

START_TEST(losses_that_look_at_hidden_cells) {
    check_text("  loss: masked_mse(recon, image, mask)\n", true);
    check_text("  loss: pixel_loss(recon, image, mask)\n", true);
    check_text("  loss: {op: pixel_loss, in: [recon, image, mask], loss: smooth_l1}\n", true);
    check_text("  loss: {op: pixel_loss, in: [recon, image, mask], loss: bce_logits}\n", true);
    check_text("  all: {op: masked_l1, in: [recon, image, mask], eps: 0.5}\n  loss: 3 * all\n", true);
    /* Weights other than 1, and one for each channel. */
    check_text("  like: broadcast_to(spread_mask(mask, image), shape=[batch, 3, 16, 16])\n"
               "  loss: l1(recon, image, like * 0.25)\n",
               true);
    check_text("  scores: {op: colour_decoder, in: {codes: codes, like: image}, bins: 4}\n"
               "  loss: colour_loss(scores, image, mask)\n",
               true);
    check_text("  target: normalise_patches(image, patch=4)\n  loss: masked_l1(recon, target, mask)\n", true);
    check_text(
        "  one: masked_l1(recon, image, mask)\n  two: masked_mse(recon, image, mask)\n  loss: one + two\n",
        true);
}
END_TEST

/* Each of these looks at more than the pass could leave out. */
START_TEST(losses_that_look_at_visible_cells) {
    check_text("  loss: l1(recon, image)\n", false);
    check_text("  loss: {op: pixel_loss, in: [recon, image, mask], visible: 0.5}\n", false);
    check_text("  loss: l1(recon, image, 1 - spread_mask(mask, image) * 0.5)\n", false);
    /* The same prediction in a loss on everything, and behind the mean of it. */
    check_text("  loss: masked_l1(recon, image, mask) + 0.1 * mse(recon, image)\n", false);
    check_text("  loss: masked_l1(recon, image, mask) + mean(recon ** 2)\n", false);
    /* Another mask than that of the loss. */
    check_text("  other: {op: random_mask, shape: [batch, 4, 4], ratio: 0.5}\n"
               "  loss: l1(recon, image, spread_mask(mask, image) * spread_mask(other, image))\n",
               false);
}
END_TEST

/* The number of hidden cells is not the same for every sample, or is not known. */
START_TEST(masks_that_do_not_count) {
    static const char *const masks[] = {
        "{op: box_mask, shape: [batch, 4, 4], ratio: 0.6}",
        "{op: block_mask, shape: [batch, 4, 4], ratio: 0.5, exact: false}",
        "{op: input, shape: [batch, 4, 4]}",
        "random_uniform(shape=[batch, 4, 4]) < 0.5",
        "{op: random_mask, shape: [batch, 4, 4], ratio: 0.0}",
        "{op: random_mask, shape: [batch, 4, 4], ratio: 1.0}",
    };
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "simgraph: 1\n"
                 "nodes:\n"
                 "  image: {op: input, shape: [batch, 3, 16, 16]}\n"
                 "  drawn: %s\n"
                 "  mask: drawn / 1\n"
                 "  codes: {op: vit_encoder, in: {image: image, mask: mask}, dim: 32, depth: 1, heads: 4, "
                 "patch: 4}\n"
                 "  recon: {op: pixel_decoder, in: {codes: codes, like: image}}\n"
                 "  loss: masked_l1(recon, image, mask) + 0 * mean(recon)\n",
                 masks[i]);
        char *plain = strstr(text, " + 0 * mean(recon)");
        strcpy(plain, "\n");
        if (i == 4) continue; /* there is no gradient at all */
        check_gradients(NULL, text, NULL, false);
    }
}
END_TEST

/* Dropout draws for each element: rows of it are cut out of what it gives. */
START_TEST(dropout_ends_the_compact_part) {
    static const char text[] =
        "simgraph: 1\n"
        "nodes:\n"
        "  image: {op: input, shape: [batch, 1, 16, 16]}\n"
        "  mask: {op: random_mask, shape: [batch, 4, 4], ratio: 0.5}\n"
        "  codes: {op: vit_encoder, in: {image: image, mask: mask}, dim: 32, depth: 1, heads: 4, patch: 4}\n"
        "  tokens: permute(reshape(codes, shape=[batch, 32, 16]), axes=[0, 2, 1])\n"
        "  dropped: {op: dropout, in: tokens, rate: 0.3}\n"
        "  wide: {op: mlp, in: dropped, hidden: 128}\n"
        "  pixels: {op: linear, in: wide, out: 16}\n"
        "  recon: {op: join_patches, in: pixels, rows: 4, columns: 4, channels: 1}\n"
        "  loss: masked_l1(recon, image, mask)\n";
    model m;
    check_gradients(NULL, text, NULL, true);
    load_model(&m, NULL, text, NULL, SG_F32);
    rewrite_model(&m);
    ck_assert_int_eq(compact_nodes(&m, "dropout"), 0);
    ck_assert_int_eq(compact_nodes(&m, "layer_norm"), 0);
    ck_assert_int_eq(compact_nodes(&m, "gelu"), 1);
    end_model(&m);
}
END_TEST

/* Decoders with kernels that see neighbours: nothing but the loss would be left. */
START_TEST(what_does_not_pay_stays) {
    check_text(
        "  near: {op: conv, in: recon, out: 3, kernel: 3, pad: 1}\n  loss: masked_l1(near, image, mask)\n",
        false);
}
END_TEST

/* ---- values ---- */

/* What was there before is still computed, in full, from the graph with the pass. */
START_TEST(values_are_still_whole) {
    model on, off;
    load_model(&on, "simmim.yaml", NULL, NULL, SG_F64);
    load_model(&off, "simmim.yaml", NULL, NULL, SG_F64);
    rewrite_model(&on);
    ck_assert_int_gt(on.done.nodes, 0);
    sg_value a[] = {sg_bound_find(on.bound, "recon"), on.loss},
             b[] = {sg_bound_find(off.bound, "recon"), off.loss};
    plan_model(&on, 2, a, 1, false);
    plan_model(&off, 2, b, 1, false);
    run_model(&on, 0);
    run_model(&off, 0);
    assert_close(&on, a[0], &off, b[0], "recon", 1, 1e-12);
    assert_close(&on, a[1], &off, b[1], "loss", 1, 1e-12);
    end_model(&on);
    end_model(&off);
}
END_TEST

/* Values that are fetched are needed whole, and so is what they are made of. */
START_TEST(roots_are_needed_whole) {
    model m;
    load_model(&m, "simmim.yaml", NULL, NULL, SG_F32);
    sg_value roots[] = {m.loss, SG_NO_VALUE, sg_bound_find(m.bound, "recon")};
    sg_error error = {0};
    assert_ok(sg_graph_rewrite(m.graph, 3, roots, &m.done, &error));
    ck_assert_int_eq(m.done.nodes, 0);
    end_model(&m);
    /* The codes alone: then only the decoder could be left out, for which nothing would be gathered. */
    load_model(&m, "simmim.yaml", NULL, NULL, SG_F32);
    roots[2] = sg_bound_find(m.bound, "codes");
    assert_ok(sg_graph_rewrite(m.graph, 3, roots, &m.done, &error));
    ck_assert_int_eq(compact_nodes(&m, "layer_norm"), 0);
    end_model(&m);
}
END_TEST

static uint64_t bits_with(int threads, bool no_group) {
    model m;
    static slopes s;
    load_model(&m, "simmim.yaml", NULL, NULL, SG_F32);
    rewrite_model(&m);
    differentiate(&m, &s);
    plan_model(&m, s.count, s.fetch, threads, no_group);
    run_model(&m, 0);
    uint64_t hash = 1469598103934665603u;
    for (int k = 0; k < s.count; k++) {
        sg_tensor x = sg_program_fetch(m.program, s.fetch[k]);
        const unsigned char *bytes = x.data;
        for (int64_t e = 0; e < sg_tensor_elements(&x) * 4; e++) hash = (hash ^ bytes[e]) * 1099511628211u;
    }
    end_model(&m);
    return hash;
}

START_TEST(bits_do_not_depend_on_threads) {
    uint64_t one = bits_with(1, false);
    ck_assert_uint_eq(bits_with(3, false), one);
    ck_assert_uint_eq(bits_with(2, true), one);
}
END_TEST

/* ---- training ---- */

static void train(const char *file, const char *const *settings, sg_type type, double loss[STEPS],
                  int *nodes) {
    model m;
    sg_train_nodes n;
    sg_error error = {0};
    load_model(&m, file, NULL, settings, type);
    run_ok(sg_train_config_create(&m.r.config, m.r.document, m.r.diagnostics), &m.r);
    run_ok(sg_train_extend(m.r.config, m.bound, &n, m.r.diagnostics), &m.r);
    *nodes = compact_nodes(&m, "gather");
    sg_value fetch[] = {n.loss, n.norm, n.ok};
    plan_model(&m, 3, fetch, 2, false);
    for (int step = 0; step < STEPS; step++) {
        const int64_t ids[BATCH] = {step, 1, 4, 15, 9, 2};
        sg_draw draw = {7, (uint32_t)step, BATCH, ids};
        feed_model(&m, step % 3);
        sg_tensor rate = sg_program_feed(m.program, n.rate), c = sg_program_feed(m.program, n.corrections);
        sg_tensor_set(&rate, 0, 2e-3);
        sg_tensor_set(&c, 0, 1 / (1 - pow(0.9, step + 1)));
        sg_tensor_set(&c, 1, 1 / (1 - pow(0.95, step + 1)));
        sg_tensor_set(&c, 2, 1);
        assert_ok(sg_program_run(m.program, SG_PHASE_GRADIENT, &draw, &error));
        assert_ok(sg_program_run(m.program, SG_PHASE_UPDATE, &draw, &error));
        sg_tensor x = sg_program_fetch(m.program, n.loss);
        loss[step] = sg_tensor_get(&x, 0);
    }
    end_model(&m);
}

/* Losses of some steps with the pass and, by the option of the section `train`, without it. */
static void check_training(const char *file, sg_type type, double tolerance) {
    double on[STEPS], off[STEPS];
    int with, without;
    train(file, NULL, type, on, &with);
    train(file, SETTINGS("train.rewrite=false"), type, off, &without);
    ck_assert_int_gt(with, 0);
    ck_assert_int_eq(without, 0);
    for (int step = 0; step < STEPS; step++)
        ck_assert_msg(fabs(on[step] - off[step]) <= tolerance * off[step], "%s: step %d: %.17g and %.17g",
                      file, step, on[step], off[step]);
    ck_assert(off[STEPS - 1] < off[0]);
}

START_TEST(training_in_single_precision) {
    check_training("simmim.yaml", SG_F32, 1e-5);
    check_training("beit.yaml", SG_F32, 1e-5);
    check_training("swin_small.yaml", SG_F32, 1e-5);
    check_training("mae.yaml", SG_F32, 1e-5);
}
END_TEST

START_TEST(training_in_double_precision) {
    check_training("simmim.yaml", SG_F64, 1e-12);
    check_training("beit.yaml", SG_F64, 1e-12);
    check_training("swin_small.yaml", SG_F64, 1e-12);
    check_training("mae.yaml", SG_F64, 1e-12);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {gradients_of_a_vision_transformer,
                                  cells_of_several_tokens,
                                  gradients_of_beit,
                                  rows_that_are_shared,
                                  gradients_of_swin,
                                  gradients_of_mae,
                                  losses_that_look_at_hidden_cells,
                                  losses_that_look_at_visible_cells,
                                  masks_that_do_not_count,
                                  dropout_ends_the_compact_part,
                                  what_does_not_pay_stays,
                                  values_are_still_whole,
                                  roots_are_needed_whole,
                                  bits_do_not_depend_on_threads,
                                  training_in_single_precision,
                                  training_in_double_precision,
                                  NULL};
    return unit_run(unit_suite("rewrite", tests));
}
