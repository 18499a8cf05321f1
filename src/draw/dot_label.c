/* What stands in boxes and at edges. */
#include "draw/dot_label.h"

#include "draw/dot_style.h"

#include <inttypes.h>
#include <string.h>

enum { LONGEST_NAME = 36 };

static const char *keep(sg_dot *dot, sg_text *text) {
    const char *kept = text->failed ? NULL : sg_bump_text(dot->memory, sg_text_get(text));
    sg_text_finish(text);
    return kept;
}

void sg_dot_put_shape(sg_text *text, const sg_dot *dot, const sg_value_info *info) {
    int64_t batch = dot->varies[info->node] ? sg_graph_batch(dot->graph) : 1;
    if (info->shape.rank == 0) sg_text_append(text, "scalar");
    for (int i = 0; i < info->shape.rank; i++) {
        int64_t size = info->shape.dim[i];
        if (i) sg_text_append(text, "×");
        if (batch > 1 && size > 0 && size % batch == 0) {
            if (size > batch) sg_text_printf(text, "%" PRId64 "·", size / batch);
            sg_text_append(text, "batch");
            /* Further multiples are sizes that happen to be. */
            if (batch != SG_SYMBOLIC_BATCH) batch = 1;
        } else {
            sg_text_printf(text, "%" PRId64, size);
        }
    }
}

const char *sg_dot_flow_label(sg_dot *dot, sg_value source, sg_value read) {
    const sg_value_info *from = sg_graph_value(dot->graph, source), *to = sg_graph_value(dot->graph, read);
    sg_text text = {0};
    /* Views that move elements are told by both shapes; a slice by what is left. */
    if (!sg_shape_equal(&from->shape, &to->shape) &&
        sg_shape_elements(&from->shape) == sg_shape_elements(&to->shape)) {
        sg_dot_put_shape(&text, dot, from);
        sg_text_append(&text, " → ");
    }
    sg_dot_put_shape(&text, dot, to);
    sg_text_printf(&text, " %s", sg_type_name(to->type));
    return keep(dot, &text);
}

const char *sg_dot_value_name(sg_dot *dot, sg_value value) {
    char name[1024];
    return sg_bump_text(dot->memory, sg_graph_value_name(dot->graph, value, name, sizeof name));
}

int sg_dot_times(const sg_dot *dot, int scope) {
    const sg_dot_scope *s = &dot->scope[scope];
    return s->run >= 0 && dot->run[s->run].period == 1 ? dot->run[s->run].count : 1;
}

const char *sg_dot_within(const sg_dot *dot, const char *path, int scope) {
    const char *head = scope < 0 ? "" : dot->scope[scope].scope->path;
    size_t length = strlen(head);
    return length && strncmp(path, head, length) == 0 && path[length] == '.' ? path + length + 1 : path;
}

void sg_dot_scope_name(sg_text *text, const sg_dot *dot, int scope) {
    const sg_dot_scope *s = &dot->scope[scope];
    sg_text_append(text, s->tail);
    int times = sg_dot_times(dot, scope);
    if (times > 1) sg_text_printf(text, "–%" PRId64, s->round + times - 1);
}

/* A long name keeps its beginning and its end. */
static void put_name(sg_text *text, const char *name) {
    size_t length = strlen(name);
    if (length <= LONGEST_NAME) {
        sg_dot_put_html(text, length ? name : " "); /* Graphviz refuses an empty element */
        return;
    }
    size_t head = LONGEST_NAME / 2, tail = length - LONGEST_NAME / 2 + 1;
    while (head > 0 && ((unsigned char)name[head] & 0xC0) == 0x80) head--;
    while (((unsigned char)name[tail] & 0xC0) == 0x80) tail++;
    sg_text begin = {0};
    sg_text_append_bytes(&begin, name, head);
    sg_dot_put_html(text, sg_text_get(&begin));
    if (begin.failed) text->failed = true;
    sg_text_finish(&begin);
    sg_text_append(text, "…");
    sg_dot_put_html(text, name + tail);
}

