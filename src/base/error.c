#include "base/numeric.h"

#include <stdio.h>
#include <string.h>

static void write_message(sg_error *error, sg_status status, sg_blame blame, int which, const char *format,
                          va_list arguments) SG_PRINTF(5, 0);

static void write_message(sg_error *error, sg_status status, sg_blame blame, int which, const char *format,
                          va_list arguments) {
    if (!error) return;
    error->status = status;
    error->blame = blame;
    error->which = which;
    sg_vsnprintf(error->message, sizeof error->message, format, arguments);
}

sg_status sg_fail(sg_error *error, sg_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(error, status, SG_BLAME_NODE, 0, format, arguments);
    va_end(arguments);
    return status;
}

sg_status sg_fail_at(sg_error *error, sg_blame blame, int which, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(error, SG_BAD_GRAPH, blame, which, format, arguments);
    va_end(arguments);
    return SG_BAD_GRAPH;
}

sg_status sg_fail_prefix(sg_error *error, const char *format, ...) {
    if (!error) return SG_FAILURE;
    char old[SG_MESSAGE_MAX];
    memcpy(old, error->message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    int used = sg_vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (used >= 0 && (size_t)used < sizeof error->message)
        snprintf(error->message + used, sizeof error->message - (size_t)used, ": %s", old);
    return error->status;
}
