#include <string.h>

#include "media/media.h"

bool media_is_id(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	size_t length = strspn(id, allowed);

	return length >= 1 && length <= MEDIA_MAX_ID_BYTES &&
	       id[length] == '\0' && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0;
}

void media_answer_free(struct media_answer *answer)
{
	buffer_free(&answer->body);
}

void media_answer_say(const struct media_answer *answer, struct buffer *out)
{
	switch (answer->outcome) {
	case MEDIA_KEPT:
		return;
	case MEDIA_UNKEPT:
		buffer_format(out, "cannot be kept: %s",
			      answer->reason.message);
		return;
	case MEDIA_UNFINISHED:
		buffer_format(out, "is not finished: %s", answer->status);
		return;
	case MEDIA_UNKNOWN:
		buffer_text(out, "is unknown to the upstream");
		return;
	case MEDIA_FAILED:
		buffer_format(out, "cannot be fetched: %s",
			      answer->reason.message);
		return;
	case MEDIA_TOO_SLOW:
		buffer_format(out, "cannot be fetched in time: %s",
			      answer->reason.message);
		return;
	case MEDIA_BUSY:
		buffer_text(out, "has to wait: too many are being fetched");
		return;
	case MEDIA_BAD_ID:
	default:
		buffer_format(out,
			      "is no id: 1 to %d of letters, digits, \"-\", "
			      "\"_\" and \".\" are allowed",
			      MEDIA_MAX_ID_BYTES);
		return;
	}
}
