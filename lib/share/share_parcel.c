#include "share/share_parcel_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"

int share_way_open(struct share_way *way, struct redis_link *link,
		   const char *name, const struct share_head *head,
		   long long deadline_ms, struct error *err)
{
	*way = (struct share_way){.link = link, .deadline_ms = deadline_ms};
	buffer_format(&way->key, "%s:%s", name, head->token);
	return buffer_check(&way->key, err);
}

void share_way_free(struct share_way *way)
{
	free(way->piece);
	buffer_free(&way->key);
}

long long share_way_soon(const struct share_way *way)
{
	long long soon_ms = clock_monotonic_ms() + SHARE_COMMAND_MS;

	return soon_ms < way->deadline_ms ? soon_ms : way->deadline_ms;
}

void share_way_field(char field[SHARE_FIELD_BYTES], size_t file,
		     unsigned long long piece)
{
	snprintf(field, SHARE_FIELD_BYTES, "%zu.%llu", file, piece);
}

/* --- Taking ----------------------------------------------------------------------- */

int share_parcel_has_bytes(struct redis_link *link, const char *name,
			   const struct share_head *head, long long deadline_ms,
			   struct error *err)
{
	struct redis_reply *reply = NULL;
	long long count = 0;
	struct share_way way;
	int status = -1;

	if (share_way_open(&way, link, name, head, deadline_ms, err) == 0) {
		redis_link_add(link, "EXISTS", way.key.data, NULL);
		status = redis_link_run(link, &reply, 1, share_way_soon(&way),
					err);
	}
	if (status == 0)
		status = redis_reply_number(reply, &count) && count == 1;
	redis_replies_free(&reply, 1);
	share_way_free(&way);
	return status;
}

int share_parcel_find(struct redis_link *link, const char *name,
		      struct share_head *head, long long deadline_ms,
		      struct error *err)
{
	struct redis_reply *reply = NULL;
	const char *text;
	size_t length;
	int status = 0;

	redis_link_add(link, "GET", name, NULL);
	if (redis_link_run(link, &reply, 1, deadline_ms, err) != 0)
		return -1;
	text = redis_reply_bytes(reply, &length);
	if (text != NULL)
		status = share_head_read(text, length, head, err) == 0 ? 1 : -1;
	redis_replies_free(&reply, 1);
	return status;
}

static int torn(struct error *err)
{
	return error_set(err, EX_DATAERR,
			 "what lies in Redis is torn, or its bytes are gone");
}

static int take_pieces(struct share_way *way, size_t index,
		       const struct share_file *file, struct hash *hash,
		       share_sink *sink, void *context, struct error *err)
{
	unsigned long long piece = 0;
	uint64_t left = file->length;
	struct redis_reply *reply;
	char field[SHARE_FIELD_BYTES];
	const char *bytes;
	size_t length, wanted;
	int status = 0;

	for (; left > 0 && status == 0; left -= wanted) {
		wanted = left < SHARE_PIECE_BYTES ? (size_t)left
						  : SHARE_PIECE_BYTES;
		share_way_field(field, index, piece++);
		redis_link_add(way->link, "HGET", way->key.data, field, NULL);
		if (redis_link_run(way->link, &reply, 1, share_way_soon(way),
				   err) != 0)
			return -1;
		bytes = redis_reply_bytes(reply, &length);
		if (bytes == NULL || length != wanted) {
			status = torn(err);
		} else {
			hash_update(hash, bytes, length);
			status = sink(context, file, bytes, length, err);
		}
		redis_replies_free(&reply, 1);
	}
	return status;
}

/* An empty file is told, too. */
static int take_file(struct share_way *way, size_t index,
		     const struct share_file *file, share_sink *sink,
		     void *context, struct error *err)
{
	struct hash *hash = hash_start(err);
	char hex[HASH_HEX_BYTES];

	if (hash == NULL)
		return -1;
	if (sink(context, file, "", 0, err) != 0 ||
	    take_pieces(way, index, file, hash, sink, context, err) != 0) {
		hash_discard(hash);
		return -1;
	}
	if (hash_finish_hex(hash, hex, err) != 0)
		return -1;
	return strcmp(hex, file->digest) == 0 ? 0 : torn(err);
}

int share_parcel_take(struct redis_link *link, const char *name,
		      const struct share_head *head, share_sink *sink,
		      void *context, long long deadline_ms, struct error *err)
{
	struct share_way way;
	int status = share_way_open(&way, link, name, head, deadline_ms, err);
	size_t i;

	for (i = 0; i < head->file_count && status == 0; i++)
		status =
			take_file(&way, i, &head->files[i], sink, context, err);
	share_way_free(&way);
	return status;
}

int share_parcel_forget(struct redis_link *link, const char *name,
			long long deadline_ms, struct error *err)
{
	struct share_head head = {0};
	struct buffer key = BUFFER_EMPTY;
	struct redis_reply *reply = NULL;
	struct error reason = {0};
	long long count = 0;
	int status = share_parcel_find(link, name, &head, deadline_ms, &reason);

	/* What is torn goes too. */
	if (status < 0 && reason.code != EX_DATAERR)
		return error_set(err, reason.code, "%s", reason.message);
	buffer_format(&key, "%s:%s", name, head.token);
	share_head_free(&head);
	if (buffer_check(&key, err) != 0) {
		buffer_free(&key);
		return -1;
	}
	redis_link_add(link, "DEL", name, key.data, NULL);
	status = redis_link_run(link, &reply, 1, deadline_ms, err);
	if (status == 0)
		status = redis_reply_number(reply, &count) && count > 0;
	redis_replies_free(&reply, 1);
	buffer_free(&key);
	return status;
}
