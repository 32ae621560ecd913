#include "notify_effect.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "notify_exec.h"
#include "notify_stop.h"

/* How long a reader of stdout that reads no more is waited for once notify was
 * asked to end. */
#define STUCK_GRACE_MS 5000

/* U+2028 and U+2029. */
static bool is_line_break(const char *text, size_t length)
{
	return length == 3 && memcmp(text, "\xe2\x80", 2) == 0 &&
	       (text[2] == '\xa8' || text[2] == '\xa9');
}

/* `text` is a control character or a line break, of one, two or three bytes. */
static void append_escape(const char *text, size_t length, struct buffer *out)
{
	unsigned code = (unsigned char)text[0];

	if (length == 2)
		code = (unsigned char)text[1];
	else if (length == 3)
		code = text[2] == '\xa8' ? 0x2028 : 0x2029;
	switch (code) {
	case '\n':
		buffer_text(out, "\\n");
		break;
	case '\r':
		buffer_text(out, "\\r");
		break;
	case '\t':
		buffer_text(out, "\\t");
		break;
	default:
		buffer_format(out, "\\u%04x", code);
	}
}

static void append_visible(const char *text, struct buffer *out)
{
	const char *end = text + strlen(text);
	size_t step;

	for (; text < end; text += step) {
		step = text_utf8_step(text, (size_t)(end - text));
		if (step == 0) {
			buffer_text(out, TEXT_REPLACEMENT);
			step = 1;
		} else if (text_has_control(text, step) ||
			   is_line_break(text, step)) {
			append_escape(text, step, out);
		} else {
			buffer_append(out, text, step);
		}
	}
}

void notify_effect_line(const struct event *event, struct buffer *out)
{
	buffer_format(out, "Event %s has been sent to ", event->id);
	append_visible(event->user_id, out);
	buffer_text(out, ": ");
	append_visible(event->description, out);
	buffer_char(out, '\n');
}

/* Returns false where notify is to end and nobody reads. */
static bool wait_for_reader(struct notify_hold *hold, bool has_begun)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	long long left_ms, stop_ms;

	for (;;) {
		stop_ms = notify_stop_left_ms(has_begun ? STUCK_GRACE_MS : 0);
		left_ms = notify_hold_left_ms(hold);
		if (stop_ms < left_ms)
			left_ms = stop_ms;
		if (poll(&out, 1, (int)left_ms) > 0)
			return true;
		if (stop_ms == 0)
			return false;
		notify_hold_keep(hold);
	}
}

/* As much as can be written to a pipe without waiting once poll has said that
 * there is room. */
static size_t piece_of(size_t length)
{
	struct stat file;

	if (length <= PIPE_BUF || fstat(STDOUT_FILENO, &file) != 0 ||
	    !S_ISFIFO(file.st_mode))
		return length;
	return PIPE_BUF;
}

static enum notify_told fail_to_write(int reason, struct error *err)
{
	error_set(err, EX_IOERR, "cannot write to stdout: %s",
		  strerror(reason));
	return reason == EPIPE || reason == EBADF ? NOTIFY_DEAF : NOTIFY_FAILED;
}

static enum notify_told print_line(struct notify_effect *effect,
				   const struct buffer *line,
				   struct notify_hold *hold, struct error *err)
{
	size_t at = 0;
	ssize_t written;

	while (at < line->length) {
		if (!wait_for_reader(hold, at > 0))
			return NOTIFY_UNTRIED;
		written = write(STDOUT_FILENO, line->data + at,
				piece_of(line->length - at));
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return fail_to_write(errno, err);
		if (written > 0) {
			at += (size_t)written;
			effect->is_line_cut = at < line->length;
		}
	}
	return NOTIFY_TOLD;
}

static enum notify_told print_event(struct notify_effect *effect,
				    struct notify_hold *hold, struct error *err)
{
	enum notify_told told = NOTIFY_FAILED;
	struct buffer line = BUFFER_EMPTY;

	if (effect->is_line_cut)
		buffer_char(&line, '\n');
	notify_effect_line(&hold->delivery->event, &line);
	if (buffer_check(&line, err) == 0)
		told = print_line(effect, &line, hold, err);
	buffer_free(&line);
	return told;
}

enum notify_told notify_effect(struct notify_effect *effect,
			       struct notify_hold *hold, struct error *err)
{
	if (effect->command == NULL)
		return print_event(effect, hold, err);
	return notify_exec(effect->command, effect->timeout_ms, hold, err) == 0
		       ? NOTIFY_TOLD
		       : NOTIFY_FAILED;
}
