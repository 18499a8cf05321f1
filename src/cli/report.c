/* simgraph report: the page of a run. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "dot.h"
#include "path.h"
#include "simgraph/clock.h"
#include "simgraph/file.h"
#include "verbs.h"

static const double COST = 100,
                    PAUSE = 10; /* times what it took, and seconds, between two reports of a run */

/* ---- parts that stay the same while a run goes on ---- */

static int draw_graph(char **page, const cli_document *d, const sg_dot_options *options) {
    cli_dot_graph graph;
    sg_dot_options o = *options;
    sg_error error;
    o.batch = cli_document_batch(d, 0);
    int code = cli_dot_graph_make(&graph, d, CLI_DOT_FORWARD, "", false);
    o.minimised = graph.minimised;
    if (code == SG_OK && sg_draw_page(page, graph.graph, &o, &error) != SG_OK) code = cli_fail_with(&error);
    cli_dot_graph_finish(&graph);
    return code;
}

static void draw(cli_report *report, const cli_run *run) {
    const char *title = json_string_value(json_object_get(run->json, "title"));
    sg_dot_options options = {
        .size = sizeof options, .depth = SG_DOT_AUTOMATIC, .follow = true, .title = title};
    report->drawn = true;
    if (!run->d.document || draw_graph(&report->diagram, &run->d, &options) != SG_OK) return;
    cli_dot_memory(&report->memory, &run->d, &options, 0, sg_draw_memory_page);
}

/* ---- the page ---- */

int cli_page_write(json_t *data, sg_report_options page, const char *path) {
    sg_error error = {0};
    char *text = data ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL, *html = NULL;
    page.size = sizeof page;
    page.data = text;
    sg_status status =
        text ? sg_draw_report(&html, &page, &error) : sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    json_decref(data);
    free(text);
    if (status == SG_OK) status = sg_file_save(path, html, strlen(html), &error);
    free(html);
    return status == SG_OK ? SG_OK : cli_fail_with(&error);
}

static int write_page(const cli_report *report, json_t *run, const char *path) {
    sg_report_options page = {.diagram = report->diagram, .memory = report->memory};
    return cli_page_write(json_pack("{s: [O]}", "runs", run), page, path);
}

int cli_report_write(cli_report *report, const char *directory, const char *path, bool quiet) {
    cli_run run;
    double begun = sg_clock();
    int code = cli_run_open(&run, directory, quiet);
    if (code == SG_OK) code = cli_run_read_pictures(&run, true);
    if (code == SG_OK && !report->drawn) draw(report, &run);
    char *own = code == SG_OK && !path ? cli_run_path(&run, "report.html") : NULL;
    if (code == SG_OK && !path && !own) code = cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    if (code == SG_OK) code = write_page(report, run.json, own ? own : path);
    free(own);
    cli_run_finish(&run);
    report->written = sg_clock();
    report->cost = report->written - begun;
    return code;
}

int cli_report_update(cli_report *report, const char *directory) {
    double pause = COST * report->cost;
    if (report->written == 0) report->written = sg_clock(); /* the first is written after the first pause */
    if (sg_clock() - report->written < (pause > PAUSE ? pause : PAUSE)) return SG_OK;
    return cli_report_write(report, directory, NULL, true);
}

void cli_report_finish(cli_report *report) {
    free(report->diagram);
    free(report->memory);
    *report = (cli_report){0};
}

/* ---- the verb ---- */

int cli_report_check(const cli_args *args) {
    const char *out = cli_text(args, "out");
    return !out || cli_has_ending(out, ".html")
               ? SG_OK
               : cli_usage(args->verb, "a page is an HTML file: name it %s.html", out);
}

static int run(const cli_args *args) {
    cli_report report = {0};
    const char *out = cli_text(args, "out");
    int code = cli_report_check(args);
    if (code == SG_OK) code = cli_report_write(&report, args->arg[0], out, false);
    if (code == SG_OK && out)
        printf("%s\n", out);
    else if (code == SG_OK)
        printf("%s%sreport.html\n", args->arg[0], args->arg[0][strlen(args->arg[0]) - 1] == '/' ? "" : "/");
    cli_report_finish(&report);
    return code;
}

static const cli_option options[] = {
    CLI_OUT("FILE", "where the page goes; without it, report.html of the run's directory"),
    {.name = NULL},
};

const cli_verb cli_verb_report = {
    .name = "report",
    .doc = "make a page of a run: curves, pictures, diagram, memory, profile",
    .examples = "simgraph report runs/simmim\n"
                "simgraph report runs/simmim -o simmim.html",
    .usage = "RUN [options]",
    .more = "One HTML file that needs no other and no network. `run` writes it as well, at its end and on "
            "the way.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give the directory of a run",
    .options = options,
    .run = run,
};
