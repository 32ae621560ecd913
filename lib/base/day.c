#include "base/day.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* Takes a number, or `-`, which is -1, up to a space or the end of the line. */
static bool take(const char **at, const char *end, long long *number)
{
	const char *stop = memchr(*at, ' ', (size_t)(end - *at));
	size_t length;

	if (stop == NULL)
		stop = end;
	length = (size_t)(stop - *at);
	if (length == 1 && **at == '-')
		*number = -1;
	else if (text_number(*at, length, number) != 0)
		return false;
	*at = stop < end ? stop + 1 : end;
	return true;
}

static void read_line(const char *at, const char *end, struct day *day)
{
	long long slot, values[DAY_VALUES];
	int i;

	if (!take(&at, end, &slot) || slot > day->slot ||
	    slot <= day->slot - DAY_SLOTS)
		return;
	for (i = 0; i < DAY_VALUES; i++)
		if (!take(&at, end, &values[i]))
			return;
	if (at != end)
		return;
	for (i = 0; i < DAY_VALUES; i++)
		day->values[i][DAY_SLOTS - 1 - (day->slot - slot)] = values[i];
}

void day_read(const struct buffer *text, long long now_s, struct day *day)
{
	const char *at = text->data, *stop;
	const char *end = text->data != NULL ? at + text->length : NULL;
	int i, k;

	day->slot = now_s / DAY_SLOT_S;
	for (i = 0; i < DAY_VALUES; i++)
		for (k = 0; k < DAY_SLOTS; k++)
			day->values[i][k] = -1;
	while (at < end) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (stop == NULL)
			return;
		read_line(at, stop, day);
		at = stop + 1;
	}
}

void day_raise(struct day *day, enum day_value which, long long value)
{
	long long *last = &day->values[which][DAY_SLOTS - 1];

	if (value > *last)
		*last = value;
}

static void write_value(struct buffer *text, long long value)
{
	if (value < 0)
		buffer_text(text, " -");
	else
		buffer_format(text, " %lld", value);
}

void day_write(const struct day *day, struct buffer *text)
{
	int i, k;

	for (k = 0; k < DAY_SLOTS; k++) {
		if (day->values[DAY_AGE_S][k] < 0 &&
		    day->values[DAY_RUN_MS][k] < 0)
			continue;
		buffer_format(text, "%lld", day->slot - (DAY_SLOTS - 1 - k));
		for (i = 0; i < DAY_VALUES; i++)
			write_value(text, day->values[i][k]);
		buffer_char(text, '\n');
	}
}
