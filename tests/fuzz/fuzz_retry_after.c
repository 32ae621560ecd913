/* upstream/http_policy.h: Retry-After and the validators that are kept. */
#include "base/text.h"
#include "fuzz.h"
#include "upstream/http_policy.h"

#define MAX_BYTES 96

FUZZ_TARGET(retry_after, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *text = fuzz_text(room, sizeof(room), data, size);
	long long wait_ms = http_retry_after_ms(text, 1700000000);

	FUZZ_CHECK(wait_ms >= -1);
	if (http_is_date(text)) {
		FUZZ_CHECK(wait_ms >= 0 && wait_ms % 1000 == 0);
		FUZZ_CHECK(!text_has_control(text, strlen(text)));
		FUZZ_CHECK(!http_is_entity_tag(text));
	}
	if (wait_ms > 0 && text[0] >= '0' && text[0] <= '9')
		FUZZ_CHECK(text[strspn(text, "0123456789")] == '\0');
	if (http_is_entity_tag(text)) {
		FUZZ_CHECK(wait_ms == -1);
		FUZZ_CHECK(strpbrk(text, " \t\r\n\x7f") == NULL);
		FUZZ_CHECK(text[strlen(text) - 1] == '"');
	}
}
