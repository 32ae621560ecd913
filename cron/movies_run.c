#include "movies_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache/cache_reader.h"
#include "cache/cache_writer.h"
#include "movies_fetch.h"
#include "movies_publish.h"
#include "movies_record.h"
#include "movies_share.h"
#include "movies_tally.h"

/* All that a run holds, so that each step takes one thing. */
struct run {
	const struct movies_run_options *options;
	const char *cache_dir;
	struct movies_report *report;
	struct cache_writer *writer; /* NULL in a dry run */
	struct movies_pages *pages;
	struct catalogue *catalogue;
	struct upstream_collection collections[MOVIES_COLLECTIONS];
	struct movies_record known; /* of the last run */
	struct movies_status status;
	char live_before[HASH_HEX_BYTES]; /* "" none */
	long long asked_ms; /* when the upstream was asked, wall clock */
	char content[HASH_HEX_BYTES];
	char render[HASH_HEX_BYTES];
	struct movies_record next; /* of this one; only its bodies' digests */
	long long started_ms;      /* monotonic */
	struct movies_share_here here;
	struct movies_share *share; /* NULL: there is none */
};

static const char *text_of(const struct run *run, enum setting id)
{
	return settings_text(run->options->settings, id);
}

/* Whether what is live was rendered as this run would. */
static bool is_rendered_so(const struct run *run)
{
	const struct movies_record *known = &run->known;

	return run->writer != NULL && strcmp(known->render, run->render) == 0 &&
	       strcmp(known->generation, cache_writer_current(run->writer)) ==
		       0;
}

/* Whether nothing is to be published as long as the upstream has what it had:
 * what that would give is live, or held back, however it would look by now. */
static bool can_ask_conditionally(const struct run *run)
{
	const struct movies_record *known = &run->known;

	/* What the upstream had when the bundled one was published instead is
	 * known, and is not live. */
	if (run->writer == NULL || known->generation[0] == '\0' ||
	    strcmp(known->content, MOVIES_SOURCE_BUNDLED) == 0)
		return false;
	if (known->is_withdrawn)
		return !run->options->allows_withdrawn;
	return is_rendered_so(run);
}

static int join(struct run *run, struct error *err)
{
	if (catalogue_join(run->catalogue, text_of(run, SETTING_SPECIES),
			   err) != 0)
		return -1;
	run->report->counts = *catalogue_counts(run->catalogue);
	return 0;
}

/* The bundled catalogue is a stopgap: any real film is better. */
static struct catalogue_published published_of(const struct run *run)
{
	static const struct catalogue_published nothing;

	return strcmp(run->status.source, MOVIES_SOURCE_BUNDLED) == 0
		       ? nothing
		       : run->status.published;
}

static int check_shrink(const struct run *run, struct error *err)
{
	struct catalogue_published published = published_of(run);

	if (run->options->allows_shrink)
		return 0;
	if (catalogue_check_shrink(&run->report->counts, &published, err) == 0)
		return 0;
	return error_context(err, "refused (--allow-shrink publishes it)");
}

/* Renders and publishes. Returns as cache_writer_commit; 0 in a dry run. What
 * came of a failure must not get into another set. */
static int publish(struct run *run, bool is_bundled, struct error *err)
{
	int status = 0;

	if (run->writer != NULL && !is_bundled)
		status = movies_bodies_add(run->writer, run->collections,
					   &run->next, err);
	if (status == 0)
		status = movies_publish(run->pages, run->catalogue, is_bundled,
					is_rendered_so(run), run->writer,
					&run->report->body_bytes, err);
	if (status < 0 && run->writer != NULL)
		cache_writer_discard(run->writer);
	return status;
}

