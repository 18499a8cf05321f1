/* YAML events -> tree. libyaml accepts more than the language does: each breach has a message of its own. */
#include "lang/yaml.h"

#include "lang/scalar.h"
#include "lang/yaml_words.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct reader {
    sg_work *work;
    const sg_yaml_source *source;
    yaml_parser_t parser;
    yaml_event_t event;
    int depth, breaches;
    int breach_line; /* of the latest */
    bool stopped;    /* nothing more can be read */
    bool swallowed;  /* the value that was read last took in the key of the next line: libyaml will stop at it
                      */
    size_t swallowed_line;
    bool cut; /* the collection being read was cut by an expression that should be quoted: be silent about it
               */
    const yaml_mark_t *open; /* the `[` or `{` of the collection being read; NULL: it has none */
} reader;

static void release(void *data) {
    reader *r = data;
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
}

static sg_mark mark_of(const reader *r, yaml_mark_t at) {
    int line = (int)at.line, column = (int)at.column + 1;
    return (sg_mark){r->source->name, r->source->line + line,
                     line == 0 ? r->source->column + column - 1 : column};
}

static sg_span span_of(const reader *r, yaml_mark_t start, yaml_mark_t end) {
    bool one_line = start.line == end.line && end.column > start.column;
    return (sg_span){mark_of(r, start), one_line ? (int)(end.column - start.column) : 1};
}

static sg_span event_span(const reader *r) {
    return span_of(r, r->event.start_mark, r->event.end_mark);
}

/* Collections: their opening bracket, or first key. */
static sg_span start_span(const reader *r) {
    return (sg_span){mark_of(r, r->event.start_mark), 1};
}

static void breach(reader *r, sg_span span, const char *message, const char *hint) {
    sg_complain(r->work, span, hint, "%s", message);
    r->breach_line = span.mark.line;
    if (++r->breaches >= SG_MAX_ERRORS) r->stopped = true;
}

/* libyaml goes on after none of its errors. */
static void stop(reader *r) {
    const yaml_parser_t *p = &r->parser;
    r->stopped = true;
    if (p->error == YAML_MEMORY_ERROR) sg_work_escape(r->work);
    if (r->cut) return; /* the reason was given already */
    sg_yaml_problem problem = {.problem = p->problem,
                               .context = p->context,
                               .line = p->problem_mark.line,
                               .column = p->problem_mark.column,
                               .context_line = p->context_mark.line,
                               .context_column = p->context_mark.column,
                               .at_end = p->problem_mark.index >= strlen(r->source->text),
                               .swallowed = r->swallowed,
                               .swallowed_line = r->swallowed_line,
                               .is_open = r->open != NULL,
                               .open_line = r->open ? r->open->line : 0,
                               .open_column = r->open ? r->open->column : 0,
                               .text = r->source->text,
                               .length = r->source->length};
    sg_yaml_words words = sg_yaml_explain(r->work, &problem);
    sg_mark mark = mark_of(r, (yaml_mark_t){.line = words.line, .column = words.column});
    if (mark.line == r->breach_line) return; /* what was wrong on this line was told */
    const char *rest =
        r->source->line > 1 || r->source->column > 1 ? "" : "nothing else in this file was checked";
    const char *hint = words.hint && *rest ? sg_take_printf(r->work, "%s; %s", words.hint, rest)
                       : words.hint        ? words.hint
                       : *rest             ? rest
                                           : NULL;
    sg_complain(r->work, (sg_span){mark, words.length}, hint, "%s", words.message);
}

/* The next event; false when the text can be read no further. */
static bool next(reader *r) {
    if (r->stopped) return false;
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) return true;
    memset(&r->event, 0, sizeof r->event);
    stop(r);
    return false;
}

static void check_properties(reader *r, const yaml_char_t *anchor, const yaml_char_t *tag) {
    if (anchor)
        breach(r, event_span(r), "anchors are not part of the language",
               "name the value with args or let instead");
    else if (tag)
        breach(r, event_span(r), "tags are not part of the language",
               "put text in quotes, write numbers plainly");
}

/* A line without a colon that a key follows: "minimize loss", and in the next line "data: train". To YAML it
 * is one value, up to the second colon. */
