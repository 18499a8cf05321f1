/* bench --serve: steps on demand, so that another program can be measured in turns with this one. */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The line without its end; 0 where it is no number of steps. */
static int read_steps(char *line) {
    char *end;
    line[strcspn(line, "\r\n")] = '\0';
    errno = 0;
    long steps = strtol(line, &end, 10);
    return errno || end == line || *end || steps < 1 || steps > CLI_BENCH_STEPS ? 0 : (int)steps;
}

static sg_status print_line(json_t *value, sg_error *error) {
    bool failed = !value || json_dumpf(value, stdout, JSON_REAL_PRECISION(9)) != 0;
    json_decref(value);
    if (failed && !ferror(stdout)) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory");
    putchar('\n');
    return fflush(stdout) == 0 ? SG_OK : sg_fail(error, SG_IO_ERROR, "standard output: %s", strerror(errno));
}

static sg_status tell_what(const cli_bench *b, sg_error *error) {
    json_t *what = json_object();
    cli_bench_json_head(b, what);
    json_object_set_new(what, "flops", json_real(b->flops));
    return print_line(what, error);
}

/* `number`: of the steps so far. */
static sg_status answer(const cli_bench *b, sg_program *program, int steps, int *number, sg_error *error) {
    json_t *all = json_object(), *times = json_array();
    sg_status status = SG_OK;
    for (int i = 0; status == SG_OK && i < steps; i++) {
        double seconds;
        status = cli_bench_step(program, b, (*number)++, &seconds, error);
        json_array_append_new(times, json_real(seconds));
    }
    json_object_set_new(all, "seconds", times);
    if (status == SG_OK) return print_line(all, error);
    json_decref(all);
    return status;
}

sg_status cli_bench_serve(sg_program *program, cli_bench *b, sg_error *error) {
    for (int i = 0; i < sg_program_node_count(program); i++) b->flops += sg_program_node_at(program, i).flops;
    sg_status status = tell_what(b, error);
    char line[64];
    int number = 0;
    while (status == SG_OK && fgets(line, sizeof line, stdin)) {
        int steps = read_steps(line);
        status = steps ? answer(b, program, steps, &number, error)
                       : sg_fail(error, SG_BAD_USAGE, "`%s` is no number of steps: give 1 to %d a line", line,
                                 CLI_BENCH_STEPS);
    }
    return status;
}
