/* Sheets of masks. */
#include "draw/font.h"
#include "draw/tile.h"
#include "simgraph/sheet.h"

#include <inttypes.h>

enum { MIN_TILE = 64, MARGIN = 20, GAP = 8, CAPTION_GAP = 8, PART_GAP = 20, STANDARD_COLUMNS = 8, SCALE = 2 };

static const uint8_t visible[3] = {224, 222, 214}; /* where there is no image */

/* One part: pixels of a sample, and how much these are enlarged. */
typedef struct place {
    int64_t height, width, masks, columns, rows, factor, top;
} place;

static sg_status check(const sg_mask_sheet_part *part, sg_error *error) {
    const sg_shape *mask = &part->mask->shape, *image = part->image ? &part->image->shape : NULL;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (mask->rank != 3 || !sg_shape_elements(mask) || (!image && (part->down < 1 || part->across < 1)))
        return sg_fail(error, SG_BAD_USAGE, "a sheet of masks needs masks [b, gh, gw], not %s",
                       sg_shape_text(mask, 0, a));
    if (!image) return SG_OK;
    if (image->rank != 4 || image->dim[0] != mask->dim[0] || !sg_shape_elements(image) ||
        image->dim[2] % mask->dim[1] || image->dim[3] % mask->dim[2] || !sg_type_is_float(part->image->type))
        return sg_fail(error, SG_BAD_USAGE,
                       "masks %s need images [b, c, h, w] of a float type that they divide, not %s",
                       sg_shape_text(mask, 0, a), sg_shape_text(image, 0, b));
    return SG_OK;
}

static place place_of(const sg_mask_sheet_part *part, int64_t columns, int64_t top) {
    const sg_shape *mask = &part->mask->shape, *image = part->image ? &part->image->shape : NULL;
    place p = {.masks = mask->dim[0], .top = top};
    p.height = image ? image->dim[2] : mask->dim[1] * part->down;
    p.width = image ? image->dim[3] : mask->dim[2] * part->across;
    p.columns = p.masks < columns ? p.masks : columns;
    p.rows = (p.masks + columns - 1) / columns;
    p.factor = p.width < MIN_TILE ? (MIN_TILE + p.width - 1) / p.width : 1;
    return p;
}

static int64_t tiles_top(const place *p) {
    return p->top + SG_FONT_HEIGHT * SCALE + CAPTION_GAP;
}

static int64_t bottom_of(const place *p) {
    return tiles_top(p) + p->rows * (p->height * p->factor + GAP) - GAP;
}

/* The places of all parts, and the empty sheet. */
static sg_status arrange(sg_image *sheet, const sg_mask_sheet_options *o, sg_error *error) {
    int64_t columns = o->columns > 0 ? o->columns : STANDARD_COLUMNS, top = MARGIN, widest = 1;
    for (int i = 0; i < o->part_count; i++) {
        sg_status status = check(&o->parts[i], error);
        if (status != SG_OK) return status;
        place p = place_of(&o->parts[i], columns, top);
        if (p.width > SG_IMAGE_MAX_SIDE || p.height > SG_IMAGE_MAX_SIDE || p.masks > SG_IMAGE_MAX_SIDE)
            return sg_fail(error, SG_BAD_USAGE,
                           "masks of %" PRId64 " x %" PRId64 " are too large for a sheet", p.width, p.height);
        int64_t wide = p.columns * (p.width * p.factor + GAP) - GAP,
                text = sg_font_width(o->parts[i].caption) * SCALE;
        if (wide > widest) widest = wide;
        if (text > widest) widest = text;
        top = bottom_of(&p) + PART_GAP;
    }
    int64_t height = top - PART_GAP + MARGIN, width = widest + 2 * MARGIN;
    if (!o->part_count) return sg_fail(error, SG_BAD_USAGE, "a sheet of masks needs masks");
    if (width > SG_IMAGE_MAX_SIDE || height > SG_IMAGE_MAX_SIDE)
        return sg_fail(error, SG_BAD_USAGE,
                       "a sheet of %" PRId64 " x %" PRId64 " pixels is too large: draw fewer masks", width,
                       height);
    return sg_image_init(sheet, (int)width, (int)height, 3, error);
}

static void draw_mask(sg_image *tile, const sg_mask_sheet_part *part, int64_t index) {
    bool colour = part->image && part->image->shape.dim[1] >= 3;
    for (int y = 0; y < tile->height; y++)
        for (int x = 0; x < tile->width; x++) {
            bool hidden = sg_tile_hidden(part->mask, tile->height, tile->width, index, y, x);
            uint8_t *pixel = tile->pixels + (size_t)(y * tile->width + x) * 3;
            for (int c = 0; c < 3; c++)
                pixel[c] = hidden        ? sg_tile_hidden_colour[c]
                           : part->image ? sg_tile_level(part->image, part->scale, part->shift, index,
                                                         colour ? c : 0, y, x)
                                         : visible[c];
        }
}

static sg_status draw_part(sg_image *sheet, const sg_mask_sheet_part *part, const place *p, sg_error *error) {
    sg_image tile = {0};
    sg_status status = sg_image_init(&tile, (int)p->width, (int)p->height, 3, error);
    if (status != SG_OK) return status;
    sg_font_draw(sheet, MARGIN, (int)p->top, part->caption, SCALE, sg_tile_ink);
    for (int64_t i = 0; i < p->masks; i++) {
        int64_t left = MARGIN + i % p->columns * (p->width * p->factor + GAP),
                top = tiles_top(p) + i / p->columns * (p->height * p->factor + GAP);
        draw_mask(&tile, part, i);
        sg_image_blit(sheet, (int)left, (int)top, &tile, (int)p->factor);
    }
    sg_image_finish(&tile);
    return SG_OK;
}

sg_status sg_mask_sheet_draw(sg_image *sheet, const sg_mask_sheet_options *o, sg_error *error) {
    if (o->size != sizeof *o) return sg_fail(error, SG_BAD_USAGE, "sg_mask_sheet_options has another size");
    sg_status status = arrange(sheet, o, error);
    if (status != SG_OK) return status;
    sg_image_fill(sheet, 0, 0, sheet->width, sheet->height, sg_tile_paper);
    int64_t columns = o->columns > 0 ? o->columns : STANDARD_COLUMNS, top = MARGIN;
    for (int i = 0; status == SG_OK && i < o->part_count; i++) {
        place p = place_of(&o->parts[i], columns, top);
        status = draw_part(sheet, &o->parts[i], &p, error);
        top = bottom_of(&p) + PART_GAP;
    }
    if (status != SG_OK) sg_image_finish(sheet);
    return status;
}

sg_status sg_mask_sheet_save(const char *path, const sg_mask_sheet_options *options, sg_error *error) {
    sg_image sheet = {0};
    sg_status status = sg_mask_sheet_draw(&sheet, options, error);
    if (status == SG_OK) status = sg_image_save_png(&sheet, path, error);
    sg_image_finish(&sheet);
    return status;
}
