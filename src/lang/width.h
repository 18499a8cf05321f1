/* lang/width.h - how wide a character is on a terminal. */
#ifndef SG_LANG_WIDTH_H
#define SG_LANG_WIDTH_H

/* Columns of the character of UTF-8 at `text`: 0 for marks that stand on the one before, 2 for those of East
 * Asian scripts and pictures (after UAX #11 of Unicode), 1 for all others. */
int sg_width_of(const char *text);

#endif
