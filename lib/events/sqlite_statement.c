#include "events/sqlite_parts.h"

static sqlite3_stmt *prepared_of(struct statement *statement)
{
	return ((struct sqlite_statement *)(void *)statement)->prepared;
}

static void check(struct statement *statement, int status)
{
	struct error err;
	enum event_result result;

	if (statement->result != EVENT_DONE || status == SQLITE_OK)
		return;
	result = sqlite_fail(sqlite_of(statement->database), status, &err);
	statement_fail(statement, result, &err);
}

void sqlite_prepare(struct statement *statement)
{
	struct sqlite_statement *mine = (void *)statement;

	if (mine->prepared == NULL)
		check(statement,
		      sqlite3_prepare_v3(sqlite_of(statement->database)->handle,
					 statement->sql, -1,
					 SQLITE_PREPARE_PERSISTENT,
					 &mine->prepared, NULL));
}

void sqlite_bind_number(struct statement *statement, int parameter,
			long long number)
{
	check(statement,
	      sqlite3_bind_int64(prepared_of(statement), parameter, number));
}

void sqlite_bind_text(struct statement *statement, int parameter,
		      const char *text)
{
	check(statement, sqlite3_bind_text(prepared_of(statement), parameter,
					   text, -1, SQLITE_STATIC));
}

void sqlite_bind_bytes(struct statement *statement, int parameter,
		       const void *bytes, size_t length)
{
	check(statement, sqlite3_bind_blob64(prepared_of(statement), parameter,
					     bytes, length, SQLITE_STATIC));
}

bool sqlite_step(struct statement *statement)
{
	int status = sqlite3_step(prepared_of(statement));

	if (status != SQLITE_ROW && status != SQLITE_DONE)
		check(statement, status);
	return status == SQLITE_ROW;
}

long long sqlite_number(struct statement *statement, int column)
{
	return sqlite3_column_int64(prepared_of(statement), column);
}

/* SQLite makes room for a NUL, or cannot. */
const char *sqlite_text(struct statement *statement, int column)
{
	const unsigned char *text;

	if (sqlite_is_null(statement, column))
		return NULL;
	text = sqlite3_column_text(prepared_of(statement), column);
	if (text == NULL)
		check(statement, SQLITE_NOMEM);
	return (const char *)text;
}

const void *sqlite_bytes(struct statement *statement, int column,
			 size_t *length)
{
	sqlite3_stmt *row = prepared_of(statement);
	const void *bytes = sqlite3_column_blob(row, column);

	*length = (size_t)sqlite3_column_bytes(row, column);
	if (bytes == NULL && *length > 0) {
		check(statement, SQLITE_NOMEM);
		*length = 0;
	}
	return bytes;
}

bool sqlite_is_null(struct statement *statement, int column)
{
	return sqlite3_column_type(prepared_of(statement), column) ==
	       SQLITE_NULL;
}

/* What reset returns is the failure that step has told already. */
void sqlite_reset(struct statement *statement)
{
	sqlite3_stmt *prepared = prepared_of(statement);

	if (prepared == NULL)
		return;
	sqlite3_reset(prepared);
	sqlite3_clear_bindings(prepared);
}

void sqlite_drop(struct statement *statement)
{
	sqlite3_finalize(prepared_of(statement));
}
