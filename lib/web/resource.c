#include "web/resource.h"

#include <stdbool.h>

#include "base/log.h"
#include "cache/cache_hold.h"
#include "web/freshness.h"
#include "web/negotiate.h"
#include "web/problem.h"
#include "web/representation.h"

static const char *const form_types[RESOURCE_FORMS] = {"text/html",
						       "application/json"};

/* A resource looked up in one snapshot. */
struct found {
	const struct resource *resource;
	const struct cache_snapshot *snapshot;
	struct cache_entry entries[RESOURCE_FORMS];
	bool has[RESOURCE_FORMS];
};

/* Returns how many forms there are, or -1. */
static int find_forms(struct found *found, struct error *err)
{
	int form, status, count = 0;

	for (form = 0; form < RESOURCE_FORMS; form++) {
		const char *name = found->resource->names[form];

		found->has[form] = false;
		if (name == NULL)
			continue;
		status = cache_snapshot_find(found->snapshot, name,
					     &found->entries[form], err);
		if (status < 0)
			return -1;
		found->has[form] = status == 1;
		count += status;
	}
	return count;
}

static enum resource_form choose_form(const struct found *found,
				      const struct web_request *request)
{
	if (!found->has[RESOURCE_HTML])
		return RESOURCE_JSON;
	if (!found->has[RESOURCE_JSON])
		return RESOURCE_HTML;
	return (enum resource_form)negotiate_media_type(
		web_request_header(request, "HTTP_ACCEPT"), form_types,
		RESOURCE_FORMS);
}

static int send_form(const struct resource_store *store,
		     const struct found *found,
		     const struct web_request *request,
		     struct web_response *response, struct error *err)
{
	enum resource_form form = choose_form(found, request);
	struct buffer location = BUFFER_EMPTY;
	struct freshness freshness;
	struct representation representation = {
		.snapshot = found->snapshot,
		.name = found->resource->names[form],
		.entry = &found->entries[form],
		.status = 200,
		.is_negotiated =
			found->resource->names[RESOURCE_HTML] != NULL &&
			found->resource->names[RESOURCE_JSON] != NULL,
		.location = found->resource->locations[form],
		.freshness = &freshness,
	};
	int status;

	freshness_look(store->cache_dir, store->site,
		       found->snapshot->published_at, &freshness, NULL);
	if (representation.is_negotiated && representation.location == NULL) {
		buffer_format(&location, "/%s", representation.name);
		if (buffer_check(&location, err) != 0)
			return -1;
		representation.location = location.data;
	}
	status = representation_answer(&representation, request, response, err);
	buffer_free(&location);
	return status;
}

/* Sends the first reading that is there. Returns 1, 0 where none is, -1. */
static int send_first(const struct resource_store *store,
		      const struct cache_snapshot *snapshot,
		      const struct resource *readings, size_t count,
		      const struct web_request *request,
		      struct web_response *response, struct error *err)
{
	struct found found = {.snapshot = snapshot};
	size_t i;

	for (i = 0; i < count; i++) {
		int forms;

		found.resource = &readings[i];
		forms = find_forms(&found, err);
		if (forms < 0)
			return -1;
		if (forms > 0)
			return send_form(store, &found, request, response,
					 err) == 0
				       ? 1
				       : -1;
	}
	return 0;
}

/* The current generation: held by the store, or opened for this request. */
struct reading {
	const struct cache_snapshot *snapshot;
	struct cache_snapshot own;
};

static int begin_reading(const struct resource_store *store,
			 struct reading *reading, struct error *err)
{
	if (store->hold != NULL)
		return cache_hold_take(store->hold, &reading->snapshot, err);
	reading->snapshot = &reading->own;
	return cache_snapshot_open(store->cache_dir, store->site, &reading->own,
				   err);
}

static void end_reading(const struct resource_store *store,
			struct reading *reading)
{
	if (store->hold != NULL)
		cache_hold_give_back(store->hold, reading->snapshot);
	else
		cache_snapshot_close(&reading->own);
}

void resource_answer(const struct resource_store *store,
		     const struct resource *readings, size_t count,
		     const struct web_request *request,
		     struct web_response *response)
{
	struct reading reading;
	struct error err = {0};
	int status = begin_reading(store, &reading, &err);

	if (status == CACHE_EMPTY) {
		resource_refuse(store, 503, request, response);
		return;
	}
	if (status == 0) {
		status = send_first(store, reading.snapshot, readings, count,
				    request, response, &err);
		end_reading(store, &reading);
	}
	if (status < 0) {
		log_event(LOG_LEVEL_ERROR, "the cache cannot be read", "reason",
			  err.message, NULL);
		resource_refuse(store, 503, request, response);
	} else if (status == 0) {
		resource_refuse(store, 404, request, response);
	}
}

/* Tries the published error page. Returns whether it was sent. */
static bool send_error_page(const struct resource_store *store, int status,
			    const struct web_request *request,
			    struct web_response *response)
{
	struct buffer name = BUFFER_EMPTY;
	struct reading reading;
	struct cache_entry entry;
	struct representation page = {
		.entry = &entry, .status = status, .is_negotiated = true};
	bool is_sent = false;

	buffer_format(&name, "error/%d.html", status);
	if (name.has_failed || begin_reading(store, &reading, NULL) != 0)
		goto out;
	page.snapshot = reading.snapshot;
	page.name = name.data;
	if (cache_snapshot_find(page.snapshot, page.name, &entry, NULL) == 1)
		is_sent = representation_answer(&page, request, response,
						NULL) == 0;
	end_reading(store, &reading);
out:
	buffer_free(&name);
	return is_sent;
}

void resource_refuse(const struct resource_store *store, int status,
		     const struct web_request *request,
		     struct web_response *response)
{
	if (!problem_is_json(request) &&
	    send_error_page(store, status, request, response))
		return;
	problem_answer(&(struct problem){.status = status,
					 .detail =
						 problem_usual_detail(status)},
		       request, response);
}
