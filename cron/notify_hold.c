#include "notify_hold.h"

#include <limits.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "notify_stop.h"

/* A broker is to be heard at least this often (broker.h), whatever the lease. */
#define LONGEST_MS 5000

static long long least(long long a, long long b)
{
	return a < b ? a : b;
}

struct notify_hold notify_hold_begin(struct event_queue *queue,
				     struct event_delivery *delivery,
				     long long lease_ms)
{
	return (struct notify_hold){
		.queue = queue,
		.delivery = delivery,
		.every_ms = least(lease_ms / 3, LONGEST_MS),
		.kept_ms = clock_monotonic_ms(),
	};
}

long long notify_hold_left_ms(const struct notify_hold *hold)
{
	long long left = hold->kept_ms + hold->every_ms - clock_monotonic_ms();

	return left > 0 ? left : 0;
}

void notify_hold_keep(struct notify_hold *hold)
{
	struct error err = {0};

	if (notify_hold_left_ms(hold) > 0)
		return;
	hold->kept_ms = clock_monotonic_ms();
	if (event_queue_keep(hold->queue, hold->delivery, &err) != 0)
		log_event(LOG_LEVEL_WARN, "cannot keep the event in hand",
			  "event", hold->delivery->event.id, "error",
			  err.message, NULL);
}

bool notify_hold_wait(struct notify_hold *hold, long long wait_ms,
		      long long grace_ms)
{
	long long end_ms = clock_monotonic_ms() + wait_ms;
	long long left_ms = wait_ms;
	long long stop_ms;

	while ((stop_ms = notify_stop_left_ms(grace_ms)) > 0 && left_ms > 0) {
		left_ms = least(left_ms, notify_hold_left_ms(hold));
		poll(NULL, 0, (int)least(least(left_ms, stop_ms), INT_MAX));
		notify_hold_keep(hold);
		left_ms = end_ms - clock_monotonic_ms();
	}
	return stop_ms > 0;
}
