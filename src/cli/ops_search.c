/* Looking for a name by what it does: words in names, families, docs and attributes, the best matches first.
 */
#include "ops.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { SHOWN = 15, MAX_WORDS = 8, WORD = 64 };

/* What a word is worth where it is found. */
enum {
    NAME = 100,
    NAME_START = 40,
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
    int score, order;
} found;

typedef struct search {
    char word[MAX_WORDS][WORD];
    int words;
} search;

static bool is_word_start(const char *text, const char *at) {
    return at == text || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", at[-1]);
}

/* How well a text for people speaks of the word. */
static int in_text(const char *text, const char *word, int whole, int part) {
    const char *at = text ? strcasestr(text, word) : NULL;
    for (; at; at = strcasestr(at + 1, word))
        if (is_word_start(text, at)) return whole;
    return text && strcasestr(text, word) ? part : 0;
}

static int in_name(const char *name, const char *word) {
    const char *at = strcasestr(name, word);
    if (!at) return 0;
    if (strcasecmp(name, word) == 0) return NAME;
    return at == name || at[-1] == '_' ? NAME_START : NAME_PART;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int in_schema(const sg_schema *schema, const char *word) {
    int score = in_name(schema->name, word);
    score +=
        in_text(schema->doc, word, DOC_WORD, DOC_PART) + in_text(sg_kind_name(schema->kind), word, ATTR, 0);
    int most = 0;
    for (int i = 0; i < sg_schema_attr_count(schema); i++) {
        most = larger(most, strcasecmp(schema->attrs[i].name, word) == 0 ? ATTR : 0);
        most = larger(most, in_text(schema->attrs[i].doc, word, ATTR_DOC, ATTR_DOC));
    }
    if (schema->kind != SG_KIND_OP) return score + most;
    const sg_op *op = (const sg_op *)schema;
    for (const sg_port *port = op->in; port->name; port++)
        most = larger(most, in_text(port->doc, word, ATTR_DOC, ATTR_DOC));
    score += most + (strcasecmp(op->family, word) == 0 ? FAMILY : 0);
    /* What gradients and updates are made of is rarely looked for. */
    size_t length = strlen(op->schema.name);
    bool inner = strcmp(op->family, "update") == 0 ||
                 (length > 5 && strcmp(op->schema.name + length - 5, "_grad") == 0);
    return score && inner ? (score + 2) / 3 : score;
}

static int in_block(const sg_block_info *block, const char *word) {
    int score = in_name(block->name, word) + in_text(block->doc, word, DOC_WORD, DOC_PART);
    int most = in_text("block", word, ATTR, 0);
    for (int i = 0; i < block->argument_count; i++) {
        most = larger(most, strcasecmp(block->arguments[i].name, word) == 0 ? ATTR : 0);
        most = larger(most, in_text(block->arguments[i].doc, word, ATTR_DOC, ATTR_DOC));
    }
    for (int i = 0; i < block->input_count; i++)
        most = larger(most, in_text(block->inputs[i].doc, word, ATTR_DOC, ATTR_DOC));
    return score + most;
}

/* Every word must be found somewhere. */
static int score_of(const search *s, const sg_schema *schema, const sg_block_info *block) {
    int sum = 0;
    for (int i = 0; i < s->words; i++) {
        int score = schema ? in_schema(schema, s->word[i]) : in_block(block, s->word[i]);
        if (!score) return 0;
        sum += score;
    }
    return sum;
}

static int by_score(const void *a, const void *b) {
    const found *x = a, *y = b;
    return x->score != y->score ? y->score - x->score : x->order - y->order;
}

static size_t collect(const search *s, const cli_library *library, found *all) {
    size_t count = 0;
    int order = 0;
    const sg_block_info *block;
    for (int kind = 0; kind < SG_KIND_COUNT; kind++)
        for (size_t i = 0; i < sg_registry_count((sg_kind)kind); i++) {
            const sg_schema *schema = sg_registry_at((sg_kind)kind, i);
            int score = score_of(s, schema, NULL);
            if (score) all[count++] = (found){schema, NULL, score, order};
            order++;
        }
    for (size_t i = 0; (block = cli_library_at(library, i)) != NULL; i++) {
        int score = score_of(s, NULL, block);
        if (score) all[count++] = (found){NULL, block, score, order};
        order++;
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
        snprintf(s->word[s->words++], WORD, "%.*s", (int)length, at);
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
    int code = SG_OK;
    if (json)
        code = print_json(all, count);
    else if (count)
        print(all, count);
    else
        code = cli_fail(SG_FAILURE, "nothing speaks of `%s`; simgraph ops lists all names", words);
    free(all);
    return code;
}
