/* redis_url: what a Redis URL means, and which texts are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/redis_url.h"
#include "base_fixture.h"

static void a_url_comes_apart_into_its_parts(void **state)
{
	static const struct {
		const char *text, *user, *password, *host;
		int port, database;
	} cases[] = {
		{"redis://h", "", "", "h", 6379, 0},
		{"redis://h/", "", "", "h", 6379, 0},
		{"redis://h:1/2", "", "", "h", 1, 2},
		{"redis://:p@h", "", "p", "h", 6379, 0},
		{"redis://u:p%40%3a@h:65535/1000000", "u", "p@:", "h", 65535,
		 1000000},
		{"redis://[::1]:99/3", "", "", "::1", 99, 3},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct redis_url url = {0};
		struct error err = {0};

		if (redis_url_read(cases[i].text, &url, &err) != 0)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(url.user, cases[i].user);
		assert_string_equal(url.password, cases[i].password);
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.database, cases[i].database);
		redis_url_free(&url);
		assert_null(url.password);
	}
}

static void what_is_no_url_is_refused_without_showing_its_password(void **state)
{
	static const char *const texts[] = {
		"",
		"secret",
		"rediss://:secret@h",
		"redis:/:secret@h",
		"REDIS://:secret@h",
		"amqp://:secret@h",
		"redis://secret@h",
		"redis://:secret@h:0",
		"redis://:secret@h:65536",
		"redis://:secret@h/x",
		"redis://:secret@h/-1",
		"redis://:secret@h/1000001",
		"redis://:secret@h/99999999999999999999",
		"redis://:secret@h/1/2",
		"redis://:secret@h?db=1",
		"redis://:secret@h#1",
		"redis://:secret%@h",
		"redis://:secret%00@h",
		"redis://:secret@h@h",
		"redis://:secret@[::1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct redis_url url = {0};
		struct error err = {0};

		if (redis_url_read(texts[i], &url, &err) == 0)
			fail_msg("%s is taken", texts[i]);
		assert_int_equal(err.code, EX_CONFIG);
		if (strstr(err.message, "secret") != NULL)
			fail_msg("%s", err.message);
		assert_null(url.host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_comes_apart_into_its_parts),
		cmocka_unit_test(
			what_is_no_url_is_refused_without_showing_its_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
