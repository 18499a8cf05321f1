/* lang/work.h - one run of the reader: its memory, its messages, and its way out when memory is short.
 *
 * Everything that the reader allocates lives in one bump allocator. When memory runs out the innermost
 * function jumps to the entry point (sg_work_run), which gives up the whole run: nothing else has to check.
 * What lies elsewhere (the YAML parser) is freed by `release`. */
#ifndef SG_LANG_WORK_H
#define SG_LANG_WORK_H

#include "base/memory.h"
#include "simgraph/language.h"

#include <setjmp.h>

typedef struct sg_span {
    sg_mark mark;
    int length; /* characters */
} sg_span;

struct sg_tree;

/* A block instance, a round or an include that is being worked on. */
typedef struct sg_chain {
    const struct sg_chain *outer;
    const char *text;
    sg_mark mark;
    int length;                  /* characters at the mark: the name of what is called */
    const char *library;         /* the file of the library that it leads into, or NULL */
    const struct sg_tree *given; /* a block instance: a map of the values that the call gives, or NULL */
} sg_chain;

typedef struct sg_work {
    sg_bump *memory;
    sg_diagnostics *diagnostics;
    const sg_chain *chain;             /* innermost link of what is being done; goes into every message */
    const struct sg_setting *settings; /* of the document: the last one first */
    int64_t unit;                      /* numbers that are multiples of it are written "batch"; 0: none are */
    sg_status status;                  /* of the first error */
    void (*release)(void *data); /* called by sg_work_run when memory ran out: for what is not in `memory` */
    void *release_data;
    jmp_buf escape;
} sg_work;

/* Calls body(data). False when memory ran out on the way (status is then SG_OUT_OF_MEMORY). */
bool sg_work_run(sg_work *work, void (*body)(void *data), void *data);
_Noreturn void sg_work_escape(sg_work *work);

/* Zeroed memory; these never return NULL. */
void *sg_take(sg_work *work, size_t count, size_t size);
#define SG_TAKE(work, type, count) ((type *)sg_take(work, (size_t)(count), sizeof(type)))
char *sg_take_text(sg_work *work, const char *text, size_t length);
char *sg_take_printf(sg_work *work, const char *format, ...) SG_PRINTF(2, 3);

/* Appends `size` bytes to an array in the work's memory: returns the address of the new element. */
void *sg_take_more(sg_work *work, void *array, size_t *count, size_t *room, size_t size);

/* Reports. The hint may be NULL. */
void sg_complain(sg_work *work, sg_span span, const char *hint, const char *format, ...) SG_PRINTF(4, 5);
void sg_warn(sg_work *work, sg_span span, const char *hint, const char *format, ...) SG_PRINTF(4, 5);
/* An error that the system or a lower layer described; status and message are taken over. */
void sg_complain_status(sg_work *work, sg_span span, sg_status status, const char *message);
/* The same with a hint (or NULL), and where the things came from that the message speaks of. */
void sg_complain_with(sg_work *work, sg_span span, sg_status status, const char *message, const char *hint,
                      const sg_link *origin, int origin_count);

/* A growing list of names, to find the nearest of. */
typedef struct sg_names {
    const char **item;
    size_t count, room;
} sg_names;
void sg_names_add(sg_work *work, sg_names *names, const char *name);
/* The nearest of them, or NULL. */
const char *sg_names_nearest(const sg_names *names, const char *name);
/* "did you mean `x`?", or NULL. */
const char *sg_names_hint(sg_work *work, const sg_names *names, const char *name);
/* "a, b, c"; at most `most` of them, then "...". */
const char *sg_names_text(sg_work *work, const sg_names *names, size_t most);

/* Files whose lines messages may show. */
void sg_work_source(sg_work *work, const char *name, const char *text, size_t length);

#endif
