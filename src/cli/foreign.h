/* cli/foreign.h - verbs and options of other programs, which people try. */
#ifndef SG_CLI_FOREIGN_H
#define SG_CLI_FOREIGN_H

#include "cli.h"

/* The verb that does here what `word` does elsewhere, or NULL. */
const char *cli_foreign_verb(const char *word);

enum { CLI_HINT = 160 };
/* What to write in the place of an option that the verb does not have: "use --set train.epochs=5". `value` is
 * what was given with it, or NULL. False where nothing is known. */
bool cli_foreign_option(const cli_verb *verb, const char *name, const char *value, char hint[CLI_HINT]);

#endif
