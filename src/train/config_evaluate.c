/* The section `evaluate`. */
#include <stdio.h>
#include <string.h>

#include "train/config.h"

enum { KEPT_PICTURES = 50, MOST_KEPT_PICTURES = 10000 };

static const char *value_name_at(const void *data, size_t i) {
    const sg_train_config *config = data;
    return i < (size_t)config->value_count ? config->values[i].name : NULL;
}

static void read_values(sg_train_config *config, const sg_tree *values, sg_diagnostics *diagnostics) {
    if (!values) return;
    if (sg_tree_kind_of(values) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, values, "as in {masked_l1: loss}",
                           "`values` maps names of your choice to names of values in the graph");
        return;
    }
    if (sg_tree_count(values) > SG_TRAIN_MAX_VALUES) {
        sg_config_complain(diagnostics, values, NULL, "`values` has more than %d entries",
                           SG_TRAIN_MAX_VALUES);
        return;
    }
    config->values = sg_bump_array(config->memory, sg_tree_count(values) + 1, sizeof *config->values);
    if (!config->values) {
        sg_config_no_memory(diagnostics);
        return;
    }
    for (size_t i = 0; i < sg_tree_count(values); i++) {
        const sg_tree *tree = sg_tree_at(values, i);
        if (sg_tree_kind_of(tree) != SG_TREE_TEXT)
            sg_config_complain(diagnostics, tree, NULL, "an entry of `values` is the name of a value");
        else
            config->values[config->value_count++] =
                (sg_named_tree){sg_tree_key(values, i), sg_tree_key_mark(values, i), tree};
    }
}

static void read_pictures(sg_train_config *config, const sg_tree *pictures, sg_diagnostics *diagnostics) {
    if (!pictures) return;
    if (sg_tree_kind_of(pictures) != SG_TREE_MAP) {
        sg_config_complain(diagnostics, pictures, NULL, "`pictures` maps names of files to pictures");
        return;
    }
    config->pictures = sg_bump_array(config->memory, sg_tree_count(pictures) + 1, sizeof *config->pictures);
    if (!config->pictures) {
        sg_config_no_memory(diagnostics);
        return;
    }
    for (size_t i = 0; i < sg_tree_count(pictures); i++) {
        sg_picture_config picture = {.name = sg_tree_key(pictures, i), .tree = sg_tree_at(pictures, i)};
        if (strpbrk(picture.name, "/\\") || picture.name[0] == '.')
            sg_diagnostics_add(diagnostics, SG_SEVERITY_ERROR, sg_tree_key_mark(pictures, i),
                               (int)strlen(picture.name), NULL, "`%s` cannot be the name of a picture's file",
                               picture.name);
        picture.call = sg_config_call(picture.tree, SG_KIND_PICTURE, "in", diagnostics);
        picture.in = sg_tree_find(picture.tree, "in");
        if (picture.call) config->pictures[config->picture_count++] = picture;
    }
}

int64_t sg_config_evaluated(const sg_train_config *config, const sg_split *split) {
    int64_t samples = sg_split_count(split), wanted = config->evaluate_samples;
    return wanted && wanted < samples ? wanted : samples;
}

bool sg_config_check_evaluated(const sg_train_config *config, const sg_split *split,
                               sg_diagnostics *diagnostics) {
    int64_t samples = split ? sg_split_count(split) : 0;
    if (samples < 1 || config->evaluate_samples <= samples) return true;
    sg_config_complain(
        diagnostics, sg_tree_find(sg_document_section(config->document, "evaluate"), "samples"),
        "without `samples` it looks at all of them", "`samples` is %lld, but the split `%s` has %lld",
        (long long)config->evaluate_samples, config->splits[config->evaluate_split].name, (long long)samples);
    return false;
}

static void read_best(sg_train_config *config, const sg_tree *best, sg_diagnostics *diagnostics) {
    if (!best || !sg_tree_check_keys(best, "`best`", "of keep", diagnostics)) return;
    const char *of = NULL, *keep = "lowest";
    if (!sg_tree_read_text(best, "of", true, &of, diagnostics)) return;
    sg_tree_read_text(best, "keep", false, &keep, diagnostics);
    if (strcmp(keep, "lowest") != 0 && strcmp(keep, "highest") != 0)
        sg_config_complain(diagnostics, sg_tree_find(best, "keep"), NULL,
                           "`keep` is `%s`, but must be one of: lowest highest", keep);
    config->best_is_highest = strcmp(keep, "highest") == 0;
    for (int i = 0; i < config->value_count; i++)
        if (strcmp(config->values[i].name, of) == 0) config->best = i;
    if (config->best >= 0) return;
    const char *near = sg_nearest_name(of, value_name_at, config);
    char hint[SG_MESSAGE_MAX];
    if (near) snprintf(hint, sizeof hint, "did you mean `%s`?", near);
    sg_config_complain(diagnostics, sg_tree_find(best, "of"), near ? hint : NULL,
                       "`best` looks at `%s`, which is not among `values`", of);
}

void sg_config_read_evaluate(sg_train_config *config, const sg_tree *evaluate, sg_diagnostics *diagnostics) {
    if (!evaluate) return;
    sg_tree_check_keys(evaluate, "`evaluate`", "data samples every values pictures keep_pictures best",
                       diagnostics);
    if (sg_tree_kind_of(evaluate) != SG_TREE_MAP) return;
    config->evaluates = true;
    config->evaluate_split = sg_config_read_split(config, evaluate, "`evaluate`", "test", diagnostics);
    sg_tree_read_int(evaluate, "samples", false, 1, INT64_MAX, &config->evaluate_samples, diagnostics);
    sg_config_read_span(evaluate, "every", &config->evaluate_every, diagnostics);
    read_values(config, sg_tree_find(evaluate, "values"), diagnostics);
    read_pictures(config, sg_tree_find(evaluate, "pictures"), diagnostics);
    config->kept_pictures = KEPT_PICTURES;
    sg_tree_read_int(evaluate, "keep_pictures", false, 0, MOST_KEPT_PICTURES, &config->kept_pictures,
                     diagnostics);
    read_best(config, sg_tree_find(evaluate, "best"), diagnostics);
}
