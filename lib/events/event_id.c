#include "events/event_id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/count.h"
#include "base/hex.h"

#define UUID_BYTES 16
#define TIME_BYTES 6
#define LATEST_MS ((1LL << 48) - 1)

/* Before each of these bytes a hyphen is written. */
static const size_t groups[] = {4, 6, 8, 10, UUID_BYTES};

static int fill_randomly(unsigned char *bytes, size_t length, struct error *err)
{
	ssize_t count;

	/* So few bytes come at once or not at all. */
	do
		count = getrandom(bytes, length, 0);
	while (count < 0 && errno == EINTR);
	if (count == (ssize_t)length)
		return 0;
	return error_set(err, EX_OSERR, "the system gives no random bytes: %s",
			 strerror(errno));
}

static void write_id(const unsigned char uuid[UUID_BYTES], char *id)
{
	size_t from = 0, i;

	for (i = 0; i < COUNT(groups); i++) {
		if (i > 0)
			*id++ = '-';
		hex_encode(uuid + from, groups[i] - from, id);
		id += 2 * (groups[i] - from);
		from = groups[i];
	}
}

int event_id_make(long long wall_ms, char id[EVENT_ID_BYTES], struct error *err)
{
	unsigned char uuid[UUID_BYTES];
	size_t i;

	if (fill_randomly(uuid + TIME_BYTES, UUID_BYTES - TIME_BYTES, err) != 0)
		return -1;
	if (wall_ms < 0)
		wall_ms = 0;
	if (wall_ms > LATEST_MS)
		wall_ms = LATEST_MS;
	for (i = TIME_BYTES; i-- > 0; wall_ms >>= 8)
		uuid[i] = (unsigned char)(wall_ms & 0xff);
	uuid[6] = (unsigned char)(0x70 | (uuid[6] & 0x0f));
	uuid[8] = (unsigned char)(0x80 | (uuid[8] & 0x3f));
	write_id(uuid, id);
	return 0;
}

bool event_id_is(const char *text, size_t length)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	if (length != sizeof(form) - 1)
		return false;
	for (i = 0; i < length; i++) {
		bool is_digit = (text[i] >= '0' && text[i] <= '9') ||
				(text[i] >= 'a' && text[i] <= 'f');

		if (form[i] == '-' ? text[i] != '-' : !is_digit)
			return false;
	}
	return true;
}
