/* The list of messages: adding, sorting, source lines. */
#include "lang/diagnostics.h"

#include "base/numeric.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WARNINGS = 100 };

typedef struct source {
    const char *name, *text;
    size_t length;
} source;

typedef struct message {
    sg_diagnostic is;
    int file; /* index of its source; files that are not known come last */
} message;

struct sg_diagnostics {
    sg_bump *memory;
    source *sources;
    size_t source_count, source_room;
    message *messages;
    size_t count, room;
    message *dropped; /* errors beyond those that are kept: their places, so that none is counted twice */
    size_t dropped_count, dropped_room;
    size_t errors, warnings;
};

sg_status sg_diagnostics_create(sg_diagnostics **out, sg_error *error) {
    sg_diagnostics *diagnostics = calloc(1, sizeof *diagnostics);
    *out = NULL;
    if (diagnostics) diagnostics->memory = sg_bump_create();
    if (!diagnostics || !diagnostics->memory) {
        free(diagnostics);
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    }
    *out = diagnostics;
    return SG_OK;
}

void sg_diagnostics_destroy(sg_diagnostics *diagnostics) {
    if (!diagnostics) return;
    sg_bump_destroy(diagnostics->memory);
    free(diagnostics->sources);
    free(diagnostics->messages);
    free(diagnostics->dropped);
    free(diagnostics);
}

static int find_source(const sg_diagnostics *diagnostics, const char *name) {
    for (size_t i = 0; name && i < diagnostics->source_count; i++)
        if (strcmp(diagnostics->sources[i].name, name) == 0) return (int)i;
    return -1;
}

sg_status sg_diagnostics_source(sg_diagnostics *diagnostics, const char *name, const char *text,
                                size_t length) {
    if (find_source(diagnostics, name) >= 0) return SG_OK;
    source new = {.length = length};
    new.name = sg_bump_text(diagnostics->memory, name);
    new.text = sg_bump_text_of(diagnostics->memory, text, length);
    if (!new.name || !new.text ||
        !sg_array_grow(&diagnostics->sources, &diagnostics->source_room, diagnostics->source_count + 1,
                       sizeof new))
        return SG_OUT_OF_MEMORY;
    diagnostics->sources[diagnostics->source_count++] = new;
    return SG_OK;
}

