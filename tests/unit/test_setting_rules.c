/* setting_rules: what each setting may be, and how it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/setting_rules.h"
#include "base/text.h"
#include "base_fixture.h"

static void every_setting_has_a_name_of_its_own_and_a_meaning(void **state)
{
	int id, other;

	(void)state;
	for (id = 0; id < SETTING_COUNT; id++) {
		const struct setting_rule *rule = &setting_rules[id];

		assert_non_null(rule->name);
		assert_memory_equal(rule->name, "MARQUEE_", 8);
		assert_true(strlen(rule->meaning) > 0);
		for (other = 0; other < id; other++)
			assert_string_not_equal(rule->name,
						setting_rules[other].name);
	}
}

static void every_default_is_allowed(void **state)
{
	struct error err = {0};
	int id;

	(void)state;
	for (id = 0; id < SETTING_COUNT; id++)
		if (setting_rule_check(&setting_rules[id],
				       setting_rules[id].preset, &err) != 0)
			fail_msg("%s", err.message);
}

/* The table of CONTRACT section 5. */
static void the_defaults_are_those_of_the_contract(void **state)
{
	static const struct {
		enum setting id;
		const char *name, *preset;
	} cases[] = {
		{SETTING_CACHE_DIR, "MARQUEE_CACHE_DIR", "/var/cache/marquee"},
		{SETTING_STATE_DIR, "MARQUEE_STATE_DIR", "/var/lib/marquee"},
		{SETTING_GHIBLI_URL, "MARQUEE_GHIBLI_URL",
		 "https://ghibliapi.vercel.app"},
		{SETTING_FILES_URL, "MARQUEE_FILES_URL", ""},
		{SETTING_MAX_PAGES, "MARQUEE_MAX_PAGES", "200"},
		{SETTING_PAGE_SIZE, "MARQUEE_PAGE_SIZE", "5"},
		{SETTING_MAX_WALKS, "MARQUEE_MAX_WALKS", "8"},
		{SETTING_INDEX_TTL_S, "MARQUEE_INDEX_TTL_S", "30"},
		{SETTING_SPECIES, "MARQUEE_SPECIES", ""},
		{SETTING_PUBLIC_URL, "MARQUEE_PUBLIC_URL", ""},
		{SETTING_POSTERS, "MARQUEE_POSTERS", "link"},
		{SETTING_TIMEOUT_MS, "MARQUEE_TIMEOUT_MS", "10000"},
		{SETTING_CONNECT_TIMEOUT_MS, "MARQUEE_CONNECT_TIMEOUT_MS",
		 "3000"},
		{SETTING_RETRIES, "MARQUEE_RETRIES", "2"},
		{SETTING_CONCURRENCY, "MARQUEE_CONCURRENCY", "16"},
		{SETTING_MAX_BYTES, "MARQUEE_MAX_BYTES", "67108864"},
		{SETTING_EVENTS_URL, "MARQUEE_EVENTS_URL", "sqlite:"},
		{SETTING_AMQP_URL, "MARQUEE_AMQP_URL", ""},
		{SETTING_REDIS_URL, "MARQUEE_REDIS_URL", ""},
		{SETTING_REDIS_AGE_S, "MARQUEE_REDIS_AGE_S", "10"},
		{SETTING_NOTIFY_ATTEMPTS, "MARQUEE_NOTIFY_ATTEMPTS", "10"},
		{SETTING_API_URL, "MARQUEE_API_URL", "http://127.0.0.1:8080"},
		{SETTING_CONFINE, "MARQUEE_CONFINE", "on"},
		{SETTING_LOG_LEVEL, "MARQUEE_LOG_LEVEL", "info"},
		{SETTING_LOG_FORMAT, "MARQUEE_LOG_FORMAT", "logfmt"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(setting_rules[cases[i].id].name,
				    cases[i].name);
		assert_string_equal(setting_rules[cases[i].id].preset,
				    cases[i].preset);
	}
}

static const struct {
	enum setting id;
	const char *value;
} allowed[] = {
	{SETTING_CACHE_DIR, "cache"},
	{SETTING_CACHE_DIR, "/srv/a b/caché"},
	{SETTING_SPECIES, ""},
	{SETTING_SPECIES, "Human, Totoro"},
	{SETTING_MAX_PAGES, "1"},
	{SETTING_MAX_PAGES, "100000"},
	{SETTING_MAX_WALKS, "1000"},
	{SETTING_INDEX_TTL_S, "0"},
	{SETTING_INDEX_TTL_S, "86400"},
	{SETTING_RETRIES, "0"},
	{SETTING_RETRIES, "007"},
	{SETTING_POSTERS, "off"},
	{SETTING_LOG_LEVEL, "debug"},
	{SETTING_LOG_LEVEL, "error"},
	{SETTING_FILES_URL, ""},
	{SETTING_FILES_URL, "http://h"},
	{SETTING_FILES_URL, "https://[::1]:8443/base"},
	{SETTING_FILES_URL, "http://user:p%40ss@host:80/"},
	{SETTING_GHIBLI_URL, "http://a http://b"},
	{SETTING_GHIBLI_URL, "  http://a   https://b  "},
	{SETTING_EVENTS_URL, "sqlite:"},
	{SETTING_EVENTS_URL, "sqlite:/var/lib/events.db"},
	{SETTING_EVENTS_URL, "postgresql://u:p@db/events"},
	{SETTING_EVENTS_URL, "postgres://db"},
	{SETTING_AMQP_URL, "amqps://u:p@broker:5671/%2f"},
	{SETTING_REDIS_URL, "redis://host:6379/0"},
	{SETTING_REDIS_URL, "redis://:p@[::1]"},
	{SETTING_REDIS_AGE_S, "0"},
};

static void what_is_allowed_passes(void **state)
{
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(allowed); i++)
		if (setting_rule_check(&setting_rules[allowed[i].id],
				       allowed[i].value, &err) != 0)
			fail_msg("%s", err.message);
}

