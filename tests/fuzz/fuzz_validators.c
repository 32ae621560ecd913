/* web/validators.h: lists of entity tags as RFC 9110 has them. Lines of the
 * input: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since,
 * If-Range. */
#include "fuzz.h"
#include "web/validators.h"

#define MAX_BYTES 384
#define HEADERS 5
#define ETAG "\"0123abcd\""

static const char *const names[HEADERS] = {
	"HTTP_IF_MATCH=", "HTTP_IF_NONE_MATCH=", "HTTP_IF_MODIFIED_SINCE=",
	"HTTP_IF_UNMODIFIED_SINCE=", "HTTP_IF_RANGE="};

/* Whether the tag stands somewhere without W/ before it. */
static bool has_strong(const char *list)
{
	const char *at = list;

	while ((at = strstr(at, ETAG)) != NULL) {
		if (at - list < 2 || memcmp(at - 2, "W/", 2) != 0)
			return true;
		at++;
	}
	return false;
}

static void check_list(const char *list)
{
	bool is_weak = validators_list_names(list, ETAG, true);
	bool is_strong = validators_list_names(list, ETAG, false);
	char longer[MAX_BYTES + 16];

	FUZZ_CHECK(is_weak || !is_strong);
	FUZZ_CHECK(!is_weak || strchr(list, '*') != NULL ||
		   strstr(list, ETAG) != NULL);
	FUZZ_CHECK(!is_strong || strchr(list, '*') != NULL || has_strong(list));
	if (is_weak && !is_strong)
		FUZZ_CHECK(strstr(list, "W/" ETAG) != NULL);
	/* In front of what names nothing it is found; `*` stands alone. */
	snprintf(longer, sizeof(longer), ETAG ",%s", list);
	FUZZ_CHECK(validators_list_names(longer, ETAG, false));
}

FUZZ_TARGET(validators, MAX_BYTES)
{
	static const struct validators known = {ETAG, 1700000000};
	static char rooms[HEADERS][32 + MAX_BYTES];
	const char *environment[HEADERS + 1] = {NULL};
	const char *values[HEADERS] = {NULL};
	struct fuzz_span rest = {data, size};
	struct web_request request = {.environment = environment};
	enum validators_verdict verdict;
	size_t i, count = 0;

	for (i = 0; i < HEADERS; i++) {
		struct fuzz_span line = fuzz_take(&rest, '\n');
		size_t length = strlen(names[i]);
		char *text;

		if (line.size == 0)
			continue;
		if (memchr(line.data, '\0', line.size) != NULL)
			return;
		text = rooms[i] + sizeof(rooms[i]) - line.size - length - 1;
		memcpy(text, names[i], length);
		values[i] = fuzz_text(rooms[i], sizeof(rooms[i]), line.data,
				      line.size);
		environment[count++] = text;
	}
	if (values[0] != NULL)
		check_list(values[0]);
	verdict = validators_judge(&request, &known);
	if (verdict == VALIDATORS_FAILED)
		FUZZ_CHECK(values[0] != NULL || values[3] != NULL);
	if (verdict == VALIDATORS_NOT_MODIFIED)
		FUZZ_CHECK(values[1] != NULL || values[2] != NULL);
	if (values[1] != NULL && verdict == VALIDATORS_NOT_MODIFIED)
		FUZZ_CHECK(validators_list_names(values[1], ETAG, true));
	FUZZ_CHECK(validators_allow_range(&request, &known) ||
		   values[4] != NULL);
}
