/*
 * movies.fcgi: serves the published films.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/options.h"
#include "confine/confine.h"
#include "leave.h"
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
		"as a plain CGI program.\n\n"
		"Exit status: 0 asked to end; 64 usage; 70 something is "
		"wrong that a fresh\nstart mends; 71, 74 the system refuses "
		"something, a directory cannot be read; 78 bad\n"
		"configuration.",
	.specs = specs,
	.max_arguments = 0,
};

/* It reads the cache, and nothing else. */
static int confine(const struct settings *settings, struct confined **confined,
		   struct error *err)
{
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_CACHE_DIR), CONFINE_READS},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_SERVES,
		.is_service = getenv("REQUEST_METHOD") == NULL,
	};

	return confine_enter(&needs, settings, confined, err);
}

static int serve(const struct settings *settings, struct responder *responder,
		 struct error *err)
{
	struct confined *confined;
	int status;

	if (confine(settings, &confined, err) != 0)
		return -1;
	responder->look_after = confine_check;
	responder->thing = confined;
	status = responder_run(responder, err);
	leave_if_unfinished(status);
	confine_free(confined);
	return status;
}

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
		status = serve(options.settings, &responder, &err);
	if (status != 0)
		log_event(LOG_LEVEL_ERROR, "cannot serve", "reason",
			  err.message, NULL);
	movies_site_free(&site);
	options_free(&options);
	return status != 0 ? err.code : EX_OK;
}
