/*
 * The settings as struct media_options: what files.fcgi and fetch-file have in
 * common.
 */
#ifndef MARQUEE_MEDIA_MEDIA_SETTINGS_H
#define MARQUEE_MEDIA_MEDIA_SETTINGS_H

#include "base/settings.h"
#include "media/media.h"

/* Its strings are the settings'. `base` is "" where no upstream is set. */
struct media_options media_settings_options(const struct settings *settings);

/* How long a caller of media_fetch may wait by design: until a fetch that ends
 * too late to be shared is over, and then for its own. */
long long media_settings_patience_ms(const struct settings *settings);

/* The most descriptors that fetching may have open. */
unsigned media_settings_descriptors(const struct settings *settings);

#endif
