/* Puts pages together from their files. */
#include "draw/page.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static void put_text(sg_text *html, const char *text, sg_page_marker *put, void *data);

static void inflate_file(sg_text *text, const sg_embedded *file) {
    char part[4096];
    z_stream stream = {.next_in = (Bytef *)file->text, .avail_in = (uInt)file->length};
    int code = inflateInit(&stream);
    bool begun = code == Z_OK;
    while (code == Z_OK) {
        stream.next_out = (Bytef *)part;
        stream.avail_out = sizeof part;
        code = inflate(&stream, Z_NO_FLUSH);
        sg_text_append_bytes(text, part, sizeof part - stream.avail_out);
    }
    if (code != Z_STREAM_END) text->failed = true; /* there is no memory */
    if (begun) inflateEnd(&stream);
}

/* False where that is no marker. */
static bool put_marked(sg_text *html, const char *name, sg_page_marker *put, void *data) {
    for (const sg_embedded *file = sg_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0) {
            sg_text text = {0};
            inflate_file(&text, file);
            put_text(html, sg_text_get(&text), put, data);
            html->failed |= text.failed;
            sg_text_finish(&text);
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
