/* health_note: what /health shows of a note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "web/health_note.h"

static struct buffer note_of(const char *text)
{
	struct buffer note = BUFFER_EMPTY;

	buffer_text(&note, text);
	return note;
}

static void a_missing_or_empty_value_is_null(void **state)
{
	struct buffer note = note_of("empty=\nword=abc\n");
	struct buffer nothing = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_begin_object(&json);
	health_note_text(&note, "a", "empty", &json);
	health_note_text(&note, "b", "missing", &json);
	health_note_number(&note, "word", &json);
	health_note_number(&nothing, "none", &json);
	json_end_object(&json);
	assert_string_equal(out.data, "{\"a\":null,\"b\":null,"
				      "\"word\":null,\"none\":null}");
	buffer_free(&out);
	buffer_free(&note);
}

static void values_are_text_or_numbers(void **state)
{
	struct buffer note = note_of("error=no \"way\"\nfilms=22\n"),
		      out = BUFFER_EMPTY;
	struct json_writer json = JSON_WRITER(&out);

	(void)state;
	json_begin_object(&json);
	health_note_text(&note, "last_error", "error", &json);
	health_note_number(&note, "films", &json);
	json_end_object(&json);
	assert_string_equal(out.data,
			    "{\"last_error\":\"no \\\"way\\\"\",\"films\":22}");
	buffer_free(&out);
	buffer_free(&note);
}

static void only_the_whole_value_is_equal(void **state)
{
	struct buffer note = note_of("result=failed\n");

	(void)state;
	assert_true(health_note_is(&note, "result", "failed"));
	assert_false(health_note_is(&note, "result", "fail"));
	assert_false(health_note_is(&note, "result", "failed2"));
	assert_false(health_note_is(&note, "other", "failed"));
	buffer_free(&note);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_or_empty_value_is_null),
		cmocka_unit_test(values_are_text_or_numbers),
		cmocka_unit_test(only_the_whole_value_is_equal),
	};

	return cmocka_run_group_tests_name("health_note", tests, NULL, NULL);
}