static bool swallows_key(const reader *r) {
    const char *text = r->source->text;
    const yaml_event_t *event = &r->event;
    size_t start = event->start_mark.index, end = event->end_mark.index, indent = start;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || end >= r->source->length) return false;
    while (indent > 0 && text[indent - 1] == ' ') indent--;
    bool alone = indent == 0 || text[indent - 1] == '\n';
    return alone && text[end] == ':' && (end + 1 == r->source->length || strchr(" \r\n", text[end + 1]));
}

/* False when the value goes on over several lines. */
static bool check_lines(reader *r, bool is_doc) {
    yaml_scalar_style_t style = r->event.data.scalar.style;
    bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    bool several = r->event.start_mark.line != r->event.end_mark.line;
    if (is_doc) return true;
    r->swallowed = several && swallows_key(r);
    r->swallowed_line = r->event.start_mark.line;
    if (r->swallowed) return false; /* told when libyaml stops */
    if (block)
        breach(r, start_span(r), "`|` and `>` are only for doc", "write the value on one line");
    else if (several)
        breach(r, start_span(r), "a value must stand on one line", "only doc may go on over several lines");
    return !block && !several;
}

/* A plain scalar in flow style whose parentheses do not match: YAML cut it at a comma. */
static bool check_cut(reader *r, const char *text, sg_span span, bool flow) {
    if (r->cut) return true;
    if (!flow || sg_open_parentheses(text) == 0) return false;
    r->cut = true;
    breach(r, span, "this value is cut short: its parentheses do not match",
           "in [] and {} an expression that holds `, [ ] { }` must be put in quotes");
    return true;
}

