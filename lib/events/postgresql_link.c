/*
 * The connection itself: made, lost, waited for.
 */
#include "events/postgresql_parts.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "events/backoff.h"

/* Beyond what the server itself may take (busy_ms), until it is taken for
 * lost. */
#define GRACE_MS 2000

/* Between two tries to connect. */
#define AGAIN_FIRST_MS 20
#define AGAIN_LONGEST_MS 500

/* After a vain wait for the server, how long all are told so at once. */
#define REST_MS 1000

/* --- What went wrong ----------------------------------------------------------- */

/* By SQLSTATE (Appendix A): the first whose letters it begins with. */
static const struct meaning {
	const char *state;
	enum event_result result;
	int code;
	bool may_retry, is_lost;
} meanings[] = {
	{"53100", EVENT_DISK_FULL, EX_CANTCREAT, false, false},
	{"53", EVENT_AWAY, EX_UNAVAILABLE, false, false}, /* resources */
	{"25006", EVENT_READ_ONLY, EX_UNAVAILABLE, false, false},
	{"25P03", EVENT_AWAY, EX_UNAVAILABLE, true, true}, /* idle too long */
	{"40", EVENT_BUSY, EX_TEMPFAIL, true, false}, /* deadlock and such */
	{"55P03", EVENT_BUSY, EX_TEMPFAIL, false, false}, /* lock_timeout */
	{"57014", EVENT_BUSY, EX_TEMPFAIL, false,
	 false},                                         /* statement_timeout */
	{"57P", EVENT_AWAY, EX_UNAVAILABLE, true, true}, /* it shuts down */
	{"08", EVENT_AWAY, EX_UNAVAILABLE, true, true},
	{"42501", EVENT_BROKEN, EX_CONFIG, false, false},
	{"XX001", EVENT_BROKEN, EX_DATAERR, false, false},
	{"XX002", EVENT_BROKEN, EX_DATAERR, false, false},
	{"", EVENT_BROKEN, EX_SOFTWARE, false, false},
};

static const struct meaning *find_meaning(const char *state)
{
	size_t i = 0;

	while (strncmp(state, meanings[i].state, strlen(meanings[i].state)) !=
	       0)
		i++;
	return &meanings[i];
}

/* What libpq says has several lines. */
static void tell(const struct postgresql *server, int code, const char *why,
		 struct error *err)
{
	char *at;

