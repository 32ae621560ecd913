#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "media/media_entry.h"

static struct media_entry *read_entry(const char *text)
{
	struct media_entry *entry = NULL;
	struct error err = {0};

	if (media_entry_read(text, strlen(text), &entry, &err) != 0)
		fail_msg("%s: %s", text, err.message);
	return entry;
}

static const struct {
	const char *text;
	const char *id; /* NULL: it names no file */
	const char *status;
	bool is_finished;
} cases[] = {
	{"{\"fileId\":\"a\",\"processingStatus\":\"FINISHED\"}", "a",
	 "FINISHED", true},
	{"{\"processingStatus\":\"PROCESSING\",\"x\":[1],\"fileId\":\"b\"}",
	 "b", "PROCESSING", false},
	{"{\"file\\u0049d\":\"\\u0061\",\"processingStatus\":"
	 "\"FINI\\u0053HED\"}",
	 "a", "FINISHED", true},
	{"{\"fileId\":\"a\",\"processingStatus\":\"finished\"}", "a",
	 "finished", false},
	{"{\"fileId\":\"a\",\"processingStatus\":\"FINISHED \"}", "a",
	 "FINISHED ", false},
	{"{\"fileId\":\"a\",\"processingStatus\":\"FINISHED\\u0000\"}", "a",
	 "FINISHED", false},
	{"{\"fileId\":\"a\"}", "a", "", false},
	{"{\"fileId\":\"a\",\"processingStatus\":null}", "a", "", false},
	{"{\"fileId\":\"a\",\"processingStatus\":7}", "a", "7", false},
	{"{\"fileId\":\"a\",\"processingStatus\":\"\"}", "a", "\"\"", false},
	{"{\"fileId\":\"a\",\"processingStatus\":\"\\u0000\"}", "a",
	 "\"\\u0000\"", false},
	{"{\"fileId\":12,\"processingStatus\":\"FINISHED\"}", "12", "FINISHED",
	 true},
	{"{}", NULL, NULL, false},
	{"{\"fileId\":null}", NULL, NULL, false},
	{"{\"fileId\":\"\"}", NULL, NULL, false},
	{"{\"fileId\":[\"a\"]}", NULL, NULL, false},
	{"{\"fileId\":\"a\\u0000b\"}", NULL, NULL, false},
};

static void id_and_status_are_read_from_any_element(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct media_entry *entry = read_entry(cases[i].text);

		if (cases[i].id == NULL) {
			assert_null(entry);
			continue;
		}
		if (entry == NULL)
			fail_msg("%s names no file", cases[i].text);
		assert_string_equal(entry->id, cases[i].id);
		assert_string_equal(entry->status, cases[i].status);
		assert_int_equal(entry->is_finished, cases[i].is_finished);
		assert_int_equal(entry->length, strlen(cases[i].text));
		assert_memory_equal(entry->text, cases[i].text, entry->length);
		free(entry);
	}
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const texts[] = {"1", "\"a\"", "null", "[]", "{"};
	struct media_entry *entry;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(media_entry_read(texts[i], strlen(texts[i]),
						  &entry, &err),
				 -1);
		assert_null(entry);
	}
}

static void a_long_status_is_cut_between_characters(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct media_entry *entry;
	int i;

	(void)state;
	buffer_text(&text, "{\"fileId\":\"a\",\"processingStatus\":\"");
	for (i = 0; i < 50; i++)
		buffer_text(&text, "\xe2\x82\xac");
	buffer_text(&text, "\"}");
	entry = read_entry(text.data);
	assert_int_equal(strlen(entry->status), 63);
	assert_string_equal(entry->status + 60, "\xe2\x82\xac");
	free(entry);
	buffer_free(&text);
}

static void a_copy_is_whole_and_its_own(void **state)
{
	struct media_entry *entry = read_entry(cases[0].text), *copy;
	struct error err = {0};

	(void)state;
	copy = media_entry_copy(entry, &err);
	free(entry);
	assert_string_equal(copy->id, "a");
	assert_string_equal(copy->status, "FINISHED");
	assert_true(copy->is_finished);
	assert_memory_equal(copy->text, cases[0].text, copy->length);
	free(copy);
}

static void an_object_agrees_with_its_own_id_only(void **state)
{
	static const struct {
		const char *text, *id;
		bool agrees;
	} objects[] = {
		{"{\"fileId\":\"a\"}", "a", true},
		{"{\"fileId\":\"b\"}", "a", false},
		{"{\"fileId\":\"\"}", "a", false},
		{"{\"fileId\":7}", "7", true},
		{"{\"fileId\":\"7\"}", "7", true},
		{"{\"fileId\":7.0}", "7", false},
		{"{\"fileId\":77}", "7", false},
		{"{\"fileId\":8}", "7", false},
		{"{\"fileId\":-7}", "-7", true},
		{"{\"fileId\":null}", "a", true},
		{"{}", "a", true},
		{"{\"fileId\":[\"a\"]}", "a", false},
		{"{\"fileId\":true}", "true", false},
	};
	struct object_members members;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		assert_int_equal(object_cut(objects[i].text,
					    strlen(objects[i].text), &members,
					    &err),
				 0);
		if (media_id_agrees(&members, objects[i].id) !=
		    objects[i].agrees)
			fail_msg("%s and %s", objects[i].text, objects[i].id);
		object_members_free(&members);
	}
}

static void failed_files_will_not_finish(void **state)
{
	static const char *const going[] = {
		"PROCESSING", "UPLOADED", "QUEUED", "", "7", "WAITING"};
	static const char *const gone[] = {"FAILED",
					   "error",
					   "CANCELLED",
					   "Canceled",
					   "PROCESSING_FAILED",
					   "ABORTED",
					   "REJECTED"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(going) / sizeof(going[0]); i++)
		assert_true(media_status_may_finish(going[i]));
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_false(media_status_may_finish(gone[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_and_status_are_read_from_any_element),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_long_status_is_cut_between_characters),
		cmocka_unit_test(a_copy_is_whole_and_its_own),
		cmocka_unit_test(an_object_agrees_with_its_own_id_only),
		cmocka_unit_test(failed_files_will_not_finish),
	};

	return cmocka_run_group_tests_name("media_entry", tests, NULL, NULL);
}
