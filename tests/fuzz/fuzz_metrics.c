/* Texts of metrics as they are found in the cache (base/metrics.h,
 * web/metrics_answer.h): what is merged is merged for good, and nothing is read
 * past an end. */
#include "fuzz.h"
#include "web/metrics_answer.h"

#define MAX_BYTES 512
#define TEXTS 3

static bool is_same(const struct buffer *a, const struct buffer *b)
{
	return a->length == b->length &&
	       (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void check_merged(const struct buffer *texts, size_t size)
{
	static struct buffer once, twice;

	buffer_clear(&once);
	buffer_clear(&twice);
	metrics_merge(texts, TEXTS, &once);
	metrics_merge(&once, 1, &twice);
	FUZZ_CHECK(once.length <= size);
	FUZZ_CHECK(is_same(&once, &twice));
	FUZZ_CHECK(once.length == 0 || once.data[once.length - 1] == '\n');
}

/* A number of ours is found as it was written. */
static void check_find(const struct buffer *text, long long value)
{
	static const struct metric metric = {"x", METRIC_GAUGE, "Some."};
	static struct buffer out;
	struct metrics_writer writer = METRICS_WRITER(&out);
	long long found = -1;

	if (metrics_find(text, "x", &found))
		FUZZ_CHECK(found >= 0);
	else
		FUZZ_CHECK(found == -1);
	buffer_clear(&out);
	metrics_put_ms(&writer, &metric, NULL, 0, value);
	FUZZ_CHECK(metrics_find(&out, "x", &found) && found == value);
}

FUZZ_TARGET(metrics, MAX_BYTES)
{
	static char room[TEXTS][MAX_BYTES];
	struct fuzz_span rest = {data, size};
	struct buffer texts[TEXTS];
	size_t i;

	for (i = 0; i < TEXTS; i++) {
		struct fuzz_span part = fuzz_take(&rest, '\f');

		texts[i] = (struct buffer){.data = (char *)room[i] + MAX_BYTES -
						   part.size,
					   .length = part.size};
		fuzz_bytes(room[i], MAX_BYTES, part.data, part.size);
	}
	check_merged(texts, size);
	check_find(&texts[0], fuzz_seed(data, size));
}
