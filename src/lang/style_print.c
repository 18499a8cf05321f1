/* Pieces -> text: a collection on one line where that fits, else an entry a line. */
#include "lang/style.h"

#include "lang/scalar.h"
#include "simgraph/style.h"

#include <string.h>

/* Mappings within one another; a line holds two levels at most. */
static int depth(const sg_styled *piece) {
    int most = 0;
    for (size_t i = 0; i < piece->count; i++) {
        int below = depth(piece->entry[i].value);
        if (below > most) most = below;
    }
    return most + (piece->kind == SG_PIECE_MAP && piece->count > 0);
}

/* Declarations of several things, one of them in its long form. */
static bool declares(const sg_styled *piece) {
    if (piece->place != SG_PLACE_ARGUMENTS && piece->place != SG_PLACE_INPUTS) return false;
    return piece->count > 1 && depth(piece) > 1;
}

/* Whether it can only stand with an entry a line. */
static bool is_open(const sg_styled *piece) {
    if (piece->kind == SG_PIECE_SCALAR || piece->count == 0) return false;
    if (piece->kind == SG_PIECE_MAP) switch (piece->place) {
        case SG_PLACE_FILE:
        case SG_PLACE_BLOCKS:
        case SG_PLACE_BLOCK:
        case SG_PLACE_NODES:
        case SG_PLACE_SECTION:
        case SG_PLACE_VARIANTS:
            return true;
        default:
            break;
        }
    if (piece->tail.count || depth(piece) > 2 || declares(piece)) return true;
    for (size_t i = 0; i < piece->count; i++) {
        const sg_styled_entry *entry = &piece->entry[i];
        if (entry->lead.count || entry->trail || (entry->blank && i > 0) || is_open(entry->value))
            return true;
    }
    return false;
}

static void print_flow(sg_text *out, const sg_styled *piece) {
    if (piece->kind == SG_PIECE_SCALAR) {
        sg_style_scalar(out, piece, true);
        return;
    }
    bool map = piece->kind == SG_PIECE_MAP;
    sg_text_append_char(out, map ? '{' : '[');
    for (size_t i = 0; i < piece->count; i++) {
        if (i) sg_text_append(out, ", ");
        if (map) sg_style_key(out, &piece->entry[i]);
        if (map) sg_text_append(out, ": ");
        print_flow(out, piece->entry[i].value);
    }
    sg_text_append_char(out, map ? '}' : ']');
}

static size_t column(const sg_text *out, size_t line_start) {
    return sg_style_width(sg_text_get(out) + line_start, out->length - line_start);
}

static void indent_by(sg_text *out, int indent) {
    for (int i = 0; i < indent; i++) sg_text_append_char(out, ' ');
}

static bool is_number(const sg_styled *piece) {
    double number;
    const char *advice;
    return piece->kind == SG_PIECE_SCALAR && piece->plain &&
           sg_scalar_of(piece->text, &number, &advice) == SG_SCALAR_NUMBER;
}

static bool holds_numbers(const sg_styled *piece) {
    for (size_t i = 0; i < piece->count; i++)
        if (!is_number(piece->entry[i].value)) return false;
    return piece->kind == SG_PIECE_LIST;
}

/* A list of numbers over as few lines as hold it. */
static void print_filled(sg_text *out, const sg_styled *list, int indent, size_t line_start) {
    sg_text_append_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        size_t before = out->length;
        if (i) sg_text_append_char(out, ' ');
        sg_style_scalar(out, list->entry[i].value, true);
        sg_text_append_char(out, i + 1 < list->count ? ',' : ']');
        if (i == 0 || out->failed || column(out, line_start) <= SG_STYLE_WIDTH) continue;
        out->bytes[before] = '\n'; /* in the place of the space */
        sg_text number = {0};
        sg_text_append(&number, sg_text_get(out) + before + 1);
        out->length = line_start = before + 1;
        indent_by(out, indent);
        sg_text_append(out, sg_text_get(&number));
        out->failed = out->failed || number.failed;
        sg_text_finish(&number);
    }
}

