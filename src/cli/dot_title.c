/* What a diagram is called. */
#include "dot.h"

#include <stdio.h>
#include <string.h>

/* The file's name without directory and extension, with its variant. */
static int put_name(char *title, size_t size, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *variant = strrchr(name, '@');
    return snprintf(title, size, "%.*s%s", (int)strcspn(name, ".@"), name, variant ? variant : "");
}

/* Settings as they were given, behind ": ". */
static void put_settings(char *title, size_t size, const cli_args *args) {
    int count;
    const char *const *set = cli_texts(args, "set", &count);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(title);
        snprintf(title + length, size - length, "%s%s", i ? ", " : ": ", set[i]);
    }
}

void cli_dot_title(char *title, size_t size, const cli_args *args) {
    const char *before = args->arg[0], *now = cli_text(args, "diff");
    if (!now) {
        put_name(title, size, before);
        return;
    }
    char old[128], new[128];
    put_name(old, sizeof old, before);
    put_name(new, sizeof new, now);
    if (strcmp(before, now) == 0)
        snprintf(title, size, "%s", old);
    else if (strcmp(old, new) == 0) /* files of one name: where they are tells them apart */
        snprintf(title, size, "%s → %s", before, now);
    else
        snprintf(title, size, "%s → %s", old, new);
    put_settings(title, size, args);
}

void cli_dot_note(char *note, size_t size, const char *before, const char *now) {
    if (strcmp(before, now) == 0)
        snprintf(note, size, "%s before and after", now);
    else
        snprintf(note, size, "from %s to %s", before, now);
}

void cli_dot_links(char *links, size_t size, const char *path) {
    *links = 0;
    if (!path || *path == '/' || strstr(path, "..")) return;
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
        if (strncmp(slash - 1, "./", 2) != 0 || slash - 1 != path)
            snprintf(links + strlen(links), size - strlen(links), "../");
}
