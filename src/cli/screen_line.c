#include "screen_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GAP = 2, LEAST_BAR = 5, MOST_BAR = 40, LEAST_SPARK = 4, MOST_SPARK = 32 };

/* ---- characters ---- */

/* The character at *at, which moves behind it; what is no UTF-8 is U+FFFD. */
static uint32_t next(const char **at) {
    const unsigned char *p = (const unsigned char *)*at;
    int more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : -1;
    uint32_t c = more < 0 ? 0xfffd : more == 0 ? *p : *p & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            *at += i;
            return 0xfffd;
        }
        c = c << 6 | (p[i] & 0x3f);
    }
    *at += 1 + (more > 0 ? more : 0);
    return c;
}

/* Accents take no room, East Asian characters and emoji twice as much. */
static int width_of(uint32_t c) {
    if ((c >= 0x300 && c < 0x370) || (c >= 0x200b && c < 0x2010) || (c >= 0xfe00 && c < 0xfe10)) return 0;
    bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7a4) ||
                (c >= 0xf900 && c < 0xfb00) || (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61) ||
                (c >= 0x1f300 && c < 0x1f650) || (c >= 0x1f900 && c < 0x1fa00) ||
                (c >= 0x20000 && c < 0x40000);
    return wide ? 2 : 1;
}

int cli_columns(const char *text) {
    int columns = 0;
    while (*text) columns += width_of(next(&text));
    return columns;
}

/* The next character as it may be shown: controls and bytes that are none are `?`. */
static const char *shown(const char **at, size_t *bytes, int *columns) {
    const char *from = *at;
    uint32_t c = next(at);
    bool bad = c < ' ' || c == 0x7f || c == 0xfffd || (c >= 0x80 && c < 0xa0);
    *bytes = bad ? 1 : (size_t)(*at - from);
    *columns = bad ? 1 : width_of(c);
    return bad ? "?" : from;
}

/* Copies whole characters as far as they fit. */
static void copy(char to[CLI_LINE_PIECE], const char *text) {
    size_t length = 0, bytes;
    int columns;
    while (*text) {
        const char *from = shown(&text, &bytes, &columns);
        if (length + bytes >= CLI_LINE_PIECE) break;
        memcpy(to + length, from, bytes);
        length += bytes;
    }
    to[length] = 0;
}

int cli_cell(char *to, size_t room, const char *text, int most) {
    static const char ellipsis[] = "\u2026";
    size_t length = 0, kept = 0, bytes; /* kept: as many bytes leave room for an ellipsis */
    int columns = 0, kept_columns = 0, width;
    while (*text) {
        bool breaks = *text == '\n';
        const char *from = shown(&text, &bytes, &width);
        if (length + bytes >= room || columns + width > most) {
            memcpy(to + kept, ellipsis, sizeof ellipsis);
            return kept_columns + 1;
        }
        memcpy(to + length, breaks ? " " : from, bytes);
        length += bytes;
        columns += width;
        if (length + sizeof ellipsis <= room && columns < most) kept = length, kept_columns = columns;
    }
    to[length] = 0;
    return columns;
}

/* ---- pieces ---- */

static cli_piece *add(cli_line *line, cli_piece_kind kind, int rank) {
    if (line->count == CLI_LINE_PIECES) line->count--; /* the last one gives way */
    cli_piece *piece = &line->piece[line->count++];
    *piece = (cli_piece){.kind = kind, .rank = rank};
    return piece;
}

void cli_line_add(cli_line *line, int rank, const char *label, const char *text) {
    cli_piece *piece = add(line, CLI_PIECE_TEXT, rank);
    copy(piece->label, label);
    copy(piece->text, text);
}

void cli_line_add_bar(cli_line *line, int rank, double share) {
    add(line, CLI_PIECE_BAR, rank)->share = share < 0 ? 0 : share > 1 ? 1 : share;
}

void cli_line_add_spark(cli_line *line, int rank, const cli_spark *spark) {
    add(line, CLI_PIECE_SPARK, rank)->spark = spark;
}

