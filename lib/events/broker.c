#include "events/broker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"

struct broker {
	struct broker_url url;
	struct broker_link *link; /* NULL while disconnected */
	unsigned connections;
	bool is_consuming;
	bool has_delivery;
	bool is_empty; /* the queue, as broker_get was told */
	struct broker_confirms confirms;
	bool is_blocked;
	char why_blocked[BROKER_SHORT_MAX_BYTES + 1];
};

static const struct broker_queue dead_queue = {.name = BROKER_DEAD};
static const struct broker_queue events_queue = {.name = BROKER_EVENTS,
						 .dead_letter_to = BROKER_DEAD};

#define RETRY_QUEUE(seconds)                                                   \
	{                                                                      \
		.name = BROKER_RETRY #seconds, .dead_letter_to = BROKER_EVENTS \
	}

/* The n-th is for 2^n seconds and more. */
static const struct broker_queue retry_queues[] = {
	RETRY_QUEUE(1),   RETRY_QUEUE(2),    RETRY_QUEUE(4),
	RETRY_QUEUE(8),   RETRY_QUEUE(16),   RETRY_QUEUE(32),
	RETRY_QUEUE(64),  RETRY_QUEUE(128),  RETRY_QUEUE(256),
	RETRY_QUEUE(512), RETRY_QUEUE(1024), RETRY_QUEUE(2048),
};
#define RETRY_QUEUES COUNT(retry_queues)

struct broker *broker_open(const char *url, struct error *err)
{
	struct broker *broker = calloc(1, sizeof(*broker));

	if (broker == NULL) {
		error_no_memory(err);
		return NULL;
	}
	broker_confirms_reset(&broker->confirms);
	if (broker_url_read(url, &broker->url, err) == 0)
		return broker;
	free(broker);
	return NULL;
}

void broker_disconnect(struct broker *broker)
{
	broker_link_close(broker->link);
	broker->link = NULL;
	broker->is_consuming = false;
	broker->has_delivery = false;
	broker->is_blocked = false;
}

void broker_close(struct broker *broker)
{
	if (broker == NULL)
		return;
	broker_disconnect(broker);
	broker_url_free(&broker->url);
	free(broker);
}

/* Every failure ends the connection. */
static int fail(struct broker *broker)
{
	broker_disconnect(broker);
	return -1;
}

static int not_connected(struct error *err)
{
	return error_set(err, EX_UNAVAILABLE, "the broker is not connected");
}

/* The one that is looked for comes last: a broker that dies keeps its metadata as
 * far as it was written, and what has that one has the others, too. */
static int declare(struct broker *broker, struct error *err)
{
	int status = broker_link_declare(broker->link, &dead_queue, err);
	size_t i;

	for (i = 0; i < RETRY_QUEUES && status == 0; i++)
		status = broker_link_declare(broker->link, &retry_queues[i],
					     err);
	if (status == 0)
		status = broker_link_declare(broker->link, &events_queue, err);
	return status == 0 ? 0 : fail(broker);
}

static int open_link(struct broker *broker, struct error *err)
{
	broker->link = broker_link_open(&broker->url, err);
	if (broker->link == NULL)
		return error_context(err, "the broker %s:%d", broker->url.host,
				     broker->url.port);
	broker->connections++;
	broker_confirms_reset(&broker->confirms);
	return 0;
}

/* Returns 0; 1, disconnected, where the queue is not there; -1. */
static int find(struct broker *broker, struct error *err)
{
	int found = broker_link_find(broker->link, BROKER_EVENTS, err);

	if (found == 1)
		return 0;
	broker_disconnect(broker);
	return found == 0 ? 1 : -1;
}

int broker_connect(struct broker *broker, struct error *err)
{
	int status;

	if (broker->link != NULL)
		return 0;
	if (open_link(broker, err) != 0)
		return -1;
	status = find(broker, err);
	return status == 0 ? declare(broker, err) : status;
}

void broker_look(struct broker *broker)
{
	if (broker->link != NULL && !broker->is_blocked)
		find(broker, NULL);
}

int broker_make_queues(struct broker *broker, struct error *err)
{
	if (broker->link == NULL && open_link(broker, err) != 0)
		return -1;
	return declare(broker, err);
}

bool broker_is_connected(const struct broker *broker)
{
	return broker->link != NULL;
}

unsigned broker_connections(const struct broker *broker)
{
	return broker->connections;
}

void broker_begin(struct broker *broker)
{
	broker_confirms_begin(&broker->confirms);
}

int broker_publish(struct broker *broker, const char *queue,
		   const struct broker_message *message, struct error *err)
{
	if (broker->link == NULL)
		return not_connected(err);
	if (broker_confirms_add(&broker->confirms, message->id) < 0)
		return error_set(err, EX_SOFTWARE, "a batch has %d messages",
				 BROKER_BATCH_MAX);
	if (broker_link_publish(broker->link, queue, message, err) != 0)
		return fail(broker);
	return 0;
}

size_t broker_pending(const struct broker *broker)
{
	return broker->confirms.pending;
}

enum broker_verdict broker_verdict(const struct broker *broker, size_t place)
{
	if (place >= broker->confirms.count)
		return BROKER_PENDING;
	return broker->confirms.messages[place].verdict;
}

const char *broker_blocked(const struct broker *broker)
{
	return broker->is_blocked ? broker->why_blocked : NULL;
}

