#include "catalogue/site.h"

#include <stdlib.h>
#include <string.h>

struct dated_film {
	unsigned year;
	uint32_t film;
};

static int compare_years(const void *a, const void *b)
{
	const struct dated_film *x = a, *y = b;

	/* Films without a year come last: 0 - 1 is the largest number. */
	if (x->year != y->year)
		return x->year - 1 < y->year - 1 ? -1 : 1;
	return x->film < y->film ? -1 : x->film > y->film;
}

static int order_by_year(struct site *site, struct error *err)
{
	size_t i, count = site->catalogue->films.count;
	struct dated_film *dated = calloc(count + 1, sizeof(*dated));

	site->by_year = calloc(count + 1, sizeof(uint32_t));
	if (dated == NULL || site->by_year == NULL) {
		free(dated);
		return error_no_memory(err);
	}
	for (i = 0; i < count; i++) {
		dated[i].film = (uint32_t)i;
		dated[i].year = view_year(site->catalogue, i);
		site->dated += dated[i].year != 0;
		if (dated[i].year > site->last_year)
			site->last_year = dated[i].year;
	}
	qsort(dated, count, sizeof(*dated), compare_years);
	if (count != 0)
		site->first_year = dated[0].year;
	for (i = 0; i < count; i++)
		site->by_year[i] = dated[i].film;
	free(dated);
	return 0;
}

int site_prepare(struct site *site, const struct catalogue *catalogue,
		 const struct catalogue_render_options *options,
		 struct error *err)
{
	const char *url =
		options->public_url != NULL ? options->public_url : "";
	size_t length = strlen(url);

	*site = (struct site){.catalogue = catalogue, .options = options};
	while (length != 0 && url[length - 1] == '/')
		length--;
	site->public_url = strndup(url, length);
	if (site->public_url == NULL)
		return error_no_memory(err);
	if (directors_find(catalogue, &site->directors, err) != 0)
		return -1;
	return order_by_year(site, err);
}

void site_free(struct site *site)
{
	directors_free(&site->directors);
	free(site->by_year);
	free(site->public_url);
}

size_t site_count_directors(const struct site *site, const uint32_t *order,
			    size_t first, size_t count,
			    struct page_director *filter)
{
	size_t films[CATALOGUE_MAX_DIRECTORS] = {0};
	size_t i, found = 0;

	for (i = first; i < first + count; i++) {
		uint32_t director =
			site->directors.of_film[order != NULL ? order[i] : i];

		if (director != MODEL_NONE)
			films[director]++;
	}
	for (i = 0; i < site->directors.count; i++)
		if (films[i] != 0)
			filter[found++] =
				(struct page_director){(uint32_t)i, films[i]};
	return found;
}
