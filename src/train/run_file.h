/* train/run_file.h - run.json: how a run was started, on what, and how far it has come. simgraph/run.h reads
 * it. */
#ifndef SG_TRAIN_RUN_FILE_H
#define SG_TRAIN_RUN_FILE_H

#include "base/text.h"
#include "simgraph/run.h"

struct sg_trainer;

/* Zero-initialised is closed. */
typedef struct sg_run_file {
    char *path;     /* NULL: closed */
    sg_text fixed;  /* members that stay as they are */
    double earlier; /* seconds of the parts before this one */
} sg_run_file;

/* Gathers what does not change, in a resume from the file that is there; writes nothing. */
sg_status sg_run_file_open(sg_run_file *file, const struct sg_trainer *trainer, sg_error *error);
/* Replaces the file. `problem`: why the run failed; NULL: it did not. */
sg_status sg_run_file_write(const sg_run_file *file, const struct sg_trainer *trainer, sg_run_state state,
                            const char *problem, sg_error *error);
void sg_run_file_finish(sg_run_file *file);

/* Reads run.json of a directory without the records; as sg_run_load. */
sg_status sg_run_load_file(sg_run **out, const char *directory, sg_error *error);
/* Was it started on this machine? */
bool sg_run_is_here(const sg_run *run);

#endif
