/* The two themes: their colours, and how a box comes to look as it does. No two uses of a colour in the light
 * theme differ in the dark one, so that a picture can be turned from one into the other colour by colour. */
#include "draw/dot_style.h"

#include <math.h>

static const sg_dot_theme light = {
    .paper = "#FFFFFF",
    .text = "#000000",
    .dim = "#565656",
    .edge = "#666666",
    .gradient = "#D55E00",
    .frame = {"#F7F7F7", "#EEEEEE"},
    .frame_line = "#BBBBBB",
    .track = "#E2E2E2",
    .heat = {"#FFF9F0", "#FEE3B8", "#FDBF79", "#F28A48", "#D04A20", "#8C1A04"},
    .heat_text = {"#000000", "#000000", "#000000", "#000000", "#FFFFFC", "#FFFFFC"},
    .change = {"#999999", "#00805E", "#D5500A", "#A87500"},
    .change_fill = {"#F4F4F4", "#CDEFE1", "#FBDCCB", "#FCEBC4"},
    .kind =
        {
            {"input", "note", "filled", "#D6ECFA", "#3A9BD0", "#000000"},
            {"weight", "cylinder", "filled", "#FCF8CF", "#B8A600", "#000000"},
            {"random", "box", "filled,diagonals", "#FBE6BF", "#E69F00", "#000000"},
            {"product", "box", "filled", "#CFE0EF", "#0072B2", "#000000"},
            {"elementwise", "box", "filled,rounded", "#D0EDE3", "#009E73", "#000000"},
            {"normalisation", "box", "striped", "#F5E0EC", "#CC79A7", "#000000"},
            {"reduction", "folder", "filled", "#E3BDD4", "#9C4377", "#000000"},
            {"indexing", "tab", "filled", "#F0F0F0", "#676767", "#000000"},
            {"layout", "box", "filled,dashed", "#FAFAFA", "#888888", "#000000"},
            {"loss", "octagon", "filled", "#222222", "#010101", "#FEFEFE"},
            {"block", "box", "filled", "#FDFDFD", "#555555", "#000000"},
            {"gradient", "box", "filled,rounded", "#FBE0D0", "#D55E00", "#000000"},
            {"update", "component", "filled", "#F6C9AE", "#D55E00", "#000000"},
        },
};

static const sg_dot_theme dark = {
    .paper = "#15181C",
    .text = "#F0F0F0",
    .dim = "#AAB2BB",
    .edge = "#98A2AD",
    .gradient = "#F08A4B",
    .frame = {"#1E2329", "#272D35"},
    .frame_line = "#48515C",
    .track = "#3A424B",
    .heat = {"#1D1A1A", "#4A2410", "#7A3410", "#B04E14", "#E2803A", "#FFD7A0"},
    .heat_text = {"#F0F0F0", "#F0F0F0", "#F0F0F0", "#F0F0F0", "#000003", "#000003"},
    .change = {"#7C858F", "#33CFA0", "#F58A55", "#E8B53D"},
    .change_fill = {"#22262B", "#0D4030", "#55250F", "#4B3A0C"},
    .kind =
        {
            {"input", "note", "filled", "#1C3F54", "#56B4E9", "#F0F0F0"},
            {"weight", "cylinder", "filled", "#4A4718", "#F0E442", "#F0F0F0"},
            {"random", "box", "filled,diagonals", "#4D3809", "#E69F00", "#F0F0F0"},
            {"product", "box", "filled", "#0B3A57", "#3C9BD6", "#F0F0F0"},
            {"elementwise", "box", "filled,rounded", "#0C3F32", "#1FBF94", "#F0F0F0"},
            {"normalisation", "box", "striped", "#47303E", "#CC79A7", "#F0F0F0"},
            {"reduction", "folder", "filled", "#66405A", "#EBB0D2", "#F0F0F0"},
            {"indexing", "tab", "filled", "#33383E", "#9AA3AD", "#F0F0F0"},
            {"layout", "box", "filled,dashed", "#22272D", "#8A939D", "#F0F0F0"},
            {"loss", "octagon", "filled", "#F0F0F0", "#FFFFFF", "#000000"},
            {"block", "box", "filled", "#15181C", "#AAB2BB", "#F0F0F0"},
            {"gradient", "box", "filled,rounded", "#4A2610", "#F08A4B", "#F0F0F0"},
            {"update", "component", "filled", "#5E300F", "#F08A4B", "#F0F0F0"},
        },
};

const sg_dot_theme *sg_dot_theme_of(const sg_dot_options *options) {
    return options->dark && !options->follow ? &dark : &light;
}

static void write_rule(sg_text *css, const char *from, const char *to) {
    char colour[8];
    for (int i = 0; i < 8; i++)
        colour[i] = (char)(from[i] >= 'A' && from[i] <= 'F' ? from[i] - 'A' + 'a' : from[i]);
    sg_text_printf(css, "[fill=\"%s\"]{fill:%s}[stroke=\"%s\"]{stroke:%s}\n", colour, to, colour, to);
}

void sg_dot_write_rules(sg_text *css) {
    const char *const *from = &light.paper, *const *to = &dark.paper;
    size_t count = offsetof(sg_dot_theme, kind) / sizeof *from;
    for (size_t i = 0; i < count; i++) write_rule(css, from[i], to[i]);
    for (int k = 0; k < SG_DOT_KIND_COUNT; k++) {
        write_rule(css, light.kind[k].fill, dark.kind[k].fill);
        write_rule(css, light.kind[k].line, dark.kind[k].line);
        write_rule(css, light.kind[k].text, dark.kind[k].text);
    }
    /* Graphviz names black, or leaves it out, and names white. */
    sg_text_printf(css, "text:not([fill]){fill:%s}[fill=\"white\"]{fill:%s}[stroke=\"black\"]{stroke:%s}\n",
                   dark.text, dark.paper, dark.text);
}

int sg_dot_heat_of(const sg_dot *dot, double seconds) {
    /* The square root leaves steps for what is neither nothing nor the hottest. */
    double share = dot->hottest > 0 ? sqrt(seconds / dot->hottest) : 0;
    int heat = (int)(share * SG_DOT_HEATS);
    return heat < SG_DOT_HEATS ? heat : SG_DOT_HEATS - 1;
}

const char *sg_dot_change_sign(sg_dot_change change) {
    static const char *const sign[] = {"", "+ ", "− ", "~ "};
    return sign[change];
}

sg_dot_style sg_dot_look(const sg_dot *dot, const sg_dot_box *box) {
    static const char *const changed[] = {"", ",bold", ",bold,dashed", ",bold"};
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    sg_dot_style look = theme->kind[box->kind];
    look.extra = "";
    if (box->aim || box->minimised) look.extra = ",bold";
    if (dot->other) {
        look.fill = theme->change_fill[box->change], look.line = theme->change[box->change];
        look.text = box->change ? theme->text : theme->dim;
        look.extra = changed[box->change];
    } else if (dot->options.seconds) {
        int heat = sg_dot_heat_of(dot, box->seconds);
        look.fill = theme->heat[heat], look.text = theme->heat_text[heat];
    }
    return look;
}
