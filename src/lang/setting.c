#include "lang/setting.h"

#include "base/numeric.h"
#include "lang/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sg_setting_note(sg_work *work, sg_tree *value, const char *path) {
    sg_setting *setting = SG_TAKE(work, sg_setting, 1);
    *setting = (sg_setting){path, value->span, value->kind == SG_TREE_NUMBER, value->number, work->settings};
    work->settings = setting;
    value->setting = setting;
    for (size_t i = 0; i < value->count; i++) {
        const sg_entry *entry = &value->entry[i];
        const char *inner = entry->key ? sg_take_printf(work, "%s.%s", path, entry->key)
                                       : sg_take_printf(work, "%s.%zu", path, i);
        sg_setting_note(work, entry->value, inner);
    }
}

static bool same_place(sg_mark a, sg_mark b) {
    return a.line == b.line && a.column == b.column && a.file && b.file && strcmp(a.file, b.file) == 0;
}

static int add_link(sg_work *work, sg_span at, const sg_setting *s, sg_link *link, int links) {
    if (!s->is_number || links >= SG_MAX_SETTINGS || same_place(at.mark, s->span.mark)) return links;
    for (int i = 0; i < links; i++)
        if (same_place(link[i].mark, s->span.mark)) return links;
    link[links++] = (sg_link){sg_take_printf(work, "`%s` is %s", s->path, sg_number_words(work, s->number)),
                              s->span.mark};
    return links;
}

int sg_setting_links(sg_work *work, sg_span at, int count, const double *number,
                     const sg_setting *const *setting, sg_link link[SG_MAX_SETTINGS]) {
    int links = 0;
    for (int i = 0; i < count; i++) {
        if (setting[i]) links = add_link(work, at, setting[i], link, links);
        for (const sg_setting *s = setting[i] ? NULL : work->settings; s; s = s->next)
            if (s->number == number[i] && number[i] >= 2) links = add_link(work, at, s, link, links);
    }
    return links;
}

int sg_written_link(sg_work *work, sg_span at, const sg_tree *value, sg_link *link) {
    sg_mark mark = value->written.mark;
    if (!mark.line || !value->text || same_place(mark, sg_place_of_user(work, at).mark)) return 0;
    *link = (sg_link){sg_take_printf(work, "`%s` is written there", value->text), mark};
    return 1;
}

void sg_complain_value(sg_work *work, const sg_tree *value, const char *hint, const char *format, ...) {
    char text[SG_MESSAGE_MAX];
    sg_link link[SG_MAX_SETTINGS];
    va_list arguments;
    va_start(arguments, format);
    sg_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int links =
        sg_setting_links(work, value->span, value->setting ? 1 : 0, &value->number, &value->setting, link);
    if (!links) links = sg_written_link(work, value->span, value, link);
    sg_complain_with(work, value->span, SG_BAD_GRAPH, text, hint, link, links);
}
