/* A graph file with its comments. libyaml drops those; they are found between the marks of its events. */
#include "lang/style.h"

#include <string.h>
#include <yaml.h>

typedef struct reader {
    sg_work *work;
    const char *name, *text;
    size_t length;
    yaml_parser_t parser;
    yaml_event_t event;
    size_t at, index; /* bytes and characters that were looked at */
    int line;         /* of `at`, from 0 */
    int column;
    sg_comments pending;   /* comments on lines of their own that no entry has taken yet */
    bool blank;            /* a blank line came after the last of them */
    bool fresh;            /* nothing but white space so far on this line */
    sg_styled_entry *last; /* what a comment on line last_line would belong to */
    int last_line;
} reader;

static void release(void *data) {
    reader *r = data;
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
}

static void add(sg_work *work, sg_comments *list, sg_comment comment) {
    sg_comment *place = sg_take_more(work, &list->at, &list->count, &list->room, sizeof *place);
    *place = comment;
}

/* Bytes of the line break at text[at]: the breaks that libyaml knows. */
static size_t break_length(const char *text, size_t at) {
    if (text[at] == '\r') return text[at + 1] == '\n' ? 2 : 1;
    if (text[at] == '\n') return 1;
    if (strncmp(text + at, "\xc2\x85", 2) == 0) return 2;
    return strncmp(text + at, "\xe2\x80\xa8", 3) == 0 || strncmp(text + at, "\xe2\x80\xa9", 3) == 0 ? 3 : 0;
}

/* Moves over one character or line break. */
static void step(reader *r) {
    size_t line_break = break_length(r->text, r->at);
    if (line_break) {
        r->index += r->text[r->at] == '\r' && line_break == 2 ? 2 : 1;
        r->at += line_break;
        r->line++;
        r->column = 0;
        return;
    }
    r->at++;
    while (((unsigned char)r->text[r->at] & 0xc0) == 0x80) r->at++;
    r->index++;
    r->column++;
}

static void skip_to(reader *r, size_t index) {
    while (r->index < index && r->at < r->length) step(r);
}

static void take_comment(reader *r) {
    size_t start = r->at;
    int column = r->column;
    while (r->at < r->length && !break_length(r->text, r->at)) step(r);
    size_t end = r->at;
    while (end > start && (r->text[end - 1] == ' ' || r->text[end - 1] == '\t')) end--;
    const char *text = sg_take_text(r->work, r->text + start, end - start);
    if (r->last && r->last_line == r->line && !r->last->trail) {
        r->last->trail = text;
        return;
    }
    add(r->work, &r->pending, (sg_comment){text, column, r->blank});
    r->blank = false;
}

/* White space, indicators and comments up to an event. */
static void scan_gap(reader *r, size_t index) {
    while (r->index < index && r->at < r->length) {
        if (r->text[r->at] == '#') {
            take_comment(r);
            r->fresh = false;
        } else if (break_length(r->text, r->at)) {
            if (r->fresh) r->blank = true;
            step(r);
            r->fresh = true;
        } else {
            if (r->text[r->at] != ' ' && r->text[r->at] != '\t') r->fresh = false;
            step(r);
        }
    }
}

static void next(reader *r) {
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) sg_work_escape(r->work); /* memory: the text is valid */
    yaml_event_type_t type = r->event.type;
    if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT) return;
    scan_gap(r, type == YAML_STREAM_END_EVENT ? SIZE_MAX : r->event.start_mark.index);
    bool flow_end = (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT) &&
                    r->event.end_mark.index > r->event.start_mark.index;
    bool flow_start =
        (type == YAML_MAPPING_START_EVENT && r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE) ||
        (type == YAML_SEQUENCE_START_EVENT && r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    if (type != YAML_SCALAR_EVENT && !flow_end && !flow_start) return;
    skip_to(r, r->event.end_mark.index);
    r->fresh = false;
    if (flow_start) r->last = NULL;
}

static void move(reader *r, sg_comments *to) {
    for (size_t i = 0; i < r->pending.count; i++) add(r->work, to, r->pending.at[i]);
    r->pending.count = 0;
}

/* The comments that stand at least as deep as a block collection which has just ended. */
static void take_tail(reader *r, sg_styled *of, int column) {
    size_t count = 0;
    while (count < r->pending.count && r->pending.at[count].column >= column)
        add(r->work, &of->tail, r->pending.at[count++]);
    if (count == 0) return;
    memmove(r->pending.at, r->pending.at + count, (r->pending.count - count) * sizeof *r->pending.at);
    r->pending.count -= count;
}

