/* template_files: templates and partials from a directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "template/template.h"

struct room {
	char path[64];
	int dir;
};

static int make_room(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	strcpy(room->path, "/tmp/test_template_files.XXXXXX");
	assert_non_null(mkdtemp(room->path));
	room->dir = open(room->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(room->dir >= 0);
	*state = room;
	return 0;
}

static int clear_room(void **state)
{
	struct room *room = *state;
	int status = files_remove_tree(AT_FDCWD, room->path, NULL);

	close(room->dir);
	free(room);
	return status;
}

static void put(const struct room *room, const char *name, const char *text)
{
	assert_int_equal(
		files_create(room->dir, name, text, strlen(text), NULL), 0);
}

/* Renders and frees `tmpl`; the caller frees the text. */
static struct buffer rendered(struct template *tmpl)
{
	const struct template_value root = {.kind = TEMPLATE_TRUE};
	struct buffer out = BUFFER_EMPTY;

	assert_non_null(tmpl);
	buffer_text(&out, "");
	assert_int_equal(template_render(tmpl, &root, &out, NULL), 0);
	template_free(tmpl);
	return out;
}

static void a_template_finds_its_neighbours(void **state)
{
	const struct room *room = *state;
	struct buffer out;

	put(room, "page.mustache", "[{{> part_1-B}}]");
	put(room, "part_1-B.mustache", "<{{.}}>");
	out = rendered(template_open(room->path, "page", NULL));
	assert_string_equal(out.data, "[<true>]");
	buffer_free(&out);
}

static void an_empty_file_is_a_template(void **state)
{
	const struct room *room = *state;
	struct buffer out;

	put(room, "page.mustache", "");
	out = rendered(template_open(room->path, "page", NULL));
	assert_string_equal(out.data, "");
	buffer_free(&out);
}

static void a_missing_neighbour_renders_as_nothing(void **state)
{
	const struct room *room = *state;
	struct buffer out;

	put(room, "page.mustache", "[{{> nobody}}]");
	out = rendered(template_open(room->path, "page", NULL));
	assert_string_equal(out.data, "[]");
	buffer_free(&out);
}

static void a_partial_never_leads_out_of_the_directory(void **state)
{
	static const char *const names[] = {"../secret",   "a/b", "..",      "",
					    "/etc/passwd", "a.b", "\xc3\xa9"};
	struct room *room = *state;
	struct buffer text = BUFFER_EMPTY;
	size_t i;

	put(room, "secret.mustache", "secret");
	put(room, "a.b.mustache", "secret");
	put(room, "\xc3\xa9.mustache", "secret");
	put(room, ".mustache", "secret");
	assert_int_equal(mkdirat(room->dir, "a", 0755), 0);
	put(room, "a/b.mustache", "secret");
	assert_int_equal(mkdirat(room->dir, "in", 0755), 0);
	strcat(room->path, "/in");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (template_directory_load(room->path, names[i], &text,
					    NULL) != 1)
			fail_msg("loaded \"%s\"", names[i]);
	assert_int_equal(text.length, 0);
	*strrchr(room->path, '/') = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (template_directory_load(room->path, names[i], &text,
					    NULL) != 1)
			fail_msg("loaded \"%s\"", names[i]);
	assert_int_equal(
		template_directory_load(room->path, "secret", &text, NULL), 0);
	assert_string_equal(text.data, "secret");
	buffer_free(&text);
}

static void a_missing_template_is_no_input(void **state)
{
	const struct room *room = *state;
	struct error err = {0};

	assert_null(template_open(room->path, "page", &err));
	assert_int_equal(err.code, EX_NOINPUT);
	assert_non_null(strstr(err.message, "/page.mustache: No such file"));
}

static void a_partial_that_is_a_directory_is_an_error(void **state)
{
	const struct room *room = *state;
	struct error err = {0};

	put(room, "page.mustache", "{{> dir}}");
	assert_int_equal(mkdirat(room->dir, "dir.mustache", 0755), 0);
	assert_null(template_open(room->path, "page", &err));
	assert_non_null(strstr(err.message, "/page.mustache:1:1: partial dir"));
	assert_non_null(strstr(err.message, "is not a plain file"));
}

static void messages_name_the_file(void **state)
{
	const struct room *room = *state;
	struct error err = {0};
	char wanted[128];

	put(room, "page.mustache", "{{> part}}");
	put(room, "part.mustache", "\n{{}}");
	assert_null(template_open(room->path, "page", &err));
	snprintf(wanted, sizeof(wanted),
		 "%s/part.mustache:2:1: a tag has no name", room->path);
	assert_string_equal(err.message, wanted);
}

static void a_path_without_slash_is_in_the_current_directory(void **state)
{
	const struct room *room = *state;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buffer out;

	put(room, "page.txt", "[{{> part}}]");
	put(room, "part.mustache", "part");
	assert_true(here >= 0);
	assert_int_equal(fchdir(room->dir), 0);
	out = rendered(template_read("page.txt", NULL));
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_string_equal(out.data, "[part]");
	buffer_free(&out);
}

#define IN_ROOM(test)                                                          \
	cmocka_unit_test_setup_teardown(test, make_room, clear_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(a_template_finds_its_neighbours),
		IN_ROOM(an_empty_file_is_a_template),
		IN_ROOM(a_missing_neighbour_renders_as_nothing),
		IN_ROOM(a_partial_never_leads_out_of_the_directory),
		IN_ROOM(a_missing_template_is_no_input),
		IN_ROOM(a_partial_that_is_a_directory_is_an_error),
		IN_ROOM(messages_name_the_file),
		IN_ROOM(a_path_without_slash_is_in_the_current_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
