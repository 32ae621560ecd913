#include "base/metrics.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

static const char *type_name(enum metric_type type)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_SUMMARY] = "summary",
	};

	return names[type];
}

/* A label's value is UTF-8 in which only these three are escaped. */
static void put_escaped(struct buffer *out, const char *value, size_t length)
{
	size_t at = 0, step;

	while (at < length) {
		step = text_utf8_step(value + at, length - at);
		if (step == 0) {
			buffer_text(out, TEXT_REPLACEMENT);
			step = 1;
		} else if (value[at] == '\n') {
			buffer_text(out, "\\n");
		} else {
			if (value[at] == '"' || value[at] == '\\')
				buffer_char(out, '\\');
			buffer_append(out, value + at, step);
		}
		at += step;
	}
}

static void put_head(struct metrics_writer *writer, const struct metric *metric)
{
	if (writer->headed == metric->name)
		return;
	buffer_format(writer->out, "# HELP %s %s\n# TYPE %s %s\n", metric->name,
		      metric->help, metric->name, type_name(metric->type));
	writer->headed = metric->name;
}

static void put_series(struct metrics_writer *writer,
		       const struct metric *metric,
		       const struct metric_label *labels, size_t label_count)
{
	struct buffer *out = writer->out;
	size_t i;

	put_head(writer, metric);
	buffer_text(out, metric->name);
	for (i = 0; i < label_count; i++) {
		buffer_format(out, "%c%s=\"", i == 0 ? '{' : ',',
			      labels[i].name);
		put_escaped(out, labels[i].value, labels[i].value_length);
		buffer_char(out, '"');
	}
	if (label_count > 0)
		buffer_char(out, '}');
}

void metrics_put(struct metrics_writer *writer, const struct metric *metric,
		 const struct metric_label *labels, size_t label_count,
		 long long value)
{
	put_series(writer, metric, labels, label_count);
	buffer_format(writer->out, " %lld\n", value);
}

static void put_seconds(struct buffer *out, long long value_ms)
{
	long long seconds = value_ms / 1000, rest = value_ms % 1000;

	buffer_format(out, " %s%lld.%03lld\n", value_ms < 0 ? "-" : "",
		      seconds < 0 ? -seconds : seconds,
		      rest < 0 ? -rest : rest);
}

void metrics_put_ms(struct metrics_writer *writer, const struct metric *metric,
		    const struct metric_label *labels, size_t label_count,
		    long long value_ms)
{
	put_series(writer, metric, labels, label_count);
	put_seconds(writer->out, value_ms);
}

void metrics_put_durations(struct metrics_writer *writer,
			   const struct metric *metric, long long sum_ms,
			   long long count)
{
	put_head(writer, metric);
	buffer_format(writer->out, "%s_sum", metric->name);
	put_seconds(writer->out, sum_ms);
	buffer_format(writer->out, "%s_count %lld\n", metric->name, count);
}

/* The value of a line that begins with the series, or NULL. */
static const char *value_of(const char *line, size_t length, const char *series,
			    size_t *value_length)
{
	size_t named = strlen(series);

	if (length <= named + 1 || memcmp(line, series, named) != 0 ||
	    line[named] != ' ')
		return NULL;
	*value_length = length - named - 1;
	return line + named + 1;
}

/* Whole, or with three digits behind the point, as they are written here. */
static bool read_thousandths(const char *value, size_t length,
			     long long *thousandths)
{
	const char *point = memchr(value, '.', length);
	size_t whole = point != NULL ? (size_t)(point - value) : length;
	long long number, rest = 0;

	if (text_number(value, whole, &number) != 0 || number < 0 ||
	    number > LLONG_MAX / 1000 - 1)
		return false;
	if (point != NULL &&
	    (length - whole != 4 || text_number(point + 1, 3, &rest) != 0 ||
	     rest < 0))
		return false;
	*thousandths = number * 1000 + rest;
	return true;
}

bool metrics_find(const struct buffer *text, const char *series,
		  long long *thousandths)
{
	const char *line = text->data, *stop, *value;
	const char *end = line != NULL ? line + text->length : NULL;
	size_t length;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (stop == NULL)
			return false;
		value = value_of(line, (size_t)(stop - line), series, &length);
		if (value != NULL)
			return read_thousandths(value, length, thousandths);
	}
	return false;
}
