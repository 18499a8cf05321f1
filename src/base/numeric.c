#include "base/numeric.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* The C locale for this thread, and what it had before: NULL where there is none to be had. Making it
 * allocates nothing. */
typedef struct plain {
    locale_t c, before;
} plain;

static plain begin(void) {
    plain p = {.c = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (p.c) p.before = uselocale(p.c);
    return p;
}

static void end(const plain *p) {
    if (!p->c) return;
    uselocale(p->before);
    freelocale(p->c);
}

double sg_strtod(const char *text, char **rest) {
    plain p = begin();
    double number = strtod(text, rest);
    end(&p);
    return number;
}

int sg_vsnprintf(char *to, size_t size, const char *format, va_list arguments) {
    plain p = begin();
    int length = vsnprintf(to, size, format, arguments);
    end(&p);
    return length;
}

int sg_snprintf(char *to, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = sg_vsnprintf(to, size, format, arguments);
    va_end(arguments);
    return length;
}
