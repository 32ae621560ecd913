/* event_outbox: leases, in the order of the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "event_fixture.h"

#include "events/event_outbox.h"

#define LEASE_MS 60000
#define MANY 100

struct taken {
	struct event_claim claims[MANY];
	size_t count;
	long long next_ms;
};

static void forget(struct taken *taken)
{
	while (taken->count > 0)
		event_free(&taken->claims[--taken->count].event);
}

static void claim(struct event_store *store, size_t max, struct taken *taken)
{
	struct error err = {0};

	*taken = (struct taken){.next_ms = -77};
	assert_result(event_outbox_claim(store, LEASE_MS, max, taken->claims,
					 &taken->count, &taken->next_ms, &err),
		      EVENT_DONE, &err);
}

/* Claims one and settles it. */
static void take_out(struct event_store *store)
{
	struct error err = {0};
	struct taken taken;

	claim(store, 1, &taken);
	assert_result(event_outbox_settle(store, &taken.claims[0], &err),
		      EVENT_DONE, &err);
	forget(&taken);
}

/* The numbers that are given, in this order; -1 ends them. */
static void assert_claims(struct event_store *store, size_t max,
			  const int *numbers)
{
	struct taken taken;
	size_t i;

	claim(store, max, &taken);
	for (i = 0; numbers[i] >= 0; i++) {
		if (i >= taken.count)
			fail_msg("number %d is not given", numbers[i]);
		assert_int_equal(taken.claims[i].event.number, numbers[i]);
	}
	assert_int_equal(taken.count, i);
	forget(&taken);
}

/* Says how long until one is due, where none is. */
static long long wait_of(struct event_store *store)
{
	struct taken taken;

	claim(store, MANY, &taken);
	assert_int_equal(taken.count, 0);
	return taken.next_ms;
}

static struct event_store *open_with(int events)
{
	struct event_store *store = open_store();

	while (events-- > 0)
		post_number(store);
	return store;
}

static void the_oldest_are_given_first_and_once(void **state)
{
	struct event_store *store = open_with(5);

	(void)state;
	assert_claims(store, 2, (const int[]){1, 2, -1});
	assert_claims(store, 1, (const int[]){3, -1});
	assert_claims(store, MANY, (const int[]){4, 5, -1});
	assert_int_equal(wait_of(store), LEASE_MS);
	test_now_ms += 1000;
	assert_int_equal(wait_of(store), LEASE_MS - 1000);
	event_store_close(store);
}

static void a_claim_shows_the_event_and_its_attempt(void **state)
{
	struct event_store *store = open_store();
	struct event event = post(store, "caf\xc3\xa9");
	struct taken taken;
	unsigned i;

	(void)state;
	for (i = 1; i < 5; i++) {
		claim(store, MANY, &taken);
		assert_int_equal(taken.count, 1);
		assert_int_equal(taken.claims[0].attempts, i);
		assert_string_equal(taken.claims[0].event.id, event.id);
		assert_string_equal(taken.claims[0].event.description,
				    "caf\xc3\xa9");
		forget(&taken);
		test_now_ms += LEASE_MS;
	}
	event_free(&event);
	event_store_close(store);
}

static unsigned attempts_of(struct event_store *store, bool is_to_relay)
{
	struct taken taken = {0};
	struct error err = {0};
	unsigned attempts;

	assert_result((is_to_relay ? event_outbox_claim_to_relay
				   : event_outbox_claim)(
			      store, LEASE_MS, 1, taken.claims, &taken.count,
			      &taken.next_ms, &err),
		      EVENT_DONE, &err);
	assert_int_equal(taken.count, 1);
	attempts = taken.claims[0].attempts;
	forget(&taken);
	test_now_ms += LEASE_MS;
	return attempts;
}

static void regress_claims_to_relay_were_taken_for_attempts(void **state)
{
	struct event_store *store = open_with(1);

	(void)state;
	assert_int_equal(attempts_of(store, true), 1);
	assert_int_equal(attempts_of(store, true), 2);
	assert_int_equal(attempts_of(store, true), 2);
	assert_int_equal(attempts_of(store, false), 1);
	assert_int_equal(attempts_of(store, false), 2);
	assert_int_equal(attempts_of(store, true), 1);
	event_store_close(store);
}

