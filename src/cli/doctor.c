/* simgraph doctor: what this program runs on. */
#include "verbs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "json.h"
#include "simgraph/context.h"
#include "simgraph/image.h"
#include "simgraph/schema.h"

typedef struct finding {
    const char *name;
    char text[256];
} finding;

enum { VERSION, SYSTEM, CPU, PRODUCT, THREADS, PAGES, DOT, DATA, IMAGES, OPS, FINDING_COUNT };

static const char *const names[FINDING_COUNT] = {
    "simgraph",   "system", "inner loops", "products", "threads",
    "huge pages", "dot",    "data set",    "images",   "registry",
};

/* "always [madvise] never": the word in brackets. */
static void find_huge_pages(char *text, size_t size) {
    char line[128] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    if (file && !fgets(line, sizeof line, file)) line[0] = 0;
    if (file) fclose(file);
    char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;
    if (close)
        snprintf(text, size, "%.*s", (int)(close - open - 1), open + 1);
    else
        snprintf(text, size, "unknown");
}

bool cli_find_program(const char *name, char *text, size_t size) {
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at;) {
        size_t length = strcspn(at, ":");
        snprintf(text, size, "%.*s/%s", (int)length, at, name);
        if (length && access(text, X_OK) == 0) return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static void find_dot(char *text, size_t size) {
    if (!cli_find_program("dot", text, size))
        snprintf(text, size, "not found: svg, png and pdf diagrams need Graphviz (package graphviz)");
}

static void find_data(char *text, size_t size) {
    static const char directory[] = "/usr/share/datasets/fashion-mnist";
    static const char *const files[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        if (access(path, R_OK) == 0) continue;
        snprintf(text, size, "Fashion-MNIST is not in %s (package dataset-fashion-mnist)", directory);
        return;
    }
    snprintf(text, size, "Fashion-MNIST in %s", directory);
}

static sg_status examine(finding *found, const cli_args *args, sg_error *error) {
    sg_context_options options = cli_engine(args);
    sg_context *context;
    sg_status status = sg_context_create(&context, &options, error);
    if (status != SG_OK) return status;
    for (int i = 0; i < FINDING_COUNT; i++) found[i].name = names[i];
    size_t size = sizeof found->text;
    struct utsname system;
    snprintf(found[VERSION].text, size, "%s", sg_version());
    if (uname(&system) == 0)
        snprintf(found[SYSTEM].text, size, "%s %s %s", system.sysname, system.release, system.machine);
    snprintf(found[CPU].text, size, "%s", sg_context_cpu(context));
    snprintf(found[PRODUCT].text, size, "f32, %s / bf16, %s / f64, %s",
             sg_context_product_of(context, SG_F32), sg_context_product_of(context, SG_BF16),
             sg_context_product_of(context, SG_F64));
    snprintf(found[THREADS].text, size, "%d of %ld CPU%s", sg_context_threads(context),
             sysconf(_SC_NPROCESSORS_ONLN), sg_plural(sysconf(_SC_NPROCESSORS_ONLN)));
    find_huge_pages(found[PAGES].text, size);
    find_dot(found[DOT].text, size);
    find_data(found[DATA].text, size);
    snprintf(found[IMAGES].text, size, "%s", sg_image_formats());
    snprintf(found[OPS].text, size, "%zu ops, %zu initialisers, %zu data sources, %zu steps",
             sg_registry_count(SG_KIND_OP), sg_registry_count(SG_KIND_INIT),
             sg_registry_count(SG_KIND_SOURCE), sg_registry_count(SG_KIND_STEP));
    sg_context_destroy(context);
    return SG_OK;
}

static int run(const cli_args *args) {
    finding found[FINDING_COUNT] = {{0}};
    sg_error error;
    if (examine(found, args, &error) != SG_OK) return cli_fail_with(&error);
    if (!cli_flag(args, "json")) {
        for (int i = 0; i < FINDING_COUNT; i++) printf("%-12s %s\n", found[i].name, found[i].text);
        return SG_OK;
    }
    json_t *all = json_object();
    for (int i = 0; i < FINDING_COUNT; i++)
        json_object_set_new(all, found[i].name, json_string(found[i].text));
    return cli_json_print(all);
}

static const cli_option options[] = {
    CLI_ENGINE,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_doctor = {
    .name = "doctor",
    .doc = "tell what this program runs on: CPU, BLAS, threads, Graphviz, data",
    .examples = "simgraph doctor",
    .usage = "[options]",
    .options = options,
    .run = run,
};
