/* Runs the program `dot` of Graphviz. Text goes in and pictures come out through files without names, so that
 * neither side can wait for the other. */
#include "simgraph/draw.h"

#include "base/memory.h"
#include "draw/dot_svg.h"
#include "simgraph/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { IN, OUT, ERR, STREAMS };

/* `way` is one more option, or NULL. */
static sg_status spawn(const char *format, const char *way, const int *stream, pid_t *child,
                       sg_error *error) {
    char option[16], more[32];
    snprintf(option, sizeof option, "-T%s", format);
    snprintf(more, sizeof more, "%s", way ? way : "");
    char program[] = "dot";
    char *const arguments[] = {program, option, way ? more : NULL, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return sg_fail(error, SG_OUT_OF_MEMORY, "cannot run dot: %s", strerror(failure));
    failure = posix_spawnattr_init(&attributes);
    if (!failure) {
        /* The child starts with no signal blocked, whatever the caller's thread has. */
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        for (int i = 0; i < STREAMS && !failure; i++)
            failure = posix_spawn_file_actions_adddup2(&actions, stream[i], i);
        if (!failure) failure = posix_spawnp(child, program, &actions, &attributes, arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (failure == ENOENT)
        return sg_fail(error, SG_FAILURE,
                       "cannot make %s: the program `dot` is missing; install the package graphviz, or write "
                       "a .dot file",
                       format);
    return failure ? sg_fail(error, SG_FAILURE, "cannot run dot: %s", strerror(failure)) : SG_OK;
}

/* The first line that the program wrote about itself, without "Error: " and the end of the line. */
static void first_complaint(FILE *stream, char *line, int size) {
    char buffer[400];
    snprintf(line, (size_t)size, "it gave no reason");
    rewind(stream);
    while (fgets(buffer, sizeof buffer, stream)) {
        buffer[strcspn(buffer, "\r\n")] = 0;
        char *start = strstr(buffer, "Error: ");
        start = start ? start + strlen("Error: ") : buffer;
        if (!*start || strncmp(start, "Warning", 7) == 0) continue;
        snprintf(line, (size_t)size, "%s", start);
        return;
    }
}

static sg_status collect(pid_t child, FILE *complaints, sg_error *error) {
    int state;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR) return sg_fail(error, SG_FAILURE, "cannot wait for dot: %s", strerror(errno));
    if (WIFSIGNALED(state)) return sg_fail(error, SG_FAILURE, "dot was ended by signal %d", WTERMSIG(state));
    if (WEXITSTATUS(state) == 127)
        return sg_fail(error, SG_FAILURE,
                       "cannot run dot: install the package graphviz, or write a .dot file");
    if (WEXITSTATUS(state) == 0) return SG_OK;
    char reason[400];
    first_complaint(complaints, reason, sizeof reason);
    return sg_fail(error, SG_FAILURE, "dot failed: %s", reason);
}

/* Where Graphviz does not find the way of a line, it says so, names the line and draws it wrongly. That does
 * not matter for those which hold the title of a frame in its place: they are not seen. */
static bool lost_a_line(FILE *complaints) {
    char buffer[2000];
    bool unnamed = false;
    rewind(complaints);
    while (fgets(buffer, sizeof buffer, complaints)) {
        if (strncmp(buffer, "libpath/", 8) == 0) unnamed = true;
        if (!strstr(buffer, "in spline routing for edge")) continue;
        if (!strstr(buffer, "\"title ")) return true;
        unnamed = false;
    }
    return unnamed;
}

static sg_status read_back(char **data, size_t *bytes, FILE *stream, sg_error *error) {
    if (fseek(stream, 0, SEEK_END))
        return sg_fail(error, SG_IO_ERROR, "cannot read what dot made: %s", strerror(errno));
    long size = ftell(stream);
    if (size < 0) return sg_fail(error, SG_IO_ERROR, "cannot read what dot made: %s", strerror(errno));
    if (size == 0) return sg_fail(error, SG_FAILURE, "dot made an empty picture");
    rewind(stream);
    char *read = sg_array_alloc((size_t)size + 1, 1);
    if (!read) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory for a picture of %ld bytes", size);
    if (fread(read, 1, (size_t)size, stream) != (size_t)size) {
        free(read);
        return sg_fail(error, SG_IO_ERROR, "cannot read what dot made: %s", strerror(errno));
    }
    read[size] = 0;
    *data = read;
    *bytes = (size_t)size;
    return SG_OK;
}

/* A file without a name. *number is a descriptor of it above the three standard ones, which the caller may
 * have closed, and other children of the caller do not inherit it. */
static FILE *unnamed_file(int *number) {
    FILE *file = tmpfile();
    *number = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, STREAMS) : -1;
    return file;
}

/* *lost says whether another way may give a better picture. */
static sg_status run(char **data, size_t *bytes, const char *dot, const char *format, const char *way,
                     bool *lost, sg_error *error) {
    FILE *stream[STREAMS];
    int number[STREAMS];
    sg_status status = SG_OK;
    for (int i = 0; i < STREAMS; i++) {
        stream[i] = unnamed_file(&number[i]);
        if (number[i] < 0 && status == SG_OK)
            status = sg_fail(error, SG_IO_ERROR, "cannot make a temporary file for dot: %s", strerror(errno));
    }
    if (status == SG_OK &&
        (fputs(dot, stream[IN]) < 0 || fflush(stream[IN]) || fseek(stream[IN], 0, SEEK_SET)))
        status = sg_fail(error, SG_IO_ERROR, "cannot write a temporary file for dot: %s", strerror(errno));
    pid_t child = 0;
    if (status == SG_OK) status = spawn(format, way, number, &child, error);
    *lost = false;
    if (status == SG_OK) {
        status = collect(child, stream[ERR], error);
        *lost = lost_a_line(stream[ERR]); /* dot may go on without it, or give up */
    }
    if (status == SG_OK) status = read_back(data, bytes, stream[OUT], error);
    for (int i = 0; i < STREAMS; i++) {
        if (number[i] >= 0) close(number[i]);
        if (stream[i]) fclose(stream[i]);
    }
    return status;
}

/* As the text says, or else with straight lines, which need no way. */
static sg_status lay_out(char **data, size_t *bytes, const char *dot, const char *format, sg_error *error) {
    bool lost;
    sg_status status = run(data, bytes, dot, format, NULL, &lost, error);
    if (!lost) return status;
    free(*data);
    *data = NULL;
    return run(data, bytes, dot, format, "-Gsplines=line", &lost, error);
}

static const char *known_format(const char *format) {
    static const char *const known[] = {"svg", "png", "pdf", "dot"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(format, known[i]) == 0) return known[i];
    return NULL;
}

sg_status sg_draw_convert(char **data, size_t *bytes, const char *dot, const char *format, sg_error *error) {
    *data = NULL;
    *bytes = 0;
    const char *known = known_format(format);
    if (!known)
        return sg_fail(error, SG_BAD_USAGE, "unknown format `%s` of a diagram: svg, png, pdf or dot", format);
    if (strcmp(known, "dot") != 0) {
        sg_status status = lay_out(data, bytes, dot, known, error);
        if (status == SG_OK && strcmp(known, "svg") == 0) status = sg_dot_follow_scheme(data, bytes, error);
        if (status == SG_OK) return SG_OK;
        free(*data);
        *data = NULL;
        *bytes = 0;
        return status;
    }
    *data = strdup(dot);
    if (!*data) return sg_fail(error, SG_OUT_OF_MEMORY, "out of memory while copying a diagram");
    *bytes = strlen(dot);
    return SG_OK;
}

sg_status sg_draw_render(const char *dot, const char *format, const char *path, sg_error *error) {
    char *data;
    size_t bytes;
    if (!format) {
        const char *end = strrchr(path, '.');
        format = end && !strchr(end, '/') ? end + 1 : "";
        if (!known_format(format))
            return sg_fail(error, SG_BAD_USAGE, "%s: a diagram's name must end in .svg, .png, .pdf or .dot",
                           path);
    }
    sg_status status = sg_draw_convert(&data, &bytes, dot, format, error);
    if (status == SG_OK) status = sg_file_save(path, data, bytes, error);
    free(data);
    return status;
}
