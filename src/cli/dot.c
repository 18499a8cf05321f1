/* simgraph dot: the diagram of a graph file. */
#include "document.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#include "simgraph/draw.h"
#include "simgraph/train.h"

/* Gradients of what training minimises, or of `loss`, to every weight; with a training section the update as
 * well. */
static int add_backward(const cli_document *d, sg_bound *bound) {
    sg_train_config *config = NULL;
    sg_train_nodes nodes;
    sg_status status = sg_train_config_create(&config, d->document, d->messages);
    bool trains = status == SG_OK && sg_train_config_trains(config);
    if (trains) status = sg_train_extend(config, bound, &nodes, d->messages);
    sg_train_config_destroy(config);
    if (status != SG_OK) return cli_document_report(d, status);
    if (trains) return SG_OK;

    sg_graph *graph = sg_bound_graph(bound);
    sg_value loss = sg_bound_find(bound, "loss");
    if (loss == SG_NO_VALUE)
        return cli_fail(SG_BAD_GRAPH, "%s: --backward needs a training section, or a node named loss",
                        d->path);
    size_t room = (size_t)sg_graph_node_count(graph) + 1;
    sg_value *weight = calloc(room, sizeof *weight), *gradient = calloc(room, sizeof *gradient);
    int count = 0;
    for (int i = 0; weight && i < sg_graph_node_count(graph); i++)
        if (sg_node_is_weight(sg_graph_node(graph, i))) weight[count++] = sg_graph_node(graph, i)->out[0];
    sg_error error;
    status = weight && gradient
                 ? sg_graph_differentiate(graph, loss, SG_NO_VALUE, count, weight, gradient, &error)
                 : sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    free(weight);
    free(gradient);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

/* What training needs, without what only evaluations look at; `*part` stays NULL where everything counts. */
static int leave_out(const cli_document *d, const sg_bound *bound, sg_graph **part) {
    const sg_tree *train = sg_document_section(d->document, "train");
    const char *name = sg_tree_text(sg_tree_find(train, "minimize"));
    sg_value loss = name ? sg_bound_find(bound, name) : SG_NO_VALUE;
    if (loss == SG_NO_VALUE) return SG_OK;
    const sg_graph *graph = sg_bound_graph(bound);
    sg_value *of = calloc((size_t)sg_graph_value_count(graph) + 1, sizeof *of);
    int count = 0;
    if (!of) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    of[count++] = loss;
    for (int v = 0; v < sg_graph_value_count(graph); v++)
        if (sg_graph_node(graph, sg_graph_value(graph, v)->node)->phase == SG_PHASE_UPDATE) of[count++] = v;
    sg_error error;
    sg_status status = sg_graph_extract(part, graph, count, of, &error);
    free(of);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

/* The title of the diagram: the file's name without directory and extension. */
static void make_title(char *title, size_t size, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(title, size, "%.*s", (int)strcspn(name, ".@"), name);
}

static int draw(const cli_args *args, const cli_document *d) {
    /* A size that no other is a multiple of, see simgraph/draw.h. */
    sg_bound *bound;
    int code = cli_document_bind(&bound, d, SG_SYMBOLIC_BATCH, true, SG_F32);
    if (code != SG_OK) return code;
    bool backward = cli_flag(args, "backward");
    if (backward) code = add_backward(d, bound);
    sg_graph *part = NULL;
    if (code == SG_OK && !cli_flag(args, "all")) code = leave_out(d, bound, &part);
    char *text = NULL, title[128];
    sg_error error;
    make_title(title, sizeof title, d->path);
    sg_dot_options options = {
        .size = sizeof options,
        .depth = (int)cli_int(args, "depth", SG_DOT_AUTOMATIC),
        .all = cli_flag(args, "all"),
        .backward = backward,
        .dark = cli_flag(args, "dark"),
        .rankdir = cli_text(args, "rankdir"),
        .title = title,
    };
    const char *path = cli_text(args, "out");
    if (code == SG_OK && sg_draw_dot(&text, part ? part : sg_bound_graph(bound), &options, &error) != SG_OK)
        code = cli_fail_with(&error);
    if (code == SG_OK && !path)
        fputs(text, stdout);
    else if (code == SG_OK && sg_draw_render(text, NULL, path, &error) != SG_OK)
        code = cli_fail_with(&error);
    free(text);
    sg_graph_destroy(part);
    sg_bound_destroy(bound);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = draw(args, &d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    {.name = "out",
     .letter = 'o',
     .type = CLI_TEXT,
     .value = "FILE",
     .doc = "write FILE.svg, FILE.png, FILE.pdf (through Graphviz) or FILE.dot;\nwithout it, print DOT text"},
    {.name = "depth",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = 64,
     .doc = "open blocks this many levels deep; without it, as many as are\nreadable on one screen"},
    {.name = "backward", .doc = "draw the gradients and the update as well"},
    {.name = "all",
     .doc =
         "draw every node: weights, views, constants and what only an\nevaluation looks at; nothing folded"},
    {.name = "rankdir",
     .type = CLI_TEXT,
     .value = "DIR",
     .one_of = "TB LR",
     .doc = "TB, from top to bottom (the default), or LR, from left to right"},
    {.name = "dark", .doc = "for a dark background"},
    CLI_SET,
    {.name = NULL},
};

const cli_verb cli_verb_dot = {
    .name = "dot",
    .doc = "draw the diagram of a graph file",
    .examples = "simgraph dot graphs/simmim.yaml -o simmim.svg\n"
                "simgraph dot graphs/simmim.yaml --depth 1 --backward -o simmim.pdf",
    .usage = "GRAPH [options]",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to draw",
    .options = options,
    .run = run,
};
