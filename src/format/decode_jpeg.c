/* JPEG through libjpeg. */
#include "format/decode.h"

#ifdef SG_HAVE_JPEG
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h> /* its numbers depend on what jpeglib.h defines */

/* A scan takes a look at every pixel, and few bytes. */
enum { MOST_SCANS = 500 };

typedef struct reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf end;
    sg_decode *decode;
    sg_error problem;
    char warning[JMSG_LENGTH_MAX]; /* the first that counts */
} reader;

static void on_error(j_common_ptr jpeg) {
    reader *r = jpeg->client_data;
    char why[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, why);
    if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY)
        sg_fail(&r->problem, SG_OUT_OF_MEMORY, "out of memory for a JPEG image");
    else
        sg_fail(&r->problem, SG_BAD_DATA, "is damaged: libjpeg: %s", why);
    longjmp(r->end, 1);
}

/* Bytes too many between two parts do no harm to the pixels, and many cameras write them. All else that is
 * warned of (a level below 0), a file that ends too early, or codes that are none, leaves pixels grey. */
static void on_message(j_common_ptr jpeg, int level) {
    reader *r = jpeg->client_data;
    if (level >= 0 || jpeg->err->msg_code == JWRN_EXTRANEOUS_DATA) return;
    if (jpeg->err->num_warnings++ == 0) jpeg->err->format_message(jpeg, r->warning);
}

static void on_progress(j_common_ptr jpeg) {
    reader *r = jpeg->client_data;
    if (r->jpeg.input_scan_number <= MOST_SCANS) return;
    sg_fail(&r->problem, SG_BAD_DATA, "is damaged: it has more than %d scans", MOST_SCANS);
    longjmp(r->end, 1);
}

static int scaled(int size, int shift) {
    return (size + (1 << shift) - 1) >> shift;
}

/* Half, a quarter or an eighth, which the library has quick code for. */
static int shift_of(const sg_decode *decode) {
    int shift = 0;
    if (decode->cover_width > 0)
        while (shift < 3 && scaled(decode->width, shift + 1) >= decode->cover_width &&
               scaled(decode->height, shift + 1) >= decode->cover_height)
            shift++;
    return shift;
}

/* The four inks as Adobe's programs write them, inverted; `count` pixels become red, green, blue in place. */
static void remove_black(uint8_t *pixel, size_t count) {
    uint8_t *to = pixel;
    for (; count > 0; count--, pixel += 4, to += 3)
        for (int c = 0; c < 3; c++) to[c] = (uint8_t)((pixel[c] * pixel[3] + 127) / 255);
}

static void read_rows(struct jpeg_decompress_struct *jpeg, sg_image *image) {
    size_t row = (size_t)image->width * (size_t)image->channels;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW to = image->pixels + jpeg->output_scanline * row;
        jpeg_read_scanlines(jpeg, &to, 1);
    }
    jpeg_finish_decompress(jpeg);
}

static void read_image(reader *r) {
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    sg_decode *decode = r->decode;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &r->progress;
    jpeg_mem_src(jpeg, decode->data, (unsigned long)decode->bytes);
    jpeg_read_header(jpeg, TRUE);
    sg_status status = sg_decode_size(decode, jpeg->image_width, jpeg->image_height, &r->problem);
    if (status != SG_OK || decode->size_only) return;
    bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE,
         inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
    jpeg->scale_num = 1;
    jpeg->scale_denom = 1u << shift_of(decode);
    jpeg_calc_output_dimensions(jpeg);
    status = sg_decode_alloc(decode, (int)jpeg->output_width, (int)jpeg->output_height,
                             grey   ? 1
                             : inks ? 4
                                    : 3,
                             &r->problem);
    if (status != SG_OK) return;
    read_rows(jpeg, decode->image);
    if (!inks) return;
    remove_black(decode->image->pixels, (size_t)decode->image->width * (size_t)decode->image->height);
    decode->image->channels = 3;
}

static sg_status decode(sg_decode *decode, sg_error *error) {
    reader r = {.decode = decode};
    r.jpeg.err = jpeg_std_error(&r.manager);
    r.jpeg.client_data = &r;
    r.manager.error_exit = on_error;
    r.manager.emit_message = on_message;
    r.progress.progress_monitor = on_progress;
    if (setjmp(r.end) == 0) read_image(&r);
    if (r.problem.status == SG_OK && r.manager.num_warnings > 0)
        sg_fail(&r.problem, SG_BAD_DATA, "is damaged: libjpeg: %s", r.warning);
    jpeg_destroy_decompress(&r.jpeg);
    if (error && r.problem.status != SG_OK) *error = r.problem;
    return r.problem.status;
}
#else
static sg_status decode(sg_decode *decode, sg_error *error) {
    (void)decode;
    return sg_fail(error, SG_FAILURE,
                   "is a JPEG image, and this simgraph was built without libjpeg: install libjpeg-dev, then "
                   "meson configure build -Djpeg=enabled");
}
#endif

static bool detect(const unsigned char *data, size_t bytes) {
    return bytes >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

const sg_decoder sg_decoder_jpeg = {detect, decode};
