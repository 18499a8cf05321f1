/* Writing run.json. */
#include "train/run_file.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "format/json.h"
#include "kernel/product.h"
#include "simgraph/file.h"
#include "train/trainer.h"

/* Words of a command line and names of files may hold bytes that are no UTF-8, which JSON cannot carry. */
static void quote(sg_text *json, const char *text) {
    sg_text clean = {0};
    if (!text) {
        sg_text_append(json, "null");
        return;
    }
    for (size_t left = strlen(text), bytes; left; left -= bytes, text += bytes) {
        bytes = sg_utf8_length(text, left);
        if (bytes)
            sg_text_append_bytes(&clean, text, bytes);
        else
            sg_text_append(&clean, "\xef\xbf\xbd");
        bytes += !bytes;
    }
    sg_json_quote(json, sg_text_get(&clean));
    json->failed |= clean.failed;
    sg_text_finish(&clean);
}

static void write_text(sg_text *json, const char *key, const char *text) {
    sg_text_printf(json, ",\n  \"%s\": ", key);
    quote(json, text);
}

static void write_texts(sg_text *json, const char *key, const char *const *texts, int count) {
    sg_text_printf(json, ",\n  \"%s\": [", key);
    for (int i = 0; i < count; i++) {
        if (i) sg_text_append(json, ", ");
        quote(json, texts[i]);
    }
    sg_text_append(json, "]");
}

static void write_whole(sg_text *json, const char *key, int64_t number) {
    sg_text_printf(json, ",\n  \"%s\": %lld", key, (long long)number);
}

static const char *now(char text[32]) {
    time_t seconds = time(NULL);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts)) text[0] = 0;
    return text;
}

/* ---- what the run runs on ---- */

/* "model name : AMD EPYC 9B14" of /proc/cpuinfo. */
static const char *find_cpu(char line[256]) {
    char *name = NULL;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && !name && fgets(line, 256, file))
        if (strncmp(line, "model name", 10) == 0 && (name = strchr(line, ':')) != NULL) {
            name += 1 + strspn(name + 1, " ");
            name[strcspn(name, "\n")] = 0;
        }
    if (file) fclose(file);
    return name;
}

static void write_machine(sg_text *json, const sg_trainer *trainer) {
    char line[256], host[256] = "", *machine = NULL;
    struct utsname system;
    sg_type precision = sg_train_config_precision(trainer->config);
    if (uname(&system) == 0) {
        machine = system.nodename;
        snprintf(host, sizeof host, "%.60s %.100s, glibc %.20s", system.sysname, system.release,
                 gnu_get_libc_version());
    }
    write_text(json, "simgraph", sg_version());
    write_text(json, "cpu", find_cpu(line));
    write_whole(json, "threads", sg_context_threads(trainer->context));
    write_text(json, "kernels", sg_context_cpu(trainer->context));
    write_text(json, "products", sg_context_product_of(trainer->context, precision));
    write_text(json, "precision", sg_type_name(precision));
    write_text(json, "openblas", sg_product_core());
    write_text(json, "host", host[0] ? host : NULL);
    write_text(json, "machine", machine);
    write_whole(json, "pid", getpid());
}

/* ---- what the run is ---- */

static int64_t count_parameters(const sg_graph *graph) {
    int64_t sum = 0;
    for (int i = 0; i < sg_graph_node_count(graph); i++) {
        const sg_node *node = sg_graph_node(graph, i);
        if (sg_node_is_weight(node)) sum += sg_shape_elements(&sg_graph_value(graph, node->out[0])->shape);
    }
    return sum;
}

