#include "media/media.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/cache_keep.h"
#include "media/media_list.h"
#include "media/media_rest.h"
#include "media/media_work.h"

/* When to come back to a house that is full. */
#define BUSY_RETRY_S 1

/* An id that is being fetched, by a thread of its own, whose answer goes to
 * all who wait for it. */
struct flight {
	struct media *media;
	char id[MEDIA_MAX_ID_BYTES + 1];
	char request[LOG_ID_BYTES]; /* for which it is fetched */
	struct media_entry *known;  /* NULL: to be found */
	struct media_answer answer;
	bool has_landed;
	unsigned waiting; /* callers that still want the answer */
	pthread_t thread;
	struct flight *next;
};

struct media {
	struct media_options options;
	struct media_pool *pool;
	struct media_finder *finder;
	struct media_share *share; /* NULL: none */
	struct media_work work;
	pthread_mutex_t lock;
	pthread_cond_t has_landed;
	struct flight *flights; /* under way */
	struct flight *landed;  /* to be freed when nobody waits */
	struct media_rest rest;
	struct media_numbers numbers;
};

static int open_parts(struct media *media, struct error *err)
{
	const struct media_options *options = &media->options;
	const struct http_options http = {
		.timeout_ms = options->timeout_ms,
		.connect_timeout_ms = options->connect_timeout_ms,
		.max_bytes = options->max_bytes,
		.retries = options->retries,
		.concurrency = options->concurrency,
	};

	media->pool = media_pool_open(&http, err);
	if (media->pool != NULL)
		media->finder = media_finder_open(options, media->pool, err);
	if (media->finder == NULL)
		return -1;
	if (media_share_open(
		    options->redis_url != NULL ? options->redis_url : "",
		    options->base, options->cache_dir, &media->share, err) != 0)
		return -1;
	media->work = (struct media_work){options, media->pool, media->finder,
					  media->share};
	if (pthread_mutex_init(&media->lock, NULL) != 0)
		return error_no_memory(err);
	if (pthread_cond_init(&media->has_landed, NULL) == 0)
		return 0;
	pthread_mutex_destroy(&media->lock);
	return error_no_memory(err);
}

static void close_parts(struct media *media)
{
	media_finder_close(media->finder);
	media_pool_close(media->pool);
	media_share_close(media->share);
	media_rest_free(&media->rest);
	free(media);
}

struct media *media_open(const struct media_options *options, struct error *err)
{
	struct media *media = calloc(1, sizeof(*media));

	if (media == NULL) {
		error_no_memory(err);
		return NULL;
	}
	media->options = *options;
	if (open_parts(media, err) == 0)
		return media;
	close_parts(media);
	return NULL;
}

/* --- Flights; all but fly hold the lock ------------------------------------*/

/* Joins the threads of flights that nobody waits for any more; they have
 * nothing left to do. */
static void reap(struct media *media)
{
	struct flight **at = &media->landed, *flight;

	while ((flight = *at) != NULL) {
		if (flight->waiting > 0) {
			at = &flight->next;
			continue;
		}
		*at = flight->next;
		pthread_join(flight->thread, NULL);
		media_answer_free(&flight->answer);
		free(flight->known);
		free(flight);
	}
}

static void note_outcome(struct media *media, struct flight *flight)
{
	struct media_numbers *numbers = &media->numbers;
	struct media_answer *answer = &flight->answer;

	if (answer->outcome == MEDIA_FAILED ||
	    answer->outcome == MEDIA_TOO_SLOW) {
		media_rest_begin(&media->rest, flight->id, answer,
				 clock_monotonic_ms());
		numbers->failures++;
		numbers->last_failure_ms = clock_wall_ms();
		snprintf(numbers->last_error, sizeof(numbers->last_error), "%s",
			 answer->reason.message);
		return;
	}
	media_rest_end(&media->rest, flight->id);
	numbers->fetched += answer->is_new;
	if (answer->outcome != MEDIA_UNKEPT)
		numbers->last_error[0] = '\0';
}

