/* web/response.h: nothing splits a header or adds one. The first line is the
 * name, the rest the value. */
#include "fuzz.h"
#include "web/response.h"

#define MAX_BYTES 192

static int keep(void *context, const void *bytes, size_t length, bool is_end)
{
	(void)is_end;
	buffer_append(context, bytes, length);
	return 0;
}

static size_t count_lines(const struct buffer *head)
{
	size_t i, lines = 0;

	for (i = 0; i < head->length; i++) {
		FUZZ_CHECK(head->data[i] != '\0' && head->data[i] != 0x7f);
		lines += head->data[i] == '\n';
		FUZZ_CHECK((head->data[i] == '\n') ==
			   (i > 0 && head->data[i - 1] == '\r'));
	}
	return lines;
}

FUZZ_TARGET(header, MAX_BYTES)
{
	static char rooms[2][MAX_BYTES + 1];
	static struct buffer sent;
	struct fuzz_span value = {data, size};
	struct fuzz_span name = fuzz_take(&value, '\n');
	struct web_response response = {.sink = {keep, &sent}};
	int status;

	buffer_clear(&sent);
	status = web_response_header(
		&response,
		fuzz_text(rooms[0], sizeof(rooms[0]), name.data, name.size),
		fuzz_text(rooms[1], sizeof(rooms[1]), value.data, value.size));
	web_response_begin(&response, 200, WEB_NO_BODY);
	/* The status, the header where it was taken, the empty line. */
	FUZZ_CHECK(count_lines(&sent) == (status == 0 ? 3 : 2));
	FUZZ_CHECK(sent.length >= 4 &&
		   memcmp(sent.data + sent.length - 4, "\r\n\r\n", 4) == 0);
	FUZZ_CHECK(memmem(sent.data, sent.length - 4, "\r\n\r\n", 4) == NULL);
	web_response_free(&response);
}
