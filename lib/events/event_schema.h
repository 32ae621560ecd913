/*
 * The tables of the event log, and how those of an older Marquee become those
 * of this one. Their version stands in PRAGMA user_version, whose file it is in
 * PRAGMA application_id (https://www.sqlite.org/fileformat2.html §1.3).
 *
 * event		the log itself; number is its order
 * outbox	the events that still have to be handed on. due_ms: 0 ready,
 *		else when its lease or its step back ends; token: whose it is
 * idempotency	what Idempotency-Key was used for
 * tally	how many events have a status, and, as status -1, how many are
 *		in the outbox; kept by triggers
 */
#ifndef MARQUEE_EVENTS_EVENT_SCHEMA_H
#define MARQUEE_EVENTS_EVENT_SCHEMA_H

#include <stdbool.h>

#include "events/database.h"

#define EVENT_SCHEMA_VERSION 1
#define EVENT_SCHEMA_APPLICATION_ID 0x4d415251 /* "MARQ" */

#define EVENT_SCHEMA_UNSENT (-1) /* in `tally` */

/* Whether the file is an event log that this program knows: EX_DATAERR where it
 * is something else or of a newer Marquee. Writes nothing. `version` is set to
 * its version, 0 where it is empty. */
enum event_result event_schema_check(struct database *database,
				     long long *version, struct error *err);

/* Whether it is an event log of this very version: for whoever opens it after it
 * was migrated. */
enum event_result event_schema_check_current(struct database *database,
					     struct error *err);

/* Reads the whole file and says what is damaged (EX_DATAERR). */
enum event_result event_schema_check_integrity(struct database *database,
					       struct error *err);

/* Makes the missing tables: from any older version, the empty file's too, to
 * this one, in one transaction. The database is owned (sqlite_own), and was
 * checked. */
enum event_result event_schema_migrate(struct database *database,
				       struct error *err);

#endif
