/* options: the command line that all programs share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/options.h"
#include "base/setting_rules.h"
#include "base_fixture.h"

static const struct option_spec specs[] = {
	{"dry-run", NULL, "publish nothing"},
	{"exec", "CMD", "give each event to CMD"},
	{0},
};

static const struct program no_arguments = {
	.name = "the-job",
	.usage = "",
	.summary = "Does the job.",
	.specs = specs,
};

static const struct program two_arguments = {
	.name = "the-job",
	.usage = "ID…",
	.summary = "Does the job.",
	.specs = specs,
	.max_arguments = 2,
};

static const struct program any_arguments = {
	.name = "the-job",
	.usage = "ID…",
	.summary = "Does the job.",
	.specs = specs,
	.max_arguments = -1,
};

#define WORDS_MAX 8

/* What came of one command line; ended with finish. */
struct attempt {
	const char *words[WORDS_MAX + 2]; /* of argv, which getopt reorders */
	struct options options;
	int result, status;
	struct buffer out, err;
};

static void attempt(struct attempt *attempt, const struct program *program,
		    const char *const words[WORDS_MAX])
{
	struct capture out, err;
	int argc = 1;

	memset(attempt, 0, sizeof(*attempt));
	attempt->status = -1;
	attempt->words[0] = "the-job";
	while (argc <= WORDS_MAX && words[argc - 1] != NULL) {
		attempt->words[argc] = words[argc - 1];
		argc++;
	}
	out = capture_begin(STDOUT_FILENO);
	err = capture_begin(STDERR_FILENO);
	attempt->result =
		options_start(program, argc, (char **)(uintptr_t)attempt->words,
			      &attempt->options, &attempt->status);
	attempt->err = capture_end(err);
	attempt->out = capture_end(out);
}

static void finish(struct attempt *attempt)
{
	options_free(&attempt->options);
	buffer_free(&attempt->out);
	buffer_free(&attempt->err);
}

static int start(void **state)
{
	int id;

	for (id = 0; id < SETTING_COUNT; id++)
		unsetenv(setting_rules[id].name);
	if (enter_directory(state) != 0)
		return -1;
	put_file("conf", "MARQUEE_RETRIES=3\n"
			 "MARQUEE_AMQP_URL=amqp://user:secret@broker\n");
	put_file("bad", "MARQUEE_RETRIES=x\n");
	return 0;
}

static void a_plain_start_goes_on_without_a_word(void **state)
{
	static const char *const words[WORDS_MAX] = {"--config", "conf"};
	struct attempt run;

	(void)state;
	attempt(&run, &no_arguments, words);
	assert_int_equal(run.result, 0);
	assert_int_equal(run.status, EX_OK);
	assert_string_equal(run.out.data, "");
	assert_string_equal(run.err.data, "");
	assert_false(options_has(&run.options, "dry-run"));
	assert_null(options_value(&run.options, "exec"));
	assert_null(options_value(&run.options, "no-such-option"));
	assert_int_equal(run.options.argument_count, 0);
	assert_int_equal(settings_number(run.options.settings, SETTING_RETRIES),
			 3);
	finish(&run);
}

static void own_options_and_arguments_arrive_in_any_order(void **state)
{
	static const char *const lines[][WORDS_MAX] = {
		{"--dry-run", "--exec", "cat -n", "a", "b", "--config=conf"},
		{"a", "--exec=cat -n", "--config", "conf", "b", "--dry-run"},
		{"--config=conf", "--dry-run", "--exec=x", "--exec=cat -n",
		 "--", "a", "b"},
	};
	struct attempt run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		attempt(&run, &two_arguments, lines[i]);
		assert_int_equal(run.result, 0);
		assert_true(options_has(&run.options, "dry-run"));
		assert_string_equal(options_value(&run.options, "exec"),
				    "cat -n");
		assert_int_equal(run.options.argument_count, 2);
		assert_string_equal(run.options.arguments[0], "a");
		assert_string_equal(run.options.arguments[1], "b");
		finish(&run);
	}
}

