/* The graphs of tests/language: each is read without a message, binds, and has the weights that were
 * published for the architecture that it describes. */
#include "language.h"
#include "simgraph/train.h"

static int64_t elements(const sg_graph *graph, bool averages) {
    int64_t sum = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (averages ? sg_node_average_of(node) != NULL : sg_node_is_weight(node))
            sum += sg_shape_elements(&sg_graph_value(graph, node->out[0])->shape);
    }
    return sum;
}

typedef struct counted {
    const char *file;
    int set_count;
    const char *set[8];
    int64_t weights, averages;
} counted;

/* Counts with a name are those of the papers' models, as their official code builds them. */
static const counted graphs[] = {
    {"vit.yaml", 0, {NULL}, 210480, 0},
    {"swin.yaml", 0, {NULL}, 79212, 0},
    {"swin.yaml",
     6,
     {"size=64", "patch=4", "cell=1", "encoder.dim=32", "encoder.depths=[2, 2, 2]",
      "encoder.heads=[2, 4, 8]"},
     666012,
     0},
    {"swin.yaml", /* Swin-T, windows of 6, 192 pixels */
     7,
     {"size=192", "patch=4", "cell=8", "encoder.dim=96", "encoder.depths=[2, 2, 6, 2]",
      "encoder.heads=[3, 6, 12, 24]", "encoder.window=6"},
     29875194,
     0},
    {"swin.yaml", /* Swin-B */
     7,
     {"size=192", "patch=4", "cell=8", "encoder.dim=128", "encoder.depths=[2, 2, 18, 2]",
      "encoder.heads=[4, 8, 16, 32]", "encoder.window=6"},
     89874104,
     0},
    {"swin.yaml", /* Swin-L, windows of 12 */
     7,
     {"size=192", "patch=4", "cell=8", "encoder.dim=192", "encoder.depths=[2, 2, 18, 2]",
      "encoder.heads=[6, 12, 24, 48]", "encoder.window=12"},
     199881204,
     0},
    {"beit.yaml", 0, {NULL}, 207616, 0},
    {"beit.yaml", /* ViT-B */
     6,
     {"size=224", "patch=16", "dim=768", "depth=12", "heads=12", "mask_patch=32"},
     86256720,
     0},
    {"mae.yaml", 0, {NULL}, 232304, 0},
    {"cnn.yaml", 0, {NULL}, 6929, 0},
    /* The averages are those of the encoder without its mask token, and of the projector. */
    {"contrastive.yaml", 0, {NULL}, 210480 + 18656, 207296 + 18656},
    {"finetune.yaml",
     1,
     {"init.from-"}, /* a run that is not here */
     207296 + 128 + 650,
     0},
};

static sg_document *load_file(const counted *c, sg_diagnostics *diagnostics) {
    sg_document *document;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", GRAPHS, c->file);
    sg_document_options options = {.size = sizeof options, .set = c->set, .set_count = c->set_count};
    sg_status status = sg_document_load(&document, path, &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK && !*messages, "%s", messages);
    free(messages);
    return document;
}

/* Also: what evaluations read is what training has (they add no weight). */
START_TEST(weights_are_those_published) {
    const counted *c = &graphs[_i];
    sg_diagnostics *diagnostics;
    ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
    sg_document *document = load_file(c, diagnostics);
    for (int training = 0; training < 2; training++) {
        sg_bound *bound = bind(document, 2, training);
        ck_assert_int_eq(elements(sg_bound_graph(bound), false), c->weights);
        ck_assert_int_eq(elements(sg_bound_graph(bound), true), c->averages);
        sg_bound_destroy(bound);
    }
    sg_train_config *config;
    sg_status status = sg_train_config_create(&config, document, diagnostics);
    if (status == SG_OK) status = sg_train_config_check(config, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK && !*messages, "%s", messages);
    free(messages);
    sg_train_config_destroy(config);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
}
END_TEST

/* The symbol stands for itself, too: bytes are those of the shapes as they stand, and work that grows with
 * the batch goes on growing. */
static void check_symbol(const sg_graph *graph, const sg_node *node) {
    const double symbol = (double)SG_SYMBOLIC_BATCH;
    double bytes = sg_node_bytes(graph, node, SG_SYMBOLIC_BATCH), sum = 0, flops[4];
    for (int k = 0; k < node->out_count; k++) {
        const sg_value_info *info = sg_graph_value(graph, node->out[k]);
        sum += (double)sg_type_size(info->type) * (double)sg_shape_elements(&info->shape);
    }
    if (bytes != 0) ck_assert_double_eq(bytes, sum);
    for (int b = 1; b < 4; b++) flops[b] = sg_node_flops(graph, node, b);
    double wanted = flops[1] + (flops[2] - flops[1]) * (symbol - 1),
           found = sg_node_flops(graph, node, SG_SYMBOLIC_BATCH);
    if (flops[3] - flops[2] == flops[2] - flops[1]) ck_assert_double_le(fabs(found - wanted), 1e-9 * wanted);
}

/* What a graph without a real batch says of one, against a graph that is bound to it. */
START_TEST(work_is_that_of_the_batch) {
    const counted *c = &graphs[_i];
    sg_diagnostics *diagnostics;
    ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
    sg_document *document = load_file(c, diagnostics);
    sg_bound *symbolic = bind(document, SG_SYMBOLIC_BATCH, true);
    for (int64_t batch = 1; batch <= 12; batch += 11) {
        sg_bound *real = bind(document, batch, true);
        const sg_graph *a = sg_bound_graph(symbolic), *b = sg_bound_graph(real);
        ck_assert_int_eq(sg_graph_node_count(a), sg_graph_node_count(b));
        for (int i = 0; i < sg_graph_node_count(a); i++) {
            const sg_node *x = sg_graph_node(a, i), *y = sg_graph_node(b, i);
            ck_assert_str_eq(x->path, y->path);
            ck_assert_double_eq(sg_node_flops(a, x, batch), sg_node_flops(b, y, 1));
            ck_assert_double_eq(sg_node_bytes(a, x, batch), sg_node_bytes(b, y, 1));
            if (batch == 1) check_symbol(a, x);
        }
        sg_bound_destroy(real);
    }
    sg_bound_destroy(symbolic);
    sg_document_destroy(document);
    sg_diagnostics_destroy(diagnostics);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("language graphs");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, weights_are_those_published, 0, sizeof graphs / sizeof *graphs);
    tcase_add_loop_test(tests, work_is_that_of_the_batch, 0, sizeof graphs / sizeof *graphs);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
