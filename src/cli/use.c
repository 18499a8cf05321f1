/* Opening a trained model for the verbs reconstruct, features and probe. */
#include "use.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "simgraph/clock.h"

static void print_note(void *data, const char *text) {
    (void)data;
    fprintf(stderr, "simgraph: note: %s\n", text);
}

bool cli_number(const cli_args *args, const char *name, double low, double high, double *number) {
    const char *text = cli_text(args, name);
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end || errno)
        cli_usage(args->verb, "--%s is `%s`, but must be a number", name, text);
    else if (!(value >= low && value <= high))
        cli_usage(args->verb, "--%s is %s, but must lie between %g and %g", name, text, low, high);
    else {
        *number = value;
        return true;
    }
    return false;
}

int cli_use_open(cli_use *u, const cli_args *args, sg_use_options *o) {
    sg_error error;
    const char *fit = cli_text(args, "fit");
    *u = (cli_use){.messages = NULL};
    o->size = sizeof *o;
    o->path = args->arg[0];
    o->set = cli_texts(args, "set", &o->set_count);
    o->include = cli_texts(args, "include", &o->include_count);
    o->init = cli_text(args, "init");
    o->data = o->data ? o->data : cli_text(args, "data");
    o->limit = cli_int(args, "limit", 0);
    o->stretch = fit && strcmp(fit, "stretch") == 0;
    o->note = print_note;
    if (!o->files && !o->data) {
        o->files = args->arg + 1;
        o->file_count = args->count - 1;
        if (!o->file_count) return cli_usage(args->verb, "%s", "give images, or --data NAME");
    } else if (o->data && args->count > 1 && !o->files)
        return cli_usage(args->verb, "--data takes the place of images: give one of them");
    sg_context_options engine = cli_engine(args);
    sg_status status = sg_diagnostics_create(&u->messages, &error);
    if (status == SG_OK) status = sg_context_create(&u->context, &engine, &error);
    if (status == SG_OK) status = sg_use_open(&u->use, u->context, o, u->messages, &error);
    cli_document d = {.messages = u->messages, .path = args->arg[0]};
    if (u->messages && sg_diagnostics_errors(u->messages)) cli_document_report(&d, SG_OK);
    if (status != SG_OK) {
        bool told = u->messages && sg_diagnostics_errors(u->messages);
        cli_use_finish(u);
        return told ? (int)status : cli_fail_with(&error);
    }
    u->begun = u->told = sg_clock();
    return SG_OK;
}

void cli_use_tell(const cli_use *u, const sg_use_options *o) {
    const sg_use_info *info = sg_use_about(u->use);
    fprintf(stderr, "weights of %s; `%s`", info->weights, info->value);
    if (info->block) fprintf(stderr, " (%s)", info->block);
    fputs(o->features && info->mask ? ", with nothing hidden\n" : "\n", stderr);
}

const char *cli_use_name(const cli_use *u, const cli_args *args, int64_t sample, char buffer[CLI_USE_NAME]) {
    const char *path = sg_use_path(u->use, sample), *data = cli_text(args, "data");
    snprintf(buffer, CLI_USE_NAME, "%.40s %lld", data ? data : "", (long long)sample);
    return path ? path : buffer;
}

const char *cli_use_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

sg_status cli_use_next(cli_use *u, sg_use_batch *batch, sg_error *error) {
    char done[CLI_NUMBER], all[CLI_NUMBER], rate[CLI_NUMBER];
    sg_status status = sg_use_next(u->use, batch, error);
    double time = sg_clock();
    u->done += batch->count;
    if (status != SG_OK || time - u->told < 10) return status;
    u->told = time;
    fprintf(stderr, "%s of %s image%s, %s images/s\n", cli_thousands(u->done, done),
            cli_thousands(sg_use_about(u->use)->samples, all), sg_plural(sg_use_about(u->use)->samples),
            cli_rate((double)u->done / (time - u->begun), rate));
    return status;
}

void cli_use_finish(cli_use *u) {
    sg_use_destroy(u->use);
    sg_context_destroy(u->context);
    sg_diagnostics_destroy(u->messages);
    *u = (cli_use){.messages = NULL};
}
