/* settings: environment over file over default, checked as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/setting_rules.h"
#include "base/settings.h"
#include "base_fixture.h"

/* No setting of whoever runs the tests gets in. */
static int start(void **state)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		unsetenv(setting_rules[id].name);
	return enter_directory(state);
}

static struct settings *loaded(const char *config_file)
{
	struct error err = {0};
	struct settings *settings = settings_load(config_file, &err);

	if (settings == NULL)
		fail_msg("%s", err.message);
	return settings;
}

static void assert_setting(const char *config_file, enum setting id,
			   const char *expected)
{
	struct settings *settings = loaded(config_file);

	assert_string_equal(settings_text(settings, id), expected);
	settings_free(settings);
}

/* Refused with 78; the caller reads the message. */
static struct error refused(const char *config_file)
{
	struct error err = {0};
	struct settings *settings = settings_load(config_file, &err);

	if (settings != NULL)
		fail_msg("%s is accepted", config_file);
	assert_int_equal(err.code, EX_CONFIG);
	return err;
}

static struct buffer printed(const struct settings *settings)
{
	struct buffer text = BUFFER_EMPTY;
	char *data = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&data, &length);

	assert_non_null(out);
	if (settings != NULL)
		settings_print(settings, out);
	else
		settings_print_help(out);
	assert_int_equal(fclose(out), 0);
	buffer_append(&text, data, length);
	free(data);
	return text;
}

static void without_file_and_environment_the_defaults_hold(void **state)
{
	struct settings *settings;
	int id;

	(void)state;
	put_file("empty", "");
	settings = loaded("empty");
	for (id = 0; id < SETTING_COUNT; id++)
		assert_string_equal(settings_text(settings, (enum setting)id),
				    setting_rules[id].preset);
	assert_int_equal(settings_number(settings, SETTING_TIMEOUT_MS), 10000);
	assert_int_equal(settings_number(settings, SETTING_MAX_BYTES),
			 67108864);
	settings_free(settings);
	settings_free(NULL);
}

static void the_environment_wins_over_the_file_and_that_over_the_default(
	void **state)
{
	struct settings *settings;
	struct buffer text;

	(void)state;
	put_file("file", "# comment\nMARQUEE_RETRIES=3\nMARQUEE_POSTERS=off\n");
	setenv("MARQUEE_RETRIES", "4", 1);
	settings = loaded("file");
	assert_int_equal(settings_number(settings, SETTING_RETRIES), 4);
	assert_string_equal(settings_text(settings, SETTING_POSTERS), "off");
	text = printed(settings);
	assert_holds(text.data, "MARQUEE_RETRIES=4\t(environment)\n");
	assert_holds(text.data, "MARQUEE_POSTERS=off\t(file:3)\n");
	assert_holds(text.data, "MARQUEE_PAGE_SIZE=5\t(default)\n");
	buffer_free(&text);
	settings_free(settings);
}

static void an_empty_variable_is_a_value(void **state)
{
	(void)state;
	put_file("file", "MARQUEE_SPECIES=Human\n");
	assert_setting("file", SETTING_SPECIES, "Human");
	setenv("MARQUEE_SPECIES", "", 1);
	assert_setting("file", SETTING_SPECIES, "");
}

static void the_last_line_of_a_setting_holds(void **state)
{
	(void)state;
	put_file("file", "MARQUEE_RETRIES=3\nMARQUEE_RETRIES=5");
	assert_setting("file", SETTING_RETRIES, "5");
}

