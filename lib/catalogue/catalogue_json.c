#include "catalogue/catalogue_json.h"

/* Writes the fields from `first` on that have a name in our JSON and are
 * there. */
static void write_fields(struct json_writer *json,
			 const struct records_spec *spec,
			 const char *const *texts, size_t first,
			 bool has_posters)
{
	size_t i;

	for (i = first; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];

		if (field->rendered == NULL || texts[i] == NULL ||
		    (field->rule == FIELD_IMAGE && !has_posters))
			continue;
		json_member_text(json, field->rendered, texts[i]);
	}
}

static void write_person(struct json_writer *json,
			 const struct catalogue *catalogue, size_t person)
{
	const char *const *texts = records_texts(&catalogue->people, person);
	const char *species = person_species_name(catalogue, person);

	json_begin_object(json);
	json_member_text(json, person_spec.fields[PERSON_ID].rendered,
			 texts[PERSON_ID]);
	json_member_text(json, person_spec.fields[PERSON_NAME].rendered,
			 texts[PERSON_NAME]);
	if (species != NULL)
		json_member_text(json, "species", species);
	write_fields(json, &person_spec, texts, PERSON_NAME + 1, false);
	json_end_object(json);
}

void catalogue_json_film(struct json_writer *json,
			 const struct catalogue *catalogue, size_t film,
			 bool has_posters)
{
	const char *const *texts = records_texts(&catalogue->films, film);
	size_t i, count = links_count(&catalogue->cast, film);

	json_begin_object(json);
	json_member_text(json, film_spec.fields[FILM_ID].rendered,
			 texts[FILM_ID]);
	json_member_text(json, film_spec.fields[FILM_TITLE].rendered,
			 texts[FILM_TITLE]);
	json_key(json, "persons");
	json_begin_array(json);
	for (i = 0; i < count; i++)
		write_person(json, catalogue,
			     links_item(&catalogue->cast, film, i));
	json_end_array(json);
	write_fields(json, &film_spec, texts, FILM_TITLE + 1, has_posters);
	json_end_object(json);
}

int catalogue_json_films(struct buffer *out, const struct catalogue *catalogue,
			 bool has_posters, size_t most_bytes, size_t *film,
			 struct error *err)
{
	struct json_writer json = JSON_WRITER(out);

	if (*film == 0)
		json_begin_object(&json);
	else
		json.needs_comma = true;
	for (; *film < catalogue->films.count; ++*film) {
		if (out->length >= most_bytes)
			return 1;
		json_key(&json, film_text(catalogue, *film, FILM_ID));
		catalogue_json_film(&json, catalogue, *film, has_posters);
		if (catalogue_put_back(catalogue, err) != 0 ||
		    buffer_check(out, err) != 0)
			return -1;
	}
	json_end_object(&json);
	buffer_char(out, '\n');
	return 0;
}
