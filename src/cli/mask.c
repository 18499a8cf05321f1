/* simgraph mask: what the masks of a graph hide, and how they look. */
#include "simgraph/masks.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "document.h"
#include "json.h"
#include "path.h"
#include "simgraph/sheet.h"
#include "verbs.h"

enum { USUAL_DRAWS = 1000, SHOWN = 32 };

/* ---- on a terminal ---- */

/* "4 px", "4 x 8 px" */
static const char *pixels(int64_t down, int64_t across, char buffer[CLI_NUMBER * 2]) {
    if (down == across)
        snprintf(buffer, CLI_NUMBER * 2, "%" PRId64 " px", down);
    else
        snprintf(buffer, CLI_NUMBER * 2, "%" PRId64 " x %" PRId64 " px", down, across);
    return buffer;
}

static void print_size(const sg_mask_info *m) {
    char number[CLI_NUMBER], size[CLI_NUMBER * 2];
    printf("%s: %s, %s mask%s of %" PRId64 " x %" PRId64 " token%s", m->name, m->kind,
           cli_thousands(m->draws, number), sg_plural(m->draws), m->rows, m->columns,
           sg_plural(m->rows * m->columns));
    if (m->image) printf(" of %s", pixels(m->down, m->across, size));
    if (m->cell > 1) {
        printf(", in cells of %" PRId64 " x %" PRId64, m->cell, m->cell);
        if (m->image) printf(" (%s)", pixels(m->cell * m->down, m->cell * m->across, size));
    }
    puts("");
}

static void print_hidden(const sg_mask_info *m) {
    int64_t cell = m->cell * m->cell;
    char least[CLI_NUMBER], most[CLI_NUMBER], all[CLI_NUMBER];
    cli_thousands(m->least / cell, least);
    cli_thousands(m->most / cell, most);
    cli_thousands(m->rows * m->columns / cell, all);
    printf("  hidden   %s", least);
    if (m->least != m->most) printf(" to %s", most);
    printf(" of %s %s%s", all, cell > 1 ? "cell" : "token", sg_plural(m->rows * m->columns / cell));
    if (m->least != m->most) printf(", mean %.1f", m->mean / (double)cell);
    printf("\n  ratio    %.4f\n", m->mean / (double)(m->rows * m->columns));
}

/* Masks that have no distance, where others have. */
static void print_left_out(const sg_mask_info *m, int64_t count, const char *what) {
    char number[CLI_NUMBER];
    if (count && !isnan(m->distance))
        printf("           without %s mask%s %s\n", cli_thousands(count, number),
               count == 1 ? " that hides" : "s that hide", what);
}

static void print_distance(const sg_mask_info *m) {
    const char *unit = m->image ? "px" : "tokens";
    if (m->none == m->draws)
        puts("  AvgDist  none: nothing is hidden");
    else if (m->all == m->draws)
        puts("  AvgDist  none: nothing is visible");
    else if (isnan(m->distance))
        puts("  AvgDist  none: each mask hides nothing or everything");
    else
        printf("  AvgDist  %.2f %s from a hidden %s to the nearest visible one\n", m->distance, unit,
               m->image ? "pixel" : "token");
    print_left_out(m, m->none, "nothing");
    print_left_out(m, m->all, "everything");
}

static void print_masks(const sg_masks *masks) {
    bool measured = false;
    for (int i = 0; i < masks->count; i++) {
        if (i) puts("");
        print_size(&masks->mask[i]);
        print_hidden(&masks->mask[i]);
        print_distance(&masks->mask[i]);
        measured = measured || (masks->mask[i].image && !isnan(masks->mask[i].distance));
    }
    if (measured) puts("\nIn SimMIM an AvgDist of 10 to 20 px was best, for images of 192 x 192 px.");
}

/* ---- as JSON ---- */

static json_t *mask_json(const sg_mask_info *m) {
    json_t *entry = json_object(), *hidden = json_object();
    json_object_set_new(entry, "name", json_string(m->name));
    json_object_set_new(entry, "op", json_string(m->kind));
    json_object_set_new(entry, "masks", json_integer(m->draws));
    json_object_set_new(entry, "rows", json_integer(m->rows));
    json_object_set_new(entry, "columns", json_integer(m->columns));
    json_object_set_new(entry, "cell", json_integer(m->cell));
    json_object_set_new(entry, "image", m->image ? json_string(m->image) : json_null());
    json_object_set_new(entry, "token_pixels",
                        m->image ? json_pack("[I, I]", (json_int_t)m->down, (json_int_t)m->across)
                                 : json_null());
    json_object_set_new(hidden, "min", json_integer(m->least));
    json_object_set_new(hidden, "mean", cli_json_number(m->mean));
    json_object_set_new(hidden, "max", json_integer(m->most));
    json_object_set_new(entry, "hidden_tokens", hidden);
    json_object_set_new(entry, "ratio", cli_json_number(m->mean / (double)(m->rows * m->columns)));
    json_object_set_new(entry, "avg_dist", cli_json_number(m->distance));
    json_object_set_new(entry, "hide_nothing", json_integer(m->none));
    json_object_set_new(entry, "hide_everything", json_integer(m->all));
    return entry;
}

static int print_json(const sg_masks *masks) {
    json_t *all = json_object(), *list = json_array();
    for (int i = 0; i < masks->count; i++) json_array_append_new(list, mask_json(&masks->mask[i]));
    json_object_set_new(all, "seed", json_integer((json_int_t)masks->seed));
    json_object_set_new(all, "masks", list);
    return cli_json_print(all);
}

