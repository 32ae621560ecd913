#include "upstream/collection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "upstream/base_fetch.h"

void upstream_validators_free(struct upstream_validators *validators)
{
	free(validators->base);
	free(validators->etag);
	free(validators->last_modified);
	*validators = (struct upstream_validators){0};
}

void upstream_report_free(struct upstream_report *report)
{
	free(report->base);
	report->base = NULL;
}

/* What an earlier base gave is void. */
static void forget_results(struct upstream_collection *collections,
			   size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct upstream_collection *collection = &collections[i];

		upstream_validators_free(&collection->found);
		buffer_free(&collection->body);
		collection->element_count = 0;
		memset(collection->digest, 0, HASH_BYTES);
	}
}

static void rewind_all(struct upstream_collection *collections, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		collections[i].rewind(collections[i].context, 0);
}

static int fetch_from(const char *base, long long timeout_ms,
		      const struct upstream_options *options,
		      struct upstream_collection *collections, size_t count,
		      struct upstream_report *report, struct error *err)
{
	struct http_options http = {
		.timeout_ms = (long)timeout_ms,
		.connect_timeout_ms = options->connect_timeout_ms,
		.max_bytes = options->max_bytes,
		.retries = options->retries,
		.concurrency = options->concurrency,
	};
	struct base_fetch_result result;
	int status = base_fetch(base, &http, collections, count, &result, err);

	report->is_unchanged = result.is_unchanged;
	report->requests += result.totals.requests;
	report->retries += result.totals.retries;
	report->body_bytes += result.totals.body_bytes;
	if (status == 0)
		report->base = base_fetch_public(base, err);
	return report->base == NULL ? -1 : 0;
}

int upstream_fetch(const struct upstream_options *options,
		   struct upstream_collection *collections, size_t count,
		   struct upstream_report *report, struct error *err)
{
	long long deadline_ms = clock_monotonic_ms() + options->timeout_ms;
	struct error failure = {0};
	size_t i;

	*report = (struct upstream_report){0};
	for (i = 0; i < count; i++) {
		collections[i].found = (struct upstream_validators){0};
		collections[i].body = BUFFER_EMPTY;
	}
	error_set(&failure, EX_CONFIG, "no upstream URL is set");
	for (i = 0; i < options->base_count; i++) {
		long long left_ms = deadline_ms - clock_monotonic_ms();
		long long share_ms =
			left_ms / (long long)(options->base_count - i);

		if (i > 0) {
			log_event(LOG_LEVEL_WARN,
				  "upstream failed, asking the next one",
				  "reason", failure.message, NULL);
			rewind_all(collections, count);
		}
		forget_results(collections, count);
		if (fetch_from(options->bases[i], share_ms, options,
			       collections, count, report, &failure) == 0)
			return 0;
		report->failed_bases++;
	}
	forget_results(collections, count);
	return error_set(err, failure.code, "%s", failure.message);
}
