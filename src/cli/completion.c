/* simgraph completion: the scripts with which shells complete the words of a command line. */
#include "files.h"
#include "verbs.h"

#include <string.h>

#include "simgraph/schema.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const char *shell_at(const void *data, size_t i) {
    (void)data;
    return shells[i];
}

static int run(const cli_args *args) {
    char name[64];
    const char *shell = args->arg[0], *near = sg_nearest_name(shell, shell_at, NULL);
    if (!cli_word_in("bash zsh fish", shell))
        return near ? cli_usage(args->verb, "there is no script for `%s`; did you mean %s?", shell, near)
                    : cli_usage(args->verb, "there is no script for `%s`: give bash, zsh or fish", shell);
    snprintf(name, sizeof name, "files/completion.%s", shell);
    const cli_file *file = cli_file_find(name);
    fwrite(file->text, 1, file->length, stdout);
    return SG_OK;
}

static const cli_option options[] = {{.name = NULL}};

const cli_verb cli_verb_completion = {
    .name = "completion",
    .doc = "print the script with which bash, zsh or fish completes command lines",
    .examples = "source <(simgraph completion bash)        # in ~/.bashrc\n"
                "source <(simgraph completion zsh)         # in ~/.zshrc, behind compinit\n"
                "simgraph completion fish | source         # in ~/.config/fish/config.fish",
    .usage = "bash|zsh|fish",
    .more = "Verbs, options and their values, files, arguments of the graph behind --set, nodes behind\n"
            "--fetch and --node, entries of the section data, variants behind FILE@, names behind ops,\n"
            "and directories of runs.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a shell: bash, zsh or fish",
    .options = options,
    .run = run,
};
