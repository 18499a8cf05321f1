/* cli/stem.h - words without their endings, so that a search for "hide cells" finds "hidden cells". */
#ifndef SG_CLI_STEM_H
#define SG_CLI_STEM_H

#include <stdbool.h>
#include <stddef.h>

enum { CLI_STEM = 64 };

/* What is common to the forms of an English word, in lower case: "hid" of hide, hides, hiding and hidden,
 * "normalis" of normalise, normalizing and normalization. Light: endings are cut, no dictionary is asked. */
void cli_stem(const char *word, size_t length, char stem[CLI_STEM]);

/* The next word of a text, letters and digits; NULL past the last one. */
const char *cli_next_word(const char *text, size_t *length);

#endif
