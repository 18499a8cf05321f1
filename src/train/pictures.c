/* Pictures of earlier evaluations: pictures/NAME-STEP.png.
 *
 * A run is cut into as many spans of steps as pictures of it may be kept, and of each span the last one
 * stays. So they are spread evenly, the newest is always there, and which ones stay depends on the steps
 * alone: a resume, also one to another length, needs to know nothing else. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "simgraph/file.h"
#include "train/trainer.h"

enum { MOST_BYTES = 1 << 30 };

static char *path_of(const sg_trainer *trainer, const char *name, int64_t step) {
    sg_text text = {0};
    sg_text_printf(&text, "%s/pictures/%s-%lld.png", trainer->directory, name, (long long)step);
    return sg_text_take(&text);
}

/* The step of "NAME-STEP.png", or -1. */
static int64_t step_of(const char *file, const char *name) {
    size_t length = strlen(name);
    if (strncmp(file, name, length) != 0 || file[length] != '-') return -1;
    const char *digits = file + length + 1;
    size_t count = strspn(digits, "0123456789");
    if (count < 1 || count > 18 || strcmp(digits + count, ".png") != 0) return -1;
    return strtoll(digits, NULL, 10);
}

static int by_step(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The steps of all pictures of that name, sorted; to be freed. */
static sg_status list_steps(int64_t **steps, size_t *count, const char *directory, const char *name,
                            sg_error *error) {
    size_t room = 0;
    bool grown = true;
    DIR *files = opendir(directory);
    *steps = NULL;
    *count = 0;
    for (const struct dirent *entry; grown && files && (entry = readdir(files));) {
        int64_t step = step_of(entry->d_name, name);
        if (step < 0) continue;
        grown = sg_array_grow(steps, &room, *count + 1, sizeof **steps);
        if (grown) (*steps)[(*count)++] = step;
    }
    if (files) closedir(files);
    if (*count) qsort(*steps, *count, sizeof **steps, by_step);
    return grown ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
}

static double span_of(const sg_trainer *trainer, int64_t step) {
    double share = (double)(step - 1) / (double)trainer->length.steps;
    return (double)(int64_t)(share * (double)trainer->config->kept_pictures);
}

/* Those with a later one in their span; and those of steps that a resume from an older checkpoint has yet to
 * make, perhaps in another way. */
static sg_status thin(const sg_trainer *trainer, const char *directory, const char *name, sg_error *error) {
    int64_t *steps, now = trainer->progress.step;
    size_t count;
    sg_status status = list_steps(&steps, &count, directory, name, error);
    for (size_t i = 0; status == SG_OK && i < count; i++) {
        bool followed = i + 1 < count && steps[i + 1] <= now &&
                        span_of(trainer, steps[i + 1]) == span_of(trainer, steps[i]);
        if (steps[i] <= now && !followed) continue;
        char *path = path_of(trainer, name, steps[i]);
        if (path) unlink(path);
        free(path);
    }
    free(steps);
    return status;
}

static sg_status copy_file(const char *from, const char *to, sg_error *error) {
    char *data;
    size_t bytes;
    sg_status status = sg_file_load(from, MOST_BYTES, &data, &bytes, error);
    if (status != SG_OK) return status;
    status = sg_file_save(to, data, bytes, error);
    free(data);
    return status;
}

sg_status sg_trainer_keep_picture(const sg_trainer *trainer, const char *name, sg_error *error) {
    if (!trainer->config->kept_pictures) return SG_OK;
    char short_name[256], file[264];
    snprintf(short_name, sizeof short_name, "%.200s", name);
    snprintf(file, sizeof file, "%s.png", short_name);
    char *from = sg_trainer_path(trainer, file), *directory = sg_trainer_path(trainer, "pictures"),
         *to = path_of(trainer, short_name, trainer->progress.step);
    sg_status status = from && directory && to ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    if (status == SG_OK && mkdir(directory, 0777) != 0 && errno != EEXIST)
        status = sg_fail(error, SG_IO_ERROR, "cannot make the directory %s: %s", directory, strerror(errno));
    if (status == SG_OK) status = copy_file(from, to, error);
    if (status == SG_OK) status = thin(trainer, directory, short_name, error);
    free(from);
    free(directory);
    free(to);
    return status;
}
