/* The blocks that come with the program: all are found, and a file reads those that it can name. */
#include "language.h"

#include "lang/library.h"

static size_t index_of(const sg_document *document, const char *name) {
    size_t i = 0;
    while (i < sg_document_block_count(document) &&
           strcmp(sg_document_block_info(document, i)->name, name) != 0)
        i++;
    return i;
}

static bool knows(const sg_document *document, const char *name) {
    return index_of(document, name) < sg_document_block_count(document);
}

/* What a YAML parser finds in the whole of each file. */
START_TEST(every_block_is_found) {
    static const char empty[] = "simgraph: 1\n";
    sg_diagnostics *diagnostics;
    sg_document *all, *file;
    const sg_document_options options = {.size = sizeof options, .library = true};
    ck_assert(sg_diagnostics_create(&diagnostics, NULL) == SG_OK);
    ck_assert(sg_document_load_text(&all, "empty", empty, strlen(empty), &options, diagnostics) == SG_OK);
    size_t count = 0;
    for (const sg_embedded *e = sg_library_files; e->name; e++) {
        ck_assert(sg_document_load_plain(&file, e->name, e->text, e->length, diagnostics) == SG_OK);
        const sg_tree *root = sg_document_tree(file), *blocks = sg_tree_find(root, "blocks");
        ck_assert_str_eq(sg_tree_key(root, sg_tree_count(root) - 1), "blocks");
        for (size_t i = 0; i < sg_tree_count(blocks); i++) {
            const sg_block_info *info = sg_document_block_info(all, count++);
            ck_assert_msg(info != NULL, "%s: %s", e->name, sg_tree_key(blocks, i));
            sg_mark mark = sg_tree_key_mark(blocks, i);
            ck_assert_str_eq(info->name, sg_tree_key(blocks, i));
            ck_assert_str_eq(info->mark.file, e->name);
            ck_assert_int_eq(info->mark.line, mark.line);
            ck_assert_int_eq(info->mark.column, mark.column);
            ck_assert(info->library);
        }
        sg_document_destroy(file);
    }
    ck_assert_uint_gt(count, 100);
    ck_assert_uint_eq(count, sg_document_block_count(all));
    sg_document_destroy(all);
    sg_diagnostics_destroy(diagnostics);
}
END_TEST

static const char vit[] = "simgraph: 1\n"
                          "nodes:\n"
                          "  x: {op: input, shape: [batch, 4, 8]}\n"
                          "  y: {op: vit_block, in: x, mixer: {op: attention, heads: 2}}\n";

START_TEST(a_file_reads_what_it_names) {
    sg_document *document = load(vit);
    ck_assert(knows(document, "vit_block"));
    ck_assert(knows(document, "mlp")); /* which that names */
    ck_assert(!knows(document, "swin_encoder"));
    ck_assert_uint_lt(sg_document_block_count(document), 20);
    sg_document_destroy(document);
    document = load("simgraph: 1\n");
    ck_assert_uint_eq(sg_document_block_count(document), 0);
    sg_document_destroy(document);
}
END_TEST

/* Names that are nowhere spelled out in the file. */
START_TEST(names_may_come_about) {
    static const struct {
        const char *args, *op, *set;
    } ways[] = {
        {"{rest: lp}", "m$rest", NULL},
        {"{front: m}", "$(front)lp", NULL},
        {"{front: m, rest: lp}", "$front$rest", NULL},
        {"{front: m, rest: lp}", "$(front)$(rest)", NULL},
        {"{wide: true}", "$('m' if wide else 'n')lp", NULL},
        {"{}", "\\x6dlp", NULL},
        {"{mixer: {op: linear}}", "$mixer", "mixer={op: mlp}"},
        {"{mixer: {op: linear}}", "$mixer", "mixer.op=mlp"},
        {"{mixer: {op: linear}}", "linear", "nodes.y.op=mlp"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "simgraph: 1\nargs: %s\nnodes:\n"
                 "  x: {op: input, shape: [batch, 8]}\n  y: {op: \"%s\", in: x, hidden: 4}\n",
                 ways[i].args, ways[i].op);
        sg_document *document = load_text(text, ways[i].set != NULL, &ways[i].set);
        sg_bound *bound = bind(document, 2, true);
        assert_shape(bound, "y", "[2, 8]");
        ck_assert_msg(sg_graph_find(sg_bound_graph(bound), "y.fc1.y") != SG_NO_VALUE, "%s", text);
        sg_bound_destroy(bound);
        sg_document_destroy(document);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_block_is_found, a_file_reads_what_it_names, names_may_come_about,
                                  NULL};
    return unit_run(unit_suite("language_library", tests));
}
