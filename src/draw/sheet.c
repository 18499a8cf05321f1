/* Sheets of reconstructions. */
#include "simgraph/sheet.h"

#include "draw/font.h"
#include "draw/name.h"
#include "draw/tile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    MIN_TILE = 128,
    MARGIN = 20,
    COLUMN_GAP = 14,
    ROW_GAP = 10,
    CAPTION_GAP = 10,
    NAME_GAP = 6,
    STANDARD_ROWS = 8
};
enum { IMAGE, MASKED, OUTPUT, PASTED, KINDS };

static const char *const captions[KINDS] = {"image", "masked", "reconstruction", "pasted"};

typedef struct layout {
    int kinds[KINDS], columns, rows;
    int width, height, channels; /* of one sample; channels that are shown: 1 or 3 */
    int factor, scale;           /* enlargement of samples; of the font */
    int top, down;               /* where the first row of samples starts; to the next one */
    int lines, strips, across;   /* rows below one another; how often, and how far apart */
    int name;                    /* how far a name stands above its row */
    int64_t wide, high;          /* the whole sheet */
} layout;

static sg_status check(const sg_sheet_options *o, sg_error *error) {
    if (o->size != sizeof *o) return sg_fail(error, SG_BAD_USAGE, "sg_sheet_options has another size");
    const sg_shape *image = &o->image->shape, *output = &o->output->shape;
    char a[SG_SHAPE_TEXT], b[SG_SHAPE_TEXT];
    if (image->rank != 4 || !sg_shape_equal(image, output))
        return sg_fail(error, SG_BAD_USAGE,
                       "a sheet needs image and output of one shape [b, c, h, w], not %s and %s",
                       sg_shape_text(image, 0, a), sg_shape_text(output, 0, b));
    if (sg_shape_elements(image) == 0)
        return sg_fail(error, SG_BAD_USAGE, "a sheet needs images, not %s", sg_shape_text(image, 0, a));
    if (!sg_type_is_float(o->image->type) || !sg_type_is_float(o->output->type))
        return sg_fail(error, SG_BAD_USAGE, "a sheet needs image and output of a float type");
    if (!o->mask) return SG_OK;
    const sg_shape *mask = &o->mask->shape;
    if (mask->rank == 3 && mask->dim[0] == image->dim[0] && mask->dim[1] > 0 && mask->dim[2] > 0 &&
        image->dim[2] % mask->dim[1] == 0 && image->dim[3] % mask->dim[2] == 0)
        return SG_OK;
    return sg_fail(error, SG_BAD_USAGE,
                   "a sheet of images %s needs a mask [b, gh, gw] that divides h and w, not %s",
                   sg_shape_text(image, 0, a), sg_shape_text(mask, 0, b));
}

static sg_status arrange(layout *l, const sg_sheet_options *o, sg_error *error) {
    sg_status status = check(o, error);
    if (status != SG_OK) return status;
    const sg_shape *image = &o->image->shape;
    int64_t rows = o->rows > 0 ? o->rows : STANDARD_ROWS;
    if (rows > image->dim[0]) rows = image->dim[0];
    if (image->dim[2] > SG_IMAGE_MAX_SIDE || image->dim[3] > SG_IMAGE_MAX_SIDE || rows > SG_IMAGE_MAX_SIDE)
        return sg_fail(error, SG_BAD_USAGE, "images of %" PRId64 " x %" PRId64 " are too large for a sheet",
                       image->dim[3], image->dim[2]);
    *l = (layout){.rows = (int)rows, .width = (int)image->dim[3], .height = (int)image->dim[2]};
    l->channels = image->dim[1] >= 3 ? 3 : 1;
    for (int kind = 0; kind < KINDS; kind++)
        if (o->mask || kind == IMAGE || kind == OUTPUT) l->kinds[l->columns++] = kind;
    l->factor = (MIN_TILE + l->width - 1) / l->width;
    l->scale = l->width * l->factor / 64;
    if (l->scale > 4) l->scale = 4;
    l->name = o->names ? SG_FONT_HEIGHT * l->scale + NAME_GAP : 0;
    l->top = MARGIN + SG_FONT_HEIGHT * l->scale + CAPTION_GAP + l->name;
    int64_t down = (int64_t)l->height * l->factor + ROW_GAP + l->name;
    int64_t across =
        (int64_t)l->columns * (l->width * l->factor + COLUMN_GAP) - COLUMN_GAP + SG_TILE_STRIP_GAP;
    int64_t strips = o->wrap ? sg_tile_strips(rows, down, across) : 1, lines = (rows + strips - 1) / strips;
    strips = (rows + lines - 1) / lines;
    l->wide = 2 * MARGIN + strips * across - SG_TILE_STRIP_GAP;
    l->high = l->top + lines * down - ROW_GAP - l->name + MARGIN;
    if (l->wide > SG_IMAGE_MAX_SIDE || l->high > SG_IMAGE_MAX_SIDE)
        return sg_fail(error, SG_BAD_USAGE,
                       "a sheet of %" PRId64 " x %" PRId64 " pixels is too large: draw fewer samples",
                       l->wide, l->high);
    l->down = (int)down, l->across = (int)across;
    l->lines = (int)lines, l->strips = (int)strips;
    return SG_OK;
}

