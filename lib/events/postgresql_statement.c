#include "events/postgresql_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

/* For bytes in text: \x and two digits each. */
#define HEX_BYTES(length) (2 + 2 * (length) + 1)

static struct postgresql_statement *mine_of(struct statement *statement)
{
	return (void *)statement;
}

static void fail(struct statement *statement, int code, const char *why)
{
	struct error err;

	error_set(&err, code, "%s", why);
	statement_fail(statement, EVENT_BROKEN, &err);
}

/* --- Parameters ------------------------------------------------------------------- */

void postgresql_begin(struct statement *statement)
{
	struct postgresql_statement *mine = mine_of(statement);

	if (mine->name == 0)
		mine->name = ++postgresql_of(statement->database)->names;
}

/* Returns the place of a parameter, or -1. */
static int place(struct statement *statement, int parameter)
{
	struct postgresql_statement *mine = mine_of(statement);

	if (parameter < 1 || parameter > POSTGRESQL_PARAMETERS) {
		fail(statement, EX_SOFTWARE, "no such parameter");
		return -1;
	}
	if (mine->count < parameter)
		mine->count = parameter;
	return parameter - 1;
}

void postgresql_bind_number(struct statement *statement, int parameter,
			    long long number)
{
	struct postgresql_statement *mine = mine_of(statement);
	int i = place(statement, parameter);

	if (i < 0)
		return;
	snprintf(mine->numbers[i], sizeof(mine->numbers[i]), "%lld", number);
	mine->values[i] = mine->numbers[i];
}

void postgresql_bind_text(struct statement *statement, int parameter,
			  const char *text)
{
	int i = place(statement, parameter);

	if (i >= 0)
		mine_of(statement)->values[i] = text;
}

void postgresql_bind_bytes(struct statement *statement, int parameter,
			   const void *bytes, size_t length)
{
	struct postgresql_statement *mine = mine_of(statement);
	int i = place(statement, parameter);

	if (i < 0)
		return;
	free(mine->hex[i]);
	mine->hex[i] = malloc(HEX_BYTES(length));
	if (mine->hex[i] == NULL) {
		fail(statement, EX_OSERR, "out of memory");
		return;
	}
	memcpy(mine->hex[i], "\\x", 2);
	hex_encode(bytes, length, mine->hex[i] + 2);
	mine->values[i] = mine->hex[i];
}

/* --- Running it --------------------------------------------------------------------- */

static enum event_result prepare_there(struct postgresql_database *database,
				       struct postgresql_statement *mine,
				       const char *name, struct error *err)
{
	enum event_result result;

	if (mine->links == database->links)
		return EVENT_DONE;
	result = postgresql_await(database,
				  PQsendPrepare(database->link, name,
						mine->statement.sql, 0, NULL),
				  NULL, err);
	if (result == EVENT_DONE)
		mine->links = database->links;
	return result;
}

static enum event_result execute(struct postgresql_database *database,
				 struct postgresql_statement *mine,
				 struct error *err)
{
	char name[POSTGRESQL_NUMBER_BYTES];
	enum event_result result;
	const char *changes;

	result = postgresql_link(database, err);
	if (result != EVENT_DONE)
		return result;
	snprintf(name, sizeof(name), "s%u", mine->name);
	result = prepare_there(database, mine, name, err);
	if (result != EVENT_DONE)
		return result;
	result = postgresql_await(database,
				  PQsendQueryPrepared(database->link, name,
						      mine->count, mine->values,
						      NULL, NULL, 0),
				  &mine->rows, err);
	if (result != EVENT_DONE || mine->rows == NULL)
		return result;
	changes = PQcmdTuples(mine->rows);
	database->changes = strtoll(changes, NULL, 10);
	return EVENT_DONE;
}

/* There is a connection, and the statement is known there: waits for what is
 * under way only where it is not. */
