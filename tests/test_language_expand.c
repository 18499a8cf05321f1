/* Every graph of the project, and what `simgraph expand` prints of it: one and the same plan, and the same
 * bits after three steps. */
#include "language.h"
#include "simgraph/train.h"
#include "train_unit.h"

#include <dirent.h>

enum { MOST_GRAPHS = 64, PATH_ROOM = 768, BATCH = 4 };

static char paths[MOST_GRAPHS][PATH_ROOM];
static int path_count;

static int is_graph(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".yaml") == 0;
}

static void list_graphs(const char *directory) {
    struct dirent **entry;
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", ROOT, directory);
    int count = scandir(whole, &entry, is_graph, alphasort);
    for (int i = 0; i < count; i++) {
        /* It is there to have errors. */
        if (strcmp(entry[i]->d_name, "broken.yaml") != 0 && path_count < MOST_GRAPHS)
            snprintf(paths[path_count++], PATH_ROOM, "%s/%s", whole, entry[i]->d_name);
        free(entry[i]);
    }
    if (count > 0) free(entry);
}

/* An expanded text must be read without a word; a setting may leave an argument of the file unused. */
static sg_document *load_with(const char *path, int set_count, const char *const *set, const char *text) {
    sg_diagnostics *diagnostics;
    sg_document *document;
    sg_document_options options = {.size = sizeof options, .set = set, .set_count = set_count};
    ck_assert_int_eq(sg_diagnostics_create(&diagnostics, NULL), SG_OK);
    sg_status status = text ? sg_document_load_text(&document, path, text, strlen(text), NULL, diagnostics)
                            : sg_document_load(&document, path, &options, diagnostics);
    char *messages = sg_diagnostics_text(diagnostics, false);
    ck_assert_msg(status == SG_OK && (!text || !*messages), "%s: %s", path, messages);
    free(messages);
    sg_diagnostics_destroy(diagnostics);
    return document;
}

#define DRAWN "{op: shapes, size: 28, count: 32, fields: {image: []}}"
#define DRAWN_TEST                                                                                         \
    "data.test={op: shapes, size: 28, count: 8, part: test, fields: {image: [], mean_pixel: {of: image, "  \
    "steps: [{op: dataset_mean, split: train}]}, mean_image: {of: image, steps: [{op: dataset_mean, per: " \
    "position, split: train}]}}}"
#define SMALL_VIT \
    "size=32", "channels=1", "mask_patch=16", "encoder.dim=16", "encoder.depth=2", "encoder.heads=2"
#define DRAWN_LARGE                                                      \
    "data.train={op: shapes, size: 32, count: 32, fields: {image: []}}", \
        "data.test={op: shapes, size: 32, count: 8, part: test, fields: {image: []}}"

#define LABELLED(size)                                                                    \
    "data.train={op: shapes, size: " size ", count: 32, fields: {image: [], label: []}}", \
        "data.test={op: shapes, size: " size ", count: 8, part: test, fields: {image: [], label: []}}"

/* What makes a graph small, and its data such that no file is needed. */
static const struct {
    const char *file, *set[12];
} settings[] = {
    {"graphs/simmim.yaml", {"data.train=" DRAWN, DRAWN_TEST}},
    {"graphs/beit.yaml", {"data.train=" DRAWN, DRAWN_TEST}},
    {"graphs/mae.yaml", {"data.train=" DRAWN, DRAWN_TEST}},
    {"graphs/vit_b_800ep.yaml", {DRAWN_LARGE, SMALL_VIT}},
    {"graphs/mae_vit_b.yaml",
     {DRAWN_LARGE, SMALL_VIT, "decoder.dim=8", "decoder.depth=1", "decoder.heads=2"}},
    {"graphs/vit_b_finetune.yaml",
     {"init-", LABELLED("32"), "size=32", "channels=1", "encoder.dim=16", "depth=2", "encoder.heads=2"}},
    {"graphs/finetune.yaml", {"init-", LABELLED("28")}},
};

static sg_document *load_graph(const char *path) {
    const char *set[16];
    sg_document *plain = load_with(path, 0, NULL, NULL);
    int count = 0;
    if (sg_document_section(plain, "train")) set[count++] = "train.batch=8";
    sg_document_destroy(plain);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        for (int k = 0; strstr(path, settings[i].file) && settings[i].set[k]; k++)
            set[count++] = settings[i].set[k];
    return load_with(path, count, set, NULL);
}

/* Both documents, side by side. */
typedef struct pair {
    const char *path;
    sg_diagnostics *diagnostics;
    char *text;
    sg_document *document[2];
    sg_train_config *config[2]; /* NULL: the file trains nothing */
    sg_context *context;
    sg_error error;
} pair;

static void open_pair(pair *p, const char *path) {
    *p = (pair){.path = path};
    ck_assert_int_eq(sg_diagnostics_create(&p->diagnostics, NULL), SG_OK);
    p->document[0] = load_graph(path);
    ck_assert_int_eq(sg_document_expand(p->document[0], true, &p->text, p->diagnostics), SG_OK);
    p->document[1] = load_with("expanded.yaml", 0, NULL, p->text);
    for (int i = 0; i < 2 && sg_document_section(p->document[0], "train"); i++)
        ck_assert_int_eq(sg_train_config_create(&p->config[i], p->document[i], p->diagnostics), SG_OK);
    sg_context_options options = {.size = sizeof options, .threads = 1};
    ck_assert_int_eq(sg_context_create(&p->context, &options, &p->error), SG_OK);
}

static void close_pair(pair *p) {
    sg_context_destroy(p->context);
    for (int i = 0; i < 2; i++) {
        sg_train_config_destroy(p->config[i]);
        sg_document_destroy(p->document[i]);
    }
    sg_diagnostics_destroy(p->diagnostics);
    free(p->text);
}