/* Remembers from what the live generation was made. */
static int keep_record(struct run *run, struct error *err)
{
	struct movies_record record = {0};
	int i;

	memcpy(record.bodies, run->next.bodies, sizeof(record.bodies));
	for (i = 0; i < MOVIES_COLLECTIONS; i++)
		record.validators[i] = run->collections[i].found; /* lent */
	memcpy(record.content, run->content, sizeof(record.content));
	memcpy(record.render, run->render, sizeof(record.render));
	snprintf(record.generation, sizeof(record.generation), "%s",
		 cache_writer_current(run->writer));
	return movies_record_write(run->writer, &record, err);
}

/* The same, told by the elements where the validators did not tell. */
static bool is_same_content(const struct run *run)
{
	return can_ask_conditionally(run) &&
	       strcmp(run->known.content, run->content) == 0;
}

static int confirm(struct run *run, struct error *err)
{
	static const struct error well = {0};

	run->status.failures = 0;
	if (movies_about_read(run->cache_dir, &run->status, err) != 0 ||
	    cache_writer_confirm(run->writer, run->asked_ms, err) != 0)
		return -1;
	return movies_status_write(run->writer, &run->status, &well, err);
}

/* The upstream has what it had. */
static int settle_unchanged(struct run *run, struct error *err)
{
	static const struct error well = {0};

	if (!run->known.is_withdrawn) {
		run->report->outcome = MOVIES_UNCHANGED;
		return confirm(run, err);
	}
	run->report->outcome = MOVIES_HELD;
	run->status.failures = 0;
	run->status.source = MOVIES_SOURCE_ROLLED_BACK;
	return movies_status_write(run->writer, &run->status, &well, err);
}

static int settle_changed(struct run *run, struct error *err)
{
	int status;

	if (check_shrink(run, err) != 0)
		return -1;
	status = publish(run, false, err);
	if (status < 0)
		return -1;
	run->report->outcome =
		status == 1 ? MOVIES_PUBLISHED : MOVIES_UNCHANGED;
	if (run->writer == NULL) {
		run->report->outcome = MOVIES_RENDERED;
		return 0;
	}
	if (keep_record(run, err) != 0)
		return -1;
	return confirm(run, err);
}

static int known_body(void *context, const char *path, struct buffer *body)
{
	const struct run *run = context;

	return movies_body_read(run->cache_dir, &run->known, path, body);
}

static int ask_and_publish(struct run *run, struct error *err)
{
	const struct settings *settings = run->options->settings;
	struct movies_known known = {.body = known_body, .context = run};
	long timeout_ms = movies_share_time_left_ms(
		run->share,
		(long)settings_number(settings, SETTING_TIMEOUT_MS));

	if (can_ask_conditionally(run))
		known.validators = run->known.validators;
	run->asked_ms = clock_wall_ms();
	if (movies_fetch(settings, run->catalogue, &known, timeout_ms,
			 run->collections, &run->report->upstream, err) != 0)
		return -1;
	if (run->report->upstream.is_unchanged)
		return settle_unchanged(run, err);
	if (movies_fetch_digest(run->collections, run->content, err) != 0 ||
	    join(run, err) != 0)
		return -1;
	if (is_same_content(run)) {
		/* Validators may be new although the elements are not; the
		 * bodies that are kept do as well. */
		memcpy(run->next.bodies, run->known.bodies,
		       sizeof(run->next.bodies));
		if (!run->known.is_withdrawn && keep_record(run, err) != 0)
			return -1;
		return settle_unchanged(run, err);
	}
	return settle_changed(run, err);
}

static void open_share(struct run *run)
{
	if (run->writer == NULL)
		return;
	run->here = (struct movies_share_here){
		.cache_dir = run->cache_dir,
		.render = run->render,
		.known = &run->known,
		.published = published_of(run),
		.allows_shrink = run->options->allows_shrink,
		.allows_withdrawn = run->options->allows_withdrawn,
		.started_ms = run->started_ms,
	};
	run->share = movies_share_open(run->options->settings, &run->here);
}

/* What another host has published. Returns an enum movies_share_answer, or
 * -1. */