/* Is the name only the op's, with a number that makes it unique ("mul", "mul:2")? */
static bool is_anonymous(const char *name, const char *op) {
    size_t length = strlen(op);
    return strncmp(name, op, length) == 0 && (name[length] == 0 || name[length] == ':');
}

/* Updates that are gathered by op. */
static void put_update_names(sg_text *text, const sg_dot_box *box) {
    sg_text_append(text, "<B>");
    put_name(text, strrchr(box->id, '/') + 1);
    sg_text_append(text, "</B>");
    if (box->cost.nodes > 1) sg_text_printf(text, " <B>× %d</B>", box->cost.nodes);
}

/* The length of a name without what a formula adds for its inner nodes: "placed.3_where" is a part of
 * "placed". */
static size_t plain_length(const char *name, const char *op) {
    size_t length = strlen(name), own = strlen(op);
    if (length < own + 4 || strcmp(name + length - own, op) != 0 || name[length - own - 1] != '_')
        return length;
    size_t digits = length - own - 1, end = digits;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
    return digits < end && digits > 1 && name[digits - 1] == '.' ? digits - 1 : length;
}

/* The name of a box of the forward pass; what it is goes to *what, unless that is its name. */
static void put_names(sg_text *text, const sg_dot *dot, const sg_dot_box *box, const char **what) {
    const char *name;
    sg_text words = {0};
    if (box->scope >= 0) {
        const sg_dot_scope *scope = &dot->scope[box->scope];
        *what = scope->scope->block;
        size_t plain = plain_length(scope->tail, *what);
        if (scope->tail[plain])
            sg_text_append_bytes(&words, scope->tail, plain);
        else
            sg_dot_scope_name(&words, dot, box->scope);
    } else {
        const sg_node *node = sg_graph_node(dot->graph, box->node);
        *what = sg_op_schema(node->op)->name;
        name = sg_dot_within(dot, node->path, box->parent);
        sg_text_append_bytes(&words, name, plain_length(name, *what));
    }
    name = sg_text_get(&words);
    bool anonymous = is_anonymous(name, *what);
    sg_text_append(text, "<B>");
    put_name(text, anonymous ? *what : name);
    sg_text_append(text, "</B>");
    if (anonymous) *what = "";
    if (words.failed) text->failed = true;
    sg_text_finish(&words);
}

static void put_gradient_names(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    sg_text_append(text, "<B>∂ ");
    if (dot->options.all || box->forward < 0) {
        const char *name = box->id + (strncmp(box->id, "grad/", 5) ? 0 : 5);
        put_name(text, sg_dot_within(dot, name, box->parent));
    } else {
        const sg_dot_box *forward = &dot->box[box->forward];
        const char *name = sg_dot_within(dot, forward->id, forward->parent);
        const char *op = sg_op_schema(sg_graph_node(dot->graph, forward->node)->op)->name;
        sg_text plain = {0};
        if (forward->scope >= 0)
            sg_dot_scope_name(&plain, dot, forward->scope);
        else
            sg_text_append_bytes(&plain, name, plain_length(name, op));
        put_name(text, sg_text_get(&plain));
        if (plain.failed) text->failed = true;
        sg_text_finish(&plain);
    }
    sg_text_append(text, "</B>");
}

void sg_dot_box_names(sg_text *text, const sg_dot *dot, const sg_dot_box *box, const char **what) {
    *what = "";
    if (box->part == SG_DOT_GRADIENT)
        put_gradient_names(text, dot, box);
    else if (box->part == SG_DOT_UPDATE)
        put_update_names(text, box);
    else
        put_names(text, dot, box, what);
}

void sg_dot_put_note_and_cost(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    bool block = box->scope >= 0 && box->part == SG_DOT_FORWARD;
    const char *note = block ? dot->scope[box->scope].note : NULL;
    sg_text cost = {0};
    sg_dot_put_cost(&cost, dot, &box->cost, block ? sg_dot_times(dot, box->scope) : 1);
    if (note) sg_dot_put_html(text, note);
    if (note && cost.length) sg_text_append(text, " · ");
    sg_text_append(text, sg_text_get(&cost));
    if (cost.failed) text->failed = true;
    sg_text_finish(&cost);
}