/* Room for every weight. What they start from says nothing about a plan, and takes long for a large model. */
static void allot_weights(sg_store *store, const sg_graph *graph) {
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        const sg_value_info *info = sg_graph_value(graph, node->out[0]);
        sg_tensor *tensor;
        if (node->op->flags & SG_OP_STORED)
            ck_assert_int_eq(sg_store_add(store, node->path, info->type, info->shape, &tensor, NULL), SG_OK);
    }
}

/* What runs, in which order and groups, with how many blocks. */
static void assert_same_plan(const pair *p, const sg_bound *const bound[2]) {
    sg_store *store;
    sg_arena *arena;
    sg_program *program[2];
    sg_error error;
    ck_assert_int_eq(sg_store_create(&store, &error), SG_OK);
    ck_assert_int_eq(sg_arena_create(&arena, &error), SG_OK);
    for (int i = 0; i < 2; i++) {
        const sg_graph *graph = sg_bound_graph(bound[i]);
        sg_value last = sg_graph_value_count(graph) - 1;
        sg_program_options options = {.size = sizeof options, .fetch = &last, .fetch_count = 1};
        allot_weights(store, graph);
        sg_status status = sg_program_create(&program[i], p->context, graph, store, arena, &options, &error);
        ck_assert_msg(status == SG_OK, "%s: %s", p->path, error.message);
    }
    ck_assert_int_eq(sg_program_node_count(program[0]), sg_program_node_count(program[1]));
    for (int k = 0; k < sg_program_node_count(program[0]); k++) {
        sg_program_node a = sg_program_node_at(program[0], k), b = sg_program_node_at(program[1], k);
        ck_assert_str_eq(a.node->path, b.node->path);
        ck_assert_msg(a.group == b.group && a.blocks == b.blocks, "%s: %s", p->path, a.node->path);
    }
    ck_assert_uint_eq(sg_program_memory(program[0]).arena, sg_program_memory(program[1]).arena);
    for (int i = 0; i < 2; i++) sg_program_destroy(program[i]);
    sg_arena_destroy(arena);
    sg_store_destroy(store);
}

/* The names of the file mean the same values. */
static void assert_same_names(const pair *p, const sg_bound *const bound[2]) {
    for (size_t i = 0; i < sg_bound_name_count(bound[0]); i++) {
        sg_value value;
        const char *name = sg_bound_name(bound[0], i, &value);
        ck_assert_msg(sg_bound_find(bound[1], name) == value, "%s: %s", p->path, name);
    }
}

START_TEST(the_plan_is_the_same) {
    pair p;
    open_pair(&p, paths[_i]);
    sg_bound *bound[2];
    for (int i = 0; i < 2; i++) bound[i] = bind(p.document[i], BATCH, true);
    assert_same_graph(sg_bound_graph(bound[0]), sg_bound_graph(bound[1]));
    assert_same_names(&p, (const sg_bound *const *)bound);
    sg_train_nodes nodes;
    for (int i = 0; i < 2 && p.config[i]; i++)
        ck_assert_int_eq(sg_train_extend(p.config[i], bound[i], &nodes, p.diagnostics), SG_OK);
    assert_same_graph(sg_bound_graph(bound[0]), sg_bound_graph(bound[1]));
    assert_same_plan(&p, (const sg_bound *const *)bound);
    for (int i = 0; i < 2; i++) sg_bound_destroy(bound[i]);
    close_pair(&p);
}
END_TEST

START_TEST(the_bits_are_the_same) {
    pair p;
    open_pair(&p, paths[_i]);
    sg_trainer *trainer[2];
    sg_train_result result[2];
    if (!p.config[0] || sg_document_section(p.document[0], "init")) { /* nothing to train, or from a run */
        close_pair(&p);
        return;
    }
    for (int i = 0; i < 2; i++) {
        sg_trainer_options options = {.size = sizeof options, .no_save = true, .max_steps = 3};
        sg_status status =
            sg_trainer_create(&trainer[i], p.context, p.config[i], &options, p.diagnostics, &p.error);
        /* The recipes learn from directories that are not here; what can be said of them is said above. */
        if (i == 0 && status != SG_OK && strncmp(p.error.message, "data split ", 11) == 0) {
            close_pair(&p);
            return;
        }
        if (status == SG_OK) status = sg_trainer_run(trainer[i], &result[i], &p.error);
        ck_assert_msg(status == SG_OK, "%s: %s", p.path, p.error.message);
        ck_assert_int_eq(result[i].step, 3);
    }
    sg_store *a = sg_trainer_store(trainer[0]), *b = sg_trainer_store(trainer[1]);
    ck_assert(result[0].loss == result[1].loss);
    ck_assert_uint_eq(sg_store_count(a), sg_store_count(b));
    for (size_t k = 0; k < sg_store_count(a); k++) {
        const sg_tensor *x = sg_store_tensor(a, k), *y = sg_store_tensor(b, k);
        ck_assert_str_eq(sg_store_name(a, k), sg_store_name(b, k));
        ck_assert_msg(sg_tensor_bytes(x) == sg_tensor_bytes(y) &&
                          memcmp(x->data, y->data, sg_tensor_bytes(x)) == 0,
                      "%s: %s", p.path, sg_store_name(a, k));
    }
    for (int i = 0; i < 2; i++) sg_trainer_destroy(trainer[i]);
    close_pair(&p);
}
END_TEST

int main(void) {
    list_graphs("graphs");
    list_graphs("tests/language");
    list_graphs("tests/cli/files");
    Suite *suite = suite_create("language expand");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 900);
    tcase_add_loop_test(tests, the_plan_is_the_same, 0, path_count);
    tcase_add_loop_test(tests, the_bits_are_the_same, 0, path_count);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
