#include "catalogue/directors.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue_render.h"

/* A film with its director. */
struct credit {
	const char *name;
	uint32_t film;
};

static int compare_credits(const void *a, const void *b)
{
	const struct credit *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->film < y->film ? -1 : x->film > y->film;
}

static int compare_directors(const void *a, const void *b)
{
	const struct director *x = a, *y = b;

	if (x->films != y->films)
		return x->films > y->films ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static size_t collect_credits(const struct catalogue *catalogue,
			      struct credit *credits)
{
	size_t i, count = 0;

	for (i = 0; i < catalogue->films.count; i++) {
		const char *name = film_text(catalogue, i, FILM_DIRECTOR);

		if (name != NULL && name[0] != '\0')
			credits[count++] = (struct credit){name, (uint32_t)i};
	}
	qsort(credits, count, sizeof(struct credit), compare_credits);
	return count;
}

/* Equal names are neighbours, the earliest film first. */
static void group_credits(const struct credit *credits, size_t count,
			  struct directors *directors)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (i == 0 || strcmp(credits[i - 1].name, credits[i].name) != 0)
			directors->items[directors->count++] =
				(struct director){credits[i].name, 0,
						  credits[i].film};
		directors->items[directors->count - 1].films++;
	}
}

/* The directors are ordered by importance now, the credits by name: each of
 * the few directors looks for its own among the credits. */
static void number_films(const struct credit *credits, size_t count,
			 struct directors *directors)
{
	size_t i, k;

	for (k = 0; k < directors->count; k++)
		for (i = 0; i < count; i++)
			if (strcmp(directors->items[k].name, credits[i].name) ==
			    0)
				directors->of_film[credits[i].film] =
					(uint32_t)k;
}

int directors_find(const struct catalogue *catalogue,
		   struct directors *directors, struct error *err)
{
	size_t i, count, films = catalogue->films.count;
	struct credit *credits = calloc(films + 1, sizeof(*credits));

	*directors = (struct directors){
		.items = calloc(films + 1, sizeof(struct director)),
		.of_film = calloc(films + 1, sizeof(uint32_t)),
	};
	if (credits == NULL || directors->items == NULL ||
	    directors->of_film == NULL) {
		free(credits);
		return error_no_memory(err);
	}
	for (i = 0; i < films; i++)
		directors->of_film[i] = MODEL_NONE;
	count = collect_credits(catalogue, credits);
	group_credits(credits, count, directors);
	qsort(directors->items, directors->count, sizeof(struct director),
	      compare_directors);
	if (directors->count > CATALOGUE_MAX_DIRECTORS)
		directors->count = CATALOGUE_MAX_DIRECTORS;
	number_films(credits, count, directors);
	free(credits);
	return 0;
}

void directors_free(struct directors *directors)
{
	free(directors->items);
	free(directors->of_film);
	*directors = (struct directors){0};
}
