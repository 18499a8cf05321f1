/* base/options.h - structures of options, which grow: the first member of each is its size. */
#ifndef SG_BASE_OPTIONS_H
#define SG_BASE_OPTIONS_H

#include <stddef.h>
#include <string.h>

/* Copies what the caller gave (NULL: nothing) over the defaults in `own`, a structure of `room` bytes.
 * Callers that were compiled against a shorter one leave the rest at its default. */
static inline void sg_options_take(void *own, size_t room, const void *given) {
    size_t size = 0;
    if (!given) return;
    memcpy(&size, given, sizeof size);
    memcpy(own, given, size < room ? size : room);
    memcpy(own, &room, sizeof room);
}

#endif
