/*
 * The media API's URLs (CONTRACT 3.2).
 */
#ifndef MARQUEE_MEDIA_MEDIA_URL_H
#define MARQUEE_MEDIA_MEDIA_URL_H

#include "base/buffer.h"

/* Appends a URL. Slashes at the end of `base` are left out; `id` is one of
 * media_is_id, so there is nothing to encode. */
void media_url_page(struct buffer *url, const char *base, unsigned page_size,
		    unsigned page);
void media_url_details(struct buffer *url, const char *base, const char *id);
void media_url_segments(struct buffer *url, const char *base, const char *id);

#endif
