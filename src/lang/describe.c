/* What a block takes and gives, for help and documents. */
#include "lang/document.h"

#include <string.h>

void sg_describe_param(sg_work *work, const sg_param *param, sg_argument *argument) {
    *argument = (sg_argument){.name = param->name, .doc = param->doc, .min = param->min, .max = param->max};
    argument->type = sg_param_type_text(work, param);
    if (param->fallback) argument->fallback = sg_print_text(work, param->fallback);
    for (size_t k = 0; k < param->one_of.count; k++)
        argument->one_of =
            sg_take_printf(work, "%s%s%s", k ? argument->one_of : "", k ? " " : "", param->one_of.item[k]);
}

static const char *pattern_text(sg_work *work, const sg_input *input) {
    if (input->any_shape) return NULL;
    const char *text = input->leading ? "[..." : "[";
    for (int i = 0; i < input->rank; i++)
        text = sg_take_printf(work, "%s%s%s", text, i || input->leading ? ", " : "",
                              sg_print_text(work, input->size[i]));
    return sg_take_printf(work, "%s]", text);
}

static void describe_block(sg_work *work, const sg_block *block, sg_block_info *info) {
    sg_block_input *inputs = SG_TAKE(work, sg_block_input, block->input_count);
    sg_argument *arguments = SG_TAKE(work, sg_argument, block->param_count);
    const char **outputs = SG_TAKE(work, const char *, block->output_count);
    for (int i = 0; i < block->input_count; i++)
        inputs[i] = (sg_block_input){
            .name = block->input[i].name,
            .doc = block->input[i].doc,
            .pattern = pattern_text(work, &block->input[i]),
            .type = block->input[i].type < 0 ? NULL : sg_type_name((sg_type)block->input[i].type),
            .optional = block->input[i].optional,
        };
    for (int i = 0; i < block->param_count; i++) sg_describe_param(work, &block->param[i], &arguments[i]);
    for (int i = 0; i < block->output_count; i++) outputs[i] = block->output[i].name;
    info->name = block->name;
    info->doc = block->doc;
    info->mark = block->span.mark;
    info->input_count = block->input_count;
    info->argument_count = block->param_count;
    info->output_count = block->output_count;
    info->inputs = inputs;
    info->arguments = arguments;
    info->outputs = outputs;
}

void sg_describe_blocks(sg_work *work, sg_document *document) {
    document->info = SG_TAKE(work, sg_block_info, document->block_count);
    for (size_t i = 0; i < document->block_count; i++) {
        describe_block(work, document->block[i], &document->info[i]);
        for (size_t k = 0; k < document->text_count; k++)
            if (strcmp(document->text[k].name, document->block[i]->name) == 0)
                document->info[i].library = document->text[k].library;
    }
}

size_t sg_document_block_count(const sg_document *document) {
    return document->block_count;
}

const sg_block_info *sg_document_block_info(const sg_document *document, size_t index) {
    return index < document->block_count ? &document->info[index] : NULL;
}
