#include "web/request_counters.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"

static const struct {
	enum web_method method;
	const char *name;
} methods[] = {
	{WEB_GET, "GET"}, {WEB_HEAD, "HEAD"},          {WEB_POST, "POST"},
	{WEB_PUT, "PUT"}, {WEB_OTHER_METHOD, "other"},
};

static const struct {
	int status; /* 0: any other */
	const char *name;
} statuses[] = {
	{200, "200"}, {201, "201"}, {206, "206"}, {304, "304"}, {400, "400"},
	{404, "404"}, {405, "405"}, {411, "411"}, {412, "412"}, {413, "413"},
	{415, "415"}, {416, "416"}, {422, "422"}, {431, "431"}, {500, "500"},
	{502, "502"}, {503, "503"}, {504, "504"}, {507, "507"}, {0, "other"},
};

#define METHODS COUNT(methods)
#define STATUSES COUNT(statuses)

/* Of a slot's cell: room for 10^12 requests in ten minutes, and slots for a
 * long time. */
#define SLOT_SHIFT 40

/* What one route has counted. */
struct counted {
	atomic_llong requests[METHODS][STATUSES];
};

struct request_counters {
	struct metric_label responder;
	const struct web_route *routes;
	size_t route_count;
	long long started_ms; /* wall clock */
	atomic_llong in_flight;
	/* Requests of a slot of the day, and, above SLOT_SHIFT, its number, by
	 * that modulo DAY_SLOTS. */
	atomic_ullong day[DAY_SLOTS];
	struct counted counted[]; /* one a route, then that of no route */
};

static const struct metric requests_total = {
	"marquee_http_requests_total", METRIC_COUNTER,
	"Requests that a responder has answered since it started. What nginx "
	"answers from its microcache, from files or with an error of its own "
	"is in its access log only."};
static const struct metric requests_in_flight = {
	"marquee_http_requests_in_flight", METRIC_GAUGE,
	"Requests that a responder is answering, the one for these numbers "
	"included."};
static const struct metric start_time = {
	"marquee_responder_start_time_seconds", METRIC_GAUGE,
	"When a responder started, in seconds since 1970."};

struct request_counters *request_counters_create(const char *responder,
						 const struct web_route *routes,
						 struct error *err)
{
	struct request_counters *counters;
	size_t count = 0;

	while (routes[count].pattern != NULL)
		count++;
	counters = calloc(1, sizeof(*counters) +
				     (count + 1) * sizeof(struct counted));
	if (counters == NULL) {
		error_no_memory(err);
		return NULL;
	}
	counters->responder = (struct metric_label){"responder", responder,
						    strlen(responder)};
	counters->routes = routes;
	counters->route_count = count;
	counters->started_ms = clock_wall_ms();
	return counters;
}

void request_counters_free(struct request_counters *counters)
{
	free(counters);
}

/* Nobody draws conclusions from the order of two counts, so none is kept. */
static void add(atomic_llong *count, long long change)
{
	atomic_fetch_add_explicit(count, change, memory_order_relaxed);
}

static long long value_of(const atomic_llong *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

void request_counters_begin(struct request_counters *counters)
{
	add(&counters->in_flight, 1);
}

static void add_to_day(struct request_counters *counters)
{
	unsigned long long slot =
		(unsigned long long)clock_wall_ms() / 1000 / DAY_SLOT_S;
	atomic_ullong *cell = &counters->day[slot % DAY_SLOTS];
	unsigned long long was, is;

	was = atomic_load_explicit(cell, memory_order_relaxed);
	do
		is = was >> SLOT_SHIFT == slot ? was + 1
					       : (slot << SLOT_SHIFT) + 1;
	while (!atomic_compare_exchange_weak_explicit(
		cell, &was, is, memory_order_relaxed, memory_order_relaxed));
}

void request_counters_day(const struct request_counters *counters,
			  long long counts[DAY_SLOTS])
{
	long long now = clock_wall_ms() / 1000 / DAY_SLOT_S;
	long long start = counters->started_ms / 1000 / DAY_SLOT_S, slot;
	unsigned long long cell;
	int i;

	for (i = 0; i < DAY_SLOTS; i++) {
		slot = now - (DAY_SLOTS - 1 - i);
		cell = atomic_load_explicit(&counters->day[slot % DAY_SLOTS],
					    memory_order_relaxed);
		counts[i] = slot < start ? -1 : 0;
		if ((long long)(cell >> SLOT_SHIFT) == slot)
			counts[i] =
				(long long)(cell & ((1ULL << SLOT_SHIFT) - 1));
	}
}

static size_t method_index(enum web_method method)
{
	size_t i = 0;

	while (i < METHODS - 1 && methods[i].method != method)
		i++;
	return i;
}

static size_t status_index(int status)
{
	size_t i = 0;

	while (i < STATUSES - 1 && statuses[i].status != status)
		i++;
	return i;
}

void request_counters_end(struct request_counters *counters,
			  const struct web_route *route, enum web_method method,
			  int status)
{
	size_t i = route != NULL ? (size_t)(route - counters->routes)
				 : counters->route_count;
	size_t m = method_index(method);
	size_t s = status_index(status != 0 ? status : 500);

	add(&counters->counted[i].requests[m][s], 1);
	add(&counters->in_flight, -1);
	add_to_day(counters);
}

struct counting {
	struct request_counters *counters;
	enum web_method method;
};

static void count(void *context, const struct web_response *response)
{
	const struct counting *counting = context;

	request_counters_end(counting->counters, response->route,
			     counting->method, response->status);
}

/* Who has seen the end of an answer finds it counted. */
void request_counters_answer(struct request_counters *counters,
			     const struct web_site *site,
			     const struct web_request *request,
			     struct web_response *response)
{
	struct counting counting = {counters, request->method};

	if (counters != NULL) {
		request_counters_begin(counters);
		response->at_end = (struct web_end){count, &counting};
	}
	web_routes_answer(site, request, response);
	web_response_end(response);
}

static void write_route(const struct request_counters *counters,
			const struct counted *counted, const char *pattern,
			struct metrics_writer *writer)
{
	struct metric_label labels[] = {
		counters->responder,
		{"route", pattern, strlen(pattern)},
		{"method", "", 0},
		{"status", "", 0},
	};
	size_t m, s;

	for (m = 0; m < METHODS; m++)
		for (s = 0; s < STATUSES; s++) {
			long long count = value_of(&counted->requests[m][s]);

			if (count == 0)
				continue;
			labels[2].value = methods[m].name;
			labels[2].value_length = strlen(methods[m].name);
			labels[3].value = statuses[s].name;
			labels[3].value_length = strlen(statuses[s].name);
			metrics_put(writer, &requests_total, labels, 4, count);
		}
}

void request_counters_write(const void *context, struct metrics_writer *writer)
{
	const struct request_counters *counters = context;
	size_t i;

	for (i = 0; i < counters->route_count; i++)
		write_route(counters, &counters->counted[i],
			    counters->routes[i].pattern, writer);
	write_route(counters, &counters->counted[i], "other", writer);
	metrics_put(writer, &requests_in_flight, &counters->responder, 1,
		    value_of(&counters->in_flight));
	metrics_put_ms(writer, &start_time, &counters->responder, 1,
		       counters->started_ms);
}
