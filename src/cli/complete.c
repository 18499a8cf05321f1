/* simgraph complete: what may stand where a shell completes a word. The scripts of `simgraph completion` call
 * it. */
#include "ops.h"
#include "verbs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simgraph/language.h"

/* The words behind the program's name, up to the one that is written. */
typedef struct line {
    const cli_verb *verb;
    int count;
    const char *const *word;
    const char *now;  /* as far as it is written */
    const char *lead; /* what stands in front of it in the same word: "--set=" */
    int lead_length;
} line;

/* ---- offering ---- */

/* "ITEM<tab>what it is", where the item goes on with what is written; the description ends at a semicolon. */
static void offer_more(const line *l, const char *stem, int stem_length, const char *item, const char *end,
                       const char *doc) {
    size_t written = strlen(l->now), length = strlen(item);
    bool fits = written <= (size_t)stem_length
                    ? strncmp(l->now, stem, written) == 0
                    : strncmp(l->now, stem, (size_t)stem_length) == 0 &&
                          written - (size_t)stem_length <= length &&
                          strncmp(l->now + stem_length, item, written - (size_t)stem_length) == 0;
    if (!fits) return;
    printf("%.*s%.*s%s%s", l->lead_length, l->lead, stem_length, stem, item, end);
    if (doc) putchar('\t');
    for (; doc && *doc && *doc != ';'; doc++) putchar(*doc == '\n' || *doc == '\t' ? ' ' : *doc);
    putchar('\n');
}

static void offer(const line *l, const char *item, const char *doc) {
    offer_more(l, "", 0, item, "", doc);
}

/* Words such as "f32 f64". */
static void offer_words(const line *l, const char *stem, int stem_length, const char *words) {
    for (char item[128]; *(words += strspn(words, " ")); words += strcspn(words, " ")) {
        snprintf(item, sizeof item, "%.*s", (int)strcspn(words, " "), words);
        offer_more(l, stem, stem_length, item, "", NULL);
    }
}

/* ---- the graph of the line ---- */

static bool takes_value(const cli_option *o) {
    return o->type == CLI_TEXT || o->type == CLI_TEXTS || o->type == CLI_INT;
}

static const cli_option *option_of(const cli_verb *verb, const char *word) {
    size_t length = strcspn(word, "=");
    for (const cli_option *o = verb->options; word[0] == '-' && o->name; o++)
        if (word[1] == '-' ? strlen(o->name) == length - 2 && strncmp(o->name, word + 2, length - 2) == 0
                           : o->letter && o->letter == word[1] && !word[2])
            return o;
    return NULL;
}

/* The value of an option, or (name NULL) the word that is none behind `skip` such; NULL where there is none
 * yet. */
static const char *find_word(const line *l, const char *name, int skip) {
    for (int i = 1; i < l->count - 1; i++) {
        const cli_option *o = option_of(l->verb, l->word[i]);
        const char *equals = strchr(l->word[i], '=');
        bool value = o && takes_value(o) && !equals;
        if (o && name && strcmp(o->name, name) == 0)
            return equals ? equals + 1 : i + 1 < l->count - 1 ? l->word[i + 1] : NULL;
        if (!o && !name && l->word[i][0] != '-' && skip-- == 0) return l->word[i];
        i += value;
    }
    return NULL;
}

/* The graph of a run is in its directory. "data check GRAPH" has a word before it. */
static const char *graph_of(const line *l, char *space, size_t size) {
    bool named = false;
    for (const cli_option *o = l->verb->options; o->name; o++) named = named || strcmp(o->name, "graph") == 0;
    const char *graph = named ? find_word(l, "graph", 0) : NULL;
    struct stat there;
    if (!graph) graph = find_word(l, NULL, l->verb->usage[0] >= 'a');
    if (!graph || stat(graph, &there) != 0 || !S_ISDIR(there.st_mode)) return graph;
    snprintf(space, size, "%s/graph.yaml", graph);
    return space;
}

/* What is wrong with it, others tell. */
static sg_document *load(const char *path, sg_diagnostics **messages) {
    sg_error error;
    sg_document *document = NULL;
    sg_document_options options = {.size = sizeof options, .partial = true};
    *messages = NULL;
    if (path && sg_diagnostics_create(messages, &error) == SG_OK)
        sg_document_load(&document, path, &options, *messages);
    return document;
}

