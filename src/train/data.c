/* Loading the splits that a run needs. */
#include <stdlib.h>
#include <string.h>

#include "train/trainer.h"

/* `depth` bounds circles. */
static sg_status open_split(const sg_train_config *config, sg_split **splits, int index, int depth,
                            sg_error *error) {
    const sg_split_config *split = &config->splits[index];
    if (splits[index]) return SG_OK;
    if (depth > config->split_count)
        return sg_fail(error, SG_BAD_GRAPH, "the means of the split `%s` depend on themselves", split->name);
    for (int f = 0; f < split->field_count; f++) {
        const char *needs = sg_field_needs_split(&split->fields[f]);
        if (!needs || !needs[0] || strcmp(needs, split->name) == 0) continue;
        int other = sg_config_split_index(config, needs);
        if (other < 0)
            return sg_fail(error, SG_BAD_GRAPH, "the field `%s` needs the split `%s`, which there is not",
                           split->fields[f].name, needs);
        sg_status status = open_split(config, splits, other, depth + 1, error);
        if (status != SG_OK) return status;
    }
    const sg_split **others = sg_array_alloc((size_t)config->split_count + 1, sizeof *others);
    if (!others) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    int count = 0;
    for (int i = 0; i < config->split_count; i++)
        if (splits[i]) others[count++] = splits[i];
    sg_split_options options = sg_config_split_options(config, index, splits);
    options.others = others;
    options.other_count = count;
    sg_status status = sg_split_create(&splits[index], &options, error);
    free(others);
    if (status != SG_OK) sg_fail_prefix(error, "data split `%s`", split->name);
    return status;
}

sg_status sg_config_open_split(const sg_train_config *config, sg_split **splits, int index, sg_error *error) {
    return open_split(config, splits, index, 0, error);
}

sg_status sg_trainer_open_data(sg_trainer *trainer, sg_error *error) {
    const sg_train_config *config = trainer->config;
    trainer->splits = calloc((size_t)config->split_count + 1, sizeof(sg_split *));
    if (!trainer->splits) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    sg_status status = sg_config_open_split(config, trainer->splits, config->train_split, error);
    if (status == SG_OK && config->evaluates)
        status = sg_config_open_split(config, trainer->splits, config->evaluate_split, error);
    for (int s = 0; status == SG_OK && s < config->split_count; s++) {
        const char *note = trainer->splits[s] ? sg_split_table(trainer->splits[s])->note : "";
        if (*note && sg_config_is_first(config, trainer->splits, s))
            sg_trainer_note(trainer, "data split `%s`: %s", config->splits[s].name, note);
    }
    sg_trainer_tell_bad(trainer);
    return status;
}

bool sg_trainer_reads(const sg_trainer *trainer) {
    for (int s = 0; s < trainer->config->split_count; s++)
        if (trainer->splits[s] && sg_split_reads(trainer->splits[s])) return true;
    return false;
}

int64_t sg_trainer_tell_bad(const sg_trainer *trainer) {
    int64_t bad = 0;
    for (int s = 0; s < trainer->config->split_count; s++) {
        const sg_split *split = trainer->splits[s];
        char *problem;
        if (!split || !sg_config_is_first(trainer->config, trainer->splits, s)) continue;
        for (; (problem = sg_split_next_problem(split)); free(problem))
            sg_trainer_note(trainer, "skipped: %s", problem);
        bad += sg_split_bad(split);
    }
    return bad;
}
