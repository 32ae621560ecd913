#include "files_note.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/key_values.h"
#include "base/log.h"
#include "cache/cache_keep.h"
#include "cache/cache_presence.h"
#include "cache/cache_writer.h"
#include "web/files_health.h"

static void put_time(struct buffer *text, const char *key, long long wall_ms)
{
	char when[CLOCK_RFC3339_BYTES];

	clock_rfc3339(wall_ms, when);
	key_values_put(text, key, when);
}

static void describe(const struct files_note *note, struct buffer *text)
{
	struct media_numbers numbers;

	key_values_put(text, "upstream",
		       note->media != NULL ? "configured" : "none");
	key_values_put(text, "runs", note->is_service ? "service" : "cgi");
	put_time(text, "started", note->started_ms);
	if (note->ended_ms != 0)
		put_time(text, "ended", note->ended_ms);
	if (note->media == NULL)
		return;
	media_numbers(note->media, &numbers);
	key_values_put_number(text, "kept", (long long)numbers.fetched);
	if (numbers.last_error[0] == '\0') {
		key_values_put(text, "result", "ok");
		return;
	}
	key_values_put(text, "result", "failed");
	key_values_put(text, "error", numbers.last_error);
	key_values_put_number(text, "failed_ms", numbers.last_failure_ms);
}

/* Where another process puts its note right now, that one will do. */
static void put(const struct files_note *note)
{
	struct buffer text = BUFFER_EMPTY;
	struct error err = {0};

	describe(note, &text);
	if (cache_writer_leave_note(note->cache_dir, FILES_SITE, FILES_NOTE,
				    &text, &err) < 0)
		log_event(LOG_LEVEL_WARN, "the note for /health is not written",
			  "reason", err.message, NULL);
	buffer_free(&text);
}

/* Each time anew: an operator may have emptied the cache meanwhile. */
static void claim(struct files_note *note)
{
	struct error err = {0};
	int claim;

	if (!note->is_service)
		return;
	claim = cache_presence_claim(note->cache_dir, FILES_SITE, FILES_ALIVE,
				     &err);
	if (claim < 0)
		log_event(LOG_LEVEL_WARN, "/health cannot see this process",
			  "reason", err.message, NULL);
	if (note->claim >= 0)
		close(note->claim);
	note->claim = claim;
}

void files_note_begin(struct files_note *note, const char *cache_dir,
		      struct media *media, bool is_service)
{
	*note = (struct files_note){.cache_dir = cache_dir,
				    .media = media,
				    .is_service = is_service,
				    .started_ms = clock_wall_ms(),
				    .claim = -1};
	pthread_mutex_init(&note->lock, NULL);
	claim(note);
	if (is_service)
		put(note);
}

void files_note_update(struct files_note *note, bool has_failed)
{
	long long now_ms = clock_monotonic_ms();

	pthread_mutex_lock(&note->lock);
	if (note->ended_ms == 0 &&
	    (!has_failed || !note->is_failed ||
	     now_ms - note->written_ms >= FILES_NOTE_REST_MS)) {
		note->is_failed = has_failed;
		note->written_ms = now_ms;
		claim(note);
		put(note);
	}
	pthread_mutex_unlock(&note->lock);
}

void files_note_end(struct files_note *note)
{
	pthread_mutex_lock(&note->lock);
	note->ended_ms = clock_wall_ms();
	if (note->claim >= 0)
		close(note->claim);
	note->claim = -1;
	if (note->is_service && cache_presence_find(note->cache_dir, FILES_SITE,
						    FILES_ALIVE, NULL) == 0)
		put(note);
	pthread_mutex_unlock(&note->lock);
}

/* Returns whether `kept` says something. */
static bool count_kept(struct files_note *note,
		       const struct media_numbers *numbers)
{
	long long now_ms = clock_monotonic_ms();
	unsigned long long kept;

	if (note->recount_ms != 0 && now_ms < note->recount_ms &&
	    (numbers->fetched == note->fetched_by_then ||
	     now_ms < note->rest_until_ms))
		return true;
	if (cache_keep_count(note->cache_dir, FILES_SITE, &kept, NULL) != 0)
		return false;
	note->kept = kept;
	note->fetched_by_then = numbers->fetched;
	note->rest_until_ms = now_ms + 100 * (clock_monotonic_ms() - now_ms);
	note->recount_ms = now_ms + FILES_NOTE_RECOUNT_MS;
	if (note->recount_ms < note->rest_until_ms)
		note->recount_ms = note->rest_until_ms;
	return true;
}

static void write_numbers(const struct media_numbers *numbers,
			  struct metrics_writer *writer)
{
	const struct {
		struct metric metric;
		unsigned long long value;
	} shown[] = {
		{{"marquee_files_walks_total", METRIC_COUNTER,
		  "Walks through the media-file API's list."},
		 numbers->walks},
		{{"marquee_files_list_requests_total", METRIC_COUNTER,
		  "Pages of that list that were asked for."},
		 numbers->list_requests},
		{{"marquee_files_fetched_total", METRIC_COUNTER,
		  "Files that files.fcgi has fetched and kept."},
		 numbers->fetched},
		{{"marquee_files_fetch_failures_total", METRIC_COUNTER,
		  "Files that could not be fetched or kept."},
		 numbers->failures},
		{{"marquee_files_fetches_in_flight", METRIC_GAUGE,
		  "Files that are being fetched."},
		 numbers->in_flight},
	};
	size_t i;

	for (i = 0; i < COUNT(shown); i++)
		metrics_put(writer, &shown[i].metric, NULL, 0,
			    (long long)shown[i].value);
}

void files_note_write_metrics(struct files_note *note,
			      struct metrics_writer *writer)
{
	static const struct metric kept = {
		"marquee_files_kept", METRIC_GAUGE,
		"Files in the cache; counted once a minute, and when one was "
		"fetched."};
	struct media_numbers numbers = {0};

	if (note->media != NULL) {
		media_numbers(note->media, &numbers);
		write_numbers(&numbers, writer);
	}
	if (count_kept(note, &numbers))
		metrics_put(writer, &kept, NULL, 0, (long long)note->kept);
}
