#include "web/metrics.h"

#include <string.h>

#include "base/text.h"

static const struct metric build_info = {
	"marquee_build_info", METRIC_GAUGE,
	"What was built: always 1, its label says."};

static const char *type_name(enum metric_type type)
{
	return type == METRIC_COUNTER ? "counter" : "gauge";
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
	if (writer->headed == metric)
		return;
	buffer_format(writer->out, "# HELP %s %s\n# TYPE %s %s\n", metric->name,
		      metric->help, metric->name, type_name(metric->type));
	writer->headed = metric;
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

void metrics_put_ms(struct metrics_writer *writer, const struct metric *metric,
		    const struct metric_label *labels, size_t label_count,
		    long long value_ms)
{
	long long seconds = value_ms / 1000, rest = value_ms % 1000;

	put_series(writer, metric, labels, label_count);
	buffer_format(writer->out, " %s%lld.%03lld\n", value_ms < 0 ? "-" : "",
		      seconds < 0 ? -seconds : seconds,
		      rest < 0 ? -rest : rest);
}

void metrics_answer(const struct metrics_source *sources, size_t count,
		    struct web_response *response)
{
	static const struct metric_label version = {
		"version", MARQUEE_VERSION, sizeof(MARQUEE_VERSION) - 1};
	struct buffer body = BUFFER_EMPTY;
	struct metrics_writer writer = METRICS_WRITER(&body);
	int status = 200;
	size_t i;

	metrics_put(&writer, &build_info, &version, 1, 1);
	for (i = 0; i < count; i++)
		sources[i].write(sources[i].context, &writer);
	if (buffer_check(&body, NULL) != 0) {
		buffer_clear(&body);
		status = 500;
	}
	web_response_header(response, "Cache-Control", "no-store");
	web_response_send(response, status, METRICS_MEDIA_TYPE, body.data,
			  body.length);
	buffer_free(&body);
}