/* ---- values ---- */

/* Paths of the values of a section: "train.optimizer.decay=". */
static void offer_paths(const line *l, const sg_tree *tree, const char *path) {
    char below[512];
    if (sg_tree_kind_of(tree) != SG_TREE_MAP) return;
    for (size_t i = 0; i < sg_tree_count(tree); i++) {
        snprintf(below, sizeof below, "%s.%s", path, sg_tree_key(tree, i));
        if (sg_tree_kind_of(sg_tree_at(tree, i)) == SG_TREE_MAP)
            offer_paths(l, sg_tree_at(tree, i), below);
        else
            offer_more(l, "", 0, below, "=", NULL);
    }
}

/* An argument that is a block or an op has attributes: "encoder.depth=". */
static void offer_attributes(const line *l, const sg_document *d, const char *argument) {
    const sg_tree *own = sg_tree_find(sg_tree_find(sg_document_tree(d), "args"), argument);
    const sg_tree *usual = own ? sg_tree_find(own, "default") : NULL;
    if (usual) offer_paths(l, usual, argument);
}

/* Whether "data.train.path=" or "path=" is completed, which all sources call their file or directory. */
static bool names_file(const char *now, int stem) {
    static const char path[] = "path=";
    int length = (int)sizeof path - 1;
    return stem >= length && strncmp(now + stem - length, path, (size_t)length) == 0 &&
           (stem == length || now[stem - length - 1] == '.');
}

static void offer_settings(const line *l, const sg_document *d) {
    static const char *const sections[] = {"data", "init", "train", "evaluate", "save"};
    const char *equals = strchr(l->now, '=');
    int stem = equals ? (int)(equals - l->now) + 1 : 0;
    for (size_t i = 0; i < sg_document_argument_count(d); i++) {
        const sg_argument *a = sg_document_argument(d, i);
        if (!equals) {
            offer_more(l, "", 0, a->name, "=", a->doc ? a->doc : a->value);
            offer_attributes(l, d, a->name);
        } else if (strncmp(a->name, l->now, (size_t)stem - 1) == 0 && strlen(a->name) + 1 == (size_t)stem)
            offer_words(l, l->now, stem,
                        a->one_of                      ? a->one_of
                        : strcmp(a->type, "bool") == 0 ? "true false"
                                                       : "");
    }
    if (names_file(l->now, stem)) puts(":files");
    for (size_t i = 0; !equals && i < sizeof sections / sizeof *sections; i++)
        if (sg_document_section(d, sections[i]))
            offer_paths(l, sg_document_section(d, sections[i]), sections[i]);
}

/* The last of several names with commas between, or the one behind a colon. */
static void offer_nodes(const line *l, const sg_document *d, sg_diagnostics *messages) {
    sg_bound *bound = NULL;
    sg_bind_options options = {.size = sizeof options, .batch = SG_SYMBOLIC_BATCH, .float_type = SG_F32};
    int stem = (int)strlen(l->now);
    while (stem && l->now[stem - 1] != ',' && l->now[stem - 1] != ':') stem--;
    if (!d || sg_document_bind(&bound, d, &options, messages) != SG_OK) return;
    for (size_t i = 0; i < sg_bound_name_count(bound); i++) {
        sg_value value;
        offer_more(l, l->now, stem, sg_bound_name(bound, i, &value), "", NULL);
    }
    sg_bound_destroy(bound);
}

/* Entries of the section `data`, and the parts of each. */
static void offer_splits(const line *l, const sg_document *d) {
    const sg_tree *data = sg_document_section(d, "data");
    for (size_t i = 0; data && i < sg_tree_count(data); i++) {
        const sg_tree *parts = sg_tree_find(sg_tree_at(data, i), "split");
        offer(l, sg_tree_key(data, i), NULL);
        for (size_t k = 0; parts && k < sg_tree_count(parts); k++)
            if (strcmp(sg_tree_key(parts, k), "seed") != 0 && !sg_tree_find(data, sg_tree_key(parts, k)))
                offer(l, sg_tree_key(parts, k), NULL);
    }
}

