#include "notify_retry_failed.h"

#include <limits.h>

#include "notify_stop.h"

static int judge(enum notify_answer answer, struct error *err)
{
	switch (answer) {
	case NOTIFY_ANSWER_GOOD:
		return 0;
	case NOTIFY_ANSWER_AWAY:
		return error_set(err, EX_UNAVAILABLE, "%s", err->message);
	case NOTIFY_ANSWER_UNKNOWN:
	case NOTIFY_ANSWER_REFUSED:
	default:
		return error_set(err, EX_DATAERR, "%s", err->message);
	}
}

/* One that is gone by now is none to be notified. */
static int retry_page(struct notify_api *api, const struct notify_list *list,
		      long long *count, struct error *err)
{
	enum notify_answer answer;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct notify_report again = {
			.id = list->ids[i],
			.has_status = true,
			.status = EVENT_NOT_PROCESSED,
		};

		if (notify_stop_is_asked())
			return error_set(err, EX_UNAVAILABLE,
					 "interrupted by a signal");
		answer = notify_api_report(api, &again, LLONG_MAX, err);
		if (answer == NOTIFY_ANSWER_UNKNOWN)
			continue;
		if (judge(answer, err) != 0)
			return -1;
		++*count;
	}
	return 0;
}

int notify_retry_failed(struct notify_api *api, long long *count,
			struct error *err)
{
	struct notify_list list = {.after = 0};

	*count = 0;
	do {
		if (judge(notify_api_list_failed(api, &list, err), err) != 0 ||
		    retry_page(api, &list, count, err) != 0)
			return -1;
	} while (list.after != 0);
	return 0;
}
