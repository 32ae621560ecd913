/*
 * One media file, found once, kept for good.
 *
 * The upstream has a list in pages, and details and segments by id, but no
 * look-up of the list by id. To answer for an id it is looked for in the list
 * (a walk), details and segments are fetched at once, the three are merged,
 * and what is FINISHED is kept in the file cache (cache_keep.h), from where it
 * is served without any upstream ever after.
 *
 *	struct media *media = media_open(&options, &err);
 *	struct media_answer answer;
 *
 *	media_fetch(media, id, &answer);		waits
 *	switch (answer.outcome) …
 *	media_answer_free(&answer);
 *	media_close(media);
 *
 * However many threads ask for one id, one of them, a worker of ours, fetches
 * it and all get its answer; ids asked for meanwhile share the walk under way.
 * What a walk saw of other ids is remembered for a short time.
 */
#ifndef MARQUEE_MEDIA_MEDIA_H
#define MARQUEE_MEDIA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* The cache's site of kept files. */
#define MEDIA_SITE "files"
#define MEDIA_TYPE "application/json"

/* Bytes of an id; longer ones are no ids. */
#define MEDIA_MAX_ID_BYTES 128

/* Memory for what walks saw of other ids; beyond it the oldest is forgotten. */
#define MEDIA_INDEX_MAX_BYTES ((size_t)16 << 20)

struct media_options {
	const char *base;      /* MARQUEE_FILES_URL, not empty */
	const char *cache_dir; /* MARQUEE_CACHE_DIR */
	unsigned page_size;    /* MARQUEE_PAGE_SIZE */
	unsigned max_pages;    /* MARQUEE_MAX_PAGES */
	unsigned concurrency;  /* MARQUEE_CONCURRENCY: list pages in flight */
	unsigned retries;
	long timeout_ms; /* of the conversation for one id, walk included */
	long connect_timeout_ms;
	size_t max_bytes;   /* of one response, after decoding */
	unsigned max_walks; /* MARQUEE_MAX_WALKS: ids fetched at once */
	long index_ttl_s;   /* MARQUEE_INDEX_TTL_S */
	/* MARQUEE_REDIS_URL: files are shared with other hosts, see
	 * media_share.h. "" or NULL: they are not */
	const char *redis_url;
};

enum media_outcome {
	MEDIA_KEPT,       /* it is in the cache now: open it there */
	MEDIA_UNKEPT,     /* finished, in `body`, but could not be kept */
	MEDIA_UNFINISHED, /* known; `status` is not FINISHED */
	MEDIA_UNKNOWN,    /* the whole list was read and has no such id */
	MEDIA_FAILED,     /* the upstream failed or answered nonsense */
	MEDIA_TOO_SLOW,   /* the upstream took too long */
	MEDIA_BUSY,       /* too many ids are being fetched already */
	MEDIA_BAD_ID,     /* not 1 to 128 of letters, digits, - _ . */
};

struct media_answer {
	enum media_outcome outcome;
	bool is_collapsed;   /* waited for another caller's fetch */
	bool is_new;         /* KEPT: by this fetch, not before */
	char status[64];     /* UNFINISHED: the upstream's word for it */
	bool may_finish;     /* UNFINISHED: it is on its way, not failed */
	int retry_after_s;   /* 0: no use in asking again */
	struct buffer body;  /* UNKEPT: the merged JSON; owned */
	struct error reason; /* FAILED, TOO_SLOW, UNKEPT: for the log */
};

/* Whether `id` is 1 to 128 of letters, digits, `-`, `_` and `.`, and neither
 * "." nor "..". */
bool media_is_id(const char *id);

/* NULL with EX_OSERR. The options' strings must outlive it. */
struct media *media_open(const struct media_options *options,
			 struct error *err);

/* Waits until what is under way has ended. NULL is allowed. */
void media_close(struct media *media);

/* Answers for one id. Looks into the cache first, so it may be called for kept
 * ones too. Any number of threads may call it at once. The caller frees the
 * answer. */
void media_fetch(struct media *media, const char *id,
		 struct media_answer *answer);
void media_answer_free(struct media_answer *answer);

struct media_numbers {
	unsigned long long walks; /* begun since the start */
	unsigned long long list_requests;
	unsigned long long fetched; /* ids fetched and kept */
	unsigned long long failures;
	unsigned in_flight;                   /* ids being fetched now */
	long long last_failure_ms;            /* wall clock; 0: never */
	char last_error[ERROR_MESSAGE_BYTES]; /* "" none since the last good */
};

void media_numbers(struct media *media, struct media_numbers *numbers);

/* Appends why an id is not kept, for a person: "is not finished: PROCESSING".
 * Nothing for KEPT. */
void media_answer_say(const struct media_answer *answer, struct buffer *out);

/* Finished entries of the list that media_fetch_all keeps in memory. */
#define MEDIA_ALL_MAX_BYTES ((size_t)256 << 20)

/* Walks the whole list once and keeps every finished file (fetch-file --all).
 * `said` is called for each id of the list with what became of it (an id that
 * could not be asked for is BAD_ID). Returns the number of those that are kept, or -1 where the list cannot be read to
 * its end. */
typedef void media_said(void *context, const char *id,
			const struct media_answer *answer);

long long media_fetch_all(struct media *media, media_said *said, void *context,
			  struct error *err);

#endif