/* Fields of all entries, each once. */
static void offer_fields(const line *l, const sg_document *d) {
    const sg_tree *data = sg_document_section(d, "data");
    for (size_t i = 0; data && i < sg_tree_count(data); i++) {
        const sg_tree *fields = sg_tree_find(sg_tree_at(data, i), "fields");
        for (size_t k = 0; fields && k < sg_tree_count(fields); k++) {
            bool told = false;
            for (size_t before = 0; before < i; before++) {
                const sg_tree *others = sg_tree_find(sg_tree_at(data, before), "fields");
                told = told || (others && sg_tree_find(others, sg_tree_key(fields, k)));
            }
            if (!told) offer(l, sg_tree_key(fields, k), NULL);
        }
    }
}

typedef enum part { SETTINGS, NODES, SPLITS, FIELDS } part;

static void offer_from_graph(const line *l, part wanted) {
    char space[4096];
    sg_diagnostics *messages;
    sg_document *document = load(graph_of(l, space, sizeof space), &messages);
    if (document && wanted == SETTINGS) offer_settings(l, document);
    if (document && wanted == NODES) offer_nodes(l, document, messages);
    if (document && wanted == SPLITS) offer_splits(l, document);
    if (document && wanted == FIELDS) offer_fields(l, document);
    sg_document_destroy(document);
    sg_diagnostics_destroy(messages);
}

static void offer_runs(const line *l) {
    DIR *runs = opendir("runs");
    for (struct dirent *entry; runs && (entry = readdir(runs));) {
        char path[512];
        snprintf(path, sizeof path, "runs/%s/graph.yaml", entry->d_name);
        if (entry->d_name[0] == '.' || access(path, R_OK) != 0) continue;
        path[strlen(path) - strlen("/graph.yaml")] = 0;
        offer(l, path, "run");
    }
    if (runs) closedir(runs);
}

/* "FILE@" is followed by the variants of the file. */
static void offer_graphs(const line *l) {
    const char *at = strrchr(l->now, '@');
    if (!at) {
        puts(":files");
        return;
    }
    char *path = strndup(l->now, (size_t)(at - l->now));
    sg_diagnostics *messages;
    sg_document *document = load(path, &messages);
    for (size_t i = 0; document && i < sg_document_variant_count(document); i++)
        offer_more(l, l->now, (int)(at - l->now) + 1, sg_document_variant(document, i, NULL), "", NULL);
    sg_document_destroy(document);
    sg_diagnostics_destroy(messages);
    free(path);
}

static void offer_ops(const line *l) {
    cli_library library;
    if (cli_library_open(&library) != SG_OK) return;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++)
        for (size_t i = 0; i < sg_registry_count((sg_kind)kind); i++) {
            const sg_schema *schema = sg_registry_at((sg_kind)kind, i);
            offer(l, schema->name, schema->doc);
        }
    for (size_t i = 0; cli_library_at(&library, i); i++) {
        const sg_block_info *block = cli_library_at(&library, i);
        offer(l, block->name, block->doc);
    }
    cli_library_close(&library);
}

/* ---- by what the help calls a word ---- */

static bool is_called(const char *name, const char *names) {
    char bare[32];
    name += strspn(name, "[");
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "]. "), name);
    return cli_word_in(names, bare);
}

static void offer_called(const line *l, const char *name) {
    if (is_called(name, "KEY=VALUE"))
        offer_from_graph(l, SETTINGS);
    else if (is_called(name, "A,B, OF NODE"))
        offer_from_graph(l, NODES);
    else if (is_called(name, "GRAPH NEWER"))
        offer_graphs(l);
    if (is_called(name, "MODEL RUN PATH") || strcmp(name, "[DIR]") == 0) offer_runs(l);
    if (is_called(name, "NAMES")) offer_words(l, "", 0, "official hf hf5 timm");
    if (is_called(name, "DIR"))
        puts(":directories");
    else if (is_called(name, "MODEL RUN PATH WEIGHTS FILE NAME=FILE NAMES IMAGE TRAIN TEST OUT"))
        puts(":files");
}

static void offer_value(const line *l, const cli_option *o) {
    if (o->one_of)
        offer_words(l, "", 0, o->one_of);
    else if (cli_word_in("node loss", o->name))
        offer_from_graph(l, NODES);
    else if (cli_word_in("data split test", o->name))
        offer_from_graph(l, SPLITS);
    else if (cli_word_in("field", o->name))
        offer_from_graph(l, FIELDS);
    else if (o->value)
        offer_called(l, o->value);
}

