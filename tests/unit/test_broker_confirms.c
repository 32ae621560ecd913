/* broker_confirms: which messages of a batch the broker has answered for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_fixture.h"
#include "events/broker_confirms.h"

static void begin(struct broker_confirms *confirms, size_t count)
{
	char id[EVENT_ID_BYTES];
	size_t i;

	broker_confirms_begin(confirms);
	for (i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "event-%zu", i);
		assert_int_equal(broker_confirms_add(confirms, id), (int)i);
	}
}

/* A letter a message: pending, confirmed, refused, returned (R: pending too). */
static const char *verdicts(const struct broker_confirms *confirms,
			    char text[BROKER_BATCH_MAX + 1])
{
	size_t i;

	for (i = 0; i < confirms->count; i++)
		switch (confirms->messages[i].verdict) {
		case BROKER_PENDING:
			text[i] = 'p';
			break;
		case BROKER_CONFIRMED:
			text[i] = 'c';
			break;
		case BROKER_REFUSED:
			text[i] = 'x';
			break;
		case BROKER_RETURNED:
		default:
			text[i] = confirms->messages[i].is_pending ? 'R' : 'r';
			break;
		}
	text[confirms->count] = '\0';
	return text;
}

static void answers_settle_just_the_messages_they_name(void **state)
{
	/* Answers: a tag; '*' all up to it; '-' nack. */
	static const struct {
		const char *answers, *verdicts;
		size_t pending;
	} cases[] = {
		{"", "ppppp", 5},          {"1", "cpppp", 4},
		{"5", "ppppc", 4},         {"3*", "cccpp", 2},
		{"5*", "ccccc", 0},        {"0*", "ccccc", 0},
		{"2-", "pxppp", 4},        {"3*-", "xxxpp", 2},
		{"2- 5*", "cxccc", 0},     {"4 3*-", "xxxcp", 1},
		{"3 3", "ppcpp", 4},       {"3 3-", "ppcpp", 4},
		{"3- 3", "ppxpp", 4},      {"5* 5*-", "ccccc", 0},
		{"1 2 3 4 5", "ccccc", 0},
	};
	char text[BROKER_BATCH_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct broker_confirms confirms;
		const char *at = cases[i].answers;

		broker_confirms_reset(&confirms);
		begin(&confirms, 5);
		while (*at != '\0') {
			uint64_t tag = (uint64_t)(*at++ - '0');
			bool is_multiple = *at == '*';
			bool is_ack;

			at += is_multiple;
			is_ack = *at != '-';
			at += !is_ack;
			assert_int_equal(broker_confirms_settle(&confirms, tag,
								is_multiple,
								is_ack),
					 0);
			at += *at == ' ';
		}
		if (strcmp(verdicts(&confirms, text), cases[i].verdicts) != 0 ||
		    confirms.pending != cases[i].pending)
			fail_msg("\"%s\": %s, %zu pending", cases[i].answers,
				 text, confirms.pending);
	}
}

static void an_answer_for_what_was_never_published_is_wrong(void **state)
{
	static const uint64_t tags[] = {6, 7, UINT64_MAX};
	struct broker_confirms confirms;
	char text[BROKER_BATCH_MAX + 1];
	size_t i;

	(void)state;
	broker_confirms_reset(&confirms);
	begin(&confirms, 5);
	for (i = 0; i < COUNT(tags); i++) {
		assert_int_equal(broker_confirms_settle(&confirms, tags[i],
							false, true),
				 -1);
		assert_int_equal(broker_confirms_settle(&confirms, tags[i],
							true, true),
				 -1);
	}
	assert_int_equal(broker_confirms_settle(&confirms, 0, false, true), -1);
	assert_string_equal(verdicts(&confirms, text), "ppppp");
}

static void an_answer_for_all_of_nothing_is_right(void **state)
{
	struct broker_confirms confirms;

	(void)state;
	broker_confirms_reset(&confirms);
	begin(&confirms, 0);
	assert_int_equal(broker_confirms_settle(&confirms, 0, true, true), 0);
	assert_int_equal(confirms.pending, 0);
}

static void a_second_batch_goes_on_counting_where_the_first_ended(void **state)
{
	struct broker_confirms confirms;
	char text[BROKER_BATCH_MAX + 1];

	(void)state;
	broker_confirms_reset(&confirms);
	begin(&confirms, 3);
	assert_int_equal(broker_confirms_settle(&confirms, 3, true, true), 0);
	begin(&confirms, 3);
	/* One of the first batch, once more. */
	assert_int_equal(broker_confirms_settle(&confirms, 2, true, true), 0);
	assert_string_equal(verdicts(&confirms, text), "ppp");
	assert_int_equal(broker_confirms_settle(&confirms, 5, true, true), 0);
	assert_string_equal(verdicts(&confirms, text), "ccp");
	broker_confirms_reset(&confirms);
	begin(&confirms, 3);
	assert_int_equal(broker_confirms_settle(&confirms, 1, false, true), 0);
	assert_string_equal(verdicts(&confirms, text), "cpp");
}

static void what_came_back_is_not_confirmed_by_its_ack(void **state)
{
	struct broker_confirms confirms;
	char text[BROKER_BATCH_MAX + 1];

	(void)state;
	broker_confirms_reset(&confirms);
	begin(&confirms, 4);
	broker_confirms_return(&confirms, "event-1");
	broker_confirms_return(&confirms, "event-9");
	broker_confirms_return(&confirms, "");
	assert_string_equal(verdicts(&confirms, text), "pRpp");
	assert_int_equal(confirms.pending, 4);
	assert_int_equal(broker_confirms_settle(&confirms, 4, true, true), 0);
	assert_string_equal(verdicts(&confirms, text), "crcc");
	assert_int_equal(confirms.pending, 0);
	/* Too late: it is on disk. */
	broker_confirms_return(&confirms, "event-0");
	assert_string_equal(verdicts(&confirms, text), "crcc");
}

static void a_batch_has_an_end(void **state)
{
	struct broker_confirms confirms;

	(void)state;
	broker_confirms_reset(&confirms);
	begin(&confirms, BROKER_BATCH_MAX);
	assert_int_equal(broker_confirms_add(&confirms, "one more"), -1);
	assert_int_equal(confirms.pending, BROKER_BATCH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_settle_just_the_messages_they_name),
		cmocka_unit_test(
			an_answer_for_what_was_never_published_is_wrong),
		cmocka_unit_test(an_answer_for_all_of_nothing_is_right),
		cmocka_unit_test(
			a_second_batch_goes_on_counting_where_the_first_ended),
		cmocka_unit_test(what_came_back_is_not_confirmed_by_its_ack),
		cmocka_unit_test(a_batch_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
