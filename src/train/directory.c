/* The run directory. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "train/trainer.h"

enum { MOST_RUNS = 100000 };

static const char checkpoint_name[] = "checkpoint.safetensors";
static const char previous_name[] = "checkpoint-previous.safetensors";

char *sg_trainer_path(const sg_trainer *trainer, const char *name) {
    sg_text text = {0};
    sg_text_printf(&text, "%s/%s", trainer->directory, name);
    return sg_text_take(&text);
}

static bool has_file(const char *directory, const char *name) {
    sg_text text = {0};
    sg_text_printf(&text, "%s/%s", directory, name);
    bool has = !text.failed && access(sg_text_get(&text), F_OK) == 0;
    sg_text_finish(&text);
    return has;
}

static bool has_checkpoint(const char *directory) {
    return has_file(directory, checkpoint_name) || has_file(directory, previous_name);
}

/* The directory of the graph file, when that is a run's own graph.yaml; the run may have ended before its
 * first checkpoint. */
static char *own_run(const char *file) {
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    char *directory = slash ? strndup(file, (size_t)(slash - file)) : strdup(".");
    bool begun = directory && strcmp(name, "graph.yaml") == 0 && has_file(directory, "run.json");
    if (directory && (begun || has_checkpoint(directory))) return directory;
    free(directory);
    return NULL;
}

/* "runs/simmim" of graphs/simmim.yaml and of runs/simmim/graph.yaml, "runs/simmim-wide" of
 * graphs/simmim.yaml@wide. */
static char *base_name(const char *file) {
    char *run = own_run(file), *slash_of_run = run ? strrchr(run, '/') : NULL;
    if (run && strcmp(run, ".") != 0) {
        sg_text text = {0};
        sg_text_printf(&text, "runs/%s", slash_of_run ? slash_of_run + 1 : run);
        free(run);
        return sg_text_take(&text);
    }
    free(run);
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file, *variant = strrchr(name, '@');
    size_t length = variant ? (size_t)(variant - name) : strlen(name);
    const char *endings[] = {".yaml", ".yml"};
    for (int i = 0; i < 2; i++) {
        size_t tail = strlen(endings[i]);
        if (length > tail && strncmp(name + length - tail, endings[i], tail) == 0) length -= tail;
    }
    sg_text text = {0};
    sg_text_append(&text, "runs/");
    sg_text_append_bytes(&text, name, length);
    if (variant && variant[1]) sg_text_printf(&text, "-%s", variant + 1);
    if (!length) sg_text_append(&text, "graph");
    return sg_text_take(&text);
}

static char *numbered(const char *base, int number) {
    sg_text text = {0};
    sg_text_append(&text, base);
    if (number > 1) sg_text_printf(&text, "-%d", number);
    return sg_text_take(&text);
}

/* Whether the directory exists and holds anything. */
static bool is_used(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return false;
    bool used = false;
    for (const struct dirent *entry; !used && (entry = readdir(directory));)
        used = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return used;
}

/* The run with the highest number. */
static sg_status find_latest(char **directory, const char *base, int *runs, sg_error *error) {
    for (int number = 1; number < MOST_RUNS; number++) {
        char *path = numbered(base, number);
        struct stat info;
        if (!path) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        bool exists = stat(path, &info) == 0;
        if (exists && has_checkpoint(path)) {
            free(*directory);
            *directory = path;
            ++*runs;
            continue;
        }
        free(path);
        if (!exists) break;
    }
    if (*directory) return SG_OK;
    sg_status status = sg_run_check_idle(base, error);
    if (status != SG_OK) return status;
    return sg_fail(error, SG_BAD_CHECKPOINT,
                   "there is no checkpoint in %s: name the run to be resumed with --out, or start without "
                   "--resume",
                   base);
}

/* Of a run that was named, and has no checkpoint. */
static sg_status refuse(const char *path, sg_error *error) {
    struct stat info;
    if (stat(path, &info) != 0) return sg_fail(error, SG_IO_ERROR, "there is no run directory `%s`", path);
    if (!S_ISDIR(info.st_mode))
        return sg_fail(error, SG_BAD_USAGE, "%s is a file: give the directory of a run", path);
    if (!has_file(path, "graph.yaml"))
        return sg_fail(error, SG_IO_ERROR, "`%s` is no run directory: it has no graph.yaml", path);
    sg_status status = sg_run_check_idle(path, error);
    return status == SG_OK ? sg_fail(error, SG_BAD_CHECKPOINT, "there is no checkpoint in %s", path) : status;
}

