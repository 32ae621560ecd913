#include "share/share_head.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hex.h"
#include "base/key_values.h"
#include "base/text.h"

#define DIGEST_DIGITS (HASH_HEX_BYTES - 1)
#define TOKEN_DIGITS (SHARE_TOKEN_BYTES - 1)

static bool is_digits(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (text[i] == '\0' ||
		    strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	return true;
}

static bool is_plain_name(const char *name, size_t length)
{
	return length > 0 && length <= SHARE_NAME_MAX_BYTES && name[0] != '.' &&
	       memchr(name, '/', length) == NULL &&
	       !text_has_control(name, length) && text_is_utf8(name, length);
}

void share_head_write(const struct share_head *head, struct buffer *out)
{
	struct buffer text = BUFFER_EMPTY;
	char digest[HASH_HEX_BYTES];
	size_t i;

	key_values_put(&text, "content", head->content);
	key_values_put(&text, "bytes", head->token);
	key_values_put_number(&text, "confirmed_ms", head->confirmed_ms);
	for (i = 0; i < head->file_count; i++)
		buffer_format(&text, "file=%llu %s %s\n",
			      (unsigned long long)head->files[i].length,
			      head->files[i].digest, head->files[i].name);
	buffer_char(&text, '\n');
	if (head->note.length > 0)
		buffer_append(&text, head->note.data, head->note.length);
	if (buffer_check(&text, NULL) != 0 ||
	    hash_bytes_hex(text.data, text.length, digest, NULL) != 0) {
		out->has_failed = true;
	} else {
		buffer_format(out, "%s\n", digest);
		buffer_append(out, text.data, text.length);
	}
	buffer_free(&text);
}

struct share_file *share_head_add(struct share_head *head, const char *name,
				  struct error *err)
{
	struct share_file *grown;

	if (head->file_count >= SHARE_FILES_MAX ||
	    !is_plain_name(name, strlen(name))) {
		error_set(err, EX_DATAERR,
			  "%s: no plain file name, or more than %d files", name,
			  SHARE_FILES_MAX);
		return NULL;
	}
	grown = reallocarray(head->files, head->file_count + 1, sizeof(*grown));
	if (grown == NULL) {
		error_no_memory(err);
		return NULL;
	}
	head->files = grown;
	grown += head->file_count++;
	*grown = (struct share_file){0};
	memcpy(grown->name, name, strlen(name));
	return grown;
}

void share_head_free(struct share_head *head)
{
	free(head->files);
	buffer_free(&head->note);
	*head = (struct share_head){0};
}

/* Copies digits of just that length. */
static int read_digits(const struct key_value *pair, char *to, size_t digits)
{
	if (pair->value_length != digits || !is_digits(pair->value, digits))
		return -1;
	memcpy(to, pair->value, digits);
	to[digits] = '\0';
	return 0;
}

/* "<bytes> <digest> <name>" */
static int read_file(struct share_head *head, const struct key_value *pair)
{
	const char *at = pair->value, *end = at + pair->value_length;
	const char *blank = memchr(at, ' ', pair->value_length);
	char name[SHARE_NAME_MAX_BYTES + 1];
	struct share_file *file;
	long long length;
	size_t rest;

	if (blank == NULL ||
	    text_number(at, (size_t)(blank - at), &length) != 0 ||
	    (uint64_t)length > SHARE_MAX_BYTES ||
	    end - blank < DIGEST_DIGITS + 3 ||
	    !is_digits(blank + 1, DIGEST_DIGITS) ||
	    blank[DIGEST_DIGITS + 1] != ' ')
		return -1;
	at = blank + DIGEST_DIGITS + 2;
	rest = (size_t)(end - at);
	if (rest > SHARE_NAME_MAX_BYTES)
		return -1;
	memcpy(name, at, rest);
	name[rest] = '\0';
	file = strlen(name) == rest ? share_head_add(head, name, NULL) : NULL;
	if (file == NULL)
		return -1;
	file->length = (uint64_t)length;
	memcpy(file->digest, blank + 1, DIGEST_DIGITS);
	return 0;
}

static bool is_key(const struct key_value *pair, const char *key)
{
	return pair->key_length == strlen(key) &&
	       memcmp(pair->key, key, pair->key_length) == 0;
}

static int read_pair(struct share_head *head, const struct key_value *pair)
{
	if (is_key(pair, "content"))
		return read_digits(pair, head->content, DIGEST_DIGITS);
	if (is_key(pair, "bytes"))
		return read_digits(pair, head->token, TOKEN_DIGITS);
	if (is_key(pair, "confirmed_ms"))
		return text_number(pair->value, pair->value_length,
				   &head->confirmed_ms);
	if (is_key(pair, "file"))
		return read_file(head, pair);
	return -1;
}

static bool is_whole(const struct share_head *head)
{
	uint64_t bytes = 0;
	size_t i, j;

	for (i = 0; i < head->file_count; i++) {
		bytes += head->files[i].length;
		for (j = 0; j < i; j++)
			if (strcmp(head->files[i].name, head->files[j].name) ==
			    0)
				return false;
	}
	return head->content[0] != '\0' && head->token[0] != '\0' &&
	       head->file_count > 0 && bytes <= SHARE_MAX_BYTES;
}

static int read_lines(struct share_head *head, const char *text, size_t length)
{
	struct key_value pair;
	size_t at = 0;

	while (key_values_next(text, length, &at, &pair))
		if (read_pair(head, &pair) != 0)
			return -1;
	return is_whole(head) ? 0 : -1;
}

int share_head_read(const char *text, size_t length, struct share_head *head,
		    struct error *err)
{
	struct share_head found = {0};
	char digest[HASH_HEX_BYTES];
	const char *rest, *gap;

	if (length > SHARE_HEAD_MAX_BYTES || length <= HASH_HEX_BYTES ||
	    text[DIGEST_DIGITS] != '\n')
		goto foreign;
	rest = text + HASH_HEX_BYTES;
	length -= HASH_HEX_BYTES;
	if (hash_bytes_hex(rest, length, digest, err) != 0)
		return -1;
	gap = memmem(rest, length, "\n\n", 2);
	if (memcmp(digest, text, DIGEST_DIGITS) != 0 || gap == NULL ||
	    read_lines(&found, rest, (size_t)(gap + 1 - rest)) != 0)
		goto foreign;
	length -= (size_t)(gap + 2 - rest);
	buffer_append(&found.note, gap + 2, length);
	if (buffer_check(&found.note, err) != 0) {
		share_head_free(&found);
		return -1;
	}
	*head = found;
	return 0;
foreign:
	share_head_free(&found);
	return error_set(err, EX_DATAERR,
			 "what lies in Redis is torn or not ours");
}

int share_token_make(char token[SHARE_TOKEN_BYTES], struct error *err)
{
	unsigned char bytes[(SHARE_TOKEN_BYTES - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return error_set(err, EX_OSERR,
				 "the system gives no random bytes");
	hex_encode(bytes, sizeof(bytes), token);
	return 0;
}
