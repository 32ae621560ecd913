/*
 * The command line that all programs share: --help, --version, --config FILE,
 * --check-config, and a program's own options from its table.
 *
 *	static const struct option_spec specs[] = {
 *		{"dry-run", NULL, "fetch and render, publish nothing"},
 *		{0},
 *	};
 *	struct options options;
 *
 *	if (options_start(&program, argc, argv, &options, &status) != 0)
 *		return status;
 *	if (options_has(&options, "dry-run"))
 *		…
 *	options_free(&options);
 */
#ifndef MARQUEE_BASE_OPTIONS_H
#define MARQUEE_BASE_OPTIONS_H

#include <stdbool.h>

#include "base/settings.h"

struct option_spec {
	const char *name; /* without the dashes; NULL ends the table */
	const char
		*value; /* what its value is called in the help; NULL: none */
	const char *help;
};

struct program {
	const char *name;    /* as it is called */
	const char *usage;   /* what follows the options: "", "ID…" */
	const char *summary; /* one or more lines */
	const struct option_spec *specs;
	int max_arguments; /* words that are no options; -1: any number */
};

#define OPTIONS_MAX 16 /* entries of a program's table */

struct options {
	const struct program *program;
	const char *values[OPTIONS_MAX]; /* "" for an option without a value */
	char **arguments;                /* the words that are no options */
	int argument_count;
	struct settings *settings;
};

/* Reads the command line, then the settings; opens the log on stderr. Returns
 * 0 when the program is to go on; otherwise 1 with `status` to exit with
 * (--help, --version, --check-config: 0, or 74 where stdout did not take it;
 * usage 64; configuration 78), after everything was printed: help and settings on stdout, complaints on stderr. */
int options_start(const struct program *program, int argc, char **argv,
		  struct options *options, int *status);

bool options_has(const struct options *options, const char *name);

/* The option's value, or NULL where it was not given. */
const char *options_value(const struct options *options, const char *name);

void options_free(struct options *options);

/* The end of a program's main, in place of options_free: where `status` is not 0,
 * says why, a usage error on stderr and all else in the log, as `what`. Returns
 * the exit status: EX_OK, or the code of `err`. */
int options_finish(struct options *options, int status, const char *what,
		   const struct error *err);

#endif
