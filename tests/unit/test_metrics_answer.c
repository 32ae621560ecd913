/* metrics_answer: one text of many, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/metrics_answer.h"
#include "web_fixture.h"

static const struct metric size = {"x_bytes", METRIC_GAUGE, "How large."};

#define SIZE_HEAD "# HELP x_bytes How large.\n# TYPE x_bytes gauge\n"

static void write_size(const void *context, struct metrics_writer *writer)
{
	metrics_put(writer, &size, NULL, 0, *(const int *)context);
}

static void write_nothing(const void *context, struct metrics_writer *writer)
{
	(void)context;
	(void)writer;
}

static void run_out_of_memory(const void *context,
			      struct metrics_writer *writer)
{
	(void)context;
	writer->out->has_failed = true;
}

static void answer(const struct metrics_source *sources, size_t count,
		   struct buffer texts[2], struct web_response *response)
{
	struct buffer text = BUFFER_EMPTY;

	metrics_collect(sources, count, texts, 2, &text);
	metrics_answer(&text, response);
	buffer_free(&text);
}

#define BUILD_INFO                                                             \
	"# HELP marquee_build_info What was built: always 1, its label "       \
	"says.\n"                                                              \
	"# TYPE marquee_build_info gauge\n"                                    \
	"marquee_build_info{version=\"" MARQUEE_VERSION "\"} 1\n"

static void an_answer_holds_what_every_source_writes(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	static const int bytes = 12;
	const struct metrics_source sources[] = {{write_nothing, NULL},
						 {write_size, &bytes}};
	struct buffer texts[2] = {BUFFER_EMPTY};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	answer(sources, 2, texts, &exchange.response);
	assert_header(&exchange, "Status", "200 OK");
	assert_header(&exchange, "Content-Type",
		      "text/plain; version=0.0.4; charset=utf-8");
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_string_equal(body_of(&exchange),
			    BUILD_INFO SIZE_HEAD "x_bytes 12\n");
	end_exchange(&exchange);
	buffer_free(&texts[0]);
}

static void half_an_answer_is_never_sent(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	static const int bytes = 12;
	const struct metrics_source sources[] = {{write_size, &bytes},
						 {run_out_of_memory, NULL}};
	struct buffer texts[2] = {BUFFER_EMPTY};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	answer(sources, 2, texts, &exchange.response);
	assert_header(&exchange, "Status", "500 Internal Server Error");
	assert_header(&exchange, "Cache-Control", "no-store");
	assert_string_equal(body_of(&exchange), "");
	end_exchange(&exchange);
	buffer_free(&texts[0]);
}

static void what_another_could_not_read_is_an_error(void **state)
{
	static const char *const variables[] = {"REQUEST_METHOD=GET", NULL};
	struct buffer texts[2] = {BUFFER_EMPTY, {.has_failed = true}};
	struct exchange exchange;

	(void)state;
	begin_exchange(&exchange, variables);
	answer(NULL, 0, texts, &exchange.response);
	assert_header(&exchange, "Status", "500 Internal Server Error");
	end_exchange(&exchange);
	buffer_free(&texts[0]);
}

/* HELP and TYPE, and samples behind them. */
#define FAMILY(name, samples)                                                  \
	"# HELP " name " Text.\n# TYPE " name " gauge\n" samples

