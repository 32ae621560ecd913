/* base/object_cutter.h: it takes what an independent parser takes, but for two
 * members of one name, and finds the same keys and values. */
#include "base/object_cutter.h"
#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 512

struct name {
	char text[MAX_BYTES];
	size_t length;
};

static bool has_repeated_name(const struct json_parts *parts)
{
	static struct name names[MAX_BYTES];
	size_t i, k, count = parts->count / 2;

	for (i = 0; i < count; i++) {
		names[i].length = json_oracle_string(parts->list[2 * i].text,
						     parts->list[2 * i].length,
						     names[i].text);
		for (k = 0; k < i; k++)
			if (names[k].length == names[i].length &&
			    memcmp(names[k].text, names[i].text,
				   names[i].length) == 0)
				return true;
	}
	return false;
}

static void check_member(const struct object_members *members, size_t i,
			 const struct json_parts *parts)
{
	const struct object_member *member = &members->list[i];
	const char *name = members->names.data + member->name_at;
	char decoded[MAX_BYTES];

	FUZZ_CHECK(member->key == parts->list[2 * i].text);
	FUZZ_CHECK(member->key_length == parts->list[2 * i].length);
	FUZZ_CHECK(member->value == parts->list[2 * i + 1].text);
	FUZZ_CHECK(member->value_length == parts->list[2 * i + 1].length);
	FUZZ_CHECK(member->name_length == json_oracle_string(member->key,
							     member->key_length,
							     decoded));
	FUZZ_CHECK(memcmp(name, decoded, member->name_length) == 0);
	FUZZ_CHECK(name[member->name_length] == '\0');
	FUZZ_CHECK(object_members_same(members, members, member) == member);
	if (memchr(name, '\0', member->name_length) == NULL)
		FUZZ_CHECK(object_members_find(members, name) == member);
}

FUZZ_TARGET(object_cutter, MAX_BYTES)
{
	static char room[MAX_BYTES];
	static struct json_parts parts;
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	enum json_oracle verdict = json_oracle(text, size, '{', &parts);
	struct object_members members;
	struct error err = {0};
	bool is_taken = object_cut(text, size, &members, &err) == 0;
	size_t i;

	if (verdict == JSON_WHOLE && text_is_utf8(text, size) &&
	    parts.count <= JSON_ORACLE_PARTS)
		FUZZ_CHECK(is_taken == !has_repeated_name(&parts));
	else if (parts.count <= JSON_ORACLE_PARTS)
		FUZZ_CHECK(!is_taken);
	if (!is_taken) {
		FUZZ_CHECK(err.code == (verdict == JSON_CUT_SHORT
						? EX_UNAVAILABLE
						: EX_DATAERR));
		FUZZ_CHECK(members.count == 0 && members.list == NULL);
		return;
	}
	FUZZ_CHECK(members.count == parts.count / 2);
	for (i = 0; i < members.count && 2 * i < JSON_ORACLE_PARTS; i++)
		check_member(&members, i, &parts);
	object_members_free(&members);
}