static enum event_result get_ready(struct postgresql_database *database,
				   struct postgresql_statement *mine,
				   const char *name, struct error *err)
{
	enum event_result result;

	if (database->link != NULL &&
	    PQstatus(database->link) == CONNECTION_OK &&
	    mine->links == database->links &&
	    database->later < POSTGRESQL_LATER)
		return EVENT_DONE;
	result = postgresql_link(database, err);
	return result == EVENT_DONE ? prepare_there(database, mine, name, err)
				    : result;
}

void postgresql_run_later(struct statement *statement, long long *number)
{
	struct postgresql_database *database =
		postgresql_of(statement->database);
	struct postgresql_statement *mine = mine_of(statement);
	char name[POSTGRESQL_NUMBER_BYTES];
	struct error err = {0};
	enum event_result result;

	snprintf(name, sizeof(name), "s%u", mine->name);
	result = get_ready(database, mine, name, &err);
	if (result == EVENT_DONE &&
	    (PQenterPipelineMode(database->link) == 0 ||
	     PQsendQueryPrepared(database->link, name, mine->count,
				 mine->values, NULL, NULL, 0) == 0)) {
		result = postgresql_await(database, 0, NULL, &err);
	} else if (result == EVENT_DONE) {
		database->numbers[database->later++] = number;
	}
	if (result != EVENT_DONE)
		statement_fail(statement, result, &err);
}

/* Outside a transaction what was lost with the connection is asked once more. */
static void run(struct statement *statement)
{
	struct postgresql_database *database =
		postgresql_of(statement->database);
	struct postgresql_statement *mine = mine_of(statement);
	struct error err = {0};
	enum event_result result = execute(database, mine, &err);

	if (result == EVENT_AWAY && database->may_retry &&
	    !database->is_in_transaction)
		result = execute(database, mine, &err);
	if (result != EVENT_DONE)
		statement_fail(statement, result, &err);
	mine->is_run = true;
	mine->row = -1;
}

bool postgresql_step(struct statement *statement)
{
	struct postgresql_statement *mine = mine_of(statement);

	if (!mine->is_run)
		run(statement);
	if (statement->result != EVENT_DONE || mine->rows == NULL)
		return false;
	return ++mine->row < PQntuples(mine->rows);
}

/* --- Its rows ----------------------------------------------------------------------- */

long long postgresql_number(struct statement *statement, int column)
{
	const char *text = postgresql_text(statement, column);

	return text != NULL ? strtoll(text, NULL, 10) : 0;
}

const char *postgresql_text(struct statement *statement, int column)
{
	struct postgresql_statement *mine = mine_of(statement);

	return postgresql_is_null(statement, column)
		       ? NULL
		       : PQgetvalue(mine->rows, mine->row, column);
}

const void *postgresql_bytes(struct statement *statement, int column,
			     size_t *length)
{
	struct postgresql_statement *mine = mine_of(statement);
	const char *text = postgresql_text(statement, column);

	*length = 0;
	if (text == NULL)
		return NULL;
	PQfreemem(mine->bytes);
	mine->bytes = PQunescapeBytea((const unsigned char *)text, length);
	if (mine->bytes == NULL)
		fail(statement, EX_OSERR, "out of memory");
	return mine->bytes;
}

bool postgresql_is_null(struct statement *statement, int column)
{
	struct postgresql_statement *mine = mine_of(statement);

	return PQgetisnull(mine->rows, mine->row, column) != 0;
}

void postgresql_reset(struct statement *statement)
{
	struct postgresql_statement *mine = mine_of(statement);
	int i;

	PQclear(mine->rows);
	mine->rows = NULL;
	PQfreemem(mine->bytes);
	mine->bytes = NULL;
	for (i = 0; i < mine->count; i++) {
		mine->values[i] = NULL;
		free(mine->hex[i]);
		mine->hex[i] = NULL;
	}
	mine->count = 0;
	mine->is_run = false;
}

void postgresql_drop(struct statement *statement)
{
	postgresql_reset(statement);
}
