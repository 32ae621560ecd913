#include "catalogue/directors.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_render.h"
#include "catalogue/id_key.h"

/* A film with its director. */
struct credit {
	struct id_key name;
	uint32_t film;
};

static int compare_credits(const void *a, const void *b)
{
	const struct credit *x = a, *y = b;
	int order = id_key_compare(&x->name, &y->name);

	if (order != 0)
		return order;
	return x->film < y->film ? -1 : x->film > y->film;
}

/* Films of one director: credits that are neighbours. */
struct group {
	size_t first, count; /* credits */
	uint32_t film;       /* the earliest */
};

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->film < y->film ? -1 : x->film > y->film;
}

/* Returns their number, or -1. */
static long collect_credits(const struct catalogue *catalogue,
			    struct credit *credits, struct error *err)
{
	struct id_secret secret;
	const char *name;
	size_t i, count = 0;

	if (id_secret_draw(&secret, err) != 0)
		return -1;
	for (i = 0; i < catalogue->films.count; i++) {
		name = film_text(catalogue, i, FILM_DIRECTOR);
		if (name != NULL && name[0] != '\0') {
			credits[count].name =
				id_key(&secret, name, strlen(name));
			credits[count++].film = (uint32_t)i;
		}
		if (records_put_back(&catalogue->films, err) != 0)
			return -1;
	}
	qsort(credits, count, sizeof(struct credit), compare_credits);
	return (long)count;
}

/* Those with the most films first. Equal names are neighbours, the earliest
 * film first. */
static size_t group_credits(const struct credit *credits, size_t count,
			    struct group *groups)
{
	size_t i, found = 0;

	for (i = 0; i < count; i++) {
		if (i == 0 ||
		    id_key_compare(&credits[i - 1].name, &credits[i].name) != 0)
			groups[found++] = (struct group){i, 0, credits[i].film};
		groups[found - 1].count++;
	}
	qsort(groups, found, sizeof(struct group), compare_groups);
	return found;
}

/* The caller frees it; NULL with a reason. */
static char *copy_name(const struct catalogue *catalogue, uint32_t film,
		       struct error *err)
{
	const char *name = film_text(catalogue, film, FILM_DIRECTOR);
	/* Absent where it cannot be read by now, which put_back tells. */
	char *copy = strdup(name != NULL ? name : "");

	if (copy == NULL)
		error_no_memory(err);
	if (records_put_back(&catalogue->films, err) == 0)
		return copy;
	free(copy);
	return NULL;
}

static int keep_directors(const struct catalogue *catalogue,
			  const struct credit *credits,
			  const struct group *groups, size_t group_count,
			  struct directors *directors, struct error *err)
{
	size_t i, k;

	for (k = 0; k < group_count && k < CATALOGUE_MAX_DIRECTORS; k++) {
		char *name = copy_name(catalogue, groups[k].film, err);

		if (name == NULL)
			return -1;
		directors->items[directors->count++] = (struct director){
			name, groups[k].count, groups[k].film};
		for (i = 0; i < groups[k].count; i++)
			directors->of_film[credits[groups[k].first + i].film] =
				(uint32_t)k;
	}
	return 0;
}

int directors_find(const struct catalogue *catalogue,
		   struct directors *directors, struct error *err)
{
	size_t i, films = catalogue->films.count;
	struct credit *credits = calloc(films + 1, sizeof(*credits));
	struct group *groups = calloc(films + 1, sizeof(*groups));
	int status = -1;
	long count;

	*directors = (struct directors){
		.items = calloc(CATALOGUE_MAX_DIRECTORS,
				sizeof(struct director)),
		.of_film = calloc(films + 1, sizeof(uint32_t)),
	};
	if (credits == NULL || groups == NULL || directors->items == NULL ||
	    directors->of_film == NULL) {
		error_no_memory(err);
		goto out;
	}
	for (i = 0; i < films; i++)
		directors->of_film[i] = MODEL_NONE;
	count = collect_credits(catalogue, credits, err);
	if (count >= 0)
		status = keep_directors(catalogue, credits, groups,
					group_credits(credits, (size_t)count,
						      groups),
					directors, err);
out:
	free(groups);
	free(credits);
	return status;
}

void directors_free(struct directors *directors)
{
	size_t i;

	for (i = 0; i < directors->count; i++)
		free(directors->items[i].name);
	free(directors->items);
	free(directors->of_film);
	*directors = (struct directors){0};
}
