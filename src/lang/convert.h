/* lang/convert.h - values -> attributes of ops and calls. */
#ifndef SG_LANG_CONVERT_H
#define SG_LANG_CONVERT_H

#include "lang/tree.h"

/* A value as an attribute of that type. `owner` is the op or call in messages. Ranges and what is missing are
 * checked with the whole call. False after reporting. */
bool sg_convert(sg_work *work, const sg_tree *value, const sg_attr_spec *spec, const char *owner,
                sg_attr *out);
/* Reports every attribute that is out of its range or missing, but for those of which something was `told`
 * already. `from`: the values; NULL where there is none. Missing ones point `at` the call. False then. */
bool sg_convert_check(sg_work *work, const sg_schema *schema, const sg_attr *attr, const sg_tree *const *from,
                      const bool *told, sg_span at);

/* A call of the registry, checked and with its defaults. `extra`: keys that are left alone, or NULL. NULL
 * after reporting. */
const sg_call *sg_convert_call(sg_work *work, const sg_tree *value, sg_kind kind, const char *extra);

/* "10 epochs": number and unit. False where the text is none. */
bool sg_span_parse(const char *text, double *number, const char **unit);

#endif