/* ---- as a picture ---- */

static sg_status save(const sg_masks *masks, const char *path, sg_error *error) {
    sg_mask_sheet_part *parts = calloc((size_t)masks->count, sizeof *parts);
    char(*captions)[256] = calloc((size_t)masks->count, sizeof *captions);
    sg_mask_sheet_options options = {.size = sizeof options, .parts = parts, .part_count = masks->count};
    sg_status status = parts && captions ? SG_OK : sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    for (int i = 0; status == SG_OK && i < masks->count; i++) {
        const sg_mask_info *m = &masks->mask[i];
        snprintf(captions[i], sizeof captions[i], "%s: %s", m->name, m->kind);
        parts[i] = (sg_mask_sheet_part){
            .caption = captions[i],
            .mask = &m->shown,
            .image = m->pictures.data ? &m->pictures : NULL,
            .scale = m->scale,
            .shift = m->shift,
            .down = m->down,
            .across = m->across,
        };
    }
    if (status == SG_OK) status = sg_mask_sheet_save(path, &options, error);
    free(parts);
    free(captions);
    return status;
}

/* ---- the verb ---- */

static int report(const cli_args *args, const sg_masks *masks) {
    sg_error error;
    const char *path = cli_text(args, "out");
    if (masks->random)
        cli_warn("the masks depend on inputs, and these are random numbers: %s", masks->note);
    else if (path && masks->note)
        cli_warn("the masks are drawn without images: %s", masks->note);
    if (path && save(masks, path, &error) != SG_OK) return cli_fail_with(&error);
    if (cli_flag(args, "json")) return print_json(masks);
    print_masks(masks);
    return SG_OK;
}

static int draw(const cli_args *args, const cli_document *d) {
    const char *out = cli_text(args, "out");
    char name[4096];
    if (out && !cli_has_ending(out, ".png"))
        return cli_usage(args->verb, "pictures of masks are PNG files: name it %s",
                         cli_rename(out, ".png", name, sizeof name));
    sg_error error;
    sg_context *context = NULL;
    sg_context_options options = {.size = sizeof options, .threads = (int)cli_int(args, "threads", 0)};
    sg_masks_options wanted = {
        .size = sizeof wanted,
        .name = cli_text(args, "node"),
        .draws = cli_int(args, "draws", USUAL_DRAWS),
        .shown = cli_given(args, "out") ? SHOWN : 0,
        .seeded = cli_given(args, "seed"),
        .seed = (uint64_t)cli_int(args, "seed", 0),
        .init = cli_text(args, "init"),
    };
    sg_masks masks = {.count = 0};
    sg_status status = sg_context_create(&context, &options, &error);
    size_t wrong = sg_diagnostics_errors(d->messages);
    if (status == SG_OK)
        status = sg_document_masks(&masks, context, d->document, &wanted, d->messages, &error);
    sg_context_destroy(context);
    cli_document_report(d, SG_OK);
    if (status != SG_OK)
        return sg_diagnostics_errors(d->messages) > wrong ? (int)status : cli_fail_with(&error);
    int code = report(args, &masks);
    sg_masks_finish(&masks);
    return code;
}

static int run(const cli_args *args) {
    cli_document d;
    int code = cli_document_load(&d, args);
    if (code != SG_OK) return code;
    code = draw(args, &d);
    cli_document_finish(&d);
    return code;
}

static const cli_option options[] = {
    CLI_SET,
    {.name = "node",
     .type = CLI_TEXT,
     .value = "NAME",
     .doc = "the value to look at; without it, every output of an op or block\nthat is called mask"},
    {.name = "draws",
     .letter = 'n',
     .type = CLI_INT,
     .value = "N",
     .min = 1,
     .max = 1000000,
     .doc = "how many masks to draw (default 1000)"},
    {.name = "seed",
     .type = CLI_INT,
     .value = "N",
     .min = 0,
     .max = INT64_MAX,
     .doc = "of the masks (default train.seed, or 0)"},
    {.name = "init",
     .type = CLI_TEXT,
     .value = "PATH",
     .doc = "weights from a file or a run directory, where masks depend on\nthem; without it they are "
            "initialised by the seed"},
    CLI_OUT("FILE",
            "write a picture of the first 32 masks to FILE, a PNG, on the images\nof the graph's data where "
            "these are at hand"),
    CLI_THREADS,
    CLI_JSON,
    {.name = NULL},
};

const cli_verb cli_verb_mask = {
    .name = "mask",
    .doc = "draw the masks of a graph: what they hide, and how far it is from what they show",
    .examples = "simgraph mask graphs/simmim.yaml -o masks.png\n"
                "simgraph mask graphs/simmim.yaml --set nodes.mask.op=block_mask\n"
                "simgraph mask graphs/simmim.yaml --set patch=2 --draws 5000 --json",
    .usage = "GRAPH [options]",
    .more =
        "The masks are those of samples 0, 1, 2, ... in the first epoch of a training. AvgDist is the mean\n"
        "distance, in pixels, from the centre of a hidden pixel to that of the nearest visible one.",
    .min_args = 1,
    .max_args = 1,
    .missing = "give a graph file whose masks to draw",
    .options = options,
    .run = run,
};
