#include "events/event_readers.h"

#include <pthread.h>
#include <stdlib.h>

struct event_readers {
	pthread_mutex_t lock;
	pthread_cond_t given; /* one was given back, or could not be opened */
	const struct event_place *place;
	unsigned most, taken, idle_count;
	struct database *idle[]; /* `most` places */
};

struct event_readers *event_readers_open(const struct event_place *place,
					 unsigned most, struct error *err)
{
	struct event_readers *readers;
	size_t places = most > 0 ? most : 1;

	readers =
		calloc(1, sizeof(*readers) + places * sizeof(readers->idle[0]));
	if (readers == NULL) {
		error_no_memory(err);
		return NULL;
	}
	readers->place = place;
	pthread_mutex_init(&readers->lock, NULL);
	pthread_cond_init(&readers->given, NULL);
	readers->most = (unsigned)places;
	return readers;
}

void event_readers_close(struct event_readers *readers)
{
	if (readers == NULL)
		return;
	while (readers->idle_count > 0)
		database_close(readers->idle[--readers->idle_count]);
	pthread_cond_destroy(&readers->given);
	pthread_mutex_destroy(&readers->lock);
	free(readers);
}

static enum event_result open_one(const struct event_place *place,
				  struct database **database, struct error *err)
{
	enum event_result result =
		event_place_connect(place, DATABASE_READ, database, err);

	/* It is reading that fails. */
	return result == EVENT_READ_ONLY ? EVENT_BROKEN : result;
}

/* Gives up a place that was taken. */
static void leave(struct event_readers *readers, struct database *database)
{
	pthread_mutex_lock(&readers->lock);
	readers->taken--;
	if (database != NULL)
		readers->idle[readers->idle_count++] = database;
	pthread_cond_signal(&readers->given);
	pthread_mutex_unlock(&readers->lock);
}

enum event_result event_readers_take(struct event_readers *readers,
				     struct database **database,
				     struct error *err)
{
	struct database *found = NULL;
	enum event_result result;

	pthread_mutex_lock(&readers->lock);
	while (readers->taken == readers->most)
		pthread_cond_wait(&readers->given, &readers->lock);
	readers->taken++;
	if (readers->idle_count > 0)
		found = readers->idle[--readers->idle_count];
	pthread_mutex_unlock(&readers->lock);
	if (found != NULL &&
	    (database_has_failed(found) || database_is_moved(found))) {
		database_close(found);
		found = NULL;
	}
	if (found == NULL) {
		result = open_one(readers->place, &found, err);
		if (result != EVENT_DONE) {
			leave(readers, NULL);
			return result;
		}
	}
	*database = found;
	return EVENT_DONE;
}

void event_readers_give(struct event_readers *readers,
			struct database *database)
{
	leave(readers, database);
}
