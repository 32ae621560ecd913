#include "events/event_store.h"

#include "events/event_row.h"
#include "events/event_store_parts.h"

enum event_result event_store_get(struct event_store *store, const char *id,
				  struct event *event, struct error *err)
{
	struct database *database;
	struct statement *row;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	row = database_statement(database, database_sql(database)->by_id);
	statement_bind_text(row, 1, id);
	result = event_row_find(row, event, err);
	event_readers_give(store->readers, database);
	return result;
}

/* Some of a list, at most `step` rows; `shown` counts on. */
struct page {
	struct event_list what;
	unsigned step, shown;
	bool wants_more, is_next;
};

static void read_page(struct statement *rows, struct page *page,
		      bool (*each)(void *context, const struct event *event),
		      void *context)
{
	unsigned in_step = 0;
	struct event event;

	while ((page->is_next = statement_step(rows)) && page->wants_more &&
	       page->shown < page->what.limit && in_step < page->step) {
		event_row_read(rows, &event);
		if (statement_is_good(rows))
			page->wants_more = each(context, &event);
		page->what.after = event.number;
		event_free(&event);
		page->shown++;
		in_step++;
	}
}

static enum event_result list_page(struct database *database, struct page *page,
				   bool (*each)(void *context,
						const struct event *event),
				   void *context, struct error *err)
{
	const struct event_sql *sql = database_sql(database);
	const struct event_list *what = &page->what;
	unsigned left = what->limit - page->shown;
	struct statement *rows = database_statement(
		database, what->has_status ? sql->list_status : sql->list);

	page->step = left < sql->list_step ? left : sql->list_step;
	statement_bind_number(rows, 1, what->after);
	/* One more than is shown tells whether there is more. */
	statement_bind_number(rows, 2, (long long)page->step + 1);
	if (what->has_status)
		statement_bind_number(rows, 3, what->status);
	read_page(rows, page, each, context);
	return statement_end(rows, err);
}

enum event_result event_store_list(
	struct event_store *store, const struct event_list *what,
	bool (*each)(void *context, const struct event *event), void *context,
	bool *has_more, struct error *err)
{
	struct page page = {.what = *what, .wants_more = true, .is_next = true};
	struct database *database;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	while (result == EVENT_DONE && page.is_next && page.wants_more &&
	       page.shown < what->limit)
		result = list_page(database, &page, each, context, err);
	event_readers_give(store->readers, database);
	if (result == EVENT_DONE)
		*has_more = page.is_next;
	return result;
}

static void read_counts(struct statement *row, struct event_counts *counts)
{
	int status;

	for (status = 0; status < EVENT_STATUSES; status++)
		counts->by_status[status] = statement_number(row, status);
	counts->unsent = statement_number(row, EVENT_STATUSES);
	counts->oldest_ms = statement_number(row, EVENT_STATUSES + 1);
}

enum event_result event_store_count(struct event_store *store,
				    struct event_counts *counts,
				    struct error *err)
{
	struct event_counts found = {0};
	struct database *database;
	struct statement *row;
	enum event_result result;

	result = event_readers_take(store->readers, &database, err);
	if (result != EVENT_DONE)
		return result;
	row = database_statement(database, database_sql(database)->count);
	while (statement_step(row))
		read_counts(row, &found);
	result = statement_end(row, err);
	event_readers_give(store->readers, database);
	if (result == EVENT_DONE)
		*counts = found;
	return result;
}
