#include "base/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "base/log.h"

enum common_option {
	OPTION_HELP = 1000,
	OPTION_VERSION,
	OPTION_CONFIG,
	OPTION_CHECK_CONFIG,
};

static const struct {
	struct option_spec spec;
	int value;
} common_options[] = {
	{{"config", "FILE",
	  "read settings from FILE instead of " MARQUEE_SYSCONFDIR
	  "/marquee/marquee.env, "
	  "./.env"},
	 OPTION_CONFIG},
	{{"check-config", NULL,
	  "print every setting, its value and where it came from"},
	 OPTION_CHECK_CONFIG},
	{{"help", NULL, "print this"}, OPTION_HELP},
	{{"version", NULL, "print the version"}, OPTION_VERSION},
};

#define COMMON_COUNT COUNT(common_options)

static void print_spec(const struct option_spec *spec)
{
	printf("  --%s%s%s\n      %s\n", spec->name,
	       spec->value != NULL ? " " : "",
	       spec->value != NULL ? spec->value : "", spec->help);
}

static void print_help(const struct program *program)
{
	const struct option_spec *spec;
	size_t i;

	printf("Usage: %s [OPTION…]%s%s\n\n%s\n\nOptions:\n", program->name,
	       program->usage[0] != '\0' ? " " : "", program->usage,
	       program->summary);
	for (spec = program->specs; spec->name != NULL; spec++)
		print_spec(spec);
	for (i = 0; i < COMMON_COUNT; i++)
		print_spec(&common_options[i].spec);
	printf("\nSettings (environment, or KEY=value lines of the config "
	       "file):\n");
	settings_print_help(stdout);
}

static void put_long(struct option *longs, const struct option_spec *spec,
		     int value)
{
	longs->name = spec->name;
	longs->has_arg = spec->value != NULL ? required_argument : no_argument;
	longs->flag = NULL;
	longs->val = value;
}

/* What reading the words of the command line came to. */
struct reading {
	const char *config_file;
	bool wants_help, wants_version, wants_check;
};

/* getopt has complained by itself where it returns '?'. */
static int read_words(const struct program *program, int argc, char **argv,
		      struct options *options, struct reading *reading)
{
	struct option longs[OPTIONS_MAX + COMMON_COUNT + 1] = {{0}};
	size_t own = 0, i;
	int value;

	for (; own < OPTIONS_MAX && program->specs[own].name != NULL; own++)
		put_long(&longs[own], &program->specs[own], (int)own);
	for (i = 0; i < COMMON_COUNT; i++)
		put_long(&longs[own + i], &common_options[i].spec,
			 common_options[i].value);
	optind = 0; /* getopt then begins anew, whoever used it before */
	while ((value = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (value == '?')
			return -1;
		if (value == OPTION_HELP)
			reading->wants_help = true;
		else if (value == OPTION_VERSION)
			reading->wants_version = true;
		else if (value == OPTION_CHECK_CONFIG)
			reading->wants_check = true;
		else if (value == OPTION_CONFIG)
			reading->config_file = optarg;
		else
			options->values[value] = optarg != NULL ? optarg : "";
	}
	options->arguments = argv + optind;
	options->argument_count = argc - optind;
	if (program->max_arguments >= 0 &&
	    options->argument_count > program->max_arguments &&
	    !reading->wants_help && !reading->wants_version) {
		fprintf(stderr, "%s: unexpected argument \"%s\"\n",
			program->name,
			options->arguments[program->max_arguments]);
		return -1;
	}
	return 0;
}

/* The status after something was printed for its own sake: on a full disk it
 * did not arrive. */
static int flush_answer(const struct program *program)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EX_OK;
	fprintf(stderr, "%s: cannot write to stdout: %s\n", program->name,
		strerror(errno));
	return EX_IOERR;
}

int options_start(const struct program *program, int argc, char **argv,
		  struct options *options, int *status)
{
	struct reading reading = {0};
	struct error err = {0};

	memset(options, 0, sizeof(*options));
	options->program = program;
	*status = EX_OK;
	if (read_words(program, argc, argv, options, &reading) != 0) {
		fprintf(stderr, "Try \"%s --help\".\n", program->name);
		*status = EX_USAGE;
		return 1;
	}
	if (reading.wants_help) {
		print_help(program);
		*status = flush_answer(program);
		return 1;
	}
	if (reading.wants_version) {
		printf("%s (Marquee) %s\n", program->name, MARQUEE_VERSION);
		*status = flush_answer(program);
		return 1;
	}
	options->settings = settings_load(reading.config_file, &err);
	if (options->settings == NULL) {
		fprintf(stderr, "%s: %s\n", program->name, err.message);
		*status = err.code;
		return 1;
	}
	if (reading.wants_check) {
		settings_print(options->settings, stdout);
		*status = flush_answer(program);
		options_free(options);
		return 1;
	}
	settings_open_log(options->settings, program->name, LOG_SINK_STDERR);
	return 0;
}

const char *options_value(const struct options *options, const char *name)
{
	const struct option_spec *specs = options->program->specs;
	size_t i;

	for (i = 0; i < OPTIONS_MAX && specs[i].name != NULL; i++)
		if (strcmp(specs[i].name, name) == 0)
			return options->values[i];
	return NULL;
}

bool options_has(const struct options *options, const char *name)
{
	return options_value(options, name) != NULL;
}

void options_free(struct options *options)
{
	settings_free(options->settings);
	options->settings = NULL;
}

int options_finish(struct options *options, int status, const char *what,
		   const struct error *err)
{
	if (status != 0 && err->code == EX_USAGE)
		fprintf(stderr, "%s: %s\n", options->program->name,
			err->message);
	else if (status != 0)
		log_event(LOG_LEVEL_ERROR, what, "reason", err->message, NULL);
	options_free(options);
	return status != 0 ? err->code : EX_OK;
}
