/* fetch-movies: brings the films catalogue into the file cache. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/count.h"
#include "base/log.h"
#include "base/options.h"
#include "confine/confine.h"
#include "movies_run.h"

/* Failed runs in a row before cron mails about an upstream: at three a minute
 * the data is stale by then. After that, once a day. */
#define FAILURES_BEFORE_MAIL 3
#define FAILURES_A_DAY (3 * 60 * 24)

static const struct option_spec specs[] = {
	{"dry-run", NULL, "fetch, join and render, but publish nothing"},
	{"allow-shrink", NULL,
	 "publish although more than half of what is published is missing"},
	{"rollback", NULL,
	 "make the generation before the live one live again; what was taken "
	 "back is not published again until the upstream has something else"},
	{"allow-withdrawn", NULL, "publish again what --rollback took back"},
	{"example-files", NULL,
	 "link to the media files of make run's example from the welcome page"},
	{"syslog", NULL,
	 "log to syslog; print only what needs a person (for cron)"},
	{0},
};

static const struct program program = {
	.name = "fetch-movies",
	.usage = "",
	.summary = "Fetches films, people and species, joins and renders them, "
		   "and publishes HTML and\nJSON into the file cache.\n\n"
		   "Exit status: 0 done, or another run holds the lock; 64 "
		   "usage; 65 the upstream's data\nis refused; 69 the upstream "
		   "cannot be reached; 71 the system refuses something; 73,\n"
		   "74 the cache cannot be made, written; 78 bad "
		   "configuration. A run that fails damages\nnothing that is "
		   "published.",
	.specs = specs,
};

static const struct {
	const char *message;
	const char *changed;
} outcomes[] = {
	[MOVIES_PUBLISHED] = {"published", "yes"},
	[MOVIES_UNCHANGED] = {"unchanged", "no"},
	[MOVIES_HELD] = {"held back after a rollback", "no"},
	[MOVIES_LOCKED] = {"another run holds the lock", "no"},
	[MOVIES_RENDERED] = {"dry run, nothing published", "no"},
	[MOVIES_BUNDLED] = {"failed, the bundled catalogue is live", NULL},
	[MOVIES_FAILED] = {"failed, nothing published", "no"},
	[MOVIES_UNRECORDED] = {"published, but could not record it", "yes"},
	[MOVIES_TAKEN] = {"failed, what another host had is live", NULL},
};

/* The one line of a run. */
static void log_run(const struct movies_report *report, const struct error *err,
		    int status)
{
	const struct catalogue_counts *counts = &report->counts;
	bool is_joined = counts->films != 0;

	if (report->outcome == MOVIES_LOCKED) {
		log_event(LOG_LEVEL_INFO, outcomes[MOVIES_LOCKED].message,
			  NULL);
		return;
	}
	log_event(status == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
		  outcomes[report->outcome].message, "error",
		  status == 0 ? NULL : err->message, "changed",
		  outcomes[report->outcome].changed, "generation",
		  report->generation, "redis",
		  report->is_taken   ? "taken"
		  : report->is_given ? "given"
				     : NULL,
		  "duration_ms", LOG_INT(report->duration_ms), "upstream",
		  report->upstream.base, "requests",
		  LOG_INT(report->upstream.requests), "retries",
		  LOG_INT(report->upstream.retries), "received_bytes",
		  LOG_INT(report->upstream.body_bytes), "films",
		  is_joined ? LOG_INT(counts->films) : NULL, "people",
		  is_joined ? LOG_INT(counts->people) : NULL, "pairs",
		  is_joined ? LOG_INT(counts->pairs) : NULL, "bytes",
		  is_joined ? LOG_INT(report->body_bytes) : NULL, "refused",
		  is_joined ? LOG_INT(counts->refused) : NULL, "duplicates",
		  is_joined ? LOG_INT(counts->duplicates) : NULL,
		  "dangling_refs",
		  is_joined ? LOG_INT(counts->dangling_refs) : NULL,
		  "empty_refs", is_joined ? LOG_INT(counts->empty_refs) : NULL,
		  "duplicate_refs",
		  is_joined ? LOG_INT(counts->duplicate_refs) : NULL, NULL);
}

