/* The section `train`. */
#include <math.h>
#include <string.h>

#include "train/config.h"
#include "train/optimizer.h"

static void read_rule(sg_train_config *config, const sg_tree *tree, sg_diagnostics *diagnostics) {
    if (!sg_tree_check_keys(tree, "an entry of `weights`", "match lr decay frozen", diagnostics)) return;
    sg_weight_rule *rule = &config->rules[config->rule_count];
    rule->match = sg_config_read_texts(config, tree, "match", true, &rule->match_count, diagnostics);
    rule->lr = sg_tree_find(tree, "lr");
    rule->decay = sg_tree_find(tree, "decay");
    rule->frozen = sg_tree_find(tree, "frozen");
    bool frozen;
    double factor;
    sg_tree_read_bool(tree, "frozen", false, &frozen, diagnostics);
    if (sg_tree_kind_of(rule->lr) != SG_TREE_DEFERRED)
        sg_tree_read_number(tree, "lr", false, 0, INFINITY, &factor, diagnostics);
    if (sg_tree_kind_of(rule->decay) != SG_TREE_DEFERRED)
        sg_tree_read_number(tree, "decay", false, 0, INFINITY, &factor, diagnostics);
    if (!rule->lr && !rule->decay && !rule->frozen)
        sg_config_complain(diagnostics, tree, NULL, "this rule sets none of `lr`, `decay`, `frozen`");
    config->rule_count++;
}

static void read_rules(sg_train_config *config, const sg_tree *list, sg_diagnostics *diagnostics) {
    if (!list) return;
    if (sg_tree_kind_of(list) != SG_TREE_LIST) {
        sg_config_complain(diagnostics, list, NULL,
                           "`weights` is a list of rules {match, lr, decay, frozen}");
        return;
    }
    config->rules = sg_bump_array(config->memory, sg_tree_count(list) + 1, sizeof *config->rules);
    if (!config->rules) {
        sg_config_no_memory(diagnostics);
        return;
    }
    for (size_t i = 0; i < sg_tree_count(list); i++) read_rule(config, sg_tree_at(list, i), diagnostics);
}

static void read_length(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    const sg_tree *epochs = sg_tree_find(train, "epochs"), *steps = sg_tree_find(train, "steps");
    if (epochs && steps)
        sg_config_complain(diagnostics, steps,
                           "--set train.epochs- --set train.steps=50 takes the one away and sets the other",
                           "give either `epochs` or `steps`, not both");
    else if (!epochs && !steps)
        sg_config_complain(diagnostics, train, NULL, "`train` needs `epochs` or `steps`");
    if (sg_tree_read_number(train, "epochs", false, 0, 1e9, &config->epochs, diagnostics) &&
        !(config->epochs > 0))
        sg_config_complain(diagnostics, epochs, NULL, "`epochs` must be more than 0");
    sg_tree_read_int(train, "steps", false, 1, INT64_C(1000000000000), &config->steps, diagnostics);
}

static void read_lanes(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    sg_tree_read_int(train, "accumulate", false, 1, 1 << 20, &config->accumulate, diagnostics);
    if (!sg_tree_read_int(train, "lanes", false, 1, 64, &config->lanes, diagnostics)) return;
    if (config->lanes & (config->lanes - 1))
        sg_config_complain(diagnostics, sg_tree_find(train, "lanes"), NULL,
                           "`lanes` is %lld, but must be a power of two", (long long)config->lanes);
    else if (config->accumulate % config->lanes)
        sg_config_complain(diagnostics, sg_tree_find(train, "lanes"), NULL,
                           "%lld lanes do not divide the %lld micro-batch%s of `accumulate`",
                           (long long)config->lanes, (long long)config->accumulate,
                           config->accumulate == 1 ? "" : "es");
}

/* What waits for all gradients does not go together with updates that do not. */
static void read_in_backward(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    static const char *const hint = "take one of the two away";
    sg_tree_read_bool(train, "optimizer_in_backward", false, &config->in_backward, diagnostics);
    if (config->in_backward && config->clip > 0)
        sg_config_complain(diagnostics, sg_tree_find(train, "clip"), hint,
                           "`clip` needs the norm of all gradients, but `optimizer_in_backward` updates each "
                           "weight before the next gradient is there");
    if (config->in_backward && config->accumulate > 1)
        sg_config_complain(diagnostics, sg_tree_find(train, "accumulate"), hint,
                           "`accumulate` adds up gradients before an update, but `optimizer_in_backward` "
                           "updates each weight in every backward pass");
}