sg_status sg_run_find(char **directory, const char *graph, const char *named, int *runs, sg_error *error) {
    *runs = 0;
    *directory = NULL;
    if (named) {
        if (!has_checkpoint(named)) return refuse(named, error);
        *directory = strdup(named);
        return *directory ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    char *own = own_run(graph);
    if (own && has_checkpoint(own)) {
        *directory = own;
        return SG_OK;
    }
    if (own) {
        sg_status status = sg_run_check_idle(own, error);
        if (status == SG_OK)
            status = sg_fail(error, SG_BAD_CHECKPOINT,
                             "there is no checkpoint in %s: start anew without --resume", own);
        free(own);
        return status;
    }
    char *base = base_name(graph);
    sg_status status =
        base ? find_latest(directory, base, runs, error) : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    free(base);
    return status;
}

sg_status sg_trainer_find_directory(sg_trainer *trainer, sg_error *error) {
    const sg_trainer_options *options = &trainer->options;
    int runs;
    if (options->no_save) return SG_OK;
    if (options->resume) {
        sg_status status = sg_run_find(&trainer->directory, sg_document_file(trainer->config->document),
                                       options->out, &runs, error);
        return status == SG_OK ? sg_run_check_idle(trainer->directory, error) : status;
    }
    if (!options->out) return SG_OK; /* made later */
    if (is_used(options->out)) {
        sg_status status = sg_run_check_idle(options->out, error);
        if (status != SG_OK) return status;
        return sg_fail(error, SG_BAD_USAGE, "%s is there already%s", options->out,
                       has_checkpoint(options->out)
                           ? ": continue it with --resume, or name another directory"
                           : ", without a checkpoint to go on from: name another directory, or remove it");
    }
    trainer->directory = strdup(options->out);
    return trainer->directory ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

/* Makes a directory and those above it. With `fresh` the last one must not be there. */
static sg_status make_directories(const char *path, bool fresh, bool *exists, sg_error *error) {
    char *part = strdup(path);
    sg_status status = part ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    *exists = false;
    for (char *at = part; status == SG_OK && at;) {
        at = strchr(at + 1, '/');
        if (at) *at = 0;
        if (mkdir(part, 0777) != 0) {
            int reason = errno;
            struct stat info;
            if (reason != EEXIST || (stat(part, &info) == 0 && !S_ISDIR(info.st_mode)))
                status = sg_fail(error, SG_IO_ERROR, "cannot make the directory %s: %s", part,
                                 reason == EEXIST ? "a file has that name" : strerror(reason));
            else if (!at)
                *exists = fresh;
        }
        if (at) *at = '/';
    }
    free(part);
    return status;
}

sg_status sg_trainer_make_directory(sg_trainer *trainer, sg_error *error) {
    bool exists;
    if (trainer->options.no_save) return SG_OK;
    if (trainer->directory) {
        trainer->made = access(trainer->directory, F_OK) != 0;
        return make_directories(trainer->directory, false, &exists, error);
    }
    trainer->made = true;
    char *base = base_name(sg_document_file(trainer->config->document));
    if (!base) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = SG_OK;
    for (int number = 1; status == SG_OK && !trainer->directory && number < MOST_RUNS; number++) {
        char *path = numbered(base, number);
        status = path ? make_directories(path, true, &exists, error)
                      : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
        if (status == SG_OK && !exists)
            trainer->directory = path;
        else
            free(path);
    }
    free(base);
    if (status == SG_OK && !trainer->directory)
        return sg_fail(error, SG_IO_ERROR, "there are too many runs: name a directory with --out");
    return status;
}

void sg_trainer_remove_directory(sg_trainer *trainer) {
    static const char *const names[] = {"metrics.jsonl", "metrics.csv", "graph.yaml", "run.json"};
    if (!trainer->directory) return;
    sg_metrics_finish(&trainer->metrics);
    if (trainer->board.log.path) unlink(trainer->board.log.path);
    sg_board_finish(&trainer->board);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = sg_trainer_path(trainer, names[i]);
        if (path) unlink(path);
        free(path);
    }
    if (trainer->made) rmdir(trainer->directory); /* fails, and should, where there is anything else */
}
