/* simgraph dot: the diagram of a graph file. */
#include "dot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "simgraph/file.h"
#include "verbs.h"

typedef enum format { DOT = 0, PICTURE, MERMAID, PAGE, UNKNOWN } format;

typedef struct job {
    const cli_args *args;
    const char *path; /* of what is written; NULL: standard output */
    format format;
    cli_dot_view view;
    sg_dot_options options;
} job;

static const char *asked(const job *j) {
    if (cli_flag(j->args, "backward")) return "--backward";
    return j->view == CLI_DOT_STEP ? "--view step" : "--view backward";
}

static format format_of(const char *path) {
    static const struct {
        const char *end;
        format format;
    } known[] = {{".dot", DOT},     {".svg", PICTURE}, {".png", PICTURE},
                 {".pdf", PICTURE}, {".mmd", MERMAID}, {".html", PAGE}};
    const char *end = path ? strrchr(path, '.') : ".dot";
    for (size_t i = 0; end && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i].end, end) == 0) return known[i].format;
    return UNKNOWN;
}

static cli_dot_view view_of(const cli_args *args) {
    static const char *const names[] = {"forward", "backward", "step", "memory", "profile"};
    const char *name = cli_text(args, "view");
    for (int k = 0; name && k < 5; k++)
        if (strcmp(names[k], name) == 0) return (cli_dot_view)k;
    return cli_flag(args, "backward") ? CLI_DOT_STEP : CLI_DOT_FORWARD;
}

/* ---- options that go together ---- */

static int check(const job *j) {
    const cli_args *args = j->args;
    bool diff = cli_given(args, "diff"), measures = j->view == CLI_DOT_MEMORY || j->view == CLI_DOT_PROFILE;
    if (j->format == UNKNOWN)
        return cli_fail(SG_BAD_USAGE,
                        "%s: a diagram's name must end in .svg, .png, .pdf, .dot, .mmd or .html", j->path);
    if (cli_flag(args, "backward") && cli_given(args, "view"))
        return cli_usage(args->verb, "--backward is short for --view step: give one of them");
    if (cli_flag(args, "dark") && cli_given(args, "theme"))
        return cli_usage(args->verb, "--dark is short for --theme dark: give one of them");
    if (cli_given(args, "radius") && !cli_given(args, "focus"))
        return cli_usage(args->verb, "--radius needs --focus NODE");
    if (cli_given(args, "focus") && cli_given(args, "only"))
        return cli_usage(args->verb, "--focus and --only exclude each other");
    if (cli_given(args, "threads") && !measures)
        return cli_usage(
            args->verb,
            "--threads is for --view memory and --view profile: no other view runs or plans the graph");
    if (diff && (measures || cli_given(args, "focus") || cli_given(args, "only")))
        return cli_usage(args->verb,
                         "--diff shows whole graphs: no --focus, --only, --view memory or profile");
    if (diff && j->format == MERMAID)
        return cli_fail(SG_BAD_USAGE, "%s: a comparison is written as .svg, .png, .pdf, .dot or .html",
                        j->path);
    if (j->view == CLI_DOT_PROFILE && j->format == MERMAID)
        return cli_fail(SG_BAD_USAGE, "%s: a profile is written as .svg, .png, .pdf, .dot or .html", j->path);
    if (j->view == CLI_DOT_MEMORY && j->format == MERMAID)
        return cli_fail(SG_BAD_USAGE, "%s: a chart of memory is written as .svg, .png, .pdf, .dot or .html",
                        j->path);
    return SG_OK;
}

/* ---- drawing ---- */

/* A chart of memory is SVG by itself; its other formats go through Graphviz. */
static bool is_svg_chart(const job *j) {
    return j->view == CLI_DOT_MEMORY && (!j->path || strcasecmp(strrchr(j->path, '.'), ".svg") == 0);
}

