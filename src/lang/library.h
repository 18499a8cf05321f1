/* lang/library.h - the blocks of graphs/lib, embedded by the build (tools/embed.py).
 *
 * Most files name a few of them, so only those are read that a file could name: whose name is a word of its
 * text, or of the text of a block that is read. */
#ifndef SG_LANG_LIBRARY_H
#define SG_LANG_LIBRARY_H

#include "base/embedded.h"
#include "lang/document.h"

extern const sg_embedded sg_library_files[];

/* Declares the blocks that the document's sources and the options' settings could name, or all of them, in
 * the order of the files. */
void sg_library_add(sg_work *work, sg_document *document, const sg_document_options *options);

/* The names of all blocks, read or not. */
void sg_library_names(sg_work *work, sg_names *names);

/* The block that makes the `weight` which an op takes as an input, and has an argument of this or a similar
 * name: `conv` of conv2d and `out`. NULL where none does. */
const char *sg_library_around(sg_work *work, const char *op, const char *argument);

#endif