/* The usual form of a Redis URL has a password and no user; a PostgreSQL URL
 * without a host is the server of this machine. */
static void regress_urls_that_are_in_use_were_refused(void **state)
{
	static const struct {
		enum setting id;
		const char *value;
	} cases[] = {
		{SETTING_REDIS_URL, "redis://:secret@host:6379"},
		{SETTING_EVENTS_URL, "postgresql:///events"},
		{SETTING_EVENTS_URL, "postgresql://u@/events"},
	};
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (setting_rule_check(&setting_rules[cases[i].id],
				       cases[i].value, &err) != 0)
			fail_msg("%s", err.message);
}

static void what_is_refused_names_itself_and_what_is_allowed(void **state)
{
	static const struct {
		enum setting id;
		const char *value, *allowed;
	} cases[] = {
		{SETTING_CACHE_DIR, "", "a path"},
		{SETTING_CACHE_DIR, "a\nb", "a path"},
		{SETTING_SPECIES, "Human\x1b[31m", "without control"},
		{SETTING_SPECIES, "\xc2\x9b", "without control"},
		{SETTING_MAX_PAGES, "", "from 1 to 100000"},
		{SETTING_MAX_PAGES, "0", "from 1 to 100000"},
		{SETTING_MAX_PAGES, "100001", "from 1 to 100000"},
		{SETTING_MAX_PAGES, "-1", "a whole number"},
		{SETTING_MAX_PAGES, "5 ", "a whole number"},
		{SETTING_MAX_PAGES, "5x", "a whole number"},
		{SETTING_MAX_PAGES, "1e3", "a whole number"},
		{SETTING_MAX_WALKS, "0", "from 1 to 1000"},
		{SETTING_MAX_WALKS, "1001", "from 1 to 1000"},
		{SETTING_INDEX_TTL_S, "86401", "from 0 to 86400"},
		{SETTING_MAX_BYTES, "99999999999999999999", "1099511627776"},
		{SETTING_POSTERS, "", "link off"},
		{SETTING_POSTERS, "link off", "link off"},
		{SETTING_POSTERS, "LINK", "link off"},
		{SETTING_POSTERS, "lin", "link off"},
		{SETTING_LOG_LEVEL, "trace", "debug info warn error"},
		{SETTING_LOG_FORMAT, "xml", "logfmt json"},
		{SETTING_FILES_URL, "example.org", "http:// https://"},
		{SETTING_FILES_URL, "ftp://example.org", "http:// https://"},
		{SETTING_FILES_URL, "file:///etc/passwd", "http:// https://"},
		{SETTING_FILES_URL, "HTTP//example.org", "http:// https://"},
		{SETTING_FILES_URL, "http:", "http:// https://"},
		{SETTING_FILES_URL, "http://", "http:// https://"},
		{SETTING_FILES_URL, "http:///x", "http:// https://"},
		{SETTING_FILES_URL, "http://?x", "http:// https://"},
		{SETTING_FILES_URL, "http://#x", "http:// https://"},
		{SETTING_FILES_URL, "http://:80", "http:// https://"},
		{SETTING_FILES_URL, "http://a/b?c", "without ? and #"},
		{SETTING_FILES_URL, "http://a/b#c", "without ? and #"},
		{SETTING_FILES_URL, "http://u@", "http:// https://"},
		{SETTING_FILES_URL, "http://u@/x", "http:// https://"},
		{SETTING_FILES_URL, "http://u@:80", "http:// https://"},
		{SETTING_FILES_URL, "http://a http://b", "http:// https://"},
		{SETTING_FILES_URL, "http://a\"b", "http:// https://"},
		{SETTING_FILES_URL, "http://a<b>", "http:// https://"},
		{SETTING_FILES_URL, " http://a", "http:// https://"},
		{SETTING_GHIBLI_URL, "", "URLs between spaces"},
		{SETTING_GHIBLI_URL, "  ", "URLs between spaces"},
		{SETTING_GHIBLI_URL, "http://a b", "http:// https://"},
		{SETTING_GHIBLI_URL, "b http://a", "http:// https://"},
		{SETTING_REDIS_URL, "rediss://host", "redis://"},
		{SETTING_AMQP_URL, "http://host", "amqp:// amqps://"},
		{SETTING_EVENTS_URL, "mysql://host", "sqlite: postgresql://"},
	};
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct setting_rule *rule = &setting_rules[cases[i].id];

		err = (struct error){0};
		if (setting_rule_check(rule, cases[i].value, &err) != -1)
			fail_msg("%s takes <%s>", rule->name, cases[i].value);
		assert_int_equal(err.code, EX_CONFIG);
		assert_holds(err.message, rule->name);
		assert_holds(err.message, cases[i].allowed);
		if (!text_has_control(cases[i].value, strlen(cases[i].value)))
			assert_holds(err.message, cases[i].value);
		assert_false(
			text_has_control(err.message, strlen(err.message)));
	}
}

