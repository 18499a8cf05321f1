/* The names below the chart of memory: which blocks the nodes along the axis belong to. */
#include "draw/memory_chart.h"

#include "base/numeric.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 6, GAP = 15, PADDING = 4, NAME = 128 };

/* Nodes first to end - 1, all in one block but for some in between that have no room for a name of theirs
 * (GAP). `length` is that of the block's name in the path of the first. */
typedef struct stretch {
    int first, end;
    const char *path;
    size_t length;
} stretch;

/* The length of the first `depth` parts. */
static size_t head_of(const char *path, int depth) {
    size_t length = 0;
    for (; path[length]; length++)
        if (path[length] == '.' && --depth == 0) break;
    return length;
}

static stretch stretch_at(const sg_memory_chart *c, int first, int end, int depth) {
    stretch s = {first, first + 1, sg_path_origin(c->rows->node[first]), 0};
    s.length = head_of(s.path, depth);
    for (int i = first + 1; i < end && sg_memory_x(c->rows, i) <= sg_memory_x(c->rows, s.end) + GAP; i++) {
        const char *path = sg_path_origin(c->rows->node[i]);
        if (head_of(path, depth) == s.length && strncmp(path, s.path, s.length) == 0) s.end = i + 1;
    }
    return s;
}

static double room_of(const sg_memory_chart *c, const stretch *s) {
    return sg_memory_x(c->rows, s->end) - sg_memory_x(c->rows, s->first);
}

static bool is_round(const char *part) {
    return sg_is_digit(*part);
}

static bool ends_in_round(const stretch *s) {
    size_t at = s->length;
    while (at > 0 && s->path[at - 1] != '.') at--;
    return is_round(s->path + at);
}

static const char *next_part(const char *path) {
    const char *dot = strchr(path, '.');
    return dot ? dot + 1 : NULL;
}

/* Whether a node of another block has these parts in its path. */
static bool elsewhere(const sg_memory_chart *c, const stretch *s, const char *part, size_t length) {
    for (int i = 0; i < c->rows->node_count; i++) {
        const char *path = sg_path_origin(c->rows->node[i]);
        if (strncmp(path, s->path, s->length) == 0) continue;
        for (const char *at = path; at; at = next_part(at))
            if (strncmp(at, part, length) == 0 && (!at[length] || strchr("./", at[length]))) return true;
    }
    return false;
}

/* ".0–11" where the parts of the stretch are rounds 0 to 11, ".11–0" where they run down; else "". */
static void put_rounds(const sg_memory_chart *c, const stretch *s, char text[NAME]) {
    long low = LONG_MAX, high = -1, first = -1, last = -1;
    text[0] = 0;
    for (int i = s->first; i < s->end; i++) {
        const char *path = sg_path_origin(c->rows->node[i]);
        if (strncmp(path, s->path, s->length) != 0 || path[s->length] != '.') continue;
        char *end;
        if (!is_round(path + s->length + 1)) return;
        last = strtol(path + s->length + 1, &end, 10);
        if (*end != '.') return; /* what is numbered is no block */
        if (first < 0) first = last;
        if (last < low) low = last;
        if (last > high) high = last;
    }
    if (first < 0) return;
    snprintf(text, NAME, low == high ? ".%ld" : ".%ld–%ld", first <= last ? low : high,
             first <= last ? high : low);
}

/* The longest end of the block's name that the room has space for, with the rounds in it; "" where only an
 * end fits that other blocks have as well. */
static void name_of(const sg_memory_chart *c, const stretch *s, char name[NAME]) {
    const char *end = s->path + s->length;
    char rounds[NAME];
    put_rounds(c, s, rounds);
    for (const char *part = s->path; part < end; part += head_of(part, 1) + 1) {
        int length = snprintf(name, NAME, "%.*s%s", (int)(end - part), part, rounds);
        if (is_round(part)) continue;
        if (length >= NAME || sg_canvas_width(SG_WORDS_SMALL, name) + PADDING > room_of(c, s)) continue;
        if (elsewhere(c, s, part, (size_t)(end - part))) break;
        return;
    }
    name[0] = 0;
}

/* Whether the names of the blocks within it fit below most of the stretch. */
static bool opens(const sg_memory_chart *c, const stretch *s, int depth) {
    double named = 0;
    char name[NAME];
    if (depth == DEEPEST || ends_in_round(s)) return false;
    for (int i = s->first; i < s->end;) {
        stretch inner = stretch_at(c, i, s->end, depth + 1);
        if (inner.end - inner.first == s->end - s->first) return true; /* its only block says more */
        name_of(c, &inner, name);
        if (*name) named += room_of(c, &inner);
        i = inner.end;
    }
    return named >= 0.75 * room_of(c, s);
}

static void put_name(const sg_memory_chart *c, const stretch *s, const char *name) {
    double x = sg_memory_x(c->rows, s->first), room = room_of(c, s), y = SG_CHART_TOP + SG_CHART_PLOT;
    sg_canvas_line(c->canvas, "axis", x, y, x, y + 8);
    sg_canvas_line(c->canvas, "axis", x + room, y, x + room, y + 8);
    sg_canvas_words(c->canvas, SG_WORDS_SMALL, x + room / 2, y + 12, "middle", name);
}

static void put_names(const sg_memory_chart *c, int first, int end, int depth) {
    char name[NAME];
    while (first < end) {
        stretch s = stretch_at(c, first, end, depth);
        first = s.end;
        if (opens(c, &s, depth)) {
            put_names(c, s.first, s.end, depth + 1);
            continue;
        }
        name_of(c, &s, name);
        if (*name) put_name(c, &s, name);
    }
}

void sg_memory_put_strip(const sg_memory_chart *c) {
    const sg_memory_rows *rows = c->rows;
    double y = SG_CHART_TOP + SG_CHART_PLOT;
    put_names(c, 0, rows->gradient, 1);
    put_names(c, rows->gradient, rows->update, 1);
    if (rows->update < rows->node_count) {
        stretch update = {rows->update, rows->node_count, NULL, 0};
        if (room_of(c, &update) >= sg_canvas_width(SG_WORDS_SMALL, "update") + PADDING)
            put_name(c, &update, "update");
    }
    sg_canvas_line(c->canvas, "axis", SG_CHART_LEFT, y, SG_CHART_WIDTH - SG_CHART_RIGHT, y);
}
