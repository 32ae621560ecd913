/*
 * Why the upstream could not be had, and whether that is for lack of time.
 */
#ifndef MARQUEE_MEDIA_MEDIA_TROUBLE_H
#define MARQUEE_MEDIA_MEDIA_TROUBLE_H

#include <stdbool.h>

#include "base/error.h"

struct media_trouble {
	struct error error;
	bool is_timeout;
};

#endif
