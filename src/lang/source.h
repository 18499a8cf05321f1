/* lang/source.h - finding and reading the files of a graph. */
#ifndef SG_LANG_SOURCE_H
#define SG_LANG_SOURCE_H

#include "lang/work.h"

/* The whole file, ended by a zero; NULL after reporting at `from`. A file above the limit comes back cut just
 * past it, so that the reader can refuse it. */
const char *sg_source_read(sg_work *work, const char *path, sg_span from, size_t *length);

/* Where `name` is, as written in the file `user`: beside it, or in one of the directories. Absolute names are
 * taken as they are. NULL when no such file can be read. */
const char *sg_source_find(sg_work *work, const char *name, const char *user, const char *const *directories,
                           int count);

bool sg_source_exists(const char *path); /* and can be read */

/* The same text for two names of one file. */
const char *sg_source_identity(sg_work *work, const char *path);

#endif
