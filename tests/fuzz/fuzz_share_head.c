/* share/share_head.h: whatever a sealed head says, what is read of it keeps to
 * its limits and is written as what reads as the same. The input has no digest
 * before it: it gets the right one. */
#include "share/share_head.h"

#include "base/hex.h"
#include "fuzz.h"

#define MAX_BYTES 2048

static void seal(const uint8_t *data, size_t size, struct buffer *out)
{
	unsigned char digest[HASH_BYTES];
	char hex[HASH_HEX_BYTES];

	FUZZ_CHECK(hash_bytes(data, size, digest, NULL) == 0);
	hex_encode(digest, sizeof(digest), hex);
	buffer_format(out, "%s\n", hex);
	buffer_append(out, data, size);
}

static void check(const struct share_head *head)
{
	size_t i;

	FUZZ_CHECK(strlen(head->content) == HASH_HEX_BYTES - 1);
	FUZZ_CHECK(strlen(head->token) == SHARE_TOKEN_BYTES - 1);
	FUZZ_CHECK(head->file_count >= 1);
	FUZZ_CHECK(head->file_count <= SHARE_FILES_MAX);
	for (i = 0; i < head->file_count; i++) {
		const struct share_file *file = &head->files[i];

		FUZZ_CHECK(file->name[0] != '\0' && file->name[0] != '.');
		FUZZ_CHECK(strchr(file->name, '/') == NULL);
		FUZZ_CHECK(strlen(file->digest) == HASH_HEX_BYTES - 1);
		FUZZ_CHECK(file->length <= SHARE_MAX_BYTES);
	}
}

static void check_again(const struct share_head *head)
{
	static struct buffer text;
	struct share_head again;

	buffer_clear(&text);
	share_head_write(head, &text);
	FUZZ_CHECK(share_head_read(text.data, text.length, &again, NULL) == 0);
	FUZZ_CHECK(again.file_count == head->file_count);
	FUZZ_CHECK(again.confirmed_ms == head->confirmed_ms);
	FUZZ_CHECK(strcmp(again.content, head->content) == 0);
	FUZZ_CHECK(strcmp(again.files[0].name, head->files[0].name) == 0);
	FUZZ_CHECK(again.note.length == head->note.length);
	share_head_free(&again);
}

FUZZ_TARGET(share_head, MAX_BYTES)
{
	static struct buffer text;
	struct share_head head;
	struct error err = {0};

	if (share_head_read((const char *)data, size, &head, &err) == 0)
		share_head_free(&head);
	else
		FUZZ_CHECK(err.code == EX_DATAERR);
	buffer_clear(&text);
	seal(data, size, &text);
	if (share_head_read(text.data, text.length, &head, NULL) != 0)
		return;
	check(&head);
	check_again(&head);
	share_head_free(&head);
}