static int least(const cli_piece *piece) {
    if (piece->kind == CLI_PIECE_BAR) return LEAST_BAR;
    if (piece->kind == CLI_PIECE_SPARK) return LEAST_SPARK;
    return cli_columns(piece->label) + (piece->label[0] && piece->text[0]) + cli_columns(piece->text);
}

static int total(const cli_line *line) {
    int columns = 0;
    for (int i = 0; i < line->count; i++) columns += least(&line->piece[i]) + (i ? GAP : 0);
    return columns;
}

/* Leaves out the last of the highest rank, until the rest fits. */
static void fit(cli_line *line, int columns) {
    while (line->count > 1 && total(line) > columns) {
        int out = 0;
        for (int i = 1; i < line->count; i++)
            if (line->piece[i].rank >= line->piece[out].rank) out = i;
        memmove(&line->piece[out], &line->piece[out + 1],
                sizeof *line->piece * (size_t)(line->count - out - 1));
        line->count--;
    }
}

/* ---- printing ---- */

typedef struct printer {
    char *text;
    int length, left; /* bytes so far; columns to come */
    bool utf8, colour;
} printer;

static void put(printer *p, const char *bytes, int count) {
    if (p->length + count >= CLI_LINE_TEXT) return;
    memcpy(p->text + p->length, bytes, (size_t)count);
    p->text[p->length += count] = 0;
}

static void put_colour(printer *p, const char *code) {
    char text[16];
    if (p->colour) put(p, text, snprintf(text, sizeof text, "\033[%sm", code));
}

static void put_text(printer *p, const char *text) {
    while (*text) {
        const char *from = text;
        uint32_t c = next(&text);
        int width = width_of(c);
        if (width > p->left) break;
        p->left -= width;
        if (c >= 0x80 && !p->utf8)
            put(p, "??", width);
        else
            put(p, from, (int)(text - from));
    }
}

static void put_coloured(printer *p, const char *colour, const char *text) {
    put_colour(p, colour);
    put_text(p, text);
    put_colour(p, "0");
}

static void put_bar(printer *p, int columns, double share) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int parts = (int)(share * columns * 8 + 1e-9), full = p->utf8 ? parts / 8 : (int)(share * columns + 1e-9);
    put_colour(p, "32");
    for (int i = 0; i < full; i++) put_text(p, p->utf8 ? "█" : "#");
    if (p->utf8 && full < columns && parts % 8) put_text(p, eighths[parts % 8]), full++;
    put_colour(p, "0");
    put_colour(p, "2");
    for (int i = full; i < columns; i++) put_text(p, p->utf8 ? "░" : ".");
    put_colour(p, "0");
}

static void put_piece(printer *p, const cli_piece *piece, int spare) {
    char spark[CLI_SPARK_TEXT];
    int columns = least(piece) + spare;
    switch (piece->kind) {
    case CLI_PIECE_BAR:
        put_bar(p, columns < MOST_BAR ? columns : MOST_BAR, piece->share);
        break;
    case CLI_PIECE_SPARK:
        cli_spark_draw(piece->spark, columns < MOST_SPARK ? columns : MOST_SPARK, p->utf8, spark);
        put_coloured(p, "36", spark);
        break;
    case CLI_PIECE_TEXT:
        if (piece->label[0]) put_coloured(p, "2", piece->label);
        if (piece->label[0] && piece->text[0]) put_text(p, " ");
        put_text(p, piece->text);
        break;
    }
}

void cli_line_print(cli_line *line, int columns, bool utf8, bool colour, char text[CLI_LINE_TEXT]) {
    printer p = {.text = text, .left = columns, .utf8 = utf8, .colour = colour};
    text[0] = 0;
    fit(line, columns);
    int spare = columns - total(line);
    for (int i = 0; i < line->count; i++) {
        const cli_piece *piece = &line->piece[i];
        if (i) put_text(&p, "  ");
        put_piece(&p, piece, piece->kind != CLI_PIECE_TEXT && spare > 0 ? spare : 0);
    }
}
