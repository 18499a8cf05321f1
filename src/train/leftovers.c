/* What a process that was killed left in a run's directory: files that it was about to put in the place of
 * others, some as large as a checkpoint. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "train/run_file.h"
#include "train/trainer.h"

/* "NAME.PID-NUMBER.tmp", as sg_file_writer names them, of a process that is no more. What a run writes has an
 * ending of its own, as in "loss.svg.4711-0.tmp": "notes.2024-11.tmp" is somebody else's. */
static bool is_left(const char *name) {
    const char *minus = strrchr(name, '-'), *dot = minus;
    int pid, number, end = 0;
    while (dot && dot > name && *dot != '.') dot--;
    if (!dot || strspn(dot + 1, "0123456789") > 9 || !memchr(name, '.', (size_t)(dot - name))) return false;
    return sscanf(dot, ".%d-%d.tmp%n", &pid, &number, &end) == 2 && end && !dot[end] && pid > 0 &&
           kill(pid, 0) != 0 && errno == ESRCH;
}

static void clear(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (is_left(entry->d_name)) unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
}

void sg_trainer_clear_leftovers(const sg_trainer *trainer) {
    sg_run *run;
    if (sg_run_load_file(&run, trainer->directory, NULL) != SG_OK) return;
    const bool here = sg_run_is_here(run);
    sg_run_destroy(run);
    if (!here) return; /* nobody here knows which processes live */
    char *pictures = sg_trainer_path(trainer, "pictures");
    clear(trainer->directory);
    if (pictures) clear(pictures);
    free(pictures);
}

sg_status sg_run_check_idle(const char *directory, sg_error *error) {
    sg_run *run;
    if (sg_run_load_file(&run, directory, NULL) != SG_OK) return SG_OK; /* nothing is known */
    sg_status status = SG_OK;
    if (run->state == SG_RUN_RUNNING && sg_run_is_here(run) && run->pid != getpid())
        status = sg_fail(error, SG_BAD_USAGE, "process %lld is training in %s: wait for it, or end it",
                         (long long)run->pid, directory);
    sg_run_destroy(run);
    return status;
}
