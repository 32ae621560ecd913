#include "movies_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

struct base_list {
	char **bases;
	size_t count;
};

static int add_base(void *context, const char *part, size_t length)
{
	struct base_list *list = context;
	char **grown =
		reallocarray(list->bases, list->count + 1, sizeof(*grown));

	if (grown == NULL)
		return -1;
	list->bases = grown;
	grown[list->count] = strndup(part, length);
	return grown[list->count] != NULL ? (list->count++, 0) : -1;
}

static void free_bases(struct base_list *list)
{
	while (list->count > 0)
		free(list->bases[--list->count]);
	free(list->bases);
}

static void set_up(struct catalogue *catalogue,
		   const struct movies_known *known,
		   struct upstream_collection *collections)
{
	static const struct upstream_collection forms[MOVIES_COLLECTIONS] = {
		[MOVIES_FILMS] = {.path = "/films",
				  .element = catalogue_add_film,
				  .rewind = catalogue_rewind_films},
		[MOVIES_PEOPLE] = {.path = "/people",
				   .element = catalogue_add_person,
				   .rewind = catalogue_rewind_people},
		[MOVIES_SPECIES] = {.path = "/species",
				    .element = catalogue_add_species,
				    .rewind = catalogue_rewind_species},
	};
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++) {
		collections[i] = forms[i];
		collections[i].context = catalogue;
		if (known->validators == NULL)
			continue;
		collections[i].known = known->validators[i];
		collections[i].known_body = known->body;
		collections[i].known_context = known->context;
	}
}

int movies_fetch(const struct settings *settings, struct catalogue *catalogue,
		 const struct movies_known *known, long timeout_ms,
		 struct upstream_collection collections[MOVIES_COLLECTIONS],
		 struct upstream_report *report, struct error *err)
{
	struct base_list list = {0};
	struct upstream_options options = {
		.timeout_ms = timeout_ms,
		.connect_timeout_ms = (long)settings_number(
			settings, SETTING_CONNECT_TIMEOUT_MS),
		.retries = (unsigned)settings_number(settings, SETTING_RETRIES),
		.concurrency = (unsigned)settings_number(settings,
							 SETTING_CONCURRENCY),
		.max_bytes =
			(size_t)settings_number(settings, SETTING_MAX_BYTES),
	};
	int status;

	set_up(catalogue, known, collections);
	if (settings_each(settings_text(settings, SETTING_GHIBLI_URL), ' ',
			  add_base, &list) != 0) {
		free_bases(&list);
		return error_no_memory(err);
	}
	options.bases = (const char *const *)list.bases;
	options.base_count = list.count;
	status = upstream_fetch(&options, collections, MOVIES_COLLECTIONS,
				report, err);
	free_bases(&list);
	return status;
}

int movies_fetch_digest(
	const struct upstream_collection collections[MOVIES_COLLECTIONS],
	char hex[HASH_HEX_BYTES], struct error *err)
{
	struct hash *hash = hash_start(err);
	int i;

	if (hash == NULL)
		return -1;
	for (i = 0; i < MOVIES_COLLECTIONS; i++)
		hash_update(hash, collections[i].digest, HASH_BYTES);
	return hash_finish_hex(hash, hex, err);
}
