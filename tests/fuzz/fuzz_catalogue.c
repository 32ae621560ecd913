/* catalogue/catalogue.h: the join. Who is in which film is told alike from both
 * sides, every text keeps its rule, and the order of collections changes
 * nothing. The input: see catalogue_input.h. */
#include "base/text.h"
#include "catalogue/catalogue_json.h"
#include "catalogue_input.h"
#include "fuzz.h"
#include "json_oracle.h"

static void check_text(const struct field_spec *spec, const char *text)
{
	size_t length = strlen(text);

	FUZZ_CHECK(text_is_utf8(text, length));
	FUZZ_CHECK(!text_has_control(text, length));
	FUZZ_CHECK(length <= spec->max_bytes);
	if (spec->rule == FIELD_ID) {
		FUZZ_CHECK(length > 0);
		FUZZ_CHECK(strcmp(text, ".") != 0 && strcmp(text, "..") != 0);
	}
	if (spec->rule == FIELD_NAME)
		FUZZ_CHECK(text[strspn(text, " ")] != '\0');
	if (spec->rule == FIELD_IMAGE) {
		FUZZ_CHECK(strncmp(text, "https://image.tmdb.org/", 23) == 0 ||
			   strncmp(text, "https://www.themoviedb.org/", 27) ==
				   0);
		FUZZ_CHECK(strpbrk(text, "\"<>'\\ ") == NULL ||
			   strchr(text, '\'') != NULL);
	}
	if (spec->rule == FIELD_REF)
		FUZZ_CHECK(strchr(text, '/') == NULL);
}

static void check_records(const struct records *records)
{
	const struct records_spec *spec = records->spec;
	size_t row, other, i;

	for (row = 0; row < records->count; row++) {
		const char *const *texts = records_texts(records, row);

		FUZZ_CHECK(texts[RECORD_ID] != NULL);
		FUZZ_CHECK(texts[RECORD_NAME] != NULL);
		for (i = 0; i < spec->field_count; i++)
			if (texts[i] != NULL)
				check_text(&spec->fields[i], texts[i]);
		for (other = 0; other < row; other++)
			FUZZ_CHECK(strcmp(texts[RECORD_ID],
					  records_texts(records,
							other)[RECORD_ID]) !=
				   0);
	}
}

static bool has_item(const struct links *links, size_t row, uint32_t item)
{
	size_t i;

	for (i = 0; i < links_count(links, row); i++)
		if (links_item(links, row, i) == item)
			return true;
	return false;
}

/* Each row ascends, each item is one of the others' and says so too. */
static size_t check_links(const struct links *links, size_t rows,
			  const struct links *others, size_t other_rows)
{
	size_t row, i, sum = 0;

	for (row = 0; row < rows; row++) {
		sum += links_count(links, row);
		for (i = 0; i < links_count(links, row); i++) {
			uint32_t item = links_item(links, row, i);

			FUZZ_CHECK(item < other_rows);
			FUZZ_CHECK(i == 0 ||
				   item > links_item(links, row, i - 1));
			FUZZ_CHECK(has_item(others, item, (uint32_t)row));
		}
	}
	return sum;
}

static void check_catalogue(const struct catalogue *catalogue)
{
	const struct catalogue_counts *counts = catalogue_counts(catalogue);
	size_t films = catalogue->films.count, i;
	size_t people = catalogue->people.count;

	check_records(&catalogue->films);
	check_records(&catalogue->people);
	check_records(&catalogue->species);
	FUZZ_CHECK(catalogue_put_back(catalogue, NULL) == 0);
	FUZZ_CHECK(counts->films == films && counts->people == people);
	FUZZ_CHECK(counts->species == catalogue->species.count);
	FUZZ_CHECK(check_links(&catalogue->cast, films, &catalogue->roles,
			       people) == counts->pairs);
	FUZZ_CHECK(check_links(&catalogue->roles, people, &catalogue->cast,
			       films) == counts->pairs);
	for (i = 0; i < people; i++)
		FUZZ_CHECK(catalogue->person_species[i] == MODEL_NONE ||
			   catalogue->person_species[i] < counts->species);
}

static void write_json(struct buffer *out, const struct catalogue *catalogue)
{
	buffer_clear(out);
	catalogue_json_films(out, catalogue, true, SIZE_MAX, &(size_t){0},
			     NULL);
	FUZZ_CHECK(json_oracle_is_json(out->data, out->length));
}

FUZZ_TARGET(catalogue, CATALOGUE_INPUT_MAX_BYTES)
{
	static struct catalogue_input input;
	static struct buffer json, other_json;
	struct catalogue *catalogue, *other;

	catalogue_input_read(&input, data, size);
	catalogue = catalogue_input_join(&input, false);
	check_catalogue(catalogue);
	write_json(&json, catalogue);
	if (fuzz_seed(data, size) % 4 == 0) {
		other = catalogue_input_join(&input, true);
		FUZZ_CHECK(memcmp(catalogue_counts(catalogue),
				  catalogue_counts(other),
				  sizeof(struct catalogue_counts)) == 0);
		write_json(&other_json, other);
		FUZZ_CHECK(json.length == other_json.length);
		FUZZ_CHECK(memcmp(json.data, other_json.data, json.length) ==
			   0);
		catalogue_free(other);
	}
	catalogue_free(catalogue);
}