sg_status sg_sheet_check(const sg_sheet_options *options, sg_error *error) {
    layout l;
    return arrange(&l, options, error);
}

/* Where the samples are, for who cuts them out again. */
static void put_places(sg_image *sheet, const layout *l) {
    int width = l->width * l->factor, height = l->height * l->factor;
    snprintf(sheet->comment, sizeof sheet->comment,
             "columns %d rows %d left %d top %d width %d height %d across %d down %d px", l->columns,
             l->lines, MARGIN, l->top, width, height, width + COLUMN_GAP, l->down);
    size_t end = strlen(sheet->comment);
    if (l->strips > 1)
        snprintf(sheet->comment + end, sizeof sheet->comment - end, ", strips %d across %d px", l->strips,
                 l->across);
}

static void draw_sample(sg_image *tile, const sg_sheet_options *o, const layout *l, int kind, int row) {
    for (int y = 0; y < l->height; y++)
        for (int x = 0; x < l->width; x++) {
            bool covered = sg_tile_hidden(o->mask, l->height, l->width, row, y, x);
            const sg_tensor *from = kind == OUTPUT || (kind == PASTED && covered) ? o->output : o->image;
            uint8_t *pixel = tile->pixels + (size_t)(y * l->width + x) * 3;
            for (int c = 0; c < 3; c++)
                pixel[c] = kind == MASKED && covered
                               ? sg_tile_hidden_colour[c]
                               : sg_tile_level(from, o->scale, o->shift, row, l->channels == 3 ? c : 0, y, x);
        }
}

sg_status sg_sheet_draw(sg_image *sheet, const sg_sheet_options *o, sg_error *error) {
    layout l = {0};
    sg_image tile = {0};
    sg_status status = arrange(&l, o, error);
    if (status == SG_OK) status = sg_image_init(sheet, (int)l.wide, (int)l.high, 3, error);
    if (status == SG_OK) status = sg_image_init(&tile, l.width, l.height, 3, error);
    if (status != SG_OK) {
        sg_image_finish(sheet);
        return status;
    }
    put_places(sheet, &l);
    sg_image_fill(sheet, 0, 0, sheet->width, sheet->height, sg_tile_paper);
    int width = l.width * l.factor;
    size_t shared = o->names ? sg_name_shared(o->names, l.rows) : 0;
    for (int row = 0; o->names && status == SG_OK && row < l.rows; row++)
        status =
            sg_name_draw(sheet, MARGIN + row / l.lines * l.across, l.top + row % l.lines * l.down - l.name,
                         o->names[row], shared, l.across - SG_TILE_STRIP_GAP, l.scale, error);
    for (int column = 0; column < l.columns; column++) {
        int left = MARGIN + column * (width + COLUMN_GAP);
        const char *caption = captions[l.kinds[column]];
        for (int strip = 0; strip < l.strips; strip++)
            sg_font_draw(sheet, left + strip * l.across + (width - sg_font_width(caption) * l.scale) / 2,
                         MARGIN, caption, l.scale, sg_tile_ink);
        for (int row = 0; row < l.rows; row++) {
            draw_sample(&tile, o, &l, l.kinds[column], row);
            sg_image_blit(sheet, left + row / l.lines * l.across, l.top + row % l.lines * l.down, &tile,
                          l.factor);
        }
    }
    sg_image_finish(&tile);
    if (status != SG_OK) sg_image_finish(sheet);
    return status;
}

sg_status sg_sheet_save(const char *path, const sg_sheet_options *options, sg_error *error) {
    sg_image sheet = {0};
    sg_status status = sg_sheet_draw(&sheet, options, error);
    if (status == SG_OK) status = sg_image_save_png(&sheet, path, error);
    sg_image_finish(&sheet);
    return status;
}
