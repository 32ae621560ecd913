#include "notify_run.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/backoff.h"
#include "events/event_outbox.h"
#include "notify_stop.h"

/* Between two attempts at one event, at most. */
#define LONGEST_BACKOFF_MS (5 * 60 * 1000)

/* How often the store is tidied. */
#define TIDY_EVERY_MS (60 * 1000)

static void log_delivery(enum log_level level, const char *message,
			 const struct event_delivery *delivery,
			 const char *reason)
{
	log_event(level, message, "event", delivery->event.id, "attempt",
		  LOG_INT(delivery->attempts), "reason", reason, NULL);
}

/* --- The ways an event leaves our hands ------------------------------------- */

/* None of them is a loss where it fails: the event is delivered again. */
static int settled(int status, const struct error *err)
{
	if (status != 0)
		log_event(LOG_LEVEL_WARN, "the queue was not told", "error",
			  err->message, NULL);
	return 0;
}

static int finish(struct notify *notify, struct event_delivery *delivery)
{
	struct error err = {0};

	return settled(event_queue_done(notify->queue, delivery, &err), &err);
}

/* Nobody was notified of it: the API may be that of another log. */
static int refuse(struct notify *notify, struct event_delivery *delivery)
{
	struct error err = {0};

	return settled(event_queue_refuse(notify->queue, delivery, &err), &err);
}

static long long wait_ms(const struct notify *notify,
			 const struct event_delivery *delivery)
{
	return backoff_ms(delivery->attempts, notify->backoff_ms,
			  LONGEST_BACKOFF_MS);
}

static int step_back(struct notify *notify, struct event_delivery *delivery,
		     long long delay_ms)
{
	struct error err = {0};

	return settled(event_queue_retry(notify->queue, delivery, delay_ms,
					 &err),
		       &err);
}

/* To be taken again as if it had not been; `why` ends a --once. */
static int give_back(struct notify *notify, struct event_delivery *delivery,
		     const struct error *why, struct error *err)
{
	struct error ignored = {0};

	settled(event_queue_give_back(notify->queue, delivery, &ignored),
		&ignored);
	if (!notify->is_once || notify_stop_is_asked())
		return 0;
	return error_set(err, EX_UNAVAILABLE, "%s", why->message);
}

/* --- What became of it -------------------------------------------------------- */

/* Says for good what became of the event. Whatever the API does not take is
 * kept in the queue. */
static int report(struct notify *notify, struct notify_hold *hold,
		  enum event_status status, const char *last_error,
		  struct error *err)
{
	struct event_delivery *delivery = hold->delivery;
	const struct notify_report what = {
		.id = delivery->event.id,
		.has_status = true,
		.status = status,
		.attempts = delivery->attempts,
		.last_error = last_error,
	};
	struct error why = {0};

	switch (notify_talk_report(&notify->talk, hold, &what, &why)) {
	case NOTIFY_ANSWER_GOOD:
		return finish(notify, delivery);
	case NOTIFY_ANSWER_UNKNOWN:
		log_delivery(LOG_LEVEL_WARN, "the event is gone", delivery,
			     why.message);
		return finish(notify, delivery);
	case NOTIFY_ANSWER_REFUSED:
		log_delivery(LOG_LEVEL_ERROR,
			     "not recorded, will be notified again", delivery,
			     why.message);
		return step_back(notify, delivery, wait_ms(notify, delivery));
	case NOTIFY_ANSWER_AWAY:
	default:
		log_delivery(LOG_LEVEL_WARN,
			     "not recorded, will be notified again", delivery,
			     why.message);
		return give_back(notify, delivery, &why, err);
	}
}

static int note_failure(struct notify *notify, struct notify_hold *hold,
			const char *reason, struct error *err)
{
	struct event_delivery *delivery = hold->delivery;
	const struct notify_report what = {
		.id = delivery->event.id,
		.attempts = delivery->attempts,
		.last_error = reason,
	};
	long long delay_ms;

	if (delivery->attempts >= notify->max_attempts) {
		log_delivery(LOG_LEVEL_ERROR, "failed for good", delivery,
			     reason);
		return report(notify, hold, EVENT_FAILED, reason, err);
	}
	delay_ms = wait_ms(notify, delivery);
	log_event(LOG_LEVEL_WARN, "failed, will be tried again", "event",
		  delivery->event.id, "attempt", LOG_INT(delivery->attempts),
		  "reason", reason, "wait_ms", LOG_INT(delay_ms), NULL);
	notify_talk_mention(&notify->talk, hold, &what);
	return step_back(notify, delivery, delay_ms);
}

static int try_event(struct notify *notify, struct notify_hold *hold,
		     struct error *err)
{
	struct event_delivery *delivery = hold->delivery;
	struct error why = {0};

