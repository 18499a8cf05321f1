#include "draw/name.h"

#include "draw/font.h"
#include "draw/tile.h"

#include <string.h>

/* Whether the byte is not the first one of a character. */
static bool goes_on(char byte) {
    return (byte & 0xC0) == 0x80;
}

size_t sg_name_shared(const char *const *names, int count) {
    size_t shared = count > 1 ? strlen(names[0]) : 0;
    for (int i = 1; i < count; i++) {
        size_t same = 0;
        while (same < shared && names[i][same] == names[0][same]) same++;
        shared = same;
    }
    while (shared > 0 && goes_on(names[0][shared])) shared--;
    return shared;
}

static size_t after(const char *name, size_t at) {
    at++;
    while (goes_on(name[at])) at++;
    return at;
}

static size_t before(const char *name, size_t at) {
    at--;
    while (at > 0 && goes_on(name[at])) at--;
    return at;
}

/* The name without what stands before `from`, and between `left` and `right`; says whether that fits. */
static bool put(sg_text *out, const char *name, size_t from, size_t left, size_t right, int width) {
    sg_text_clear(out);
    if (from > 0) sg_text_append(out, "...");
    sg_text_append_bytes(out, name + from, left - from);
    if (left < right) sg_text_append(out, "...");
    sg_text_append(out, name + right);
    return sg_font_width(sg_text_get(out)) <= width;
}

void sg_name_fit(sg_text *out, const char *name, size_t shared, int width) {
    size_t end = strlen(name), from = 0;
    bool fits = put(out, name, from, end, end, width);
    while (!fits && from < shared) {
        from = after(name, from);
        fits = put(out, name, from, end, end, width);
    }
    size_t left = before(name, from + (end - from) / 2 + 1), right = left;
    while (!fits && (left > from || right < end)) {
        if (left - from > end - right)
            left = before(name, left);
        else
            right = after(name, right);
        fits = put(out, name, from, left, right, width);
    }
}

sg_status sg_name_draw(sg_image *image, int x, int y, const char *name, size_t shared, int width, int scale,
                       sg_error *error) {
    sg_text shown = {0};
    sg_name_fit(&shown, name, shared, width / scale);
    if (!shown.failed) sg_font_draw(image, x, y, sg_text_get(&shown), scale, sg_tile_ink);
    sg_status status =
        shown.failed ? sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while drawing a sheet") : SG_OK;
    sg_text_finish(&shown);
    return status;
}