static void a_claim_to_relay_that_is_returned_is_none(void **state)
{
	struct event_store *store = open_with(1);
	struct taken taken = {0};
	struct error err = {0};
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_result(event_outbox_claim_to_relay(
				      store, LEASE_MS, 1, taken.claims,
				      &taken.count, &taken.next_ms, &err),
			      EVENT_DONE, &err);
		assert_int_equal(taken.count, 1);
		assert_int_equal(taken.claims[0].attempts, 1);
		assert_result(event_outbox_return(store, &taken.claims[0],
						  &err),
			      EVENT_DONE, &err);
		forget(&taken);
	}
	assert_int_equal(attempts_of(store, false), 1);
	event_store_close(store);
}

static long long gather(struct event_store *store)
{
	struct error err = {0};
	long long count = -1;

	assert_result(event_outbox_gather(store, &count, &err), EVENT_DONE,
		      &err);
	return count;
}

/* More than are put back at a time. */
static void what_waits_outside_the_outbox_is_gathered_once(void **state)
{
	struct event_store *store = open_with(2100);
	struct taken taken;
	struct error err = {0};
	int left = 2000;

	(void)state;
	assert_int_equal(gather(store), 0);
	for (; left > 0; left -= MANY) {
		claim(store, MANY, &taken);
		assert_result(event_outbox_settle_all(store, taken.claims, MANY,
						      &err),
			      EVENT_DONE, &err);
		forget(&taken);
	}
	assert_claims(store, 1, (const int[]){2001, -1}); /* in hand */
	assert_int_equal(gather(store), 2000);
	assert_int_equal(gather(store), 0);
	assert_claims(store, 3, (const int[]){1, 2, 3, -1});
	event_store_close(store);
}

static void who_relays_cannot_settle_what_was_revoked(void **state)
{
	struct event_store *store = open_with(2);
	struct taken notified, relayed;
	struct error err = {0};

	(void)state;
	claim(store, 1, &notified);
	assert_result(event_outbox_claim_to_relay(
			      store, LEASE_MS, MANY, relayed.claims,
			      &relayed.count, &relayed.next_ms, &err),
		      EVENT_DONE, &err);
	assert_int_equal(relayed.count, 1);
	assert_result(event_outbox_revoke(store, &err), EVENT_DONE, &err);
	assert_int_equal(event_outbox_settle(store, &relayed.claims[0], &err),
			 EVENT_MISSING);
	assert_claims(store, MANY, (const int[]){2, -1});
	assert_result(event_outbox_settle(store, &notified.claims[0], &err),
		      EVENT_DONE, &err);
	forget(&notified);
	forget(&relayed);
	event_store_close(store);
}

/* A notifier may have it in hand, and no other has begun. */
static void what_is_gathered_may_have_been_relayed_and_is_no_attempt(
	void **state)
{
	struct event_store *store = open_with(1);

	(void)state;
	take_out(store);
	assert_int_equal(gather(store), 1);
	assert_int_equal(attempts_of(store, true), 2);
	assert_int_equal(attempts_of(store, false), 1);
	event_store_close(store);
}

static void an_outbox_without_events_has_nothing_to_wait_for(void **state)
{
	struct event_store *store = open_with(1);

	(void)state;
	take_out(store);
	assert_int_equal(wait_of(store), -1);
	event_store_close(store);
}

static void what_nobody_settled_comes_back_when_its_lease_is_over(void **state)
{
	struct event_store *store = open_with(3);

	(void)state;
	assert_claims(store, 1, (const int[]){1, -1});
	test_now_ms += LEASE_MS - 1;
	assert_claims(store, 1, (const int[]){2, -1});
	event_store_close(store);
	store = open_store(); /* who held it has died */
	test_now_ms += 1;
	assert_claims(store, MANY, (const int[]){1, 3, -1});
	test_now_ms += LEASE_MS - 1;
	assert_claims(store, MANY, (const int[]){2, -1});
	event_store_close(store);
}

enum way { SETTLE, RELEASE, RETURN, EXTEND };

static enum event_result end(struct event_store *store,
			     const struct event_claim *held, enum way way,
			     long long wait_ms, struct error *err)
{
	switch (way) {
	case SETTLE:
		return event_outbox_settle(store, held, err);
	case RELEASE:
		return event_outbox_release(store, held, wait_ms, err);
	case RETURN:
		return event_outbox_return(store, held, err);
	case EXTEND:
	default:
		return event_outbox_extend(store, held, wait_ms, err);
	}
}