static void a_value_may_be_quoted(void **state)
{
	static const struct {
		const char *line, *value;
	} cases[] = {
		{"MARQUEE_SPECIES=Human", "Human"},
		{"MARQUEE_SPECIES=\"Human, Cat\"", "Human, Cat"},
		{"MARQUEE_SPECIES='Human'\r\n", "Human"},
		{"MARQUEE_SPECIES = Human # all", "Human # all"},
		{"  MARQUEE_SPECIES=\"\"", ""},
		{"MARQUEE_SPECIES='it\"s'", "it\"s"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		put_file("file", cases[i].line);
		assert_setting("file", SETTING_SPECIES, cases[i].value);
	}
}

/* Such lines were passed over without a word. */
static void regress_a_line_with_export_was_ignored(void **state)
{
	struct error err;

	(void)state;
	put_file("file", "export MARQUEE_RETRIES=3\nexport OTHER=1\n");
	assert_setting("file", SETTING_RETRIES, "3");
	put_file("file", "export MARQUEE_RETRYS=3\n");
	err = refused("file");
	assert_holds(err.message, "there is no setting MARQUEE_RETRYS;");
}

static void names_of_other_programs_are_left_alone(void **state)
{
	(void)state;
	put_file("file", "PATH=/bin\nMARQUEE=1\nmarquee_retries=x\n"
			 "XMARQUEE_RETRIES=x\nMARQUEE_RETRIES=3\n");
	assert_setting("file", SETTING_RETRIES, "3");
}

static void a_file_that_is_wrong_is_refused_with_place_and_reason(void **state)
{
	static const struct {
		const char *text;
		const char *parts[3];
	} cases[] = {
		{"\nMARQUEE_RETRYS=3\n",
		 {"file:2: ", "no setting MARQUEE_RETRYS", "--help"}},
		{"MARQUEE_=3\n",
		 {"file:1: ", "no setting MARQUEE_;", "--help"}},
		{"MARQUEE_RETRIESX=3\n",
		 {"file:1: ", "MARQUEE_RETRIESX", "--help"}},
		{"MARQUEE_RETRIES\n", {"file:1: ", "not KEY=value", ""}},
		{"# a\n\n=3\n", {"file:3: ", "not KEY=value", ""}},
		{"MARQUEE_RETRIES=lots\n",
		 {"file:1: MARQUEE_RETRIES is ", "\"lots\"",
		  "a whole number from 0 to 100"}},
		{"MARQUEE_RETRIES=\n",
		 {"file:1: MARQUEE_RETRIES is ", "\"\"", "from 0 to 100"}},
		{"\nMARQUEE_LOG_LEVEL=loud\n",
		 {"file:2: MARQUEE_LOG_LEVEL is ", "\"loud\"",
		  "debug info warn error"}},
		{"MARQUEE_API_URL=ftp://u:pw@h\n",
		 {"file:1: MARQUEE_API_URL is ", "\"ftp://u:***@h\"",
		  "http:// https://"}},
		{"MARQUEE_RETRIES=5 # five\n",
		 {"file:1: MARQUEE_RETRIES is ", "\"5 # five\"", "from 0"}},
		{"MARQUEE_RETRIES=\"5\n",
		 {"file:1: MARQUEE_RETRIES is ", "\"\"5\"", "from 0"}},
	};
	struct error err;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		put_file("file", cases[i].text);
		err = refused("file");
		for (k = 0; k < COUNT(cases[i].parts); k++)
			assert_holds(err.message, cases[i].parts[k]);
	}
}

static void a_wrong_variable_is_refused_as_one(void **state)
{
	struct error err;

	(void)state;
	put_file("file", "MARQUEE_CONCURRENCY=3\n");
	setenv("MARQUEE_CONCURRENCY", "0", 1);
	err = refused("file");
	assert_string_equal(err.message,
			    "environment: MARQUEE_CONCURRENCY is \"0\", "
			    "allowed is a whole number from 1 to 1000");
}

static void a_nul_in_the_file_is_refused(void **state)
{
	static const char text[] = "MARQUEE_SPECIES=Human\0Cat\n";
	struct error err;

	(void)state;
	assert_int_equal(files_create(AT_FDCWD, "file", text, sizeof(text) - 1,
				      NULL),
			 0);
	err = refused("file");
	assert_holds(err.message, "NUL");
}

