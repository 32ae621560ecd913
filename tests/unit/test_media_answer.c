/* media_answer: each outcome is told in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "media/media.h"

static void every_outcome_but_kept_is_told(void **state)
{
	static const struct {
		enum media_outcome outcome;
		const char *words;
	} cases[] = {
		{MEDIA_KEPT, ""},
		{MEDIA_UNKEPT, "cannot be kept: why"},
		{MEDIA_UNFINISHED, "is not finished: QUEUED"},
		{MEDIA_UNKNOWN, "is unknown to the upstream"},
		{MEDIA_FAILED, "cannot be fetched: why"},
		{MEDIA_TOO_SLOW, "cannot be fetched in time: why"},
		{MEDIA_BUSY, "has to wait: too many are being fetched"},
		{MEDIA_BAD_ID, "is no id: 1 to 128 of letters, digits, \"-\", "
			       "\"_\" and \".\" are allowed"},
	};
	struct media_answer answer = {.status = "QUEUED",
				      .reason = {.message = "why"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer said = BUFFER_EMPTY;

		buffer_text(&said, "");
		answer.outcome = cases[i].outcome;
		media_answer_say(&answer, &said);
		assert_string_equal(said.data, cases[i].words);
		buffer_free(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_but_kept_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
