/* catalogue_json: contract 3.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue_fixture.h"
#include "template/template_json.h"

static struct json_object *films_json(const struct catalogue *catalogue,
				      bool has_posters)
{
	struct buffer out = BUFFER_EMPTY;
	struct json_object *json;
	struct error err = {0};

	catalogue_json_films(&out, catalogue, has_posters, SIZE_MAX,
			     &(size_t){0}, NULL);
	if (template_json_parse("films", out.data, out.length, &json, &err) !=
	    0)
		fail_msg("%s", err.message);
	buffer_free(&out);
	return json;
}

static void the_real_films_are_keyed_by_id_in_the_upstreams_order(void **state)
{
	struct catalogue *catalogue = join_real(NULL);
	struct json_object *json = films_json(catalogue, true);
	struct json_object_iterator at = json_object_iter_begin(json);
	struct json_object_iterator end = json_object_iter_end(json);
	struct json_object *id;
	size_t film;

	(void)state;
	for (film = 0; !json_object_iter_equal(&at, &end); film++) {
		const char *key = json_object_iter_peek_name(&at);

		assert_string_equal(key, film_text(catalogue, film, FILM_ID));
		assert_true(json_object_object_get_ex(
			json_object_iter_peek_value(&at), "film_id", &id));
		assert_string_equal(json_object_get_string(id), key);
		json_object_iter_next(&at);
	}
	assert_int_equal(film, 22);
	json_object_put(json);
	catalogue_free(catalogue);
}

static void a_film_has_all_its_fields_as_the_upstream_has_them(void **state)
{
	struct catalogue *catalogue = join_text(
		"{'films': [{'id': 'f', 'title': 'F', 'original_title': 'O',"
		" 'original_title_romanised': 'R', 'description': 'D\"',"
		" 'director': 'Di', 'producer': 'P', 'release_date': '1986',"
		" 'running_time': 124, 'rt_score': '095', 'locations': ['x'],"
		" 'image': 'https://image.tmdb.org/i',"
		" 'movie_banner': 'https://www.themoviedb.org/b'}],"
		" 'people': [{'id': 'p', 'name': 'N', 'gender': 'NA',"
		" 'age': '', 'eye_color': 'E', 'hair_color': 'H',"
		" 'films': ['f'], 'species': 's', 'url': 'u'}],"
		" 'species': [{'id': 's', 'name': 'S'}]}",
		NULL);

	(void)state;
	assert_films_json(
		catalogue,
		"{\"f\":{\"film_id\":\"f\",\"film_title\":\"F\",\"persons\":["
		"{\"person_id\":\"p\",\"person_name\":\"N\",\"species\":\"S\","
		"\"gender\":\"NA\",\"age\":\"\",\"eye_color\":\"E\","
		"\"hair_color\":\"H\"}],\"original_title\":\"O\","
		"\"original_title_romanised\":\"R\",\"description\":\"D\\\"\","
		"\"director\":\"Di\",\"producer\":\"P\","
		"\"release_date\":\"1986\",\"running_time\":\"124\","
		"\"rt_score\":\"095\",\"image\":\"https://image.tmdb.org/i\","
		"\"movie_banner\":\"https://www.themoviedb.org/b\"}}");
	catalogue_free(catalogue);
}

static void without_posters_there_is_no_link_to_an_image(void **state)
{
	struct catalogue *catalogue = join_real(NULL);
	struct buffer with = BUFFER_EMPTY, without = BUFFER_EMPTY;

	(void)state;
	catalogue_json_films(&with, catalogue, true, SIZE_MAX, &(size_t){0},
			     NULL);
	catalogue_json_films(&without, catalogue, false, SIZE_MAX, &(size_t){0},
			     NULL);
	assert_int_equal(occurrences(with.data, "https://"), 44);
	assert_int_equal(occurrences(without.data, "https://"), 0);
	buffer_free(&with);
	buffer_free(&without);
	catalogue_free(catalogue);
}

static void no_films_are_an_empty_object(void **state)
{
	struct catalogue *catalogue = join_text("{}", NULL);

	(void)state;
	assert_films_json(catalogue, "{}");
	catalogue_free(catalogue);
}

static void the_pieces_make_the_whole(void **state)
{
	struct catalogue *catalogue = join_real(NULL);
	struct buffer out = BUFFER_EMPTY, whole = BUFFER_EMPTY;
	struct buffer piece = BUFFER_EMPTY;
	size_t film = 0, pieces = 0;
	int status;

	(void)state;
	do {
		buffer_clear(&piece);
		status = catalogue_json_films(&piece, catalogue, true, 1000,
					      &film, NULL);
		assert_in_range(piece.length, 1, 5000);
		buffer_append(&out, piece.data, piece.length);
		pieces++;
	} while (status == 1);
	assert_int_equal(status, 0);
	assert_in_range(pieces, 5, 22);
	catalogue_json_films(&whole, catalogue, true, SIZE_MAX, &(size_t){0},
			     NULL);
	assert_string_equal(out.data, whole.data);
	buffer_free(&piece);
	buffer_free(&whole);
	buffer_free(&out);
	catalogue_free(catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_real_films_are_keyed_by_id_in_the_upstreams_order),
		cmocka_unit_test(
			a_film_has_all_its_fields_as_the_upstream_has_them),
		cmocka_unit_test(without_posters_there_is_no_link_to_an_image),
		cmocka_unit_test(no_films_are_an_empty_object),
		cmocka_unit_test(the_pieces_make_the_whole),
	};

	return cmocka_run_group_tests(tests, silence_the_log, NULL);
}
