/* upstream/http_policy.h: what is shown of a URL has no userinfo, and nothing
 * else is taken away. */
#include "fuzz.h"
#include "upstream/http_policy.h"

#define MAX_BYTES 160

FUZZ_TARGET(url, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	static struct buffer out;
	const char *url = fuzz_text(room, sizeof(room), data, size);
	const char *authority = strstr(url, "://");
	size_t tail;

	buffer_clear(&out);
	buffer_text(&out, "");
	http_public_url(&out, url);
	FUZZ_CHECK(out.length <= strlen(url));
	if (authority == NULL) {
		FUZZ_CHECK(!http_url_is_usable(url));
		FUZZ_CHECK(strcmp(out.data, url) == 0);
		return;
	}
	authority = out.data + (authority - url) + 3;
	tail = strcspn(authority, "/?#");
	FUZZ_CHECK(memchr(authority, '@', tail) == NULL);
	FUZZ_CHECK(strcmp(authority, url + strlen(url) - strlen(authority)) ==
		   0);
	if (!http_url_is_usable(url))
		return;
	FUZZ_CHECK(strncasecmp(url, "http", 4) == 0);
	FUZZ_CHECK(strpbrk(url, " \t\r\n\x7f") == NULL);
}
