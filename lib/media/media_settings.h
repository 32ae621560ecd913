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

#endif
