/* postgresql_statement: what needs no server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "events/postgresql_parts.h"

static void a_parameter_that_there_is_not_fails_the_statement(void **state)
{
	static const int parameters[] = {0, POSTGRESQL_PARAMETERS + 1};
	struct postgresql_statement mine;
	struct statement *statement = &mine.statement;
	size_t i, way;

	(void)state;
	for (i = 0; i < 2; i++)
		for (way = 0; way < 3; way++) {
			memset(&mine, 0, sizeof(mine));
			if (way == 0)
				postgresql_bind_number(statement, parameters[i],
						       1);
			else if (way == 1)
				postgresql_bind_text(statement, parameters[i],
						     "a");
			else
				postgresql_bind_bytes(statement, parameters[i],
						      "a", 1);
			assert_int_equal(statement->result, EVENT_BROKEN);
			assert_int_equal(statement->error.code, EX_SOFTWARE);
			assert_int_equal(mine.count, 0);
		}
}

static void parameters_are_bound_as_text(void **state)
{
	struct postgresql_statement mine = {.count = 0};
	struct statement *statement = &mine.statement;

	(void)state;
	postgresql_bind_number(statement, 1, -12);
	postgresql_bind_text(statement, 2, "a");
	postgresql_bind_bytes(statement, 3, "first", 5);
	postgresql_bind_bytes(statement, 3, "\0\377", 2);
	assert_int_equal(statement->result, EVENT_DONE);
	assert_int_equal(mine.count, 3);
	assert_string_equal(mine.values[0], "-12");
	assert_string_equal(mine.values[1], "a");
	assert_string_equal(mine.values[2], "\\x00ff");
	postgresql_reset(statement);
	assert_int_equal(mine.count, 0);
	assert_null(mine.values[2]);
}

static void nothing_has_no_bytes(void **state)
{
	PGresAttDesc column = {.name = (char[]){"digest"}};
	struct postgresql_statement mine = {
		.rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK)};
	struct statement *statement = &mine.statement;
	size_t length = 1;

	(void)state;
	assert_non_null(mine.rows);
	assert_true(PQsetResultAttrs(mine.rows, 1, &column));
	assert_true(PQsetvalue(mine.rows, 0, 0, NULL, -1));
	assert_true(PQsetvalue(mine.rows, 1, 0, (char[]){"\\x00ff"}, 6));
	assert_null(postgresql_bytes(statement, 0, &length));
	assert_int_equal(length, 0);
	mine.row = 1;
	assert_memory_equal(postgresql_bytes(statement, 0, &length), "\0\377",
			    2);
	assert_int_equal(length, 2);
	postgresql_reset(statement);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_parameter_that_there_is_not_fails_the_statement),
		cmocka_unit_test(parameters_are_bound_as_text),
		cmocka_unit_test(nothing_has_no_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
