#include "screen.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "document.h"
#include "screen_line.h"

/* Pieces of a higher rank go first where the terminal is narrow. */
enum { ALWAYS, WANTED, USEFUL, NICE };

static const double PAUSE = 0.1; /* seconds between drawings */

bool cli_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
    }
    return false;
}

void cli_screen_init(cli_screen *screen) {
    *screen = (cli_screen){.colour = cli_colour(stderr), .utf8 = cli_utf8(), .when = -1};
}

/* It is asked each time, since windows change while a run goes on. */
static void measure(int *columns, int *rows) {
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    *columns = known && size.ws_col > 1 ? size.ws_col : 80;
    *rows = known && size.ws_row > 1 ? size.ws_row : 24;
}

/* ---- lines ---- */

static double memory_in_use(void) {
    long long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fscanf(file, "%lld %lld", &all, &resident) != 2) resident = 0;
    if (file) fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void add_progress(cli_line *line, const sg_train_event *event) {
    char text[CLI_LINE_PIECE], a[CLI_NUMBER], b[CLI_NUMBER];
    double share = event->steps > 0 ? (double)event->step / (double)event->steps : 0;
    cli_line_add_bar(line, ALWAYS, share);
    snprintf(text, sizeof text, "%3d %%", (int)(100 * share));
    cli_line_add(line, ALWAYS, "", text);
    snprintf(text, sizeof text, "%s of %s", cli_thousands(event->step, a), cli_thousands(event->steps, b));
    cli_line_add(line, WANTED, "step", text);
    snprintf(text, sizeof text, "%.2f of %.4g", event->epoch, event->epochs);
    cli_line_add(line, USEFUL, "epoch", text);
}

static void add_loss(cli_line *line, const cli_screen *screen) {
    char text[CLI_LINE_PIECE];
    snprintf(text, sizeof text, "%.4f", screen->last.loss);
    cli_line_add(line, ALWAYS, "loss", text);
    cli_line_add_spark(line, WANTED, &screen->loss);
    for (int i = 0; i < screen->report_count; i++) cli_line_add(line, USEFUL, "", screen->reported[i]);
    snprintf(text, sizeof text, "%.3g", screen->last.rate);
    cli_line_add(line, NICE, "rate", text);
    snprintf(text, sizeof text, "%.3g", screen->last.norm);
    cli_line_add(line, NICE, "norm", text);
}

static void add_held_out(cli_line *line, const cli_screen *screen) {
    char text[CLI_LINE_PIECE], a[CLI_NUMBER], b[CLI_NUMBER];
    if (screen->to_evaluate) {
        snprintf(text, sizeof text, "%s of %s", cli_thousands(screen->evaluated, a),
                 cli_thousands(screen->to_evaluate, b));
        cli_line_add(line, ALWAYS, "evaluating", text);
    }
    if (!screen->value_count) return;
    cli_line_add(line, USEFUL, "held out", "");
    for (int i = 0; i < screen->value_count; i++)
        cli_line_add(line, i == 0 ? ALWAYS : USEFUL, "", screen->held_out[i]);
    snprintf(text, sizeof text, "step %s", cli_thousands(screen->evaluated_step, a));
    cli_line_add(line, NICE, "at", text);
}

static void add_speed(cli_line *line, const sg_train_event *event) {
    char text[CLI_LINE_PIECE], number[CLI_NUMBER];
    if (event->step < event->steps) {
        snprintf(text, sizeof text, "%s left", cli_duration(event->seconds_left, number));
        cli_line_add(line, ALWAYS, "", text);
    }
    cli_line_add(line, USEFUL, "after", cli_duration(event->seconds, number));
    snprintf(text, sizeof text, "%s images/s", cli_rate(event->images_per_second, number));
    cli_line_add(line, WANTED, "", text);
    if (event->waiting >= 0) {
        snprintf(text, sizeof text, "%.0f %%", 100 * event->waiting);
        cli_line_add(line, USEFUL, "waiting for data", text);
    }
    cli_line_add(line, NICE, "memory", cli_bytes(memory_in_use(), number));
}

