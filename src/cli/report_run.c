/* A run's directory, read. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

char *cli_run_path(const cli_run *run, const char *file) {
    size_t length = strlen(run->directory) + strlen(file) + 2;
    char *path = malloc(length);
    if (path) snprintf(path, length, "%s/%s", run->directory, file);
    return path;
}

static bool has(const cli_run *run, const char *file) {
    char *path = cli_run_path(run, file);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

static int check(const cli_run *run) {
    struct stat info;
    if (stat(run->directory, &info) != 0)
        return cli_fail(SG_IO_ERROR, "cannot read %s: %s", run->directory, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return cli_fail(SG_BAD_USAGE, "%s is a file: give the directory of a run", run->directory);
    if (!has(run, "metrics.jsonl") && !has(run, "graph.yaml"))
        return cli_fail(SG_IO_ERROR,
                        "%s is not the directory of a run: it has neither metrics.jsonl nor graph.yaml",
                        run->directory);
    return SG_OK;
}

/* A graph.yaml with errors leaves a page without its diagram. */
static int load_graph(cli_run *run, bool quiet) {
    sg_error error;
    char *path = cli_run_path(run, "graph.yaml");
    sg_status status = path ? sg_diagnostics_create(&run->d.messages, &error)
                            : sg_fail(&error, SG_OUT_OF_MEMORY, "out of memory");
    run->path = path;
    run->d.path = path;
    if (status != SG_OK) return cli_fail_with(&error);
    if (!has(run, "graph.yaml")) return SG_OK;
    status = sg_document_load(&run->d.document, path, NULL, run->d.messages);
    if (status == SG_OK || quiet) return SG_OK;
    cli_document_report(&run->d, status);
    cli_warn("%s has errors: what it says is left out", path);
    return SG_OK;
}

/* An older run has no run.json, and a damaged one says nothing. */
static int load_about(cli_run *run, bool quiet) {
    sg_error error;
    sg_status status = sg_run_load(&run->run, run->directory, &error);
    if (status == SG_OUT_OF_MEMORY) return cli_fail_with(&error);
    if (status != SG_OK && !quiet)
        cli_warn("%s; how the run was started, and how it ended, is left out", error.message);
    return SG_OK;
}

int64_t cli_run_steps(const cli_run *run) {
    return run->run ? run->run->step : cli_whole(cli_run_last(run, "columns", "step"));
}

int cli_run_open(cli_run *run, const char *directory, bool quiet) {
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/') length--;
    *run = (cli_run){.name = strndup(directory, length), .json = json_object()};
    run->directory = run->name;
    if (!run->name || !run->json) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    int code = check(run);
    if (code == SG_OK) code = load_graph(run, quiet);
    if (code == SG_OK) code = load_about(run, quiet);
    if (code == SG_OK) code = cli_run_read_records(run);
    if (code == SG_OK && !quiet && !cli_run_recorded(run))
        cli_warn("%s/metrics.jsonl has no record of a step: there are no curves and values", run->directory);
    return code == SG_OK ? cli_run_read_facts(run) : code;
}

void cli_run_finish(cli_run *run) {
    cli_document_finish(&run->d);
    sg_run_destroy(run->run);
    json_decref(run->json);
    free(run->path);
    free(run->name);
    *run = (cli_run){0};
}
