/* simgraph/error.h - status codes and messages.
 *
 * A function that can fail returns an sg_status and fills the sg_error it was handed (NULL: the message is
 * dropped). The library never prints and never aborts. */
#ifndef SIMGRAPH_ERROR_H
#define SIMGRAPH_ERROR_H

#include <stdarg.h>

/* Every header is C and, for those who call the library from it, C++. Macros that make structures and arrays
 * on the spot are there in C alone. */
#ifdef __cplusplus
#define SG_BEGIN_C extern "C" {
#define SG_END_C }
#else
#define SG_BEGIN_C
#define SG_END_C
#endif

#if defined(__GNUC__)
#define SG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SG_PRINTF(text, first)
#endif

SG_BEGIN_C

/* The value of a status is the exit code of the command-line program. */
typedef enum sg_status {
    SG_OK = 0,
    SG_FAILURE = 1,        /* anything without a code of its own */
    SG_BAD_USAGE = 2,      /* a wrong flag, or a call that breaks a function's contract */
    SG_BAD_GRAPH = 3,      /* a graph file or a graph built in code */
    SG_BAD_DATA = 4,       /* images, arrays, weights */
    SG_BAD_CHECKPOINT = 5, /* a checkpoint that is missing, damaged or belongs to something else */
    SG_IO_ERROR = 6,       /* the operating system refused a read or a write */
    SG_NOT_FINITE = 7,     /* NaN or infinity where a number must be */
    SG_OUT_OF_MEMORY = 8,
} sg_status;

/* What an error of shape inference blames, so that the graph reader can put its caret there. */
typedef enum sg_blame { SG_BLAME_NODE = 0, SG_BLAME_INPUT, SG_BLAME_ATTR } sg_blame;

enum { SG_MESSAGE_MAX = 1024 };

typedef struct sg_error {
    sg_status status;
    sg_blame blame;
    int which;                    /* index of the blamed input or attribute */
    char message[SG_MESSAGE_MAX]; /* one lower-case line that names the thing and the fix, no newline */
} sg_error;

/* What a word of a message ends in behind a number: "%lld image%s". */
static inline const char *sg_plural(long long count) {
    return count == 1 ? "" : "s";
}

/* Fills `error` (may be NULL) and returns `status`, so that a failing function ends in `return sg_fail(...)`.
 */
sg_status sg_fail(sg_error *error, sg_status status, const char *format, ...) SG_PRINTF(3, 4);

/* Puts "<format>: " in front of the message that is there; returns the status that is there. */
sg_status sg_fail_prefix(sg_error *error, const char *format, ...) SG_PRINTF(2, 3);

/* As sg_fail with SG_BAD_GRAPH, and says what is to blame. */
sg_status sg_fail_at(sg_error *error, sg_blame blame, int which, const char *format, ...) SG_PRINTF(4, 5);

SG_END_C

#endif
