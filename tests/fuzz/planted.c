/* No parser of ours: one with a mistake that fuzzing has to find, so that
 * "0 findings" means something. It reads `key=value` pairs between semicolons
 * and writes past its room where the third key is longer than the second. */
#include "fuzz.h"

#define MAX_BYTES 64

FUZZ_TARGET(planted, MAX_BYTES)
{
	struct fuzz_span rest = {data, size};
	size_t lengths[3] = {0}, count;
	char room[16] = "................";

	for (count = 0; rest.size > 0 && count < 3; count++) {
		struct fuzz_span pair = fuzz_take(&rest, ';');
		struct fuzz_span key = fuzz_take(&pair, '=');

		if (pair.size == 0 || key.size == 0 || key.size > 8)
			return;
		lengths[count] = key.size;
	}
	if (count == 3 && lengths[2] > lengths[1])
		memset(room + 8, 'x', 8 + lengths[2] - lengths[1]);
	FUZZ_CHECK(size < sizeof(room) || room[8] != '\0');
}