static void words_that_are_not_understood_are_usage_errors(void **state)
{
	static const struct {
		const struct program *program;
		const char *words[WORDS_MAX];
		const char *named;
	} cases[] = {
		{&no_arguments, {"--no-such-option"}, "--no-such-option"},
		{&no_arguments, {"-x"}, "'x'"},
		{&no_arguments, {"--help", "--bogus"}, "--bogus"},
		{&no_arguments, {"--exec"}, "--exec"},
		{&no_arguments, {"--config"}, "--config"},
		{&no_arguments, {"--dry-run=yes"}, "--dry-run"},
		{&no_arguments, {"--config=conf", "word"}, "\"word\""},
		{&no_arguments, {"--config=conf", "-"}, "\"-\""},
		{&no_arguments,
		 {"--config=conf", "--", "--help"},
		 "\"--help\""},
		{&no_arguments, {"--check-config", "word"}, "\"word\""},
		{&two_arguments, {"a", "b", "c", "--config=conf"}, "\"c\""},
	};
	struct attempt run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		attempt(&run, cases[i].program, cases[i].words);
		assert_int_equal(run.result, 1);
		assert_int_equal(run.status, EX_USAGE);
		assert_holds(run.err.data, cases[i].named);
		assert_holds(run.err.data, "Try \"the-job --help\".\n");
		assert_string_equal(run.out.data, "");
		finish(&run);
	}
}

static void any_number_of_arguments_may_be_allowed(void **state)
{
	static const char *const words[WORDS_MAX] = {
		"--config=conf", "a", "b", "c", "d", "e"};
	struct attempt run;

	(void)state;
	attempt(&run, &any_arguments, words);
	assert_int_equal(run.result, 0);
	assert_int_equal(run.options.argument_count, 5);
	finish(&run);
}

static void help_lists_every_option_and_setting_on_stdout(void **state)
{
	static const char *const words[WORDS_MAX] = {"--help", "--config=bad",
						     "word"};
	static const char *const parts[] = {"Usage: the-job [OPTION…]\n",
					    "Does the job.\n",
					    "  --dry-run\n",
					    "publish nothing\n",
					    "  --exec CMD\n",
					    "  --config FILE\n",
					    "  --check-config\n",
					    "  --help\n",
					    "  --version\n"};
	struct attempt run;
	size_t i;
	int id;

	(void)state;
	attempt(&run, &no_arguments, words);
	assert_int_equal(run.result, 1);
	assert_int_equal(run.status, EX_OK);
	assert_string_equal(run.err.data, "");
	for (i = 0; i < COUNT(parts); i++)
		assert_holds(run.out.data, parts[i]);
	for (id = 0; id < SETTING_COUNT; id++)
		assert_holds(run.out.data, setting_rules[id].name);
	finish(&run);
	attempt(&run, &two_arguments, words);
	assert_holds(run.out.data, "Usage: the-job [OPTION…] ID…\n");
	finish(&run);
}

static void the_version_is_one_line_on_stdout(void **state)
{
	static const char *const words[WORDS_MAX] = {"--version",
						     "--config=bad", "word"};
	struct attempt run;

	(void)state;
	attempt(&run, &no_arguments, words);
	assert_int_equal(run.result, 1);
	assert_int_equal(run.status, EX_OK);
	assert_string_equal(run.out.data,
			    "the-job (Marquee) " MARQUEE_VERSION "\n");
	assert_string_equal(run.err.data, "");
	finish(&run);
}

static void check_config_shows_values_and_origins_but_no_secret(void **state)
{
	static const char *const words[WORDS_MAX] = {"--check-config",
						     "--config=conf"};
	struct attempt run;
	int id;

	(void)state;
	setenv("MARQUEE_POSTERS", "off", 1);
	attempt(&run, &no_arguments, words);
	assert_int_equal(run.result, 1);
	assert_int_equal(run.status, EX_OK);
	assert_holds(run.out.data, "MARQUEE_RETRIES=3\t(conf:1)\n");
	assert_holds(run.out.data, "MARQUEE_POSTERS=off\t(environment)\n");
	assert_holds(run.out.data, "MARQUEE_PAGE_SIZE=5\t(default)\n");
	assert_holds(run.out.data, "amqp://user:***@broker");
	assert_lacks(run.out.data, "secret");
	assert_string_equal(run.err.data, "");
	for (id = 0; id < SETTING_COUNT; id++)
		assert_holds(run.out.data, setting_rules[id].name);
	finish(&run);
}

