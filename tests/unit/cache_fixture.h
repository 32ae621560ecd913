/*
 * What the suites of lib/cache share beside base_fixture.h: short ways to
 * publish and to read. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_CACHE_FIXTURE_H
#define MARQUEE_TESTS_CACHE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base_fixture.h"
#include "cache/cache_reader.h"
#include "cache/cache_writer.h"
#include "cache/layout.h"

static inline void add(struct cache_writer *writer, const char *name,
		       const char *body, bool is_file)
{
	struct cache_representation representation = {
		.name = name,
		.media_type = "text/html; charset=utf-8",
		.body = body,
		.body_bytes = strlen(body),
		.is_file = is_file,
	};
	struct error err = {0};

	if (cache_writer_add(writer, &representation, &err) != 0)
		fail_msg("add %s: %s", name, err.message);
}

static inline struct cache_writer *open_writer(void)
{
	struct cache_writer *writer = NULL;
	struct error err = {0};

	if (cache_writer_open("cache", "movies", &writer, &err) != 0)
		fail_msg("open: %s", err.message);
	return writer;
}

/* Publishes the representation "page" (in the pack) and "list" (a file), both
 * with `body`. Returns what commit returned. */
static inline int publish(const char *body)
{
	struct cache_writer *writer = open_writer();
	struct error err = {0};
	int status;

	add(writer, "page", body, false);
	add(writer, "list", body, true);
	status = cache_writer_commit(writer, &err);
	if (status < 0)
		fail_msg("commit: %s", err.message);
	cache_writer_close(writer);
	return status;
}

/* Asserts that "page" and "list" of the live generation both hold `body`. */
static inline void assert_live(const char *body)
{
	static const char *const names[] = {"page", "list"};
	struct cache_snapshot snapshot;
	struct cache_entry entry;
	struct cache_body opened;
	struct error err = {0};
	char bytes[4096];
	ssize_t got;
	size_t i;

	assert_int_equal(
		cache_snapshot_open("cache", "movies", &snapshot, &err), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(cache_snapshot_find(&snapshot, names[i],
						     &entry, &err),
				 1);
		assert_int_equal(cache_body_open(&snapshot, names[i], &entry,
						 CACHE_IDENTITY, &opened, &err),
				 0);
		got = cache_body_read(&opened, 0, bytes, sizeof(bytes), &err);
		cache_body_close(&opened);
		assert_int_equal(got, strlen(body));
		assert_memory_equal(bytes, body, strlen(body));
	}
	cache_snapshot_close(&snapshot);
}

/* Publishes, with a note `status`, and confirmed just now or never. */
static inline void publish_with_status(const char *status, bool is_confirmed)
{
	struct cache_writer *writer;

	publish("page");
	writer = open_writer();
	assert_int_equal(cache_writer_put_note(writer, "status", status,
					       strlen(status), NULL),
			 0);
	if (is_confirmed)
		assert_int_equal(
			cache_writer_confirm(writer, clock_wall_ms(), NULL), 0);
	cache_writer_close(writer);
}

/* Entries of a directory without `.` and `..`; -1 where it cannot be read. */
static inline int count_entries(const char *path)
{
	DIR *entries = opendir(path);
	int count = -2;

	if (entries == NULL)
		return -1;
	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count;
}

#endif
