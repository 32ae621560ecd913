/*
 * files.fcgi: serves media files, each fetched when it is first asked for.
 */
#include <signal.h>
#include <stdlib.h>

#include "base/options.h"
#include "confine/confine.h"
#include "files_site.h"
#include "leave.h"
#include "media/media_settings.h"
#include "web/responder.h"

/* Half of them may wait for the upstream. */
#define DEFAULT_THREADS 128

static const struct option_spec specs[] = {
	{"threads", "N",
	 "requests answered at once, 1 to 512 (128); half of them may wait "
	 "for the upstream"},
	{0},
};

static const struct program program = {
	.name = "files.fcgi",
	.usage = "",
	.summary = "Serves the metadata of media files, fetched from\n"
		   "MARQUEE_FILES_URL when first asked for and kept for good\n"
		   "once finished, as a FastCGI responder on the socket that\n"
		   "is standard input, or as a plain CGI program.\n\n"
		   "Exit status: 0 asked to end; 64 usage; 70 something is "
		   "wrong that a fresh\nstart mends; 71, 74 the system refuses "
		   "something, a directory cannot be read; 78 bad\n"
		   "configuration.",
	.specs = specs,
	.max_arguments = 0,
};

/* Signals are for the main thread, whatever threads are started here. */
static int open_media(const struct settings *settings, struct media **media,
		      struct error *err)
{
	struct media_options options = media_settings_options(settings);
	sigset_t all, before;

	*media = NULL;
	if (options.base[0] == '\0')
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	*media = media_open(&options, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return *media != NULL ? 0 : -1;
}

/* It keeps files in the cache, and asks the upstream where there is one. */
static int confine(const struct settings *settings, struct confined **confined,
		   struct error *err)
{
	bool has_upstream =
		settings_text(settings, SETTING_FILES_URL)[0] != '\0';
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_CACHE_DIR), CONFINE_WRITES_TO},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_SERVES | CONFINE_CHANGES |
			 (has_upstream ? CONFINE_CONNECTS : 0),
		.is_service = getenv("REQUEST_METHOD") == NULL,
	};

	return confine_enter(&needs, settings, confined, err);
}

static int run_counted(struct responder *responder, struct files_site *site,
		       struct error *err)
{
	struct metrics_note metrics;
	int status = files_site_count(site, &metrics, err);

	if (status != 0)
		return -1;
	status = responder_run(responder, err);
	if (status != RESPONDER_UNWELL && status != RESPONDER_UNFINISHED)
		metrics_note_end(&metrics);
	return status;
}

static int serve(const struct options *options, struct error *err)
{
	struct supervisor supervisor;
	struct responder responder = {
		.answer = files_site_answer,
		.look_after = confine_check,
		.supervisor = &supervisor,
		.patience_ms = media_settings_patience_ms(options->settings),
		.descriptors = media_settings_descriptors(options->settings),
	};
	struct confined *confined;
	struct files_site site = {
		.cache_dir =
			settings_text(options->settings, SETTING_CACHE_DIR)};
	struct files_note note;
	bool is_service = getenv("REQUEST_METHOD") == NULL;
	atomic_uint waiting = 0;
	int status;

	supervisor_find(&supervisor);
	if (responder_read_threads(options_value(options, "threads"),
				   DEFAULT_THREADS, &responder.threads,
				   err) != 0 ||
	    confine(options->settings, &confined, err) != 0)
		return -1;
	responder.thing = confined;
	if (open_media(options->settings, &site.media, err) != 0) {
		confine_free(confined);
		return -1;
	}
	files_note_begin(&note, site.cache_dir, site.media, is_service);
	site.note = &note;
	site.waiting = &waiting;
	site.max_waiting = (responder.threads + 1) / 2;
	responder.context = &site;
	status = is_service ? run_counted(&responder, &site, err)
			    : responder_run(&responder, err);
	if (status != RESPONDER_UNWELL) /* the note may be what hangs */
		files_note_end(&note);
	leave_if_unfinished(status);
	media_close(site.media);
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