static void a_wrong_configuration_is_78_and_named_on_stderr(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *named;
	} cases[] = {
		{{"--config=bad"}, "the-job: bad:1: MARQUEE_RETRIES is \"x\""},
		{{"--config=bad", "--check-config"}, "MARQUEE_RETRIES"},
		{{"--config", "missing"}, "missing"},
	};
	struct attempt run;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		attempt(&run, &no_arguments, cases[i].words);
		assert_int_equal(run.result, 1);
		assert_int_equal(run.status, EX_CONFIG);
		assert_holds(run.err.data, cases[i].named);
		assert_string_equal(run.out.data, "");
		assert_null(run.options.settings);
		finish(&run);
	}
}

static void the_log_is_open_once_the_program_goes_on(void **state)
{
	static const char *const words[WORDS_MAX] = {"--config=conf"};
	struct capture capture;
	struct buffer line;
	struct attempt run;

	(void)state;
	setenv("MARQUEE_LOG_FORMAT", "json", 1);
	attempt(&run, &no_arguments, words);
	assert_int_equal(run.result, 0);
	capture = capture_begin(STDERR_FILENO);
	log_event(LOG_LEVEL_INFO, "hello", NULL);
	line = capture_end(capture);
	assert_holds(line.data, "\"program\":\"the-job\"");
	buffer_free(&line);
	finish(&run);
}

/* The exit status said 0 and the answer was nowhere. */
static void regress_an_answer_that_was_not_written_was_a_success(void **state)
{
	static const char *const answers[] = {"--help", "--version",
					      "--check-config"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		const char *argv[] = {"the-job", answers[i], "--config=conf",
				      NULL};
		int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
		struct capture err;
		struct options options;
		struct buffer text;
		int saved, result, status = -1;

		fflush(stdout);
		saved = dup(STDOUT_FILENO);
		err = capture_begin(STDERR_FILENO);
		dup2(full, STDOUT_FILENO);
		result = options_start(&no_arguments, 3,
				       (char **)(uintptr_t)argv, &options,
				       &status);
		dup2(saved, STDOUT_FILENO);
		clearerr(stdout);
		text = capture_end(err);
		assert_int_equal(result, 1);
		assert_int_equal(status, EX_IOERR);
		assert_holds(text.data, "the-job: cannot write to stdout");
		buffer_free(&text);
		options_free(&options);
		close(saved);
		close(full);
	}
}

static void an_answer_that_lost_its_beginning_is_no_success(void **state)
{
	const char *argv[] = {"the-job", "--version", NULL};
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct capture out = capture_begin(STDOUT_FILENO), err;
	struct buffer answer, why;
	struct options options;
	int saved = dup(STDOUT_FILENO), status = -1;

	(void)state;
	err = capture_begin(STDERR_FILENO);
	dup2(full, STDOUT_FILENO);
	printf("lost");
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	options_start(&no_arguments, 2, (char **)(uintptr_t)argv, &options,
		      &status);
	clearerr(stdout);
	why = capture_end(err);
	answer = capture_end(out);
	assert_int_equal(status, EX_IOERR);
	assert_holds(answer.data, "the-job (Marquee)");
	assert_holds(why.data, "cannot write to stdout");
	buffer_free(&answer);
	buffer_free(&why);
	options_free(&options);
	close(saved);
	close(full);
}

/* getopt went on where the command line before had ended. */
static void regress_a_second_command_line_was_not_read(void **state)
{
	static const char *const words[WORDS_MAX] = {"--dry-run",
						     "--config=conf"};
	struct attempt run;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		attempt(&run, &no_arguments, words);
		assert_int_equal(run.result, 0);
		assert_true(options_has(&run.options, "dry-run"));
		finish(&run);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plain_start_goes_on_without_a_word),
		TEST(own_options_and_arguments_arrive_in_any_order),
		TEST(words_that_are_not_understood_are_usage_errors),
		TEST(any_number_of_arguments_may_be_allowed),
		TEST(help_lists_every_option_and_setting_on_stdout),
		TEST(the_version_is_one_line_on_stdout),
		TEST(check_config_shows_values_and_origins_but_no_secret),
		TEST(a_wrong_configuration_is_78_and_named_on_stderr),
		TEST(the_log_is_open_once_the_program_goes_on),
		TEST(regress_an_answer_that_was_not_written_was_a_success),
		TEST(an_answer_that_lost_its_beginning_is_no_success),
		TEST(regress_a_second_command_line_was_not_read),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
