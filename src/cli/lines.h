/* cli/lines.h - what differs between two texts, line by line. */
#ifndef SG_CLI_LINES_H
#define SG_CLI_LINES_H

/* Prints the difference as `diff -u` does, with three lines around each change; nothing when there is none.
 * Returns the exit code. */
int cli_lines_diff(const char *name, const char *old_text, const char *new_text);

#endif
