#include "web/movies_metrics.h"

#include "base/count.h"
#include "web/movies_facts.h"

static bool read_age(const struct movies_facts *facts, const char *key,
		     long long *value)
{
	(void)key;
	*value = facts->freshness.age_s;
	return movies_facts_have_age(facts);
}

static bool read_stale(const struct movies_facts *facts, const char *key,
		       long long *value)
{
	(void)key;
	*value = facts->freshness.is_stale;
	return facts->is_published;
}

static bool read_published_at(const struct movies_facts *facts, const char *key,
			      long long *value)
{
	(void)key;
	*value = facts->published_at;
	return facts->is_published;
}

static bool read_confirmed_at(const struct movies_facts *facts, const char *key,
			      long long *value)
{
	(void)key;
	*value = facts->confirmed_at;
	return facts->is_confirmed;
}

static const struct {
	struct metric metric;
	/* Returns false where the value is not known. */
	bool (*read)(const struct movies_facts *facts, const char *key,
		     long long *value);
	const char *key; /* in the publisher's note */
} shown[] = {
	{{"marquee_movies_data_age_seconds", METRIC_GAUGE,
	  "Seconds since the upstream last confirmed the films."},
	 read_age,
	 NULL},
	{{"marquee_movies_stale", METRIC_GAUGE,
	  "Whether the films are past their lifetime, or were never "
	  "confirmed."},
	 read_stale,
	 NULL},
	{{"marquee_movies_films", METRIC_GAUGE, "Films published."},
	 movies_facts_number,
	 "films"},
	{{"marquee_movies_people", METRIC_GAUGE, "People published."},
	 movies_facts_number,
	 "people"},
	{{"marquee_movies_failed_runs", METRIC_GAUGE,
	  "Runs of fetch-movies that have failed since the last good one."},
	 movies_facts_number,
	 "failures"},
	{{"marquee_movies_last_success_timestamp_seconds", METRIC_GAUGE,
	  "When the upstream last confirmed the films, in seconds since 1970."},
	 read_confirmed_at,
	 NULL},
	{{"marquee_movies_published_timestamp_seconds", METRIC_GAUGE,
	  "When these films were made current, in seconds since 1970."},
	 read_published_at,
	 NULL},
};

static const struct metric info = {
	"marquee_movies_info", METRIC_GAUGE,
	"What is published: always 1, its labels say."};

static void write_info(const struct movies_facts *facts,
		       struct metrics_writer *writer)
{
	static const char *const keys[] = {"source", "generation"};
	struct metric_label labels[COUNT(keys)];
	struct key_value pair;
	size_t i, count = 0;

	for (i = 0; i < COUNT(keys); i++)
		if (movies_facts_text(facts, keys[i], &pair))
			labels[count++] = (struct metric_label){
				keys[i], pair.value, pair.value_length};
	if (count > 0)
		metrics_put(writer, &info, labels, count, 1);
}

void movies_metrics_write(const void *cache_dir, struct metrics_writer *writer)
{
	struct movies_facts facts;
	long long value;
	size_t i;

	movies_facts_read(cache_dir, &facts);
	if (facts.note.has_failed)
		writer->out->has_failed = true;
	for (i = 0; i < COUNT(shown); i++)
		if (shown[i].read(&facts, shown[i].key, &value))
			metrics_put(writer, &shown[i].metric, NULL, 0, value);
	write_info(&facts, writer);
	movies_facts_free(&facts);
}
