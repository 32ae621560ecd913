#include "base/object_cutter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_grammar.h"
#include "base/json_string.h"
#include "base/text.h"

struct name {
	const char *text;
	size_t length;
};

static int compare_names(struct name a, struct name b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = memcmp(a.text, b.text, shorter);

	if (order != 0)
		return order;
	return a.length < b.length ? -1 : a.length > b.length;
}

static struct name name_of(const struct object_members *members,
			   const struct object_member *member)
{
	return (struct name){members->names.data + member->name_at,
			     member->name_length};
}

/* What the cutter knows while it goes through the text. */
struct cut {
	const char *text;
	struct json_grammar grammar;
	struct object_member member; /* the one being read */
	struct object_members members;
};

static int make_room(struct object_members *members, struct error *err)
{
	size_t capacity = members->capacity != 0 ? 2 * members->capacity : 16;
	struct object_member *grown;

	if (members->count == OBJECT_CUTTER_MAX_MEMBERS)
		return error_set(err, EX_DATAERR,
				 "the object has more than %d members",
				 OBJECT_CUTTER_MAX_MEMBERS);
	if (members->count < members->capacity)
		return 0;
	grown = reallocarray(members->list, capacity, sizeof(*grown));
	if (grown == NULL)
		return error_no_memory(err);
	members->list = grown;
	members->capacity = capacity;
	return 0;
}

static int add_member(struct cut *cut, struct error *err)
{
	struct object_members *members = &cut->members;

	if (make_room(members, err) != 0)
		return -1;
	cut->member.name_at = members->names.length;
	json_string_decode(&members->names, cut->member.key,
			   cut->member.key_length);
	cut->member.name_length = members->names.length - cut->member.name_at;
	buffer_char(&members->names, '\0');
	members->list[members->count++] = cut->member;
	cut->member = (struct object_member){0};
	return buffer_check(&members->names, err);
}

/* Where the grammar stood before a byte. */
struct before {
	unsigned depth;
	bool is_in_string, is_key;
};

/* Takes the byte at `at`, which the grammar has stepped over: the members are
 * what lies at depth one, apart from colons, commas and white space. */
static int note(struct cut *cut, const struct before *before, size_t at,
		struct error *err)
{
	struct object_member *member = &cut->member;
	bool is_inside = before->depth > 1 || before->is_in_string;
	unsigned char c = (unsigned char)cut->text[at];

	if (!is_inside && member->value != NULL && (c == ',' || c == '}'))
		return add_member(cut, err);
	if (!is_inside && (before->depth == 0 || c == ',' || c == ':' ||
			   c == '}' || json_grammar_is_space(c)))
		return 0;
	if (member->key == NULL)
		member->key = cut->text + at;
	if (!is_inside && cut->grammar.is_key && c == '"')
		return 0;
	if (before->depth == 1 && before->is_in_string && before->is_key) {
		member->key_length = at + 1 - (size_t)(member->key - cut->text);
		return 0;
	}
	if (member->value == NULL)
		member->value = cut->text + at;
	member->value_length = at + 1 - (size_t)(member->value - cut->text);
	return 0;
}

/* Takes one byte or, inside a string, all plain ones. Returns how many, or 0
 * after an error. */
static size_t step(struct cut *cut, size_t at, size_t length, struct error *err)
{
	unsigned char c = (unsigned char)cut->text[at];
	size_t plain =
		json_grammar_plain(&cut->grammar, cut->text + at, length - at);
	const char *reason;

	if (plain > 0)
		return plain;
	if (cut->grammar.depth == 0 &&
	    !json_grammar_is_complete(&cut->grammar) && c != '{' &&
	    !json_grammar_is_space(c)) {
		error_set(err, EX_DATAERR, "a JSON object is expected");
		return 0;
	}
	reason = json_grammar_step(&cut->grammar, c);
	if (reason == NULL)
		return 1;
	error_set(err, EX_DATAERR, "byte %zu of the object: %s", at + 1,
		  reason);
	return 0;
}

static int cut_text(struct cut *cut, size_t length, struct error *err)
{
	size_t at = 0, taken;

	while (at < length) {
		struct before before = {
			.depth = cut->grammar.depth,
			.is_in_string =
				json_grammar_is_in_string(&cut->grammar),
			.is_key = cut->grammar.is_key,
		};

		taken = step(cut, at, length, err);
		if (taken == 0)
			return -1;
		at += taken;
		if (note(cut, &before, at - 1, err) != 0)
			return -1;
	}
	if (json_grammar_is_complete(&cut->grammar))
		return 0;
	return error_set(err, EX_UNAVAILABLE,
			 cut->grammar.depth == 0
				 ? "the text is empty where a JSON object is "
				   "expected"
				 : "the object is cut short");
}

/* For qsort_r. */
static int by_name(const void *a, const void *b, void *context)
{
	const struct object_members *members = context;

	return compare_names(
		name_of(members, &members->list[*(const size_t *)a]),
		name_of(members, &members->list[*(const size_t *)b]));
}

static int sort_names(struct object_members *members, struct error *err)
{
	size_t i;

	if (members->count == 0)
		return 0;
	members->sorted = calloc(members->count, sizeof(*members->sorted));
	if (members->sorted == NULL)
		return error_no_memory(err);
	for (i = 0; i < members->count; i++)
		members->sorted[i] = i;
	qsort_r(members->sorted, members->count, sizeof(*members->sorted),
		by_name, members);
	for (i = 1; i < members->count; i++)
		if (by_name(&members->sorted[i - 1], &members->sorted[i],
			    members) == 0)
			return error_set(
				err, EX_DATAERR,
				"the object has two members of one name");
	return 0;
}

int object_cut(const char *text, size_t length, struct object_members *members,
	       struct error *err)
{
	struct cut cut = {.text = text};

	*members = OBJECT_MEMBERS_EMPTY;
	if (cut_text(&cut, length, err) == 0) {
		if (!text_is_utf8(text, length)) {
			error_set(err, EX_DATAERR,
				  "the object has bytes that are not UTF-8");
		} else if (sort_names(&cut.members, err) == 0) {
			*members = cut.members;
			return 0;
		}
	}
	object_members_free(&cut.members);
	return -1;
}

static const struct object_member *find(const struct object_members *members,
					struct name name)
{
	size_t low = 0, high = members->count, middle;
	const struct object_member *member;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		member = &members->list[members->sorted[middle]];
		order = compare_names(name, name_of(members, member));
		if (order == 0)
			return member;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct object_member *object_members_find(
	const struct object_members *members, const char *name)
{
	return find(members, (struct name){name, strlen(name)});
}

const struct object_member *object_members_same(
	const struct object_members *members,
	const struct object_members *others, const struct object_member *other)
{
	return find(members, name_of(others, other));
}

void object_members_free(struct object_members *members)
{
	free(members->list);
	free(members->sorted);
	buffer_free(&members->names);
	*members = OBJECT_MEMBERS_EMPTY;
}
