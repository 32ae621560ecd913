#include "media/media_url.h"

#include <string.h>

static void append_base(struct buffer *url, const char *base)
{
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	buffer_append(url, base, length);
}

void media_url_page(struct buffer *url, const char *base, unsigned page_size,
		    unsigned page)
{
	append_base(url, base);
	buffer_format(url, "/api/file/all?limit=%u&offset=%u", page_size, page);
}

void media_url_details(struct buffer *url, const char *base, const char *id)
{
	append_base(url, base);
	buffer_format(url, "/api/file/details/%s", id);
}

void media_url_segments(struct buffer *url, const char *base, const char *id)
{
	append_base(url, base);
	buffer_format(url, "/api/file/segments/%s", id);
}
