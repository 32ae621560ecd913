#include "media/media_settings.h"

#include "media/media_pool.h"
#include "media/media_share.h"

/* Of a conversation, beside its connections: what wakes it, and those who look
 * up names for it, and a connection to Redis. */
#define DESCRIPTORS_BESIDE 9

static unsigned number_of(const struct settings *settings, enum setting id)
{
	return (unsigned)settings_number(settings, id);
}

struct media_options media_settings_options(const struct settings *settings)
{
	return (struct media_options){
		.base = settings_text(settings, SETTING_FILES_URL),
		.cache_dir = settings_text(settings, SETTING_CACHE_DIR),
		.page_size = number_of(settings, SETTING_PAGE_SIZE),
		.max_pages = number_of(settings, SETTING_MAX_PAGES),
		.concurrency = number_of(settings, SETTING_CONCURRENCY),
		.retries = number_of(settings, SETTING_RETRIES),
		.timeout_ms =
			(long)settings_number(settings, SETTING_TIMEOUT_MS),
		.connect_timeout_ms = (long)settings_number(
			settings, SETTING_CONNECT_TIMEOUT_MS),
		.max_bytes =
			(size_t)settings_number(settings, SETTING_MAX_BYTES),
		.max_walks = number_of(settings, SETTING_MAX_WALKS),
		.index_ttl_s =
			(long)settings_number(settings, SETTING_INDEX_TTL_S),
		.redis_url = settings_text(settings, SETTING_REDIS_URL),
	};
}

long long media_settings_patience_ms(const struct settings *settings)
{
	long long one_ms = settings_number(settings, SETTING_TIMEOUT_MS) +
			   2 * MEDIA_SHARE_MS;

	return 2 * one_ms;
}

unsigned media_settings_descriptors(const struct settings *settings)
{
	unsigned conversations =
		number_of(settings, SETTING_MAX_WALKS) + MEDIA_POOL_MAX;

	return conversations *
	       (number_of(settings, SETTING_CONCURRENCY) + DESCRIPTORS_BESIDE);
}