static int take_shared(struct run *run, bool is_late, struct error *err)
{
	struct movies_record record = {0};
	int answer = movies_share_take(run->share, run->writer, is_late,
				       &record, &run->asked_ms, err);

	if (answer == MOVIES_SHARE_SAME || answer == MOVIES_SHARE_NEW) {
		run->report->is_taken = true;
		run->report->outcome = answer == MOVIES_SHARE_NEW
					       ? MOVIES_PUBLISHED
					       : MOVIES_UNCHANGED;
		if (movies_record_write(run->writer, &record, err) != 0 ||
		    (is_late ? cache_writer_confirm(run->writer, run->asked_ms,
						    err)
			     : confirm(run, err)) != 0)
			answer = -1;
	} else if (answer == MOVIES_SHARE_HELD && !is_late &&
		   settle_unchanged(run, err) != 0) {
		answer = -1;
	}
	movies_record_free(&record);
	return answer;
}

static int fetch_and_publish(struct run *run, struct error *err)
{
	int answer = -1;

	run->catalogue = catalogue_new(err);
	if (run->catalogue != NULL && run->writer != NULL)
		catalogue_spool_in(run->catalogue,
				   cache_writer_directory(run->writer));
	if (run->catalogue != NULL)
		run->pages = movies_pages_open(run->options->settings,
					       run->options->has_example_files,
					       run->render, err);
	if (run->pages != NULL) {
		open_share(run);
		answer = take_shared(run, false, err);
	}
	if (answer != MOVIES_SHARE_NOTHING)
		return answer < 0 ? -1 : 0;
	if (ask_and_publish(run, err) != 0)
		return -1;
	run->report->is_given =
		movies_share_put(run->share, run->writer, run->asked_ms,
				 run->report->outcome == MOVIES_HELD);
	return 0;
}

/* Whether the bundled catalogue is live as these templates show it. */
static bool is_bundle_live(const struct run *run)
{
	return strcmp(run->known.content, MOVIES_SOURCE_BUNDLED) == 0 &&
	       is_rendered_so(run);
}

static int read_bundled(struct run *run, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	int status = -1;

	memcpy(run->content, MOVIES_SOURCE_BUNDLED,
	       sizeof(MOVIES_SOURCE_BUNDLED));
	catalogue_free(run->catalogue);
	run->catalogue = catalogue_new(err);
	buffer_format(&path, "%s/catalogue", text_of(run, SETTING_SHARE_DIR));
	if (run->catalogue != NULL && buffer_check(&path, err) == 0 &&
	    catalogue_read_directory(run->catalogue, path.data, err) == 0)
		status = join(run, err);
	buffer_free(&path);
	return status;
}

/* An empty cache without upstream: better the films of last year than none. */
static void publish_bundled(struct run *run)
{
	const char *what = "cannot publish the bundled catalogue";
	struct error err = {0};

	if (!is_bundle_live(run)) {
		if (read_bundled(run, &err) == 0 &&
		    publish(run, true, &err) >= 0) {
			what = "cannot record the bundled catalogue";
			keep_record(run, &err);
		}
		if (err.code != 0)
			log_event(LOG_LEVEL_ERROR, what, "error", err.message,
				  NULL);
		movies_about_read(run->cache_dir, &run->status, NULL);
	}
	if (strcmp(run->status.source, MOVIES_SOURCE_BUNDLED) == 0)
		run->report->outcome = MOVIES_BUNDLED;
}

