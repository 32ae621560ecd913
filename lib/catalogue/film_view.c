#include <string.h>

#include "base/count.h"
#include "base/text.h"
#include "catalogue/view.h"

/* Colours of the placeholder, t0 to t6 in the style sheet. A prime, so that
 * neighbours in a grid of any usual width differ. */
#define TONES 7

static const struct template_source film_source, cast_source, person_source,
	others_source;

static struct template_value object(const struct template_source *source,
				    const struct page *page, size_t index)
{
	return (struct template_value){.kind = TEMPLATE_OBJECT,
				       .source = source,
				       .node = page,
				       .index = index};
}

static struct template_value list(const struct template_source *source,
				  const struct page *page, size_t index,
				  size_t length)
{
	return (struct template_value){.kind = TEMPLATE_LIST,
				       .length = length,
				       .source = source,
				       .node = page,
				       .index = index};
}

/* A film's. */

static void get_url(const struct page *page, size_t film,
		    struct template_value *value)
{
	const char *id = film_text(page->site->catalogue, film, FILM_ID);
	struct buffer encoded = BUFFER_EMPTY;

	text_percent_encode(&encoded, id, strlen(id));
	if (encoded.has_failed)
		page->scratch->has_failed = true;
	else
		view_format(page, value, "/movies/%s", encoded.data);
	buffer_free(&encoded);
}

static void get_urn(const struct page *page, size_t film,
		    struct template_value *value)
{
	view_urn(page, value, film_text(page->site->catalogue, film, FILM_ID));
}

static void get_initial(const struct page *page, size_t film,
			struct template_value *value)
{
	const char *title = film_text(page->site->catalogue, film, FILM_TITLE);

	value->kind = TEMPLATE_TEXT;
	value->text = title;
	value->length = text_utf8_step(title, strlen(title));
}

static void get_tone(const struct page *page, size_t film,
		     struct template_value *value)
{
	view_format(page, value, "t%zu", film % TONES);
}

static void get_year(const struct page *page, size_t film,
		     struct template_value *value)
{
	unsigned year = view_year(page->site->catalogue, film);

	if (year != 0)
		view_format(page, value, "%04u", year);
}

/* The number in a text that holds nothing else, or -1. */
static long long number_of(const struct page *page, size_t film,
			   enum film_field field, long long most)
{
	const char *text = film_text(page->site->catalogue, film, field);
	long long number;

	if (text == NULL || text_number(text, strlen(text), &number) != 0 ||
	    number > most)
		return -1;
	return number;
}

static void get_minutes(const struct page *page, size_t film,
			struct template_value *value)
{
	long long minutes = number_of(page, film, FILM_RUNNING_TIME, 9999);

	if (minutes >= 0)
		view_format(page, value, "%lld", minutes);
}

static void get_length(const struct page *page, size_t film,
		       struct template_value *value)
{
	long long minutes = number_of(page, film, FILM_RUNNING_TIME, 9999);

	if (minutes >= 60)
		view_format(page, value, "%lld h %lld min", minutes / 60,
			    minutes % 60);
	else if (minutes >= 0)
		view_format(page, value, "%lld min", minutes);
	else
		view_text(value, film_text(page->site->catalogue, film,
					   FILM_RUNNING_TIME));
}

static void get_percent(const struct page *page, size_t film,
			struct template_value *value)
{
	long long percent = number_of(page, film, FILM_SCORE, 100);

	if (percent >= 0)
		view_format(page, value, "%lld", percent);
}

static void get_poster(const struct page *page, size_t film,
		       struct template_value *value)
{
	if (page->site->options->has_posters)
		view_text(value,
			  film_text(page->site->catalogue, film, FILM_IMAGE));
}

static void get_director_key(const struct page *page, size_t film,
			     struct template_value *value)
{
	uint32_t director = page->site->directors.of_film[film];

	if (director != MODEL_NONE)
		view_format(page, value, "d%u", director);
}

static void get_people(const struct page *page, size_t film,
		       struct template_value *value)
{
	*value = list(&cast_source, page, film,
		      links_count(&page->site->catalogue->cast, film));
}

static void get_people_count(const struct page *page, size_t film,
			     struct template_value *value)
{
	size_t count = links_count(&page->site->catalogue->cast, film);

	if (count != 0)
		view_format(page, value, "%zu", count);
}