const char *broker_retry_queue(long long delay_ms)
{
	unsigned n = 0;

	while (n + 1 < RETRY_QUEUES && delay_ms >= 1000LL << (n + 1))
		n++;
	return retry_queues[n].name;
}

static void remember_blocked(struct broker *broker, const char *why)
{
	broker->is_blocked = true;
	memcpy(broker->why_blocked, why, sizeof(broker->why_blocked));
}

/* Returns -1 where the broker says what it cannot. */
static int take(struct broker *broker, const struct broker_happening *what)
{
	switch (what->kind) {
	case BROKER_ACK:
	case BROKER_NACK:
		return broker_confirms_settle(&broker->confirms, what->tag,
					      what->is_multiple,
					      what->kind == BROKER_ACK);
	case BROKER_RETURN:
		broker_confirms_return(&broker->confirms, what->id);
		return 0;
	case BROKER_DELIVERY:
		if (broker->has_delivery)
			return -1;
		broker->has_delivery = true;
		return 0;
	case BROKER_EMPTY:
		broker->is_empty = true;
		return 0;
	case BROKER_BLOCKED:
		remember_blocked(broker, what->text);
		return 0;
	case BROKER_UNBLOCKED:
	default:
		broker->is_blocked = false;
		return 0;
	}
}

/* Returns 1 where something has come, 0, or -1. */
static int serve(struct broker *broker, struct error *err)
{
	struct broker_happening what;
	int status, count = 0;

	if (broker->link == NULL)
		return not_connected(err);
	while ((status = broker_link_next(broker->link, &what, err)) > 0) {
		count = 1;
		if (take(broker, &what) != 0) {
			status = error_set(err, EX_UNAVAILABLE,
					   "the broker answers for what it "
					   "was never sent");
			break;
		}
	}
	return status < 0 ? fail(broker) : count;
}

int broker_serve(struct broker *broker, struct error *err)
{
	return serve(broker, err) < 0 ? -1 : 0;
}

int broker_wait(struct broker *broker, long long timeout_ms, struct error *err)
{
	struct pollfd socket = {.events = POLLIN};
	int status = serve(broker, err);
	int ready;

	if (status != 0)
		return status < 0 ? -1 : 0;
	if (timeout_ms > BROKER_SERVE_MS)
		timeout_ms = BROKER_SERVE_MS;
	socket.fd = broker_link_fd(broker->link);
	ready = poll(&socket, 1, (int)timeout_ms);
	if (ready < 0 && errno != EINTR) {
		error_set(err, EX_OSERR, "poll: %s", strerror(errno));
		return fail(broker);
	}
	if (broker_serve(broker, err) != 0)
		return -1;
	return ready < 0 ? 1 : 0;
}

int broker_get(struct broker *broker, struct error *err)
{
	long long until_ms = clock_monotonic_ms() + BROKER_ANSWER_MS;
	long long left_ms = BROKER_ANSWER_MS;

	if (broker->link == NULL)
		return not_connected(err);
	broker->is_empty = false;
	if (broker_link_get(broker->link, BROKER_EVENTS, BROKER_BODY_MAX_BYTES,
			    err) != 0)
		return fail(broker);
	while (!broker->has_delivery && !broker->is_empty && left_ms > 0) {
		if (broker_wait(broker, left_ms, err) < 0)
			return -1;
		left_ms = until_ms - clock_monotonic_ms();
	}
	if (broker->has_delivery || broker->is_empty)
		return broker->has_delivery ? 1 : 0;
	error_set(err, EX_UNAVAILABLE, "the broker does not answer");
	return fail(broker);
}

int broker_consume(struct broker *broker, struct error *err)
{
	if (broker->link == NULL)
		return not_connected(err);
	if (broker_link_consume(broker->link, BROKER_EVENTS,
				BROKER_BODY_MAX_BYTES, err) != 0)
		return fail(broker);
	broker->is_consuming = true;
	return 0;
}

bool broker_is_consuming(const struct broker *broker)
{
	return broker->is_consuming;
}

const struct broker_delivery *broker_delivery(const struct broker *broker)
{
	return broker->has_delivery ? broker_link_delivery(broker->link) : NULL;
}

enum answer { ANSWER_ACK, ANSWER_REQUEUE, ANSWER_REJECT };

static int answer(struct broker *broker, enum answer answer, struct error *err)
{
	uint64_t tag;
	int status;

	if (!broker->has_delivery)
		return not_connected(err);
	broker->has_delivery = false;
	tag = broker_link_delivery(broker->link)->tag;
	if (answer == ANSWER_ACK)
		status = broker_link_ack(broker->link, tag, err);
	else
		status = broker_link_reject(broker->link, tag,
					    answer == ANSWER_REQUEUE, err);
	return status == 0 ? 0 : fail(broker);
}

int broker_ack(struct broker *broker, struct error *err)
{
	return answer(broker, ANSWER_ACK, err);
}

int broker_requeue(struct broker *broker, struct error *err)
{
	return answer(broker, ANSWER_REQUEUE, err);
}

int broker_reject(struct broker *broker, struct error *err)
{
	return answer(broker, ANSWER_REJECT, err);
}

int broker_fd(const struct broker *broker)
{
	return broker->link != NULL ? broker_link_fd(broker->link) : -1;
}
