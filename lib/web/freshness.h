/*
 * How old what is published is, and how an answer says so.
 *
 * Data is as old as the upstream's last confirmation. Past its lifetime it is
 * stale; so is, at any age, what the upstream did not confirm: the bundled
 * catalogue and a generation an operator has rolled back to. Stale data is
 * served like fresh data, and its headers tell.
 *
 * The publisher's note "status" (KEY=value lines) says where the data came
 * from (`source`: upstream, bundled, rolled-back) and what went wrong
 * (`detail`: one word).
 */
#ifndef MARQUEE_WEB_FRESHNESS_H
#define MARQUEE_WEB_FRESHNESS_H

#include <stdbool.h>
#include <time.h>

#include "base/buffer.h"
#include "web/response.h"

/* Past this, data is stale (contract section 4). */
#define FRESHNESS_LIFETIME_S 60

/* The publisher's note. */
#define FRESHNESS_NOTE "status"

/* Longest `detail` with its NUL; a longer one is not shown. */
#define FRESHNESS_DETAIL_BYTES 32

struct freshness_facts {
	long long now_ms;          /* wall clock: when it is to hold */
	time_t published_at;       /* when the generation was made current */
	bool is_confirmed;         /* whether the upstream ever confirmed */
	long long confirmed_ms;    /* when it last did */
	const struct buffer *note; /* the note "status"; NULL: unknown */
};

struct freshness {
	long long at_s;  /* wall clock: all of this is as it is then */
	long long age_s; /* never negative */
	long long ttl_s; /* what is left of the lifetime; below 0 while stale */
	bool is_stale;
	char detail[FRESHNESS_DETAIL_BYTES]; /* why it is; "" while fresh */
};

/* Judges without looking anywhere. */
void freshness_judge(const struct freshness_facts *facts,
		     struct freshness *freshness);

/* Judges <cache_dir>/<site>, as it is when this second ends: nginx may show the
 * answer again until then, and cannot count. The note is read only where it can
 * matter: when the confirmation is missing, too old, or not younger than the
 * publication.
 * What cannot be read counts as not confirmed; `why` (may be NULL) then says
 * why it could not. */
void freshness_look(const char *cache_dir, const char *site,
		    time_t published_at, struct freshness *freshness,
		    struct error *why);

/* Adds Age (RFC 9111 §5.1), Cache-Status (RFC 9211), Cache-Control, and then
 * X-Accel-Expires: nginx keeps a page for its max-age unless that follows, and
 * nginx 1.22 does not look at a Cache-Control that comes after it. It is the
 * second before at_s, the last in which nginx shows the answer again. (A number
 * of seconds would be kept for up to one more.) */
void freshness_add_headers(const struct freshness *freshness,
			   struct web_response *response);

/* Cache-Status of what was kept before it was asked for. Only this is shown
 * again by nginx's microcache: what was fetched just now was not a hit, and is
 * one the next time. */
#define FRESHNESS_KEPT_HIT "marquee; hit"

/* The same headers for what never changes (RFC 8246): Age since it was kept,
 * the Cache-Status given, a year's life. */
void freshness_add_kept_headers(time_t kept_at, const char *cache_status,
				struct web_response *response);

#endif
