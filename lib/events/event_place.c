#include "events/event_place.h"

#include <stdlib.h>

#include "base/clock.h"
#include "events/event_outbox.h"
#include "events/event_schema.h"
#include "events/sqlite.h"

/* The file may be another one than when it was checked. */
static enum event_result connect_file(const struct event_place *place,
				      enum database_mode mode,
				      struct database **database,
				      struct error *err)
{
	struct database *opened;
	enum event_result result;

	result = sqlite_open(place->path, mode, place->busy_ms, &opened, err);
	if (result != EVENT_DONE)
		return result;
	result = event_schema_check_current(opened, err);
	if (result == EVENT_DONE && mode == DATABASE_WRITE)
		result = sqlite_own(opened, err);
	if (result == EVENT_DONE)
		*database = opened;
	else
		database_close(opened);
	return result;
}

enum event_result event_place_connect(const struct event_place *place,
				      enum database_mode mode,
				      struct database **database,
				      struct error *err)
{
	return place->server != NULL
		       ? postgresql_connect(place->server, database, err)
		       : connect_file(place, mode, database, err);
}

void event_place_ring(const struct event_place *place)
{
	if (place->server == NULL)
		event_watch_ring(place->path);
}

long long event_place_now_ms(const struct event_place *place)
{
	return place->server != NULL ? postgresql_now_ms(place->server)
				     : clock_wall_ms();
}

void event_place_free(struct event_place *place)
{
	postgresql_close(place->server);
	free(place->path);
}
