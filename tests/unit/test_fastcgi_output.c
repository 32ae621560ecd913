/* fastcgi_output: the content of an answer as records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "web/fastcgi_output.h"

#define ID 0x1234

/* The two ends of a connection. */
struct pair {
	int ours, peer;
	struct fastcgi_output output;
};

static void connect_pair(struct pair *pair)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*pair = (struct pair){.ours = fds[0],
			      .peer = fds[1],
			      .output = {.fd = fds[0], .request_id = ID}};
}

static void close_pair(struct pair *pair)
{
	close(pair->ours);
	if (pair->peer >= 0)
		close(pair->peer);
}

static ssize_t peek(const struct pair *pair)
{
	char byte;

	return recv(pair->peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

static void read_whole(int fd, void *bytes, size_t length)
{
	assert_int_equal(recv(fd, bytes, length, MSG_WAITALL), length);
}

/* The next `bytes` of content are `expected`, in records of their own. */
static void assert_content(const struct pair *pair, const char *expected,
			   size_t bytes)
{
	unsigned char header[8];
	char *content = malloc(65536);
	size_t done = 0, length;

	while (done < bytes) {
		read_whole(pair->peer, header, sizeof(header));
		assert_int_equal(header[0], 1); /* the version */
		assert_int_equal(header[1], 6); /* FCGI_STDOUT */
		assert_int_equal(header[2] << 8 | header[3], ID);
		assert_int_equal(header[6], 0); /* padding */
		length = (size_t)(header[4] << 8 | header[5]);
		assert_in_range(length, 1, bytes - done);
		read_whole(pair->peer, content, length);
		assert_memory_equal(content, expected + done, length);
		done += length;
	}
	free(content);
}

static char *make_body(size_t length)
{
	char *body = malloc(length);
	size_t i;

	assert_non_null(body);
	for (i = 0; i < length; i++)
		body[i] = (char)(i * 31 >> 3);
	return body;
}

static void headers_wait_for_the_body(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair);
	assert_int_equal(fastcgi_output_write(&pair.output, "head", 4, false),
			 0);
	assert_int_equal(peek(&pair), -1);
	assert_int_equal(fastcgi_output_write(&pair.output, "body", 4, false),
			 0);
	assert_content(&pair, "headbody", 8);
	assert_int_equal(peek(&pair), -1);
	assert_int_equal(fastcgi_output_write(&pair.output, "more", 4, false),
			 0);
	assert_content(&pair, "more", 4);
	assert_int_equal(fastcgi_output_finish(&pair.output), 0);
	assert_int_equal(peek(&pair), -1);
	close_pair(&pair);
}

static void headers_alone_are_sent_at_the_end(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair);
	assert_int_equal(fastcgi_output_write(&pair.output, "head", 4, false),
			 0);
	assert_int_equal(fastcgi_output_finish(&pair.output), 0);
	assert_content(&pair, "head", 4);
	close_pair(&pair);
}

/* FastCGI Specification 1.0, section 5: an empty record of content, then the end
 * of the request, complete, with status 0. */
static void assert_ending(const struct pair *pair)
{
	static const unsigned char expected[] = {
		1, 6, ID >> 8, ID & 0xff, 0, 0, 0, 0, /**/
		1, 3, ID >> 8, ID & 0xff, 0, 8, 0, 0, /**/
		0, 0, 0,       0,         0, 0, 0, 0};
	unsigned char bytes[sizeof(expected)];

	assert_int_equal(recv(pair->peer, bytes, sizeof(bytes), MSG_DONTWAIT),
			 sizeof(bytes));
	assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void the_end_goes_with_the_last_piece(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair);
	assert_int_equal(fastcgi_output_write(&pair.output, "head", 4, false),
			 0);
	assert_int_equal(fastcgi_output_write(&pair.output, "body", 4, true),
			 0);
	assert_true(pair.output.has_ended);
	assert_content(&pair, "headbody", 8);
	assert_ending(&pair);
	assert_int_equal(fastcgi_output_finish(&pair.output), 0);
	assert_int_equal(peek(&pair), -1);
	close_pair(&pair);
}

static void the_end_goes_with_headers_that_are_all(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair);
	assert_int_equal(fastcgi_output_write(&pair.output, "head", 4, true),
			 0);
	assert_content(&pair, "head", 4);
	assert_ending(&pair);
	assert_int_equal(fastcgi_output_finish(&pair.output), 0);
	assert_int_equal(peek(&pair), -1);
	close_pair(&pair);
}

/* Sends it in two pieces from a process of its own, since more may be sent than
 * fits into the socket, and compares it with what comes. */
static void assert_arrives(size_t first, size_t second)
{
	char *body = make_body(first + second);
	struct pair pair;
	int status = -1;
	pid_t child;

	connect_pair(&pair);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(fastcgi_output_write(&pair.output, body, first, false) !=
			      0 ||
		      fastcgi_output_write(&pair.output, body + first, second,
					   false) != 0 ||
		      fastcgi_output_finish(&pair.output) != 0);
	assert_content(&pair, body, first + second);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(peek(&pair), -1);
	close_pair(&pair);
	free(body);
}

static void pieces_of_any_size_arrive_byte_for_byte(void **state)
{
	static const size_t sizes[] = {1,     16384,  16385,  65527,  65528,
				       65529, 131056, 524224, 524225, 1000000};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		assert_arrives(2, sizes[i]);
		assert_arrives(sizes[i], 2);
	}
}

static void a_peer_that_has_left_is_a_failure_that_stays(void **state)
{
	struct pair pair;

	(void)state;
	connect_pair(&pair);
	close(pair.peer);
	pair.peer = -1;
	assert_int_equal(fastcgi_output_write(&pair.output, "head", 4, false),
			 0);
	assert_int_equal(fastcgi_output_write(&pair.output, "body", 4, false),
			 -1);
	assert_int_equal(fastcgi_output_write(&pair.output, "body", 4, false),
			 -1);
	assert_int_equal(fastcgi_output_finish(&pair.output), -1);
	close_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_wait_for_the_body),
		cmocka_unit_test(headers_alone_are_sent_at_the_end),
		cmocka_unit_test(the_end_goes_with_the_last_piece),
		cmocka_unit_test(the_end_goes_with_headers_that_are_all),
		cmocka_unit_test(pieces_of_any_size_arrive_byte_for_byte),
		cmocka_unit_test(a_peer_that_has_left_is_a_failure_that_stays),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("fastcgi_output", tests, NULL, NULL);
}