static void land(struct flight *flight)
{
	struct media *media = flight->media;
	struct flight **at = &media->flights;

	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
	flight->next = media->landed;
	media->landed = flight;
	media->numbers.in_flight--;
	note_outcome(media, flight);
	flight->has_landed = true;
	pthread_cond_broadcast(&media->has_landed);
}

static void *fly(void *context)
{
	struct flight *flight = context;
	struct media *media = flight->media;

	log_set_request(flight->request);
	media_work(&media->work, flight->id, flight->known, &flight->answer);
	pthread_mutex_lock(&media->lock);
	land(flight);
	pthread_mutex_unlock(&media->lock);
	return NULL;
}

/* NULL with EX_OSERR. Takes over `known`. */
static struct flight *start_flight(struct media *media, const char *id,
				   struct media_entry *known, struct error *err)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (flight == NULL) {
		free(known);
		error_no_memory(err);
		return NULL;
	}
	flight->media = media;
	flight->known = known;
	snprintf(flight->id, sizeof(flight->id), "%s", id);
	snprintf(flight->request, sizeof(flight->request), "%s", log_request());
	if (pthread_create(&flight->thread, NULL, fly, flight) != 0) {
		error_set(err, EX_OSERR, "cannot start a thread");
		free(known);
		free(flight);
		return NULL;
	}
	flight->next = media->flights;
	media->flights = flight;
	media->numbers.in_flight++;
	return flight;
}

static struct flight *find_flight(struct media *media, const char *id)
{
	struct flight *flight = media->flights;

	while (flight != NULL && strcmp(flight->id, id) != 0)
		flight = flight->next;
	return flight;
}

static void copy_answer(const struct media_answer *from,
			struct media_answer *to)
{
	*to = *from;
	to->body = BUFFER_EMPTY;
	if (from->body.length == 0)
		return;
	buffer_append(&to->body, from->body.data, from->body.length);
	if (buffer_check(&to->body, &to->reason) == 0)
		return;
	buffer_free(&to->body);
	to->outcome = MEDIA_FAILED;
	to->retry_after_s = BUSY_RETRY_S;
}

static void wait_for(struct flight *flight, struct media_answer *answer)
{
	struct media *media = flight->media;

	flight->waiting++;
	while (!flight->has_landed)
		pthread_cond_wait(&media->has_landed, &media->lock);
	flight->waiting--;
	copy_answer(&flight->answer, answer);
	reap(media);
}

static void fetch(struct media *media, const char *id,
		  struct media_answer *answer)
{
	struct flight *flight = find_flight(media, id);
	bool is_collapsed = flight != NULL;

	if (flight == NULL &&
	    media_rest_find(&media->rest, id, answer, clock_monotonic_ms()))
		return;
	if (flight == NULL &&
	    media->numbers.in_flight >= media->options.max_walks) {
		answer->outcome = MEDIA_BUSY;
		answer->retry_after_s = BUSY_RETRY_S;
		return;
	}
	if (flight == NULL)
		flight = start_flight(media, id, NULL, &answer->reason);
	if (flight == NULL) {
		answer->outcome = MEDIA_FAILED;
		answer->retry_after_s = BUSY_RETRY_S;
		return;
	}
	wait_for(flight, answer);
	answer->is_collapsed = is_collapsed;
	answer->is_new = answer->is_new && !is_collapsed;
}

void media_close(struct media *media)
{
	if (media == NULL)
		return;
	pthread_mutex_lock(&media->lock);
	while (media->flights != NULL)
		pthread_cond_wait(&media->has_landed, &media->lock);
	reap(media);
	pthread_mutex_unlock(&media->lock);
	pthread_cond_destroy(&media->has_landed);
	pthread_mutex_destroy(&media->lock);
	close_parts(media);
}

/* --- What the world calls --------------------------------------------------*/

