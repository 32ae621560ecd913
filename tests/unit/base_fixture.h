/*
 * What the suites of lib/base share: a directory of their own, and what a
 * function wrote to stdout or stderr. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_BASE_FIXTURE_H
#define MARQUEE_TESTS_BASE_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/count.h"
#include "base/files.h"

/* Each test works below its own directory, which is its current one. */
static inline int enter_directory(void **state)
{
	char *path = strdup("/tmp/marquee-test-XXXXXX");

	*state = path;
	return path != NULL && mkdtemp(path) != NULL && chdir(path) == 0 ? 0
									 : -1;
}

static inline int leave_directory(void **state)
{
	char *path = *state;
	int status =
		chdir("/") != 0 || files_remove_tree(AT_FDCWD, path, NULL) != 0;

	free(path);
	return status;
}

static inline void put_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void assert_holds(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in \"%s\"", part, text);
}

/* Between capture_begin and capture_end nothing may be asserted: what cmocka
 * prints would be caught too. */
struct capture {
	int fd, saved, memory;
};

static inline struct capture capture_begin(int fd)
{
	struct capture capture = {
		.fd = fd,
		.saved = dup(fd),
		.memory = memfd_create("capture", MFD_CLOEXEC),
	};

	fflush(NULL);
	assert_true(capture.saved >= 0 && capture.memory >= 0);
	/* Threads that write a memory file at once share its place badly. */
	assert_int_equal(fcntl(capture.memory, F_SETFL, O_APPEND), 0);
	assert_int_equal(dup2(capture.memory, fd), fd);
	return capture;
}

/* The caller frees the text, which is never NULL. */
static inline struct buffer capture_end(struct capture capture)
{
	struct buffer text = BUFFER_EMPTY;
	int restored;

	fflush(NULL);
	restored = dup2(capture.saved, capture.fd);
	close(capture.saved);
	assert_int_equal(restored, capture.fd);
	assert_int_equal(lseek(capture.memory, 0, SEEK_SET), 0);
	buffer_text(&text, "");
	assert_int_equal(files_read_all(capture.memory, "capture", 1 << 20,
					&text, NULL),
			 0);
	close(capture.memory);
	return text;
}

#endif
