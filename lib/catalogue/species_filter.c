#include "catalogue/species_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"

#define BLANKS " \t"

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_name(const char *name, const char *word, size_t length)
{
	size_t i;

	if (strlen(name) != length)
		return false;
	for (i = 0; i < length; i++)
		if (ascii_lower(name[i]) != ascii_lower(word[i]))
			return false;
	return true;
}

static void warn_unknown(const char *word, size_t length)
{
	struct buffer name = BUFFER_EMPTY;

	buffer_append(&name, word, length);
	if (!name.has_failed)
		log_event(LOG_LEVEL_WARN, "no species has this name", "name",
			  name.data, NULL);
	buffer_free(&name);
}

static int mark_species(const struct records *species, const char *word,
			size_t length, unsigned char *is_wanted,
			struct error *err)
{
	bool is_known = false;
	size_t i;

	for (i = 0; i < species->count; i++) {
		if (is_same_name(records_texts(species, i)[SPECIES_NAME], word,
				 length))
			is_wanted[i] = is_known = true;
		if (records_put_back(species, err) != 0)
			return -1;
	}
	if (!is_known)
		warn_unknown(word, length);
	return 0;
}

/* Steps to the next name between commas, without the blanks around it. */
static bool next_name(const char **at, const char **word, size_t *length)
{
	*at += strspn(*at, "," BLANKS);
	if (**at == '\0')
		return false;
	*word = *at;
	*length = strcspn(*at, ",");
	*at += *length;
	while (strchr(BLANKS, (*word)[*length - 1]) != NULL)
		--*length;
	return true;
}

int species_filter_apply(const struct catalogue *catalogue, const char *filter,
			 unsigned char *is_hidden, size_t *hidden,
			 struct error *err)
{
	unsigned char *is_wanted;
	const char *word;
	uint32_t species;
	size_t i, length;
	int status = 0;

	*hidden = 0;
	if (filter == NULL || filter[strspn(filter, "," BLANKS)] == '\0')
		return 0;
	is_wanted = calloc(catalogue->species.count + 1, 1);
	if (is_wanted == NULL)
		return error_no_memory(err);
	while (status == 0 && next_name(&filter, &word, &length))
		status = mark_species(&catalogue->species, word, length,
				      is_wanted, err);
	for (i = 0; i < catalogue->people.count; i++) {
		species = catalogue->person_species[i];
		is_hidden[i] = species == MODEL_NONE || !is_wanted[species];
		*hidden += is_hidden[i];
	}
	free(is_wanted);
	return status;
}
