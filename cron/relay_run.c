#include "relay_run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/backoff.h"
#include "events/broker.h"
#include "relay_batch.h"
#include "relay_connect.h"

/* With a broker it is the relay that tidies the event log: notify does not open
 * it. */
#define TIDY_EVERY_MS (60 * 1000)

/* Between two tries to write the note for /health. */
#define NOTE_AGAIN_MS 500

static void note_stop(struct relay *relay)
{
	relay->is_stopping = true;
	relay->stop_ms = clock_monotonic_ms();
}

/* Waits once. Returns 1 where there is reason to look, 0 where time went by,
 * -1. */
static int wait_once(struct relay *relay, long long timeout_ms, bool is_idle,
		     struct error *err)
{
	struct pollfd wanted[] = {
		{.fd = relay->is_stopping ? -1 : relay->stop_fd,
		 .events = POLLIN},
		{.fd = broker_fd(relay->broker), .events = POLLIN},
		{.fd = is_idle ? event_watch_fd(relay->watch) : -1,
		 .events = POLLIN},
	};
	int ready;

	ready = poll(wanted, 3, (int)timeout_ms);
	if (ready < 0 && errno != EINTR)
		return error_set(err, EX_OSERR, "cannot wait: %s",
				 strerror(errno));
	if (ready > 0 && wanted[0].revents != 0)
		note_stop(relay);
	if (ready > 0 && wanted[2].revents != 0 &&
	    event_watch_wait(relay->watch, 0, err) != 0)
		return -1;
	return ready > 0 ? 1 : 0;
}

int relay_wait(struct relay *relay, long long timeout_ms, bool is_idle,
	       struct error *err)
{
	long long until_ms = clock_monotonic_ms() + timeout_ms;
	long long left_ms = timeout_ms;
	bool was_connected = broker_is_connected(relay->broker);
	int status = 0;

	while (status == 0 && left_ms > 0) {
		status = wait_once(relay, left_ms, is_idle, err);
		if (status >= 0 && was_connected &&
		    broker_serve(relay->broker, err) != 0)
			status = -1;
		left_ms = until_ms - clock_monotonic_ms();
	}
	return status < 0 ? -1 : 0;
}

/* Waits, whether or not the connection is lost meanwhile. */
static void pause_for(struct relay *relay, long long wait_ms)
{
	long long until_ms = clock_monotonic_ms() + wait_ms;
	struct error lost;

	while (!relay->is_stopping && wait_ms > 0) {
		relay_wait(relay, wait_ms, false, &lost);
		wait_ms = until_ms - clock_monotonic_ms();
	}
}

static void tidy(struct relay *relay)
{
	struct error err = {0};

	if (clock_monotonic_ms() < relay->tidy_ms)
		return;
	relay->tidy_ms = clock_monotonic_ms() + TIDY_EVERY_MS;
	confine_check(relay->confined);
	if (event_store_tidy(relay->store, &err) != EVENT_DONE)
		log_event(LOG_LEVEL_WARN, "cannot tidy the event log", "error",
			  err.message, NULL);
}

/* Relays what is due. Returns 1; 0 where nothing is, with how long; -1. */
static int step(struct relay *relay, long long *next_ms, struct error *err)
{
	struct relay_result result;
	int status;

	if (relay_connect(relay, err) != 0)
		return -1;
	if (broker_blocked(relay->broker) != NULL)
		return error_set(err, EX_UNAVAILABLE,
				 "the broker takes nothing now: %s",
				 broker_blocked(relay->broker));
	status = relay_batch(relay, &result, err);
	if (result.relayed > 0) {
		relay->failures = 0;
		log_event(LOG_LEVEL_DEBUG, "relayed", "events",
			  LOG_INT(result.relayed), NULL);
	}
	if (status != 0)
		return -1;
	relay->failures = 0;
	relay_note_well(&relay->note);
	*next_ms = result.next_ms;
	return result.claimed > 0 ? 1 : 0;
}

/* Whether a later try may do better. */
static bool is_passing(const struct error *err)
{
	return err->code == EX_UNAVAILABLE || err->code == EX_TEMPFAIL;
}

static int fail(struct relay *relay, struct error *err)
{
	relay_note_failure(&relay->note, err);
	if (relay->is_once || !is_passing(err)) {
		if (err->code == EX_TEMPFAIL)
			err->code = EX_IOERR;
		return -1;
	}
	relay->failures++;
	pause_for(relay, backoff_ms(relay->failures, BROKER_AGAIN_FIRST_MS,
				    BROKER_AGAIN_LONGEST_MS));
	return 0;
}

/* Until the outbox may have something again. */
static int idle(struct relay *relay, long long next_ms, struct error *err)
{
	long long longest_ms =
		relay->note.is_written ? RELAY_LOOK_MS : NOTE_AGAIN_MS;

	if (next_ms < 0 || next_ms > longest_ms)
		next_ms = longest_ms;
	return relay_wait(relay, next_ms, true, err);
}

int relay_run(struct relay *relay, struct error *err)
{
	long long next_ms = 0;
	int status = 1;

	/* It may have been asked before the first look. */
	wait_once(relay, 0, false, err);
	while (!relay->is_stopping && (status != 0 || !relay->is_once)) {
		tidy(relay);
		*err = (struct error){0};
		status = step(relay, &next_ms, err);
		if (status == 0 && !relay->is_once)
			status = idle(relay, next_ms, err);
		if (status < 0 && fail(relay, err) != 0)
			return -1;
	}
	return 0;
}
