/* Looking for a name by what it does: words in names, families, docs and attributes, the best matches first.
 */
#include "ops.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "stem.h"

enum { SHOWN = 15, MAX_WORDS = 8, WORD = 64 };

/* What a word is worth where it is found. */
enum {
    NAME = 100,
    NAME_WORD = 40,
    NAME_PART = 25,
    FAMILY = 20,
    DOC_WORD = 12,
    DOC_PART = 6,
    ATTR = 8,
    ATTR_DOC = 2
};

typedef struct found {
    const sg_schema *schema;    /* or */
    const sg_block_info *block; /* a block */
    int in_name, score, order;
} found;

typedef struct word {
    char text[WORD], stem[CLI_STEM];
} word;

typedef struct search {
    word word[MAX_WORDS];
    int words;
    bool any;
} search;

static bool has_stem(const char *text, const char *stem) {
    char other[CLI_STEM];
    size_t length;
    for (const char *at = text; at && (at = cli_next_word(at, &length)) != NULL; at += length) {
        cli_stem(at, length, other);
        if (strcmp(stem, other) == 0) return true;
    }
    return false;
}

/* How well a text for people speaks of the word. */
static int in_text(const char *text, const word *w, int whole, int part) {
    if (has_stem(text, w->stem)) return whole;
    return text && strcasestr(text, w->text) ? part : 0;
}

/* A part of a name that the word begins with: "norm" of normalisation, "conv" of convolution. */
static bool begins_with_part(const char *name, const word *w) {
    enum { SHORTEST = 4 };
    size_t length;
    for (const char *at = name; (at = cli_next_word(at, &length)) != NULL; at += length)
        if (length >= SHORTEST && strncasecmp(w->text, at, length) == 0) return true;
    return false;
}

static int in_name(const char *name, const word *w) {
    char stem[CLI_STEM];
    cli_stem(name, strlen(name), stem);
    if (strcasecmp(name, w->text) == 0 || strcmp(stem, w->stem) == 0) return NAME;
    if (has_stem(name, w->stem)) return NAME_WORD;
    return strcasestr(name, w->text) || begins_with_part(name, w) ? NAME_PART : 0;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

/* Attributes, inputs and outputs: the best of them. */
static int in_ports(const sg_port *ports, const word *w) {
    int most = 0;
    for (; ports->name; ports++) most = larger(most, in_text(ports->doc, w, ATTR_DOC, ATTR_DOC));
    return most;
}

static int in_schema(const sg_schema *schema, const word *w) {
    int score = in_text(schema->doc, w, DOC_WORD, DOC_PART) + in_text(sg_kind_name(schema->kind), w, ATTR, 0);
    int most = 0;
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        most = larger(most, strcasecmp(schema->attrs[i].name, w->text) == 0 ? ATTR : 0);
        most = larger(most, in_text(schema->attrs[i].doc, w, ATTR_DOC, ATTR_DOC));
    }
    if (schema->kind != SG_KIND_OP) return score + most;
    const sg_op *op = (const sg_op *)schema;
    most = larger(most, larger(in_ports(op->in, w), in_ports(op->out, w)));
    return score + most + in_text(op->family, w, FAMILY, 0);
}

static int in_block(const sg_block_info *block, const word *w) {
    int score = in_text(block->doc, w, DOC_WORD, DOC_PART), most = in_text("block", w, ATTR, 0);
    for (int i = 0; i < block->argument_count; i++) {
        most = larger(most, strcasecmp(block->arguments[i].name, w->text) == 0 ? ATTR : 0);
        most = larger(most, in_text(block->arguments[i].doc, w, ATTR_DOC, ATTR_DOC));
    }
    for (int i = 0; i < block->input_count; i++)
        most = larger(most, in_text(block->inputs[i].doc, w, ATTR_DOC, ATTR_DOC));
    return score + most;
}