static void a_claim_ends_as_its_holder_says(void **state)
{
	static const struct {
		enum way way;
		long long wait_ms;
		long long next_ms; /* until it is given again; -1: never */
		unsigned attempts; /* then */
	} cases[] = {
		{SETTLE, 0, -1, 0},
		{RELEASE, 0, 0, 2},
		{RELEASE, -5, 0, 2},
		{RELEASE, 1, 1, 2},
		{RELEASE, 5000, 5000, 2},
		{RELEASE, EVENT_OUTBOX_MAX_WAIT_MS, EVENT_OUTBOX_MAX_WAIT_MS,
		 2},
		{RELEASE, INT64_MAX, EVENT_OUTBOX_MAX_WAIT_MS, 2},
		{RETURN, 0, 0, 1},
		{EXTEND, LEASE_MS * 2, LEASE_MS * 2, 2},
		{EXTEND, 1, 1, 2},
		{EXTEND, INT64_MAX, EVENT_OUTBOX_MAX_WAIT_MS, 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct event_store *store = open_with(1);
		struct taken taken, again;
		struct error err = {0};

		claim(store, 1, &taken);
		assert_result(end(store, &taken.claims[0], cases[i].way,
				  cases[i].wait_ms, &err),
			      EVENT_DONE, &err);
		if (cases[i].next_ms != 0 && wait_of(store) != cases[i].next_ms)
			fail_msg("case %zu waits for %lld ms", i,
				 wait_of(store));
		test_now_ms += cases[i].next_ms;
		claim(store, 1, &again);
		assert_int_equal(again.count, cases[i].next_ms >= 0);
		if (again.count > 0)
			assert_int_equal(again.claims[0].attempts,
					 cases[i].attempts);
		forget(&taken);
		forget(&again);
		event_store_close(store);
		remove_log();
	}
}

static void lose_to_another(struct event_store *store, const struct taken *held)
{
	(void)held;
	test_now_ms += LEASE_MS;
	assert_claims(store, 1, (const int[]){1, -1});
}

static void lose_to_a_settling(struct event_store *store,
			       const struct taken *held)
{
	struct error err = {0};

	assert_result(event_outbox_settle(store, &held->claims[0], &err),
		      EVENT_DONE, &err);
}

static void lose_to_a_release(struct event_store *store,
			      const struct taken *held)
{
	struct error err = {0};

	assert_result(event_outbox_release(store, &held->claims[0], 0, &err),
		      EVENT_DONE, &err);
}

static void lose_to_a_status(struct event_store *store,
			     const struct taken *held)
{
	put_status(store, held->claims[0].event.id, EVENT_PROCESSED);
}

/* It is in the outbox once more, but for whoever takes it next. */
static void lose_to_a_retry(struct event_store *store, const struct taken *held)
{
	lose_to_a_status(store, held);
	put_status(store, held->claims[0].event.id, EVENT_NOT_PROCESSED);
}

static void who_has_lost_a_claim_changes_nothing_with_it(void **state)
{
	static void (*const losses[])(struct event_store *,
				      const struct taken *) = {
		lose_to_another,  lose_to_a_settling, lose_to_a_release,
		lose_to_a_status, lose_to_a_retry,
	};
	static const char state_of[] =
		"SELECT coalesce(sum(number + due_ms + token + attempts), 7)"
		" FROM outbox";
	size_t i;
	int way;

	(void)state;
	for (i = 0; i < COUNT(losses); i++)
		for (way = SETTLE; way <= EXTEND; way++) {
			struct event_store *store = open_with(1);
			struct taken taken;
			struct error err = {0};
			long long before;

			claim(store, 1, &taken);
			losses[i](store, &taken);
			before = ask(state_of);
			if (end(store, &taken.claims[0], (enum way)way, 5000,
				&err) != EVENT_MISSING)
				fail_msg("loss %zu, way %d", i, way);
			assert_true(ask(state_of) == before);
			forget(&taken);
			event_store_close(store);
			remove_log();
		}
}

static void many_are_settled_at_once_but_for_what_is_lost(void **state)
{
	struct event_store *store = open_with(10);
	struct taken taken;
	struct error err = {0};
	long long before;

	(void)state;
	claim(store, 8, &taken);
	assert_int_equal(taken.count, 8);
	before = event_store_commits(store);
	assert_result(event_outbox_settle_all(store, taken.claims, 4, &err),
		      EVENT_DONE, &err);
	assert_int_equal(event_store_commits(store), before + 1);
	assert_int_equal(ask("SELECT count(*) FROM outbox"), 6);
	put_status(store, taken.claims[5].event.id, EVENT_FAILED);
	assert_result(event_outbox_settle_all(store, taken.claims + 4, 4, &err),
		      EVENT_MISSING, &err);
	assert_int_equal(ask("SELECT count(*) FROM outbox"), 2);
	forget(&taken);
	assert_claims(store, MANY, (const int[]){9, 10, -1});
	event_store_close(store);
}

static void one_that_steps_back_holds_up_no_other(void **state)
{
	struct event_store *store = open_with(3);
	struct taken taken;
	struct error err = {0};

	(void)state;
	claim(store, 1, &taken);
	assert_result(event_outbox_release(store, &taken.claims[0], 5000, &err),
		      EVENT_DONE, &err);
	forget(&taken);
	assert_claims(store, 1, (const int[]){2, -1});
	test_now_ms += 5000;
	assert_claims(store, MANY, (const int[]){1, 3, -1});
	event_store_close(store);
}

static void a_clock_set_back_holds_up_nothing_for_long(void **state)
{
	struct event_store *store = open_with(3);
	struct taken taken;

	(void)state;
	claim(store, 2, &taken);
	forget(&taken);
	/* Less than a wait may be: it is only longer. */
	test_now_ms -= EVENT_OUTBOX_MAX_WAIT_MS - LEASE_MS;
	assert_claims(store, MANY, (const int[]){3, -1});
	assert_int_equal(wait_of(store), LEASE_MS);
	/* No wait can be so long. */
	test_now_ms -= LEASE_MS + 1;
	assert_claims(store, MANY, (const int[]){1, 2, -1});
	test_now_ms -= 365LL * 86400 * 1000;
	assert_claims(store, MANY, (const int[]){1, 2, 3, -1});
	event_store_close(store);
}

/* --- Several at once ------------------------------------------------------- */

#define EVENTS 400

struct claimer {
	pthread_t thread;
	struct event_store *store;
	atomic_int *given; /* how often, by number */
	int failures;
};

/* Takes until nothing is left; asserts nothing. */
static void *claim_all(void *context)
{
	struct claimer *claimer = context;
	struct event_claim claims[3];
	long long next_ms = 0;
	size_t count, i;

	while (next_ms == 0) {
		count = 0;
		if (event_outbox_claim(claimer->store, LEASE_MS, 3, claims,
				       &count, &next_ms, NULL) != EVENT_DONE) {
			claimer->failures++;
			return NULL;
		}
		for (i = 0; i < count; i++) {
			claimer->given[claims[i].event.number]++;
			if (event_outbox_settle(claimer->store, &claims[i],
						NULL) != EVENT_DONE)
				claimer->failures++;
			event_free(&claims[i].event);
		}
	}
	return NULL;
}

static void of_several_that_claim_each_gets_others(void **state)
{
	struct event_store *stores[2] = {open_with(EVENTS), open_store()};
	static atomic_int given[EVENTS + 1];
	struct claimer claimers[8];
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		claimers[i] = (struct claimer){
			.store = stores[i % 2],
			.given = given,
		};
		assert_int_equal(pthread_create(&claimers[i].thread, NULL,
						claim_all, &claimers[i]),
				 0);
	}
	for (i = 0; i < 8; i++)
		pthread_join(claimers[i].thread, NULL);
	for (i = 0; i < 8; i++)
		assert_int_equal(claimers[i].failures, 0);
	for (i = 1; i <= EVENTS; i++)
		assert_int_equal(given[i], 1);
	event_store_close(stores[0]);
	event_store_close(stores[1]);
}

