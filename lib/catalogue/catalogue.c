#include "catalogue/catalogue.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/count.h"
#include "base/files.h"
#include "catalogue/model.h"
#include "template/template_json.h"

#define LINE CATALOGUE_MAX_LINE_BYTES
#define WORD CATALOGUE_MAX_WORD_BYTES
#define URL CATALOGUE_MAX_URL_BYTES

static const struct field_spec film_fields[FILM_FIELDS] = {
	[FILM_ID] = {"id", FIELD_ID, CATALOGUE_MAX_ID_BYTES, "film_id"},
	[FILM_TITLE] = {"title", FIELD_NAME, CATALOGUE_MAX_NAME_BYTES,
			"film_title"},
	[FILM_ORIGINAL_TITLE] = {"original_title", FIELD_TEXT, LINE,
				 "original_title"},
	[FILM_ROMANISED] = {"original_title_romanised", FIELD_TEXT, LINE,
			    "original_title_romanised"},
	[FILM_DESCRIPTION] = {"description", FIELD_TEXT,
			      CATALOGUE_MAX_DESCRIPTION_BYTES, "description"},
	[FILM_DIRECTOR] = {"director", FIELD_TEXT, LINE, "director"},
	[FILM_PRODUCER] = {"producer", FIELD_TEXT, LINE, "producer"},
	[FILM_RELEASE_DATE] = {"release_date", FIELD_TEXT, WORD,
			       "release_date"},
	[FILM_RUNNING_TIME] = {"running_time", FIELD_TEXT, WORD,
			       "running_time"},
	[FILM_SCORE] = {"rt_score", FIELD_TEXT, WORD, "rt_score"},
	[FILM_IMAGE] = {"image", FIELD_IMAGE, URL, "image"},
	[FILM_BANNER] = {"movie_banner", FIELD_IMAGE, URL, "movie_banner"},
};

static const struct field_spec person_fields[PERSON_FIELDS] = {
	[PERSON_ID] = {"id", FIELD_ID, CATALOGUE_MAX_ID_BYTES, "person_id"},
	[PERSON_NAME] = {"name", FIELD_NAME, CATALOGUE_MAX_NAME_BYTES,
			 "person_name"},
	[PERSON_GENDER] = {"gender", FIELD_TEXT, WORD, "gender"},
	[PERSON_AGE] = {"age", FIELD_TEXT, WORD, "age"},
	[PERSON_EYES] = {"eye_color", FIELD_TEXT, WORD, "eye_color"},
	[PERSON_HAIR] = {"hair_color", FIELD_TEXT, WORD, "hair_color"},
	[PERSON_SPECIES] = {"species", FIELD_REF, CATALOGUE_MAX_ID_BYTES + 1,
			    NULL},
};

static const struct field_spec species_fields[SPECIES_FIELDS] = {
	[SPECIES_ID] = {"id", FIELD_ID, CATALOGUE_MAX_ID_BYTES, NULL},
	[SPECIES_NAME] = {"name", FIELD_NAME, CATALOGUE_MAX_NAME_BYTES, NULL},
};

const struct records_spec film_spec = {"film", film_fields, FILM_FIELDS,
				       "people"};
const struct records_spec person_spec = {"person", person_fields, PERSON_FIELDS,
					 "films"};
const struct records_spec species_spec = {"species", species_fields,
					  SPECIES_FIELDS, NULL};

struct catalogue *catalogue_new(struct error *err)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

	if (catalogue == NULL) {
		error_no_memory(err);
		return NULL;
	}
	catalogue->films = RECORDS(&film_spec);
	catalogue->people = RECORDS(&person_spec);
	catalogue->species = RECORDS(&species_spec);
	return catalogue;
}

void catalogue_spool_in(struct catalogue *catalogue, int dir)
{
	catalogue->films.dir = dir;
	catalogue->people.dir = dir;
	catalogue->species.dir = dir;
}

int catalogue_put_back(const struct catalogue *catalogue, struct error *err)
{
	int status = records_put_back(&catalogue->films, err);

	if (records_put_back(&catalogue->people, status == 0 ? err : NULL))
		status = -1;
	if (records_put_back(&catalogue->species, status == 0 ? err : NULL))
		status = -1;
	return status;
}

