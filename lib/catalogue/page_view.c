#include <string.h>

#include "base/count.h"
#include "catalogue/view.h"

/* The films of a list. */

static void get_film(const struct template_value *films, size_t index,
		     struct template_value *value)
{
	const struct page *page = films->node;
	size_t place = page->first + index;

	*value = view_film(page,
			   page->order != NULL ? page->order[place] : place);
}

static const struct template_source films_source = {NULL, get_film};

/* Those of the feed: the newest first, those without a year last. */

static void get_newest(const struct template_value *films, size_t index,
		       struct template_value *value)
{
	const struct page *page = films->node;
	const struct site *site = page->site;
	size_t place = index < site->dated ? site->dated - 1 - index : index;

	*value = view_film(page, site->by_year[place]);
}

static const struct template_source newest_source = {NULL, get_newest};

/* The directors that a list can be filtered by. */

static void get_key(const struct page *page, size_t index,
		    struct template_value *value)
{
	view_format(page, value, "d%u", page->filter[index].director);
}

static void get_name(const struct page *page, size_t index,
		     struct template_value *value)
{
	uint32_t director = page->filter[index].director;

	view_text(value, page->site->directors.items[director].name);
}

static void get_films_here(const struct page *page, size_t index,
			   struct template_value *value)
{
	view_format(page, value, "%zu", page->filter[index].films);
}

static const struct view_member director_members[] = {
	{"key", get_key, 0},
	{"name", get_name, 0},
	{"films_here", get_films_here, 0},
};

static void find_director_member(const struct template_value *object,
				 const char *name, size_t name_length,
				 struct template_value *value)
{
	const struct view_member *member = view_find(
		director_members, COUNT(director_members), name, name_length);

	if (member != NULL)
		member->get(object->node, object->index, value);
}

static const struct template_source director_source = {find_director_member,
						       NULL};

static void get_director(const struct template_value *filter, size_t index,
			 struct template_value *value)
{
	value->kind = TEMPLATE_OBJECT;
	value->source = &director_source;
	value->node = filter->node;
	value->index = index;
}

static const struct template_source filter_source = {NULL, get_director};

/* The keys of all directors, for the style sheet. */

static void get_director_key(const struct template_value *keys, size_t index,
			     struct template_value *value)
{
	view_format(keys->node, value, "d%zu", index);
}

static const struct template_source keys_source = {NULL, get_director_key};

/* The page itself. */

static struct template_value *add(struct page *page, const char *name)
{
	struct page_value *next = &page->values[page->value_count++];

	next->name = name;
	next->value = (struct template_value){0};
	return &next->value;
}

static void add_items(struct page *page, const char *name,
		      const struct template_source *source, size_t count)
{
	*add(page, name) = (struct template_value){.kind = TEMPLATE_LIST,
						   .length = count,
						   .source = source,
						   .node = page};
}

static void add_count(struct page *page, const char *name, size_t count,
		      const char *one, const char *many)
{
	view_format(page, add(page, name), "%zu %s", count,
		    count == 1 ? one : many);
}

void page_start(struct page *page, const struct site *site,
		struct scratch *scratch, const char *path)
{
	const struct catalogue_counts *counts = &site->catalogue->counts;

	*page = (struct page){
		.site = site, .scratch = scratch, .film = MODEL_NONE};
	view_format(page, add(page, "style_url"), "%s", site->style_url);
	view_format(page, add(page, "script_url"), "%s", site->script_url);
	view_text(add(page, "site_url"), site->public_url);
	view_flag(add(page, "is_bundled"), site->options->is_bundled);
	view_flag(add(page, "has_example_files"),
		  site->options->has_example_files);
	if (site->public_url[0] != '\0' && path != NULL)
		view_format(page, add(page, "canonical"), "%s%s",
			    site->public_url, path);
	add_count(page, "film_total", counts->films, "film", "films");
	add_count(page, "people_total", counts->people - counts->people_hidden,
		  "person", "people");
	if (site->first_year != 0)
		view_format(page, add(page, "first_year"), "%04u",
			    site->first_year);
	if (site->last_year != site->first_year)
		view_format(page, add(page, "last_year"), "%04u",
			    site->last_year);
	if (counts->films != 0)
		*add(page, "example") = view_film(page, 0);
	add_items(page, "director_keys", &keys_source, site->directors.count);
}

void page_add_list(struct page *page, const struct page_list *list)
{
	bool is_by_year = list->order != NULL;

	page->order = list->order;
	page->first = list->first;
	page->filter = list->filter;
	view_flag(add(page, "is_by_year"), is_by_year);
	add_items(page, "films", &films_source, list->count);
	view_format(page, add(page, "shown"), "%zu", list->count);
	/* One director is nothing to choose from. */
	view_flag(add(page, "has_filter"), list->filter_count > 1);
	if (list->filter_count > 1)
		add_items(page, "filter", &filter_source, list->filter_count);
	if (list->pages == 1)
		return;
	view_flag(add(page, "has_pages"), true);
	view_format(page, add(page, "page_number"), "%zu", list->number);
	view_format(page, add(page, "page_total"), "%zu", list->pages);
	view_format(page, add(page, "start"), "%zu", list->first + 1);
	if (list->number > 1)
		view_list_path(page, add(page, "previous_page"), is_by_year,
			       list->number - 1);
	if (list->number < list->pages)
		view_list_path(page, add(page, "next_page"), is_by_year,
			       list->number + 1);
}

void page_add_films(struct page *page, size_t most)
{
	size_t films = page->site->catalogue->films.count;

	add_items(page, "films", &films_source, films < most ? films : most);
}

void page_add_newest(struct page *page, size_t most)
{
	size_t films = page->site->catalogue->films.count;

	add_items(page, "films", &newest_source, films < most ? films : most);
}

void page_add_film(struct page *page, uint32_t film)
{
	page->film = film;
	*add(page, "film") = view_film(page, film);
	if (film > 0)
		*add(page, "previous_film") = view_film(page, film - 1);
	if (film + 1 < page->site->catalogue->films.count)
		*add(page, "next_film") = view_film(page, film + 1);
}

void page_add_error(struct page *page, int status, const char *title,
		    const char *text)
{
	view_format(page, add(page, "status"), "%d", status);
	view_text(add(page, "error_title"), title);
	view_text(add(page, "error_text"), text);
}

static void find_member(const struct template_value *root, const char *name,
			size_t name_length, struct template_value *value)
{
	const struct page *page = root->node;
	size_t i;

	for (i = 0; i < page->value_count; i++)
		if (strlen(page->values[i].name) == name_length &&
		    memcmp(page->values[i].name, name, name_length) == 0)
			*value = page->values[i].value;
}

static const struct template_source page_source = {find_member, NULL};

struct template_value page_root(const struct page *page)
{
	return (struct template_value){
		.kind = TEMPLATE_OBJECT, .source = &page_source, .node = page};
}
