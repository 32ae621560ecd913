#include "catalogue/records.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"
#include "catalogue/shelf.h"

/* Makes room for one item more in an array that doubles. */
static int make_room(void **items, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity != 0 ? *capacity * 2 : 64;
	void *larger;

	if (count < *capacity)
		return 0;
	larger = reallocarray(*items, wanted, size);
	if (larger == NULL)
		return -1;
	*items = larger;
	*capacity = wanted;
	return 0;
}

static int refuse(struct records *records, const char *id, const char *field,
		  const char *reason)
{
	void *items = records->refused;

	if (make_room(&items, records->refused_count,
		      &records->refused_capacity, sizeof(uint32_t)) != 0)
		return -1;
	records->refused = items;
	records->refused[records->refused_count++] =
		(uint32_t)records->received;
	if (records->logged++ < CATALOGUE_MAX_LOGGED)
		log_event(LOG_LEVEL_WARN, "refused an element", "collection",
			  records->spec->noun, "position",
			  LOG_INT(records->received), "id", id, "field", field,
			  "reason", reason, NULL);
	return 0;
}

/* An element on its way to the spool. */
struct reading {
	struct records *records;
	struct record row;
	struct arena arena; /* its texts, gone with it */
	struct buffer put;  /* how they are put away, see shelf.h */
	const char *id;
};

/* Returns 1 where the row is whole, 0 where it was refused, -1. */
static int read_fields(struct reading *reading, struct json_object *element)
{
	const struct records_spec *spec = reading->records->spec;
	struct record *row = &reading->row;
	const char *reason = NULL;
	size_t i;

	for (i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		const char *text = NULL;
		enum field_result result =
			field_read(field,
				   json_object_object_get(element, field->key),
				   &reading->arena, &text, &reason);

		if (result == FIELD_NO_MEMORY)
			return -1;
		if (i <= RECORD_NAME && result != FIELD_KEPT)
			return refuse(reading->records, reading->id, field->key,
				      result == FIELD_ABSENT ? "is missing"
							     : reason);
		if (i == RECORD_ID)
			reading->id = text;
		shelf_put_text(&reading->put, text);
		row->ignored_fields += result == FIELD_WRONG;
		if (result == FIELD_CUT)
			row->cut_texts++;
		if (result == FIELD_REFUSED)
			row->refused_images++;
	}
	row->text_bytes = (uint32_t)reading->put.length;
	return 1;
}

static int add_ref(struct reading *reading, struct json_object *value)
{
	/* One byte more than an id has, so that what was cut matches none. */
	static const struct field_spec any_ref = {
		NULL, FIELD_REF, CATALOGUE_MAX_ID_BYTES + 1, NULL};
	const char *target, *reason;

	switch (field_read(&any_ref, value, &reading->arena, &target,
			   &reason)) {
	case FIELD_KEPT:
	case FIELD_CUT:
		break;
	case FIELD_NO_MEMORY:
		return -1;
	case FIELD_ABSENT:
	case FIELD_WRONG:
	case FIELD_REFUSED:
	default:
		reading->row.ignored_fields++;
		return 0;
	}
	buffer_append(&reading->put, target, strlen(target) + 1);
	reading->row.ref_count++;
	return 0;
}

static int read_refs(struct reading *reading, struct json_object *element)
{
	const struct records *records = reading->records;
	struct json_object *refs;
	size_t i, count;

	if (records->spec->refs == NULL)
		return 0;
	refs = json_object_object_get(element, records->spec->refs);
	if (refs == NULL)
		return 0;
	if (!json_object_is_type(refs, json_type_array)) {
		reading->row.ignored_fields++;
		return 0;
	}
	count = json_object_array_length(refs);
	for (i = 0; i < count; i++) {
		if (records->ref_count + reading->row.ref_count >
		    CATALOGUE_MAX_REFERENCES)
			break;
		if (add_ref(reading, json_object_array_get_idx(refs, i)) != 0)
			return -1;
	}
	return 0;
}

/* Puts the row's texts away and takes it in. */
static int take_in(struct reading *reading, struct error *err)
{
	struct records *records = reading->records;
	struct record *row = &reading->row;

	if (buffer_check(&reading->put, err) != 0)
		return -1;
	row->ref_bytes = (uint32_t)(reading->put.length - row->text_bytes);
	if (records->shelf == NULL)
		records->shelf = row_shelf_new(records->dir, err);
	if (records->shelf == NULL ||
	    spool_add(&records->shelf->spool, reading->put.data,
		      reading->put.length, &row->at, err) != 0)
		return -1;
	records->rows[records->count++] = *row;
	records->ref_count += row->ref_count;
	return 0;
}

static int add_object(struct records *records, struct json_object *element,
		      struct error *err)
{
	struct reading reading = {
		.records = records,
		.row = {.position = (uint32_t)records->received},
	};
	void *rows = records->rows;
	int status = -1;

	if (make_room(&rows, records->count, &records->capacity,
		      sizeof(struct record)) != 0)
		return error_no_memory(err);
	records->rows = rows;
	status = read_fields(&reading, element);
	if (status == 1)
		status = read_refs(&reading, element) == 0 ? 1 : -1;
	if (status < 0)
		error_no_memory(err);
	if (status == 1)
		status = take_in(&reading, err);
	arena_clear(&reading.arena);
	buffer_free(&reading.put);
	return status;
}

int records_add(struct records *records, struct json_object *element,
		struct error *err)
{
	int status = 0;

	if (records->received < CATALOGUE_MAX_ELEMENTS) {
		if (json_object_is_type(element, json_type_object))
			status = add_object(records, element, err);
		else if (refuse(records, NULL, NULL, "is no object") != 0)
			status = error_no_memory(err);
	}
	records->received++;
	return status;
}

void records_rewind(struct records *records, size_t count)
{
	const struct record *last;

	if (count >= records->received)
		return;
	records->received = count;
	while (records->count != 0) {
		last = &records->rows[records->count - 1];
		if (last->position < count)
			break;
		records->ref_count -= last->ref_count;
		spool_cut(&records->shelf->spool, last->at);
		records->count--;
	}
	while (records->refused_count != 0 &&
	       records->refused[records->refused_count - 1] >= count)
		records->refused_count--;
}

int records_check(const struct records *records, struct error *err)
{
	if (records->received > CATALOGUE_MAX_ELEMENTS)
		return error_set(err, EX_DATAERR,
				 "more than %d elements in the %s collection",
				 CATALOGUE_MAX_ELEMENTS, records->spec->noun);
	if (records->ref_count > CATALOGUE_MAX_REFERENCES)
		return error_set(err, EX_DATAERR,
				 "more than %d references in the %s collection",
				 CATALOGUE_MAX_REFERENCES, records->spec->noun);
	return 0;
}

void records_drop(struct records *records, const unsigned char *is_dropped)
{
	size_t i, kept = 0;

	for (i = 0; i < records->count; i++) {
		if (is_dropped[i])
			records->ref_count -= records->rows[i].ref_count;
		else
			records->rows[kept++] = records->rows[i];
	}
	records->count = kept;
}

void records_free(struct records *records)
{
	free(records->rows);
	free(records->refused);
	row_shelf_free(records->shelf);
}
