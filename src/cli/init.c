/* simgraph init: a graph file to begin with. */
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "verbs.h"

#include "simgraph/file.h"
#include "simgraph/schema.h"

#define KINDS "simmim classify autoencoder"

static const char *kind_at(const void *data, size_t i) {
    static const char *const kinds[] = {"simmim", "classify", "autoencoder", NULL};
    (void)data;
    return kinds[i];
}

static bool is_kind(const char *name) {
    const char *kind;
    for (size_t i = 0; (kind = kind_at(NULL, i)) != NULL; i++)
        if (strcmp(kind, name) == 0) return true;
    return false;
}

static int unknown(const cli_verb *verb, const char *name) {
    const char *near = sg_nearest_name(name, kind_at, NULL);
    if (near) return cli_usage(verb, "there is no starting graph `%s`; did you mean `%s`?", name, near);
    return cli_usage(verb, "there is no starting graph `%s`, only: " KINDS, name);
}

static void print_command(const char *verb, const char *path, const char *rest) {
    printf("  simgraph %s ", verb);
    cli_put_word(stdout, path);
    puts(rest);
}

static int run(const cli_args *args) {
    const char *kind = args->count ? args->arg[0] : "simmim", *path = cli_text(args, "out");
    char name[64];
    sg_error error;
    if (!is_kind(kind)) return unknown(args->verb, kind);
    snprintf(name, sizeof name, "files/%s.yaml", kind);
    const cli_file *file = cli_file_find(name);
    if (path && strcmp(path, "-") == 0) {
        fwrite(file->text, 1, file->length, stdout);
        return SG_OK;
    }
    if (!path) path = name + strlen("files/");
    if (access(path, F_OK) == 0 && !cli_flag(args, "force"))
        return cli_fail(SG_BAD_USAGE, "`%s` exists; --force overwrites it, -o FILE writes another", path);
    if (sg_file_save(path, file->text, file->length, &error) != SG_OK) return cli_fail_with(&error);
    printf("%s is written. Next:\n", path);
    print_command("check", path, "");
    print_command("dot", path, " -o graph.svg    the diagram");
    print_command("run", path, "                 trains it, in a minute or two");
    puts("Then change it: every line of it is yours. simgraph ops lists what a node can be.");
    return SG_OK;
}

static const cli_option options[] = {
    CLI_OUT("FILE",
            "where it goes; without it simmim.yaml, classify.yaml or\nautoencoder.yaml here, - for standard "
            "output"),
    {.name = "force", .letter = 'f', .doc = "overwrite a file that exists"},
    {.name = NULL},
};

const cli_verb cli_verb_init = {
    .name = "init",
    .doc = "write a graph file to begin with, with comments, that trains at once",
    .examples = "simgraph init\nsimgraph init classify -o my.yaml",
    .usage = "[simmim | classify | autoencoder] [options]",
    .max_args = 1,
    .options = options,
    .run = run,
};
