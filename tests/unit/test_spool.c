/* spool: what is put away comes back, from memory and from a file; and what
 * happens where it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "catalogue/spool.h"

#define PIECES 400
#define PIECE_BYTES 9001 /* no divisor of a block */

static int open_directory(void **state)
{
	static int dir;

	dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &dir;
	return dir < 0 ? -1 : 0;
}

static int close_directory(void **state)
{
	return close(*(int *)*state);
}

static void make_piece(size_t number, char piece[PIECE_BYTES])
{
	size_t i;

	for (i = 0; i < PIECE_BYTES; i++)
		piece[i] = (char)(number * 31 + i);
}

static void add_pieces(struct spool *spool, uint64_t ats[PIECES])
{
	char piece[PIECE_BYTES];
	struct error err = {0};
	size_t i;

	for (i = 0; i < PIECES; i++) {
		make_piece(i, piece);
		if (spool_add(spool, piece, sizeof(piece), &ats[i], &err) != 0)
			fail_msg("%s", err.message);
	}
}

static void assert_piece(struct spool *spool, uint64_t at, size_t number)
{
	char piece[PIECE_BYTES], got[PIECE_BYTES];

	make_piece(number, piece);
	assert_int_equal(spool_read(spool, at, sizeof(got), got, NULL), 0);
	assert_int_equal(spool_read(spool, at, 0, NULL, NULL), 0);
	assert_memory_equal(got, piece, sizeof(piece));
}

static void pieces_come_back_in_any_order(void **state)
{
	const int dirs[] = {-1, *(int *)*state};
	uint64_t ats[PIECES];
	size_t i, k;

	for (i = 0; i < 2; i++) {
		struct spool spool = SPOOL(dirs[i]);

		add_pieces(&spool, ats);
		assert_int_equal(spool.fd >= 0, dirs[i] >= 0);
		for (k = 0; k < PIECES; k++)
			assert_piece(&spool, ats[k * 7 % PIECES],
				     k * 7 % PIECES);
		spool_free(&spool);
	}
}

static void few_bytes_make_no_file(void **state)
{
	struct spool spool = SPOOL(*(int *)*state);
	uint64_t at;

	assert_int_equal(spool_add(&spool, "film", 4, &at, NULL), 0);
	assert_int_equal(spool.fd, -1);
	spool_free(&spool);
}

static void what_is_cut_off_makes_room_for_other_bytes(void **state)
{
	static const size_t kept[] = {PIECES - 1, 200, 3, 0};
	struct spool spool = SPOOL(*(int *)*state);
	uint64_t ats[PIECES], at;
	char piece[PIECE_BYTES];
	size_t i;

	add_pieces(&spool, ats);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		/* Read before, so that old bytes are at hand. */
		assert_piece(&spool, ats[0], 0);
		spool_cut(&spool, spool.written + spool.held.length);
		spool_cut(&spool, ats[kept[i]]);
		make_piece(1000 + i, piece);
		assert_int_equal(
			spool_add(&spool, piece, sizeof(piece), &at, NULL), 0);
		assert_int_equal(at, ats[kept[i]]);
		assert_piece(&spool, at, 1000 + i);
		if (kept[i] > 0)
			assert_piece(&spool, ats[kept[i] - 1], kept[i] - 1);
	}
	spool_free(&spool);
}

static void bytes_that_are_gone_from_the_file_are_an_error(void **state)
{
	struct spool spool = SPOOL(*(int *)*state);
	uint64_t ats[PIECES];
	char got[PIECE_BYTES];
	struct error err = {0};

	add_pieces(&spool, ats);
	assert_int_equal(ftruncate(spool.fd, 5000), 0);
	assert_int_equal(spool_read(&spool, ats[0], sizeof(got), got, &err),
			 -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_non_null(strstr(err.message, "bytes are missing"));
	assert_int_equal(spool_read(&spool, ats[0], 4000, got, &err), 0);
	close(spool.fd);
	spool.fd = open("/", O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_read(&spool, ats[9], sizeof(got), got, &err),
			 -1);
	assert_int_equal(err.code, EX_IOERR);
	spool_free(&spool);
}

static void no_room_is_an_error_and_no_loss_of_what_was_there(void **state)
{
	struct spool spool = SPOOL(*(int *)*state);
	struct rlimit before, limit;
	char piece[PIECE_BYTES] = "";
	struct error err = {0};
	uint64_t at;
	int status = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1 << 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while (status == 0 && spool.written + spool.held.length < 8 << 20)
		status = spool_add(&spool, piece, sizeof(piece), &at, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(status, -1);
	assert_int_equal(err.code, EX_IOERR);
	assert_non_null(strstr(err.message, "cannot put away"));
	spool_free(&spool);
}

static void a_directory_that_takes_no_files_is_an_error(void **state)
{
	struct spool spool = SPOOL(open("/proc", O_RDONLY | O_DIRECTORY));
	char piece[PIECE_BYTES] = "";
	struct error err = {0};
	uint64_t at;
	int status = 0, i;

	(void)state;
	for (i = 0; i < PIECES && status == 0; i++)
		status = spool_add(&spool, piece, sizeof(piece), &at, &err);
	assert_int_equal(status, -1);
	assert_int_equal(err.code, EX_CANTCREAT);
	close(spool.dir);
	spool_free(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_come_back_in_any_order),
		cmocka_unit_test(few_bytes_make_no_file),
		cmocka_unit_test(what_is_cut_off_makes_room_for_other_bytes),
		cmocka_unit_test(
			bytes_that_are_gone_from_the_file_are_an_error),
		cmocka_unit_test(
			no_room_is_an_error_and_no_loss_of_what_was_there),
		cmocka_unit_test(a_directory_that_takes_no_files_is_an_error),
	};

	return cmocka_run_group_tests(tests, open_directory, close_directory);
}