/* A failure leaves what is live, and says so for the responder. */
static void settle_failure(struct run *run, const struct error *failure)
{
	struct error err = {0};

	run->report->outcome = MOVIES_FAILED;
	if (run->writer == NULL)
		return;
	if (strcmp(cache_writer_current(run->writer), run->live_before) != 0)
		run->report->outcome = MOVIES_UNRECORDED;
	else if (take_shared(run, true, &err) > MOVIES_SHARE_HELD)
		run->report->outcome = MOVIES_TAKEN;
	/* Read again: this run may have published before it failed. */
	movies_status_read(run->cache_dir, &run->status);
	run->status.failures++;
	if (run->pages != NULL &&
	    (cache_writer_current(run->writer)[0] == '\0' ||
	     strcmp(run->status.source, MOVIES_SOURCE_BUNDLED) == 0))
		publish_bundled(run);
	if (movies_status_write(run->writer, &run->status, failure, &err) != 0)
		log_event(LOG_LEVEL_WARN, "cannot write the status", "error",
			  err.message, NULL);
}

/* What visitors saw at worst since the last run. */
static long long age_of_data(const char *cache_dir)
{
	struct timespec when;
	long long age_s;

	if (cache_checked_at(cache_dir, MOVIES_SITE, &when, NULL) != 0)
		return -1;
	age_s = clock_wall_ms() / 1000 - (long long)when.tv_sec;
	return age_s > 0 ? age_s : 0;
}

/* What is published does not suffer from it. */
static void count_run(const struct run *run, const struct error *failure)
{
	struct error err = {0};

	if (run->writer != NULL &&
	    movies_tally_count(run->writer, run->cache_dir, run->report,
			       failure, &err) != 0)
		log_event(LOG_LEVEL_WARN, "cannot count the run", "error",
			  err.message, NULL);
}

/* After a rollback that was killed: as long as what it was to withdraw is live
 * nothing was withdrawn, and then it may not have come to mark it. */
static int settle_rollback(struct run *run, struct error *err)
{
	struct movies_record *known = &run->known;

	if (run->writer == NULL || !known->is_withdrawn)
		return 0;
	if (strcmp(known->generation, cache_writer_current(run->writer)) != 0)
		return cache_writer_withdraw(run->writer, known->generation,
					     err);
	known->is_withdrawn = false;
	return 0;
}

static void free_run(struct run *run)
{
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++) {
		upstream_validators_free(&run->collections[i].found);
		buffer_free(&run->collections[i].body);
	}
	movies_record_free(&run->known);
	catalogue_free(run->catalogue);
	movies_pages_free(run->pages);
	movies_share_close(run->share, run->writer);
	cache_writer_close(run->writer);
}

int movies_run(const struct movies_run_options *options,
	       struct movies_report *report, struct error *err)
{
	static const struct error well = {0};
	struct run run = {
		.options = options,
		.started_ms = clock_monotonic_ms(),
		.cache_dir =
			settings_text(options->settings, SETTING_CACHE_DIR),
		.report = report,
	};
	int status = 0;

	memset(report, 0, sizeof(*report));
	report->outcome = MOVIES_FAILED;
	report->age_s = age_of_data(run.cache_dir);
	if (!options->is_dry)
		status = cache_writer_open(run.cache_dir, MOVIES_SITE,
					   &run.writer, err);
	if (status == CACHE_WRITER_LOCKED) {
		report->outcome = MOVIES_LOCKED;
		return 0;
	}
	if (status == 0) {
		if (run.writer != NULL)
			snprintf(run.live_before, sizeof(run.live_before), "%s",
				 cache_writer_current(run.writer));
		movies_status_read(run.cache_dir, &run.status);
		status = movies_record_read(run.cache_dir, &run.known, err);
		if (status == 0)
			status = settle_rollback(&run, err);
		if (status == 0)
			status = fetch_and_publish(&run, err);
		if (status != 0)
			settle_failure(&run, err);
	}
	if (run.writer != NULL)
		snprintf(report->generation, sizeof(report->generation), "%s",
			 cache_writer_current(run.writer));
	report->failures = run.status.failures;
	report->duration_ms = clock_monotonic_ms() - run.started_ms;
	count_run(&run, status == 0 ? &well : err);
	free_run(&run);
	return status;
}

void movies_report_free(struct movies_report *report)
{
	upstream_report_free(&report->upstream);
}
