/* web/body.h: a Content-Type is application/json in any case, or is not. */
#include "fuzz.h"
#include "web/body.h"

#define MAX_BYTES 128

static bool is_json(const char *header, char *room)
{
	const char *environment[] = {room, NULL};
	const struct web_request request = {.environment = environment};

	memcpy(room, "CONTENT_TYPE=", 13);
	memcpy(room + 13, header, strlen(header) + 1);
	return web_body_is(&request, "application/json");
}

FUZZ_TARGET(content_type, MAX_BYTES)
{
	static char room[MAX_BYTES + 1], other[MAX_BYTES + 1];
	static char variable[MAX_BYTES + 16];
	const char *header = fuzz_text(room, sizeof(room), data, size);
	bool is = is_json(header, variable + MAX_BYTES - strlen(header) + 2);
	const char *type = header + strspn(header, " \t");

	if (is) {
		FUZZ_CHECK(strncasecmp(type, "application/json", 16) == 0);
		FUZZ_CHECK(type[16 + strspn(type + 16, " \t")] == ';' ||
			   type[16 + strspn(type + 16, " \t")] == '\0');
	}
	memcpy(other, header, strlen(header) + 1);
	fuzz_swap_case(other);
	FUZZ_CHECK(is_json(other, variable) == is);
}
