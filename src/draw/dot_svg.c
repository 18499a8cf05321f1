/* SVG that follows the reader's colour scheme: Graphviz writes colours as attributes, which rules of a style
 * sheet outweigh. */
#include "draw/dot_svg.h"

#include "draw/dot_style.h"

#include <stdlib.h>
#include <string.h>

sg_status sg_dot_follow_scheme(char **svg, size_t *bytes, sg_error *error) {
    const char *root = strstr(*svg, "<svg");
    const char *graph = root ? strstr(root, "class=\"graph " SG_DOT_FOLLOWS "\"") : NULL;
    const char *inside = graph ? strchr(root, '>') : NULL;
    if (!inside) return SG_OK;
    sg_text made = {0};
    sg_text_append_bytes(&made, *svg, (size_t)(inside + 1 - *svg));
    sg_text_append(&made, "\n<style>@media (prefers-color-scheme:dark){\n");
    sg_dot_write_rules(&made);
    sg_text_append(&made, "}</style>");
    sg_text_append(&made, inside + 1);
    size_t length = made.length;
    char *text = sg_text_take(&made);
    sg_text_finish(&made);
    if (!text) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a picture of %zu bytes", *bytes);
    free(*svg);
    *svg = text;
    *bytes = length;
    return SG_OK;
}
