/*
 * movies.fcgi: serves the published films.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "web/movies_site.h"
#include "web/responder.h"

static const struct option_spec specs[] = {
	{"threads", "N", "requests answered at once, 1 to 512 (64)"},
	{0},
};

static const struct program program = {
	.name = "movies.fcgi",
	.usage = "",
	.summary =
		"Serves the films that fetch-movies has published, as a\n"
		"FastCGI responder on the socket that is standard input, or\n"
		"as a plain CGI program.",
	.specs = specs,
	.max_arguments = 0,
};

int main(int argc, char **argv)
{
	struct movies_site site;
	struct supervisor supervisor;
	struct responder responder = {.answer = movies_site_answer,
				      .context = &site,
				      .supervisor = &supervisor};
	struct options options;
	struct error err = {0};
	int status;

	if (options_start(&program, argc, argv, &options, &status) != 0)
		return status;
	supervisor_find(&supervisor);
	if (responder_read_threads(options_value(&options, "threads"),
				   RESPONDER_DEFAULT_THREADS,
				   &responder.threads, &err) != 0) {
		fprintf(stderr, "%s: %s\n", program.name, err.message);
		options_free(&options);
		return err.code;
	}
	status = movies_site_init(
		&site, settings_text(options.settings, SETTING_CACHE_DIR),
		&err);
	if (status == 0)
		status = responder_run(&responder, &err);
	if (status == RESPONDER_UNWELL)
		_exit(EX_SOFTWARE);
	if (status == RESPONDER_UNFINISHED)
		_exit(EX_OK); /* threads still use what exit takes apart */
	if (status != 0)
		log_event(LOG_LEVEL_ERROR, "cannot serve", "reason",
			  err.message, NULL);
	movies_site_free(&site);
	options_free(&options);
	return status != 0 ? err.code : EX_OK;
}
