/* Loads a graph file and trains it, as `simgraph run` does.
 *
 *     cc train_graph.c $(pkg-config --cflags --libs simgraph) -o train_graph
 *     ./train_graph graphs/simmim.yaml train.epochs=1
 */
#include <simgraph/train.h>

#include <stdio.h>
#include <stdlib.h>

static void tell(void *data, const sg_train_event *event) {
    (void)data;
    if (event->kind != SG_TRAIN_EVALUATED) return;
    printf("step %lld of %lld:", (long long)event->step, (long long)event->steps);
    for (int i = 0; i < event->value_count; i++) printf(" %s %.4f", event->names[i], event->values[i]);
    putchar('\n');
}

static sg_status train(const sg_document *document, sg_diagnostics *messages, sg_error *error) {
    sg_context *context = NULL;
    sg_train_config *config = NULL;
    sg_trainer *trainer = NULL;
    sg_trainer_options options = {.size = sizeof options, .no_save = true, .event = tell};
    sg_status status = sg_train_config_create(&config, document, messages);
    if (status != SG_OK) return sg_fail(error, status, "the graph file has errors");
    status = sg_context_create(&context, NULL, error);
    if (status == SG_OK) status = sg_trainer_create(&trainer, context, config, &options, messages, error);
    sg_train_result result;
    if (status == SG_OK) status = sg_trainer_run(trainer, &result, error);
    if (status == SG_OK) printf("%lld updates, loss %.4f\n", (long long)result.step, result.loss);
    sg_trainer_destroy(trainer);
    sg_train_config_destroy(config);
    sg_context_destroy(context);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: train_graph GRAPH [KEY=VALUE...]\n");
        return SG_BAD_USAGE;
    }
    sg_error error;
    sg_diagnostics *messages;
    if (sg_diagnostics_create(&messages, &error) != SG_OK) return (int)error.status;
    sg_document *document;
    sg_document_options options = {
        .size = sizeof options, .set = (const char *const *)argv + 2, .set_count = argc - 2};
    sg_status status = sg_document_load(&document, argv[1], &options, messages);
    if (status != SG_OK)
        sg_fail(&error, status, "the graph file has errors");
    else
        status = train(document, messages, &error);
    char *text = sg_diagnostics_text(messages, false); /* every error and warning with its place */
    if (text) fputs(text, stderr);
    if (status != SG_OK) fprintf(stderr, "train_graph: %s\n", error.message);
    free(text);
    sg_document_destroy(document);
    sg_diagnostics_destroy(messages);
    return (int)status;
}
