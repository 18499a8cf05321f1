#include "exec/context.h"

#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "generic, avx2" or "generic, avx2, avx512": what may be asked for on this machine. */
static void list_supported(sg_text *text) {
    const sg_loops *loops;
    for (int i = 0; (loops = sg_loops_at(i)) != NULL; i++)
        if (sg_loops_supported(loops)) sg_text_printf(text, "%s%s", text->length ? ", " : "", loops->name);
}

static sg_status choose_loops(const sg_loops **out, const char *name, sg_error *error) {
    const sg_loops *loops = name ? sg_loops_find(name) : sg_loops_best();
    *out = loops;
    if (loops && sg_loops_supported(loops)) return SG_OK;
    sg_text known = {0};
    list_supported(&known);
    sg_status status = sg_fail(error, SG_BAD_USAGE,
                               loops ? "this cpu cannot run \"%s\": use one of %s"
                                     : "there is no cpu variant \"%s\": use one of %s",
                               name, sg_text_get(&known));
    sg_text_finish(&known);
    return status;
}

static void name_products(sg_context *context) {
    char blas[SG_PRODUCT_NAME];
    sg_product_name(blas);
    if (context->own)
        snprintf(context->product, sizeof context->product, "own %s; f64: %s", context->own->name, blas);
    else
        snprintf(context->product, sizeof context->product, "%s", blas);
    size_t size = sizeof *context->products_of;
    if (context->own) /* what "avx512_bf16" has beyond "avx512" is not for f32 */
        snprintf(context->products_of[0], size, "own %.*s", (int)strcspn(context->own->name, "_"),
                 context->own->name);
    else
        snprintf(context->products_of[0], size, "%s", blas);
    snprintf(context->products_of[1], size, "own %s", context->rounding->name);
    snprintf(context->products_of[2], size, "%s", blas);
}

/* Room for the products of every worker: whole pages, so that two workers share none. */
enum { SPACE = (SG_GEMM_SPACE + 4095) / 4096 * 4096 };

static sg_status prepare_products(sg_context *context, sg_error *error) {
    int count = sg_workers_count(context->workers);
    context->products[0] = calloc((size_t)count * 2, sizeof *context->products[0]);
    context->product_space = sg_aligned_alloc((size_t)count * SPACE);
    if (!context->products[0] || !context->product_space)
        return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for the products of %d threads", count);
    context->products[1] = context->products[0] + count;
    for (int i = 0; i < 2 * count; i++)
        context->products[0][i] =
            (sg_products){.own = i < count ? context->own : context->rounding,
                          .rounded = i >= count,
                          .space = (char *)context->product_space + (size_t)(i % count) * SPACE};
    return SG_OK;
}

sg_status sg_context_create(sg_context **out, const sg_context_options *options, sg_error *error) {
    sg_context_options wanted = {.size = sizeof wanted};
    sg_options_take(&wanted, sizeof wanted, options);
    *out = NULL;
    const sg_loops *loops;
    const sg_gemm_variant *own, *rounding = NULL;
    sg_status status = choose_loops(&loops, wanted.cpu, error);
    if (status == SG_OK) status = sg_products_choose(&own, wanted.product, wanted.cpu, error);
    if (status == SG_OK && !own) status = sg_products_choose(&rounding, "own", wanted.cpu, error);
    if (status != SG_OK) return status;
    sg_context *context = calloc(1, sizeof *context);
    if (!context) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a context");
    context->loops = loops;
    context->own = own;
    context->rounding = own ? own : rounding;
    status = sg_workers_create(&context->workers, wanted.threads, error);
    if (status == SG_OK) status = prepare_products(context, error);
    if (status == SG_OK) {
        sg_product_prepare();
        status = sg_product_reserve(sg_workers_count(context->workers), error);
    }
    if (status != SG_OK) {
        sg_context_destroy(context);
        return status;
    }
    name_products(context);
    *out = context;
    return SG_OK;
}

void sg_context_destroy(sg_context *context) {
    if (!context) return;
    sg_workers_destroy(context->workers);
    free(context->products[0]);
    sg_aligned_free(context->product_space);
    free(context);
}

int sg_context_threads(const sg_context *context) {
    return sg_workers_count(context->workers);
}

const char *sg_context_cpu(const sg_context *context) {
    return context->loops->name;
}

const char *sg_context_product(const sg_context *context) {
    return context->product;
}

const char *sg_context_product_of(const sg_context *context, sg_type type) {
    return context->products_of[type == SG_F64 ? 2 : type == SG_BF16];
}

const char *sg_context_better_core(void) {
    const sg_loops *avx2 = sg_loops_find("avx2"), *avx512 = sg_loops_find("avx512");
    return sg_product_better_core(avx2 && sg_loops_supported(avx2), avx512 && sg_loops_supported(avx512));
}
