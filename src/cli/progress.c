#include "progress.h"

#include <stdio.h>
#include <string.h>

#include "document.h"
#include "progress_json.h"

enum { LINE = 512 };
static const double PLAIN = 10; /* seconds between lines */

void cli_progress_init(cli_progress *progress, bool quiet, bool json) {
    *progress = (cli_progress){.kind = json                  ? CLI_PROGRESS_JSON
                                       : quiet               ? CLI_PROGRESS_QUIET
                                       : cli_animate(stderr) ? CLI_PROGRESS_SCREEN
                                                             : CLI_PROGRESS_PLAIN,
                               .shown = -1};
    cli_screen_init(&progress->screen);
}

void cli_progress_finish(cli_progress *progress) {
    cli_screen_finish(&progress->screen);
}

SG_PRINTF(2, 3) static void append(char line[LINE], const char *format, ...) {
    size_t length = strlen(line);
    va_list list;
    va_start(list, format);
    vsnprintf(line + length, LINE - length, format, list);
    va_end(list);
}

static void append_values(char line[LINE], const sg_train_event *event) {
    for (int i = 0; i < event->value_count; i++) {
        append(line, "%s%s ", i ? ", " : "", event->names[i]);
        if (event->empty >> i & 1)
            append(line, "none");
        else
            append(line, "%.4g", event->values[i]);
    }
}

/* ---- lines one after the other ---- */

static void print_step(const sg_train_event *event) {
    char number[CLI_NUMBER], all[CLI_NUMBER], line[LINE] = "";
    append(line, "epoch %.2f of %.4g  step %s of %s  loss %.4f", event->epoch, event->epochs,
           cli_thousands(event->step, number), cli_thousands(event->steps, all), event->loss);
    if (event->value_count) append(line, "  ");
    append_values(line, event);
    append(line, "  %s images/s", cli_rate(event->images_per_second, number));
    if (event->step < event->steps) append(line, "  %s left", cli_duration(event->seconds_left, number));
    fprintf(stderr, "%s\n", line);
}

/* The first line comes after the first pause. */
static void show_step(cli_progress *progress, const sg_train_event *event) {
    if (progress->shown < 0)
        progress->shown = event->seconds > PLAIN ? event->seconds : 0;
    else if (event->seconds - progress->shown >= PLAIN) {
        progress->shown = event->seconds;
        print_step(event);
    }
}

static void show_evaluating(cli_progress *progress, const sg_train_event *event) {
    char done[CLI_NUMBER], all[CLI_NUMBER];
    double last = progress->told > progress->shown ? progress->told : progress->shown;
    if (event->seconds - last < PLAIN) return;
    progress->told = event->seconds;
    fprintf(stderr, "evaluating %s of %s\n", cli_thousands(event->evaluated, done),
            cli_thousands(event->held_out, all));
}

static void print_evaluation(const sg_train_event *event) {
    char line[LINE] = "", step[CLI_NUMBER], some[CLI_NUMBER], all[CLI_NUMBER];
    append(line, "epoch %.2f  step %s  held out", event->epoch, cli_thousands(event->step, step));
    if (event->evaluated < event->held_out)
        append(line, " (%s of %s images)", cli_thousands(event->evaluated, some),
               cli_thousands(event->held_out, all));
    append(line, ": ");
    append_values(line, event);
    fprintf(stderr, "%s\n", line);
}

/* ---- what stays on the screen ---- */

static void print_lasting(const cli_progress *progress, const sg_train_event *event) {
    char step[CLI_NUMBER];
    bool quiet = progress->kind == CLI_PROGRESS_QUIET;
    switch (event->kind) {
    case SG_TRAIN_STARTED:
        if (!quiet && event->step > 0)
            fprintf(stderr, "%s continues after step %s\n", event->text ? event->text : "the run",
                    cli_thousands(event->step, step));
        break;
    case SG_TRAIN_EVALUATED:
        if (!quiet) print_evaluation(event);
        break;
    case SG_TRAIN_SKIPPED:
        cli_warn("step %s: %s", cli_thousands(event->step, step), event->text ? event->text : "was left out");
        break;
    case SG_TRAIN_WARNING:
        cli_warn("step %s: %s", cli_thousands(event->step, step), event->text);
        break;
    case SG_TRAIN_NOTE:
        fprintf(stderr, "simgraph: note: %s\n", event->text);
        break;
    default:
        break;
    }
}

static bool is_lasting(const sg_train_event *event) {
    return event->kind != SG_TRAIN_STEP && event->kind != SG_TRAIN_EVALUATING &&
           event->kind != SG_TRAIN_SAVED;
}

static void show_on_screen(cli_progress *progress, const sg_train_event *event) {
    cli_screen *screen = &progress->screen;
    if (is_lasting(event)) {
        bool open = screen->open;
        cli_screen_clear(screen);
        print_lasting(progress, event);
        if (open) cli_screen_draw(screen);
    }
    cli_screen_event(screen, event);
}

void cli_progress_event(void *data, const sg_train_event *event) {
    cli_progress *progress = data;
    switch (progress->kind) {
    case CLI_PROGRESS_JSON:
        cli_json_event(event, &progress->shown);
        break;
    case CLI_PROGRESS_SCREEN:
        show_on_screen(progress, event);
        break;
    case CLI_PROGRESS_PLAIN:
        if (event->kind == SG_TRAIN_STEP) show_step(progress, event);
        if (event->kind == SG_TRAIN_EVALUATING) show_evaluating(progress, event);
        print_lasting(progress, event);
        break;
    case CLI_PROGRESS_QUIET:
        print_lasting(progress, event);
        break;
    }
}