static void a_file_past_64_kb_is_refused(void **state)
{
	struct buffer text = BUFFER_EMPTY;
	struct error err;

	(void)state;
	while (text.length < 65536)
		buffer_char(&text, text.length % 64 == 63 ? '\n' : '#');
	put_file("file", text.data);
	settings_free(loaded("file"));
	buffer_char(&text, '\n');
	put_file("file", text.data);
	err = refused("file");
	assert_holds(err.message, "file is larger than 65536 bytes");
	buffer_free(&text);
}

static void a_config_file_that_was_named_must_be_there(void **state)
{
	struct error err;

	(void)state;
	put_file(".env", "");
	err = refused("missing");
	assert_holds(err.message, "missing");
	err = refused("");
	assert_int_equal(mkdir("dir", 0755), 0);
	err = refused("dir");
	assert_holds(err.message, "dir is not a plain file");
	assert_null(settings_load("missing", NULL));
}

/* Where Marquee is installed, its own file comes before ./.env. */
static bool is_installed(void)
{
	struct error err = {0};

	if (access("/etc/marquee/marquee.env", F_OK) != 0)
		return false;
	put_file(".env", "MARQUEE_RETRIES=x\n");
	settings_free(settings_load(NULL, &err));
	assert_lacks(err.message, "./.env");
	return true;
}

static void dot_env_is_read_where_no_file_was_named(void **state)
{
	(void)state;
	if (is_installed())
		return;
	assert_setting(NULL, SETTING_RETRIES, "2");
	put_file(".env", "MARQUEE_RETRIES=7\n");
	assert_setting(NULL, SETTING_RETRIES, "7");
	put_file("file", "MARQUEE_POSTERS=off\n");
	assert_setting("file", SETTING_RETRIES, "2");
	put_file(".env", "MARQUEE_RETRIES=x\n");
	assert_holds(refused(NULL).message, "./.env:1: MARQUEE_RETRIES");
}

/* Only "there is none" may pass: a loop of links stands for what is there and
 * out of reach, of which root knows little else. */
static void regress_a_default_file_out_of_reach_was_passed_over(void **state)
{
	(void)state;
	if (is_installed())
		return;
	assert_int_equal(symlink(".env", ".env"), 0);
	assert_holds(refused(NULL).message, "./.env");
}

static void printing_masks_passwords(void **state)
{
	struct settings *settings;
	struct buffer text;

	(void)state;
	put_file("file",
		 "MARQUEE_AMQP_URL=amqp://user:secret@broker/v\n"
		 "MARQUEE_GHIBLI_URL=http://u:secret@a http://b\n"
		 "MARQUEE_EVENTS_URL=postgresql:///e?password=secret\n");
	setenv("MARQUEE_REDIS_URL", "redis://:secret@cache:6379/0", 1);
	settings = loaded("file");
	assert_string_equal(settings_text(settings, SETTING_AMQP_URL),
			    "amqp://user:secret@broker/v");
	text = printed(settings);
	assert_lacks(text.data, "secret");
	assert_holds(text.data,
		     "MARQUEE_AMQP_URL=amqp://user:***@broker/v\t(file:1)\n");
	assert_holds(text.data, "MARQUEE_GHIBLI_URL=http://u:***@a http://b\t");
	assert_holds(text.data, "MARQUEE_REDIS_URL=redis://:***@cache:6379/0\t"
				"(environment)\n");
	buffer_free(&text);
	settings_free(settings);
}

static void every_setting_is_printed_and_explained_once(void **state)
{
	struct settings *settings;
	struct buffer text, help;
	char line[64];
	int id;

	(void)state;
	put_file("file", "");
	settings = loaded("file");
	text = printed(settings);
	help = printed(NULL);
	for (id = 0; id < SETTING_COUNT; id++) {
		snprintf(line, sizeof(line), "%s=", setting_rules[id].name);
		assert_holds(text.data, line);
		assert_lacks(strstr(text.data, line) + 1, line);
		snprintf(line, sizeof(line), "  %s\n", setting_rules[id].name);
		assert_holds(help.data, line);
		assert_holds(help.data, setting_rules[id].meaning);
	}
	assert_holds(help.data, "(default: 67108864)\n");
	assert_holds(help.data, "(default: empty)\n");
	buffer_free(&text);
	buffer_free(&help);
	settings_free(settings);
}

