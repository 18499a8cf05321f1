/* convert_arrays IN OUT: reads arrays and writes them again, for tests that compare with other programs. */
#include "simgraph/arrays.h"

#include <stdio.h>

int main(int argc, char **argv) {
    sg_error error = {0};
    sg_arrays arrays = {0};
    if (argc != 3) return SG_BAD_USAGE;
    sg_status status = sg_arrays_load(&arrays, argv[1], &error);
    if (status == SG_OK) status = sg_arrays_save(&arrays, argv[2], &error);
    if (status != SG_OK) fprintf(stderr, "%s\n", error.message);
    sg_arrays_finish(&arrays);
    return (int)status;
}
