#include "events/event_commits.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "events/event_retry.h"
#include "events/event_sql.h"

/* A change that waits; on its caller's stack. */
struct waiter {
	event_change *change;
	void *context;
	struct error *err;
	enum event_result result;
	bool is_done;
	pthread_cond_t turn; /* it is done, or it may lead */
	struct waiter *next;
};

struct event_commits {
	pthread_mutex_t lock;
	struct waiter *first, **end; /* those that wait, in order */
	bool is_led;
	long long count;
	const struct event_place *place;
	/* The leader's, as the next one is. NULL: not opened, or its file is gone. */
	struct database *database;
	bool is_ready; /* to be written */
};

struct event_commits *event_commits_open(const struct event_place *place,
					 struct database *database,
					 struct error *err)
{
	struct event_commits *commits = calloc(1, sizeof(*commits));

	if (commits == NULL) {
		error_no_memory(err);
		return NULL;
	}
	commits->place = place;
	pthread_mutex_init(&commits->lock, NULL);
	commits->end = &commits->first;
	commits->database = database;
	return commits;
}

void event_commits_close(struct event_commits *commits)
{
	if (commits == NULL)
		return;
	database_close(commits->database);
	pthread_mutex_destroy(&commits->lock);
	free(commits);
}

long long event_commits_count(struct event_commits *commits)
{
	long long count;

	pthread_mutex_lock(&commits->lock);
	count = commits->count;
	pthread_mutex_unlock(&commits->lock);
	return count;
}

/* --- The leader ------------------------------------------------------------ */

/* A connection, new or old, is used once it is sure that what is committed by it
 * does not build on what is not on disk. */
static enum event_result get_ready(struct event_commits *commits,
				   struct error *err)
{
	enum event_result result = EVENT_DONE;

	if (commits->database != NULL && database_is_moved(commits->database)) {
		log_event(LOG_LEVEL_WARN, "database was moved or replaced",
			  "path", commits->place->path, NULL);
		database_close(commits->database);
		commits->database = NULL;
		commits->is_ready = false;
	}
	if (commits->database == NULL)
		result = event_place_connect(commits->place, DATABASE_WRITE,
					     &commits->database, err);
	if (result == EVENT_DONE && !commits->is_ready)
		result = database_restart(commits->database, err);
	commits->is_ready = result == EVENT_DONE;
	return result;
}

/* Returns DONE where the transaction goes on, whatever became of the change. */
static enum event_result run_one(struct database *database,
				 struct waiter *waiter, struct error *err)
{
	const struct event_sql *sql = database_sql(database);
	enum event_result result = EVENT_DONE;

	if (sql->save != NULL)
		result = database_command(database, sql->save, err);
	if (result != EVENT_DONE)
		return result;
	waiter->result = waiter->change(database, waiter->context, waiter->err);
	if (event_result_is_failure(waiter->result) &&
	    (sql->save == NULL || !database_is_in_transaction(database))) {
		if (waiter->err != NULL)
			*err = *waiter->err;
		return waiter->result;
	}
	if (sql->save == NULL)
		return result;
	if (!event_result_is_kept(waiter->result))
		result = database_command(database, sql->undo, err);
	if (result == EVENT_DONE)
		result = database_command(database, sql->release, err);
	return result;
}

/* Undoing takes memory too. What is left of a transaction that cannot be undone
 * would keep everybody's writes out, and the next one would end in it: closing
 * the connection undoes it. */
static void end_transaction(struct event_commits *commits)
{
	if (database_is_in_transaction(commits->database))
		database_command(commits->database,
				 database_sql(commits->database)->rollback,
				 NULL);
	if (database_has_failed(commits->database))
		commits->is_ready = false;
	if (database_is_in_transaction(commits->database)) {
		database_close(commits->database);
		commits->database = NULL;
		commits->is_ready = false;
	}
}

static enum event_result run_all(struct event_commits *commits,
				 struct waiter *batch, struct error *err)
{
	enum event_result result = get_ready(commits, err);
	struct waiter *waiter;

	if (result == EVENT_DONE)
		result =
			database_command(commits->database,
					 database_sql(commits->database)->begin,
					 err);
	for (waiter = batch; waiter != NULL && result == EVENT_DONE;
	     waiter = waiter->next)
		result = run_one(commits->database, waiter, err);
	if (result == EVENT_DONE)
		result = database_command(
			commits->database,
			database_sql(commits->database)->commit, err);
	if (result == EVENT_DONE)
		event_place_ring(commits->place);
	if (commits->database != NULL)
		end_transaction(commits);
	return result;
}

static enum event_result run_until_done(struct event_commits *commits,
					struct waiter *batch, struct error *err)
{
	struct event_retry retry = event_retry_begin(commits->place->busy_ms);
	enum event_result result;

	do
		result = run_all(commits, batch, err);
	while (event_retry_goes_on(&retry, commits->database, &result));
	return result;
}

/* The lock is held, but not while the disk is at work. */
static void lead(struct event_commits *commits)
{
	struct waiter *batch = commits->first, **last = &commits->first;
	struct waiter *waiter, *next;
	enum event_result result;
	struct error err = {0};
	int taken = 0;

	for (; *last != NULL && taken < EVENT_COMMITS_MAX; taken++)
		last = &(*last)->next;
	commits->first = *last;
	if (commits->first == NULL)
		commits->end = &commits->first;
	*last = NULL;
	commits->is_led = true;
	pthread_mutex_unlock(&commits->lock);
	result = run_until_done(commits, batch, &err);
	pthread_mutex_lock(&commits->lock);
	if (result == EVENT_DONE)
		commits->count++;
	for (waiter = batch; waiter != NULL; waiter = next) {
		next = waiter->next;
		if (result != EVENT_DONE) {
			waiter->result = result;
			if (waiter->err != NULL)
				*waiter->err = err;
		}
		waiter->is_done = true;
		pthread_cond_signal(&waiter->turn);
	}
	commits->is_led = false;
	if (commits->first != NULL)
		pthread_cond_signal(&commits->first->turn);
}

enum event_result event_commits_run(struct event_commits *commits,
				    event_change *change, void *context,
				    struct error *err)
{
	struct waiter waiter = {
		.change = change,
		.context = context,
		.err = err,
	};

	pthread_cond_init(&waiter.turn, NULL);
	pthread_mutex_lock(&commits->lock);
	*commits->end = &waiter;
	/* cppcheck-suppress autoVariables ; who leads takes it out again */
	commits->end = &waiter.next;
	while (!waiter.is_done)
		if (commits->is_led)
			pthread_cond_wait(&waiter.turn, &commits->lock);
		else
			lead(commits);
	pthread_mutex_unlock(&commits->lock);
	pthread_cond_destroy(&waiter.turn);
	return waiter.result;
}
