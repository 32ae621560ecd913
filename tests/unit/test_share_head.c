/* share_head: what is written reads back, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base_fixture.h"
#include "share/share_head.h"

#define CONTENT                                                                \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TOKEN "0123456789abcdef0123456789abcdef"
#define NOTE "films=22\n\nand more\n"

static void fill(struct share_head *head, size_t files)
{
	char name[32];
	size_t i;

	*head = (struct share_head){
		.content = CONTENT, .token = TOKEN, .confirmed_ms = 1234567};
	for (i = 0; i < files; i++) {
		struct share_file *file;

		snprintf(name, sizeof(name), "file-%zu", i);
		file = share_head_add(head, name, NULL);
		assert_non_null(file);
		file->length = i * 1000;
		memcpy(file->digest, CONTENT, sizeof(CONTENT));
	}
	buffer_text(&head->note, NOTE);
}

static void write_one(struct buffer *text, size_t files)
{
	struct share_head head;

	fill(&head, files);
	share_head_write(&head, text);
	assert_int_equal(buffer_check(text, NULL), 0);
	share_head_free(&head);
}

static void what_is_written_reads_back(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct share_head head;
	struct error err = {0};

	(void)state;
	write_one(&text, SHARE_FILES_MAX);
	if (share_head_read(text.data, text.length, &head, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(head.content, CONTENT);
	assert_string_equal(head.token, TOKEN);
	assert_int_equal(head.confirmed_ms, 1234567);
	assert_int_equal(head.file_count, SHARE_FILES_MAX);
	assert_string_equal(head.files[63].name, "file-63");
	assert_int_equal(head.files[63].length, 63000);
	assert_string_equal(head.files[63].digest, CONTENT);
	assert_string_equal(head.note.data, NOTE);
	share_head_free(&head);
	buffer_free(&text);
}

/* The digest is that of the rest: any change of a byte, or any cut, shows. */
static void a_byte_more_or_less_or_other_is_no_head(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct share_head head;
	size_t i;

	(void)state;
	write_one(&text, 2);
	for (i = 0; i < text.length; i++) {
		struct error err = {0};

		assert_int_equal(share_head_read(text.data, i, &head, &err),
				 -1);
		assert_int_equal(err.code, EX_DATAERR);
		text.data[i] ^= 1;
		assert_int_equal(share_head_read(text.data, text.length, &head,
						 NULL),
				 -1);
		text.data[i] ^= 1;
	}
	buffer_char(&text, 'x');
	assert_int_equal(share_head_read(text.data, text.length, &head, NULL),
			 -1);
	buffer_free(&text);
}

/* With its right digest before it; each @ is a NUL. */
static int read_sealed(const char *rest)
{
	unsigned char digest[HASH_BYTES];
	struct buffer text = BUFFER_EMPTY, sealed = BUFFER_EMPTY;
	char hex[HASH_HEX_BYTES];
	struct share_head head;
	int status;

	buffer_text(&sealed, "");
	for (; *rest != '\0'; rest++)
		buffer_char(&sealed, *rest == '@' ? '\0' : *rest);
	assert_int_equal(hash_bytes(sealed.data, sealed.length, digest, NULL),
			 0);
	hex_encode(digest, sizeof(digest), hex);
	buffer_format(&text, "%s\n", hex);
	buffer_append(&text, sealed.data, sealed.length);
	buffer_free(&sealed);
	status = share_head_read(text.data, text.length, &head, NULL);
	if (status == 0)
		share_head_free(&head);
	buffer_free(&text);
	return status;
}

static void what_says_nonsense_is_no_head(void **state)
{
#define HEAD "content=" CONTENT "\nbytes=" TOKEN "\nconfirmed_ms=5\n"
#define ONE "file=7 " CONTENT " "
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
	static const char *const texts[] = {
		"",
		"\n\n",
		HEAD "\n",
		HEAD ONE "a\n",
		HEAD ONE "\n\n",
		HEAD ONE "..\n\n",
		HEAD ONE ".a\n\n",
		HEAD ONE "a/b\n\n",
		HEAD ONE X64 X64 X64 X64 "\n\n",
		HEAD "file=7 " X64 " a\n\n",
		HEAD ONE "a\x01\n\n",
		HEAD ONE "a\xff\n\n",
		HEAD ONE "a\n" ONE "a\n\n",
		HEAD "file=-7 " CONTENT " a\n\n",
		HEAD "file=8589934593 " CONTENT " a\n\n",
		HEAD "file=8589934592 " CONTENT " a\n" ONE "b\n\n",
		HEAD "file=7 " TOKEN " a\n\n",
		HEAD "file=7 " CONTENT "0a\n\n",
		HEAD "file=7 @xxxxxxxxxxxxxxx" X16 X16 X16 " a\n\n",
		HEAD ONE "a@b\n\n",
		"content=" X64 "\nbytes=" TOKEN "\nconfirmed_ms=5\n" ONE
		"a\n\n",
		HEAD "file=7\n\n",
		HEAD "file= \n\n",
		HEAD "more=1\n" ONE "a\n\n",
		"content=" CONTENT "\nconfirmed_ms=5\n" ONE "a\n\n",
		"bytes=" TOKEN "\nconfirmed_ms=5\n" ONE "a\n\n",
		"content=" TOKEN "\nbytes=" TOKEN "\nconfirmed_ms=5\n" ONE
		"a\n\n",
		"content=" CONTENT "\nbytes=" TOKEN "\nconfirmed_ms=x\n" ONE
		"a\n\n",
	};
	size_t i;

	(void)state;
	assert_int_equal(read_sealed(HEAD ONE "a\n\n"), 0);
	for (i = 0; i < COUNT(texts); i++)
		if (read_sealed(texts[i]) == 0)
			fail_msg("case %zu is taken: %s", i, texts[i]);
}

static void there_is_a_most_of_files_and_a_longest_name(void **state)
{
	char name[SHARE_NAME_MAX_BYTES + 2];
	struct share_head head;

	(void)state;
	fill(&head, SHARE_FILES_MAX - 1);
	memset(name, 'x', sizeof(name));
	name[SHARE_NAME_MAX_BYTES + 1] = '\0';
	assert_null(share_head_add(&head, name, NULL));
	assert_null(share_head_add(&head, "", NULL));
	name[SHARE_NAME_MAX_BYTES] = '\0';
	assert_non_null(share_head_add(&head, name, NULL));
	assert_null(share_head_add(&head, "y", NULL));
	share_head_free(&head);
}

static void a_token_is_another_one_each_time(void **state)
{
	char one[SHARE_TOKEN_BYTES], other[SHARE_TOKEN_BYTES];

	(void)state;
	assert_int_equal(share_token_make(one, NULL), 0);
	assert_int_equal(share_token_make(other, NULL), 0);
	assert_int_equal(strspn(one, "0123456789abcdef"), 32);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_byte_more_or_less_or_other_is_no_head),
		cmocka_unit_test(what_says_nonsense_is_no_head),
		cmocka_unit_test(there_is_a_most_of_files_and_a_longest_name),
		cmocka_unit_test(a_token_is_another_one_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
