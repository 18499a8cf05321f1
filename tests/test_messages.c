/* Bad graph files and exactly what the user sees: every NAME.yaml of a directory has its messages in
 * NAME.txt. A file NAME.set holds one setting a line.
 *
 * usage: test_messages DIRECTORY [write]       (write: replaces the .txt files; read the difference before
 * keeping it) */
#include "base/text.h"
#include "simgraph/language.h"
#include "simgraph/train.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SET = 32 };

static char *read_file(const char *name) {
    FILE *file = fopen(name, "rb");
    sg_text text = {0};
    char bytes[4096];
    size_t count;
    if (!file) return NULL;
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) sg_text_append_bytes(&text, bytes, count);
    fclose(file);
    sg_text_append(&text, "");
    return sg_text_take(&text);
}

/* Cuts a text into lines in place. */
static int split_lines(char *text, const char **line) {
    int count = 0;
    for (char *at = text; at && *at && count < MAX_SET;) {
        char *end = strchr(at, '\n');
        line[count++] = at;
        if (end) *end++ = 0;
        at = end;
    }
    return count;
}

/* What `simgraph check` says about a file; the exit status on the last line. */
static char *messages_of(const char *name, char *settings) {
    const char *set[MAX_SET];
    sg_document_options options = {
        .size = sizeof options, .set = set, .set_count = split_lines(settings, set)};
    sg_diagnostics *diagnostics = NULL;
    sg_document *document = NULL;
    if (sg_diagnostics_create(&diagnostics, NULL) != SG_OK) return NULL;
    sg_status status = sg_check_file(&document, name, &options, diagnostics);
    sg_document_destroy(document);
    char *messages = sg_diagnostics_text(diagnostics, false);
    sg_diagnostics_destroy(diagnostics);
    sg_text text = {0};
    sg_text_printf(&text, "%sstatus %d\n", messages ? messages : "", status);
    free(messages);
    return sg_text_take(&text);
}

static bool check(const char *name, bool write) {
    char file[512];
    size_t stem = strlen(name) - strlen(".yaml");
    snprintf(file, sizeof file, "%.*s.set", (int)stem, name);
    char *settings = read_file(file), *messages = messages_of(name, settings);
    snprintf(file, sizeof file, "%.*s.txt", (int)stem, name);
    char *expected = read_file(file);
    bool good = messages && expected && strcmp(messages, expected) == 0;
    if (write && messages) {
        FILE *out = fopen(file, "wb");
        good = out && fputs(messages, out) >= 0 && fclose(out) == 0;
    } else if (!good) {
        printf("%s: expected\n%s%s: got\n%s", name, expected ? expected : "(no .txt file)\n", name, messages);
    }
    free(settings);
    free(messages);
    free(expected);
    return good;
}

static int is_graph(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".yaml") == 0;
}

int main(int argc, char **argv) {
    struct dirent **entry;
    int passed = 0, failed = 0;
    if (argc < 2 || chdir(argv[1]) != 0) {
        fprintf(stderr, "usage: test_messages DIRECTORY [write]\n");
        return 2;
    }
    int count = scandir(".", &entry, is_graph, alphasort);
    for (int i = 0; i < count; i++) {
        if (check(entry[i]->d_name, argc > 2))
            passed++;
        else
            failed++;
        free(entry[i]);
    }
    if (count > 0) free(entry);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