/* The line below the names: what is cut off behind the box, a weight's shape, the time, or what it costs. */
static void put_second_line(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    if (box->cut) {
        sg_text_printf(text, "… %d more", box->cut);
    } else if (dot->options.seconds) {
        if (box->seconds <= 0) return;
        sg_dot_put_seconds(text, box->seconds);
        sg_dot_put_share(text, box->seconds, dot->seconds);
    } else if (box->kind == SG_DOT_KIND_STORED && box->scope < 0) {
        const sg_value_info *info = sg_graph_value(dot->graph, sg_graph_node(dot->graph, box->node)->out[0]);
        sg_dot_put_shape(text, dot, info);
        sg_text_printf(text, " %s", sg_type_name(info->type));
    } else {
        sg_dot_put_note_and_cost(text, dot, box);
    }
}

/* A bar for a good part of the work of the forward pass; where boxes are coloured by something else, none. */
static bool has_bar(const sg_dot *dot, const sg_dot_box *box, double *share) {
    enum { MATTERS = 50 }; /* one part in so many */
    double whole = dot->total[SG_DOT_FORWARD].flops;
    int times = 1;
    for (int s = box->scope >= 0 ? box->scope : box->parent; s >= 0; s = dot->scope[s].parent)
        times *= sg_dot_times(dot, s);
    *share = whole > 0 ? box->cost.flops * times / whole : 0;
    return box->part == SG_DOT_FORWARD && !box->cut && !dot->options.seconds && !dot->other &&
           *share * MATTERS >= 1;
}

void sg_dot_box_label(sg_text *text, const sg_dot *dot, const sg_dot_box *box) {
    const sg_dot_theme *theme = sg_dot_theme_of(&dot->options);
    sg_dot_style look = sg_dot_look(dot, box);
    bool plain =
        strcmp(look.text, theme->text) == 0 && !dot->options.seconds; /* grey fades on strong colours */
    const char *dim = plain ? theme->dim : look.text, *what;
    double share;
    bool bar = has_bar(dot, box, &share);
    sg_text second = {0}, settings = {0};
    put_second_line(&second, dot, box);
    if (!box->cut) sg_dot_put_settings(&settings, dot, box);
    if (bar) sg_text_append(text, "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"0\"><TR><TD>");
    sg_text_printf(text, "<FONT COLOR=\"%s\">", look.text);
    if (box->change) sg_text_printf(text, "<B>%s</B>", sg_dot_change_sign(box->change));
    sg_dot_box_names(text, dot, box, &what);
    if (*what) {
        sg_text_printf(text, " <FONT COLOR=\"%s\">", dim);
        put_name(text, what);
        sg_text_append(text, "</FONT>");
    }
    if (box->part == SG_DOT_FORWARD && box->scope >= 0 && sg_dot_times(dot, box->scope) > 1)
        sg_text_printf(text, " <B>× %d</B>", sg_dot_times(dot, box->scope));
    if (settings.length)
        sg_text_printf(text, " <FONT POINT-SIZE=\"8\" COLOR=\"%s\">%s</FONT>", dim, sg_text_get(&settings));
    /* Taller spaces keep the lines apart. */
    if (second.length)
        sg_text_printf(text,
                       "<BR/><FONT POINT-SIZE=\"10\"> <FONT POINT-SIZE=\"8\" COLOR=\"%s\">%s</FONT> </FONT>",
                       dim, sg_text_get(&second));
    sg_text_append(text, "</FONT>");
    if (bar) {
        sg_text_append(text, "</TD></TR><TR><TD>");
        sg_dot_put_bar(text, dot, share, 1, look.line, false);
        sg_text_append(text, "</TD></TR></TABLE>");
    }
    if (second.failed || settings.failed) text->failed = true;
    sg_text_finish(&second);
    sg_text_finish(&settings);
}
