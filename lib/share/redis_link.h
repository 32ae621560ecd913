/*
 * A connection to Redis: the one user of hiredis.
 *
 *	link = redis_link_open(&url, deadline_ms, &err);
 *	redis_link_add(link, "SET", key, token, "NX", NULL);
 *	redis_link_add(link, "GET", other, NULL);
 *	if (redis_link_run(link, replies, 2, deadline_ms, &err) == 0)
 *		…redis_reply_bytes(replies[1], &length)…
 *	redis_replies_free(replies, 2);
 *	redis_link_close(link);
 *
 * hiredis gives each read a time of its own, so that a peer that drips holds
 * its caller for ever, and takes as much as it is sent. Here every run has one
 * deadline for all of it, and an end: REDIS_REPLY_MAX_BYTES a reply, and
 * REDIS_LIST_MAX elements of a list.
 *
 * All errors are EX_UNAVAILABLE (or EX_OSERR: no memory): whatever is wrong
 * with Redis, its callers do without it. After a failure of the connection
 * (redis_link_is_lost) there is nothing but to close it; after an error that
 * Redis answered, it goes on.
 */
#ifndef MARQUEE_SHARE_REDIS_LINK_H
#define MARQUEE_SHARE_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/redis_url.h"

struct redis_link;
struct redis_reply;

/* One that is larger is refused; what is put in pieces has smaller ones. */
#define REDIS_REPLY_MAX_BYTES ((size_t)1 << 20)
#define REDIS_LIST_MAX 16

/* Words of one command. */
#define REDIS_WORDS_MAX 12

/* Connects and, where the URL says so, logs in and selects the database, until
 * `deadline_ms` (monotonic). NULL with the reason. */
struct redis_link *redis_link_open(const struct redis_url *url,
				   long long deadline_ms, struct error *err);

/* NULL is allowed. */
void redis_link_close(struct redis_link *link);

/* Adds a command to the next run: texts, ended by NULL. */
void redis_link_add(struct redis_link *link, const char *word, ...)
	__attribute__((sentinel));

/* The same whose last word is `length` bytes. */
void redis_link_add_bytes(struct redis_link *link, const void *bytes,
			  size_t length, const char *word, ...)
	__attribute__((sentinel));

/* Sends what was added and reads a reply for each of it: `replies` has room for
 * `count`, which is what was added, and each of them is freed by
 * redis_replies_free. Returns 0; -1 where the connection failed, or any reply,
 * or an element of one, is an error; then there are no replies to free. */
int redis_link_run(struct redis_link *link, struct redis_reply **replies,
		   size_t count, long long deadline_ms, struct error *err);

/* Whether the connection is of no more use. */
bool redis_link_is_lost(const struct redis_link *link);

/* Of one that waits for nothing: whether Redis has closed it, or has said
 * something that nobody asked for. */
bool redis_link_is_stale(const struct redis_link *link);

/* The bytes of a string, NUL-terminated, or NULL where it is none. */
const char *redis_reply_bytes(const struct redis_reply *reply, size_t *length);

/* Whether it is a whole number, or a string that is one; sets `number`. */
bool redis_reply_number(const struct redis_reply *reply, long long *number);

bool redis_reply_is_nil(const struct redis_reply *reply);

/* An element of a list, or NULL where there is none. */
const struct redis_reply *redis_reply_element(const struct redis_reply *reply,
					      size_t index);

/* Frees and sets to NULL. */
void redis_replies_free(struct redis_reply **replies, size_t count);

#endif
