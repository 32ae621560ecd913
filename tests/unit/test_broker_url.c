/* broker_url: what an AMQP URL means, and which texts are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "events/broker_url.h"

static void a_url_comes_apart_into_its_parts(void **state)
{
	static const struct {
		const char *text, *user, *password, *host, *vhost;
		int port;
		bool is_tls;
	} cases[] = {
		{"amqp://a:b@c:1/d", "a", "b", "c", "d", 1, false},
		{"amqps://a:b@c:1/d", "a", "b", "c", "d", 1, true},
		{"amqp://", "guest", "guest", "localhost", "/", 5672, false},
		{"amqps://", "guest", "guest", "localhost", "/", 5671, true},
		{"amqp://host", "guest", "guest", "host", "/", 5672, false},
		{"amqps://host", "guest", "guest", "host", "/", 5671, true},
		{"amqp://host:", "guest", "guest", "host", "/", 5672, false},
		{"amqp://host/", "guest", "guest", "host", "/", 5672, false},
		{"amqp://host/%2F", "guest", "guest", "host", "/", 5672, false},
		{"amqp://host/%2f", "guest", "guest", "host", "/", 5672, false},
		{"amqp://host/a%2fb%20c", "guest", "guest", "host", "a/b c",
		 5672, false},
		{"amqp://u@host:65535", "u", "guest", "host", "/", 65535,
		 false},
		{"amqp://u:@host", "u", "guest", "host", "/", 5672, false},
		{"amqp://:p@host", "guest", "p", "host", "/", 5672, false},
		{"amqp://u:p:q@host", "u", "p:q", "host", "/", 5672, false},
		{"amqp://%61dm%c3%a4n:p%40%3a%2F%25@h/v%c3%b6", "adm\xc3\xa4n",
		 "p@:/%", "h", "v\xc3\xb6", 5672, false},
		{"amqp://[::1]", "guest", "guest", "::1", "/", 5672, false},
		{"amqp://u:p@[2001:db8::1]:99/v", "u", "p", "2001:db8::1", "v",
		 99, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct broker_url url = {0};
		struct error err = {0};

		if (broker_url_read(cases[i].text, &url, &err) != 0)
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(url.user, cases[i].user);
		assert_string_equal(url.password, cases[i].password);
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.vhost, cases[i].vhost);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.is_tls, cases[i].is_tls);
		broker_url_free(&url);
		assert_null(url.password);
	}
}

static void what_is_no_url_is_refused_without_showing_its_password(void **state)
{
	static const char *const texts[] = {
		"",
		"secret",
		"http://u:secret@host/",
		"amqp:u:secret@host",
		"amqp:/u:secret@host",
		"AMQP://u:secret@host",
		"amqp://u:secret@host:port",
		"amqp://u:secret@host:0",
		"amqp://u:secret@host:65536",
		"amqp://u:secret@host:-1",
		"amqp://u:secret@host:99999999999999999999",
		"amqp://u:secret@host:1 ",
		"amqp://u:secret@@host",
		"amqp://u:secret@host@host",
		"amqp://u:secret@host/a/b",
		"amqp://u:secret@host//",
		"amqp://u:secret@host/v?heartbeat=1",
		"amqp://u:secret@host?heartbeat=1",
		"amqp://u:secret@host/v#f",
		"amqp://u:secret%@host",
		"amqp://u:secret%4@host",
		"amqp://u:secret%4g@host",
		"amqp://u:secret%+1@host",
		"amqp://u:secret%00@host",
		"amqp://u:secret@host/%00",
		"amqp://u:secret@host/%",
		"amqp://u:secret@[::1",
		"amqp://u:secret@[]",
		"amqp://u:secret@[::1]x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		struct broker_url url = {0};
		struct error err = {0};

		if (broker_url_read(texts[i], &url, &err) == 0)
			fail_msg("%s is taken", texts[i]);
		assert_int_equal(err.code, EX_CONFIG);
		if (strstr(err.message, "secret") != NULL)
			fail_msg("%s", err.message);
		assert_null(url.password);
		assert_null(url.host);
	}
}

static void each_part_has_a_longest(void **state)
{
	static const char *const forms[] = {"amqp://%s:p@h/v", "amqp://u:%s@h",
					    "amqp://u:p@%s", "amqp://h/%s"};
	char part[BROKER_URL_PART_MAX_BYTES + 2], text[600];
	size_t i, length;

	(void)state;
	for (i = 0; i < COUNT(forms); i++)
		for (length = BROKER_URL_PART_MAX_BYTES;
		     length <= BROKER_URL_PART_MAX_BYTES + 1; length++) {
			struct broker_url url = {0};
			const char *gap = strstr(forms[i], "%s");

			memset(part, 'x', length);
			part[length] = '\0';
			snprintf(text, sizeof(text), "%.*s%s%s",
				 (int)(gap - forms[i]), forms[i], part,
				 gap + 2);
			assert_int_equal(
				broker_url_read(text, &url, NULL),
				length > BROKER_URL_PART_MAX_BYTES ? -1 : 0);
			broker_url_free(&url);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_comes_apart_into_its_parts),
		cmocka_unit_test(
			what_is_no_url_is_refused_without_showing_its_password),
		cmocka_unit_test(each_part_has_a_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
