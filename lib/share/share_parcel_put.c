#include "share/share_parcel_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"

/* --- Putting ---------------------------------------------------------------------- */

static int put_piece(struct share_way *way, const char *field, size_t length,
		     struct error *err)
{
	struct redis_reply *replies[4];
	char loose_s[16];

	snprintf(loose_s, sizeof(loose_s), "%d", SHARE_LOOSE_S);
	redis_link_add(way->link, "MULTI", NULL);
	redis_link_add_bytes(way->link, way->piece, length, "HSET",
			     way->key.data, field, NULL);
	redis_link_add(way->link, "EXPIRE", way->key.data, loose_s, NULL);
	redis_link_add(way->link, "EXEC", NULL);
	if (redis_link_run(way->link, replies, 4, share_way_soon(way), err) !=
	    0)
		return -1;
	redis_replies_free(replies, 4);
	return 0;
}

/* Fills the piece. Returns its bytes, 0 at the end, -1. */
static ssize_t read_piece(int fd, char *piece, struct error *err)
{
	size_t length = 0;
	ssize_t got = 1;

	while (length < SHARE_PIECE_BYTES && got != 0) {
		got = read(fd, piece + length, SHARE_PIECE_BYTES - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, EX_IOERR, "cannot read: %s",
					 strerror(errno));
		length += (size_t)got;
	}
	return (ssize_t)length;
}

/* Returns 1, 0, -1 as share_parcel_put. */
static int put_pieces(struct share_way *way, int fd, size_t index,
		      struct share_file *file, struct hash *hash,
		      struct error *err)
{
	unsigned long long count = 0;
	int status = 1;
	char field[SHARE_FIELD_BYTES];
	ssize_t got;

	file->length = 0;
	while ((got = read_piece(fd, way->piece, err)) > 0) {
		hash_update(hash, way->piece, (size_t)got);
		file->length += (size_t)got;
		if (file->length > SHARE_MAX_BYTES)
			return error_set(err, EX_DATAERR, "is too large");
		if (way->lease != NULL)
			status = share_lease_renew(way->lease, way->link,
						   share_way_soon(way), err);
		if (status != 1)
			return status;
		share_way_field(field, index, count++);
		if (put_piece(way, field, (size_t)got, err) != 0)
			return -1;
	}
	return got < 0 ? -1 : 1;
}

static int put_file(struct share_way *way, int dir, size_t index,
		    struct share_file *file, struct error *err)
{
	int fd = openat(dir, file->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct hash *hash;
	int status = -1;

	if (fd < 0)
		return error_set(err, EX_IOERR, "cannot open %s: %s",
				 file->name, strerror(errno));
	hash = hash_start(err);
	if (hash != NULL)
		status = put_pieces(way, fd, index, file, hash, err);
	if (status == 1) {
		if (hash_finish_hex(hash, file->digest, err) != 0)
			status = -1;
	} else if (hash != NULL) {
		hash_discard(hash);
	}
	close(fd);
	return status;
}

/* What was put in vain is not left to its end where that can be helped. */
static void take_back(struct share_way *way)
{
	struct redis_reply *reply;

	if (redis_link_is_lost(way->link))
		return;
	redis_link_add(way->link, "DEL", way->key.data, NULL);
	if (redis_link_run(way->link, &reply, 1, share_way_soon(way), NULL) ==
	    0)
		redis_replies_free(&reply, 1);
}

int share_parcel_put(struct redis_link *link, const char *name, int dir,
		     struct share_head *head, struct share_lease *lease,
		     long long deadline_ms, struct error *err)
{
	struct share_way way = {0};
	int status = -1;
	size_t i;

	if (share_token_make(head->token, err) != 0 ||
	    share_way_open(&way, link, name, head, deadline_ms, err) != 0)
		goto out;
	way.lease = lease;
	way.piece = malloc(SHARE_PIECE_BYTES);
	status = way.piece != NULL ? 1 : error_no_memory(err);
	for (i = 0; i < head->file_count && status == 1; i++)
		status = put_file(&way, dir, i, &head->files[i], err);
	if (status != 1)
		take_back(&way);
out:
	share_way_free(&way);
	return status;
}

/* --- Publishing ------------------------------------------------------------------- */

/* Redis's clock where there is no lease to look at. */
static int begin_alone(struct redis_link *link, long long *now_ms,
		       long long deadline_ms, struct error *err)
{
	struct redis_reply *reply;
	bool is_time;

	redis_link_add(link, "TIME", NULL);
	if (redis_link_run(link, &reply, 1, deadline_ms, err) != 0)
		return -1;
	is_time = share_lease_time(reply, now_ms);
	redis_replies_free(&reply, 1);
	if (!is_time)
		return error_set(err, EX_UNAVAILABLE,
				 "Redis does not tell the time");
	redis_link_add(link, "MULTI", NULL);
	return 1;
}

static int switch_to(struct share_way *way, const char *name,
		     const struct share_head *head, const char *before,
		     long keep_s, struct error *err)
{
	struct buffer text = BUFFER_EMPTY, old = BUFFER_EMPTY;
	struct redis_reply *done = NULL;
	char seconds[24], loose_s[16];
	long long is_there = 0;
	size_t count = 2;
	int status;

	snprintf(seconds, sizeof(seconds), "%ld", keep_s);
	snprintf(loose_s, sizeof(loose_s), "%d", SHARE_LOOSE_S);
	share_head_write(head, &text);
	buffer_format(&old, "%s:%s", name, before);
	status = buffer_check(&text, err);
	if (status == 0)
		status = buffer_check(&old, err);
	if (status == 0) {
		redis_link_add(way->link, "EXPIRE", way->key.data, seconds,
			       NULL);
		redis_link_add_bytes(way->link, text.data, text.length, "SETEX",
				     name, seconds, NULL);
		if (before[0] != '\0' && strcmp(before, head->token) != 0)
			redis_link_add(way->link, "EXPIRE", old.data, loose_s,
				       NULL),
				count++;
		if (way->lease != NULL)
			share_lease_add_release(way->lease, way->link), count++;
		status = share_lease_commit(way->link, count, &done,
					    share_way_soon(way), err);
	}
	if (status == 1 &&
	    (!redis_reply_number(redis_reply_element(done, 0), &is_there) ||
	     is_there != 1))
		status = error_set(err, EX_UNAVAILABLE,
				   "Redis has lost what was put there");
	redis_replies_free(&done, 1);
	buffer_free(&text);
	buffer_free(&old);
	return status;
}

int share_parcel_publish(struct redis_link *link, const char *name,
			 struct share_head *head, const char *before,
			 struct share_lease *lease, long long asked_ms,
			 long keep_s, long long deadline_ms, struct error *err)
{
	struct share_way way = {0};
	long long now_ms, age_ms;
	int status = -1;

	if (share_way_open(&way, link, name, head, deadline_ms, err) != 0)
		goto out;
	way.lease = lease;
	status = lease != NULL ? share_lease_begin(lease, link, &now_ms,
						   share_way_soon(&way), err)
			       : begin_alone(link, &now_ms,
					     share_way_soon(&way), err);
	if (status != 1)
		goto out;
	age_ms = clock_wall_ms() - asked_ms;
	head->confirmed_ms = now_ms - (age_ms > 0 ? age_ms : 0);
	if (head->confirmed_ms < 0)
		head->confirmed_ms = 0;
	status = switch_to(&way, name, head, before, keep_s, err);
out:
	share_way_free(&way);
	return status;
}
