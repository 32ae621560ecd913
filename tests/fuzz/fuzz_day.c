/* base/day.h: whatever a note says, what is written of it is read as the same, and
 * stays of its size. */
#include "base/day.h"
#include "fuzz.h"

#define MAX_BYTES 256

/* Of the corpus; slot 3000000. */
#define NOW 1800000000LL

FUZZ_TARGET(day, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer out;
	static struct day day, again;
	struct buffer note = {.data = room + sizeof(room) - size,
			      .length = size};
	int i, k;

	fuzz_bytes(room, sizeof(room), data, size);
	day_read(&note, NOW, &day);
	for (i = 0; i < DAY_VALUES; i++)
		for (k = 0; k < DAY_SLOTS; k++)
			FUZZ_CHECK(day.values[i][k] >= -1);
	buffer_clear(&out);
	day_write(&day, &out);
	day_read(&out, NOW, &again);
	FUZZ_CHECK(memcmp(&day, &again, sizeof(day)) == 0);
	FUZZ_CHECK(out.length <= (size_t)DAY_SLOTS * 3 * 20);
}