static sg_styled_entry *start_entry(reader *r, sg_styled *of) {
    sg_styled_entry *entry = sg_take_more(r->work, &of->entry, &of->count, &of->room, sizeof *entry);
    *entry = (sg_styled_entry){.blank = r->blank};
    r->blank = false;
    move(r, &entry->lead);
    return entry;
}

/* A block scalar's event reaches to the next token, and its first line may hold a comment. */
static void finish_block_scalar(reader *r, sg_styled_entry *owner) {
    size_t start = 0, index = 0; /* look again, from the start of the scalar */
    reader again = {.text = r->text, .length = r->length};
    skip_to(&again, r->event.start_mark.index);
    start = again.at;
    size_t header = start;
    while (header < r->at && !break_length(r->text, header) && r->text[header] != '#') header++;
    if (r->text[header] == '#') {
        skip_to(&again, again.index + (header - start));
        size_t end = header;
        while (!break_length(r->text, end)) end++;
        while (r->text[end - 1] == ' ' || r->text[end - 1] == '\t') end--;
        owner->trail = sg_take_text(r->work, r->text + header, end - header);
    }
    size_t end = r->at;
    while (end > header && strchr(" \t\r\n", r->text[end - 1])) end--;
    again = (reader){.text = r->text, .length = r->length};
    while (again.at < end) step(&again);
    index = again.index;
    r->at = end;
    r->index = index;
    r->line = again.line;
    r->column = again.column;
}

static sg_styled *read_value(reader *r, sg_styled_entry *owner);

static void read_entries(reader *r, sg_styled *of, yaml_event_type_t end) {
    bool root = of->count == 0 && !r->last && of->kind == SG_PIECE_MAP && of->mark.line == 0;
    next(r);
    while (r->event.type != end) {
        if (root) move(r, &of->head);
        root = false;
        sg_styled_entry *entry = start_entry(r, of);
        if (of->kind == SG_PIECE_MAP) {
            entry->key =
                sg_take_text(r->work, (const char *)r->event.data.scalar.value, r->event.data.scalar.length);
            entry->plain_key = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
            r->last = entry;
            r->last_line = (int)r->event.end_mark.line;
            next(r);
        }
        /* Entries may move while the value is read: it is read into a copy. */
        sg_styled_entry copy = *entry;
        if (r->last == entry) r->last = &copy;
        sg_styled_entry *address = &copy;
        copy.value = read_value(r, address);
        of->entry[of->count - 1] = copy;
        if (r->last == address) r->last = &of->entry[of->count - 1];
        next(r);
    }
}

static sg_styled *read_value(reader *r, sg_styled_entry *owner) {
    sg_styled *piece = SG_TAKE(r->work, sg_styled, 1);
    piece->mark = (sg_mark){r->name, (int)r->event.start_mark.line + 1, (int)r->event.start_mark.column + 1};
    if (r->event.type == YAML_SCALAR_EVENT) {
        yaml_scalar_style_t style = r->event.data.scalar.style;
        piece->text =
            sg_take_text(r->work, (const char *)r->event.data.scalar.value, r->event.data.scalar.length);
        piece->plain = style == YAML_PLAIN_SCALAR_STYLE;
        if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
            piece->mark.column++;
        move(r, &owner->lead); /* comments between a key and its value */
        if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
            finish_block_scalar(r, owner);
        r->blank = false;
        r->last = owner;
        r->last_line = r->line;
        return piece;
    }
    bool map = r->event.type == YAML_MAPPING_START_EVENT;
    bool flow = map ? r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                    : r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    int column = (int)r->event.start_mark.column;
    piece->kind = map ? SG_PIECE_MAP : SG_PIECE_LIST;
    read_entries(r, piece, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
    if (piece->count == 0)
        move(r, &owner->lead);
    else if (flow)
        move(r, &piece->tail);
    else
        take_tail(r, piece, column);
    if (flow) {
        r->blank = false;
        r->last = owner;
        r->last_line = r->line;
    }
    return piece;
}

sg_styled *sg_style_read(sg_work *work, const char *name, const char *text, size_t length) {
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3, length -= 3;
    reader *r = SG_TAKE(work, reader, 1); /* not on the stack: `release` may see it after a jump */
    *r = (reader){.work = work, .name = name, .text = text, .length = length, .fresh = true};
    if (!yaml_parser_initialize(&r->parser)) sg_work_escape(work);
    work->release = release;
    work->release_data = r;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, length);
    do next(r);
    while (r->event.type != YAML_MAPPING_START_EVENT);
    sg_styled *root = SG_TAKE(work, sg_styled, 1);
    root->kind = SG_PIECE_MAP;
    read_entries(r, root, YAML_MAPPING_END_EVENT);
    while (r->event.type != YAML_STREAM_END_EVENT) next(r);
    move(r, &root->tail);
    work->release = NULL;
    release(r);
    return root;
}
