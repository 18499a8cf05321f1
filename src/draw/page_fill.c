/* Puts pages together from their files. */
#include "draw/page.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

typedef struct filling {
    sg_text *html;
    const sg_page_parts *parts;
    sg_page_marker *put;
    void *data;
} filling;

static void put_text(const filling *page, const char *text);

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

static bool put_file(const filling *page, const char *name) {
    for (const sg_embedded *file = sg_page_files; file->name; file++)
        if (strcmp(file->name, name) == 0) {
            sg_text text = {0};
            inflate_file(&text, file);
            put_text(page, sg_text_get(&text));
            page->html->failed |= text.failed;
            sg_text_finish(&text);
            return true;
        }
    return false;
}

static void put_scripts(const filling *page) {
    for (int i = 0; i < SG_PAGE_SCRIPTS && page->parts->scripts[i]; i++) {
        put_file(page, page->parts->scripts[i]);
        sg_text_append_char(page->html, '\n');
    }
}

/* False where that is no marker. */
static bool put_marked(const filling *page, const char *name) {
    if (strcmp(name, "STYLE") == 0) return put_file(page, page->parts->style);
    if (strcmp(name, "BODY") == 0) return put_file(page, page->parts->body);
    if (strcmp(name, "SCRIPTS") != 0) return put_file(page, name) || page->put(page->html, name, page->data);
    put_scripts(page);
    return true;
}

static void put_text(const filling *page, const char *text) {
    sg_text *html = page->html;
    for (const char *at; (at = strchr(text, '@'));) {
        size_t length = strcspn(at + 1, "@\n");
        char name[64];
        sg_text_append_bytes(html, text, (size_t)(at - text));
        text = at + 1;
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 0), text);
        if (text[length] == '@' && put_marked(page, name))
            text += length + 1;
        else
            sg_text_append_char(html, '@');
    }
    sg_text_append(html, text);
}

void sg_page_fill(sg_text *html, const sg_page_parts *parts, sg_page_marker *put, void *data) {
    put_file(&(filling){html, parts, put, data}, "page/frame.html");
}