static cli_dot_chart *chart_of(const job *j) {
    return is_svg_chart(j) ? sg_draw_memory : j->format == PAGE ? sg_draw_memory_page : sg_draw_memory_dot;
}

static int write_out(const job *j, const char *text) {
    sg_error error;
    sg_status status = SG_OK;
    if (!j->path)
        fputs(text, stdout);
    else if (j->format == PICTURE && !is_svg_chart(j))
        status = sg_draw_render(text, NULL, j->path, &error);
    else
        status = sg_file_save(j->path, text, strlen(text), &error);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

static int draw_graph(job *j, char **text, const cli_document *d) {
    cli_dot_graph graph;
    int code = cli_dot_graph_make(&graph, d, j->view, asked(j), j->options.all);
    sg_error error;
    sg_status (*const draw[])(char **, const sg_graph *, const sg_dot_options *, sg_error *) = {
        [DOT] = sg_draw_dot, [PICTURE] = sg_draw_dot, [MERMAID] = sg_draw_mermaid, [PAGE] = sg_draw_page};
    j->options.batch = cli_document_batch(d, cli_int(j->args, "batch", 0));
    j->options.minimised = graph.minimised;
    if (code == SG_OK && draw[j->format](text, graph.graph, &j->options, &error) != SG_OK)
        code = cli_fail_with(&error);
    j->options.minimised = NULL;
    cli_dot_graph_finish(&graph);
    return code;
}

/* The first graph is the older one; settings change the newer. */
static int draw_difference(job *j, char **text, const cli_document *before) {
    cli_document now;
    cli_dot_graph old = {0}, new = {0};
    char note[512];
    sg_error error;
    int count;
    const char *const *set = cli_texts(j->args, "set", &count);
    int code = cli_document_load_file(&now, j->args, cli_text(j->args, "diff"), set, count);
    if (code != SG_OK) return code;
    code = cli_dot_graph_make(&old, before, j->view, asked(j), j->options.all);
    if (code == SG_OK) code = cli_dot_graph_make(&new, &now, j->view, asked(j), j->options.all);
    cli_dot_note(note, sizeof note, before->path, now.path);
    j->options.note = note;
    j->options.before = old.graph;
    j->options.minimised = new.minimised;
    j->options.batch = cli_document_batch(&now, cli_int(j->args, "batch", 0));
    sg_status (*draw)(char **, const sg_graph *, const sg_dot_options *, sg_error *) =
        j->format == PAGE ? sg_draw_page : sg_draw_dot;
    if (code == SG_OK && draw(text, new.graph, &j->options, &error) != SG_OK) code = cli_fail_with(&error);
    j->options.note = j->options.minimised = NULL;
    cli_dot_graph_finish(&new);
    cli_dot_graph_finish(&old);
    cli_document_finish(&now);
    return code;
}

static int draw(job *j, const cli_document *d) {
    char *text = NULL;
    int code;
    const cli_dot_measure measure = {
        .batch = cli_int(j->args, "batch", 0),
        .threads = (int)cli_int(j->args, "threads", 0),
        .all = j->options.all,
        .page = j->format == PAGE,
    };
    if (j->view == CLI_DOT_MEMORY)
        code = cli_dot_memory(&text, d, &j->options, measure.batch, chart_of(j));
    else if (j->view == CLI_DOT_PROFILE)
        code = cli_dot_profile(&text, d, &j->options, &measure);
    else if (cli_given(j->args, "diff"))
        code = draw_difference(j, &text, d);
    else
        code = draw_graph(j, &text, d);
    if (code == SG_OK) code = write_out(j, text);
    free(text);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    char title[1024], links[256];
    const char *theme = cli_text(args, "theme");
    job j = {.args = args, .path = cli_text(args, "out"), .view = view_of(args)};
    j.format = format_of(j.path);
    int code = check(&j);
    if (code != SG_OK) return code;
    cli_dot_title(title, sizeof title, args);
    cli_dot_links(links, sizeof links, j.path);
    j.options = (sg_dot_options){
        .size = sizeof j.options,
        .depth = (int)cli_int(args, "depth", SG_DOT_AUTOMATIC),
        .all = cli_flag(args, "all"),
        .backward = j.view == CLI_DOT_BACKWARD || j.view == CLI_DOT_STEP,
        .dark = cli_flag(args, "dark") || (theme && strcmp(theme, "dark") == 0),
        .follow = theme ? strcmp(theme, "auto") == 0 : !cli_flag(args, "dark"),
        .rankdir = cli_text(args, "rankdir"),
        .title = title,
        .focus = cli_text(args, "focus"),
        .radius = (int)cli_int(args, "radius", 2),
        .only = cli_text(args, "only"),
        .links = cli_given(args, "links") ? cli_text(args, "links") : links,
    };
    /* With --diff, settings are for the second file. */
    code = cli_given(args, "diff") ? cli_document_load_file(&d, args, args->arg[0], NULL, 0)
                                   : cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = draw(&j, &d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_OUT(
        "FILE",
        "write FILE.svg, FILE.png, FILE.pdf (through Graphviz), FILE.dot,\nFILE.mmd (Mermaid) or FILE.html "
        "(a page with blocks to open);\nwithout it, print DOT text"),
    {.name = "view",
     .type = CLI_TEXT,
     .value = "VIEW",
     .one_of = "forward backward step memory profile",
     .doc = "forward (the default); backward: with gradients; step: and the\nupdate; memory: a chart of the "
            "arena; profile: coloured by\nmeasured time"},
    {.name = "backward", .doc = "short for --view step"},
    {.name = "depth",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = 64,
     .doc = "open blocks this many levels deep; without it, as many as are\nreadable on one screen"},
    {.name = "focus",
     .type = CLI_TEXT,
     .value = "NODE",
     .doc = "draw only this node or block, and what is near it"},
    {.name = "radius",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = 1000,
     .doc = "how many edges away is near; without it, 2"},
    {.name = "only",
     .type = CLI_TEXT,
     .value = "PATTERN",
     .doc = "draw only nodes whose path matches: norm*, mix.qkv, block.<l>"},
    {.name = "all",
     .doc =
         "draw every node: weights, views, constants and what only an\nevaluation looks at; nothing folded"},
    {.name = "diff",
     .type = CLI_TEXT,
     .value = "NEWER",
     .doc = "mark what another graph file adds, removes and changes; --set\nthen changes that one"},
    {.name = "rankdir",
     .type = CLI_TEXT,
     .value = "DIR",
     .one_of = "TB LR",
     .doc = "TB, from top to bottom (the default), or LR, from left to right"},
    {.name = "theme",
     .type = CLI_TEXT,
     .value = "THEME",
     .one_of = "auto light dark",
     .doc = "auto (the default): SVG and HTML are dark where the reader's\nsystem is, the rest is light"},
    {.name = "dark", .doc = "short for --theme dark"},
    {.name = "links",
     .type = CLI_TEXT,
     .value = "PREFIX",
     .doc = "what to put before \"graphs/x.yaml#L12\" in the links of boxes;\nwithout it, the way from the "
            "picture to the file"},
    {.name = "batch",
     .letter = 'b',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc =
         "samples of a batch, for work, memory and times; without it, those\nof the training section, or 1"},
    CLI_THREADS,
    CLI_SET,
    {.name = NULL},
};

const cli_verb cli_verb_dot = {
    .name = "dot",
    .doc = "draw the diagram of a graph file",
    .examples =
        "simgraph dot graphs/simmim.yaml -o simmim.svg\n"
        "simgraph dot graphs/simmim.yaml --view profile -o simmim.html\n"
        "simgraph dot graphs/simmim.yaml --diff graphs/simmim.yaml --set encoder.depth=6 -o deeper.svg",
    .usage = "GRAPH [options]",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file to draw",
    .options = options,
    .run = run,
};
