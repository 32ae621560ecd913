#include "events/database_engine.h"

#include <stdlib.h>
#include <string.h>

/* --- The connection -------------------------------------------------------- */

struct database *database_make(const struct database_engine *engine,
			       size_t bytes, const char *path)
{
	struct database *database = calloc(1, bytes);

	if (database == NULL)
		return NULL;
	database->engine = engine;
	database->path = strdup(path);
	database->no_memory = (struct statement){
		.database = database,
		.result = EVENT_BROKEN,
	};
	error_no_memory(&database->no_memory.error);
	if (database->path != NULL)
		return database;
	free(database);
	return NULL;
}

void database_close(struct database *database)
{
	struct statement *statement;
	char *path;

	if (database == NULL)
		return;
	while ((statement = database->statements) != NULL) {
		database->statements = statement->next;
		database->engine->drop(statement);
		free(statement);
	}
	path = database->path;
	database->engine->close(database);
	free(path);
}

const struct event_sql *database_sql(const struct database *database)
{
	return database->engine->sql;
}

enum event_result database_run(struct database *database, const char *sql,
			       struct error *err)
{
	return database->engine->run(database, sql, err);
}

enum event_result database_command(struct database *database, const char *sql,
				   struct error *err)
{
	return database->engine->command != NULL
		       ? database->engine->command(database, sql, err)
		       : statement_run(database_statement(database, sql), err);
}

enum event_result database_number(struct database *database, const char *sql,
				  long long *number, struct error *err)
{
	struct statement *statement = database_statement(database, sql);
	long long found = 0;
	enum event_result result;

	while (statement_step(statement))
		found = statement_number(statement, 0);
	result = statement_end(statement, err);
	if (result == EVENT_DONE)
		*number = found;
	return result;
}

const char *database_path(const struct database *database)
{
	return database->path;
}

long long database_changes(const struct database *database)
{
	return database->engine->changes(database);
}

bool database_is_in_transaction(const struct database *database)
{
	return database->engine->is_in_transaction(database);
}

bool database_is_moved(const struct database *database)
{
	return database->engine->is_moved(database);
}

bool database_may_retry(const struct database *database)
{
	return database->engine->may_retry(database);
}

bool database_has_failed(const struct database *database)
{
	return database->has_failed;
}

enum event_result database_restart(struct database *database, struct error *err)
{
	return database->engine->restart(database, err);
}

/* --- Statements ------------------------------------------------------------- */

void statement_fail(struct statement *statement, enum event_result result,
		    const struct error *why)
{
	if (statement->result != EVENT_DONE)
		return;
	statement->result = result;
	statement->error = *why;
}

struct statement *database_statement(struct database *database, const char *sql)
{
	struct statement *statement = database->statements;

	while (statement != NULL && statement->sql != sql)
		statement = statement->next;
	if (statement == NULL) {
		statement = calloc(1, database->engine->statement_bytes);
		if (statement == NULL)
			return &database->no_memory;
		statement->database = database;
		statement->sql = sql;
		statement->next = database->statements;
		database->statements = statement;
	}
	statement->result = EVENT_DONE;
	database->engine->prepare(statement);
	return statement;
}

void statement_bind_number(struct statement *statement, int parameter,
			   long long number)
{
	if (statement->result == EVENT_DONE)
		statement->database->engine->bind_number(statement, parameter,
							 number);
}

void statement_bind_text(struct statement *statement, int parameter,
			 const char *text)
{
	if (statement->result == EVENT_DONE)
		statement->database->engine->bind_text(statement, parameter,
						       text);
}

void statement_bind_bytes(struct statement *statement, int parameter,
			  const void *bytes, size_t length)
{
	if (statement->result == EVENT_DONE)
		statement->database->engine->bind_bytes(statement, parameter,
							bytes, length);
}

bool statement_step(struct statement *statement)
{
	return statement->result == EVENT_DONE &&
	       statement->database->engine->step(statement);
}

long long statement_number(struct statement *statement, int column)
{
	return statement->database->engine->number(statement, column);
}

const char *statement_text(struct statement *statement, int column)
{
	return statement->database->engine->text(statement, column);
}

const void *statement_bytes(struct statement *statement, int column,
			    size_t *length)
{
	return statement->database->engine->bytes(statement, column, length);
}

bool statement_is_null(struct statement *statement, int column)
{
	return statement->database->engine->is_null(statement, column);
}

char *statement_copy(struct statement *statement, int column)
{
	const char *text = statement_text(statement, column);
	char *copy = text != NULL ? strdup(text) : NULL;
	struct error err;

	if (text != NULL && copy == NULL) {
		error_no_memory(&err);
		statement_fail(statement, EVENT_BROKEN, &err);
	}
	return copy;
}

bool statement_is_good(const struct statement *statement)
{
	return statement->result == EVENT_DONE;
}

void statement_refuse(struct statement *statement, const char *why)
{
	struct error err;

	error_set(&err, EX_DATAERR, "%s is damaged: %s",
		  statement->database->path, why);
	statement_fail(statement, EVENT_BROKEN, &err);
}

enum event_result statement_end(struct statement *statement, struct error *err)
{
	enum event_result result = statement->result;

	if (result != EVENT_DONE && err != NULL)
		*err = statement->error;
	if (statement != &statement->database->no_memory)
		statement->database->engine->reset(statement);
	return result;
}

enum event_result statement_run(struct statement *statement, struct error *err)
{
	while (statement_step(statement))
		;
	return statement_end(statement, err);
}

enum event_result statement_run_later(struct statement *statement,
				      long long *number, struct error *err)
{
	const struct database_engine *engine = statement->database->engine;

	if (engine->run_later != NULL && statement->result == EVENT_DONE)
		engine->run_later(statement, number);
	else
		while (statement_step(statement))
			*number = statement_number(statement, 0);
	return statement_end(statement, err);
}
