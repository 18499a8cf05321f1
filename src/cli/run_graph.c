#include "run_graph.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "dot.h"

static void *draw(void *data) {
    cli_run_graph *picture = data;
    picture->status = sg_draw_render(picture->text, "svg", picture->path, &picture->error);
    return NULL;
}

static void describe(cli_run_graph *picture, const cli_document *d, const char *directory) {
    char links[256];
    const char *slash = strrchr(directory, '/');
    cli_dot_links(links, sizeof links, picture->path);
    cli_dot_graph graph;
    const sg_dot_options options = {
        .size = sizeof options,
        .depth = SG_DOT_AUTOMATIC,
        .follow = true,
        .title = slash && slash[1] ? slash + 1 : directory,
        .links = links,
        .batch = cli_document_batch(d, 0),
        .minimised = graph.minimised,
    };
    int code = cli_dot_graph_make(&graph, d, CLI_DOT_FORWARD, NULL, false);
    if (code == SG_OK) picture->status = sg_draw_dot(&picture->text, graph.graph, &options, &picture->error);
    cli_dot_graph_finish(&graph);
}

void cli_run_graph_init(cli_run_graph *picture, const cli_document *d, const char *directory) {
    char program[4096];
    *picture = (cli_run_graph){0};
    if (!cli_find_program("dot", program, sizeof program)) return;
    size_t size = strlen(directory) + sizeof "/graph.svg";
    picture->path = malloc(size);
    if (!picture->path) return;
    snprintf(picture->path, size, "%s/graph.svg", directory);
    describe(picture, d, directory);
}

/* The thread takes no signals: an interrupt is for the training. */
void cli_run_graph_begin(cli_run_graph *picture) {
    sigset_t all, old;
    if (picture->begun || !picture->text) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    picture->begun = pthread_create(&picture->thread, NULL, draw, picture) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void cli_run_graph_end(cli_run_graph *picture, bool failed) {
    if (picture->begun)
        pthread_join(picture->thread, NULL);
    else if (picture->text && !failed)
        draw(picture);
    if (picture->status != SG_OK && !failed)
        cli_warn("%s is not drawn: %s", picture->path, picture->error.message);
    free(picture->text);
    free(picture->path);
    *picture = (cli_run_graph){0};
}
