#include "relay_batch.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* Between two tries to tell the event log what is confirmed. */
#define SETTLE_AGAIN_MS 500

struct batch {
	struct relay *relay;
	size_t count;      /* claimed */
	size_t published;  /* of them: those that the broker may have */
	long long kept_ms; /* when the leases began, by the monotonic clock */
	struct event_claim claims[BROKER_BATCH_MAX];
};

int relay_check_log(enum event_result result, struct error *err)
{
	switch (result) {
	case EVENT_DONE:
	case EVENT_MISSING: /* another's by now, or settled otherwise */
	case EVENT_REPEATED:
	case EVENT_MISMATCH:
	case EVENT_KEY_TAKEN:
		return 0;
	case EVENT_DISK_FULL:
	case EVENT_BUSY:
	case EVENT_AWAY:
	case EVENT_UNKNOWN: /* then done again, which does no harm */
		err->code = EX_TEMPFAIL;
		break;
	case EVENT_READ_ONLY:
		err->code = EX_CANTCREAT;
		break;
	case EVENT_BROKEN:
	default:
		if (err->code == 0)
			err->code = EX_IOERR;
		break;
	}
	return error_context(err, "the event log");
}

static int claim(struct batch *batch, long long *next_ms, struct error *err)
{
	batch->kept_ms = clock_monotonic_ms();
	return relay_check_log(
		event_outbox_claim_to_relay(batch->relay->store, RELAY_LEASE_MS,
					    BROKER_BATCH_MAX, batch->claims,
					    &batch->count, next_ms, err),
		err);
}

/* A broker that is short of memory or disk answers when it is not any more, and
 * until then keeps what it was sent: sent again, it would be there twice. */
static void keep_leases(struct batch *batch)
{
	struct error err = {0};
	size_t i;

	if (clock_monotonic_ms() - batch->kept_ms < RELAY_LEASE_MS / 3)
		return;
	batch->kept_ms = clock_monotonic_ms();
	for (i = 0; i < batch->count; i++)
		if (relay_check_log(event_outbox_extend(batch->relay->store,
							&batch->claims[i],
							RELAY_LEASE_MS, &err),
				    &err) != 0) {
			log_event(LOG_LEVEL_WARN, "leases are not extended",
				  "reason", err.message, NULL);
			return;
		}
}

static int publish_one(struct batch *batch, const struct event_claim *claim,
		       struct buffer *body, struct error *err)
{
	struct json_writer json = JSON_WRITER(body);
	struct broker_message message = {
		.id = claim->event.id,
		.created_ms = claim->event.created_ms,
		/* What was claimed before may have been published before. */
		.is_repeat = claim->attempts > 1,
		.expires_ms = -1,
	};

	buffer_clear(body);
	event_write(&claim->event, &json);
	if (buffer_check(body, err) != 0)
		return -1;
	message.body = body->data;
	message.body_bytes = body->length;
	batch->published++;
	return broker_publish(batch->relay->broker, BROKER_EVENTS, &message,
			      err);
}

static int publish(struct batch *batch, struct error *err)
{
	struct buffer body = BUFFER_EMPTY;
	int status = 0;
	size_t i;

	broker_begin(batch->relay->broker);
	for (i = 0; i < batch->count && status == 0; i++) {
		keep_leases(batch);
		status = publish_one(batch, &batch->claims[i], &body, err);
	}
	buffer_free(&body);
	return status;
}

static void note_blocked(struct relay *relay)
{
	struct error why = {0};

	error_set(&why, EX_UNAVAILABLE, "the broker takes nothing now: %s",
		  broker_blocked(relay->broker));
	relay_note_failure(&relay->note, &why);
}

/* Until when the broker may take its time. */
static long long patience_ms(const struct relay *relay, long long since_ms)
{
	long long until_ms = since_ms + BROKER_CONFIRM_MS;
	long long stop_ms = relay->stop_ms + RELAY_STOP_MS;

	return relay->is_stopping && stop_ms < until_ms ? stop_ms : until_ms;
}

