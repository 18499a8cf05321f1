/* What is said of a run in words: facts of its run.json, commands. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "simgraph/file.h"

enum { MOST_BYTES = 1 << 24 };

static void add_fact(json_t *run, const char *name, const char *text) {
    if (!text || !*text) return;
    json_t *fact = json_array();
    json_array_append_new(fact, json_string(name));
    json_array_append_new(fact, cli_json_text(text));
    json_array_append_new(json_object_get(run, "facts"), fact);
}

/* ---- commands ---- */

typedef struct command {
    FILE *to;
    char *text;
    size_t length;
} command;

static void begin(command *c, const char *words) {
    *c = (command){0};
    c->to = open_memstream(&c->text, &c->length);
    if (c->to) fputs(words, c->to);
}

static void put_path(command *c, const cli_run *run, const char *file) {
    char *path = cli_run_path(run, file);
    if (c->to && path) cli_put_word(c->to, path);
    free(path);
}

static void end(command *c, json_t *run, const char *key) {
    if (c->to) fclose(c->to);
    json_object_set_new(run, key, cli_json_text(c->text));
    free(c->text);
}

static void add_commands(cli_run *run) {
    command c;
    const sg_run *r = run->run;
    begin(&c, r && r->command_count ? "" : "simgraph run ");
    for (int i = 0; r && c.to && i < r->command_count; i++) {
        if (i) putc(' ', c.to);
        cli_put_word(c.to, r->command[i]);
    }
    if (!r || !r->command_count) put_path(&c, run, "graph.yaml");
    end(&c, run->json, "command");
    begin(&c, "simgraph mask ");
    put_path(&c, run, "graph.yaml");
    if (c.to) fputs(" -o masks.png", c.to);
    end(&c, run->json, "mask_command");
    begin(&c, "simgraph dot ");
    put_path(&c, run, "graph.yaml");
    if (c.to) fputs(" --view profile -o profile.html", c.to);
    end(&c, run->json, "profile_command");
}

/* ---- facts ---- */

static void add_settings(json_t *json, const sg_run *r) {
    command c;
    begin(&c, "");
    for (int i = 0; c.to && i < r->set_count; i++) fprintf(c.to, "%s%s", i ? ", " : "", r->set[i]);
    if (c.to) fclose(c.to);
    add_fact(json, "settings", c.text);
    free(c.text);
}

/* "A of B", or A where there is no B. */
static void add_count(json_t *json, const char *name, int64_t count, int64_t of) {
    char a[CLI_NUMBER], b[CLI_NUMBER], text[2 * CLI_NUMBER + 8];
    snprintf(text, sizeof text, "%s%s%s", cli_thousands(count, a), of > 0 ? " of " : "",
             of > 0 ? cli_thousands(of, b) : "");
    add_fact(json, name, text);
}

static void add_known(cli_run *run) {
    char number[CLI_NUMBER], text[64];
    json_t *json = run->json;
    double epoch = cli_run_last(run, "columns", "epoch");
    double rate = run->run ? run->run->images_per_second : NAN;
    double memory = run->run ? run->run->peak_memory : NAN;
    snprintf(text, sizeof text, "%.4g", epoch);
    if (isfinite(epoch)) add_fact(json, "epochs", text);
    if (isfinite(rate)) add_fact(json, "images a second", cli_rate(rate, number));
    if (isfinite(memory)) add_fact(json, "memory at most", cli_bytes(memory, number));
}

static void add_machine(json_t *json, const sg_run *r) {
    char text[512];
    snprintf(text, sizeof text, "%.400s%s%d thread%s", r->cpu ? r->cpu : "", r->cpu ? ", " : "", r->threads,
             sg_plural(r->threads));
    if (r->threads) add_fact(json, "processor", text);
    add_fact(json, "inner loops", r->kernels);
    add_fact(json, "products", r->products);
    add_fact(json, "precision", r->precision);
    add_fact(json, "OpenBLAS core", r->openblas);
    add_fact(json, "system", r->host);
    add_fact(json, "simgraph", r->simgraph);
}

