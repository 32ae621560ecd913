#include "relay_connect.h"

#include "base/log.h"
#include "relay_batch.h"

static int gather(struct relay *relay, struct error *err)
{
	long long count = 0;
	int status = relay_check_log(
		event_outbox_gather(relay->store, &count, err), err);

	if (count > 0)
		log_event(
			LOG_LEVEL_WARN,
			"the broker has lost its queue: events are sent again",
			"events", LOG_INT(count), NULL);
	return status;
}

int relay_connect(struct relay *relay, struct error *err)
{
	int status = broker_connect(relay->broker, err);

	if (status > 0 && gather(relay, err) == 0)
		status = broker_make_queues(relay->broker, err);
	return status == 0 ? 0 : -1;
}
