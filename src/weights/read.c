/* Files of weights. */
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/file.h"
#include "simgraph/weights.h"

static bool has_one_of(const char *path, const char *const *extensions) {
    for (; *extensions; extensions++)
        if (sg_file_has_extension(path, *extensions)) return true;
    return false;
}

sg_status sg_weights_read(sg_arrays *out, const char *from, sg_error *error) {
    static const char *const ours[] = {".safetensors", ".npz", ".npy", NULL}, *const pickled[] = {
                                                                                  ".pth", ".pt", ".bin",
                                                                                  ".ckpt", NULL};
    struct stat info;
    sg_text path = {0};
    bool there = stat(from, &info) == 0;
    if (!there && !strchr(from, ':') && !has_one_of(from, ours))
        return sg_fail(
            error, SG_IO_ERROR,
            "there is no `%s`: weights come from a run directory or a .safetensors, .npz or .npy file", from);
    if (has_one_of(from, pickled))
        return sg_fail(
            error, SG_BAD_DATA,
            "`%s` is a file of PyTorch's own by its name: tools/pth_to_safetensors makes a .safetensors "
            "file of it",
            from);
    sg_text_append(&path, from);
    if (there && S_ISDIR(info.st_mode)) sg_text_append(&path, "/model.safetensors");
    sg_status status = path.failed ? sg_no_memory(error) : sg_arrays_load(out, sg_text_get(&path), error);
    sg_text_finish(&path);
    return status;
}
