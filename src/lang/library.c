#include "lang/library.h"

#include "base/numeric.h"
#include "lang/suggest.h"
#include "lang/yaml.h"

#include <stdlib.h>
#include <string.h>

/* A block in the text of its file: `    doc: ...` and what else is indented more than its name. */
typedef struct found {
    const sg_embedded *file;
    const char *name, *text;
    size_t length;
    int line;
    bool wanted;
} found;

typedef struct library {
    sg_work *work;
    size_t count, room;
    found *block;  /* in the order of the files */
    found **named; /* the same by name */
    bool all;
} library;

static size_t word_length(const char *at, const char *end) {
    const char *from = at;
    while (at < end && (sg_is_lower(*at) || sg_is_digit(*at) || *at == '_')) at++;
    return (size_t)(at - from);
}

static void find_blocks(library *l, const sg_embedded *file) {
    const char *end = file->text + file->length;
    found *last = NULL;
    int number = 1;
    for (const char *line = file->text, *next; line < end; line = next, number++) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));
        next = feed ? feed + 1 : end;
        size_t name = next - line > 2 && line[0] == ' ' && line[1] == ' ' ? word_length(line + 2, end) : 0;
        if (name && line[2 + name] == ':') {
            last = sg_take_more(l->work, &l->block, &l->count, &l->room, sizeof *last);
            *last = (found){.file = file, .text = line, .line = number};
            last->name = sg_take_text(l->work, line + 2, name);
        }
        if (last) last->length = (size_t)(next - last->text);
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(found *const *)a)->name, (*(found *const *)b)->name);
}

static library find_all(sg_work *work) {
    library l = {.work = work};
    for (const sg_embedded *file = sg_library_files; file->name; file++) find_blocks(&l, file);
    l.named = SG_TAKE(work, found *, l.count);
    for (size_t i = 0; i < l.count; i++) l.named[i] = &l.block[i];
    qsort(l.named, l.count, sizeof(found *), by_name);
    return l;
}

void sg_library_names(sg_work *work, sg_names *names) {
    library l = find_all(work);
    for (size_t i = 0; i < l.count; i++) sg_names_add(work, names, l.block[i].name);
}

static found *find_word(const library *l, const char *word, size_t length) {
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *name = l->named[middle]->name;
        int order = strncmp(name, word, length);
        if (order == 0) order = name[length] != 0;
        if (order == 0) return l->named[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Wants every block whose name is a word of the text, and what their texts name. */
static void want_words(library *l, const char *text, size_t length) {
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        size_t word = word_length(at, end);
        found *block = word ? find_word(l, at, word) : NULL;
        if (block && !block->wanted) {
            block->wanted = true;
            want_words(l, block->text, block->length);
        }
        at += word ? word : 1;
    }
}

/* Whether a name may come about that is no word of the text: from pieces (stage_$kind, $(a)_$(b)), or from
 * characters that are written with a backslash. In the library no block is named so. */
static bool composes(const char *text, size_t length) {
    for (size_t i = 1; i < length; i++) {
        char left = text[i - 1], right = text[i];
        bool front = left == ')' || word_length(&left, &left + 1), back = word_length(&right, &right + 1);
        if (right == '\\' || (front && right == '$') || (left == ')' && back)) return true;
    }
    return false;
}

static void want_text(library *l, const char *text, size_t length) {
    if (!l->all) l->all = composes(text, length);
    if (!l->all) want_words(l, text, length);
}

static const sg_entry *read_block(sg_work *work, const found *block) {
    const sg_yaml_source source = {block->file->name, block->text, block->length, block->line, 1};
    const sg_tree *tree = sg_yaml_read(work, &source);
    return tree ? &tree->entry[0] : NULL;
}

static void add_block(library *l, sg_document *document, const found *block) {
    const sg_entry *entry = read_block(l->work, block);
    if (entry) sg_document_add_block(l->work, document, entry, NULL, true);
}

void sg_library_add(sg_work *work, sg_document *document, const sg_document_options *options) {
    library l = find_all(work);
    l.all = options->library;
    for (size_t i = 0; i < document->source_count; i++)
        want_text(&l, document->source[i].text, document->source[i].length);
    for (int i = 0; i < options->set_count; i++) want_text(&l, options->set[i], strlen(options->set[i]));
    const sg_embedded *file = NULL;
    for (size_t i = 0; i < l.count; i++) {
        if (!l.all && !l.block[i].wanted) continue;
        if (l.block[i].file != file) {
            file = l.block[i].file;
            sg_document_add_source(work, document, file->name, file->text, file->length);
        }
        add_block(&l, document, &l.block[i]);
    }
}

/* Whether the text has a call of the op: `op: NAME`, or `NAME(`. */
static bool calls(const found *block, const char *op) {
    const char *end = block->text + block->length;
    for (const char *at = block->text; at < end;) {
        size_t word = word_length(at, end);
        if (word && word == strlen(op) && memcmp(at, op, word) == 0 &&
            (at[word] == '(' || (at - block->text >= 4 && memcmp(at - 4, "op: ", 4) == 0)))
            return true;
        at += word ? word : 1;
    }
    return false;
}

static bool has_argument(sg_work *work, const sg_tree *block, const char *name) {
    const sg_entry *args = sg_tree_entry(block, "args");
    sg_names names = {0};
    const char *hint;
    for (size_t i = 0; args && i < args->value->count; i++)
        sg_names_add(work, &names, args->value->entry[i].key);
    return sg_suggest_attribute(work, &names, name, &hint);
}

const char *sg_library_around(sg_work *work, const char *op, const char *argument) {
    library l = find_all(work);
    for (size_t i = 0; i < l.count; i++) {
        const sg_entry *entry = calls(&l.block[i], op) ? read_block(work, &l.block[i]) : NULL;
        const sg_entry *nodes = entry ? sg_tree_entry(entry->value, "nodes") : NULL;
        if (nodes && sg_tree_entry(nodes->value, "weight") && has_argument(work, entry->value, argument))
            return entry->key;
    }
    return NULL;
}