static bool is_kept(const struct media *media, const char *id)
{
	struct cache_snapshot snapshot;

	if (cache_keep_open(media->options.cache_dir, MEDIA_SITE, id, &snapshot,
			    NULL) != 0)
		return false;
	cache_snapshot_close(&snapshot);
	return true;
}

void media_fetch(struct media *media, const char *id,
		 struct media_answer *answer)
{
	*answer = (struct media_answer){.outcome = MEDIA_KEPT};
	if (!media_is_id(id)) {
		answer->outcome = MEDIA_BAD_ID;
	} else if (is_kept(media, id)) {
		return;
	} else if (media_find_is_unknown(media->finder, id)) {
		answer->outcome = MEDIA_UNKNOWN;
	} else {
		pthread_mutex_lock(&media->lock);
		fetch(media, id, answer);
		pthread_mutex_unlock(&media->lock);
	}
}

void media_numbers(struct media *media, struct media_numbers *numbers)
{
	pthread_mutex_lock(&media->lock);
	*numbers = media->numbers;
	pthread_mutex_unlock(&media->lock);
	media_find_numbers(media->finder, numbers);
}

/* Flights of media_fetch_all, the oldest first. */
struct sky {
	struct flight **flights;
	unsigned count, most;
	media_said *said;
	void *context;
	long long kept;
};

static void say(struct sky *sky, const char *id,
		const struct media_answer *answer)
{
	sky->kept += answer->outcome == MEDIA_KEPT;
	sky->said(sky->context, id, answer);
}

static void land_oldest(struct media *media, struct sky *sky)
{
	struct flight *flight = sky->flights[0];
	struct media_answer answer;
	char id[MEDIA_MAX_ID_BYTES + 1];

	memcpy(id, flight->id, sizeof(id));
	memmove(sky->flights, sky->flights + 1,
		--sky->count * sizeof(struct flight *));
	pthread_mutex_lock(&media->lock);
	flight->waiting--;
	wait_for(flight, &answer);
	pthread_mutex_unlock(&media->lock);
	say(sky, id, &answer);
	media_answer_free(&answer);
}

/* Nobody asked for it, so that it must not be freed before it is waited
 * for: it has one who waits from the start. */
static void send_off(struct media *media, struct sky *sky,
		     const struct media_entry *entry)
{
	struct media_answer answer = {.outcome = MEDIA_FAILED};
	struct media_entry *known = media_entry_copy(entry, &answer.reason);
	struct flight *flight = NULL;

	pthread_mutex_lock(&media->lock);
	if (known != NULL)
		flight = start_flight(media, entry->id, known, &answer.reason);
	if (flight != NULL)
		flight->waiting++;
	pthread_mutex_unlock(&media->lock);
	if (flight != NULL)
		sky->flights[sky->count++] = flight;
	else
		say(sky, entry->id, &answer);
}

static void take_entry(struct media *media, struct sky *sky,
		       const struct media_entry *entry)
{
	struct media_answer answer = {.outcome = MEDIA_KEPT};

	if (!media_is_id(entry->id)) {
		answer.outcome = MEDIA_BAD_ID;
	} else if (!is_kept(media, entry->id)) {
		if (sky->count == sky->most)
			land_oldest(media, sky);
		send_off(media, sky, entry);
		return;
	}
	say(sky, entry->id, &answer);
}

long long media_fetch_all(struct media *media, media_said *said, void *context,
			  struct error *err)
{
	struct sky sky = {
		.most = media->options.max_walks,
		.said = said,
		.context = context,
	};
	struct media_list list;
	size_t i;
	int status;

	sky.flights = calloc(sky.most, sizeof(struct flight *));
	if (sky.flights == NULL)
		return error_no_memory(err);
	status = media_list_read(&media->options, media->pool, &list, err);
	for (i = 0; status == 0 && i < list.count; i++)
		take_entry(media, &sky, list.entries[i]);
	while (sky.count > 0)
		land_oldest(media, &sky);
	media_list_free(&list);
	free(sky.flights);
	return status == 0 ? sky.kept : -1;
}
