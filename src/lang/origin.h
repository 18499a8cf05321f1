/* lang/origin.h - where the values came from that an error of shapes speaks of. */
#ifndef SG_LANG_ORIGIN_H
#define SG_LANG_ORIGIN_H

#include "lang/frame.h"

enum { SG_MAX_ORIGINS = 4 };

/* One link a value: "`codes` is [batch, 64, 7, 7]", with the place of the node. Values that no name stands
 * for (constants, parts of a formula) are left out, and what was linked before. Returns how many links it
 * wrote. */
int sg_origins_of(const sg_frame *frame, const sg_value *value, int count, sg_link link[SG_MAX_ORIGINS]);

/* "they differ in axis 1 (64 and 1)" for the axes in which two shapes disagree; with `broadcast`, sizes of 1
 * agree with all, and where the shapes have not as many axes, these are counted from the last, which is -1.
 * `skip`: an axis that may differ, or -1. NULL where nothing differs. */
const char *sg_axes_differ(sg_work *work, const sg_shape *a, const sg_shape *b, bool broadcast, int skip);

#endif
