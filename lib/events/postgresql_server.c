#include "events/postgresql_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/setting_rules.h"

/* What is asked of libpq in every case (§34.1.2). A server, a network or a host
 * that is silent is given up. What is read from the home directory otherwise is
 * none of ours, and out of reach for who is confined. */
static const struct {
	const char *name, *value;
} fixed[] = {
	{"application_name", "marquee"},
	{"client_encoding", "UTF8"},
	{"connect_timeout", "3"}, /* seconds, of each host */
	{"gssencmode", "disable"},
	{"keepalives", "1"},
	{"keepalives_idle", "10"},
	{"keepalives_interval", "5"},
	{"keepalives_count", "3"},
	{"tcp_user_timeout", "7000"}, /* ms */
	{"passfile", "/nonexistent/pgpass"},
};

/* What the URL may say; each its value where it does not, NULL: libpq's. */
static const struct {
	const char *name, *preset;
} given[] = {
	{"host", NULL},
	{"hostaddr", NULL},
	{"port", "5432"},
	{"dbname", NULL},
	{"user", NULL},
	{"password", NULL},
	{"sslmode", "prefer"},
	{"sslrootcert", "/nonexistent/root.crt"},
	{"sslcrl", "/nonexistent/root.crl"},
	{"sslcert", "/nonexistent/client.crt"},
	{"sslkey", "/nonexistent/client.key"},
	{"target_session_attrs", "any"},
};

_Static_assert(COUNT(fixed) + COUNT(given) < POSTGRESQL_OPTIONS,
	       "they have room, and their end");

/* Debian's, where the server's certificate is to be checked. */
#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

static int refuse(const struct postgresql *server, const char *why,
		  struct error *err)
{
	return error_set(err, EX_CONFIG, "MARQUEE_EVENTS_URL is \"%s\": %s",
			 server->shown, why);
}

static const char *find(const PQconninfoOption *options, const char *name)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, name) == 0)
			return options->val;
	return NULL;
}

static int add(struct postgresql *server, const char *name, const char *value,
	       struct error *err)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return error_no_memory(err);
	server->names[server->count] = name;
	server->values[server->count++] = copy;
	return 0;
}

static bool is_given(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(given); i++)
		if (strcmp(given[i].name, name) == 0)
			return true;
	return false;
}

static int check(const struct postgresql *server,
		 const PQconninfoOption *options, struct error *err)
{
	const PQconninfoOption *option;
	struct error why;

	for (option = options; option->keyword != NULL; option++) {
		if (option->val == NULL || is_given(option->keyword))
			continue;
		error_set(&why, EX_CONFIG, "the parameter %s is not allowed",
			  option->keyword);
		return refuse(server, why.message, err);
	}
	if (find(options, "user") == NULL || find(options, "user")[0] == '\0')
		return refuse(server, "it names no user", err);
	if (find(options, "dbname") == NULL ||
	    find(options, "dbname")[0] == '\0')
		return refuse(server, "it names no database", err);
	return 0;
}

static int take(struct postgresql *server, const PQconninfoOption *options,
		struct error *err)
{
	const char *value, *mode = find(options, "sslmode");
	bool verifies = mode != NULL && strncmp(mode, "verify-", 7) == 0;
	int status = check(server, options, err);
	size_t i;

	for (i = 0; i < COUNT(fixed) && status == 0; i++)
		status = add(server, fixed[i].name, fixed[i].value, err);
	for (i = 0; i < COUNT(given) && status == 0; i++) {
		value = find(options, given[i].name);
		if (value == NULL && verifies &&
		    strcmp(given[i].name, "sslrootcert") == 0)
			value = AUTHORITIES;
		if (value == NULL)
			value = given[i].preset;
		if (value != NULL)
			status = add(server, given[i].name, value, err);
	}
	return status;
}

/* What libpq says of a URL may quote its password. */
static int read_url(struct postgresql *server, const char *url,
		    struct error *err)
{
	struct buffer shown = BUFFER_EMPTY;
	PQconninfoOption *options;
	int status;

	setting_rule_mask(url, &shown);
	if (buffer_check(&shown, err) != 0) {
		buffer_free(&shown);
		return -1;
	}
	server->shown = shown.data;
	options = PQconninfoParse(url, NULL);
	if (options == NULL)
		return refuse(server, "it is no URL of a PostgreSQL database",
			      err);
	status = take(server, options, err);
	PQconninfoFree(options);
	return status;
}

struct postgresql *postgresql_open(const char *url, int busy_ms,
				   struct error *err)
{
	struct postgresql *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		error_no_memory(err);
		return NULL;
	}
	pthread_mutex_init(&server->lock, NULL);
	server->busy_ms = busy_ms;
	if (read_url(server, url, err) == 0)
		return server;
	postgresql_close(server);
	return NULL;
}

void postgresql_close(struct postgresql *server)
{
	size_t i;

	if (server == NULL)
		return;
	for (i = 0; i < server->count; i++)
		free(server->values[i]);
	free(server->shown);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

void postgresql_set_clock(struct postgresql *server, long long now_ms)
{
	long long here_ms = clock_monotonic_ms();

	pthread_mutex_lock(&server->lock);
	server->ahead_ms = now_ms - here_ms;
	server->has_clock = true;
	pthread_mutex_unlock(&server->lock);
}

long long postgresql_now_ms(struct postgresql *server)
{
	long long now_ms;

	pthread_mutex_lock(&server->lock);
	now_ms = server->has_clock ? clock_monotonic_ms() + server->ahead_ms
				   : clock_wall_ms();
	pthread_mutex_unlock(&server->lock);
	return now_ms;
}
