/* fetch-file: brings finished media files into the file cache before anyone
 * asks for them, or takes them out of it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/options.h"
#include "cache/cache_keep.h"
#include "confine/confine.h"
#include "media/media_settings.h"
#include "media/media_share.h"

static const struct option_spec specs[] = {
	{"all", NULL, "keep every finished file of the list, read once"},
	{"forget", NULL,
	 "drop the files from the cache, and from Redis; the next who asks has "
	 "them fetched again"},
	{0},
};

static const struct program program = {
	.name = "fetch-file",
	.usage = "[ID...]",
	.summary =
		"Fetches finished media files from MARQUEE_FILES_URL and "
		"keeps them, as files.fcgi\ndoes when it is asked for one. "
		"Prints a line for each file that is kept, and logs\nwhy for "
		"each one that is not.\n\n"
		"Exit status: 0 all are kept (--all: all that are finished); "
		"else that of the first\nthat is not: 64 no id, or none that "
		"could be one; 65 unknown, not finished, or the\nupstream's "
		"data refused; 69 the upstream fails or is too slow; 73, 74 "
		"the cache cannot\nbe written; 78 MARQUEE_FILES_URL is not "
		"set.",
	.specs = specs,
	.max_arguments = -1,
};

/* What a run came to: the status of the first id that went wrong. */
struct run {
	bool skips_unfinished; /* they are no failure */
	int status;
};

static int status_of(const struct media_answer *answer)
{
	switch (answer->outcome) {
	case MEDIA_KEPT:
		return EX_OK;
	case MEDIA_BAD_ID:
		return EX_USAGE;
	case MEDIA_UNKNOWN:
	case MEDIA_UNFINISHED:
		return EX_DATAERR;
	case MEDIA_BUSY:
	case MEDIA_TOO_SLOW:
		return EX_UNAVAILABLE;
	case MEDIA_UNKEPT:
	case MEDIA_FAILED:
	default:
		return answer->reason.code;
	}
}

static void note_failure(struct run *run, const char *id, int status,
			 const char *reason)
{
	log_event(LOG_LEVEL_ERROR, "not kept", "id", id, "reason", reason,
		  NULL);
	if (run->status == EX_OK)
		run->status = status;
}

/* A media_said. */
static void say(void *context, const char *id,
		const struct media_answer *answer)
{
	struct buffer why = BUFFER_EMPTY;
	struct run *run = context;

	media_answer_say(answer, &why);
	if (answer->outcome == MEDIA_KEPT)
		printf("%s %s\n", answer->is_new ? "kept" : "already kept", id);
	else if (answer->outcome == MEDIA_UNFINISHED && run->skips_unfinished)
		log_event(LOG_LEVEL_INFO, "not kept", "id", id, "reason",
			  why.data, NULL);
	else
		note_failure(run, id, status_of(answer), why.data);
	buffer_free(&why);
}

static void fetch_each(struct media *media, const struct options *options,
		       struct run *run)
{
	struct media_answer answer;
	int i;

	for (i = 0; i < options->argument_count; i++) {
		media_fetch(media, options->arguments[i], &answer);
		say(run, options->arguments[i], &answer);
		media_answer_free(&answer);
	}
}

/* It keeps files in the cache, and asks the upstream. */
static int confine(const struct settings *settings, struct error *err)
{
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_CACHE_DIR), CONFINE_WRITES_TO},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_CHANGES | CONFINE_CONNECTS,
	};

	return confine_enter(&needs, settings, NULL, err);
}

static int fetch(const struct options *options, struct run *run,
		 struct error *err)
{
	struct media_options wanted = media_settings_options(options->settings);
	struct media *media;
	int status = 0;

	if (wanted.base[0] == '\0')
		return error_set(err, EX_CONFIG,
				 "MARQUEE_FILES_URL is not set: there is no "
				 "upstream to fetch from");
	if (confine(options->settings, err) != 0)
		return -1;
	media = media_open(&wanted, err);
	if (media == NULL)
		return -1;
	if (options_has(options, "all")) {
		run->skips_unfinished = true;
		status = media_fetch_all(media, say, run, err) < 0 ? -1 : 0;
	} else {
		fetch_each(media, options, run);
	}
	media_close(media);
	return status;
}

/* First from Redis: as long as it lies there it can come back. Returns as
 * cache_keep_forget. */
static int forget_one(struct media_share *share, const char *cache_dir,
		      const char *id, struct error *err)
{
	int shared = media_share_forget(share, id, err);
	int kept = cache_keep_forget(cache_dir, MEDIA_SITE, id,
				     shared < 0 ? NULL : err);

	if (shared < 0 && kept >= 0)
		error_context(err, "forgotten here, and may come back");
	return shared < 0 || kept < 0 ? -1 : shared > 0 || kept > 0;
}

static int forget(const struct options *options, struct run *run,
		  struct error *err)
{
	struct media_options wanted = media_settings_options(options->settings);
	struct media_share *share;
	struct error reason;
	int i, status;

	if (confine(options->settings, err) != 0 ||
	    media_share_open(wanted.redis_url, wanted.base, wanted.cache_dir,
			     &share, err) != 0)
		return -1;
	for (i = 0; i < options->argument_count; i++) {
		reason = (struct error){0};
		status = forget_one(share, wanted.cache_dir,
				    options->arguments[i], &reason);
		if (status < 0)
			note_failure(run, options->arguments[i], reason.code,
				     reason.message);
		else
			printf("%s %s\n",
			       status > 0 ? "forgot" : "was not kept:",
			       options->arguments[i]);
	}
	media_share_close(share);
	return 0;
}

/* Ids are checked before anything is done. */
static int check_usage(const struct options *options, struct error *err)
{
	bool is_all = options_has(options, "all");
	int i;

	if (is_all && options_has(options, "forget"))
		return error_set(err, EX_USAGE,
				 "--all and --forget exclude each other");
	if (is_all && options->argument_count > 0)
		return error_set(err, EX_USAGE, "--all takes no ids");
	if (!is_all && options->argument_count == 0)
		return error_set(err, EX_USAGE, "an id is needed, or --all");
	for (i = 0; i < options->argument_count; i++)
		if (!media_is_id(options->arguments[i]))
			return error_set(err, EX_USAGE,
					 "\"%s\" is no id: 1 to %d of letters, "
					 "digits, \"-\", \"_\" and \".\" are "
					 "allowed",
					 options->arguments[i],
					 MEDIA_MAX_ID_BYTES);
	return 0;
}

static int run_all(const struct options *options, struct error *err)
{
	struct run run = {0};
	int status = check_usage(options, err);

	if (status == 0 && options_has(options, "forget"))
		status = forget(options, &run, err);
	else if (status == 0)
		status = fetch(options, &run, err);
	if (status != 0) {
		log_event(LOG_LEVEL_ERROR, "failed", "error", err->message,
			  NULL);
		return err->code;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return run.status;
	log_event(LOG_LEVEL_ERROR, "cannot write to stdout", NULL);
	return run.status != EX_OK ? run.status : EX_IOERR;
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
	status = run_all(&options, &err);
	options_free(&options);
	return status;
}
