/* The name by which an entry of `data:` says that it is a part of another one: see src/train/config_part.c,
 * which puts the other one's source in its place. */
#include "simgraph/data.h"

static sg_status load(const sg_attr *attr, sg_table *table, sg_error *error) {
    (void)table;
    return sg_fail(error, SG_BAD_USAGE, "part: it takes its samples from `%s`, and has none by itself",
                   attr[0].text);
}

const sg_source sg_source_part = {
    .schema = {.kind = SG_KIND_SOURCE,
               .name = "part",
               .doc = "the part of another entry's samples that its `split` "
                      "gives to this name, with fields of its own",
               .attrs = SG_ATTRS(
                   {.name = "of", .type = SG_ATTR_TEXT, .doc = "the entry of `data` that has the `split`"})},
    .load = load};
