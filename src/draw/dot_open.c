/* Which blocks are open: those down to a depth, or as many as are readable on one screen. */
#include "draw/dot_model.h"

#include "draw/dot_label.h"

#include <string.h>

enum {
    READABLE_BOXES = 30,
    READABLE_LEVELS = 13, /* boxes on the longest way from top to bottom */
    READABLE_COLUMNS = 8, /* and from left to right: boxes and what edges carry are wider than high */
    MATTERS = 50,         /* a block holds at least one part in so many of all operations or weights */
};

static bool readable(const sg_dot *dot) {
    int levels = 0, most = strcmp(dot->options.rankdir, "LR") == 0 ? READABLE_COLUMNS : READABLE_LEVELS;
    for (size_t i = 0; i < dot->box_count; i++)
        if (dot->box[i].level >= levels) levels = dot->box[i].level + 1;
    return dot->box_count <= READABLE_BOXES && levels <= most;
}

/* All instances of a block are opened together, so that a picture does not show two of them in two ways. */
static void want(sg_dot *dot, const char *block, bool wanted) {
    for (int s = 0; s < dot->scope_count; s++)
        if (strcmp(dot->scope[s].scope->block, block) == 0) dot->scope[s].wanted = wanted;
}

static bool matters(const sg_dot *dot, const sg_dot_scope *scope) {
    const sg_dot_cost *whole = &dot->total[SG_DOT_FORWARD];
    int times = sg_dot_times(dot, (int)(scope - dot->scope));
    return scope->cost.flops * times * MATTERS >= whole->flops ||
           scope->cost.parameters * times * MATTERS >= whole->parameters;
}

/* The block with most operations that is closed, could be opened and was not tried; NULL when there is none.
 */
static const char *heaviest(const sg_dot *dot, const sg_map *tried) {
    const sg_dot_scope *best = NULL;
    for (size_t i = 0; i < dot->box_count; i++) {
        if (dot->box[i].scope < 0) continue;
        const sg_dot_scope *scope = &dot->scope[dot->box[i].scope];
        if (scope->closed || !matters(dot, scope) || sg_map_find(tried, scope->scope->block)) continue;
        if (!best || scope->cost.flops > best->cost.flops) best = scope;
    }
    return best ? best->scope->block : NULL;
}

static void open_readable(sg_dot *dot) {
    sg_map tried = {0};
    sg_dot_build(dot);
    for (const char *block; !dot->failed && (block = heaviest(dot, &tried));) {
        if (!sg_map_put_int(&tried, block, 1)) dot->failed = true;
        want(dot, block, true);
        if (!dot->failed) sg_dot_build(dot);
        if (dot->failed || readable(dot)) continue;
        want(dot, block, false);
        sg_dot_build(dot);
    }
    sg_map_finish(&tried);
}

/* A block that the other graph does not have is open where the same kind of block is. */
static void open_like(sg_dot *dot, const sg_dot *like) {
    for (int s = 0; s < dot->scope_count; s++) {
        const sg_map_value *found = sg_map_find(&like->scopes_by_path, dot->scope[s].scope->path);
        bool wanted = found && like->scope[found->i].wanted;
        for (int k = 0; k < like->scope_count && !found && !wanted; k++)
            wanted =
                like->scope[k].wanted && strcmp(like->scope[k].scope->block, dot->scope[s].scope->block) == 0;
        dot->scope[s].wanted = wanted;
    }
    sg_dot_build(dot);
}

void sg_dot_open(sg_dot *dot) {
    /* Where only a part is drawn, there is room for all of it. */
    bool part = dot->options.focus || dot->options.only;
    bool automatic = dot->options.depth == SG_DOT_AUTOMATIC && !dot->options.all && !part;
    for (int s = 0; s < dot->scope_count && !automatic; s++)
        dot->scope[s].wanted =
            dot->options.depth == SG_DOT_AUTOMATIC || dot->scope[s].level <= dot->options.depth;
    if (automatic && dot->like)
        open_like(dot, dot->like);
    else if (automatic)
        open_readable(dot);
    else
        sg_dot_build(dot);
}
