#include "catalogue_input.h"

#include <json-c/json.h>

#include "base/log.h"
#include "upstream/array_cutter.h"

void catalogue_input_read(struct catalogue_input *input, const uint8_t *data,
			  size_t size)
{
	struct fuzz_span rest = {data, size}, filter;

	/* What is refused is in the counts; here nobody reads a log. */
	log_open("fuzz", LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, LOG_SINK_STDERR);
	input->films = fuzz_take(&rest, '\n');
	input->people = fuzz_take(&rest, '\n');
	input->species = fuzz_take(&rest, '\n');
	filter = fuzz_take(&rest, '\n');
	memcpy(input->filter, filter.data, filter.size);
	input->filter[filter.size] = '\0';
}

struct taker {
	struct catalogue *catalogue;
	int (*add)(void *catalogue, struct json_object *element,
		   struct error *err);
	struct json_tokener *tokener;
};

static int add(void *context, const char *text, size_t length,
	       struct error *err)
{
	const struct taker *taker = context;
	struct json_object *element;
	int status;

	json_tokener_reset(taker->tokener);
	element = json_tokener_parse_ex(taker->tokener, text, (int)length);
	status = taker->add(taker->catalogue, element, err);
	json_object_put(element);
	return status;
}

/* What is cut short or malformed ends there. */
static void read_array(struct catalogue *catalogue, struct fuzz_span text,
		       int (*add_one)(void *catalogue,
				      struct json_object *element,
				      struct error *err))
{
	static char room[CATALOGUE_INPUT_MAX_BYTES];
	static struct json_tokener *tokener;
	struct taker taker = {catalogue, add_one, NULL};
	struct array_cutter cutter = ARRAY_CUTTER(add, &taker);

	if (tokener == NULL)
		tokener = json_tokener_new_ex(40);
	taker.tokener = tokener;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
						JSON_TOKENER_VALIDATE_UTF8);
	array_cutter_feed(&cutter,
			  fuzz_bytes(room, sizeof(room), text.data, text.size),
			  text.size, NULL);
	array_cutter_free(&cutter);
}

struct catalogue *catalogue_input_join(const struct catalogue_input *input,
				       bool is_backwards)
{
	struct catalogue *catalogue = catalogue_new(NULL);

	FUZZ_CHECK(catalogue != NULL);
	if (is_backwards) {
		read_array(catalogue, input->species, catalogue_add_species);
		catalogue_rewind_species(catalogue, 0);
		read_array(catalogue, input->species, catalogue_add_species);
		read_array(catalogue, input->people, catalogue_add_person);
		catalogue_rewind_people(catalogue, 0);
		read_array(catalogue, input->people, catalogue_add_person);
	}
	read_array(catalogue, input->films, catalogue_add_film);
	if (is_backwards) {
		catalogue_rewind_films(catalogue, 0);
		read_array(catalogue, input->films, catalogue_add_film);
	} else {
		read_array(catalogue, input->people, catalogue_add_person);
		read_array(catalogue, input->species, catalogue_add_species);
	}
	FUZZ_CHECK(catalogue_join(catalogue, input->filter, NULL) == 0);
	return catalogue;
}
