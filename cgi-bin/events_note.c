#include "events_note.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/key_values.h"
#include "cache/cache_presence.h"
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

static void remember_counts(struct events_note *note, bool has_counts,
			    const struct event_counts *counts)
{
	pthread_mutex_lock(&note->lock);
	note->has_counts = has_counts;
	note->counts = *counts;
	pthread_mutex_unlock(&note->lock);
}

void events_note_describe(struct events_note *note, struct buffer *text)
{
	char started[CLOCK_RFC3339_BYTES];
	struct event_counts counts = {0};
	struct error err = {0};
	bool has_counts;

	clock_rfc3339(note->started_ms, started);
	key_values_put(text, "started", started);
	key_values_put(text, "queue", note->queue);
	has_counts =
		event_store_count(note->store, &counts, &err) == EVENT_DONE;
	remember_counts(note, has_counts, &counts);
	if (has_counts) {
		describe_counts(&counts, text);
		describe_last_change(note, text);
	} else {
		describe_failure(&err, clock_wall_ms(), text);
	}
}

/* Returns as cache_note_update: relay-events may put its own right now. */
static int bring_up_to_date(struct events_note *note, struct error *err)
{
	struct buffer text = BUFFER_EMPTY;
	int status;

	events_note_describe(note, &text);
	status = cache_note_update(&note->kept, &text, err);
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
			note->kept.cache_dir, EVENTS_SITE, EVENTS_ALIVE, &err);
	if (note->presence >= 0)
		status = bring_up_to_date(note, &err);
	if (note->presence < 0 || status < 0)
		cache_note_complain(&note->kept,
				    "the note for /health is not written",
				    &err);
}

static void look(void *context)
{
	struct events_note *note = context;

	confine_check(note->confined);
	update(note);
}

void events_note_init(struct events_note *note, const char *cache_dir,
		      struct event_store *store, const char *queue)
{
	*note = (struct events_note){.kept = {.cache_dir = cache_dir,
					      .site = EVENTS_SITE,
					      .name = EVENTS_NOTE},
				     .store = store,
				     .queue = queue,
				     .started_ms = clock_wall_ms(),
				     .presence = -1};
	pthread_mutex_init(&note->lock, NULL);
	note->ticker.tick = look;
	note->ticker.context = note;
}

int events_note_start(struct events_note *note, struct error *err)
{
	return ticker_start(&note->ticker, err);
}

void events_note_end(struct events_note *note)
{
	ticker_end(&note->ticker);
	if (note->presence >= 0)
		close(note->presence);
	cache_note_free(&note->kept);
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

static void write_statuses(const struct event_counts *counts,
			   struct metrics_writer *writer)
{
	static const struct metric events = {
		"marquee_events", METRIC_GAUGE,
		"Events in the log, by their status."};
	struct metric_label label = {.name = "status"};
	int status;

	for (status = 0; status < EVENT_STATUSES; status++) {
		label.value = event_status_name((enum event_status)status);
		label.value_length = strlen(label.value);
		metrics_put(writer, &events, &label, 1,
			    counts->by_status[status]);
	}
}

void events_note_write_metrics(struct events_note *note,
			       struct metrics_writer *writer)
{
	static const struct metric unsent = {
		"marquee_events_unsent", METRIC_GAUGE,
		"Events in the outbox, handed on to nobody yet."};
	static const struct metric oldest = {
		"marquee_events_oldest_waiting_timestamp_seconds", METRIC_GAUGE,
		"When the oldest event that waits was accepted, in seconds "
		"since 1970; missing while none waits."};
	struct event_counts counts;
	bool has_counts;

	pthread_mutex_lock(&note->lock);
	has_counts = note->has_counts;
	counts = note->counts;
	pthread_mutex_unlock(&note->lock);
	if (!has_counts)
		return;
	write_statuses(&counts, writer);
	metrics_put(writer, &unsent, NULL, 0, counts.unsent);
	if (counts.oldest_ms != 0)
		metrics_put_ms(writer, &oldest, NULL, 0, counts.oldest_ms);
}