/* --- Cost ------------------------------------------------------------------ */

static enum event_result read_steps(struct database *database, void *context,
				    struct error *err)
{
	long long *steps = context;

	(void)err;
	*steps = sqlite_steps(database);
	return EVENT_DONE;
}

/* Steps of SQLite's machine that a claim of one costs where it writes. */
static long long cost_of_a_claim(struct event_store *store)
{
	long long before = 0, after = 0;
	struct error err = {0};
	struct taken taken;

	assert_result(event_commits_run(store->commits, read_steps, &before,
					&err),
		      EVENT_DONE, &err);
	claim(store, 1, &taken);
	assert_int_equal(taken.count, 1);
	forget(&taken);
	assert_result(event_commits_run(store->commits, read_steps, &after,
					&err),
		      EVENT_DONE, &err);
	return after - before;
}

static const char hundred_thousand[] =
	"WITH RECURSIVE c(x) AS (SELECT 1000 UNION ALL"
	" SELECT x + 1 FROM c WHERE x < 101000)"
	" INSERT INTO event (number, id, user_id, description,"
	" status, created_ms, updated_ms)"
	" SELECT x, x, 'u', 'd', 0, 1, 1 FROM c";

static void a_claim_costs_the_same_however_many_wait_or_are_due(void **state)
{
	static const char *const crowds[] = {
		"UPDATE outbox SET due_ms = 0",
		"UPDATE outbox SET due_ms = 0 WHERE number > 100990",
		"UPDATE outbox SET due_ms = 0 WHERE number < 1010",
	};
	struct event_store *store = open_with(3);
	long long small, cost;
	size_t i;

	(void)state;
	cost_of_a_claim(store);
	small = cost_of_a_claim(store);
	tell(hundred_thousand);
	tell("INSERT INTO outbox (number) SELECT number FROM event"
	     " WHERE number > 999");
	for (i = 0; i < COUNT(crowds); i++) {
		tell("UPDATE outbox SET due_ms = 1700000000000 + number");
		tell(crowds[i]);
		cost = cost_of_a_claim(store);
		if (cost > small + 20)
			fail_msg("crowd %zu: %lld instead of %lld", i, cost,
				 small);
	}
	event_store_close(store);
}