static int await_confirms(struct batch *batch, struct error *err)
{
	struct relay *relay = batch->relay;
	long long since_ms = clock_monotonic_ms(), left_ms;

	while (broker_pending(relay->broker) > 0) {
		keep_leases(batch);
		if (broker_blocked(relay->broker) != NULL) {
			note_blocked(relay);
			if (!relay->is_stopping && !relay->is_once)
				since_ms = clock_monotonic_ms();
		}
		left_ms = patience_ms(relay, since_ms) - clock_monotonic_ms();
		if (left_ms <= 0) {
			/* What it has not answered it may still take. */
			broker_disconnect(relay->broker);
			return error_set(err, EX_UNAVAILABLE,
					 "the broker does not confirm what was "
					 "published");
		}
		if (left_ms > BROKER_SERVE_MS)
			left_ms = BROKER_SERVE_MS;
		if (relay_wait(relay, left_ms, false, err) != 0)
			return -1;
	}
	return 0;
}

/* They are in the broker: not settled they would be published again. So as long
 * as the event log cannot be written and the leases last, it is tried again. */
static int settle(struct batch *batch, const struct event_claim *claims,
		  size_t count, struct error *err)
{
	struct relay *relay = batch->relay;
	struct error lost;
	int status;

	for (;;) {
		*err = (struct error){0};
		status = relay_check_log(event_outbox_settle_all(relay->store,
								 claims, count,
								 err),
					 err);
		if (status == 0 || err->code != EX_TEMPFAIL ||
		    relay->is_stopping ||
		    clock_monotonic_ms() - batch->kept_ms > RELAY_LEASE_MS)
			return status;
		relay_note_failure(&relay->note, err);
		relay_wait(relay, SETTLE_AGAIN_MS, false, &lost);
	}
}

/* Back into the outbox. */
static int give_back(struct batch *batch, size_t place, struct error *err)
{
	const struct event_claim *claim = &batch->claims[place];
	struct event_store *store = batch->relay->store;

	if (place < batch->published)
		return relay_check_log(
			event_outbox_release(store, claim, 0, err), err);
	return relay_check_log(event_outbox_return(store, claim, err), err);
}

/* What the broker did not take, whatever it said. */
static int complain(enum broker_verdict verdict, struct error *err)
{
	if (verdict == BROKER_REFUSED)
		return error_set(err, EX_UNAVAILABLE,
				 "the queue %s takes no messages: is it full?",
				 BROKER_EVENTS);
	return error_set(err, EX_UNAVAILABLE, "the queue %s was deleted",
			 BROKER_EVENTS);
}

/* Settles what is confirmed and gives the rest back. Returns 0, or -1 where the
 * event log did not take it; `verdict` is of the last that was not confirmed. */
static int close_batch(struct batch *batch, struct relay_result *result,
		       enum broker_verdict *verdict, struct error *err)
{
	struct event_claim confirmed[BROKER_BATCH_MAX];
	enum broker_verdict one;
	int status = 0;
	size_t i, count = 0;

	for (i = 0; i < batch->count; i++) {
		one = i < batch->published
			      ? broker_verdict(batch->relay->broker, i)
			      : BROKER_PENDING;
		if (one == BROKER_CONFIRMED) {
			confirmed[count++] = batch->claims[i];
			continue;
		}
		if (one != BROKER_PENDING)
			*verdict = one;
		if (status == 0)
			status = give_back(batch, i, err);
	}
	if (count > 0 && settle(batch, confirmed, count, err) != 0)
		return -1;
	result->relayed = count;
	batch->relay->note.relayed += count;
	return status;
}

int relay_batch(struct relay *relay, struct relay_result *result,
		struct error *err)
{
	struct batch batch = {.relay = relay};
	enum broker_verdict verdict = BROKER_CONFIRMED;
	struct error log_err = {0};
	int status;
	size_t i;

	*result = (struct relay_result){.next_ms = -1};
	if (claim(&batch, &result->next_ms, err) != 0)
		return -1;
	result->claimed = batch.count;
	if (batch.count == 0)
		return 0;
	status = publish(&batch, err);
	if (status == 0)
		status = await_confirms(&batch, err);
	if (close_batch(&batch, result, &verdict, &log_err) != 0) {
		*err = log_err;
		status = -1;
	}
	for (i = 0; i < batch.count; i++)
		event_free(&batch.claims[i].event);
	if (status == 0 && verdict != BROKER_CONFIRMED)
		status = complain(verdict, err);
	/* What the queue has held is to be sent again (relay_connect.h). */
	if (verdict == BROKER_RETURNED)
		broker_disconnect(relay->broker);
	return status;
}