	error_set(err, code, "%s: %s", server->shown, why);
	if (err == NULL)
		return;
	for (at = err->message; *at != '\0'; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	while (at > err->message && at[-1] == ' ')
		*--at = '\0';
}

void postgresql_unlink(struct postgresql_database *mine)
{
	PQfinish(mine->link);
	mine->link = NULL;
	mine->later = 0;
}

static enum event_result lose(struct postgresql_database *mine, const char *why,
			      struct error *err)
{
	tell(mine->server, EX_UNAVAILABLE, why, err);
	mine->may_retry = true;
	postgresql_unlink(mine);
	return EVENT_AWAY;
}

static enum event_result judge(struct postgresql_database *mine,
			       const PGresult *failed, struct error *err)
{
	const char *state = PQresultErrorField(failed, PG_DIAG_SQLSTATE);
	const char *why = PQresultErrorMessage(failed);
	const struct meaning *meaning;

	if (PQstatus(mine->link) == CONNECTION_BAD)
		return lose(mine, why, err);
	meaning = find_meaning(state != NULL ? state : "");
	if (meaning->is_lost)
		return lose(mine, why, err);
	tell(mine->server, meaning->code, why, err);
	mine->may_retry = meaning->may_retry;
	return meaning->result;
}

/* --- Connecting ------------------------------------------------------------------ */

static void ignore_notice(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

static enum event_result connect_once(struct postgresql_database *mine,
				      struct error *err)
{
	struct postgresql *server = mine->server;

	mine->link = PQconnectdbParams(server->names,
				       (const char *const *)server->values, 0);
	if (mine->link == NULL) {
		error_no_memory(err);
		return EVENT_BROKEN;
	}
	if (PQstatus(mine->link) != CONNECTION_OK)
		return lose(mine, PQerrorMessage(mine->link), err);
	PQsetNoticeReceiver(mine->link, ignore_notice, NULL);
	mine->links++;
	return postgresql_prepare(mine, err);
}

/* Whether to try at all, and for how long. Where the server was waited for in
 * vain just now, one tries once, and the others need not. */
static bool may_connect(struct postgresql *server, long long *until_ms)
{
	long long now_ms = clock_monotonic_ms();
	bool may = true;

	pthread_mutex_lock(&server->lock);
	*until_ms = server->is_away ? now_ms : now_ms + server->busy_ms;
	if (server->is_away) {
		may = now_ms >= server->rest_until_ms;
		if (may)
			server->rest_until_ms = now_ms + REST_MS;
	}
	pthread_mutex_unlock(&server->lock);
	return may;
}

static void note_presence(struct postgresql *server, bool is_away)
{
	pthread_mutex_lock(&server->lock);
	server->is_away = is_away;
	if (is_away)
		server->rest_until_ms = clock_monotonic_ms() + REST_MS;
	pthread_mutex_unlock(&server->lock);
}

static enum event_result reconnect(struct postgresql_database *mine,
				   struct error *err)
{
	unsigned failures = 0;
	long long until_ms;
	enum event_result result;

	if (!may_connect(mine->server, &until_ms)) {
		tell(mine->server, EX_UNAVAILABLE,
		     "the server was away a moment ago", err);
		mine->may_retry = false;
		return EVENT_AWAY;
	}
	while ((result = connect_once(mine, err)) == EVENT_AWAY &&
	       clock_monotonic_ms() < until_ms)
		poll(NULL, 0,
		     (int)backoff_ms(++failures, AGAIN_FIRST_MS,
				     AGAIN_LONGEST_MS));
	note_presence(mine->server, result == EVENT_AWAY);
	if (result != EVENT_DONE)
		postgresql_unlink(mine);
	mine->may_retry = false;
	return result;
}

enum event_result postgresql_link(struct postgresql_database *mine,
				  struct error *err)
{
	if (mine->link != NULL && PQstatus(mine->link) == CONNECTION_OK)
		return postgresql_settle(mine, err);
	if (mine->is_in_transaction)
		return lose(mine, "the connection was lost", err);
	postgresql_unlink(mine);
	return reconnect(mine, err);
}

/* --- Asking ------------------------------------------------------------------------ */

/* Waits until libpq has a result whole. */
static enum event_result wait_for_answer(struct postgresql_database *mine,
					 long long until_ms, struct error *err)
{
	struct pollfd wanted = {.fd = PQsocket(mine->link), .events = POLLIN};
	long long left_ms;

	while (PQisBusy(mine->link)) {
		left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return lose(mine, "the server does not answer", err);
		if (poll(&wanted, 1, (int)left_ms) > 0 &&
		    PQconsumeInput(mine->link) == 0)
			return lose(mine, PQerrorMessage(mine->link), err);
	}
	return EVENT_DONE;
}

/* One result of those that are under way; `i` counts them. */
static enum event_result take_number(struct postgresql_database *mine, int i,
				     const PGresult *row, struct error *err)
{
	ExecStatusType status = PQresultStatus(row);

	if (status == PGRES_TUPLES_OK && PQntuples(row) > 0 && i < mine->later)
		*mine->numbers[i] = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
	return status == PGRES_FATAL_ERROR ? judge(mine, row, err) : EVENT_DONE;
}

/* Each has a result and an end (NULL); after one that fails the others are not
 * done. */
enum event_result postgresql_settle(struct postgresql_database *mine,
				    struct error *err)
{
	long long until_ms =
		clock_monotonic_ms() + mine->server->busy_ms + GRACE_MS;
	enum event_result result = EVENT_DONE, one;
	bool is_over = mine->later == 0;
	PGresult *row;
	int i = 0;

	if (!is_over && PQpipelineSync(mine->link) == 0)
		return lose(mine, PQerrorMessage(mine->link), err);
	while (!is_over) {
		one = wait_for_answer(mine, until_ms,
				      result == EVENT_DONE ? err : NULL);
		if (one != EVENT_DONE)
			return result == EVENT_DONE ? one : result;
		row = PQgetResult(mine->link);
		if (row == NULL) {
			i++;
			continue;
		}
		is_over = PQresultStatus(row) == PGRES_PIPELINE_SYNC;
		if (result == EVENT_DONE)
			result = take_number(mine, i, row, err);
		PQclear(row);
		if (mine->link == NULL)
			return result;
	}
	if (mine->later > 0)
		PQexitPipelineMode(mine->link);
	mine->later = 0;
	return result;
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

enum event_result postgresql_await(struct postgresql_database *mine,
				   int is_sent, PGresult **taken,
				   struct error *err)
{
	long long until_ms =
		clock_monotonic_ms() + mine->server->busy_ms + GRACE_MS;
	enum event_result result = EVENT_DONE, waited;
	PGresult *kept = NULL, *next = NULL;

	mine->may_retry = false;
	if (!is_sent)
		return lose(mine, PQerrorMessage(mine->link), err);
	while ((waited = wait_for_answer(mine, until_ms,
					 result == EVENT_DONE ? err : NULL)) ==
		       EVENT_DONE &&
	       (next = PQgetResult(mine->link)) != NULL) {
		if (is_good(next)) {
			PQclear(kept);
			kept = next;
			continue;
		}
		if (result == EVENT_DONE)
			result = judge(mine, next, err);
		PQclear(next);
		if (mine->link == NULL)
			break;
	}
	if (result == EVENT_DONE)
		result = waited;
	if (result == EVENT_DONE && taken != NULL)
		*taken = kept;
	else
		PQclear(kept);
	return result;
}

enum event_result postgresql_ask(struct postgresql_database *mine,
				 const char *sql, PGresult **taken,
				 struct error *err)
{
	return postgresql_await(mine, PQsendQuery(mine->link, sql), taken, err);
}