static void texts_become_one(void **state)
{
	static const struct {
		const char *what, *texts[3], *merged;
	} cases[] = {
		{"nothing", {"", "", ""}, ""},
		{"one of them",
		 {"", FAMILY("a", "a 1\n") FAMILY("b", "b 2\n"), ""},
		 FAMILY("a", "a 1\n") FAMILY("b", "b 2\n")},
		{"others follow",
		 {FAMILY("a", "a 1\n"), FAMILY("b", "b 2\n"),
		  FAMILY("c", "c 3\n")},
		 FAMILY("a", "a 1\n") FAMILY("b", "b 2\n")
			 FAMILY("c", "c 3\n")},
		{"samples of one metric stand together",
		 {FAMILY("a", "a{x=\"1\"} 1\n") FAMILY("b", "b 2\n"),
		  FAMILY("c", "c 3\n") FAMILY("a", "a{x=\"2\"} 4\n"),
		  FAMILY("a", "a{x=\"3\"} 5\na{x=\"4\"} 6\n")},
		 FAMILY("a", "a{x=\"1\"} 1\na{x=\"2\"} 4\na{x=\"3\"} 5\n"
			     "a{x=\"4\"} 6\n") FAMILY("b", "b 2\n")
			 FAMILY("c", "c 3\n")},
		{"a name that begins like another",
		 {FAMILY("ab", "ab 1\n"), FAMILY("a", "a 2\n"), ""},
		 FAMILY("ab", "ab 1\n") FAMILY("a", "a 2\n")},
		{"a summary",
		 {FAMILY("a", "a_sum 1\na_count 2\n"), "", ""},
		 FAMILY("a", "a_sum 1\na_count 2\n")},
		{"what is no metric",
		 {"junk\n" FAMILY("a", "a 1\nb 2\nxa 3\na 4\n"),
		  "# HELP b Text.\nb 1\n", "# TYPE c gauge\nc 1\n"},
		 FAMILY("a", "a 1\n")},
		{"heads of two",
		 {"# HELP a Text.\n# TYPE b gauge\nb 1\n", "# HELP  \n", ""},
		 ""},
		{"heads that come again",
		 {FAMILY("a", "a 1\n") FAMILY("b", "b 2\n")
			  FAMILY("a", "a 3\n"),
		  "", ""},
		 FAMILY("a", "a 1\n") FAMILY("b", "b 2\n")},
		{"names of all letters, digits and signs",
		 {FAMILY("aZ_:09", "aZ_:09 1\n") FAMILY("9a", "9a 1\n")
			  FAMILY("a{", "a{ 1\n"),
		  FAMILY("A", "A 2\n") FAMILY("a@", "a@ 2\n")
			  FAMILY("a[", "a[ 2\n"),
		  FAMILY("_", "_ 3\n") FAMILY("a/", "a/ 3\n")},
		 FAMILY("aZ_:09", "aZ_:09 1\n") FAMILY("A", "A 2\n")
			 FAMILY("_", "_ 3\n")},
		{"an end that is missing",
		 {FAMILY("a", "a 1\na 2"), "# HELP b Text.\n# TYPE b", ""},
		 FAMILY("a", "a 1\n")},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct buffer texts[3] = {BUFFER_EMPTY}, out = BUFFER_EMPTY;

		for (k = 0; k < 3; k++)
			buffer_text(&texts[k], cases[i].texts[k]);
		metrics_merge(texts, 3, &out);
		if (strcmp(out.data != NULL ? out.data : "", cases[i].merged) !=
		    0)
			fail_msg("%s:\n%s", cases[i].what, out.data);
		for (k = 0; k < 3; k++)
			buffer_free(&texts[k]);
		buffer_free(&out);
	}
}

/* A line with a NUL in it was taken for a sample, and "#" for a name, so that a
 * torn note could swallow what followed. */
static void regress_what_is_no_name_took_the_next_metric_in(void **state)
{
	static char torn[] = "# HELP # T\n# TYPE # gauge\n" SIZE_HEAD
			     "x_bytes\0 5\nx_bytes 7\n";
	struct buffer text = {.data = torn, .length = sizeof(torn) - 1};
	struct buffer once = BUFFER_EMPTY;

	(void)state;
	metrics_merge(&text, 1, &once);
	assert_string_equal(once.data, SIZE_HEAD);
	buffer_free(&once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_holds_what_every_source_writes),
		cmocka_unit_test(half_an_answer_is_never_sent),
		cmocka_unit_test(what_another_could_not_read_is_an_error),
		cmocka_unit_test(texts_become_one),
		cmocka_unit_test(
			regress_what_is_no_name_took_the_next_metric_in),
	};

	return cmocka_run_group_tests_name("metrics_answer", tests, NULL, NULL);
}
