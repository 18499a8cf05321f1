/* cli/verbs.h - the verbs, each in the file of its name. */
#ifndef SG_CLI_VERBS_H
#define SG_CLI_VERBS_H

#include "cli.h"

extern const cli_verb cli_verb_bench;
extern const cli_verb cli_verb_check;
extern const cli_verb cli_verb_compare;
extern const cli_verb cli_verb_complete;
extern const cli_verb cli_verb_completion;
extern const cli_verb cli_verb_data;
extern const cli_verb cli_verb_diff;
extern const cli_verb cli_verb_dot;
extern const cli_verb cli_verb_eval;
extern const cli_verb cli_verb_expand;
extern const cli_verb cli_verb_export;
extern const cli_verb cli_verb_features;
extern const cli_verb cli_verb_fmt;
extern const cli_verb cli_verb_gradcheck;
extern const cli_verb cli_verb_import;
extern const cli_verb cli_verb_init;
extern const cli_verb cli_verb_mask;
extern const cli_verb cli_verb_ops;
extern const cli_verb cli_verb_report;
extern const cli_verb cli_verb_probe;
extern const cli_verb cli_verb_reconstruct;
extern const cli_verb cli_verb_run;
extern const cli_verb cli_verb_runs;
extern const cli_verb cli_verb_schema;
extern const cli_verb cli_verb_summary;
extern const cli_verb cli_verb_doctor;

#endif
