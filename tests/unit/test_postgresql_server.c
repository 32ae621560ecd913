/* postgresql_server: what is asked of libpq for a URL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/count.h"
#include "events/postgresql_parts.h"

static const char *value_of(const struct postgresql *server, const char *name)
{
	size_t i;

	for (i = 0; i < server->count; i++)
		if (strcmp(server->names[i], name) == 0)
			return server->values[i];
	return NULL;
}

/* libpq would take the one of the home directory, or none. */
static void whoever_checks_the_server_has_authorities_to_do_it_by(void **state)
{
	static const struct {
		const char *parameters, *expected;
	} cases[] = {
		{"", "/nonexistent/root.crt"},
		{"?sslmode=require", "/nonexistent/root.crt"},
		{"?sslmode=verify-ca", "/etc/ssl/certs/ca-certificates.crt"},
		{"?sslmode=verify-full", "/etc/ssl/certs/ca-certificates.crt"},
		{"?sslmode=verify-full&sslrootcert=/my.crt", "/my.crt"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct postgresql *server;
		struct error err = {0};
		char url[128];

		snprintf(url, sizeof(url), "postgresql://u@h/d%s",
			 cases[i].parameters);
		server = postgresql_open(url, 1000, &err);
		if (server == NULL)
			fail_msg("%s: %s", url, err.message);
		assert_string_equal(value_of(server, "sslrootcert"),
				    cases[i].expected);
		postgresql_close(server);
	}
	postgresql_close(NULL);
}

static void what_is_no_url_of_an_event_log_is_refused(void **state)
{
	static const char *const urls[] = {
		"postgresql://u:secret@h",
		"postgresql://:secret@h/d",
		"postgresql://h/d?user=&password=secret",
		"postgresql://u:secret@h/?dbname=",
		"postgresql://u:secret@h/d?options=-c%20fsync=off",
		"postgresql://u:secret@h/d?connect_timeout=1",
		"postgresql://u:secret@h:x:y/d?no_such=1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(urls); i++) {
		struct error err = {0};

		if (postgresql_open(urls[i], 1000, &err) != NULL)
			fail_msg("%s is taken", urls[i]);
		assert_int_equal(err.code, EX_CONFIG);
		if (strstr(err.message, "secret") != NULL)
			fail_msg("%s", err.message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whoever_checks_the_server_has_authorities_to_do_it_by),
		cmocka_unit_test(what_is_no_url_of_an_event_log_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
