#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "document.h"

enum { LINE = 512 };
static const double ANIMATED = 0.1, PLAIN = 10; /* seconds between lines */

void cli_progress_init(cli_progress *progress, bool quiet) {
    *progress = (cli_progress){.quiet = quiet, .animate = cli_animate(stderr), .shown = -1};
}

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void clear_line(cli_progress *progress) {
    if (progress->open) fputs("\r\033[K", stderr);
    progress->open = false;
}

void cli_progress_finish(cli_progress *progress) {
    if (progress->open) fputc('\n', stderr);
    progress->open = false;
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

/* With all of it, or on a narrow terminal without steps, and then without rates: the time left stays. */
static void describe_step(char line[LINE], const sg_train_event *event, bool steps, bool rates) {
    char number[CLI_NUMBER], all[CLI_NUMBER];
    line[0] = 0;
    append(line, "epoch %.2f of %.4g  ", event->epoch, event->epochs);
    if (steps)
        append(line, "step %s of %s  ", cli_thousands(event->step, number), cli_thousands(event->steps, all));
    append(line, "loss %.4f", event->loss);
    if (rates && event->value_count) append(line, "  ");
    if (rates) append_values(line, event);
    if (rates) append(line, "  %s images/s", cli_rate(event->images_per_second, number));
    if (event->step < event->steps) append(line, "  %s left", cli_duration(event->seconds_left, number));
}

static void show_step(cli_progress *progress, const sg_train_event *event) {
    double pause = progress->animate ? ANIMATED : PLAIN;
    bool first = progress->shown < 0, last = event->step == event->steps;
    if (!first && event->seconds - progress->shown < pause && !(last && progress->animate)) return;
    if (first && !progress->animate) { /* the first line comes after the first pause */
        progress->shown = event->seconds > pause ? event->seconds : 0;
        return;
    }
    progress->shown = event->seconds;
    char line[LINE] = "";
    describe_step(line, event, true, true);
    if (progress->animate) {
        int room = terminal_width() - 1;
        if ((int)strlen(line) > room) describe_step(line, event, false, true);
        if ((int)strlen(line) > room) describe_step(line, event, false, false);
        clear_line(progress);
        fprintf(stderr, "%.*s", room, line);
        progress->open = true;
        fflush(stderr);
    } else
        fprintf(stderr, "%s\n", line);
}

static void show_evaluating(cli_progress *progress, const sg_train_event *event) {
    char done[CLI_NUMBER], all[CLI_NUMBER], line[LINE] = "";
    double last = progress->told > progress->shown ? progress->told : progress->shown;
    if (event->seconds - last < (progress->animate ? ANIMATED : PLAIN)) return;
    progress->told = event->seconds;
    append(line, "evaluating %s of %s", cli_thousands(event->evaluated, done),
           cli_thousands(event->held_out, all));
    if (progress->animate) {
        clear_line(progress);
        fprintf(stderr, "%.*s", terminal_width() - 1, line);
        progress->open = true;
        fflush(stderr);
    } else
        fprintf(stderr, "%s\n", line);
}

static void show_evaluation(const sg_train_event *event) {
    char line[LINE] = "", step[CLI_NUMBER], some[CLI_NUMBER], all[CLI_NUMBER];
    append(line, "epoch %.2f  step %s  held out", event->epoch, cli_thousands(event->step, step));
    if (event->evaluated < event->held_out)
        append(line, " (%s of %s images)", cli_thousands(event->evaluated, some),
               cli_thousands(event->held_out, all));
    append(line, ": ");
    append_values(line, event);
    fprintf(stderr, "%s\n", line);
}

void cli_progress_event(void *data, const sg_train_event *event) {
    cli_progress *progress = data;
    char step[CLI_NUMBER];
    if (event->kind == SG_TRAIN_STEP) {
        if (!progress->quiet) show_step(progress, event);
        return;
    }
    if (event->kind == SG_TRAIN_EVALUATING) {
        if (!progress->quiet) show_evaluating(progress, event);
        return;
    }
    clear_line(progress);
    switch (event->kind) {
    case SG_TRAIN_STARTED:
        if (!progress->quiet && event->step > 0)
            fprintf(stderr, "%s continues after step %s\n", event->text ? event->text : "the run",
                    cli_thousands(event->step, step));
        break;
    case SG_TRAIN_EVALUATED:
        if (!progress->quiet) show_evaluation(event);
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
    case SG_TRAIN_STEP:
    case SG_TRAIN_EVALUATING:
    case SG_TRAIN_SAVED:
        break;
    }
}
