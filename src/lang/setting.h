/* lang/setting.h - what variants, `set` and --set changed: so that a message about a value can say where it
 * came from.
 *
 * A setting stays with its value through arguments and arithmetic. Sizes of tensors do not carry it; there
 * the number tells, among the settings that took part in making the tensor: a size of 30 comes from the one
 * whose value is 30. */
#ifndef SG_LANG_SETTING_H
#define SG_LANG_SETTING_H

#include "lang/tree.h"

enum { SG_MAX_SETTINGS = 3 }; /* that one message names */

typedef struct sg_setting {
    const char *path; /* "encoder.patch" */
    sg_span span;     /* of its value */
    bool is_number;
    double number;
    const struct sg_setting *next; /* set before it; of the whole document */
} sg_setting;

/* Notes that the value, and everything in it, was put at a key path; adds to work->settings. */
void sg_setting_note(sg_work *work, sg_tree *value, const char *path);

/* A number of a message: the setting that it came from, or where that is NULL the tensors whose size it is.
 */
typedef struct sg_told_number {
    double number;
    const sg_setting *setting;
    int tensor_count;
    const sg_value *tensor;
} sg_told_number;

struct sg_expander;

/* Notes that the last node of the graph was made with an attribute of this value. */
void sg_setting_use(struct sg_expander *x, const sg_tree *value);

/* One link a setting, "`encoder.patch` is 5", for what each of `count` numbers came from: its setting, or
 * where that is NULL the settings of the same number, at least 2, that were last used in making its tensors.
 * What stands `at` the place of the message is left out. `x` may be NULL where there are no tensors. */
int sg_setting_links(sg_work *work, const struct sg_expander *x, sg_span at, int count,
                     const sg_told_number *number, sg_link link[SG_MAX_SETTINGS]);

/* The link of a value that stands somewhere else than `at`, where `$` inserted it: "`4e-3x` is written
 * there". Returns how many it wrote, 0 or 1. */
int sg_written_link(sg_work *work, sg_span at, const sg_tree *value, sg_link *link);

/* sg_complain at the place of a value, with the setting that it came from. */
void sg_complain_value(sg_work *work, const sg_tree *value, const char *hint, const char *format, ...)
    SG_PRINTF(4, 5);

#endif