void catalogue_free(struct catalogue *catalogue)
{
	if (catalogue == NULL)
		return;
	records_free(&catalogue->films);
	records_free(&catalogue->people);
	records_free(&catalogue->species);
	free(catalogue->cast.starts);
	free(catalogue->cast.items);
	free(catalogue->roles.starts);
	free(catalogue->roles.items);
	free(catalogue->person_species);
	free(catalogue);
}

int catalogue_add_film(void *catalogue, struct json_object *element,
		       struct error *err)
{
	struct catalogue *self = catalogue;

	return records_add(&self->films, element, err);
}

int catalogue_add_person(void *catalogue, struct json_object *element,
			 struct error *err)
{
	struct catalogue *self = catalogue;

	return records_add(&self->people, element, err);
}

int catalogue_add_species(void *catalogue, struct json_object *element,
			  struct error *err)
{
	struct catalogue *self = catalogue;

	return records_add(&self->species, element, err);
}

void catalogue_rewind_films(void *catalogue, size_t count)
{
	struct catalogue *self = catalogue;

	records_rewind(&self->films, count);
}

void catalogue_rewind_people(void *catalogue, size_t count)
{
	struct catalogue *self = catalogue;

	records_rewind(&self->people, count);
}

void catalogue_rewind_species(void *catalogue, size_t count)
{
	struct catalogue *self = catalogue;

	records_rewind(&self->species, count);
}

static int read_array(struct records *records, const char *path,
		      struct error *err)
{
	struct buffer text = BUFFER_EMPTY;
	struct json_object *array = NULL;
	size_t i;
	int status = -1;

	if (files_read(AT_FDCWD, path, CATALOGUE_MAX_FILE_BYTES, &text, err) !=
		    0 ||
	    template_json_parse(path, text.data, text.length, &array, err) != 0)
		goto out;
	if (!json_object_is_type(array, json_type_array)) {
		error_set(err, EX_DATAERR, "%s holds no JSON array", path);
		goto out;
	}
	status = 0;
	for (i = 0; status == 0 && i < json_object_array_length(array); i++)
		status = records_add(records,
				     json_object_array_get_idx(array, i), err);
out:
	json_object_put(array);
	buffer_free(&text);
	return status;
}

int catalogue_read_directory(struct catalogue *catalogue, const char *directory,
			     struct error *err)
{
	const struct {
		const char *name;
		struct records *records;
	} files[] = {{"films.json", &catalogue->films},
		     {"people.json", &catalogue->people},
		     {"species.json", &catalogue->species}};
	struct buffer path = BUFFER_EMPTY;
	size_t i;
	int status = 0;

	for (i = 0; status == 0 && i < COUNT(files); i++) {
		buffer_clear(&path);
		buffer_format(&path, "%s/%s", directory, files[i].name);
		status = buffer_check(&path, err);
		if (status == 0)
			status = read_array(files[i].records, path.data, err);
	}
	buffer_free(&path);
	return status;
}

const struct catalogue_counts *catalogue_counts(
	const struct catalogue *catalogue)
{
	return &catalogue->counts;
}

int catalogue_check_shrink(const struct catalogue_counts *found,
			   const struct catalogue_published *published,
			   struct error *err)
{
	const struct {
		const char *noun;
		size_t found, published;
	} kinds[] = {{"films", found->films, published->films},
		     {"people", found->people, published->people},
		     {"species", found->species, published->species}};
	size_t i;

	if (found->films == 0)
		return error_set(err, EX_DATAERR,
				 "the upstream has 0 films, %zu are published",
				 published->films);
	for (i = 0; i < COUNT(kinds); i++)
		if (kinds[i].found <
		    kinds[i].published - kinds[i].published / 2)
			return error_set(err, EX_DATAERR,
					 "the upstream has %zu %s, fewer than "
					 "half of the %zu published",
					 kinds[i].found, kinds[i].noun,
					 kinds[i].published);
	return 0;
}