/* sg_train_float_type tells the type of values to whoever binds the document. */
static void read_precision(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    const char *text = NULL;
    if (!sg_tree_read_text(train, "precision", false, &text, diagnostics) || !text) return;
    config->bf16 = strcmp(text, "bf16") == 0;
    if (!config->bf16 && strcmp(text, "f32") != 0 && strcmp(text, "f64") != 0)
        sg_config_complain(diagnostics, sg_tree_find(train, "precision"), NULL,
                           "`precision` is `%s`, but must be f32, bf16 or f64", text);
}

static void read_optimizer(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    const sg_tree *tree = sg_tree_find(train, "optimizer");
    if (!tree) {
        sg_config_complain(diagnostics, train, NULL,
                           "`train` needs an `optimizer`, as in {op: adamw, lr: 1e-3}");
        return;
    }
    config->optimizer = sg_config_call(tree, SG_KIND_OPTIMIZER, NULL, diagnostics);
    if (!config->optimizer) return;
    const char *problem = ((const sg_optimizer *)config->optimizer->schema)->check(config->optimizer->attr);
    if (problem) sg_config_complain(diagnostics, tree, NULL, "%s", problem);
}

static void read_report(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    config->report = sg_config_read_texts(config, train, "report", false, &config->report_count, diagnostics);
    if (config->report_count > SG_TRAIN_MAX_VALUES)
        sg_config_complain(diagnostics, sg_tree_find(train, "report"), NULL,
                           "`report` has more than %d values", SG_TRAIN_MAX_VALUES);
    for (int i = 1; i < config->report_count && i < SG_TRAIN_MAX_VALUES; i++) {
        const char *name = sg_tree_text(config->report[i]);
        int before = 0;
        while (before < i && strcmp(sg_tree_text(config->report[before]), name) != 0) before++;
        if (before < i)
            sg_config_complain(diagnostics, config->report[i], NULL, "`report` names `%s` twice", name);
    }
}

void sg_config_read_train(sg_train_config *config, const sg_tree *train, sg_diagnostics *diagnostics) {
    if (!train) return;
    sg_tree_check_keys(train, "`train`",
                       "minimize report data epochs steps batch accumulate clip optimizer average weights "
                       "seed lanes precision shuffle rewrite optimizer_in_backward",
                       diagnostics);
    if (sg_tree_kind_of(train) != SG_TREE_MAP) return;
    config->trains = true;
    config->minimize = sg_tree_find(train, "minimize");
    if (!config->minimize)
        sg_config_complain(diagnostics, train, NULL,
                           "`train` needs `minimize`, the name of the loss in the graph");
    else if (sg_tree_kind_of(config->minimize) != SG_TREE_TEXT)
        sg_config_complain(diagnostics, config->minimize, NULL, "`minimize` is the name of a value");
    read_report(config, train, diagnostics);
    config->train_split = sg_config_read_split(config, train, "`train`", "train", diagnostics);
    read_length(config, train, diagnostics);
    sg_tree_read_int(train, "batch", true, 1, 1000000, &config->batch, diagnostics);
    read_lanes(config, train, diagnostics);
    sg_tree_read_number(train, "clip", false, 0, INFINITY, &config->clip, diagnostics);
    int64_t seed = 0;
    if (sg_tree_read_int(train, "seed", false, 0, INT64_C(1) << 53, &seed, diagnostics))
        config->seed = (uint64_t)seed;
    sg_tree_read_bool(train, "shuffle", false, &config->shuffle, diagnostics);
    sg_tree_read_bool(train, "rewrite", false, &config->rewrite, diagnostics);
    read_precision(config, train, diagnostics);
    read_in_backward(config, train, diagnostics);
    const sg_tree *average = sg_tree_find(train, "average");
    if (average) config->averages = sg_tree_rate(average, 0, 1, &config->average, diagnostics);
    read_optimizer(config, train, diagnostics);
    read_rules(config, sg_tree_find(train, "weights"), diagnostics);
}
