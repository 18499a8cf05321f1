/* Puts pages together from their files. */
#include "draw/page.h"

#include <stdio.h>
#include <string.h>

static void put_text(sg_text *html, const char *text, sg_page_marker *put, void *data);

/* False where that is no marker. */
static bool put_marked(sg_text *html, const char *name, sg_page_marker *put, void *data) {
    for (const sg_embedded *file = sg_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0) {
            put_text(html, file->text, put, data);
            return true;
        }
    return put(html, name, data);
}

static void put_text(sg_text *html, const char *text, sg_page_marker *put, void *data) {
    for (const char *at; (at = strchr(text, '@'));) {
        size_t length = strcspn(at + 1, "@\n");
        char name[64];
        sg_text_append_bytes(html, text, (size_t)(at - text));
        text = at + 1;
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 0), text);
        if (text[length] == '@' && put_marked(html, name, put, data))
            text += length + 1;
        else
            sg_text_append_char(html, '@');
    }
    sg_text_append(html, text);
}

void sg_page_fill(sg_text *html, const char *file, sg_page_marker *put, void *data) {
    put_marked(html, file, put, data);
}
