/* web/query.h: what is read is text without controls; written again it is read
 * again. */
#include "base/text.h"
#include "fuzz.h"
#include "web/query.h"

#define MAX_BYTES 256
#define PARAMETERS                                                             \
	{                                                                      \
		{.name = "limit"}, {.name = "after"}, {.name = "a"},           \
		{                                                              \
			0                                                      \
		}                                                              \
	}

static void check_values(const struct web_parameter *parameters,
			 struct buffer *again)
{
	for (; parameters->name != NULL; parameters++) {
		const struct buffer *value = &parameters->value;

		if (!parameters->is_given)
			continue;
		FUZZ_CHECK(value->data != NULL);
		FUZZ_CHECK(strlen(value->data) == value->length);
		FUZZ_CHECK(text_is_utf8(value->data, value->length));
		FUZZ_CHECK(!text_has_control(value->data, value->length));
		buffer_text(again, again->length > 0 ? "&" : "");
		buffer_text(again, parameters->name);
		buffer_char(again, '=');
		text_percent_encode(again, value->data, value->length);
	}
}

static void check_again(const struct web_parameter *parameters,
			const struct buffer *again)
{
	struct web_parameter others[] = PARAMETERS;
	struct web_request request = {
		.query = {again->length > 0 ? again->data : "", again->length}};
	size_t i;

	FUZZ_CHECK(web_query_read(&request, others, NULL) == WEB_QUERY_READ);
	for (i = 0; others[i].name != NULL; i++) {
		FUZZ_CHECK(others[i].is_given == parameters[i].is_given);
		if (others[i].is_given)
			FUZZ_CHECK(strcmp(others[i].value.data,
					  parameters[i].value.data) == 0);
	}
	web_query_free(others);
}

FUZZ_TARGET(query, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct buffer unfit, again;
	struct web_parameter parameters[] = PARAMETERS;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct web_request request = {.query = {text, size}};
	enum web_query_verdict verdict;

	buffer_clear(&unfit);
	buffer_clear(&again);
	verdict = web_query_read(&request, parameters, &unfit);
	FUZZ_CHECK(verdict <= WEB_QUERY_MALFORMED);
	if (verdict == WEB_QUERY_READ) {
		FUZZ_CHECK(unfit.length == 0);
		check_values(parameters, &again);
		check_again(parameters, &again);
	} else if (unfit.length > 0) {
		FUZZ_CHECK(memmem(text, size, unfit.data, unfit.length) !=
			   NULL);
	}
	web_query_free(parameters);
}
