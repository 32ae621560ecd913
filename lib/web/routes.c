#include "web/routes.h"

#include <string.h>

#include "base/buffer.h"
#include "base/count.h"

/* Takes one segment off `path` for a `{}`. */
static bool take_part(struct web_span *path, struct web_match *match)
{
	const char *slash = memchr(path->text, '/', path->length);
	size_t length =
		slash != NULL ? (size_t)(slash - path->text) : path->length;

	if (length == 0 || match->part_count == WEB_ROUTE_MAX_PARTS)
		return false;
	match->parts[match->part_count++] =
		(struct web_span){path->text, length};
	path->text += length;
	path->length -= length;
	return true;
}

bool web_route_fits(const char *pattern, struct web_span path,
		    struct web_match *match)
{
	match->part_count = 0;
	while (*pattern != '\0') {
		if (strcmp(pattern, "/?") == 0)
			return path.length == 0 ||
			       (path.length == 1 && path.text[0] == '/');
		if (strncmp(pattern, "{}", 2) == 0) {
			if (!take_part(&path, match))
				return false;
			pattern += 2;
		} else {
			if (path.length == 0 || path.text[0] != *pattern)
				return false;
			path.text++;
			path.length--;
			pattern++;
		}
	}
	return path.length == 0;
}

static void add_allow(unsigned methods, struct web_response *response)
{
	static const struct {
		enum web_method method;
		const char *name;
	} names[] = {{WEB_GET, "GET"},
		     {WEB_HEAD, "HEAD"},
		     {WEB_POST, "POST"},
		     {WEB_PUT, "PUT"}};
	struct buffer allow = BUFFER_EMPTY;
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (methods & (unsigned)names[i].method)
			buffer_format(&allow, "%s%s",
				      allow.length > 0 ? ", " : "",
				      names[i].name);
	if (allow.has_failed)
		web_response_give_up(response);
	else if (allow.length > 0)
		web_response_header(response, "Allow", allow.data);
	buffer_free(&allow);
}

const struct web_route *web_routes_answer(const struct web_site *site,
					  const struct web_request *request,
					  struct web_response *response)
{
	const struct web_route *fitting = NULL;
	struct web_match match = {0};
	unsigned methods = 0;

	for (match.route = site->routes; match.route->pattern != NULL;
	     match.route++) {
		if (!web_route_fits(match.route->pattern, request->path,
				    &match))
			continue;
		if (match.route->methods & (unsigned)request->method) {
			response->route = match.route;
			match.route->answer(site->context, request, &match,
					    response);
			return match.route;
		}
		if (fitting == NULL)
			fitting = match.route;
		methods |= match.route->methods;
	}
	if (fitting == NULL) {
		site->refuse(site->context, 404, request, response);
		return NULL;
	}
	response->route = fitting;
	add_allow(methods, response);
	site->refuse(site->context, 405, request, response);
	return fitting;
}