static int describe(const cli_screen *screen, cli_line lines[CLI_SCREEN_LINES]) {
    int count = 0;
    memset(lines, 0, sizeof *lines * CLI_SCREEN_LINES);
    add_progress(&lines[count++], &screen->last);
    add_loss(&lines[count++], screen);
    add_held_out(&lines[count], screen);
    count += lines[count].count > 0;
    add_speed(&lines[count++], &screen->last);
    return count;
}

/* ---- drawing ---- */

/* Writes the lines, each cleared to its end, and clears what was below them; then `end`, and the cursor goes
 * up again where it has to go `back`. All in one piece, so that no window changes its size in between. */
static void write_lines(const cli_screen *screen, const char *end, bool back) {
    static const char to_the_end[] = "\033[K";
    cli_line lines[CLI_SCREEN_LINES];
    char text[CLI_LINE_TEXT], all[CLI_SCREEN_LINES * (CLI_LINE_TEXT + 8) + 64] = "\r";
    int columns, rows, count = describe(screen, lines), length = 1;
    measure(&columns, &rows);
    if (count > rows - 1) count = rows - 1;
    for (int i = 0; i < count; i++) {
        cli_line_print(&lines[i], columns - 1, screen->utf8, screen->colour, text);
        length +=
            snprintf(all + length, sizeof all - (size_t)length, "%s%s%s", i ? "\n" : "", text, to_the_end);
    }
    length += snprintf(all + length, sizeof all - (size_t)length, "\033[J%s", end);
    if (back && count > 1) snprintf(all + length, sizeof all - (size_t)length, "\033[%dA", count - 1);
    fputs(all, stderr);
    fflush(stderr);
}

/* The cursor goes back to the beginning of the first line: where a window gets narrower and the terminal
 * breaks the lines anew, it stays with them, and all that is below it is what was drawn. */
void cli_screen_draw(cli_screen *screen) {
    if (!screen->begun) return;
    write_lines(screen, "\r", true);
    screen->open = true;
}

void cli_screen_clear(cli_screen *screen) {
    if (screen->open) fputs("\r\033[J", stderr);
    screen->open = false;
}

void cli_screen_finish(cli_screen *screen) {
    if (screen->open) write_lines(screen, "\n", false);
    screen->open = false;
}

/* ---- events ---- */

static int take_values(char texts[CLI_SCREEN_VALUES][CLI_SCREEN_NAME], const sg_train_event *event) {
    int count = event->value_count < CLI_SCREEN_VALUES ? event->value_count : CLI_SCREEN_VALUES;
    for (int i = 0; i < count; i++)
        if (event->empty >> i & 1)
            snprintf(texts[i], CLI_SCREEN_NAME, "%.28s none", event->names[i]);
        else
            snprintf(texts[i], CLI_SCREEN_NAME, "%.28s %.4g", event->names[i], event->values[i]);
    return count;
}

void cli_screen_event(cli_screen *screen, const sg_train_event *event) {
    bool now = screen->when < 0;
    switch (event->kind) {
    case SG_TRAIN_STEP:
    case SG_TRAIN_SKIPPED:
        screen->last = *event;
        screen->begun = true;
        screen->to_evaluate = 0;
        screen->report_count = take_values(screen->reported, event);
        cli_spark_add(&screen->loss, event->loss);
        now = now || event->step == event->steps;
        break;
    case SG_TRAIN_EVALUATING:
        screen->evaluated = event->evaluated;
        screen->to_evaluate = event->held_out;
        break;
    case SG_TRAIN_EVALUATED:
        screen->to_evaluate = 0;
        screen->evaluated_step = event->step;
        screen->value_count = take_values(screen->held_out, event);
        now = true;
        break;
    default:
        return;
    }
    if (!now && event->seconds - screen->when < PAUSE) return;
    screen->when = event->seconds;
    cli_screen_draw(screen);
}
