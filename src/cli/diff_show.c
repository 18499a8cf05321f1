/* The differences of two graphs: gathered with rounds folded, on a terminal, and as JSON. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Where the two paths differ: in one segment only, which in `before` is a number or a range that ends just
 * below the number in `path`. Returns the length of what is common in front, or -1. */
static int next_round(const char *before, const char *path) {
    size_t front = 0;
    while (before[front] && before[front] == path[front]) front++;
    while (front && before[front - 1] != '.') front--;
    size_t x = strcspn(before + front, "."), y = strcspn(path + front, ".");
    if (!front || strcmp(before + front + x, path + front + y) != 0) return -1;
    if (strspn(path + front, "0123456789") != y || strspn(before + front, "0123456789-") != x) return -1;
    const char *last = before + front, *dash = memchr(last, '-', x);
    if (dash) last = dash + 1;
    return isdigit((unsigned char)*last) && atol(last) + 1 == atol(path + front) ? (int)front : -1;
}

/* "block.0-2.mix" and "block.3.mix" -> "block.0-3.mix" */
static bool fold(cli_difference *d, const char *path) {
    int front = next_round(d->path, path);
    if (front < 0) return false;
    size_t y = strcspn(path + front, ".");
    cli_string joined = {0};
    cli_string_add(&joined, "%.*s%ld-%.*s%s", front, path, atol(d->path + front), (int)y, path + front,
                   path + front + y);
    if (joined.failed) {
        free(joined.text);
        return false;
    }
    free(d->path);
    d->path = joined.text;
    return true;
}

static char *copy(cli_differences *list, const char *text) {
    char *made = text ? strdup(text) : NULL;
    list->failed = list->failed || (text && !made);
    return made;
}

void cli_difference_add(cli_differences *list, cli_change change, const char *path, const char *what,
                        const char *before, const char *after, const char *detail) {
    for (size_t i = 0; what && i < list->count; i++) {
        cli_difference *d = &list->at[i];
        bool alike = d->change == change && same_text(d->what, what) && same_text(d->detail, detail);
        if (alike && !before && !d->before && fold(d, path)) return;
    }
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        cli_difference *grown = realloc(list->at, room * sizeof *grown);
        list->failed = list->failed || !grown;
        if (!grown) return;
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = (cli_difference){change,
                                               copy(list, path),
                                               copy(list, what),
                                               copy(list, before),
                                               copy(list, after),
                                               copy(list, detail)};
}

void cli_differences_finish(cli_differences *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->at[i].path);
        free(list->at[i].what);
        free(list->at[i].before);
        free(list->at[i].after);
        free(list->at[i].detail);
    }
    free(list->at);
    *list = (cli_differences){0};
}

bool cli_diff_same(const cli_diff *diff) {
    return !diff->arguments.count && !diff->nodes.count && !diff->sections.count;
}

/* ---- text ---- */

static const char marks[] = {[CLI_CHANGED] = '~', [CLI_ADDED] = '+', [CLI_REMOVED] = '-', [CLI_MOVED] = '>'};

static int widest(const cli_differences *list, bool what) {
    int most = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = what ? list->at[i].what : list->at[i].path;
        int length = text ? (int)strlen(text) : 0;
        most = length > most && length <= 48 ? length : most;
    }
    return most;
}

static void print_values(const char *title, const cli_differences *list) {
    int width = widest(list, false);
    if (list->count) puts(title);
    for (size_t i = 0; i < list->count; i++) {
        const cli_difference *d = &list->at[i];
        printf("  %c %-*s  %s%s%s\n", marks[d->change], width, d->path, d->before ? d->before : "",
               d->change == CLI_CHANGED ? " -> " : "", d->after ? d->after : "");
    }
}

static void print_nodes(const cli_differences *list) {
    int width = widest(list, false), second = widest(list, true);
    if (list->count) puts("nodes");
    for (size_t i = 0; i < list->count; i++) {
        const cli_difference *d = &list->at[i];
        if (d->change == CLI_MOVED)
            printf("  > %-*s  %-*s  is now %s\n", width, d->path, second, d->what, d->before);
        else if (d->detail)
            printf("  %c %-*s  %-*s  %s\n", marks[d->change], width, d->path, second, d->what, d->detail);
        else
            printf("  %c %-*s  %s\n", marks[d->change], width, d->path, d->what);
    }
}

static double memory_of(const cli_summary *s) {
    return (double)(s->memory.store + s->memory.arena + s->memory.tiles + s->memory.feeds);
}

static void print_total(const char *name, const char *before, const char *after) {
    if (strcmp(before, after) == 0)
        printf("  %-10s  %s\n", name, before);
    else
        printf("  %-10s  %s -> %s\n", name, before, after);
}

void cli_diff_print(const cli_diff *diff) {
    const cli_summary *a = &diff->a, *b = &diff->b;
    char x[CLI_NUMBER], y[CLI_NUMBER];
    if (cli_diff_same(diff)) return;
    print_values("arguments", &diff->arguments);
    print_nodes(&diff->nodes);
    print_values("sections", &diff->sections);
    puts("totals");
    print_total("parameters", cli_thousands(a->parameters, x), cli_thousands(b->parameters, y));
    print_total("work", cli_flops(a->flops, x), cli_flops(b->flops, y));
    if (a->trains && b->trains)
        print_total("training", cli_flops(a->step_flops / (double)a->batch, x),
                    cli_flops(b->step_flops / (double)b->batch, y));
    print_total("memory", cli_bytes(memory_of(a), x), cli_bytes(memory_of(b), y));
}

/* ---- JSON ---- */

static json_t *list_json(const cli_differences *list) {
    static const char *const names[] = {"changed", "added", "removed", "moved"};
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const cli_difference *d = &list->at[i];
        json_t *one = json_pack("{s:s, s:s}", "change", names[d->change], "path", d->path);
        if (d->what) json_object_set_new(one, "what", json_string(d->what));
        if (d->detail) json_object_set_new(one, "detail", json_string(d->detail));
        if (d->change == CLI_MOVED) json_object_set_new(one, "to", json_string(d->before));
        if (d->change != CLI_MOVED && d->before) json_object_set_new(one, "before", json_string(d->before));
        if (d->after) json_object_set_new(one, "after", json_string(d->after));
        json_array_append_new(array, one);
    }
    return array;
}

static json_t *totals_json(const cli_summary *s) {
    json_t *totals = json_pack("{s:I, s:f, s:f}", "parameters", (json_int_t)s->parameters, "flops_a_sample",
                               s->flops, "memory_bytes", memory_of(s));
    if (s->trains)
        json_object_set_new(totals, "training_flops_a_sample", json_real(s->step_flops / (double)s->batch));
    return totals;
}

json_t *cli_diff_object(const cli_diff *diff) {
    return json_pack("{s:b, s:o, s:o, s:o}", "same", cli_diff_same(diff), "arguments",
                     list_json(&diff->arguments), "nodes", list_json(&diff->nodes), "sections",
                     list_json(&diff->sections));
}

int cli_diff_json(const cli_diff *diff) {
    json_t *object = cli_diff_object(diff);
    json_object_set_new(
        object, "totals",
        json_pack("{s:o, s:o}", "before", totals_json(&diff->a), "after", totals_json(&diff->b)));
    return cli_json_print(object);
}
