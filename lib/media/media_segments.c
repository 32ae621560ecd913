#include "media/media_segments.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_string.h"
#include "media/media_entry.h"

/* Longer times are no numbers. */
#define MAX_TIME_BYTES 512

enum time_kind { NO_TIME, TEXT_TIME, NUMBER_TIME };

struct media_segment {
	size_t at, length; /* in `text` */
	enum time_kind kind;
	long double seconds;         /* NUMBER_TIME */
	size_t time_at, time_length; /* TEXT_TIME: the string, in `text` */
	size_t order;                /* of arrival */
};

/* Reads digits with an optional fraction, as of a clock. Returns how many
 * bytes, 0 where there are none. */
static size_t read_part(const char *text, long double *value)
{
	size_t digits = strspn(text, "0123456789"), fraction;
	char *end;

	if (digits == 0)
		return 0;
	if (text[digits] == '.' || text[digits] == ',') {
		fraction = strspn(text + digits + 1, "0123456789");
		if (fraction == 0)
			return 0;
	}
	*value = strtold(text, &end);
	return (size_t)(end - text);
}

/* h:m:s or m:s; a comma may stand for the point, as in subtitles. */
static bool read_clock(char *text, long double *seconds)
{
	char *comma = strchr(text, ',');
	long double sum = 0, part;
	int parts = 0;
	size_t step;

	if (comma != NULL)
		*comma = '.';
	while ((step = read_part(text, &part)) > 0 && parts < 3) {
		sum = sum * 60 + part;
		parts++;
		text += step;
		if (*text != ':')
			break;
		text++;
	}
	*seconds = sum;
	return *text == '\0' && parts >= 2;
}

static bool read_number(const char *text, long double *value)
{
	char *end;

	/* What strtold knows beyond JSON: spaces, infinity, hexadecimals. */
	if (!isdigit((unsigned char)text[*text == '-' || *text == '+']) ||
	    strpbrk(text, "xXpP") != NULL)
		return false;
	*value = strtold(text, &end);
	return *end == '\0';
}

/* Returns 0, also where there is no time; -1 with EX_OSERR. */
static int read_time(struct media_segment *segment,
		     const struct object_members *members, const char *text,
		     struct error *err)
{
	const struct object_member *member =
		object_members_find(members, "startTime");
	struct buffer time = BUFFER_EMPTY;
	bool is_text;
	int status;

	if (member == NULL)
		return 0;
	is_text = json_string_is(member->value, member->value_length);
	if (is_text)
		json_string_decode(&time, member->value, member->value_length);
	else
		buffer_append(&time, member->value, member->value_length);
	status = buffer_check(&time, err);
	if (status == 0 && time.length > 0 && time.length <= MAX_TIME_BYTES &&
	    strlen(time.data) == time.length &&
	    (read_number(time.data, &segment->seconds) ||
	     (is_text && read_clock(time.data, &segment->seconds)))) {
		segment->kind = NUMBER_TIME;
	} else if (is_text) {
		segment->kind = TEXT_TIME;
		segment->time_at = segment->at + (size_t)(member->value - text);
		segment->time_length = member->value_length;
	}
	buffer_free(&time);
	return status;
}

static int grow(struct media_segments *segments, struct error *err)
{
	size_t capacity = segments->capacity != 0 ? 2 * segments->capacity : 64;
	struct media_segment *grown;

	if (segments->count < segments->capacity)
		return 0;
	grown = reallocarray(segments->list, capacity, sizeof(*grown));
	if (grown == NULL)
		return error_no_memory(err);
	segments->list = grown;
	segments->capacity = capacity;
	return 0;
}

int media_segments_add(void *context, const char *text, size_t length,
		       struct error *err)
{
	struct media_segments *segments = context;
	struct media_segment segment = {
		.at = segments->text.length,
		.length = length,
		.order = segments->count,
	};
	struct object_members members;
	int status = -1;

	if (segments->count == MEDIA_MAX_SEGMENTS)
		return error_set(err, EX_DATAERR,
				 "there are more than %d segments",
				 MEDIA_MAX_SEGMENTS);
	if (length > MEDIA_SEGMENTS_MAX_BYTES - segments->text.length)
		return error_set(err, EX_DATAERR,
				 "the segments are larger than %zu bytes",
				 MEDIA_SEGMENTS_MAX_BYTES);
	if (object_cut(text, length, &members, err) != 0)
		return error_context(err, "segment %zu", segments->count + 1);
	if (!media_id_agrees(&members, segments->id)) {
		error_set(err, EX_DATAERR,
			  "segment %zu is one of another file than %s",
			  segments->count + 1, segments->id);
	} else if (grow(segments, err) == 0 &&
		   read_time(&segment, &members, text, err) == 0) {
		segments->list[segments->count++] = segment;
		buffer_append(&segments->text, text, length);
		status = buffer_check(&segments->text, err);
	}
	object_members_free(&members);
	return status;
}

/* For qsort_r. */
static int by_time(const void *a, const void *b, void *context)
{
	const struct media_segment *x = a, *y = b;
	const char *text = context;
	size_t shorter;
	int order;

	if (x->kind == NUMBER_TIME && x->seconds != y->seconds)
		return x->seconds < y->seconds ? -1 : 1;
	if (x->kind == TEXT_TIME) {
		shorter = x->time_length < y->time_length ? x->time_length
							  : y->time_length;
		order = memcmp(text + x->time_at, text + y->time_at, shorter);
		/* Each ends in its quote: none is the beginning of another. */
		if (order != 0)
			return order;
	}
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Numbers and texts do not compare: where there are numbers, they count. */
static enum time_kind comparable_kind(const struct media_segments *segments)
{
	enum time_kind kind = NO_TIME;
	size_t i;

	for (i = 0; i < segments->count; i++)
		if (segments->list[i].kind > kind)
			kind = segments->list[i].kind;
	return kind;
}

int media_segments_sort(struct media_segments *segments, struct error *err)
{
	enum time_kind kind = comparable_kind(segments);
	struct media_segment *sorted;
	size_t count = 0, i;

	if (kind == NO_TIME)
		return 0;
	sorted = calloc(segments->count, sizeof(*sorted));
	if (sorted == NULL)
		return error_no_memory(err);
	for (i = 0; i < segments->count; i++)
		if (segments->list[i].kind == kind)
			sorted[count++] = segments->list[i];
	qsort_r(sorted, count, sizeof(*sorted), by_time, segments->text.data);
	count = 0;
	for (i = 0; i < segments->count; i++)
		if (segments->list[i].kind == kind)
			segments->list[i] = sorted[count++];
	free(sorted);
	return 0;
}

void media_segments_write(const struct media_segments *segments,
			  struct buffer *out)
{
	size_t i;

	buffer_char(out, '[');
	for (i = 0; i < segments->count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		buffer_append(out, segments->text.data + segments->list[i].at,
			      segments->list[i].length);
	}
	buffer_char(out, ']');
}

void media_segments_clear(struct media_segments *segments)
{
	buffer_clear(&segments->text);
	segments->count = 0;
}

void media_segments_free(struct media_segments *segments)
{
	buffer_free(&segments->text);
	free(segments->list);
	segments->list = NULL;
	segments->count = segments->capacity = 0;
}