/* As `evaluate: {best}` says; else the first value, where it is a loss, of which less is better. */
static void write_best(sg_text *json, const sg_trainer *trainer) {
    const sg_train_config *config = trainer->config;
    const sg_binding *binding = &trainer->evaluate[0];
    bool loss = config->value_count && binding->values[config->value_count] != SG_NO_VALUE;
    int best = config->best >= 0 ? config->best : loss ? 0 : -1;
    if (best < 0) {
        sg_text_append(json, ",\n  \"best\": null");
        return;
    }
    sg_text_append(json, ",\n  \"best\": {\"of\": ");
    quote(json, config->values[best].name);
    sg_text_printf(json, ", \"keep\": \"%s\"}",
                   config->best >= 0 && config->best_is_highest ? "highest" : "lowest");
}

/* A run that goes on is still the one that was started then. */
static void write_start(sg_text *json, const sg_trainer *trainer, const sg_run *before) {
    const sg_trainer_options *options = &trainer->options;
    const sg_document *document = trainer->config->document;
    const char *file = sg_document_file(document), *chosen = sg_document_chosen(document);
    size_t length = strlen(file), tail = chosen ? strlen(chosen) + 1 : 0;
    char *graph = strndup(file, length > tail ? length - tail : length), time[32];
    if (!graph) json->failed = true;
    write_texts(json, "command", before ? before->command : options->command,
                before ? before->command_count : options->command_count);
    write_text(json, "graph", before ? before->graph : graph);
    write_text(json, "variant", before ? before->variant : chosen);
    write_texts(json, "set", options->set, options->set_count);
    write_text(json, "started", before ? before->started : now(time));
    write_text(json, "resumed", trainer->resumed ? now(time) : NULL);
    free(graph);
}

sg_status sg_run_file_open(sg_run_file *file, const sg_trainer *trainer, sg_error *error) {
    sg_run *before = NULL;
    sg_text *json = &file->fixed;
    file->path = sg_trainer_path(trainer, "run.json");
    /* One of an older version has no such file; a damaged one says nothing. */
    if (trainer->resumed) sg_run_load_file(&before, trainer->directory, NULL);
    if (before) file->earlier = before->seconds;
    write_start(json, trainer, before);
    write_whole(json, "steps", trainer->length.steps);
    write_machine(json, trainer);
    write_whole(json, "parameters", count_parameters(sg_bound_graph(trainer->train[0].bound)));
    write_best(json, trainer);
    sg_run_destroy(before);
    return file->path && !json->failed ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* A full disk has no room for a new file, but for what lies where the old one does, if that is all of it. */
static bool write_over(const char *path, const sg_text *json) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct stat info;
    bool room = fstat(file, &info) == 0 && (off_t)json->length <= (off_t)info.st_blocks * 512;
    bool whole = room && pwrite(file, json->bytes, json->length, 0) == (ssize_t)json->length &&
                 ftruncate(file, (off_t)json->length) == 0;
    return close(file) == 0 && whole;
}

sg_status sg_run_file_write(const sg_run_file *file, const sg_trainer *trainer, sg_run_state state,
                            const char *problem, sg_error *error) {
    if (!file->path) return SG_OK;
    sg_text json = {0};
    char time[32];
    sg_text_printf(&json, "{\n  \"state\": \"%s\"", sg_run_state_name(state));
    write_whole(&json, "step", trainer->progress.step);
    sg_text_printf(&json, ",\n  \"seconds\": %.3f", file->earlier + sg_trainer_seconds(trainer));
    write_text(&json, "ended", state == SG_RUN_RUNNING ? NULL : now(time));
    write_text(&json, "error", problem);
    sg_text_append(&json, sg_text_get(&file->fixed));
    sg_text_append(&json, "\n}\n");
    sg_status status = json.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory")
                                   : sg_file_save(file->path, json.bytes, json.length, error);
    if (status == SG_IO_ERROR && state == SG_RUN_FAILED && write_over(file->path, &json)) status = SG_OK;
    sg_text_finish(&json);
    return status;
}

void sg_run_file_finish(sg_run_file *file) {
    free(file->path);
    sg_text_finish(&file->fixed);
    *file = (sg_run_file){0};
}
