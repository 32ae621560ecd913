#include "base/json_grammar.h"

#include <stdint.h>
#include <string.h>

enum state {
	VALUE, /* what a text starts with */
	VALUE_OR_END,
	KEY,
	KEY_OR_END,
	COLON,
	COMMA_OR_END,
	STRING,
	ESCAPE,
	HEX,
	LOW_BACKSLASH,
	LOW_U,
	MINUS,
	ZERO,
	INTEGER,
	POINT,
	FRACTION,
	EXPONENT,
	EXPONENT_SIGN,
	EXPONENT_DIGITS,
	LITERAL,
	LOST
};

static const char no_value[] = "something that is no JSON value";
static const char bad_number[] = "a malformed number";
static const char bad_escape[] = "a malformed escape in a string";
static const char lone_surrogate[] = "a lone surrogate in a string";

bool json_grammar_is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static const char *go_to(struct json_grammar *grammar, enum state state)
{
	grammar->state = (int)state;
	return NULL;
}

static const char *start_string(struct json_grammar *grammar, bool is_key)
{
	grammar->is_key = is_key;
	grammar->needs_low = false;
	return go_to(grammar, STRING);
}

static const char *open_bracket(struct json_grammar *grammar, bool is_object)
{
	if (grammar->depth == JSON_GRAMMAR_MAX_DEPTH)
		return "too many brackets inside each other";
	grammar->is_object[grammar->depth++] = is_object;
	return go_to(grammar, is_object ? KEY_OR_END : VALUE_OR_END);
}

static const char *close_bracket(struct json_grammar *grammar, unsigned char c)
{
	bool is_object = grammar->is_object[grammar->depth - 1];

	if (c != (is_object ? '}' : ']'))
		return is_object ? "a ] that should be a }"
				 : "a } that should be a ]";
	grammar->depth--;
	return go_to(grammar, COMMA_OR_END);
}

static const char *start_literal(struct json_grammar *grammar, unsigned char c)
{
	grammar->literal = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
	return go_to(grammar, LITERAL);
}

static const char *start_value(struct json_grammar *grammar, unsigned char c)
{
	switch (c) {
	case '{':
	case '[':
		return open_bracket(grammar, c == '{');
	case '"':
		return start_string(grammar, false);
	case '-':
		return go_to(grammar, MINUS);
	case '0':
		return go_to(grammar, ZERO);
	case 't':
	case 'f':
	case 'n':
		return start_literal(grammar, c);
	case '\'':
		return "a single quote where JSON has a double one";
	default:
		return is_digit(c) ? go_to(grammar, INTEGER) : no_value;
	}
}

static const char *step_after_value(struct json_grammar *grammar,
				    unsigned char c)
{
	if (grammar->depth == 0)
		return "more text after its end";
	if (c == ']' || c == '}')
		return close_bracket(grammar, c);
	if (c != ',')
		return "something that is no comma after a value";
	return go_to(grammar,
		     grammar->is_object[grammar->depth - 1] ? KEY : VALUE);
}

/* What may stand where white space may stand too. */
static const char *step_between(struct json_grammar *grammar, unsigned char c)
{
	if (json_grammar_is_space(c))
		return NULL;
	if ((grammar->state == KEY_OR_END && c == '}') ||
	    (grammar->state == VALUE_OR_END && c == ']'))
		return close_bracket(grammar, c);
	switch (grammar->state) {
	case KEY:
	case KEY_OR_END:
		return c == '"' ? start_string(grammar, true)
				: "something that is no quoted key";
	case COLON:
		return c == ':' ? go_to(grammar, VALUE)
				: "a key without a colon after it";
	case COMMA_OR_END:
		return step_after_value(grammar, c);
	default:
		return start_value(grammar, c);
	}
}

static const char *end_code_unit(struct json_grammar *grammar)
{
	bool is_low =
		grammar->code_unit >= 0xdc00 && grammar->code_unit <= 0xdfff;
	bool is_high =
		grammar->code_unit >= 0xd800 && grammar->code_unit <= 0xdbff;

	if (is_low != grammar->needs_low)
		return lone_surrogate;
	grammar->needs_low = is_high;
	return go_to(grammar, is_high ? LOW_BACKSLASH : STRING);
}

static const char *step_hex(struct json_grammar *grammar, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (unsigned char)(c - 'A' + 'a');
	at = c == '\0' ? NULL : strchr(digits, c);
	if (at == NULL)
		return bad_escape;
	grammar->code_unit = grammar->code_unit << 4 | (unsigned)(at - digits);
	return ++grammar->hex_digits == 4 ? end_code_unit(grammar) : NULL;
}

static const char *start_hex(struct json_grammar *grammar)
{
	grammar->hex_digits = 0;
	grammar->code_unit = 0;
	return go_to(grammar, HEX);
}