static void print_comments(sg_text *out, const sg_comments *comments, int indent, bool *first) {
    for (size_t i = 0; i < comments->count; i++) {
        if (comments->at[i].blank && !*first) sg_text_append_char(out, '\n');
        *first = false;
        indent_by(out, indent);
        sg_text_append(out, comments->at[i].text);
        sg_text_append_char(out, '\n');
    }
}

static void print_entries(sg_text *out, const sg_styled *piece, int indent, bool inline_first);

static void print_trail(sg_text *out, const char *trail) {
    if (trail) sg_text_append_char(out, ' ');
    if (trail) sg_text_append(out, trail);
    sg_text_append_char(out, '\n');
}

/* What follows a key or dash. */
static void print_value(sg_text *out, const sg_styled_entry *entry, int indent, size_t line_start) {
    const sg_styled *value = entry->value;
    size_t before = out->length;
    sg_text_append_char(out, ' ');
    if (value->kind == SG_PIECE_SCALAR) {
        bool doc = entry->key && strcmp(entry->key, "doc") == 0;
        bool block = false;
        if (doc) {
            size_t start = out->length;
            sg_style_doc(out, value, indent + 2, column(out, line_start));
            block = out->length > start && strchr("|>", sg_text_get(out)[start]);
        } else {
            sg_style_scalar(out, value, false);
        }
        if (!block || !entry->trail) {
            print_trail(out, entry->trail);
            return;
        }
        /* The comment belongs on the line of the `|`. */
        size_t line = before + 1 + strcspn(sg_text_get(out) + before + 1, "\n");
        sg_text rest = {0};
        sg_text_append(&rest, sg_text_get(out) + line);
        out->length = line;
        out->failed = out->failed || rest.failed;
        sg_text_append_char(out, ' ');
        sg_text_append(out, entry->trail);
        sg_text_append(out, sg_text_get(&rest));
        sg_text_append_char(out, '\n');
        sg_text_finish(&rest);
        return;
    }
    if (!is_open(value)) {
        print_flow(out, value);
        if (value->count == 0 || column(out, line_start) <= SG_STYLE_WIDTH || out->failed) {
            print_trail(out, entry->trail);
            return;
        }
    }
    if (out->failed) return;
    if (!is_open(value) && holds_numbers(value)) {
        out->length = before + 1;
        print_filled(out, value, indent + 2, line_start);
        print_trail(out, entry->trail);
        return;
    }
    out->length = before; /* take it back, and give every entry a line of its own */
    out->bytes[before] = 0;
    if (entry->key) {
        print_trail(out, entry->trail);
        print_entries(out, value, indent + 2, false);
    } else {
        sg_text_append_char(out, ' ');
        print_entries(out, value, indent + 2, true);
    }
}

static void print_entries(sg_text *out, const sg_styled *piece, int indent, bool inline_first) {
    bool first = true;
    for (size_t i = 0; i < piece->count; i++) {
        const sg_styled_entry *entry = &piece->entry[i];
        bool on_line = inline_first && i == 0; /* behind a dash */
        if (!on_line) {
            bool head = i == 0 && piece->head.count;
            if (i == 0) print_comments(out, &piece->head, indent, &first);
            print_comments(out, &entry->lead, indent, &first);
            if (entry->blank && (!first || head)) sg_text_append_char(out, '\n');
            first = false;
        }
        first = false;
        size_t line_start = out->length;
        if (on_line)
            while (line_start > 0 && out->bytes[line_start - 1] != '\n') line_start--;
        else
            indent_by(out, indent);
        if (piece->kind == SG_PIECE_MAP) {
            sg_style_key(out, entry);
            sg_text_append_char(out, ':');
        } else {
            sg_text_append_char(out, '-');
        }
        print_value(out, entry, indent, line_start);
    }
    print_comments(out, &piece->tail, indent, &first);
}

void sg_style_print(sg_text *out, const sg_styled *root) {
    print_entries(out, root, 0, false);
}
