/* web/request.h: whatever CGI tells, the path is canonical or empty and the
 * query lies in what was sent. Lines of the input: the URI, then SCRIPT_NAME,
 * PATH_INFO and QUERY_STRING of a server that gives no URI, then a header. */
#include "fuzz.h"
#include "web/request.h"

#define MAX_BYTES 1200
#define VARIABLES 5

static const char *const names[VARIABLES] = {
	"REQUEST_URI=", "SCRIPT_NAME=", "PATH_INFO=", "QUERY_STRING=",
	"HTTP_X_REQUEST_ID="};

static void check_request(const struct web_request *request, const char *id)
{
	const char *query = request->query.text;
	size_t length = request->query.length;

	FUZZ_CHECK(request->path.length == 0 ||
		   web_path_is_canonical(request->path.text,
					 request->path.length));
	FUZZ_CHECK(length <= WEB_QUERY_MAX_BYTES);
	FUZZ_CHECK(memchr(query, '\0', length) == NULL);
	FUZZ_CHECK(query[length] == '\0');
	FUZZ_CHECK(!request->is_query_too_long || length == 0);
	FUZZ_CHECK(web_request_id(request) == id);
	if (web_request_query_is(request, "order", "year"))
		FUZZ_CHECK(memmem(query, length, "order=year", 10) != NULL);
	if (length == 10 && memcmp(query, "order=year", 10) == 0)
		FUZZ_CHECK(web_request_query_is(request, "order", "year"));
}

FUZZ_TARGET(request, MAX_BYTES)
{
	static char rooms[VARIABLES][32 + MAX_BYTES];
	const char *environment[VARIABLES + 2] = {"REQUEST_METHOD=GET"};
	struct fuzz_span rest = {data, size};
	struct web_request request;
	size_t i;

	for (i = 0; i < VARIABLES; i++) {
		struct fuzz_span line = fuzz_take(&rest, '\n');
		size_t name = strlen(names[i]);
		char *text;

		if (memchr(line.data, '\0', line.size) != NULL)
			return;
		text = rooms[i] + sizeof(rooms[i]) - line.size - name - 1;
		memcpy(text, names[i], name);
		fuzz_text(rooms[i], sizeof(rooms[i]), line.data, line.size);
		environment[i + 1] = text;
	}
	web_request_init(&request, environment);
	FUZZ_CHECK(request.method == WEB_GET);
	check_request(&request, environment[5] + strlen(names[4]));
	web_request_free(&request);
}
