/* Verbs and options that other programs have: what they are called here. */
#include "foreign.h"

#include <stdio.h>
#include <string.h>

const char *cli_foreign_verb(const char *word) {
    static const struct {
        const char *words, *is;
    } verbs[] = {
        {"train fit learn start pretrain finetune resume", "run"},
        {"predict infer inference forward test evaluate apply", "eval"},
        {"validate lint verify compile", "check"},
        {"show info describe inspect params print", "summary"},
        {"draw view render diagram visualize visualise plot graph", "dot"},
        {"format style tidy", "fmt"},
        {"new create template", "init"},
        {"list layers blocks nodes search", "ops"},
        {"dashboard html page", "report"},
        {"benchmark profile time speed", "bench"},
        {"unroll flatten", "expand"},
        {"version", "--version"},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (cli_word_in(verbs[i].words, word)) return verbs[i].is;
    return NULL;
}

static bool has(const cli_verb *verb, const char *name) {
    for (const cli_option *option = verb->options; option->name; option++)
        if (strcmp(option->name, name) == 0) return true;
    return false;
}

/* An option of the verb that has another name, or a key of the graph file. */
static const struct {
    const char *words, *option, *key, *value;
} options[] = {
    {"epochs epoch num-epochs max-epochs", NULL, "train.epochs", "N"},
    {"steps iters iterations max-steps num-steps", NULL, "train.steps", "N"},
    {"batch-size batch bs batchsize", "batch", "train.batch", "N"},
    {"lr learning-rate base-lr rate", NULL, "train.optimizer.lr", "RATE"},
    {"weight-decay wd decay", NULL, "train.optimizer.decay", "SHARE"},
    {"clip clip-grad grad-clip clip-norm", NULL, "train.clip", "NORM"},
    {"accumulate accum accum-iter gradient-accumulation", NULL, "train.accumulate", "N"},
    {"seed random-seed manual-seed", NULL, "train.seed", "N"},
    {"ema average", NULL, "train.average", "SHARE"},
    {"every eval-every eval-interval", NULL, "evaluate.every", "'N steps'"},
    {"save-every save-interval checkpoint-every", NULL, "save.every", "'N steps'"},
    {"workers num-workers jobs num-threads cpus", "threads", NULL, "N"},
    {"weights checkpoint ckpt pretrained load model from", "init", NULL, "PATH"},
    {"output out-dir output-dir save-dir log-dir logdir dir", "out", NULL, "DIR"},
    {"arg define override param", "set", NULL, "KEY=VALUE"},
    {"precision float-type", "dtype", NULL, "TYPE"},
};

bool cli_foreign_option(const cli_verb *verb, const char *name, const char *value, char hint[CLI_HINT]) {
    if (cli_word_in("device gpu gpus cuda mps accelerator", name)) {
        snprintf(hint, CLI_HINT, "everything is computed on the CPU%s",
                 has(verb, "threads") ? ", by --threads N workers" : "");
        return true;
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!cli_word_in(options[i].words, name)) continue;
        const char *given = value && *value ? value : options[i].value;
        bool option = options[i].option && has(verb, options[i].option);
        if (option)
            snprintf(hint, CLI_HINT, "use --%s %s", options[i].option, given);
        else if (options[i].key && has(verb, "set"))
            snprintf(hint, CLI_HINT, "use --set %s=%s", options[i].key, given);
        else
            return false;
        return true;
    }
    return false;
}
