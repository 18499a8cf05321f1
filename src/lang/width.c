#include "lang/width.h"

#include <stddef.h>

typedef struct range {
    unsigned first, last;
} range;

static const range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
                             {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
                             {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};
static const range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
                             {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
                             {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static int is_in(unsigned code, const range *table, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (code >= table[i].first && code <= table[i].last) return 1;
    return 0;
}

int sg_width_of(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
    unsigned code = more ? *c & (0x3fu >> more) : *c;
    for (int i = 1; i <= more && (c[i] & 0xc0) == 0x80; i++) code = code << 6 | (c[i] & 0x3fu);
    if (is_in(code, none, sizeof none / sizeof *none)) return 0;
    return is_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}
