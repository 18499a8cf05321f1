/* cli/report.h - what a run's directory holds, for the pages of `report` and `compare`. */
#ifndef SG_CLI_REPORT_H
#define SG_CLI_REPORT_H

#include "document.h"
#include "json.h"
#include "simgraph/report.h"
#include "simgraph/run.h"

/* A run as it was read; zero-initialised is none. */
typedef struct cli_run {
    const char *directory; /* as it was given, without slashes at its end */
    char *name, *path;     /* the same, and that of its graph.yaml: owned */
    cli_document d;        /* its graph.yaml; the document is NULL where that is missing or has errors */
    sg_run *run;           /* its run.json, NULL where there is none that can be read */
    json_t *json;          /* as simgraph/report.h tells, but for what costs time: pictures */
} cli_run;

/* Reads the directory. `quiet`: what is wrong with its graph.yaml is no matter. Returns the exit code, after
 * a message. */
int cli_run_open(cli_run *run, const char *directory, bool quiet);
void cli_run_finish(cli_run *run);

/* "FILE" in the run's directory, to be freed. */
char *cli_run_path(const cli_run *run, const char *file);
/* The values of the last record of metrics.jsonl and of the best evaluation, NaN where there are none. */
double cli_run_last(const cli_run *run, const char *list, const char *column);
double cli_run_best(const cli_run *run, int value);
/* Updates that were made; -1 where it is not known. */
int64_t cli_run_steps(const cli_run *run);

/* ---- parts ---- */

/* Records (report_records.c): columns, evaluations, reports. */
int cli_run_read_records(cli_run *run);
bool cli_run_recorded(const cli_run *run); /* is there any? */
/* Pictures (report_pictures.c), `all` of them or the last of each name, together no more than the pages of a
 * browser bear. */
int cli_run_read_pictures(cli_run *run, bool all);
/* Facts and commands (report_facts.c). */
int cli_run_read_facts(cli_run *run);

/* ---- pages ---- */

/* Writes a page of this JSON, which it lets go of: simgraph/report.h tells what it holds, and `page` what
 * else is on it. Returns the exit code, after a message. */
int cli_page_write(json_t *data, sg_report_options page, const char *path);

/* ---- the report of a run ---- */

/* The report while a run goes on: parts that stay the same, and when it was written. */
typedef struct cli_report {
    bool drawn;
    char *diagram, *memory;
    double written, cost; /* seconds: of the clock, and that it took */
} cli_report;

/* Writes the report of a directory to `path`, or to its report.html where that is NULL. Returns the exit
 * code, after a message. */
int cli_report_write(cli_report *report, const char *directory, const char *path, bool quiet);
/* Whether --out, where it is given, names a page; returns the exit code, after a message. */
int cli_report_check(const cli_args *args);
/* As cli_report_write, from time to time, so that it costs a hundredth of the time of a run at most. */
int cli_report_update(cli_report *report, const char *directory);
void cli_report_finish(cli_report *report);

#endif