/* Each claim makes a share of them ready. */
static void what_becomes_due_at_once_is_given_bit_by_bit(void **state)
{
	struct event_store *store = open_with(0);
	struct taken taken;
	int i;

	(void)state;
	tell(hundred_thousand);
	tell("INSERT INTO outbox (number, due_ms) SELECT number, 1700000000001"
	     " FROM event");
	assert_int_equal(wait_of(store), 1);
	test_now_ms++;
	for (i = 0; i < 30; i++) {
		claim(store, MANY, &taken);
		assert_int_equal(taken.count, MANY);
		assert_int_equal(taken.claims[0].event.number, 1000 + i * MANY);
		forget(&taken);
	}
	assert_in_range(ask("SELECT count(*) FROM outbox WHERE due_ms = 0"), 1,
			30000);
	event_store_close(store);
}

int main(void)
{
	const struct CMUnitTest both[] = {
#define IN_STATE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, enter_state, leave_directory)
		IN_STATE(the_oldest_are_given_first_and_once),
		IN_STATE(a_claim_shows_the_event_and_its_attempt),
		IN_STATE(regress_claims_to_relay_were_taken_for_attempts),
		IN_STATE(a_claim_to_relay_that_is_returned_is_none),
		IN_STATE(what_waits_outside_the_outbox_is_gathered_once),
		IN_STATE(who_relays_cannot_settle_what_was_revoked),
		IN_STATE(
			what_is_gathered_may_have_been_relayed_and_is_no_attempt),
		IN_STATE(an_outbox_without_events_has_nothing_to_wait_for),
		IN_STATE(what_nobody_settled_comes_back_when_its_lease_is_over),
		IN_STATE(a_claim_ends_as_its_holder_says),
		IN_STATE(who_has_lost_a_claim_changes_nothing_with_it),
		IN_STATE(many_are_settled_at_once_but_for_what_is_lost),
		IN_STATE(one_that_steps_back_holds_up_no_other),
		IN_STATE(a_clock_set_back_holds_up_nothing_for_long),
		IN_STATE(of_several_that_claim_each_gets_others),
	};
	const struct CMUnitTest files[] = {
		IN_STATE(what_becomes_due_at_once_is_given_bit_by_bit),
		IN_STATE(a_claim_costs_the_same_however_many_wait_or_are_due),
	};

	return run_event_suite(both, files);
}
