/*
 * events.fcgi: the event log's API.
 */
#include <stdlib.h>

#include "base/options.h"
#include "confine/confine.h"
#include "events/event_settings.h"
#include "events_site.h"
#include "leave.h"
#include "web/responder.h"

/* Reads at once. More than there are cores would only wait in memory. */
#define READERS 8

/* Files of a connection to the database: itself, the log, a temporary one. The
 * writer has one too, and so has the note for /health. */
#define DESCRIPTORS ((READERS + 2) * 3)

/* To open the database, which is read from end to end first: ten minutes, the
 * time for very many gigabytes. */
#define NEEDS_TIME "EXTEND_TIMEOUT_USEC=600000000"

static const struct option_spec specs[] = {
	{"threads", "N", "requests answered at once, 1 to 512 (64)"},
	{0},
};

static const struct program program = {
	.name = "events.fcgi",
	.usage = "",
	.summary =
		"Takes events and keeps them in MARQUEE_STATE_DIR, or in the\n"
		"PostgreSQL database of MARQUEE_EVENTS_URL: what is answered\n"
		"with 201 is on disk. As a FastCGI responder on the\n"
		"socket that is standard input, or as a plain CGI program.\n\n"
		"Exit status: 0 asked to end; 64 usage; 65 the event log is "
		"damaged; 70 something is\nwrong that a fresh start mends; "
		"71, 74 the system refuses something, a directory\ncannot be "
		"read; 73 the event log cannot be opened; 78 bad "
		"configuration.",
	.specs = specs,
	.max_arguments = 0,
};

static int run_counted(struct responder *responder, struct events_site *site,
		       struct error *err)
{
	struct metrics_note metrics;
	int status = events_site_count(site, &metrics, err);

	if (status != 0)
		return -1;
	status = responder_run(responder, err);
	leave_if_unfinished(status);
	metrics_note_end(&metrics);
	return status;
}

/* As one of many runs there is nobody to tell /health. */
static int run(struct responder *responder, struct events_site *site,
	       bool is_only_one, struct error *err)
{
	int status;

	if (is_only_one)
		return responder_run(responder, err);
	if (events_note_start(site->note, err) != 0)
		return -1;
	status = run_counted(responder, site, err);
	events_note_end(site->note);
	return status;
}

/* It writes the event log and, as a service, notes into the cache. */
static int confine(const struct settings *settings,
		   const struct event_store_options *log,
		   struct confined **confined, struct error *err)
{
	bool is_service = getenv("REQUEST_METHOD") == NULL;
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_CACHE_DIR),
		 is_service ? CONFINE_WRITES_TO : CONFINE_READS},
		{log->directory, CONFINE_WRITES_TO},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_SERVES | CONFINE_CHANGES |
			 (log->url != NULL ? CONFINE_CONNECTS : 0),
		.is_service = is_service,
	};

	return confine_enter(&needs, settings, confined, err);
}

static int serve_from(const struct event_store_options *log,
		      const struct settings *settings,
		      const struct responder *plan, struct error *err)
{
	bool is_only_one = getenv("REQUEST_METHOD") != NULL;
	bool has_broker = settings_text(settings, SETTING_AMQP_URL)[0] != '\0';
	struct events_note note;
	struct events_site site = {.note = &note};
	struct responder responder = *plan;
	int status;

	site.store = event_store_open(log, err);
	if (site.store == NULL)
		return -1;
	responder.context = &site;
	events_note_init(&note, settings_text(settings, SETTING_CACHE_DIR),
			 site.store, has_broker ? "rabbitmq" : "embedded");
	note.confined = plan->thing;
	status = run(&responder, &site, is_only_one, err);
	event_store_close(site.store);
	return status;
}

static int serve(const struct options *options, struct error *err)
{
	const struct settings *settings = options->settings;
	struct event_store_options log = {
		.readers = READERS,
		.checks_integrity = getenv("REQUEST_METHOD") == NULL,
	};
	struct confined *confined;
	struct supervisor supervisor;
	/* A change may have to wait for the one before. */
	struct responder responder = {.answer = events_site_answer,
				      .look_after = confine_check,
				      .supervisor = &supervisor,
				      .patience_ms = 2 * EVENT_STORE_BUSY_MS,
				      .descriptors = DESCRIPTORS};
	int status;

	supervisor_find(&supervisor);
	supervisor_tell(&supervisor, NEEDS_TIME);
	if (event_settings_read(settings, &log, err) != 0 ||
	    responder_read_threads(options_value(options, "threads"),
				   RESPONDER_DEFAULT_THREADS,
				   &responder.threads, err) != 0 ||
	    (log.directory != NULL &&
	     event_store_make(log.directory, err) != 0) ||
	    confine(settings, &log, &confined, err) != 0)
		return -1;
	responder.thing = confined;
	/* There it may have to wait for an answer, too, and for the server. */
	if (log.url != NULL)
		responder.patience_ms *= 3;
	status = serve_from(&log, settings, &responder, err);
	confine_free(confined);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = {0};
	int status;

	if (options_start(&program, argc, argv, &options, &status) != 0)
		return status;
	status = serve(&options, &err);
	return options_finish(&options, status, "cannot serve", &err);
}
