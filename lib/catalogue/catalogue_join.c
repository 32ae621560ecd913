#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/id_index.h"
#include "catalogue/model.h"
#include "catalogue/species_filter.h"

/* One statement that a person is in a film. */
struct pair {
	uint32_t film;
	uint32_t person;
	uint32_t is_persons; /* whether the person says so, or the film */
};

struct pairs {
	struct pair *items;
	size_t count;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->film != y->film)
		return x->film < y->film ? -1 : 1;
	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->is_persons < y->is_persons ? -1
					     : x->is_persons > y->is_persons;
}

/* Adds up what was counted while the elements came. */
static void count_records(const struct records *records,
			  struct catalogue_counts *counts)
{
	size_t i;

	for (i = 0; i < records->count; i++) {
		counts->ignored_fields += records->rows[i].ignored_fields;
		counts->cut_texts += records->rows[i].cut_texts;
		counts->refused_images += records->rows[i].refused_images;
	}
	counts->refused += records->refused_count;
	if (records->refused_count > CATALOGUE_MAX_LOGGED)
		log_event(LOG_LEVEL_WARN, "refused elements", "collection",
			  records->spec->noun, "count",
			  LOG_INT(records->refused_count), NULL);
}

/* The rows of the three collections by id. */
struct indexes {
	struct id_index films, people, species;
};

static void free_indexes(struct indexes *indexes)
{
	id_index_free(&indexes->films);
	id_index_free(&indexes->people);
	id_index_free(&indexes->species);
}

static int clean_records(struct records *records, struct id_index *index,
			 struct catalogue_counts *counts, struct error *err)
{
	size_t duplicates;

	if (records_check(records, err) != 0 ||
	    id_index_build(index, records, &duplicates, err) != 0)
		return -1;
	if (duplicates > CATALOGUE_MAX_LOGGED)
		log_event(LOG_LEVEL_WARN, "dropped duplicates", "collection",
			  records->spec->noun, "count", LOG_INT(duplicates),
			  NULL);
	counts->duplicates += duplicates;
	count_records(records, counts);
	return 0;
}

static int find_species(struct catalogue *catalogue,
			const struct id_index *index,
			struct catalogue_counts *counts, struct error *err)
{
	const char *id;
	uint32_t species;
	size_t i;

	catalogue->person_species =
		calloc(catalogue->people.count + 1, sizeof(uint32_t));
	if (catalogue->person_species == NULL)
		return error_no_memory(err);
	for (i = 0; i < catalogue->people.count; i++) {
		id = person_text(catalogue, i, PERSON_SPECIES);
		species = id != NULL ? id_index_find(index, id) : MODEL_NONE;
		catalogue->person_species[i] = species;
		counts->without_species += species == MODEL_NONE;
		if (catalogue_put_back(catalogue, err) != 0)
			return -1;
	}
	return 0;
}

/* One side's references, and where what they speak of is found. */
struct side {
	const struct records *from;
	const struct id_index *index;
	uint32_t is_persons;
};

static void add_pair(const struct side *side, size_t owner, const char *ref,
		     const unsigned char *is_hidden, struct pairs *pairs,
		     struct catalogue_counts *counts)
{
	uint32_t target = id_index_find(side->index, ref);
	uint32_t film = side->is_persons ? target : (uint32_t)owner;
	uint32_t person = side->is_persons ? (uint32_t)owner : target;

	if (target == ID_INDEX_NONE) {
		if (ref[0] == '\0')
			counts->empty_refs++;
		else
			counts->dangling_refs++;
	} else if (!is_hidden[person]) {
		pairs->items[pairs->count++] =
			(struct pair){film, person, side->is_persons};
	}
}

/* Adds a pair for every reference whose target is in the index. */
static int collect_pairs(const struct side *side,
			 const unsigned char *is_hidden, struct pairs *pairs,
			 struct catalogue_counts *counts, struct error *err)
{
	const char *ref;
	size_t i, left;

	for (i = 0; i < side->from->count; i++) {
		left = side->from->rows[i].ref_count;
		if (left == 0)
			continue;
		ref = records_refs(side->from, i);
		for (; ref != NULL && left > 0; left--) {
			add_pair(side, i, ref, is_hidden, pairs, counts);
			ref += strlen(ref) + 1;
		}
		if (records_put_back(side->from, err) != 0)
			return -1;
	}
	return 0;
}

