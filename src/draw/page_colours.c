/* The colours of the page, as CSS. */
#include "draw/dot_style.h"
#include "draw/page.h"

static void put_theme(sg_text *css, const sg_dot_theme *t) {
    sg_text_printf(css,
                   ":root{--paper:%s;--text:%s;--dim:%s;--edge:%s;--gradient:%s;--frame0:%s;--frame1:%s;"
                   "--frame-line:%s;--track:%s;--link:%s}\n",
                   t->paper, t->text, t->dim, t->edge, t->gradient, t->frame[0], t->frame[1], t->frame_line,
                   t->track, t->kind[SG_DOT_KIND_PRODUCT].line);
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++)
        sg_text_printf(css, ".%s{--k-text:%s;--k-line:%s}.%s .outline{fill:%s;stroke:%s}\n", t->kind[k].name,
                       t->kind[k].text, t->kind[k].line, t->kind[k].name, t->kind[k].fill, t->kind[k].line);
    for (int k = 0; k < 4; k++)
        sg_text_printf(
            css, ".c%d .outline{fill:%s;stroke:%s}.frame.c%d>rect,.edge.c%d path{stroke:%s}.tip%d{fill:%s}\n",
            k, t->change_fill[k], t->change[k], k, k, t->change[k], k, t->change[k]);
    for (int h = 0; h < SG_DOT_HEATS; h++)
        sg_text_printf(css, ".half.h%d .outline{fill:%s}.half.h%d text,.half.h%d .what{fill:%s}\n", h,
                       t->heat[h], h, h, t->heat_text[h]);
}

void sg_page_put_colours(sg_text *css, const sg_dot_options *options) {
    sg_dot_options light = {0}, dark = {.dark = true};
    put_theme(css, sg_dot_theme_of(options->dark && !options->follow ? &dark : &light));
    if (!options->follow) return;
    sg_text_append(css, "@media (prefers-color-scheme:dark){\n");
    put_theme(css, sg_dot_theme_of(&dark));
    sg_text_append(css, "}\n");
}
