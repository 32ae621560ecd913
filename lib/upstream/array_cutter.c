#include "upstream/array_cutter.h"

#include "base/text.h"

static int refuse(const struct array_cutter *cutter, const char *reason,
		  struct error *err)
{
	if (cutter->element_bytes == 0)
		return error_set(err, EX_DATAERR, "byte %zu of the array: %s",
				 cutter->text_bytes, reason);
	return error_set(err, EX_DATAERR,
			 "element %zu (byte %zu of the array): %s",
			 cutter->element_count + 1, cutter->text_bytes, reason);
}

/* What the text is instead of an array, told by its first character. */
static int refuse_top(unsigned char c, struct error *err)
{
	static const char expected[] = "a JSON array is expected";

	if (c == '{')
		return error_set(err, EX_DATAERR, "%s, not an object",
				 expected);
	if (c == '"')
		return error_set(err, EX_DATAERR, "%s, not a string", expected);
	if (c == '-' || (c >= '0' && c <= '9'))
		return error_set(err, EX_DATAERR, "%s, not a number", expected);
	if (c > ' ' && c < 0x7f)
		return error_set(err, EX_DATAERR,
				 "%s, not text that starts with '%c'", expected,
				 c);
	return error_set(err, EX_DATAERR,
			 "%s, not text that starts with the byte 0x%02x",
			 expected, c);
}

/* The array's own brackets, its commas and the white space beside them belong
 * to no element. */
static bool is_between_elements(const struct json_grammar *before,
				unsigned char c)
{
	if (before->depth > 1 || json_grammar_is_in_string(before))
		return false;
	return before->depth == 0 || json_grammar_is_space(c) || c == ',' ||
	       c == ']';
}

static int hand_over(struct array_cutter *cutter, const char *text,
		     size_t length, struct error *err)
{
	int status;

	if (cutter->element_count == cutter->max_elements)
		return error_set(err, EX_DATAERR,
				 "the array has more than %zu elements",
				 cutter->max_elements);
	if (!text_is_utf8(text, length))
		return refuse(cutter, "bytes that are not UTF-8", err);
	status = cutter->element(cutter->context, text, length, err);
	if (status >= 0)
		cutter->element_count++;
	cutter->element_bytes = 0;
	return status;
}

/* The element's last part is in this piece; mostly its only one. */
static int end_element(struct array_cutter *cutter, const char *part,
		       size_t length, struct error *err)
{
	int status;

	if (cutter->held.length == 0)
		return hand_over(cutter, part, length, err);
	buffer_append(&cutter->held, part, length);
	if (buffer_check(&cutter->held, err) != 0)
		return -1;
	status = hand_over(cutter, cutter->held.data, cutter->held.length, err);
	buffer_clear(&cutter->held);
	return status;
}

/* Takes one byte or, inside a string, all plain ones. Returns how many, or 0
 * after an error. */
static size_t take(struct array_cutter *cutter, const char *bytes,
		   size_t length, bool is_between, struct error *err)
{
	unsigned char c = (unsigned char)bytes[0];
	size_t plain = json_grammar_plain(&cutter->grammar, bytes, length);
	size_t taken = plain > 0 ? plain : 1;
	const char *reason = NULL;

	cutter->text_bytes += taken;
	if (!is_between)
		cutter->element_bytes += taken;
	if (cutter->element_bytes > cutter->max_element_bytes) {
		error_set(err, EX_DATAERR,
			  "element %zu of the array is larger than %zu bytes",
			  cutter->element_count + 1, cutter->max_element_bytes);
		return 0;
	}
	if (plain == 0)
		reason = json_grammar_step(&cutter->grammar, c);
	if (reason != NULL) {
		refuse(cutter, reason, err);
		return 0;
	}
	return taken;
}

static bool is_before_array(const struct array_cutter *cutter)
{
	return cutter->grammar.depth == 0 &&
	       !json_grammar_is_complete(&cutter->grammar);
}

int array_cutter_feed(struct array_cutter *cutter, const char *piece,
		      size_t length, struct error *err)
{
	const char *part = piece;
	size_t part_bytes = 0, at = 0, taken;

	while (at < length) {
		unsigned char c = (unsigned char)piece[at];
		bool is_between = is_between_elements(&cutter->grammar, c);
		int status = 0;

		if (is_before_array(cutter) && c != '[' &&
		    !json_grammar_is_space(c))
			return refuse_top(c, err);
		taken = take(cutter, piece + at, length - at, is_between, err);
		if (taken == 0)
			return -1;
		if (!is_between && part_bytes == 0)
			part = piece + at;
		if (!is_between)
			part_bytes += taken;
		at += taken;
		if (is_between && (c == ',' || c == ']') &&
		    cutter->element_bytes > 0) {
			status = end_element(cutter, part, part_bytes, err);
			part_bytes = 0;
		}
		if (status != 0)
			return status;
	}
	buffer_append(&cutter->held, part, part_bytes);
	return buffer_check(&cutter->held, err);
}

int array_cutter_finish(const struct array_cutter *cutter, struct error *err)
{
	if (json_grammar_is_complete(&cutter->grammar))
		return 0;
	if (cutter->grammar.depth == 0)
		return error_set(err, EX_UNAVAILABLE,
				 "the text is empty where a JSON array is "
				 "expected");
	return error_set(err, EX_UNAVAILABLE,
			 "the array is cut short after %zu whole elements",
			 cutter->element_count);
}

void array_cutter_restart(struct array_cutter *cutter)
{
	buffer_clear(&cutter->held);
	cutter->grammar = JSON_GRAMMAR_START;
	cutter->element_bytes = 0;
	cutter->element_count = 0;
	cutter->text_bytes = 0;
}

void array_cutter_free(struct array_cutter *cutter)
{
	buffer_free(&cutter->held);
}
