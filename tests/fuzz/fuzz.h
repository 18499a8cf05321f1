/* What the fuzz targets share. Each is one file with LLVMFuzzerTestOneInput: with -Dfuzz=true libFuzzer
 * drives it, else driver.c hands it the files of its corpus. */
#ifndef SG_TESTS_FUZZ_H
#define SG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A claim that must hold for every input; its failure counts as a crash. */
#define FUZZ_ASSERT(claim)     \
    do {                       \
        if (!(claim)) abort(); \
    } while (0)

#endif