static const char *step_string(struct json_grammar *grammar, unsigned char c)
{
	switch (grammar->state) {
	case STRING:
		if (c < 0x20)
			return "a raw control character in a string";
		if (c == '\\')
			return go_to(grammar, ESCAPE);
		if (c == '"')
			return go_to(grammar,
				     grammar->is_key ? COLON : COMMA_OR_END);
		return NULL;
	case ESCAPE:
		if (c == 'u')
			return start_hex(grammar);
		if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
			return bad_escape;
		return go_to(grammar, STRING);
	case LOW_BACKSLASH:
		return c == '\\' ? go_to(grammar, LOW_U) : lone_surrogate;
	case LOW_U:
		return c == 'u' ? start_hex(grammar) : lone_surrogate;
	default:
		return step_hex(grammar, c);
	}
}

/* A number has no end of its own: the byte that cannot belong to it is judged
 * as what follows a value. */
static const char *end_number(struct json_grammar *grammar, unsigned char c)
{
	if (is_digit(c) || c == '.' || c == '+' || c == '-')
		return bad_number;
	go_to(grammar, COMMA_OR_END);
	return step_between(grammar, c);
}

/* After the digits before the point, or after those behind it. */
static const char *go_on_number(struct json_grammar *grammar, unsigned char c)
{
	if (c == 'e' || c == 'E')
		return go_to(grammar, EXPONENT);
	if (c == '.' && grammar->state != FRACTION)
		return go_to(grammar, POINT);
	return end_number(grammar, c);
}

static const char *step_number(struct json_grammar *grammar, unsigned char c)
{
	switch (grammar->state) {
	case MINUS:
		if (!is_digit(c))
			return bad_number;
		return go_to(grammar, c == '0' ? ZERO : INTEGER);
	case ZERO:
		return go_on_number(grammar, c);
	case INTEGER:
	case FRACTION:
		return is_digit(c) ? NULL : go_on_number(grammar, c);
	case POINT:
		return is_digit(c) ? go_to(grammar, FRACTION) : bad_number;
	case EXPONENT:
		if (c == '+' || c == '-')
			return go_to(grammar, EXPONENT_SIGN);
		return is_digit(c) ? go_to(grammar, EXPONENT_DIGITS)
				   : bad_number;
	case EXPONENT_SIGN:
		return is_digit(c) ? go_to(grammar, EXPONENT_DIGITS)
				   : bad_number;
	default:
		return is_digit(c) ? NULL : end_number(grammar, c);
	}
}

static const char *step_literal(struct json_grammar *grammar, unsigned char c)
{
	if (c != (unsigned char)*grammar->literal)
		return no_value;
	if (*++grammar->literal == '\0')
		go_to(grammar, COMMA_OR_END);
	return NULL;
}

const char *json_grammar_step(struct json_grammar *grammar, unsigned char c)
{
	const char *reason;

	if (grammar->state <= COMMA_OR_END)
		reason = step_between(grammar, c);
	else if (grammar->state <= LOW_U)
		reason = step_string(grammar, c);
	else if (grammar->state <= EXPONENT_DIGITS)
		reason = step_number(grammar, c);
	else if (grammar->state == LITERAL)
		reason = step_literal(grammar, c);
	else
		reason = "what follows an error";
	if (reason != NULL)
		go_to(grammar, LOST);
	return reason;
}

/* Bytes at the start of a string's text that need no step, eight at a time: a
 * byte is less than n, or is c, where subtracting borrows from its top bit. A
 * byte above 0x7f ends it early, or one behind such a one; that costs no more
 * than time. */
static size_t plain_words(const char *bytes, size_t length)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
	uint64_t word, found;
	size_t n = 0;

	for (; length - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, bytes + n, sizeof(word));
		found = word | (word - 0x20 * ones) |
			((word ^ '"' * ones) - ones) |
			((word ^ '\\' * ones) - ones);
		if ((found & tops) != 0)
			break;
	}
	return n;
}

size_t json_grammar_plain(const struct json_grammar *grammar, const char *bytes,
			  size_t length)
{
	size_t n = 0;

	if (grammar->state != STRING)
		return 0;
	n = plain_words(bytes, length);
	while (n < length && (unsigned char)bytes[n] >= 0x20 &&
	       bytes[n] != '"' && bytes[n] != '\\')
		n++;
	return n;
}

bool json_grammar_is_complete(const struct json_grammar *grammar)
{
	return grammar->depth == 0 && grammar->state == COMMA_OR_END;
}

bool json_grammar_is_in_string(const struct json_grammar *grammar)
{
	return grammar->state >= STRING && grammar->state <= LOW_U;
}
