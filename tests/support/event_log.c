/*
 * event_log STATE_DIR|URL post COUNT [DESCRIPTION]
 * event_log STATE_DIR|URL counts
 *
 * Posts events as events.fcgi does, without it, and prints their ids, a line
 * each; prints how many there are: "unsent=… NotProcessed=… Processed=…
 * Failed=…".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/event_store.h"

#define USER "somebody"

static int post(struct event_store *store, unsigned long count,
		const char *description, struct error *err)
{
	char user_id[] = USER;
	struct event_input input = {.fields = EVENT_FIELD_USER_ID |
					      EVENT_FIELD_DESCRIPTION,
				    .user_id = user_id,
				    .description = strdup(description)};
	enum event_result result = EVENT_DONE;

	while (count-- > 0 && result == EVENT_DONE) {
		struct event event;

		result = event_store_post(store, &input, NULL, &event, err);
		if (result == EVENT_DONE) {
			puts(event.id);
			event_free(&event);
		}
	}
	free(input.description);
	return result == EVENT_DONE ? 0 : -1;
}

static int print_counts(struct event_store *store, struct error *err)
{
	struct event_counts counts;
	int status;

	if (event_store_count(store, &counts, err) != EVENT_DONE)
		return -1;
	printf("unsent=%lld", counts.unsent);
	for (status = 0; status < EVENT_STATUSES; status++)
		printf(" %s=%lld", event_status_name((enum event_status)status),
		       counts.by_status[status]);
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	struct event_store_options options = {.readers = 1};
	struct event_store *store;
	struct error err = {0};
	int status = -1;

	if (argc < 3)
		return EX_USAGE;
	if (strstr(argv[1], "://") != NULL)
		options.url = argv[1];
	else
		options.directory = argv[1];
	store = event_store_open(&options, &err);
	if (store != NULL && strcmp(argv[2], "counts") == 0)
		status = print_counts(store, &err);
	else if (store != NULL && strcmp(argv[2], "post") == 0 && argc > 3)
		status = post(store, strtoul(argv[3], NULL, 10),
			      argc > 4 ? argv[4] : "Something happened", &err);
	event_store_close(store);
	if (status == 0)
		return EX_OK;
	fprintf(stderr, "event_log: %s\n", err.message);
	return err.code != 0 ? err.code : EX_USAGE;
}