static void offer_options(const line *l) {
    for (const cli_option *o = l->verb->options; o->name; o++) {
        char item[64];
        bool given = false;
        for (int i = 1; i < l->count - 1 && o->type != CLI_TEXTS; i++)
            given = given || option_of(l->verb, l->word[i]) == o;
        snprintf(item, sizeof item, "--%s", o->name);
        if (!given) offer(l, item, o->doc);
    }
    offer(l, "--help", "what the verb does and takes");
}

/* The word of the usage that the `index`th argument stands for: "GRAPH", "[NAME]"; "[bash | zsh]" is one,
 * "[TRAIN [TEST]]" are two. */
static void offer_argument(const line *l, int index) {
    const char *usage = l->verb->usage, *last = usage;
    for (int i = 0;
         i <= index && *usage && *usage != '\n' && strncmp(usage, "[options]", 9) != 0 && *usage != '-';
         i++) {
        last = usage;
        usage += *usage == '[' ? strcspn(usage + 1, "[]") + 1 : strcspn(usage, " \n");
        usage += strspn(usage, " ]");
    }
    if (index >= l->verb->max_args) return;
    char words[256];
    snprintf(words, sizeof words, "%.*s",
             (int)(*last == '[' ? strcspn(last + 1, "[]") + 1 : strcspn(last, " \n")), last);
    if (strcmp(l->verb->name, "ops") == 0)
        offer_ops(l);
    else if (words[strspn(words, "[")] >= 'a') {
        for (char *c = words; *c; c++)
            if (*c == '[' || *c == '|') *c = ' ';
        offer_words(l, "", 0, words);
    } else
        offer_called(l, words);
}

/* ---- the verb ---- */

static int arguments_before(const line *l) {
    int count = 0;
    for (int i = 1; i < l->count - 1; i++) {
        const cli_option *o = option_of(l->verb, l->word[i]);
        if (o && takes_value(o) && !strchr(l->word[i], '='))
            i++;
        else
            count += l->word[i][0] != '-';
    }
    return count;
}

static void complete_word(line *l) {
    const char *before = l->word[l->count - 2], *equals = strchr(l->now, '=');
    const cli_option *o = l->count > 2 ? option_of(l->verb, before) : NULL;
    if (o && takes_value(o) && !strchr(before, '=')) {
        offer_value(l, o);
    } else if (l->now[0] == '-' && equals) {
        o = option_of(l->verb, l->now);
        l->lead = l->now;
        l->lead_length = (int)(equals + 1 - l->now);
        l->now = equals + 1;
        if (o) offer_value(l, o);
    } else if (l->now[0] == '-') {
        offer_options(l);
    } else {
        if (o && o->type == CLI_MAYBE) offer_value(l, o);
        offer_argument(l, arguments_before(l));
    }
}

static int run(const cli_args *args) {
    line l = {.count = args->count,
              .word = args->arg,
              .now = args->count ? args->arg[args->count - 1] : "",
              .lead = ""};
    bool help = l.count == 2 && strcmp(l.word[0], "help") == 0;
    if (l.count <= 1 || help) {
        for (const cli_verb *const *verb = cli_verbs; *verb; verb++)
            if (!(*verb)->hidden) offer(&l, (*verb)->name, (*verb)->doc);
        if (!help && l.now[0] == '-') offer(&l, "--help", "list the verbs");
        if (!help && l.now[0] == '-') offer(&l, "--version", "print the version");
        return SG_OK;
    }
    l.verb = cli_find_verb(l.word[0]);
    if (l.verb) complete_word(&l);
    return SG_OK;
}

static const cli_option options[] = {{.name = NULL}};

const cli_verb cli_verb_complete = {
    .name = "complete",
    .doc = "print what may stand in the place of the last word",
    .examples = "simgraph complete -- run graphs/simmim.yaml --set mask",
    .usage = "-- WORD...",
    .more =
        "The scripts of simgraph completion call it. Each line is a word, a tab and what it is; :files and\n"
        ":directories stand for what the shell itself completes.",
    .max_args = CLI_MAX_ARGS,
    .options = options,
    .run = run,
    .hidden = true,
};
