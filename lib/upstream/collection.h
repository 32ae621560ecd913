/*
 * Whole collections of a json-server: films, people and species at once.
 *
 * A collection is a JSON array at `{base}{path}?limit=250`. A full page is
 * followed by `?limit=250&_start=250` and so on, until one is short or empty,
 * or begins like the page before it, which means that the server does not
 * know `_start`. Its elements are cut out and parsed one at a time, so memory
 * follows the largest element and not the answer.
 *
 *	struct upstream_collection films = {
 *		.path = "/films",
 *		.element = keep_film,
 *		.rewind = forget_films,
 *		.context = &model,
 *		.known = stored_validators,
 *	};
 *	struct upstream_report report;
 *
 *	if (upstream_fetch(&options, &films, 1, &report, err) != 0)
 *		return -1;
 *	if (!report.is_unchanged)
 *		publish(&model);
 *	upstream_report_free(&report);
 *	upstream_validators_free(&films.found);
 */
#ifndef MARQUEE_UPSTREAM_COLLECTION_H
#define MARQUEE_UPSTREAM_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"

struct json_object;

/* Elements asked for in one page: the most that the films API gives. */
#define UPSTREAM_PAGE_ELEMENTS 250

/* A collection with more elements or pages is refused (EX_DATAERR), because
 * a part of it must not pass for the whole. */
#define UPSTREAM_MAX_ELEMENTS 1000000
#define UPSTREAM_MAX_PAGES 4001

/* Larger bodies are not kept for a later fetch. */
#define UPSTREAM_MAX_KEPT_BYTES ((size_t)1 << 20)

struct upstream_options {
	/* Base URLs without the collection's path, http or https; a slash at
	 * the end is left out. The next one is asked when one fails. They may
	 * hold userinfo: no message, log line or result shows it. */
	const char *const *bases;
	size_t base_count;       /* at least 1 */
	long timeout_ms;         /* of the whole fetch, retries and other bases
				    included; a base gets at most its share,
				    remaining time ÷ bases left */
	long connect_timeout_ms; /* of one attempt */
	unsigned retries;        /* per request, after the first attempt */
	unsigned concurrency; /* requests and connections at once, at least 1 */
	size_t max_bytes;     /* of one response, after decoding */
};

/* What makes the next fetch conditional (RFC 9110 §8.8). Strings are owned
 * (malloc), NULL where there is none. They hold no control character, so they
 * can be kept as one line of text each. */
struct upstream_validators {
	char *base;          /* the base they hold for, without userinfo */
	char *etag;          /* as received: with its quotes and W/ */
	char *last_modified; /* an HTTP date, as received */
};

/* Frees the strings and sets them to NULL. */
void upstream_validators_free(struct upstream_validators *validators);

struct upstream_collection {
	/* The caller sets these. */

	const char *path; /* "/films" */

	/* Takes one element, in the upstream's order. It is borrowed: use
	 * json_object_get to keep it. Returns 0, or -1 with a reason, which
	 * refuses the whole fetch; the position is added to the reason here.
	 * Collections are read at once, so calls of different collections
	 * mix; all come from the thread that called upstream_fetch. */
	int (*element)(void *context, struct json_object *element,
		       struct error *err);

	/* Forgets every element past the first `count`: a page is asked again
	 * or, with a count of 0, the next base is asked. */
	void (*rewind)(void *context, size_t count);

	void *context;

	/* Of the data that the caller still has; zeros for none. Borrowed. They
	 * are sent only if every collection of the fetch has some and all are
	 * of the base that is asked. */
	struct upstream_validators known;

	/* Appends the body that `known` is of to `body`: it is needed where this
	 * collection is unchanged and another one is not. Returns 1, or 0 where
	 * it is not at hand, and the upstream is asked again. May be NULL. */
	int (*known_body)(void *context, const char *path, struct buffer *body);
	void *known_context;

	/* upstream_fetch sets these; they mean something after success only. */

	/* The caller frees them. All NULL where the upstream gave none, and
	 * where the collection has more than one page: the first page's
	 * validators say nothing about the others. */
	struct upstream_validators found;

	/* The body that `found` is of, for known_body of the next fetch. The
	 * caller frees it. Empty where there are no validators, where the body
	 * is larger than UPSTREAM_MAX_KEPT_BYTES and where the fetch is
	 * unchanged. */
	struct buffer body;

	size_t element_count; /* delivered; 0 if the fetch is unchanged */

	/* SHA-256 over the delivered elements' texts in order: with it an
	 * upstream without validators is seen to be unchanged too. White space
	 * between elements and the cut into pages do not count. All zeros if
	 * the fetch is unchanged. */
	unsigned char digest[HASH_BYTES];
};

struct upstream_report {
	char *base;          /* that gave the data, without userinfo; owned */
	bool is_unchanged;   /* every collection answered 304: no element was
				delivered, and `found` repeats `known` */
	size_t requests;     /* pages asked for, each counted once, all bases */
	size_t retries;      /* further attempts at them */
	size_t body_bytes;   /* received, after decoding, all attempts */
	size_t failed_bases; /* asked before the one that answered */
};

/* Frees `base`. */
void upstream_report_free(struct upstream_report *report);

/* Fetches every collection from one base. If some are unchanged and others
 * are not, the unchanged ones are read from their known bodies, or asked again
 * without validators.
 *
 * Returns 0, or -1 with EX_UNAVAILABLE (not reachable, too slow, an answer
 * other than 200 or 304, a body cut short), EX_DATAERR (too large, no JSON
 * array, an element refused) or EX_OSERR; with several bases the reason is the
 * last one's and the others' are in the log. `report` is filled in either way
 * (`base` NULL after a failure); what `element` was given before a failure is
 * to be thrown away. */
int upstream_fetch(const struct upstream_options *options,
		   struct upstream_collection *collections, size_t count,
		   struct upstream_report *report, struct error *err);

#endif
