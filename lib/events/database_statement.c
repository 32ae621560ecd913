#include "events/database_parts.h"

#include <stdlib.h>
#include <string.h>

/* Only the first failure counts. */
static void statement_check(struct statement *statement, int status)
{
	if (statement->result == EVENT_DONE && status != SQLITE_OK)
		statement->result = database_fail(statement->database, status,
						  &statement->error);
}

static void prepare(struct statement *statement)
{
	statement->result = EVENT_DONE;
	if (statement->prepared == NULL)
		statement_check(statement,
				sqlite3_prepare_v3(statement->database->handle,
						   statement->sql, -1,
						   SQLITE_PREPARE_PERSISTENT,
						   &statement->prepared, NULL));
}

struct statement *database_statement(struct database *database, const char *sql)
{
	struct statement *statement = database->statements;

	while (statement != NULL && statement->sql != sql)
		statement = statement->next;
	if (statement == NULL) {
		statement = calloc(1, sizeof(*statement));
		if (statement == NULL)
			return &database->no_memory;
		statement->database = database;
		statement->sql = sql;
		statement->next = database->statements;
		database->statements = statement;
	}
	prepare(statement);
	return statement;
}

void statement_bind_number(struct statement *statement, int parameter,
			   long long number)
{
	if (statement->result == EVENT_DONE)
		statement_check(statement,
				sqlite3_bind_int64(statement->prepared,
						   parameter, number));
}

void statement_bind_text(struct statement *statement, int parameter,
			 const char *text)
{
	if (statement->result == EVENT_DONE)
		statement_check(statement,
				sqlite3_bind_text(statement->prepared,
						  parameter, text, -1,
						  SQLITE_STATIC));
}

void statement_bind_bytes(struct statement *statement, int parameter,
			  const void *bytes, size_t length)
{
	if (statement->result == EVENT_DONE)
		statement_check(statement,
				sqlite3_bind_blob64(statement->prepared,
						    parameter, bytes, length,
						    SQLITE_STATIC));
}

bool statement_step(struct statement *statement)
{
	int status;

	if (statement->result != EVENT_DONE)
		return false;
	status = sqlite3_step(statement->prepared);
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		statement_check(statement, status);
	return status == SQLITE_ROW;
}

long long statement_number(struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->prepared, column);
}

/* SQLite makes room for a NUL, or cannot. */
const char *statement_text(struct statement *statement, int column)
{
	const unsigned char *text;

	if (statement_is_null(statement, column))
		return NULL;
	text = sqlite3_column_text(statement->prepared, column);
	if (text == NULL)
		statement_check(statement, SQLITE_NOMEM);
	return (const char *)text;
}

const void *statement_bytes(struct statement *statement, int column,
			    size_t *length)
{
	const void *bytes = sqlite3_column_blob(statement->prepared, column);

	*length = (size_t)sqlite3_column_bytes(statement->prepared, column);
	if (bytes == NULL && *length > 0) {
		statement_check(statement, SQLITE_NOMEM);
		*length = 0;
	}
	return bytes;
}

bool statement_is_null(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->prepared, column) == SQLITE_NULL;
}

char *statement_copy(struct statement *statement, int column)
{
	const char *text = statement_text(statement, column);
	char *copy = text != NULL ? strdup(text) : NULL;

	if (text != NULL && copy == NULL)
		statement_check(statement, SQLITE_NOMEM);
	return copy;
}

bool statement_is_good(const struct statement *statement)
{
	return statement->result == EVENT_DONE;
}

void statement_refuse(struct statement *statement, const char *why)
{
	if (statement->result != EVENT_DONE)
		return;
	error_set(&statement->error, EX_DATAERR, "%s is damaged: %s",
		  statement->database->path, why);
	statement->result = EVENT_BROKEN;
}

enum event_result statement_end(struct statement *statement, struct error *err)
{
	enum event_result result = statement->result;

	if (result != EVENT_DONE && err != NULL)
		*err = statement->error;
	/* What reset returns is the failure that step has told already. */
	if (statement->prepared != NULL) {
		sqlite3_reset(statement->prepared);
		sqlite3_clear_bindings(statement->prepared);
	}
	return result;
}

enum event_result statement_run(struct statement *statement, struct error *err)
{
	while (statement_step(statement))
		;
	return statement_end(statement, err);
}
