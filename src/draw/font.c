/* The dots of a small font. */
#include "draw/font.h"

#include "base/text.h"

#include <string.h>

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
    {'A', ".##./#..#/#..#/####/#..#/#..#/#..#"},
    {'B', "###./#..#/#..#/###./#..#/#..#/###."},
    {'C', ".###/#.../#.../#.../#.../#.../.###"},
    {'D', "###./#..#/#..#/#..#/#..#/#..#/###."},
    {'E', "####/#.../#.../###./#.../#.../####"},
    {'F', "####/#.../#.../###./#.../#.../#..."},
    {'G', ".###/#.../#.../#.##/#..#/#..#/.###"},
    {'H', "#..#/#..#/#..#/####/#..#/#..#/#..#"},
    {'I', "###/.#./.#./.#./.#./.#./###"},
    {'J', "...#/...#/...#/...#/...#/#..#/.##."},
    {'K', "#..#/#..#/#.#./##../#.#./#..#/#..#"},
    {'L', "#.../#.../#.../#.../#.../#.../####"},
    {'M', "#...#/##.##/#.#.#/#.#.#/#...#/#...#/#...#"},
    {'N', "#..#/##.#/##.#/#.##/#.##/#..#/#..#"},
    {'O', ".###./#...#/#...#/#...#/#...#/#...#/.###."},
    {'P', "###./#..#/#..#/###./#.../#.../#..."},
    {'Q', ".###./#...#/#...#/#...#/#.#.#/#..#./.##.#"},
    {'R', "###./#..#/#..#/###./#.#./#..#/#..#"},
    {'S', ".###/#.../#.../.##./...#/...#/###."},
    {'T', "#####/..#/..#/..#/..#/..#/..#"},
    {'U', "#..#/#..#/#..#/#..#/#..#/#..#/.##."},
    {'V', "#...#/#...#/#...#/#...#/.#.#./.#.#./..#.."},
    {'W', "#...#/#...#/#...#/#.#.#/#.#.#/#.#.#/.#.#."},
    {'X', "#..#/#..#/.##./.##./.##./#..#/#..#"},
    {'Y', "#...#/#...#/.#.#./..#../..#../..#../..#.."},
    {'Z', "####/...#/..#./.#../.#../#.../####"},
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
    {'+', "///.#./###/.#."},
    {'_', "///////####"},
    {'/', "..#/..#/.#./.#./.#./#../#.."},
    {'%', "##..#/##.#./...#./..#../.#.../.#.##/#..##"},
    {'(', ".#/#./#./#./#./#./.#"},
    {')', "#./.#/.#/.#/.#/.#/#."},
    {'=', "///####/..../####"},
};

/* The letters below the accents of U+00C0 to U+017F. */
static const char bare[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy"
                           "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLl"
                           "NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

static const struct glyph space = {' ', "..."}, no_letter = {0, "####/#..#/#..#/#..#/#..#/#..#/####"};

/* The glyph of the character that *text begins with; *text goes on to the next one. NULL: an accent by
 * itself, which stands on the letter before. */
static const struct glyph *next(const char **text) {
    const unsigned char *at = (const unsigned char *)*text;
    size_t length = sg_utf8_length(*text, strlen(*text));
    unsigned code = length == 2 ? (at[0] & 31u) << 6 | (at[1] & 63u) : at[0];
    *text += length ? length : 1;
    if (length == 2 && code >= 0x300 && code < 0x370) return NULL;
    char letter = length == 1                                    ? (char)code
                  : length == 2 && code - 0xC0 < sizeof bare - 1 ? bare[code - 0xC0]
                                                                 : 0;
    for (size_t i = 0; letter && i < sizeof glyphs / sizeof glyphs[0]; i++)
        if (glyphs[i].letter == letter) return &glyphs[i];
    return letter == ' ' ? &space : &no_letter;
}

/* The widest row. */
static int glyph_width(const struct glyph *glyph) {
    int widest = 0, width = 0;
    for (const char *at = glyph->rows; *at; at++) {
        width = *at == '/' ? 0 : width + 1;
        if (width > widest) widest = width;
    }
    return widest;
}

int sg_font_width(const char *text) {
    int width = 0;
    while (*text) {
        const struct glyph *glyph = next(&text);
        if (glyph) width += glyph_width(glyph) + 1;
    }
    return width > 0 ? width - 1 : 0;
}

void sg_font_draw(sg_image *image, int x, int y, const char *text, int scale, const uint8_t colour[3]) {
    while (*text) {
        const struct glyph *glyph = next(&text);
        int column = 0, row = 0;
        for (const char *at = glyph ? glyph->rows : ""; *at; at++) {
            if (*at == '#') sg_image_fill(image, x + column * scale, y + row * scale, scale, scale, colour);
            column = *at == '/' ? 0 : column + 1;
            row += *at == '/';
        }
        if (glyph) x += (glyph_width(glyph) + 1) * scale;
    }
}