static const struct {
	const char *value, *shown;
} masked[] = {
	{"", ""},
	{"link", "link"},
	{"  a  b ", "  a  b "},
	{"http://host/path", "http://host/path"},
	{"http://host:8080/", "http://host:8080/"},
	{"redis://u@host", "redis://u@host"},
	{"amqp://u:secret@host/v", "amqp://u:***@host/v"},
	{"redis://:secret@host", "redis://:***@host"},
	{"amqp://u:@host", "amqp://u:***@host"},
	{"amqp://u:se:cr@et@host", "amqp://u:***@host"},
	{"http://u:secret@a http://v:secret@b  http://c",
	 "http://u:***@a http://v:***@b  http://c"},
	{"http://a:1 http://u@b", "http://a:1 http://u@b"},
	{"http://@b", "http://@b"},
	{"password=secret", "password=***"},
	{"x?password=secret", "x?password=***"},
};

/* Behind a scheme that needs no host anything was allowed. */
static void regress_a_sqlite_url_with_a_space_was_allowed(void **state)
{
	const struct setting_rule *rule = &setting_rules[SETTING_EVENTS_URL];
	struct error err = {0};

	(void)state;
	assert_int_equal(setting_rule_check(rule, "sqlite:", &err), 0);
	assert_int_equal(setting_rule_check(rule, "sqlite:/a/b", &err), 0);
	assert_int_equal(setting_rule_check(rule, "sqlite: postgres", &err),
			 -1);
	assert_int_equal(err.code, EX_CONFIG);
}

