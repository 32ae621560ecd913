#include "events/event_queue.h"

/* A kind may rely on there being an `err`. */

int event_queue_take(struct event_queue *queue, long long timeout_ms,
		     struct event_delivery *delivery, struct error *err)
{
	struct error unread = {0};

	*delivery = (struct event_delivery){0};
	return queue->kind->take(queue, timeout_ms, delivery,
				 err != NULL ? err : &unread);
}

static void free_delivery(struct event_delivery *delivery)
{
	event_free(&delivery->event);
	delivery->handle = NULL;
}

int event_queue_done(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err)
{
	struct error unread = {0};
	int status =
		queue->kind->done(queue, delivery, err != NULL ? err : &unread);

	free_delivery(delivery);
	return status;
}

int event_queue_retry(struct event_queue *queue,
		      struct event_delivery *delivery, long long delay_ms,
		      struct error *err)
{
	struct error unread = {0};
	int status = queue->kind->retry(queue, delivery, delay_ms,
					err != NULL ? err : &unread);

	free_delivery(delivery);
	return status;
}

int event_queue_give_back(struct event_queue *queue,
			  struct event_delivery *delivery, struct error *err)
{
	struct error unread = {0};
	int status = queue->kind->give_back(queue, delivery,
					    err != NULL ? err : &unread);

	free_delivery(delivery);
	return status;
}

int event_queue_refuse(struct event_queue *queue,
		       struct event_delivery *delivery, struct error *err)
{
	struct error unread = {0};
	int status = queue->kind->refuse(queue, delivery,
					 err != NULL ? err : &unread);

	free_delivery(delivery);
	return status;
}

int event_queue_keep(struct event_queue *queue, struct event_delivery *delivery,
		     struct error *err)
{
	struct error unread = {0};

	return queue->kind->keep(queue, delivery, err != NULL ? err : &unread);
}

void event_queue_close(struct event_queue *queue)
{
	if (queue != NULL)
		queue->kind->close(queue);
}
