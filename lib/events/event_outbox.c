#include "events/event_outbox.h"

#include "events/event_row.h"
#include "events/event_store_parts.h"

/* Waits that are over are ended so many at a time, so that nobody waits long
 * when a hundred thousand are over at once. */
#define READY_STEP 1000

/* When others are taking all that is due, how long until it is looked at again. */
#define TAKEN_MS 20

enum event_result event_outbox_enter(struct database *database,
				     long long number, struct error *err)
{
	struct statement *entry =
		database_statement(database, database_sql(database)->enter);

	statement_bind_number(entry, 1, number);
	return statement_run(entry, err);
}

enum event_result event_outbox_leave(struct database *database,
				     long long number, struct error *err)
{
	struct statement *entry =
		database_statement(database, database_sql(database)->leave);

	statement_bind_number(entry, 1, number);
	return statement_run(entry, err);
}

/* --- Claims ---------------------------------------------------------------- */

/* How long until one is due: 0 now, -1 where there is none. */
static enum event_result look(struct event_store *store, long long *next_ms,
			      struct error *err)
{
	long long now_ms = event_store_now_ms(store), first_ms, last_ms,
		  next = -1;
	struct database *database;
	struct statement *row;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	row = database_statement(database, database_sql(database)->look);
	while (statement_step(row)) {
		if (statement_is_null(row, 0))
			continue;
		first_ms = statement_number(row, 0);
		last_ms = statement_number(row, 1);
		next = first_ms <= now_ms ||
				       last_ms >
					       now_ms + EVENT_OUTBOX_MAX_WAIT_MS
			       ? 0
			       : first_ms - now_ms;
	}
	result = statement_end(row, err);
	event_readers_give(store->readers, database);
	if (result == EVENT_DONE)
		*next_ms = next;
	return result;
}

struct claiming {
	bool relays; /* rather than notifies */
	long long now_ms, until_ms;
	size_t max, count;
	struct event_claim *claims;
};

/* What waits no more becomes ready, due_ms 0: the ready ones then are one piece
 * of the index, in the order of their numbers. */
static enum event_result end_waits(struct database *database, long long now_ms,
				   struct error *err)
{
	const char *const ended[] = {
		database_sql(database)->end_waits,
		/* The clock was set back. */
		database_sql(database)->end_odd_waits,
	};
	const long long bounds[] = {
		now_ms,
		now_ms + EVENT_OUTBOX_MAX_WAIT_MS,
	};
	enum event_result result = EVENT_DONE;
	struct statement *entries;
	int i;

	for (i = 0; i < 2 && result == EVENT_DONE; i++) {
		entries = database_statement(database, ended[i]);
		statement_bind_number(entries, 1, bounds[i]);
		statement_bind_number(entries, 2, READY_STEP);
		result = statement_run(entries, err);
	}
	return result;
}

static enum event_result find_ready(struct database *database,
				    struct claiming *claiming,
				    struct error *err)
{
	struct statement *rows = database_statement(
		database, database_sql(database)->find_ready);

	statement_bind_number(rows, 1, (long long)claiming->max);
	while (claiming->count < claiming->max && statement_step(rows)) {
		struct event_claim *claim = &claiming->claims[claiming->count];

		event_row_read(rows, &claim->event);
		claiming->count++;
	}
	return statement_end(rows, err);
}

static enum event_result hold(struct database *database,
			      const struct claiming *claiming,
			      struct event_claim *claim, struct error *err)
{
	const struct event_sql *sql = database_sql(database);
	struct statement *entry =
		database_statement(database, claiming->relays
						     ? sql->hold_to_relay
						     : sql->hold_to_notify);

	statement_bind_number(entry, 1, claim->event.number);
	statement_bind_number(entry, 2, claiming->until_ms);
	while (statement_step(entry)) {
		claim->token = statement_number(entry, 0);
		claim->attempts = (unsigned)statement_number(entry, 1);
	}
	return statement_end(entry, err);
}

static void free_claims(struct claiming *claiming)
{
	while (claiming->count > 0)
		event_free(&claiming->claims[--claiming->count].event);
}

static enum event_result claim_change(struct database *database, void *context,
				      struct error *err)
{
	struct claiming *claiming = context;
	enum event_result result;
	size_t i;

	free_claims(claiming);
	result = end_waits(database, claiming->now_ms, err);
	if (result == EVENT_DONE)
		result = find_ready(database, claiming, err);
	for (i = 0; i < claiming->count && result == EVENT_DONE; i++)
		result = hold(database, claiming, &claiming->claims[i], err);
	return result;
}

/* What is due may be in other hands this very moment. */
static enum event_result look_again(struct event_store *store,
				    long long *next_ms, struct error *err)
{
	enum event_result result = look(store, next_ms, err);

	if (result == EVENT_DONE && *next_ms == 0)
		*next_ms = TAKEN_MS;
	return result;
}

