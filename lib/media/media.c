#include "media/media.h"

#include <stdlib.h>
#include <string.h>

struct media {
	struct media_options options;
};

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

struct media *media_open(const struct media_options *options, struct error *err)
{
	struct media *media = calloc(1, sizeof(*media));

	if (media == NULL)
		error_no_memory(err);
	else
		media->options = *options;
	return media;
}

void media_close(struct media *media)
{
	free(media);
}

void media_fetch(struct media *media, const char *id,
		 struct media_answer *answer)
{
	(void)media;
	*answer = (struct media_answer){0};
	answer->outcome = media_is_id(id) ? MEDIA_FAILED : MEDIA_BAD_ID;
	error_set(&answer->reason, EX_UNAVAILABLE, "not written yet");
}

void media_answer_free(struct media_answer *answer)
{
	buffer_free(&answer->body);
}

void media_numbers(struct media *media, struct media_numbers *numbers)
{
	(void)media;
	*numbers = (struct media_numbers){0};
}

long long media_fetch_all(struct media *media,
			  void (*said)(void *context, const char *id,
				       const char *why),
			  void *context, struct error *err)
{
	(void)media;
	(void)said;
	(void)context;
	return error_set(err, EX_UNAVAILABLE, "not written yet");
}
