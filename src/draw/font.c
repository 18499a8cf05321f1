/* The dots of a small font. */
#include "draw/font.h"

#include "base/numeric.h"

#include <stdbool.h>
#include <string.h>

enum { SPACE_WIDTH = 3 };

/* Nine rows of up to five dots, top to bottom, rows separated by '/'; missing rows at the end are empty. */
static const struct glyph {
    char letter;
    const char *rows;
} glyphs[] = {
    {'a', "//.##./...#/.###/#..#/.###"},
    {'b', "#.../#.../###./#..#/#..#/#..#/###."},
    {'c', "//.###/#.../#.../#.../.###"},
    {'d', "...#/...#/.###/#..#/#..#/#..#/.###"},
    {'e', "//.##./#..#/####/#.../.###"},
    {'f', ".##/#../###/#../#../#../#.."},
    {'g', "//.###/#..#/#..#/#..#/.###/...#/###."},
    {'h', "#.../#.../###./#..#/#..#/#..#/#..#"},
    {'i', "#/./#/#/#/#/#"},
    {'j', ".#/../.#/.#/.#/.#/.#/.#/#."},
    {'k', "#.../#.../#..#/#.#./##../#.#./#..#"},
    {'l', "#/#/#/#/#/#/#"},
    {'m', "//####./#.#.#/#.#.#/#.#.#/#.#.#"},
    {'n', "//###./#..#/#..#/#..#/#..#"},
    {'o', "//.##./#..#/#..#/#..#/.##."},
    {'p', "//###./#..#/#..#/#..#/###./#.../#..."},
    {'q', "//.###/#..#/#..#/#..#/.###/...#/...#"},
    {'r', "//#.#/##./#../#../#.."},
    {'s', "//.###/#.../.##./...#/###."},
    {'t', "#../#../###/#../#../#../.##"},
    {'u', "//#..#/#..#/#..#/#..#/.###"},
    {'v', "//#...#/#...#/.#.#./.#.#./..#.."},
    {'w', "//#...#/#.#.#/#.#.#/#.#.#/.#.#."},
    {'x', "//#..#/#..#/.##./#..#/#..#"},
    {'y', "//#..#/#..#/#..#/#..#/.###/...#/###."},
    {'z', "//####/...#/.##./#.../####"},
    {'0', ".##./#..#/#..#/#..#/#..#/#..#/.##."},
    {'1', ".#/##/.#/.#/.#/.#/.#"},
    {'2', ".##./#..#/...#/..#./.#../#.../####"},
    {'3', "###./...#/...#/.##./...#/...#/###."},
    {'4', "..##/.#.#/#..#/#..#/####/...#/...#"},
    {'5', "####/#.../###./...#/...#/...#/###."},
    {'6', ".##./#.../#.../###./#..#/#..#/.##."},
    {'7', "####/...#/...#/..#./..#./.#../.#.."},
    {'8', ".##./#..#/#..#/.##./#..#/#..#/.##."},
    {'9', ".##./#..#/#..#/.###/...#/...#/.##."},
    {'.', "//////#"},
    {',', "//////.#/#."},
    {':', "///#/././#"},
    {'-', "////###"},
    {'_', "///////####"},
    {'/', "..#/..#/.#./.#./.#./#../#.."},
    {'%', "##..#/##.#./...#./..#../.#.../.#.##/#..##"},
    {'(', ".#/#./#./#./#./#./.#"},
    {')', "#./.#/.#/.#/.#/.#/#."},
    {'=', "///####/..../####"},
};

static const struct glyph *find(char letter) {
    char lower = sg_to_lower(letter);
    for (size_t i = 0; i < sizeof glyphs / sizeof glyphs[0]; i++)
        if (glyphs[i].letter == lower) return &glyphs[i];
    return NULL;
}

/* The widest row. */
static int glyph_width(const struct glyph *glyph) {
    if (!glyph) return SPACE_WIDTH;
    int widest = 0, width = 0;
    for (const char *at = glyph->rows; *at; at++) {
        width = *at == '/' ? 0 : width + 1;
        if (width > widest) widest = width;
    }
    return widest;
}

int sg_font_width(const char *text) {
    int width = 0;
    for (const char *at = text; *at; at++) width += glyph_width(find(*at)) + 1;
    return width > 0 ? width - 1 : 0;
}

void sg_font_draw(sg_image *image, int x, int y, const char *text, int scale, const uint8_t colour[3]) {
    for (; *text; text++) {
        const struct glyph *glyph = find(*text);
        int column = 0, row = 0;
        for (const char *at = glyph ? glyph->rows : ""; *at; at++) {
            if (*at == '#') sg_image_fill(image, x + column * scale, y + row * scale, scale, scale, colour);
            column = *at == '/' ? 0 : column + 1;
            row += *at == '/';
        }
        x += (glyph_width(glyph) + 1) * scale;
    }
}
