/* A file of its own: readers do without libcrypto. */
#include "cache/pack.h"

void pack_hash_record(struct hash *content, const struct pack_record *record)
{
	int i;

	if (record->flags & PACK_IS_ASIDE)
		return;
	hash_update_text(content, record->name, record->name_length);
	hash_update_text(content, record->media_type,
			 record->media_type_length);
	hash_update(content, record->flags & PACK_IS_FILE ? "f" : "p", 1);
	for (i = 0; i < PACK_CODINGS; i++)
		hash_update(content, record->bodies[i].tag, PACK_TAG_BYTES);
}