/* Sorts, keeps each pair once and counts what one side said twice. */
static void unite_pairs(struct pairs *pairs, struct catalogue_counts *counts)
{
	size_t i, kept = 0;

	if (pairs->count == 0)
		return;
	qsort(pairs->items, pairs->count, sizeof(struct pair), compare_pairs);
	for (i = 1; i < pairs->count; i++) {
		struct pair *last = &pairs->items[kept];
		struct pair next = pairs->items[i];

		if (last->film != next.film || last->person != next.person)
			kept++;
		else if (last->is_persons == next.is_persons)
			counts->duplicate_refs++;
		pairs->items[kept] = next;
	}
	pairs->count = kept + 1;
	counts->pairs = pairs->count;
}

/* Makes rows of the pairs, which are in the order of films and people: so each
 * film's people and each person's films come out ascending. */
static int link_rows(struct links *links, size_t row_count,
		     const struct pairs *pairs, bool by_person,
		     struct error *err)
{
	uint32_t *ends;
	size_t i;

	links->starts = calloc(row_count + 2, sizeof(uint32_t));
	links->items = calloc(pairs->count + 1, sizeof(uint32_t));
	if (links->starts == NULL || links->items == NULL)
		return error_no_memory(err);
	/* ends[r] is first the number in row r - 1, then where row r is to go
	 * on, and at last where row r + 1 starts. */
	ends = links->starts + 1;
	for (i = 0; i < pairs->count; i++)
		ends[1 + (by_person ? pairs->items[i].person
				    : pairs->items[i].film)]++;
	for (i = 1; i <= row_count; i++)
		ends[i] += ends[i - 1];
	for (i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];
		uint32_t row = by_person ? pair->person : pair->film;

		links->items[ends[row]++] =
			by_person ? pair->film : pair->person;
	}
	return 0;
}

static int link_films_and_people(struct catalogue *catalogue,
				 const struct indexes *indexes,
				 const unsigned char *is_hidden,
				 struct catalogue_counts *counts,
				 struct error *err)
{
	const struct side films = {&catalogue->films, &indexes->people, 0};
	const struct side people = {&catalogue->people, &indexes->films, 1};
	size_t most = catalogue->films.ref_count + catalogue->people.ref_count;
	struct pairs pairs = {calloc(most + 1, sizeof(struct pair)), 0};
	size_t i;
	int status = -1;

	if (pairs.items == NULL)
		return error_no_memory(err);
	if (collect_pairs(&films, is_hidden, &pairs, counts, err) != 0 ||
	    collect_pairs(&people, is_hidden, &pairs, counts, err) != 0)
		goto out;
	unite_pairs(&pairs, counts);
	if (link_rows(&catalogue->cast, catalogue->films.count, &pairs, false,
		      err) != 0 ||
	    link_rows(&catalogue->roles, catalogue->people.count, &pairs, true,
		      err) != 0)
		goto out;
	for (i = 0; i < catalogue->films.count; i++)
		counts->films_without_people +=
			links_count(&catalogue->cast, i) == 0;
	status = 0;
out:
	free(pairs.items);
	return status;
}

static int join(struct catalogue *catalogue, const char *species_filter,
		struct indexes *indexes, struct catalogue_counts *counts,
		struct error *err)
{
	unsigned char *is_hidden;
	int status;

	if (clean_records(&catalogue->films, &indexes->films, counts, err) !=
		    0 ||
	    clean_records(&catalogue->people, &indexes->people, counts, err) !=
		    0 ||
	    clean_records(&catalogue->species, &indexes->species, counts,
			  err) != 0 ||
	    find_species(catalogue, &indexes->species, counts, err) != 0)
		return -1;
	is_hidden = calloc(catalogue->people.count + 1, 1);
	if (is_hidden == NULL)
		return error_no_memory(err);
	status = species_filter_apply(catalogue, species_filter, is_hidden,
				      &counts->people_hidden, err);
	if (status == 0)
		status = link_films_and_people(catalogue, indexes, is_hidden,
					       counts, err);
	free(is_hidden);
	return status;
}

int catalogue_join(struct catalogue *catalogue, const char *species_filter,
		   struct error *err)
{
	struct catalogue_counts counts = {0};
	struct indexes indexes = {0};
	int status = join(catalogue, species_filter, &indexes, &counts, err);

	free_indexes(&indexes);
	if (status != 0)
		return -1;
	counts.films = catalogue->films.count;
	counts.people = catalogue->people.count;
	counts.species = catalogue->species.count;
	catalogue->counts = counts;
	return 0;
}
