/*
 * The films and the people in them, as one model.
 *
 * Elements of the upstream's three collections go in one at a time, in any
 * order of collections; catalogue_join then finds out who is in which film.
 * After that the catalogue does not change and can be rendered
 * (catalogue_render.h).
 *
 *	struct catalogue *catalogue = catalogue_new(&err);
 *	struct upstream_collection films = {
 *		.path = "/films",
 *		.element = catalogue_add_film,
 *		.rewind = catalogue_rewind_films,
 *		.context = catalogue,
 *	};
 *
 *	…fetch films, people and species…
 *	if (catalogue_join(catalogue, "Human, Cat", &err) != 0 ||
 *	    catalogue_check_shrink(catalogue_counts(catalogue), &published,
 *				   &err) != 0)
 *		…
 *	catalogue_free(catalogue);
 *
 * What comes from the upstream is not trusted. An element without a usable id
 * and title (a person's or a species' name) is refused: logged and counted. A
 * field of a wrong type counts as absent; a text that is too long is cut
 * between characters; control characters become spaces. Numbers are kept as
 * the text they came as. Of a reference only what follows the last slash
 * counts.
 */
#ifndef MARQUEE_CATALOGUE_CATALOGUE_H
#define MARQUEE_CATALOGUE_CATALOGUE_H

#include <stddef.h>

#include "base/error.h"

struct json_object;

/* An id is 1 to this many bytes of UTF-8 without control characters, and not
 * "." or "..", so that it can be a part of a URL. */
#define CATALOGUE_MAX_ID_BYTES 128

/* A longer title or name refuses its element. */
#define CATALOGUE_MAX_NAME_BYTES 1000

/* Other texts are cut: names of directors and producers, original titles;
 * descriptions; everything short (dates, numbers, colours). */
#define CATALOGUE_MAX_LINE_BYTES 1000
#define CATALOGUE_MAX_DESCRIPTION_BYTES 10000
#define CATALOGUE_MAX_WORD_BYTES 200

/* A longer image link, or one that is not https on one of the two hosts that
 * the pages' Content-Security-Policy names, is left out. */
#define CATALOGUE_MAX_URL_BYTES 2000
#define CATALOGUE_IMAGE_HOSTS                                                  \
	"https://image.tmdb.org https://www.themoviedb.org"

/* More elements in one collection, or more references (of a film to a person
 * or the other way round) in all, refuse the catalogue: catalogue_join
 * answers EX_DATAERR. */
#define CATALOGUE_MAX_ELEMENTS 1000000
#define CATALOGUE_MAX_REFERENCES 4000000

/* Of each kind of refused element, so many are logged one by one; the rest
 * only as a total. */
#define CATALOGUE_MAX_LOGGED 5

struct catalogue;

/* Returns NULL with EX_OSERR. The caller frees it. */
struct catalogue *catalogue_new(struct error *err);

/* Lets the texts of what is added from now on lie in files without a name in the
 * directory `dir`, which stays the caller's, where they are many. Without it
 * memory holds them all. */
void catalogue_spool_in(struct catalogue *catalogue, int dir);

/* NULL is allowed. */
void catalogue_free(struct catalogue *catalogue);

/* Take one element of a collection; `catalogue` is a struct catalogue, void
 * because these are the callbacks of upstream/collection.h. The element is
 * only read. Return 0, also when the element is refused; -1 for lack of
 * memory or of room in the spool. */
int catalogue_add_film(void *catalogue, struct json_object *element,
		       struct error *err);
int catalogue_add_person(void *catalogue, struct json_object *element,
			 struct error *err);
int catalogue_add_species(void *catalogue, struct json_object *element,
			  struct error *err);

/* Forget every element, kept or refused, past the first `count` that were
 * given: a page of the collection is being fetched again. */
void catalogue_rewind_films(void *catalogue, size_t count);
void catalogue_rewind_people(void *catalogue, size_t count);
void catalogue_rewind_species(void *catalogue, size_t count);

/* Adds films.json, people.json and species.json of a directory, each a JSON
 * array of at most CATALOGUE_MAX_FILE_BYTES: the catalogue that comes with
 * Marquee. EX_NOINPUT where one is missing, EX_DATAERR where one is no JSON
 * array. */
#define CATALOGUE_MAX_FILE_BYTES ((size_t)64 << 20)
int catalogue_read_directory(struct catalogue *catalogue, const char *directory,
			     struct error *err);

/* Drops elements whose id came before (the first wins) and links films and
 * people: a person is in a film when the film or the person says so. Films
 * stay in the upstream's order, a film's people are in the upstream's order of
 * people, each once.
 *
 * `species_filter` is MARQUEE_SPECIES: names separated by commas, compared
 * without regard to ASCII case; only people of these species stay with their
 * films. Empty or NULL keeps all; a name that no species has is logged.
 *
 * To be called once. Returns 0, or -1 with EX_DATAERR (too much of something,
 * see above), EX_OSERR or EX_IOERR (what was put away cannot be read). */
int catalogue_join(struct catalogue *catalogue, const char *species_filter,
		   struct error *err);

struct catalogue_counts {
	size_t films; /* kept, each id once; not filtered by species */
	size_t people;
	size_t species;

	size_t pairs;                /* of a film and a person shown with it */
	size_t films_without_people; /* after the filter, as are the pairs */
	size_t people_hidden;        /* by the species filter */

	size_t refused;         /* elements without usable id and title */
	size_t duplicates;      /* elements whose id came before */
	size_t ignored_fields;  /* fields of a wrong type */
	size_t cut_texts;       /* texts that were too long */
	size_t refused_images;  /* image links to other places */
	size_t empty_refs;      /* references that end in a slash */
	size_t dangling_refs;   /* references to what is not there */
	size_t duplicate_refs;  /* the same reference twice in one element */
	size_t without_species; /* people with no known species */
};

/* All zeros until catalogue_join has succeeded. */
const struct catalogue_counts *catalogue_counts(
	const struct catalogue *catalogue);

/* How much is published at present; 0 for what is not known. */
struct catalogue_published {
	size_t films;
	size_t people;
	size_t species;
};

/* Whether `found` may take the place of `published`. Returns 0; or -1 with
 * EX_DATAERR and both numbers where there is no film at all, or fewer than
 * half of the films, the people or the species that are published. */
int catalogue_check_shrink(const struct catalogue_counts *found,
			   const struct catalogue_published *published,
			   struct error *err);

#endif
