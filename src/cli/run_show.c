/* What a run came to: its numbers and its files. */
#include "run_show.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "path.h"

static const struct {
    const char *name, *doc;
} outputs[] = {
    {"report.html", "all of it as a page for a browser"},
    {"model.safetensors", "weights"},
    {"model-best.safetensors", "weights of the best evaluation"},
    {"checkpoint.safetensors", "all that --resume needs"},
    {"run.json", "how it was started, and how far it came"},
    {"metrics.jsonl", "loss, rates and held-out values, step by step"},
    {"metrics.csv", "the same as a table"},
    {"loss.svg", "the loss over the steps"},
    {"graph.yaml", "the graph as it was run"},
    {"graph.svg", "its diagram"},
};

static int is_picture(const struct dirent *entry) {
    return cli_has_ending(entry->d_name, ".png");
}

static bool has_output(const char *directory, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, R_OK) == 0;
}

static void print_output(const char *directory, int widest, const char *name, const char *doc) {
    int length = (int)strlen(directory) + 1;
    if (has_output(directory, name))
        printf("  %s/%-*s %s\n", directory, widest > length ? widest - length : 1, name, doc);
}

static int wider(const char *directory, const char *name, int widest) {
    int length = (int)(strlen(directory) + 1 + strlen(name));
    return has_output(directory, name) && length > widest ? length : widest;
}

static void print_outputs(const char *directory) {
    struct dirent **pictures;
    int count = scandir(directory, &pictures, is_picture, alphasort), widest = 44;
    for (int i = 0; i < count; i++) widest = wider(directory, pictures[i]->d_name, widest);
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        widest = wider(directory, outputs[i].name, widest);
    for (int i = 0; i < count; i++) {
        print_output(directory, widest, pictures[i]->d_name, "pictures of held-out samples");
        free(pictures[i]);
    }
    if (count >= 0) free(pictures);
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        print_output(directory, widest, outputs[i].name, outputs[i].doc);
}

/* Of the last update, where nothing is held out, and what the file reports. */
static void print_trained(const sg_train_result *result) {
    int widest = 11;
    for (int i = 0; i < result->report_count; i++) {
        int length = (int)strlen(result->report_names[i]);
        widest = length > widest ? length : widest;
    }
    printf("%-*s  value\n%-*s  %.5f\n", widest, "last update", widest, "loss", result->loss);
    for (int i = 0; i < result->report_count; i++)
        printf("%-*s  %.5f\n", widest, result->report_names[i], result->report[i]);
    putchar('\n');
}

void cli_run_print(const char *directory, const sg_train_result *result) {
    char steps[CLI_NUMBER], seconds[CLI_NUMBER], rate[CLI_NUMBER], memory[CLI_NUMBER], planned[CLI_NUMBER];
    char some[CLI_NUMBER], all[CLI_NUMBER];
    char data[CLI_NUMBER], rest[CLI_NUMBER];
    double others =
        (double)result->peak_memory - (double)result->planned_memory - (double)result->data_memory;
    int widest = 8;
    for (int i = 0; i < result->value_count; i++) {
        int length = (int)strlen(result->names[i]);
        widest = length > widest ? length : widest;
    }
    if (result->loss == result->loss && (!result->value_count || result->report_count)) print_trained(result);
    if (result->value_count) printf("%-*s  value", widest, "held out");
    if (result->value_count && result->evaluated < result->held_out)
        printf("  (%s of %s images)", cli_thousands(result->evaluated, some),
               cli_thousands(result->held_out, all));
    if (result->value_count) putchar('\n');
    for (int i = 0; i < result->value_count; i++) {
        if (result->empty >> i & 1)
            printf("%-*s  none: nothing was hidden\n", widest, result->names[i]);
        else
            printf("%-*s  %.5f\n", widest, result->names[i], result->values[i]);
    }
    printf("%sstep %s", result->value_count ? "\n" : "", cli_thousands(result->step, steps));
    if (result->images_per_second > 0)
        printf(", %s, %s images/s, at most %s of memory: planned %s, data %s, the rest %s\n",
               cli_duration(result->seconds, seconds), cli_rate(result->images_per_second, rate),
               cli_bytes((double)result->peak_memory, memory),
               cli_bytes((double)result->planned_memory, planned),
               cli_bytes((double)result->data_memory, data), cli_bytes(others > 0 ? others : 0, rest));
    else
        printf(" was the last one: there was nothing left to train\n");
    if (result->reads)
        printf("images were read from files: %.1f %% of the time went into waiting for them, %s %s skipped\n",
               100 * result->waiting, cli_thousands(result->bad, some), result->bad == 1 ? "was" : "were");
    if (result->skipped)
        printf("%" PRId64 " update%s left out, since the loss or the gradients were not finite\n",
               result->skipped, result->skipped == 1 ? " was" : "s were");
    if (directory) print_outputs(directory);
}
