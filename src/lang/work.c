#include "lang/work.h"

#include "base/numeric.h"
#include "lang/diagnostics.h"
#include "lang/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINKS = 12 };

bool sg_work_run(sg_work *work, void (*body)(void *data), void *data) {
    if (setjmp(work->escape)) {
        if (work->release) work->release(work->release_data);
        work->release = NULL;
        work->status = SG_OUT_OF_MEMORY;
        return false;
    }
    body(data);
    return true;
}

_Noreturn void sg_work_escape(sg_work *work) {
    longjmp(work->escape, 1);
}

void *sg_take(sg_work *work, size_t count, size_t size) {
    void *memory = sg_bump_array(work->memory, count, size);
    if (!memory) sg_work_escape(work);
    return memory;
}

char *sg_take_text(sg_work *work, const char *text, size_t length) {
    char *copy = sg_bump_text_of(work->memory, text, length);
    if (!copy) sg_work_escape(work);
    return copy;
}

char *sg_take_printf(sg_work *work, const char *format, ...) {
    char brief[256]; /* enough for all but a few */
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = sg_vsnprintf(brief, sizeof brief, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : sg_bump_alloc(work->memory, (size_t)length + 1);
    if (text && (size_t)length < sizeof brief)
        memcpy(text, brief, (size_t)length + 1);
    else if (text)
        sg_vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    if (!text) sg_work_escape(work);
    return text;
}

void *sg_take_more(sg_work *work, void *array, size_t *count, size_t *room, size_t size) {
    unsigned char *old;
    memcpy(&old, array, sizeof old); /* `array` is a pointer to a pointer of any type */
    if (*count == *room) {
        size_t wanted = *room ? *room * 2 : 8;
        unsigned char *grown = sg_take(work, wanted, size);
        if (*count) memcpy(grown, old, *count * size);
        memcpy(array, &grown, sizeof grown);
        *room = wanted;
        old = grown;
    }
    return old + size * (*count)++;
}

enum { LESS = 2, MORE = 64 }; /* how far from a multiple of the unit a number is still written by it */

/* "batch", "3*batch", "batch*batch", "batch + 1"; 0 and no text for other numbers. */
static int print_number(char *text, size_t size, int64_t number, int64_t unit) {
    int64_t rest = (number + LESS) % unit - LESS;
    if (number < unit - LESS || rest > MORE) return 0;
    int powers = 0, used = 0;
    for (number -= rest; number % unit == 0; powers++) number /= unit;
    if (number > 1) used = snprintf(text, size, "%lld*", (long long)number);
    for (int i = 0; i < powers; i++)
        used += snprintf(text + used, size - (size_t)used, "%sbatch", i ? "*" : "");
    if (rest)
        used += snprintf(text + used, size - (size_t)used, " %c %lld", rest < 0 ? '-' : '+',
                         llabs((long long)rest));
    return used;
}

/* Writes numbers that contain the unit with the word "batch". */
static void name_unit(char *text, size_t size, const char *from, int64_t unit) {
    enum { LONGEST = 64 };
    size_t used = 0;
    while (*from && used + LONGEST < size) {
        bool word = used > 0 && (sg_is_word(text[used - 1]) || strchr("._", text[used - 1]));
        size_t digits = strspn(from, "0123456789"), step = digits ? digits : 1;
        int named = 0;
        if (unit > 0 && !word && digits > 0 && digits <= 18)
            named = print_number(text + used, size - used, strtoll(from, NULL, 10), unit);
        used += (size_t)named;
        if (named == 0) {
            if (used + step + 1 >= size) break;
            memcpy(text + used, from, step);
            used += step;
        }
        from += step;
    }
    text[used] = 0;
}

typedef struct report {
    sg_severity severity;
    sg_span span;
    const char *hint, *message;
    const sg_link *origin;
    int origin_count;
} report;

static void put(sg_work *work, const report *r) {
    char text[SG_MESSAGE_MAX];
    name_unit(text, sizeof text, r->message, work->unit);
    sg_link link[MAX_LINKS];
    int count = 0;
    sg_span span = sg_place_of_user(work, r->span);
    if (span.mark.line != r->span.mark.line || span.mark.file != r->span.mark.file)
        link[count++] = (sg_link){sg_place_text(work, r->span), r->span.mark};
    for (int i = 0; i < r->origin_count && count < MAX_LINKS; i++) {
        char *words = sg_take(work, SG_MESSAGE_MAX, 1);
        name_unit(words, SG_MESSAGE_MAX, r->origin[i].text, work->unit);
        link[count++] = (sg_link){words, r->origin[i].mark};
    }
    for (const sg_chain *chain = work->chain; chain && count < MAX_LINKS; chain = chain->outer) {
        /* Once is enough for every block of a recursion. */
        bool again = false;
        for (int i = 0; i < count && !again; i++)
            again = link[i].mark.line == chain->mark.line && link[i].mark.column == chain->mark.column &&
                    link[i].mark.file == chain->mark.file && strcmp(link[i].text, chain->text) == 0;
        if (!again) link[count++] = (sg_link){chain->text, chain->mark};
    }
    char *hint = NULL;
    if (r->hint) name_unit(hint = sg_take(work, SG_MESSAGE_MAX, 1), SG_MESSAGE_MAX, r->hint, work->unit);
    sg_status status =
        sg_diagnostics_put(work->diagnostics, r->severity, span.mark, span.length, hint, link, count, text);
    if (status == SG_OUT_OF_MEMORY) sg_work_escape(work);
}

void sg_complain(sg_work *work, sg_span span, const char *hint, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(work, &(report){SG_SEVERITY_ERROR, span, hint, text});
    if (work->status == SG_OK) work->status = SG_BAD_GRAPH;
}

void sg_warn(sg_work *work, sg_span span, const char *hint, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(work, &(report){SG_SEVERITY_WARNING, span, hint, text});
}

void sg_complain_status(sg_work *work, sg_span span, sg_status status, const char *message) {
    sg_complain_with(work, span, status, message, NULL, NULL, 0);
}

void sg_complain_with(sg_work *work, sg_span span, sg_status status, const char *message, const char *hint,
                      const sg_link *origin, int origin_count) {
    if (status == SG_OUT_OF_MEMORY) sg_work_escape(work);
    put(work, &(report){SG_SEVERITY_ERROR, span, hint, message, origin, origin_count});
    if (work->status == SG_OK) work->status = status;
}

void sg_names_add(sg_work *work, sg_names *names, const char *name) {
    *(const char **)sg_take_more(work, &names->item, &names->count, &names->room, sizeof *names->item) = name;
}

static const char *name_at(const void *data, size_t i) {
    const sg_names *names = data;
    return i < names->count ? names->item[i] : NULL;
}

const char *sg_names_nearest(const sg_names *names, const char *name) {
    return sg_nearest_name(name, name_at, names);
}

const char *sg_names_hint(sg_work *work, const sg_names *names, const char *name) {
    const char *nearest = sg_names_nearest(names, name);
    return nearest ? sg_take_printf(work, "did you mean `%s`?", nearest) : NULL;
}

const char *sg_names_text(sg_work *work, const sg_names *names, size_t most) {
    const char *text = "";
    for (size_t i = 0; i < names->count && i <= most; i++)
        text = sg_take_printf(work, "%s%s%s", text, i ? ", " : "", i == most ? "..." : names->item[i]);
    return text;
}

void sg_work_source(sg_work *work, const char *name, const char *text, size_t length) {
    if (sg_diagnostics_source(work->diagnostics, name, text, length) != SG_OK) sg_work_escape(work);
}