	switch (notify_effect(&notify->effect, hold, &why)) {
	case NOTIFY_TOLD:
		log_delivery(LOG_LEVEL_DEBUG, "notified", delivery, NULL);
		return report(notify, hold, EVENT_PROCESSED, NULL, err);
	case NOTIFY_FAILED:
		return note_failure(notify, hold, why.message, err);
	case NOTIFY_UNTRIED:
		return give_back(notify, delivery, &why, err);
	case NOTIFY_DEAF:
	default:
		give_back(notify, delivery, &why, err);
		return error_set(err, EX_IOERR, "%s", why.message);
	}
}

/* --- One event ------------------------------------------------------------------ */

/* Whether it is to be asked first if the event still waits: where it may have
 * been notified before, and where the API may be away, since what cannot be
 * recorded would be notified again. */
static bool needs_look(const struct notify *notify,
		       const struct event_delivery *delivery)
{
	return delivery->may_be_repeated || !notify->talk.is_well;
}

static int handle(struct notify *notify, struct event_delivery *delivery,
		  struct error *err)
{
	struct notify_hold hold =
		notify_hold_begin(notify->queue, delivery, notify->lease_ms);
	enum event_status status = EVENT_NOT_PROCESSED;
	enum notify_answer answer = NOTIFY_ANSWER_GOOD;
	struct error why = {0};

	if (needs_look(notify, delivery))
		answer = notify_talk_look(&notify->talk, &hold, &status, &why);
	if (answer == NOTIFY_ANSWER_UNKNOWN) {
		log_delivery(LOG_LEVEL_WARN,
			     "the event is gone: to the dead letters", delivery,
			     why.message);
		return refuse(notify, delivery);
	}
	if (answer != NOTIFY_ANSWER_GOOD)
		return give_back(notify, delivery, &why, err);
	if (status != EVENT_NOT_PROCESSED)
		return finish(notify, delivery);
	/* Those that took it before did not live to say what came of it, or
	 * were not heard. */
	if (delivery->attempts > notify->max_attempts)
		return note_failure(notify, &hold, "no attempt came to an end",
				    err);
	return try_event(notify, &hold, err);
}

/* --- All of them ------------------------------------------------------------------ */

static void tidy(struct notify *notify)
{
	struct error err = {0};

	if (notify->store != NULL &&
	    event_store_tidy(notify->store, &err) != EVENT_DONE)
		log_event(LOG_LEVEL_WARN, "cannot tidy the event log", "error",
			  err.message, NULL);
}

/* What a broker had when the embedded queue was chosen again would be notified by
 * nobody. */
static void gather(struct notify *notify)
{
	struct error err = {0};
	long long count = 0;

	if (notify->store == NULL || notify->has_gathered)
		return;
	notify->has_gathered =
		event_outbox_gather(notify->store, &count, &err) == EVENT_DONE;
	if (count > 0)
		log_event(LOG_LEVEL_WARN,
			  "events that a broker was given are notified from "
			  "the event log",
			  "events", LOG_INT(count), NULL);
	if (!notify->has_gathered)
		log_event(LOG_LEVEL_WARN,
			  "cannot look for events that a broker was given",
			  "error", err.message, NULL);
}

/* Takes and handles one. Returns 1, 0 where there was none, or -1. */
static int step(struct notify *notify, long long timeout_ms, struct error *err)
{
	struct event_delivery delivery;
	int taken = event_queue_take(notify->queue, timeout_ms, &delivery, err);

	if (taken <= 0)
		return taken;
	if (notify_stop_is_asked())
		return give_back(notify, &delivery, err, err);
	return handle(notify, &delivery, err) == 0 ? 1 : -1;
}

int notify_run(struct notify *notify, struct error *err)
{
	long long tidy_ms = clock_monotonic_ms() + TIDY_EVERY_MS;
	bool is_queue_away = false;
	int status = 1;

	gather(notify);
	while (!notify_stop_is_asked() && (status > 0 || !notify->is_once)) {
		long long left_ms = tidy_ms - clock_monotonic_ms();

		if (left_ms <= 0) {
			confine_check(notify->confined);
			tidy(notify);
			gather(notify);
			tidy_ms = clock_monotonic_ms() + TIDY_EVERY_MS;
			left_ms = TIDY_EVERY_MS;
		}
		*err = (struct error){0};
		status = step(notify, notify->is_once ? 0 : left_ms, err);
		if (status < 0 &&
		    (notify->is_once || err->code != EX_UNAVAILABLE))
			return -1;
		if (status < 0 && !is_queue_away)
			log_event(LOG_LEVEL_WARN,
				  "the queue is away, waiting for it", "error",
				  err->message, NULL);
		is_queue_away = status < 0;
	}
	if (notify->is_once)
		tidy(notify);
	return 0;
}
