#include "movies_tally.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/day.h"
#include "base/metrics.h"
#include "cache/cache_reader.h"
#include "movies_record.h"

/* Every result is written from the first run on, so that a monitor sees each go
 * from 0 to 1. */
static const char *const results[] = {"published", "unchanged",   "held",
				      "refused",   "unavailable", "failed"};

#define RESULTS COUNT(results)

static const char *result_of(const struct movies_report *report,
			     const struct error *failure)
{
	if (failure->code == EX_DATAERR)
		return "refused";
	if (failure->code == EX_UNAVAILABLE)
		return "unavailable";
	if (failure->code != 0)
		return "failed";
	if (report->outcome == MOVIES_PUBLISHED)
		return "published";
	return report->outcome == MOVIES_HELD ? "held" : "unchanged";
}

/* The counters of the note, with this run. */
struct tally {
	long long runs[RESULTS];
	long long count, sum_ms; /* runs, and how long they took in all */
	long long requests, received_bytes;
};

/* In thousandths, as a note is read. */
static long long found(const struct buffer *note, const char *series)
{
	long long thousandths;

	return metrics_find(note, series, &thousandths) ? thousandths : 0;
}

static void add_up(const struct buffer *note,
		   const struct movies_report *report, const char *result,
		   struct tally *tally)
{
	struct buffer series = BUFFER_EMPTY;
	size_t i;

	for (i = 0; i < RESULTS; i++) {
		buffer_clear(&series);
		buffer_format(&series,
			      "marquee_fetch_runs_total{result=\"%s\"}",
			      results[i]);
		tally->runs[i] =
			series.has_failed ? 0 : found(note, series.data) / 1000;
		if (strcmp(results[i], result) == 0)
			tally->runs[i]++;
	}
	buffer_free(&series);
	tally->count =
		found(note, "marquee_fetch_duration_seconds_count") / 1000 + 1;
	tally->sum_ms = found(note, "marquee_fetch_duration_seconds_sum") +
			report->duration_ms;
	tally->requests =
		found(note, "marquee_fetch_upstream_requests_total") / 1000 +
		(long long)report->upstream.requests;
	tally->received_bytes =
		found(note, "marquee_fetch_received_bytes_total") / 1000 +
		(long long)report->upstream.body_bytes;
}

static void write_runs(const struct tally *tally, struct metrics_writer *writer)
{
	static const struct metric runs = {
		"marquee_fetch_runs_total", METRIC_COUNTER,
		"Runs of fetch-movies by what they came to. Refused is the "
		"upstream's data, unavailable the upstream."};
	struct metric_label label = {.name = "result"};
	size_t i;

	for (i = 0; i < RESULTS; i++) {
		label.value = results[i];
		label.value_length = strlen(results[i]);
		metrics_put(writer, &runs, &label, 1, tally->runs[i]);
	}
}

static void write_tally(const struct tally *tally,
			const struct movies_report *report,
			struct metrics_writer *writer)
{
	static const struct metric duration = {
		"marquee_fetch_duration_seconds", METRIC_SUMMARY,
		"How long runs of fetch-movies take."};
	static const struct metric last_duration = {
		"marquee_fetch_last_run_duration_seconds", METRIC_GAUGE,
		"How long the last run took."};
	static const struct metric last_run = {
		"marquee_fetch_last_run_timestamp_seconds", METRIC_GAUGE,
		"When the last run ended, well or not, in seconds since 1970."};
	static const struct metric requests = {
		"marquee_fetch_upstream_requests_total", METRIC_COUNTER,
		"Pages that the films API was asked for."};
	static const struct metric received = {
		"marquee_fetch_received_bytes_total", METRIC_COUNTER,
		"Bytes of the films API's answers, decoded."};

	write_runs(tally, writer);
	metrics_put_durations(writer, &duration, tally->sum_ms, tally->count);
	metrics_put_ms(writer, &last_duration, NULL, 0, report->duration_ms);
	metrics_put_ms(writer, &last_run, NULL, 0, clock_wall_ms());
	metrics_put(writer, &requests, NULL, 0, tally->requests);
	metrics_put(writer, &received, NULL, 0, tally->received_bytes);
}

/* Reads a note of the films. One that cannot be read counts as not there, but for
 * want of memory: -1. */
static int read_note(const char *cache_dir, const char *name,
		     struct buffer *note, struct error *err)
{
	struct error why = {0};

	if (cache_read_note(cache_dir, MOVIES_SITE, name, note, &why) >= 0)
		return 0;
	buffer_clear(note);
	if (why.code != EX_OSERR)
		return 0;
	*err = why;
	return -1;
}

static int put_note(struct cache_writer *writer, const char *name,
		    const struct buffer *text, struct error *err)
{
	if (buffer_check(text, err) != 0)
		return -1;
	return cache_writer_put_note(writer, name, text->data, text->length,
				     err);
}

static int put_tally(struct cache_writer *writer, const char *cache_dir,
		     const struct movies_report *report,
		     const struct error *failure, struct error *err)
{
	struct buffer note = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct metrics_writer metrics = METRICS_WRITER(&text);
	struct tally tally;
	int status = read_note(cache_dir, MOVIES_TALLY_NOTE, &note, err);

	if (status == 0) {
		add_up(&note, report, result_of(report, failure), &tally);
		write_tally(&tally, report, &metrics);
		status = put_note(writer, MOVIES_TALLY_NOTE, &text, err);
	}
	buffer_free(&note);
	buffer_free(&text);
	return status;
}

static int put_day(struct cache_writer *writer, const char *cache_dir,
		   const struct movies_report *report, struct error *err)
{
	struct buffer note = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct day day;
	int status = read_note(cache_dir, DAY_NOTE, &note, err);

	if (status == 0) {
		day_read(&note, clock_wall_ms() / 1000, &day);
		if (report->age_s >= 0)
			day_raise(&day, DAY_AGE_S, report->age_s);
		day_raise(&day, DAY_RUN_MS, report->duration_ms);
		day_write(&day, &text);
		status = put_note(writer, DAY_NOTE, &text, err);
	}
	buffer_free(&note);
	buffer_free(&text);
	return status;
}

int movies_tally_count(struct cache_writer *writer, const char *cache_dir,
		       const struct movies_report *report,
		       const struct error *failure, struct error *err)
{
	if (put_tally(writer, cache_dir, report, failure, err) != 0)
		return -1;
	return put_day(writer, cache_dir, report, err);
}
