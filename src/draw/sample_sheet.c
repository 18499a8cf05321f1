/* Sheets of samples: what became of an image, beside it. */
#include "draw/font.h"
#include "draw/name.h"
#include "draw/tile.h"
#include "simgraph/sheet.h"

#include <inttypes.h>

enum { MIN_TILE = 96, MARGIN = 20, GAP = 8, CAPTION_GAP = 8, NAME_GAP = 4, SCALE = 2, MOST_NAME = 1200 };

static int64_t greater(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static sg_status check(const sg_sample_sheet_options *o, sg_error *error) {
    char text[SG_SHAPE_TEXT];
    if (o->size != sizeof *o) return sg_fail(error, SG_BAD_USAGE, "sg_sample_sheet_options has another size");
    if (o->column_count < 1 || o->rows < 1)
        return sg_fail(error, SG_BAD_USAGE, "a sheet of samples needs columns and rows");
    for (int k = 0; k < o->column_count; k++) {
        const sg_tensor *image = o->columns[k].image;
        if (image->shape.rank != 4 || !sg_shape_elements(&image->shape) || !sg_type_is_float(image->type) ||
            o->columns[k].begin + o->rows > image->shape.dim[0])
            return sg_fail(error, SG_BAD_USAGE,
                           "a sheet of samples needs %d images [b, c, h, w] of a float type, not %s", o->rows,
                           sg_shape_text(&image->shape, 0, text));
        if (image->shape.dim[2] > SG_IMAGE_MAX_SIDE || image->shape.dim[3] > SG_IMAGE_MAX_SIDE)
            return sg_fail(error, SG_BAD_USAGE,
                           "images of %" PRId64 " x %" PRId64 " are too large for a sheet",
                           image->shape.dim[3], image->shape.dim[2]);
    }
    return SG_OK;
}

/* The whole number by which images of this width are enlarged. */
static int64_t factor_of(const sg_sample_sheet_options *o, int column) {
    int64_t wide = MIN_TILE, own = o->columns[column].image->shape.dim[3];
    for (int k = 0; k < o->column_count; k++)
        if (o->columns[k].image->shape.dim[3] > wide) wide = o->columns[k].image->shape.dim[3];
    return own < wide ? (wide + own / 2) / own : 1;
}

static int64_t width_of(const sg_sample_sheet_options *o, int column) {
    int64_t tile = o->columns[column].image->shape.dim[3] * factor_of(o, column),
            text = sg_font_width(o->columns[column].caption) * SCALE;
    return tile > text ? tile : text;
}

static int64_t row_height(const sg_sample_sheet_options *o) {
    int64_t height = 1;
    for (int k = 0; k < o->column_count; k++) {
        int64_t own = o->columns[k].image->shape.dim[2] * factor_of(o, k);
        if (own > height) height = own;
    }
    return height;
}

static void draw_tile(sg_image *tile, const sg_sample_column *column, int64_t row) {
    bool colour = column->image->shape.dim[1] >= 3;
    for (int y = 0; y < tile->height; y++)
        for (int x = 0; x < tile->width; x++)
            for (int c = 0; c < 3; c++)
                tile->pixels[(size_t)(y * tile->width + x) * 3 + (size_t)c] = sg_tile_level(
                    column->image, column->scale, column->shift, column->begin + row, colour ? c : 0, y, x);
}

/* Where samples stand. What would be a long strip goes on beside itself, with the captions again. */
typedef struct layout {
    int64_t rows, strips;        /* samples below one another; how often */
    int64_t width, height, name; /* of a sample and what became of it; of the name above it */
    int64_t top, across, down;   /* of the first row of images; to the next sample */
} layout;

static layout arrange(const sg_sample_sheet_options *o) {
    layout l = {.width = -GAP, .height = row_height(o)};
    for (int k = 0; k < o->column_count && l.width <= SG_IMAGE_MAX_SIDE; k++) l.width += width_of(o, k) + GAP;
    for (int i = 0; o->names && i < o->rows; i++) {
        const int64_t wide = sg_font_width(o->names[i]) * SCALE;
        l.width = greater(l.width, wide < MOST_NAME ? wide : MOST_NAME);
    }
    l.name = o->names ? SG_FONT_HEIGHT * SCALE + NAME_GAP : 0;
    l.top = MARGIN + SG_FONT_HEIGHT * SCALE + CAPTION_GAP + l.name;
    l.across = l.width + SG_TILE_STRIP_GAP;
    l.down = l.height + GAP + l.name;
    l.strips = sg_tile_strips(o->rows, l.down, l.across);
    l.rows = (o->rows + l.strips - 1) / l.strips;
    l.strips = (o->rows + l.rows - 1) / l.rows;
    return l;
}

static void draw_captions(sg_image *sheet, const sg_sample_sheet_options *o, const layout *l) {
    int64_t left = MARGIN;
    for (int k = 0; k < o->column_count; left += width_of(o, k++) + GAP)
        for (int64_t strip = 0; strip < l->strips; strip++)
            sg_font_draw(sheet, (int)(left + strip * l->across), MARGIN, o->columns[k].caption, SCALE,
                         sg_tile_ink);
}

static sg_status draw_images(sg_image *sheet, const sg_sample_sheet_options *o, const layout *l,
                             sg_error *error) {
    int64_t left = MARGIN;
    for (int k = 0; k < o->column_count; left += width_of(o, k++) + GAP) {
        const sg_sample_column *column = &o->columns[k];
        const sg_shape *shape = &column->image->shape;
        sg_image tile = {0};
        sg_status status = sg_image_init(&tile, (int)shape->dim[3], (int)shape->dim[2], 3, error);
        if (status != SG_OK) return status;
        for (int64_t i = 0; i < o->rows; i++) {
            draw_tile(&tile, column, i);
            sg_image_blit(sheet, (int)(left + i / l->rows * l->across), (int)(l->top + i % l->rows * l->down),
                          &tile, (int)factor_of(o, k));
        }
        sg_image_finish(&tile);
    }
    return SG_OK;
}

sg_status sg_sample_sheet_draw(sg_image *sheet, const sg_sample_sheet_options *o, sg_error *error) {
    sg_status status = check(o, error);
    if (status != SG_OK) return status;
    layout l = arrange(o);
    int64_t width = 2 * MARGIN + l.strips * l.across - SG_TILE_STRIP_GAP,
            height = l.top + l.rows * l.down - GAP - l.name + MARGIN;
    if (width > SG_IMAGE_MAX_SIDE || height > SG_IMAGE_MAX_SIDE)
        return sg_fail(error, SG_BAD_USAGE,
                       "a sheet of %" PRId64 " x %" PRId64 " pixels is too large: draw fewer samples", width,
                       height);
    status = sg_image_init(sheet, (int)width, (int)height, 3, error);
    if (status != SG_OK) return status;
    sg_image_fill(sheet, 0, 0, sheet->width, sheet->height, sg_tile_paper);
    draw_captions(sheet, o, &l);
    size_t shared = o->names ? sg_name_shared(o->names, o->rows) : 0;
    for (int64_t i = 0; o->names && status == SG_OK && i < o->rows; i++)
        status = sg_name_draw(sheet, (int)(MARGIN + i / l.rows * l.across),
                              (int)(l.top + i % l.rows * l.down - l.name), o->names[i], shared, (int)l.width,
                              SCALE, error);
    if (status == SG_OK) status = draw_images(sheet, o, &l, error);
    if (status != SG_OK) sg_image_finish(sheet);
    return status;
}

sg_status sg_sample_sheet_save(const char *path, const sg_sample_sheet_options *options, sg_error *error) {
    sg_image sheet = {0};
    sg_status status = sg_sample_sheet_draw(&sheet, options, error);
    if (status == SG_OK) status = sg_image_save_png(&sheet, path, error);
    sg_image_finish(&sheet);
    return status;
}
