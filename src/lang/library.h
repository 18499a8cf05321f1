/* lang/library.h - the blocks of graphs/lib, embedded by the build (tools/embed.py). */
#ifndef SG_LANG_LIBRARY_H
#define SG_LANG_LIBRARY_H

#include "base/embedded.h"

extern const sg_embedded sg_library_files[];

#endif