static void passwords_are_masked_and_nothing_else(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(masked); i++) {
		struct buffer out = BUFFER_EMPTY;

		buffer_text(&out, "");
		setting_rule_mask(masked[i].value, &out);
		assert_string_equal(out.data, masked[i].shown);
		buffer_free(&out);
	}
}

/* What a URL parser would not call a password was shown. */
static void regress_passwords_were_shown(void **state)
{
	static const struct {
		const char *value, *shown;
	} cases[] = {
		{"amqp://u:sec/ret@host", "amqp://u:***@host"},
		{"amqp://u:sec?ret@host", "amqp://u:***@host"},
		{"amqp://u:#secret@host", "amqp://u:***@host"},
		{"amqp://u:a://secret@host", "amqp://u:***@host"},
		{"u:secret@host", "u:***@host"},
		{"u:a://secret@host", "u:***@host"},
		{"redis:/u:secret@host", "redis:***@host"},
		{"postgresql:///db?user=u&password=secret",
		 "postgresql:///db?user=u&password=***"},
		{"postgresql://h:5432/"
		 "db?password=secr@et&sslpassword=secret&x=y",
		 "postgresql://h:5432/db?password=***&sslpassword=***&x=y"},
		{"postgresql://u:secret@h/db?password=secret http://b",
		 "postgresql://u:***@h/db?password=*** http://b"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY;

		setting_rule_mask(cases[i].value, &out);
		assert_string_equal(out.data, cases[i].shown);
		buffer_free(&out);
	}
}

/* What stood before it in the password was shown. */
static void regress_a_password_that_held_password_was_shown_in_part(
	void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	setting_rule_mask("amqp://u:hunterpassword=2@host/v", &out);
	assert_string_equal(out.data, "amqp://u:***@host/v");
	buffer_free(&out);
}

static void a_refused_value_is_shown_without_its_password(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(setting_rule_check(&setting_rules[SETTING_REDIS_URL],
					    "rediss://:secret@host", &err),
			 -1);
	assert_holds(err.message, "\"rediss://:***@host\"");
	assert_lacks(err.message, "secret");
}

/* The message was cut before it came to what is allowed. */
static void regress_a_long_value_hid_what_is_allowed(void **state)
{
	struct buffer value = BUFFER_EMPTY;
	struct error err = {0};

	(void)state;
	while (value.length < 2000)
		buffer_text(&value, "\xe3\x81\x82");
	assert_int_equal(setting_rule_check(&setting_rules[SETTING_FILES_URL],
					    value.data, &err),
			 -1);
	assert_holds(err.message, "\xe3\x81\x82\xe2\x80\xa6\"");
	assert_holds(err.message, "http:// https://");
	assert_true(text_is_utf8(err.message, strlen(err.message)));
	buffer_free(&value);
}

/* A value's newline began a line of its own on the terminal. */
static void regress_a_refused_value_was_shown_raw(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(setting_rule_check(&setting_rules[SETTING_LOG_LEVEL],
					    "a\nb\x1b[\xff\xc2\x9b", &err),
			 -1);
	assert_holds(err.message, "\"a\xef\xbf\xbd"
				  "b\xef\xbf\xbd[\xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_setting_has_a_name_of_its_own_and_a_meaning),
		cmocka_unit_test(every_default_is_allowed),
		cmocka_unit_test(the_defaults_are_those_of_the_contract),
		cmocka_unit_test(what_is_allowed_passes),
		cmocka_unit_test(regress_urls_that_are_in_use_were_refused),
		cmocka_unit_test(
			what_is_refused_names_itself_and_what_is_allowed),
		cmocka_unit_test(regress_a_sqlite_url_with_a_space_was_allowed),
		cmocka_unit_test(passwords_are_masked_and_nothing_else),
		cmocka_unit_test(
			regress_a_password_that_held_password_was_shown_in_part),
		cmocka_unit_test(regress_passwords_were_shown),
		cmocka_unit_test(a_refused_value_is_shown_without_its_password),
		cmocka_unit_test(regress_a_long_value_hid_what_is_allowed),
		cmocka_unit_test(regress_a_refused_value_was_shown_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