static void add_graph(json_t *json, const sg_run *r) {
    char graph[4096];
    snprintf(graph, sizeof graph, "%s%s%s", r->graph ? r->graph : "", r->variant ? "@" : "",
             r->variant ? r->variant : "");
    add_fact(json, "graph", graph);
    add_settings(json, r);
}

static void add_course(json_t *json, const sg_run *r) {
    char number[CLI_NUMBER];
    if (r->seconds > 0) add_fact(json, "time", cli_duration(r->seconds, number));
    add_fact(json, "started", r->started);
    add_fact(json, "resumed", r->resumed);
    add_fact(json, "ended", r->ended);
    add_fact(json, "error", r->error);
    if (r->parameters) add_fact(json, "parameters", cli_thousands(r->parameters, number));
}

static void add_facts(cli_run *run) {
    int64_t steps = cli_run_steps(run);
    add_fact(run->json, "directory", run->directory);
    if (run->run) add_graph(run->json, run->run);
    if (steps >= 0) add_count(run->json, "steps", steps, run->run ? run->run->steps : 0);
    add_known(run);
    if (!run->run) return;
    add_course(run->json, run->run);
    add_machine(run->json, run->run);
}

/* ---- the rest ---- */

/* "simmim@wide" of graphs/simmim.yaml and its variant; else the directory. */
static void add_title(cli_run *run) {
    char title[512];
    const char *graph = run->run ? run->run->graph : NULL, *variant = run->run ? run->run->variant : NULL;
    const char *path = graph ? graph : run->directory, *slash = strrchr(path, '/'),
               *name = slash ? slash + 1 : path;
    size_t length = graph ? strcspn(name, ".") : strlen(name);
    if (!length) length = strlen(name);
    snprintf(title, sizeof title, "%.*s%s%.100s", (int)(length < 300 ? length : 300), name,
             variant ? "@" : "", variant ? variant : "");
    json_object_set_new(run->json, "title", cli_json_text(title));
}

static bool are_shares(const json_t *list) {
    json_t *each;
    size_t i;
    if (!json_is_array(list)) return false;
    json_array_foreach(list, i, each) {
        if (!json_is_string(json_object_get(each, "name")) ||
            !json_is_number(json_object_get(each, "seconds")))
            return false;
    }
    return true;
}

/* profile.json, which `run --profile` writes. */
static void add_profile(cli_run *run) {
    char *path = cli_run_path(run, "profile.json");
    json_t *profile = path ? json_load_file(path, 0, NULL) : NULL;
    bool good =
        json_is_number(json_object_get(profile, "seconds")) &&
        json_is_number(json_object_get(profile, "threads")) &&
        json_is_number(json_object_get(profile, "steps")) && are_shares(json_object_get(profile, "ops")) &&
        are_shares(json_object_get(profile, "blocks")) && are_shares(json_object_get(profile, "nodes"));
    json_object_set_new(run->json, "profile", good ? json_incref(profile) : json_null());
    json_decref(profile);
    free(path);
}

static void add_text(cli_run *run) {
    char *path = cli_run_path(run, "graph.yaml"), *text = NULL;
    size_t bytes;
    if (path && sg_file_load(path, MOST_BYTES, &text, &bytes, NULL) != SG_OK) text = NULL;
    json_object_set_new(run->json, "yaml", cli_json_text(text));
    free(text);
    free(path);
}

int cli_run_read_facts(cli_run *run) {
    json_t *json = run->json;
    const sg_run *r = run->run;
    json_object_set_new(json, "name", cli_json_text(run->directory));
    add_title(run);
    json_object_set_new(json, "doc",
                        cli_json_text(run->d.document ? sg_document_doc(run->d.document) : NULL));
    json_object_set_new(json, "state", json_string(r ? sg_run_state_name(r->state) : ""));
    json_object_set_new(json, "best", cli_json_text(r ? r->best : NULL));
    json_object_set_new(json, "highest", json_boolean(r && r->best_is_highest));
    json_object_set_new(json, "notes", json_array());
    json_object_set_new(json, "facts", json_array());
    add_facts(run);
    add_commands(run);
    add_profile(run);
    add_text(run);
    return SG_OK;
}
