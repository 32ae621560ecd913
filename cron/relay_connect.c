#include "relay_connect.h"

#include "base/clock.h"
#include "base/log.h"
#include "relay_batch.h"

/* What another relay is told is confirmed and has not settled yet is lost, too. */
static int gather(struct relay *relay, struct error *err)
{
	long long count = 0;
	enum event_result result = event_outbox_revoke(relay->store, err);
	int status;

	if (result == EVENT_DONE)
		result = event_outbox_gather(relay->store, &count, err);
	status = relay_check_log(result, err);
	if (count > 0)
		log_event(
			LOG_LEVEL_WARN,
			"the broker has lost its queue: events are sent again",
			"events", LOG_INT(count), NULL);
	return status;
}

/* Nothing is published for hours, maybe, that would come back. */
static void look(struct relay *relay)
{
	long long now_ms = clock_monotonic_ms();

	if (now_ms < relay->look_ms)
		return;
	relay->look_ms = now_ms + RELAY_LOOK_MS;
	broker_look(relay->broker);
}

int relay_connect(struct relay *relay, struct error *err)
{
	int status;

	look(relay);
	status = broker_connect(relay->broker, err);
	if (status > 0 && gather(relay, err) == 0)
		status = broker_make_queues(relay->broker, err);
	return status == 0 ? 0 : -1;
}