/* A copy of one line of a file without its end; "" past the end. NULL when there is no memory. */
static const char *copy_line(sg_diagnostics *diagnostics, const source *file, int line) {
    const char *at = file->text, *end = file->text + file->length;
    for (int i = 1; i < line && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (stop > at && stop[-1] == '\r') stop--;
    return sg_bump_text_of(diagnostics->memory, at, (size_t)(stop - at));
}

/* The end of `count` characters of UTF-8. */
static const char *skip(const char *text, int count) {
    for (; count > 0 && *text; count--) {
        text++;
        while (((unsigned char)*text & 0xc0) == 0x80) text++;
    }
    return text;
}

const char *sg_diagnostics_quote(sg_diagnostics *diagnostics, sg_mark mark, int length) {
    int file = find_source(diagnostics, mark.file);
    const char *line = file < 0 ? NULL : copy_line(diagnostics, &diagnostics->sources[file], mark.line);
    if (!line) return NULL;
    const char *begin = skip(line, mark.column - 1);
    return sg_bump_text_of(diagnostics->memory, begin, (size_t)(skip(begin, length) - begin));
}

static bool before(const message *a, const message *b) {
    unsigned fa = (unsigned)a->file, fb = (unsigned)b->file; /* -1 sorts last */
    if (fa != fb) return fa < fb;
    if (a->is.mark.line != b->is.mark.line) return a->is.mark.line < b->is.mark.line;
    return a->is.mark.column < b->is.mark.column;
}

/* The same words at the same place. While the reader evaluates, the place is enough: what it says there later
 * follows from the first, or differs in the numbers of another round. */
static bool is_known(const sg_diagnostics *diagnostics, const message *m, const char *text, bool by_place) {
    for (size_t i = 0; i < diagnostics->count; i++) {
        const sg_diagnostic *other = &diagnostics->messages[i].is;
        if (diagnostics->messages[i].file != m->file || other->severity != m->is.severity) continue;
        if (other->mark.line != m->is.mark.line || other->mark.column != m->is.mark.column) continue;
        if (by_place && m->is.mark.line > 0 && m->file >= 0) return true;
        if (strcmp(other->message, text) == 0) return true;
    }
    for (size_t i = 0; i < diagnostics->dropped_count && m->is.mark.line > 0 && m->file >= 0; i++) {
        const message *other = &diagnostics->dropped[i];
        if (m->is.severity == SG_SEVERITY_ERROR && !before(other, m) && !before(m, other)) return true;
    }
    return false;
}

/* Whether there is room for one more of a kind; errors that come first in the text push out the last one. */
static bool make_room(sg_diagnostics *diagnostics, const message *m) {
    if (m->is.severity == SG_SEVERITY_WARNING) return diagnostics->warnings < MAX_WARNINGS;
    if (diagnostics->errors < SG_MAX_ERRORS) return true;
    size_t last = diagnostics->count;
    while (last > 0 && diagnostics->messages[last - 1].is.severity == SG_SEVERITY_WARNING) last--;
    if (!last) return true; /* those that are counted were dropped; those that were kept, forgotten */
    bool first = before(m, &diagnostics->messages[last - 1]);
    if (sg_array_grow(&diagnostics->dropped, &diagnostics->dropped_room, diagnostics->dropped_count + 1,
                      sizeof *m))
        diagnostics->dropped[diagnostics->dropped_count++] = first ? diagnostics->messages[last - 1] : *m;
    if (!first) return false;
    diagnostics->count--;
    for (size_t i = last - 1; i < diagnostics->count; i++)
        diagnostics->messages[i] = diagnostics->messages[i + 1];
    return true;
}

static bool copy_parts(sg_diagnostics *diagnostics, message *m, const char *hint, const sg_link *link,
                       const char *text) {
    sg_diagnostic *d = &m->is;
    sg_bump *memory = diagnostics->memory;
    sg_link *links = sg_bump_array(memory, (size_t)d->link_count, sizeof *links);
    if (!links || !(d->message = sg_bump_text(memory, text))) return false;
    if (hint && !(d->hint = sg_bump_text(memory, hint))) return false;
    if (d->mark.file && !(d->mark.file = sg_bump_text(memory, d->mark.file))) return false;
    if (m->file >= 0 && d->mark.line > 0 &&
        !(d->source = copy_line(diagnostics, &diagnostics->sources[m->file], d->mark.line)))
        return false;
    for (int i = 0; i < d->link_count; i++) {
        links[i] = link[i];
        if (!(links[i].text = sg_bump_text(memory, link[i].text))) return false;
        if (link[i].mark.file && !(links[i].mark.file = sg_bump_text(memory, link[i].mark.file)))
            return false;
    }
    d->link = links;
    return true;
}

static sg_status add(sg_diagnostics *diagnostics, sg_severity severity, sg_mark mark, int length,
                     const char *hint, const sg_link *link, int link_count, const char *text, bool by_place) {
    sg_status status = severity == SG_SEVERITY_ERROR ? SG_BAD_GRAPH : SG_OK;
    message m = {.file = find_source(diagnostics, mark.file)};
    m.is = (sg_diagnostic){
        .severity = severity, .mark = mark, .length = length < 1 ? 1 : length, .link_count = link_count};
    if (is_known(diagnostics, &m, text, by_place)) return status;
    size_t *seen = severity == SG_SEVERITY_ERROR ? &diagnostics->errors : &diagnostics->warnings;
    if (make_room(diagnostics, &m)) {
        if (!copy_parts(diagnostics, &m, hint, link, text) ||
            !sg_array_grow(&diagnostics->messages, &diagnostics->room, diagnostics->count + 1, sizeof m))
            return SG_OUT_OF_MEMORY;
        size_t at = diagnostics->count++;
        for (; at > 0 && before(&m, &diagnostics->messages[at - 1]); at--)
            diagnostics->messages[at] = diagnostics->messages[at - 1];
        diagnostics->messages[at] = m;
    }
    ++*seen;
    return status;
}

sg_status sg_diagnostics_put(sg_diagnostics *diagnostics, sg_severity severity, sg_mark mark, int length,
                             const char *hint, const sg_link *link, int link_count, const char *text) {
    return add(diagnostics, severity, mark, length, hint, link, link_count, text, true);
}

sg_status sg_diagnostics_add(sg_diagnostics *diagnostics, sg_severity severity, sg_mark mark, int length,
                             const char *hint, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return add(diagnostics, severity, mark, length, hint, NULL, 0, text, false);
}

sg_status sg_diagnostics_merge(sg_diagnostics *diagnostics, const sg_diagnostics *from, const char *text,
                               sg_mark mark) {
    sg_status status = SG_OK;
    for (size_t i = 0; i < from->source_count && status == SG_OK; i++)
        status = sg_diagnostics_source(diagnostics, from->sources[i].name, from->sources[i].text,
                                       from->sources[i].length);
    for (size_t i = 0; i < from->count && status != SG_OUT_OF_MEMORY; i++) {
        const sg_diagnostic *d = &from->messages[i].is;
        sg_link *link = sg_array_alloc((size_t)d->link_count + 1, sizeof *link);
        if (!link) return SG_OUT_OF_MEMORY;
        memcpy(link, d->link, (size_t)d->link_count * sizeof *link);
        link[d->link_count] = (sg_link){text, mark};
        sg_status added = sg_diagnostics_put(diagnostics, d->severity, d->mark, d->length, d->hint, link,
                                             d->link_count + 1, d->message);
        free(link);
        if (added != SG_OK) status = added;
    }
    return status;
}

void sg_diagnostics_forget(sg_diagnostics *diagnostics, sg_mark begin, sg_mark end) {
    int file = find_source(diagnostics, begin.file);
    message first = {.is.mark = begin, .file = file}, behind = {.is.mark = end, .file = file};
    message *const lists[] = {diagnostics->messages, diagnostics->dropped};
    size_t *const counts[] = {&diagnostics->count, &diagnostics->dropped_count};
    for (int list = 0; list < 2; list++) {
        size_t kept = 0;
        for (size_t i = 0; i < *counts[list]; i++) {
            const message m = lists[list][i];
            if (m.file == file && !before(&m, &first) && (!end.line || before(&m, &behind)))
                --*(m.is.severity == SG_SEVERITY_ERROR ? &diagnostics->errors : &diagnostics->warnings);
            else
                lists[list][kept++] = m;
        }
        *counts[list] = kept;
    }
}

size_t sg_diagnostics_count(const sg_diagnostics *diagnostics) {
    return diagnostics->count;
}

const sg_diagnostic *sg_diagnostics_at(const sg_diagnostics *diagnostics, size_t index) {
    return index < diagnostics->count ? &diagnostics->messages[index].is : NULL;
}

size_t sg_diagnostics_errors(const sg_diagnostics *diagnostics) {
    return diagnostics->errors;
}