/* What gradients and updates are made of is rarely looked for. */
static bool is_inner(const sg_schema *schema) {
    if (!schema || schema->kind != SG_KIND_OP) return false;
    size_t length = strlen(schema->name);
    return strcmp(((const sg_op *)schema)->family, "update") == 0 ||
           (length > 5 && strcmp(schema->name + length - 5, "_grad") == 0);
}

/* Every word must be found somewhere, or with `any` one of them; names count before what is said of them. */
static bool rate(const search *s, found *f) {
    bool spoken_of = false;
    for (int i = 0; i < s->words; i++) {
        int name = in_name(f->schema ? f->schema->name : f->block->name, &s->word[i]);
        int score = f->schema ? in_schema(f->schema, &s->word[i]) : in_block(f->block, &s->word[i]);
        if (!name && !score && !s->any) return false;
        spoken_of = spoken_of || name || score;
        f->in_name += name;
        f->score += score;
    }
    if (is_inner(f->schema)) {
        f->in_name /= 3;
        f->score /= 3;
    }
    return spoken_of;
}

static int by_score(const void *a, const void *b) {
    const found *x = a, *y = b;
    if (x->in_name != y->in_name) return y->in_name - x->in_name;
    return x->score != y->score ? y->score - x->score : x->order - y->order;
}

static size_t collect(const search *s, const cli_library *library, found *all) {
    size_t count = 0;
    int order = 0;
    const sg_block_info *block;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++)
        for (size_t i = 0; i < sg_registry_count((sg_kind)kind); i++) {
            all[count] = (found){.schema = sg_registry_at((sg_kind)kind, i), .order = order++};
            count += rate(s, &all[count]);
        }
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++) {
        all[count] = (found){.block = block, .order = order++};
        count += rate(s, &all[count]);
    }
    qsort(all, count, sizeof *all, by_score);
    return count;
}

static void print(const found *all, size_t count) {
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const sg_schema *schema = all[i].schema;
        const char *doc = schema ? schema->doc : all[i].block->doc;
        printf("%-20s %-12s %s\n", schema ? schema->name : all[i].block->name,
               schema ? sg_kind_name(schema->kind) : "block", doc ? doc : "");
    }
    if (count > SHOWN) printf("%zu more; another word narrows the search\n", count - SHOWN);
}

static int print_json(const found *all, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, cli_ops_entry_json(all[i].schema, all[i].block));
    return cli_json_print(list);
}

static bool split(search *s, const char *words) {
    for (const char *at = words; *at;) {
        at += strspn(at, " ,");
        size_t length = strcspn(at, " ,");
        if (!length) break;
        if (s->words == MAX_WORDS || length >= WORD) return false;
        word *w = &s->word[s->words++];
        snprintf(w->text, WORD, "%.*s", (int)length, at);
        cli_stem(at, length, w->stem);
        at += length;
    }
    return s->words > 0;
}

int cli_ops_search(const cli_library *library, const char *words, bool json) {
    search s = {.words = 0};
    if (!split(&s, words)) return cli_fail(SG_BAD_USAGE, "give one to %d words to search for", MAX_WORDS);
    size_t room = 0, blocks = 0;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++) room += sg_registry_count((sg_kind)kind);
    while (cli_library_at(library, blocks)) blocks++;
    found *all = calloc(room + blocks + 1, sizeof *all);
    if (!all) return cli_fail(SG_OUT_OF_MEMORY, "out of memory");
    size_t count = collect(&s, library, all);
    s.any = !count && s.words > 1;
    if (s.any) count = collect(&s, library, all);
    int code = SG_OK;
    if (json)
        code = print_json(all, count);
    else if (count) {
        if (s.any) fprintf(stderr, "simgraph: note: nothing speaks of all these words; of any of them do:\n");
        print(all, count);
    } else
        code = cli_fail(SG_FAILURE, "nothing speaks of `%s`; simgraph ops lists all names", words);
    free(all);
    return code;
}