/* Cron mails what is printed: an upstream that hiccups is not worth one. */
static bool needs_a_person(const struct movies_report *report, int code)
{
	if (code != EX_UNAVAILABLE && code != EX_DATAERR)
		return true;
	return report->failures % FAILURES_A_DAY == FAILURES_BEFORE_MAIL;
}

static int run(const struct options *options, struct error *err)
{
	struct movies_run_options wanted = {
		.settings = options->settings,
		.is_dry = options_has(options, "dry-run"),
		.allows_shrink = options_has(options, "allow-shrink"),
		.allows_withdrawn = options_has(options, "allow-withdrawn"),
		.has_example_files = options_has(options, "example-files"),
	};
	struct movies_report report;
	int status = movies_run(&wanted, &report, err);

	log_run(&report, err, status);
	if (status != 0 && options_has(options, "syslog") &&
	    needs_a_person(&report, err->code))
		fprintf(stderr,
			"fetch-movies: %s (failed runs in a row: %lld)\n",
			err->message, report.failures);
	movies_report_free(&report);
	return status;
}

static int roll_back(const struct options *options, struct error *err)
{
	char generation[65];
	int status = movies_rollback(options->settings, generation, err);

	if (status == 0)
		log_event(LOG_LEVEL_INFO, "rolled back", "generation",
			  generation, NULL);
	else
		log_event(LOG_LEVEL_ERROR,
			  generation[0] == '\0'
				  ? "cannot roll back"
				  : "rolled back, but could not record it",
			  "error", err->message, NULL);
	return status;
}

/* What is meant for a run means nothing for a rollback, and --dry-run the
 * opposite. */
static int check_options(const struct options *options)
{
	static const char *const alone[] = {"dry-run", "allow-shrink",
					    "allow-withdrawn"};
	size_t i;

	if (!options_has(options, "rollback"))
		return 0;
	for (i = 0; i < COUNT(alone); i++)
		if (options_has(options, alone[i])) {
			fprintf(stderr,
				"%s: --rollback does not go with --%s\n"
				"Try \"%s --help\".\n",
				program.name, alone[i], program.name);
			return -1;
		}
	return 0;
}

/* It reads templates and the bundled catalogue, asks the upstream where it does
 * not roll back, and publishes in the cache. */
static int confine(const struct options *options, struct error *err)
{
	const struct settings *settings = options->settings;
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_SHARE_DIR), CONFINE_READS},
		{settings_text(settings, SETTING_CACHE_DIR),
		 options_has(options, "dry-run") ? CONFINE_READS
						 : CONFINE_PUBLISHES},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_CHANGES |
			 (options_has(options, "rollback") ? 0
							   : CONFINE_CONNECTS) |
			 (options_has(options, "syslog") ? CONFINE_LOGS : 0),
	};

	return confine_enter(&needs, settings, NULL, err);
}

/* What main came to. */
static int work(const struct options *options, struct error *err)
{
	if (confine(options, err) == 0)
		return options_has(options, "rollback")
			       ? roll_back(options, err)
			       : run(options, err);
	log_event(LOG_LEVEL_ERROR, "failed, nothing published", "error",
		  err->message, NULL);
	return -1;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(022);
	log_begin_run();
	if (options_start(&program, argc, argv, &options, &status) != 0)
		return status;
	if (check_options(&options) != 0) {
		options_free(&options);
		return EX_USAGE;
	}
	if (options_has(&options, "syslog"))
		settings_open_log(options.settings, program.name,
				  LOG_SINK_SYSLOG);
	status = work(&options, &err);
	options_free(&options);
	return status == 0 ? EX_OK : err.code;
}
