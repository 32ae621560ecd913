#include "events_note.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/key_values.h"
#include "base/log.h"
#include "cache/cache_presence.h"
#include "cache/cache_writer.h"
#include "web/events_health.h"

static void describe_counts(const struct event_counts *counts,
			    struct buffer *text)
{
	key_values_put_number(text, "waiting",
			      counts->by_status[EVENT_NOT_PROCESSED]);
	key_values_put_number(text, "unsent", counts->unsent);
	key_values_put_number(text, "failed", counts->by_status[EVENT_FAILED]);
	key_values_put_number(text, "oldest_ms", counts->oldest_ms);
}

static void describe_failure(const struct error *failure, long long failed_ms,
			     struct buffer *text)
{
	key_values_put(text, "result", "failed");
	key_values_put(text, "error", failure->message);
	key_values_put_number(text, "failed_ms", failed_ms);
}

static void describe_last_change(struct events_note *note, struct buffer *text)
{
	pthread_mutex_lock(&note->lock);
	if (note->is_failed)
		describe_failure(&note->failure, note->failed_ms, text);
	else
		key_values_put(text, "result", "ok");
	pthread_mutex_unlock(&note->lock);
}

void events_note_describe(struct events_note *note, struct buffer *text)
{
	char started[CLOCK_RFC3339_BYTES];
	struct event_counts counts;
	struct error err = {0};

	clock_rfc3339(note->started_ms, started);
	key_values_put(text, "started", started);
	key_values_put(text, "queue", note->queue);
	if (event_store_count(note->store, &counts, &err) == EVENT_DONE) {
		describe_counts(&counts, text);
		describe_last_change(note, text);
	} else {
		describe_failure(&err, clock_wall_ms(), text);
	}
}

static void remember(struct events_note *note, struct buffer *text)
{
	struct buffer before = note->written;

	note->written = *text;
	*text = before;
	note->has_complained = false;
}

/* Puts the note where it is not what is there already. Returns 0, -1, or
 * CACHE_WRITER_LOCKED: relay-events puts its own right now. */
static int bring_up_to_date(struct events_note *note, struct error *err)
{
	struct buffer text = BUFFER_EMPTY;
	int status;

	events_note_describe(note, &text);
	status = buffer_check(&text, err);
	if (status == 0 &&
	    (text.length != note->written.length ||
	     memcmp(text.data, note->written.data, text.length) != 0)) {
		status = cache_writer_leave_note(note->cache_dir, EVENTS_SITE,
						 EVENTS_NOTE, &text, err);
		if (status == 0)
			remember(note, &text);
	}
	buffer_free(&text);
	return status;
}

/* A cache that cannot be written is no reason to accept no events. */
static void update(struct events_note *note)
{
	struct error err = {0};
	int status = 0;

	if (note->presence < 0)
		note->presence = cache_presence_claim(
			note->cache_dir, EVENTS_SITE, EVENTS_ALIVE, &err);
	if (note->presence >= 0)
		status = bring_up_to_date(note, &err);
	if ((note->presence < 0 || status < 0) && !note->has_complained) {
		note->has_complained = true;
		log_event(LOG_LEVEL_WARN, "the note for /health is not written",
			  "reason", err.message, NULL);
	}
}

/* Returns whether the end has come. */
static bool wait_a_while(struct events_note *note)
{
	struct timespec until;
	bool is_ending;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += EVENTS_NOTE_EVERY_MS / 1000;
	pthread_mutex_lock(&note->lock);
	while (!note->is_ending && status == 0)
		status = pthread_cond_timedwait(&note->ends, &note->lock,
						&until);
	is_ending = note->is_ending;
	pthread_mutex_unlock(&note->lock);
	return is_ending;
}

static void *keep_up(void *context)
{
	struct events_note *note = context;

	do {
		confine_check(note->confined);
		update(note);
	} while (!wait_a_while(note));
	return NULL;
}

void events_note_init(struct events_note *note, const char *cache_dir,
		      struct event_store *store, const char *queue)
{
	pthread_condattr_t attributes;

	*note = (struct events_note){.cache_dir = cache_dir,
				     .store = store,
				     .queue = queue,
				     .started_ms = clock_wall_ms(),
				     .presence = -1};
	pthread_mutex_init(&note->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&note->ends, &attributes);
	pthread_condattr_destroy(&attributes);
}

int events_note_start(struct events_note *note, struct error *err)
{
	sigset_t all, before;
	int status;

	sigfillset(&all); /* signals are for the main thread */
	pthread_sigmask(SIG_BLOCK, &all, &before);
	status = pthread_create(&note->thread, NULL, keep_up, note);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status == 0
		       ? 0
		       : error_set(err, EX_OSERR, "cannot start a thread: %s",
				   strerror(status));
}

void events_note_end(struct events_note *note)
{
	pthread_mutex_lock(&note->lock);
	note->is_ending = true;
	pthread_cond_signal(&note->ends);
	pthread_mutex_unlock(&note->lock);
	pthread_join(note->thread, NULL);
	if (note->presence >= 0)
		close(note->presence);
	buffer_free(&note->written);
}

void events_note_tell(struct events_note *note, enum event_result result,
		      const struct error *why)
{
	bool is_failed = event_result_is_failure(result);

	if (!is_failed && result != EVENT_DONE)
		return; /* nothing was written */
	pthread_mutex_lock(&note->lock);
	note->is_failed = is_failed;
	if (is_failed) {
		note->failed_ms = clock_wall_ms();
		note->failure = *why;
	}
	pthread_mutex_unlock(&note->lock);
}
