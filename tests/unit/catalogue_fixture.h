/*
 * What the suites of lib/catalogue share: catalogues made from a line of JSON
 * (json-c takes single quotes, so C strings stay readable), and everything that
 * was rendered. Include it after cmocka.h.
 */
#ifndef MARQUEE_TESTS_CATALOGUE_FIXTURE_H
#define MARQUEE_TESTS_CATALOGUE_FIXTURE_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/count.h"
#include "base/files.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "catalogue/catalogue_json.h"
#include "catalogue/catalogue_render.h"
#include "catalogue/model.h"

/* The warnings that these suites provoke are wanted; silence is easier to
 * read. */
static inline int silence_the_log(void **state)
{
	(void)state;
	log_open("test", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	return 0;
}

/* What is logged at `warn` between the two calls, in which nothing may be
 * asserted. */
struct caught_log {
	int memory, saved;
};

static inline struct caught_log catch_log(void)
{
	struct caught_log caught = {memfd_create("log", MFD_CLOEXEC),
				    dup(STDERR_FILENO)};

	assert_true(caught.memory >= 0 && caught.saved >= 0);
	log_open("test", LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	assert_true(dup2(caught.memory, STDERR_FILENO) >= 0);
	return caught;
}

/* The caller frees the text. */
static inline struct buffer caught_text(struct caught_log caught)
{
	struct buffer text = BUFFER_EMPTY;
	int restored = dup2(caught.saved, STDERR_FILENO);

	assert_int_equal(restored, STDERR_FILENO);
	silence_the_log(NULL);
	buffer_text(&text, "");
	assert_int_equal(lseek(caught.memory, 0, SEEK_SET), 0);
	assert_int_equal(
		files_read_all(caught.memory, "log", 1 << 20, &text, NULL), 0);
	close(caught.memory);
	close(caught.saved);
	return text;
}

static inline void add_all(struct catalogue *catalogue,
			   struct json_object *source, const char *key,
			   int (*add)(void *, struct json_object *,
				      struct error *))
{
	struct json_object *array;
	struct error err = {0};
	size_t i;

	if (!json_object_object_get_ex(source, key, &array))
		return;
	for (i = 0; i < json_object_array_length(array); i++)
		assert_int_equal(add(catalogue,
				     json_object_array_get_idx(array, i), &err),
				 0);
}

/* Adds the arrays "films", "people" and "species" of an object. */
static inline void add_object(struct catalogue *catalogue,
			      struct json_object *source)
{
	add_all(catalogue, source, "films", catalogue_add_film);
	add_all(catalogue, source, "people", catalogue_add_person);
	add_all(catalogue, source, "species", catalogue_add_species);
}

static inline void add_text(struct catalogue *catalogue, const char *text)
{
	struct json_object *source = json_tokener_parse(text);

	if (source == NULL)
		fail_msg("the test's own JSON is wrong: %s", text);
	add_object(catalogue, source);
	json_object_put(source);
}

static inline struct catalogue *join_text(const char *text, const char *species)
{
	struct error err = {0};
	struct catalogue *catalogue = catalogue_new(&err);

	assert_non_null(catalogue);
	add_text(catalogue, text);
	assert_int_equal(catalogue_join(catalogue, species, &err), 0);
	return catalogue;
}

/* The real data, which is part of the project. */
static inline struct catalogue *join_real(const char *species)
{
	struct error err = {0};
	struct catalogue *catalogue = catalogue_new(&err);

	assert_non_null(catalogue);
	if (catalogue_read_directory(catalogue, "catalogue", &err) != 0 ||
	    catalogue_join(catalogue, species, &err) != 0)
		fail_msg("%s", err.message);
	return catalogue;
}

/* The names of a film's people, a comma after each. */
static inline void assert_cast(const struct catalogue *catalogue, size_t film,
			       const char *expected)
{
	struct buffer names = BUFFER_EMPTY;
	size_t i;

	buffer_text(&names, "");
	for (i = 0; i < links_count(&catalogue->cast, film); i++)
		buffer_format(&names, "%s,",
			      person_text(catalogue,
					  links_item(&catalogue->cast, film, i),
					  PERSON_NAME));
	assert_string_equal(names.data, expected);
	buffer_free(&names);
}

static inline void assert_films_json(const struct catalogue *catalogue,
				     const char *expected)
{
	struct buffer out = BUFFER_EMPTY;

	catalogue_json_films(&out, catalogue, true, SIZE_MAX, &(size_t){0},
			     NULL);
	assert_int_equal(buffer_check(&out, NULL), 0);
	assert_true(out.length != 0 && out.data[out.length - 1] == '\n');
	out.data[out.length - 1] = '\0';
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

struct kept {
	char *name;
	char *media_type;
	char *body;
	size_t body_bytes;
	bool is_file;
};

/* Everything that a rendering handed out. */
struct shelf {
	struct kept *items;
	size_t count;
	size_t fails_at; /* put fails for this one; 0: never */
};

static inline int shelve(void *context,
			 const struct catalogue_rendered *rendered,
			 struct error *err)
{
	struct shelf *shelf = context;
	struct kept *kept;

	if (shelf->fails_at != 0 && shelf->count + 1 == shelf->fails_at)
		return error_set(err, EX_IOERR, "the shelf is full");
	shelf->items = reallocarray(shelf->items, shelf->count + 1,
				    sizeof(struct kept));
	assert_non_null(shelf->items);
	kept = &shelf->items[shelf->count++];
	kept->name = strdup(rendered->name);
	kept->media_type = strdup(rendered->media_type);
	kept->body = calloc(rendered->body_bytes + 1, 1);
	assert_non_null(kept->body);
	memcpy(kept->body, rendered->body, rendered->body_bytes);
	kept->body_bytes = rendered->body_bytes;
	kept->is_file = rendered->is_file;
	return 0;
}

static inline void shelf_free(struct shelf *shelf)
{
	size_t i;

	for (i = 0; i < shelf->count; i++) {
		free(shelf->items[i].name);
		free(shelf->items[i].media_type);
		free(shelf->items[i].body);
	}
	free(shelf->items);
	*shelf = (struct shelf){0};
}

static inline const struct kept *shelf_find(const struct shelf *shelf,
					    const char *name)
{
	size_t i;

	for (i = 0; i < shelf->count; i++)
		if (strcmp(shelf->items[i].name, name) == 0)
			return &shelf->items[i];
	return NULL;
}

/* The body called `name`, which must be there. */
static inline const char *shelf_body(const struct shelf *shelf,
				     const char *name)
{
	const struct kept *kept = shelf_find(shelf, name);

	if (kept == NULL)
		fail_msg("nothing is called %s", name);
	return kept->body;
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

static inline size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		count++;
		text += strlen(part);
	}
	return count;
}

#endif
