/* The help of the program and of its verbs: examples first, then what may be said. */
#include "cli.h"

#include <string.h>

static void print_indented(FILE *to, const char *text, const char *indent) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        fprintf(to, "%s%.*s\n", indent, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

void cli_help(FILE *to) {
    fputs("simgraph trains, inspects and draws masked-image models described by YAML graph files.\n"
          "\n"
          "  simgraph run graphs/simmim.yaml --set mask_ratio=0.75\n"
          "  simgraph check graphs/simmim.yaml\n"
          "  simgraph dot graphs/simmim.yaml -o simmim.svg\n"
          "\n"
          "usage: simgraph VERB [arguments]\n"
          "\n",
          to);
    for (const cli_verb *const *verb = cli_verbs; *verb; verb++)
        if (!(*verb)->hidden) fprintf(to, "  %-11s %s\n", (*verb)->name, (*verb)->doc);
    fputs("\n"
          "simgraph VERB -h tells more about a verb; simgraph --version prints the version.\n"
          "Exit codes: 0 ok, 1 failure, 2 usage, 3 graph file, 4 data, 5 checkpoint, 6 input or output,\n"
          "7 NaN or infinity, 8 out of memory, 130 and 143 after an interrupt.\n",
          to);
}

static void print_option(FILE *to, const cli_option *option) {
    char head[64];
    snprintf(head, sizeof head, "%c%c%s--%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
             option->value ? " " : "", option->value ? option->value : "");
    const char *doc = option->doc;
    size_t length = strcspn(doc, "\n");
    if (strlen(head) > 24)
        fprintf(to, "  %s\n  %-24s %.*s\n", head, "", (int)length, doc);
    else
        fprintf(to, "  %-24s %.*s\n", head, (int)length, doc);
    if (doc[length]) print_indented(to, doc + length + 1, "                           ");
}

void cli_verb_help(FILE *to, const cli_verb *verb) {
    print_indented(to, verb->examples, "  ");
    fprintf(to, "\n%s\n\nusage: simgraph %s %s\n", verb->doc, verb->name, verb->usage);
    if (verb->options[0].name) fputc('\n', to);
    for (const cli_option *option = verb->options; option->name; option++) print_option(to, option);
    if (verb->more) fprintf(to, "\n%s\n", verb->more);
}
