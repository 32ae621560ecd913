/*
 * What an engine does for the connections and statements of database.h: for
 * database.c and the engines (sqlite_*.c, postgresql_*.c), nobody else. Each
 * engine's own structures begin with these.
 */
#ifndef MARQUEE_EVENTS_DATABASE_ENGINE_H
#define MARQUEE_EVENTS_DATABASE_ENGINE_H

#include "events/database.h"

struct statement {
	struct database *database;
	const char *sql;
	enum event_result result;
	struct error error;
	struct statement *next;
};

struct database_engine {
	const struct event_sql *sql;
	size_t statement_bytes; /* of its own structure */
	/* All statements were dropped. Frees `database`, but not its path. */
	void (*close)(struct database *database);
	enum event_result (*run)(struct database *database, const char *sql,
				 struct error *err);
	/* begin, commit, …; NULL: as any other statement */
	enum event_result (*command)(struct database *database, const char *sql,
				     struct error *err);
	long long (*changes)(const struct database *database);
	bool (*is_in_transaction)(const struct database *database);
	bool (*is_moved)(const struct database *database);
	bool (*may_retry)(const struct database *database);
	enum event_result (*restart)(struct database *database,
				     struct error *err);
	/* A failure of these is the statement's, statement_fail. They are called
	 * while it has none; the last two always. */
	void (*prepare)(struct statement *statement);
	void (*bind_number)(struct statement *statement, int parameter,
			    long long number);
	void (*bind_text)(struct statement *statement, int parameter,
			  const char *text);
	void (*bind_bytes)(struct statement *statement, int parameter,
			   const void *bytes, size_t length);
	/* statement_run_later; NULL: it is run at once. */
	void (*run_later)(struct statement *statement, long long *number);
	bool (*step)(struct statement *statement);
	long long (*number)(struct statement *statement, int column);
	const char *(*text)(struct statement *statement, int column);
	const void *(*bytes)(struct statement *statement, int column,
			     size_t *length);
	bool (*is_null)(struct statement *statement, int column);
	void (*reset)(struct statement *statement);
	void (*drop)(struct statement *statement);
};

struct database {
	const struct database_engine *engine;
	char *path;
	bool has_failed; /* the disk has */
	struct statement *statements;
	struct statement no_memory; /* where there is none for another */
};

/* `bytes` of an engine's own structure, at least those of struct database. NULL
 * where there is no memory. */
struct database *database_make(const struct database_engine *engine,
			       size_t bytes, const char *path);

/* Its first failure. */
void statement_fail(struct statement *statement, enum event_result result,
		    const struct error *why);

#endif
