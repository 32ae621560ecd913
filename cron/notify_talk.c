#include "notify_talk.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/backoff.h"
#include "notify_stop.h"

/* Between two tries. */
#define FIRST_WAIT_MS 200
#define LONGEST_WAIT_MS 5000

/* How long a report is tried once notify was asked to end. */
#define REPORT_GRACE_MS 10000

/* What a try has at least, so that it can succeed. */
#define LEAST_TRY_MS 1000

/* What is asked: a report, or where that is NULL for a status. */
struct question {
	const struct notify_report *report;
	const char *id;
	enum event_status status; /* the answer */
	long long grace_ms;
};

static const char *const complaints[] = {
	[NOTIFY_ANSWER_GOOD] = "",
	[NOTIFY_ANSWER_UNKNOWN] = "the API has another log, wrong URL?",
	[NOTIFY_ANSWER_REFUSED] = "the API refuses, wrong URL?",
	[NOTIFY_ANSWER_AWAY] = "the API is away, waiting for it",
};

/* Once an outage, not once a try. A report that is refused is told with its event,
 * by whoever made it. */
static void note(struct notify_talk *talk, const struct question *question,
		 enum notify_answer answer, const struct error *err)
{
	bool is_told_elsewhere =
		question->report != NULL && answer != NOTIFY_ANSWER_AWAY;

	talk->is_well = answer == NOTIFY_ANSWER_GOOD ||
			(answer == NOTIFY_ANSWER_UNKNOWN && !talk->is_log_ours);
	if (talk->is_well && talk->has_told)
		log_event(LOG_LEVEL_INFO, "the API is back", NULL);
	else if (!talk->is_well && !talk->has_told && !is_told_elsewhere)
		log_event(answer == NOTIFY_ANSWER_AWAY ? LOG_LEVEL_WARN
						       : LOG_LEVEL_ERROR,
			  complaints[answer], "error", err->message, NULL);
	talk->has_told =
		!talk->is_well && (talk->has_told || !is_told_elsewhere);
}

/* Whether a 404 can be believed: whatever else listens at a wrong URL has no list
 * of events either. */
static bool is_event_log(struct notify_talk *talk)
{
	struct notify_list list = {.after = 0};
	struct error err = {0};

	return notify_api_list_failed(talk->api, &list, &err) ==
	       NOTIFY_ANSWER_GOOD;
}

/* One try. */
static enum notify_answer ask(struct notify_talk *talk,
			      struct notify_hold *hold,
			      struct question *question, struct error *err)
{
	long long limit_ms = notify_stop_left_ms(question->grace_ms);
	enum notify_answer answer;

	if (limit_ms < LEAST_TRY_MS)
		limit_ms = LEAST_TRY_MS;
	if (question->report != NULL)
		answer = notify_api_report(talk->api, question->report,
					   limit_ms, err);
	else
		answer = notify_api_look(talk->api, question->id, limit_ms,
					 &question->status, err);
	notify_hold_keep(hold);
	if (answer == NOTIFY_ANSWER_UNKNOWN && !talk->is_log_ours &&
	    !is_event_log(talk))
		answer = NOTIFY_ANSWER_REFUSED;
	note(talk, question, answer, err);
	return answer;
}

/* Whether another try may be answered otherwise. */
static bool is_worth_waiting(const struct notify_talk *talk,
			     const struct question *question,
			     enum notify_answer answer)
{
	if (answer == NOTIFY_ANSWER_AWAY)
		return true;
	return question->report == NULL && !talk->is_well;
}

static enum notify_answer insist(struct notify_talk *talk,
				 struct notify_hold *hold,
				 struct question *question, struct error *err)
{
	long long begun_ms = clock_monotonic_ms();
	enum notify_answer answer;
	long long wait_ms, past_ms;
	unsigned failures = 0;

	for (;;) {
		answer = ask(talk, hold, question, err);
		if (!is_worth_waiting(talk, question, answer))
			break;
		wait_ms =
			backoff_ms(++failures, FIRST_WAIT_MS, LONGEST_WAIT_MS);
		past_ms = clock_monotonic_ms() + wait_ms - begun_ms;
		if (talk->patience_ms >= 0 && past_ms > talk->patience_ms)
			return NOTIFY_ANSWER_AWAY;
		if (!notify_hold_wait(hold, wait_ms, question->grace_ms))
			return NOTIFY_ANSWER_AWAY;
	}
	if (answer == NOTIFY_ANSWER_UNKNOWN && talk->is_log_ours)
		return NOTIFY_ANSWER_REFUSED;
	return answer;
}

enum notify_answer notify_talk_look(struct notify_talk *talk,
				    struct notify_hold *hold,
				    enum event_status *status,
				    struct error *err)
{
	struct question question = {.id = hold->delivery->event.id};
	enum notify_answer answer = insist(talk, hold, &question, err);

	if (answer == NOTIFY_ANSWER_GOOD)
		*status = question.status;
	return answer;
}

enum notify_answer notify_talk_report(struct notify_talk *talk,
				      struct notify_hold *hold,
				      const struct notify_report *report,
				      struct error *err)
{
	struct question question = {
		.report = report,
		.grace_ms = REPORT_GRACE_MS,
	};

	return insist(talk, hold, &question, err);
}

void notify_talk_mention(struct notify_talk *talk, struct notify_hold *hold,
			 const struct notify_report *report)
{
	struct question question = {.report = report};
	struct error err = {0};
	enum notify_answer answer = ask(talk, hold, &question, &err);

	if (answer == NOTIFY_ANSWER_UNKNOWN || answer == NOTIFY_ANSWER_REFUSED)
		log_event(LOG_LEVEL_ERROR, "the attempt was not recorded",
			  "event", report->id, "error", err.message, NULL);
}