static const struct view_member film_members[] = {
	{"title", NULL, FILM_TITLE},
	{"original_title", NULL, FILM_ORIGINAL_TITLE},
	{"romanised", NULL, FILM_ROMANISED},
	{"description", NULL, FILM_DESCRIPTION},
	{"director", NULL, FILM_DIRECTOR},
	{"producer", NULL, FILM_PRODUCER},
	{"release_date", NULL, FILM_RELEASE_DATE},
	{"score", NULL, FILM_SCORE},
	{"url", get_url, 0},
	{"urn", get_urn, 0},
	{"initial", get_initial, 0},
	{"tone", get_tone, 0},
	{"year", get_year, 0},
	{"minutes", get_minutes, 0},
	{"length", get_length, 0},
	{"percent", get_percent, 0},
	{"poster", get_poster, 0},
	{"director_key", get_director_key, 0},
	{"people", get_people, 0},
	{"people_count", get_people_count, 0},
};

static void find_film_member(const struct template_value *object_value,
			     const char *name, size_t name_length,
			     struct template_value *value)
{
	const struct page *page = object_value->node;
	const struct view_member *member =
		view_find(film_members, COUNT(film_members), name, name_length);

	if (member == NULL)
		return;
	value->kind = TEMPLATE_FALSE;
	if (member->get != NULL)
		member->get(page, object_value->index, value);
	else
		view_text(value,
			  film_text(page->site->catalogue, object_value->index,
				    (enum film_field)member->field));
}

static const struct template_source film_source = {find_film_member, NULL};

struct template_value view_film(const struct page *page, size_t film)
{
	return object(&film_source, page, film);
}

/* A person's. */

/* Films of the person, without the one whose page it is. */
static size_t other_films(const struct page *page, size_t person)
{
	size_t count = links_count(&page->site->catalogue->roles, person);

	return page->film != MODEL_NONE ? count - 1 : count;
}

static void get_species(const struct page *page, size_t person,
			struct template_value *value)
{
	view_text(value, person_species_name(page->site->catalogue, person));
}

static void get_other_films(const struct page *page, size_t person,
			    struct template_value *value)
{
	size_t count = other_films(page, person);

	if (count > CATALOGUE_MAX_OTHER_FILMS)
		count = CATALOGUE_MAX_OTHER_FILMS;
	*value = list(&others_source, page, person, count);
}

static void get_has_other_films(const struct page *page, size_t person,
				struct template_value *value)
{
	view_flag(value, other_films(page, person) != 0);
}

static void get_more_films(const struct page *page, size_t person,
			   struct template_value *value)
{
	size_t count = other_films(page, person);

	if (count > CATALOGUE_MAX_OTHER_FILMS)
		view_format(page, value, "%zu",
			    count - CATALOGUE_MAX_OTHER_FILMS);
}

static const struct view_member person_members[] = {
	{"name", NULL, PERSON_NAME},
	{"gender", NULL, PERSON_GENDER},
	{"age", NULL, PERSON_AGE},
	{"eye_color", NULL, PERSON_EYES},
	{"hair_color", NULL, PERSON_HAIR},
	{"species", get_species, 0},
	{"has_other_films", get_has_other_films, 0},
	{"other_films", get_other_films, 0},
	{"more_films", get_more_films, 0},
};

static void find_person_member(const struct template_value *object_value,
			       const char *name, size_t name_length,
			       struct template_value *value)
{
	const struct page *page = object_value->node;
	const struct view_member *member = view_find(
		person_members, COUNT(person_members), name, name_length);

	if (member == NULL)
		return;
	value->kind = TEMPLATE_FALSE;
	if (member->get != NULL)
		member->get(page, object_value->index, value);
	else
		view_text(value, person_text(page->site->catalogue,
					     object_value->index,
					     (enum person_field)member->field));
}

static const struct template_source person_source = {find_person_member, NULL};

static void get_cast_item(const struct template_value *cast, size_t index,
			  struct template_value *value)
{
	const struct page *page = cast->node;

	*value = object(&person_source, page,
			links_item(&page->site->catalogue->cast, cast->index,
				   index));
}

static const struct template_source cast_source = {NULL, get_cast_item};

/* The page's own film is stepped over, wherever it stands among the first. */
static void get_other_film(const struct template_value *others, size_t index,
			   struct template_value *value)
{
	const struct page *page = others->node;
	const struct links *roles = &page->site->catalogue->roles;
	size_t i;

	for (i = 0; i <= index; i++)
		if (links_item(roles, others->index, i) == page->film)
			index++;
	*value = view_film(page, links_item(roles, others->index, index));
}

static const struct template_source others_source = {NULL, get_other_film};