static sg_tree *read_scalar(reader *r, bool flow, bool is_doc) {
    const char *value = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;
    yaml_scalar_style_t style = r->event.data.scalar.style;
    sg_span span = event_span(r);
    sg_tree *tree = sg_tree_new(r->work, SG_TREE_TEXT, span);
    tree->text = sg_take_text(r->work, value, length);
    tree->style = style == YAML_PLAIN_SCALAR_STYLE                                          ? SG_STYLE_PLAIN
                  : style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ? SG_STYLE_BLOCK
                                                                                            : SG_STYLE_QUOTED;
    check_properties(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    if (!check_lines(r, is_doc) || (tree->style == SG_STYLE_PLAIN && check_cut(r, tree->text, span, flow)))
        tree->kind = SG_TREE_BAD;
    if (tree->style != SG_STYLE_PLAIN || tree->kind == SG_TREE_BAD) return tree;

    const char *advice;
    switch (sg_scalar_of(tree->text, &tree->number, &advice)) {
    case SG_SCALAR_NUMBER:
        tree->kind = SG_TREE_NUMBER;
        break;
    case SG_SCALAR_TRUE:
        tree->kind = SG_TREE_BOOL;
        tree->number = 1;
        break;
    case SG_SCALAR_FALSE:
        tree->kind = SG_TREE_BOOL;
        break;
    case SG_SCALAR_REFUSED:
        if (length == 0)
            breach(r, span, "a value is missing here", advice);
        else
            breach(r, span, sg_take_printf(r->work, "`%s` is not a value here", tree->text), advice);
        tree->kind = SG_TREE_BAD;
        break;
    case SG_SCALAR_PLAIN:
        break;
    }
    return tree;
}

/* What opens the collection that the event starts. `[a: 1]` has a mapping within the list without brackets of
 * its own: it begins where its key does. */
static const yaml_mark_t *bracket(const reader *r, bool flow, const yaml_mark_t *start) {
    if (!flow) return NULL;
    return r->event.end_mark.index > r->event.start_mark.index ? start : r->open;
}

static sg_tree *read_node(reader *r, bool flow, bool is_doc);

static sg_tree *read_list(reader *r) {
    sg_tree *list = sg_tree_new(r->work, SG_TREE_LIST, start_span(r));
    bool flow = r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE, outer_cut = r->cut;
    const yaml_mark_t start = r->event.start_mark, *outer_open = r->open;
    if (flow) list->style = SG_STYLE_FLOW;
    check_properties(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
    r->cut = false;
    r->open = bracket(r, flow, &start);
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        sg_tree *item = read_node(r, flow, false);
        if (!item) break;
        sg_tree_append(r->work, list, NULL, item->span, item);
    }
    r->cut = outer_cut;
    r->open = outer_open;
    return list;
}

static const char *read_key(reader *r, bool flow, sg_span *span) {
    *span = event_span(r);
    if (r->event.type != YAML_SCALAR_EVENT) {
        breach(r, start_span(r), "a key must be plain text", NULL);
        r->stopped = true; /* what follows would only confuse */
        return NULL;
    }
    const char *key =
        sg_take_text(r->work, (const char *)r->event.data.scalar.value, r->event.data.scalar.length);
    check_properties(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    if (r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return key;
    double number;
    const char *advice;
    if (strcmp(key, "<<") == 0)
        breach(r, *span, "merge keys are not part of the language", "use base, include or a block");
    else if (!check_cut(r, key, *span, flow) && sg_scalar_of(key, &number, &advice) == SG_SCALAR_REFUSED)
        breach(r, *span, sg_take_printf(r->work, "`%s` cannot be a key", key), "choose another name");
    return key;
}

/* The characters of the key that was meant by "in:x", "op=linear" and "op linear". */
static size_t meant_length(sg_work *work, const char *key) {
    size_t length = strcspn(key, ":=");
    if (length && key[length]) return length;
    length = strcspn(key, " ");
    return key[length] && sg_name_valid(sg_take_text(work, key, length)) ? length : strlen(key);
}

/* A key without a value: most often "in:x", or the rest of a value that a comma cut. */
static void complain_missing(reader *r, const char *key, sg_span span, bool flow) {
    const char *colon = strchr(key, ':'), *hint = "there is no null: give it a value or leave it out";
    if (!flow) hint = "indent what belongs to it; there is no null: give it a value or leave it out";
    if (r->cut) return;
    if (colon && colon > key && colon[1])
        hint = sg_take_printf(r->work, "write `%.*s: %s`, with a space after the colon", (int)(colon - key),
                              key, colon + 1);
    if (r->depth > 0 && strspn(key, "0123456789") == strlen(key))
        hint = sg_take_printf(r->work, "a comma separates entries: decimals have a point, 0.%s", key);
    size_t length = meant_length(r->work, key);
    if (!colon && key[length] && key[length + 1])
        hint = sg_take_printf(r->work, "write `%.*s: %s`", (int)length, key, key + length + 1);
    breach(r, span, sg_take_printf(r->work, "`%s` has no value", key), hint);
}

/* These were told of as what they are: the key is there. */
static const char *key_meant(reader *r, const char *key) {
    return sg_take_text(r->work, key, meant_length(r->work, key));
}

static int by_key(const void *a, const void *b) {
    const sg_entry *x = *(const sg_entry *const *)a, *y = *(const sg_entry *const *)b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x > y) - (x < y);
}

/* Which of several values was meant is not known: what would follow from one of them is left out. */
static void forget(sg_tree *value) {
    if (value->kind != SG_TREE_MAP) value->kind = SG_TREE_BAD;
}

static void check_duplicates(reader *r, const sg_tree *map) {
    const sg_entry **sorted = SG_TAKE(r->work, const sg_entry *, map->count);
    for (size_t i = 0; i < map->count; i++) sorted[i] = &map->entry[i];
    qsort(sorted, map->count, sizeof *sorted, by_key);
    for (size_t i = 1; i < map->count; i++) {
        if (strcmp(sorted[i]->key, sorted[i - 1]->key) != 0) continue;
        breach(r, sorted[i]->key_span,
               sg_take_printf(r->work, "the key `%s` stands here twice", sorted[i]->key),
               sg_take_printf(r->work, "it is first at line %d", sorted[i - 1]->key_span.mark.line));
        forget(sorted[i - 1]->value);
        forget(sorted[i]->value);
    }
}

static sg_tree *read_map(reader *r) {
    sg_tree *map = sg_tree_new(r->work, SG_TREE_MAP, start_span(r));
    bool flow = r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE, outer_cut = r->cut;
    const yaml_mark_t start = r->event.start_mark, *outer_open = r->open;
    if (flow) map->style = SG_STYLE_FLOW;
    check_properties(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
    r->cut = false;
    r->open = bracket(r, flow, &start);
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        sg_span span;
        const char *key = read_key(r, flow, &span);
        if (!key || !next(r)) break;
        bool empty = r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0 &&
                     r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !r->event.data.scalar.anchor &&
                     !r->event.data.scalar.tag;
        if (empty) complain_missing(r, key, span, flow);
        if (empty) key = key_meant(r, key);
        sg_tree *value = empty ? sg_tree_new_bad(r->work, span) : read_node(r, flow, strcmp(key, "doc") == 0);
        if (!value) break;
        /* What follows a cut is no key. */
        if (!r->cut || value->kind != SG_TREE_BAD || (!empty && strchr(key, ')') == NULL))
            sg_tree_append(r->work, map, key, span, value);
    }
    if (!r->cut) check_duplicates(r, map);
    r->cut = outer_cut;
    r->open = outer_open;
    return map;
}

/* The node that the current event starts; NULL when reading stopped. */
static sg_tree *read_node(reader *r, bool flow, bool is_doc) {
    sg_tree *tree = NULL;
    if (++r->depth > SG_YAML_MAX_DEPTH) {
        sg_complain(r->work, start_span(r), NULL, "lists and mappings are nested more than %d deep",
                    SG_YAML_MAX_DEPTH);
        r->stopped = true;
        return NULL;
    }
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        tree = read_scalar(r, flow, is_doc);
        break;
    case YAML_SEQUENCE_START_EVENT:
        tree = read_list(r);
        break;
    case YAML_MAPPING_START_EVENT:
        tree = read_map(r);
        break;
    case YAML_ALIAS_EVENT:
        breach(r, event_span(r), "aliases are not part of the language",
               "name the value with args or let instead");
        tree = sg_tree_new_bad(r->work, event_span(r));
        break;
    default:
        r->stopped = true;
    }
    r->depth--;
    return tree;
}

static sg_tree *read_document(reader *r) {
    sg_tree *root = NULL;
    while (next(r) && r->event.type != YAML_STREAM_END_EVENT) {
        if (r->event.type != YAML_DOCUMENT_START_EVENT) continue;
        if (root) {
            breach(r, start_span(r), "a file holds one document: a second one starts here", NULL);
            break;
        }
        if (!next(r) || !(root = read_node(r, false, false))) break;
    }
    return root;
}

/* Checks what libyaml would read only slowly or in its own words. */
static bool check_bytes(sg_work *work, const sg_yaml_source *source) {
    sg_span span = {{source->name, 0, 0}, 1};
    size_t valid = sg_text_valid(source->text, source->length);
    if (source->length > SG_YAML_MAX_BYTES) {
        sg_complain(work, span, NULL, "the file is larger than 1 MiB, which no graph needs");
        return false;
    }
    if (valid == source->length) return true;
    bool wide = source->length > 1 &&
                (memcmp(source->text, "\xff\xfe", 2) == 0 || memcmp(source->text, "\xfe\xff", 2) == 0);
    if (wide) {
        sg_complain(work, span, "save it as UTF-8", "this is UTF-16 text, but a graph is UTF-8 text");
        return false;
    }
    if (memchr(source->text, 0, source->length)) {
        sg_complain(work, span, NULL, "this is a binary file, not a graph");
        return false;
    }
    span.mark.line = span.mark.column = 1;
    for (size_t i = 0; i < valid; i++) {
        if (source->text[i] == '\n') span.mark.line++, span.mark.column = 0;
        if (((unsigned char)source->text[i] & 0xc0) != 0x80) span.mark.column++;
    }
    sg_complain(work, span, NULL, "the byte 0x%02x is not valid here: a graph is UTF-8 text",
                (unsigned char)source->text[valid]);
    return false;
}

sg_tree *sg_yaml_read(sg_work *work, const sg_yaml_source *source) {
    if (!check_bytes(work, source)) return NULL;
    const char *text = source->text;
    size_t length = source->length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3, length -= 3;

    reader *r = SG_TAKE(work, reader, 1); /* not on the stack: `release` may see it after a jump */
    *r = (reader){.work = work, .source = source};
    if (!yaml_parser_initialize(&r->parser)) sg_work_escape(work);
    work->release = release;
    work->release_data = r;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, length);
    sg_tree *root = read_document(r);
    work->release = NULL;
    release(r);

    if (!root && !r->stopped)
        sg_complain(work, (sg_span){{source->name, 0, 0}, 1}, NULL, "the file is empty");
    return r->stopped ? NULL : root;
}
