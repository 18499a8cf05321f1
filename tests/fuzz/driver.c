/* Hands files, and all files of directories, to a fuzz target: how a corpus is run again without libFuzzer.
 *
 * usage: fuzz_TARGET PATH... */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int count;

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return fprintf(stderr, "cannot read %s\n", path), 1;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    /* Exactly as large as the input, so that a sanitizer sees a read past its end. */
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    int status = !data || size < 0 || fread(data, 1, (size_t)size, file) != (size_t)size;
    if (!status) LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    fclose(file);
    count++;
    return status;
}

static int run_path(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) return fprintf(stderr, "there is no %s\n", path), 1;
    if (!S_ISDIR(info.st_mode)) return run_file(path);
    DIR *directory = opendir(path);
    int status = !directory;
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        char inner[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        status |= run_path(inner);
    }
    if (directory) closedir(directory);
    return status;
}

int main(int argc, char **argv) {
    int status = 0;
    for (int i = 1; i < argc; i++) status |= run_path(argv[i]);
    printf("%d inputs\n", count);
    return status || count == 0; /* a corpus that was not found must not look like a success */
}