/* Within what a wait may be, so that it never counts as one of a clock that was
 * set back. */
static long long limit_wait(long long wait_ms)
{
	if (wait_ms < 0)
		return 0;
	return wait_ms < EVENT_OUTBOX_MAX_WAIT_MS ? wait_ms
						  : EVENT_OUTBOX_MAX_WAIT_MS;
}

static enum event_result claim(struct event_store *store, bool relays,
			       long long lease_ms, size_t max,
			       struct event_claim *claims, size_t *count,
			       long long *next_ms, struct error *err)
{
	struct claiming claiming = {
		.relays = relays, .max = max, .claims = claims};
	enum event_result result = look(store, next_ms, err);

	*count = 0;
	if (result != EVENT_DONE || *next_ms != 0)
		return result;
	claiming.now_ms = event_store_now_ms(store);
	claiming.until_ms = claiming.now_ms + limit_wait(lease_ms);
	result = event_store_change(store, claim_change, &claiming, err);
	if (result == EVENT_DONE) {
		*count = claiming.count;
		return claiming.count > 0 ? result
					  : look_again(store, next_ms, err);
	}
	free_claims(&claiming);
	return result;
}

enum event_result event_outbox_claim(struct event_store *store,
				     long long lease_ms, size_t max,
				     struct event_claim *claims, size_t *count,
				     long long *next_ms, struct error *err)
{
	return claim(store, false, lease_ms, max, claims, count, next_ms, err);
}

enum event_result event_outbox_claim_to_relay(struct event_store *store,
					      long long lease_ms, size_t max,
					      struct event_claim *claims,
					      size_t *count, long long *next_ms,
					      struct error *err)
{
	return claim(store, true, lease_ms, max, claims, count, next_ms, err);
}

/* --- What becomes of them -------------------------------------------------- */

enum ending_way { SETTLED, RELEASED, RETURNED, EXTENDED };

struct ending {
	const struct event_claim *claims;
	size_t count;
	size_t held; /* found to be held still */
	enum ending_way way;
	long long due_ms; /* its third parameter; -1: it has none */
};

static enum event_result end_change(struct database *database, void *context,
				    struct error *err)
{
	const struct event_sql *sql = database_sql(database);
	const char *const ways[] = {
		[SETTLED] = sql->settle,
		[RELEASED] = sql->release_claim,
		[RETURNED] = sql->return_claim,
		[EXTENDED] = sql->extend,
	};
	struct ending *ending = context;
	enum event_result result = EVENT_DONE;
	struct statement *entry;
	size_t i;

	ending->held = 0;
	for (i = 0; i < ending->count && result == EVENT_DONE; i++) {
		entry = database_statement(database, ways[ending->way]);
		statement_bind_number(entry, 1, ending->claims[i].event.number);
		statement_bind_number(entry, 2, ending->claims[i].token);
		if (ending->due_ms >= 0)
			statement_bind_number(entry, 3, ending->due_ms);
		result = statement_run(entry, err);
		if (result == EVENT_DONE && database_changes(database) > 0)
			ending->held++;
	}
	return result;
}

static enum event_result end_claims(struct event_store *store,
				    struct ending *ending, struct error *err)
{
	enum event_result result;

	result = event_store_change(store, end_change, ending, err);
	if (result == EVENT_DONE && ending->held < ending->count)
		return EVENT_MISSING;
	return result;
}

enum event_result event_outbox_settle_all(struct event_store *store,
					  const struct event_claim *claims,
					  size_t count, struct error *err)
{
	struct ending ending = {
		.claims = claims,
		.count = count,
		.way = SETTLED,
		.due_ms = -1,
	};

	return end_claims(store, &ending, err);
}

enum event_result event_outbox_settle(struct event_store *store,
				      const struct event_claim *claim,
				      struct error *err)
{
	return event_outbox_settle_all(store, claim, 1, err);
}

enum event_result event_outbox_release(struct event_store *store,
				       const struct event_claim *claim,
				       long long delay_ms, struct error *err)
{
	long long wait_ms = limit_wait(delay_ms);
	struct ending ending = {
		.claims = claim,
		.count = 1,
		.way = RELEASED,
		.due_ms = wait_ms > 0 ? event_store_now_ms(store) + wait_ms : 0,
	};

	return end_claims(store, &ending, err);
}

enum event_result event_outbox_return(struct event_store *store,
				      const struct event_claim *claim,
				      struct error *err)
{
	struct ending ending = {
		.claims = claim,
		.count = 1,
		.way = RETURNED,
	};

	return end_claims(store, &ending, err);
}

enum event_result event_outbox_extend(struct event_store *store,
				      const struct event_claim *claim,
				      long long lease_ms, struct error *err)
{
	struct ending ending = {
		.claims = claim,
		.count = 1,
		.way = EXTENDED,
		.due_ms = event_store_now_ms(store) + limit_wait(lease_ms),
	};

	return end_claims(store, &ending, err);
}
