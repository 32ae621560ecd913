#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "media/media_merge.h"

static const struct {
	const char *list, *details, *segment, *merged;
} cases[] = {
	{"{\"fileId\":\"a\"}", "{}", NULL,
	 "{\"fileId\":\"a\",\"segments\":[]}"},
	{"{\"fileId\":\"a\",\"x\":1.10,\"y\":2}", "{\"z\":3,\"x\":1.100}",
	 "{\"s\":1}",
	 "{\"fileId\":\"a\",\"x\":1.100,\"y\":2,\"z\":3,\"segments\":[{\"s\":1}"
	 "]}"},
	{"{ \"fileId\" : \"a\" , \"n\" : 18446744073709551616000001 }",
	 "{\"m\": [1, 2] }", NULL,
	 "{\"fileId\":\"a\",\"n\":18446744073709551616000001,\"m\":[1, 2],"
	 "\"segments\":[]}"},
	/* One name, spelt in two ways. */
	{"{\"fileId\":\"a\",\"n\\u0061me\":1}", "{\"name\":2}", NULL,
	 "{\"fileId\":\"a\",\"n\\u0061me\":2,\"segments\":[]}"},
	/* Details win with a null too, but for what decides about a file. */
	{"{\"fileId\":\"a\",\"x\":1,\"processingStatus\":\"FINISHED\"}",
	 "{\"x\":null,\"fileId\":null,\"processingStatus\":null}", NULL,
	 "{\"fileId\":\"a\",\"x\":null,\"processingStatus\":\"FINISHED\","
	 "\"segments\":[]}"},
	{"{\"fileId\":\"a\",\"processingStatus\":\"PROCESSING\"}",
	 "{\"processingStatus\":\"FINISHED\"}", NULL,
	 "{\"fileId\":\"a\",\"processingStatus\":\"FINISHED\",\"segments\":[]"
	 "}"},
	/* There is one place where segments come from. */
	{"{\"segments\":[1],\"fileId\":\"a\"}", "{\"segments\":[2],\"x\":3}",
	 "{\"s\":1}", "{\"fileId\":\"a\",\"x\":3,\"segments\":[{\"s\":1}]}"},
};

static void fields_of_all_three_are_merged(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct media_segments segments = MEDIA_SEGMENTS("a");
		const char *segment = cases[i].segment;
		struct object_members details;
		struct media_entry *entry;

		assert_int_equal(media_entry_read(cases[i].list,
						  strlen(cases[i].list), &entry,
						  &err),
				 0);
		assert_int_equal(object_cut(cases[i].details,
					    strlen(cases[i].details), &details,
					    &err),
				 0);
		if (segment != NULL)
			assert_int_equal(media_segments_add(&segments, segment,
							    strlen(segment),
							    &err),
					 0);
		buffer_clear(&out);
		if (media_merge(entry, &details, &segments, &out, &err) != 0)
			fail_msg("%s", err.message);
		assert_string_equal(out.data, cases[i].merged);
		media_segments_free(&segments);
		object_members_free(&details);
		free(entry);
	}
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_all_three_are_merged),
	};

	return cmocka_run_group_tests_name("media_merge", tests, NULL, NULL);
}