static void level_and_format_reach_the_log(void **state)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	struct settings *settings;
	struct capture capture;
	struct buffer lines;
	size_t i, k;

	(void)state;
	put_file("file", "");
	for (i = 0; i < COUNT(levels); i++) {
		setenv("MARQUEE_LOG_LEVEL", levels[i], 1);
		setenv("MARQUEE_LOG_FORMAT", i % 2 != 0 ? "json" : "logfmt", 1);
		settings = loaded("file");
		settings_open_log(settings, "the-test", LOG_SINK_STDERR);
		settings_free(settings);
		capture = capture_begin(STDERR_FILENO);
		for (k = 0; k < COUNT(levels); k++)
			log_event((enum log_level)k, levels[k], NULL);
		lines = capture_end(capture);
		for (k = 0; k < COUNT(levels); k++) {
			char part[32];

			snprintf(part, sizeof(part),
				 i % 2 != 0 ? "\"msg\":\"%s\"" : "msg=%s\n",
				 levels[k]);
			if (k >= i)
				assert_holds(lines.data, part);
			else
				assert_lacks(lines.data, part);
		}
		assert_holds(lines.data, "the-test");
		buffer_free(&lines);
	}
}

/* Joins the parts with `|`; "stop" ends it. */
static int join(void *context, const char *part, size_t length)
{
	struct buffer *out = context;

	buffer_append(out, part, length);
	buffer_char(out, '|');
	return length == 4 && memcmp(part, "stop", 4) == 0 ? 5 : 0;
}

static void a_list_comes_apart_at_its_separator(void **state)
{
	static const struct {
		const char *text;
		char separator;
		const char *joined;
		int status;
	} cases[] = {
		{"", ',', "", 0},
		{" ", ',', "", 0},
		{",", ',', "", 0},
		{" , ,", ',', "", 0},
		{"a", ',', "a|", 0},
		{"a,b", ',', "a|b|", 0},
		{" a b , c,,d ", ',', "a b|c|d|", 0},
		{"a b,c", ' ', "a|b,c|", 0},
		{"  a   b ", ' ', "a|b|", 0},
		{"a,stop,b", ',', "a|stop|", 5},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer out = BUFFER_EMPTY;

		buffer_text(&out, "");
		assert_int_equal(settings_each(cases[i].text,
					       cases[i].separator, join, &out),
				 cases[i].status);
		if (strcmp(out.data, cases[i].joined) != 0)
			fail_msg("<%s> is <%s>", cases[i].text, out.data);
		buffer_free(&out);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_file_and_environment_the_defaults_hold),
		TEST(the_environment_wins_over_the_file_and_that_over_the_default),
		TEST(an_empty_variable_is_a_value),
		TEST(the_last_line_of_a_setting_holds),
		TEST(a_value_may_be_quoted),
		TEST(regress_a_line_with_export_was_ignored),
		TEST(names_of_other_programs_are_left_alone),
		TEST(a_file_that_is_wrong_is_refused_with_place_and_reason),
		TEST(a_wrong_variable_is_refused_as_one),
		TEST(a_nul_in_the_file_is_refused),
		TEST(a_file_past_64_kb_is_refused),
		TEST(a_config_file_that_was_named_must_be_there),
		TEST(dot_env_is_read_where_no_file_was_named),
		TEST(regress_a_default_file_out_of_reach_was_passed_over),
		TEST(printing_masks_passwords),
		TEST(every_setting_is_printed_and_explained_once),
		TEST(level_and_format_reach_the_log),
		TEST(a_list_comes_apart_at_its_separator),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
