/* What is said of a run in words: facts of its run.json, commands. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "simgraph/file.h"

enum { MOST_BYTES = 1 << 24 };

/* Names of files need not be UTF-8, which JSON is. */
static json_t *words_json(const char *text) {
    json_t *words = text ? json_string(text) : json_null();
    if (words) return words;
    char *copy = strdup(text);
    for (char *c = copy; copy && *c; c++)
        if (*c & 0x80) *c = '?';
    words = json_string(copy ? copy : "");
    free(copy);
    return words;
}

static void add_fact(json_t *run, const char *name, const char *text) {
    if (!text || !*text) return;
    json_t *fact = json_array();
    json_array_append_new(fact, json_string(name));
    json_array_append_new(fact, words_json(text));
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
    json_object_set_new(run, key, words_json(c->text));
    free(c->text);
}

/* Texts of a list in run.json, each after the first behind `between`. */
static size_t put_texts(command *c, const cli_run *run, const char *key, const char *between, bool quoted) {
    const json_t *list = json_object_get(run->about, key), *each;
    size_t i;
    json_array_foreach(list, i, each) {
        const char *text = json_string_value(each);
        if (!c->to || !text) continue;
        if (i) fputs(between, c->to);
        if (quoted)
            cli_put_word(c->to, text);
        else
            fputs(text, c->to);
    }
    return json_array_size(list);
}

static void add_commands(cli_run *run) {
    command c;
    begin(&c, "");
    if (!put_texts(&c, run, "command", " ", true)) {
        if (c.to) fputs("simgraph run ", c.to);
        put_path(&c, run, "graph.yaml");
    }
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

static void add_settings(cli_run *run) {
    command c;
    begin(&c, "");
    put_texts(&c, run, "set", ", ", false);
    if (c.to) fclose(c.to);
    add_fact(run->json, "settings", c.text);
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
    double epoch = cli_run_last(run, "columns", "epoch"),
           memory = cli_run_last(run, "columns", "peak_memory");
    double rate = cli_run_last(run, "columns", "images_per_second");
    snprintf(text, sizeof text, "%.4g", epoch);
    if (isfinite(epoch)) add_fact(json, "epochs", text);
    if (isfinite(rate)) add_fact(json, "images a second", cli_rate(rate, number));
    if (isfinite(memory)) add_fact(json, "memory at most", cli_bytes(memory, number));
}

static void add_machine(cli_run *run) {
    static const struct {
        const char *name, *key;
    } facts[] = {{"inner loops", "kernels"},    {"products", "products"}, {"precision", "precision"},
                 {"OpenBLAS core", "openblas"}, {"system", "host"},       {"simgraph", "simgraph"}};
    const char *cpu = cli_run_text(run, "cpu");
    double threads = cli_run_number(run, "threads");
    char text[512];
    snprintf(text, sizeof text, "%.400s%s%.0f thread%s", cpu ? cpu : "", cpu ? ", " : "", threads,
             threads == 1 ? "" : "s");
    if (threads >= 1) add_fact(run->json, "processor", text);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        add_fact(run->json, facts[i].name, cli_run_text(run, facts[i].key));
}

static void add_facts(cli_run *run) {
    json_t *json = run->json;
    char number[CLI_NUMBER], text[4096];
    const char *graph = cli_run_text(run, "graph"), *variant = cli_run_text(run, "variant");
    double step = cli_run_number(run, "step"), steps = cli_run_number(run, "steps");
    double seconds = cli_run_number(run, "seconds"), parameters = cli_run_number(run, "parameters");
    if (!isfinite(step)) step = cli_run_last(run, "columns", "step");
    snprintf(text, sizeof text, "%s%s%s", graph ? graph : "", variant ? "@" : "", variant ? variant : "");
    add_fact(json, "graph", text);
    add_settings(run);
    if (isfinite(step)) add_count(json, "steps", (int64_t)step, isfinite(steps) ? (int64_t)steps : 0);
    if (seconds > 0) add_fact(json, "time", cli_duration(seconds, number));
    add_fact(json, "started", cli_run_text(run, "started"));
    add_fact(json, "resumed", cli_run_text(run, "resumed"));
    add_fact(json, "ended", cli_run_text(run, "ended"));
    add_fact(json, "error", cli_run_text(run, "error"));
    add_known(run);
    if (parameters >= 1) add_fact(json, "parameters", cli_thousands((int64_t)parameters, number));
    add_machine(run);
}

/* ---- the rest ---- */

/* "simmim@wide" of graphs/simmim.yaml and its variant; else the directory. */
static void add_title(cli_run *run) {
    char title[512];
    const char *graph = cli_run_text(run, "graph"), *variant = cli_run_text(run, "variant");
    const char *path = graph ? graph : run->directory, *slash = strrchr(path, '/'),
               *name = slash ? slash + 1 : path;
    size_t length = graph ? strcspn(name, ".") : strlen(name);
    if (!length) length = strlen(name);
    snprintf(title, sizeof title, "%.*s%s%.100s", (int)(length < 300 ? length : 300), name,
             variant ? "@" : "", variant ? variant : "");
    json_object_set_new(run->json, "title", words_json(title));
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
    json_object_set_new(run->json, "yaml", words_json(text));
    free(text);
    free(path);
}

int cli_run_read_facts(cli_run *run) {
    json_t *json = run->json;
    const json_t *best = json_object_get(run->about, "best");
    const char *state = cli_run_state(run), *keep = json_string_value(json_object_get(best, "keep"));
    json_object_set_new(json, "name", words_json(run->directory));
    add_title(run);
    json_object_set_new(json, "doc", words_json(run->d.document ? sg_document_doc(run->d.document) : NULL));
    json_object_set_new(json, "state", words_json(state ? state : ""));
    json_object_set_new(json, "best", words_json(json_string_value(json_object_get(best, "of"))));
    json_object_set_new(json, "highest", json_boolean(keep && strcmp(keep, "highest") == 0));
    json_object_set_new(json, "notes", json_array());
    json_object_set_new(json, "facts", json_array());
    add_facts(run);
    add_commands(run);
    add_profile(run);
    add_text(run);
    return SG_OK;
}
