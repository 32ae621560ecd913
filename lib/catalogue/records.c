#include "catalogue/records.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/catalogue.h"

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

/* Returns 1 where the row is whole, 0 where it was refused, -1. */
static int read_fields(struct records *records, struct json_object *element,
		       struct record *row)
{
	const struct records_spec *spec = records->spec;
	const char *reason = NULL;
	size_t i;

	for (i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		enum field_result result =
			field_read(field,
				   json_object_object_get(element, field->key),
				   &records->arena, &row->texts[i], &reason);

		if (result == FIELD_NO_MEMORY)
			return -1;
		if (i <= RECORD_NAME && result != FIELD_KEPT)
			return refuse(
				records, row->texts[RECORD_ID], field->key,
				result == FIELD_ABSENT ? "is missing" : reason);
		row->ignored_fields += result == FIELD_WRONG;
		row->cut_texts += result == FIELD_CUT;
		row->refused_images += result == FIELD_REFUSED;
	}
	return 1;
}

static int add_ref(struct records *records, struct json_object *value,
		   struct record *row)
{
	/* One byte more than an id has, so that what was cut matches none. */
	static const struct field_spec any_ref = {
		NULL, FIELD_REF, CATALOGUE_MAX_ID_BYTES + 1, NULL};
	void *items = records->refs;
	const char *target, *reason;

	switch (field_read(&any_ref, value, &records->arena, &target,
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
		row->ignored_fields++;
		return 0;
	}
	if (make_room(&items, records->ref_count, &records->ref_capacity,
		      sizeof(struct record_ref)) != 0)
		return -1;
	records->refs = items;
	records->refs[records->ref_count].owner = (uint32_t)records->count;
	records->refs[records->ref_count++].target = target;
	return 0;
}

static int read_refs(struct records *records, struct json_object *element,
		     struct record *row)
{
	struct json_object *refs;
	size_t i, count;

	if (records->spec->refs == NULL)
		return 0;
	refs = json_object_object_get(element, records->spec->refs);
	if (refs == NULL)
		return 0;
	if (!json_object_is_type(refs, json_type_array)) {
		row->ignored_fields++;
		return 0;
	}
	count = json_object_array_length(refs);
	for (i = 0; i < count; i++) {
		if (records->ref_count > CATALOGUE_MAX_REFERENCES)
			return 0;
		if (add_ref(records, json_object_array_get_idx(refs, i), row) !=
		    0)
			return -1;
	}
	return 0;
}

static int add_object(struct records *records, struct json_object *element)
{
	size_t bytes = records->spec->field_count * sizeof(const char *);
	void *rows = records->rows;
	struct arena_mark mark = arena_mark(&records->arena);
	struct record row = {.position = (uint32_t)records->received};
	int status;

	if (make_room(&rows, records->count, &records->capacity,
		      sizeof(struct record)) != 0)
		return -1;
	records->rows = rows;
	row.texts = arena_take(&records->arena, bytes);
	if (row.texts == NULL)
		return -1;
	status = read_fields(records, element, &row);
	if (status != 1) {
		arena_release(&records->arena, mark);
		return status;
	}
	if (read_refs(records, element, &row) != 0)
		return -1;
	records->rows[records->count++] = row;
	return 0;
}

int records_add(struct records *records, struct json_object *element,
		struct error *err)
{
	int status = 0;

	if (records->received < CATALOGUE_MAX_ELEMENTS) {
		if (json_object_is_type(element, json_type_object))
			status = add_object(records, element);
		else
			status = refuse(records, NULL, NULL, "is no object");
	}
	records->received++;
	return status == 0 ? 0 : error_no_memory(err);
}

void records_rewind(struct records *records, size_t count)
{
	if (count >= records->received)
		return;
	records->received = count;
	while (records->count != 0 &&
	       records->rows[records->count - 1].position >= count)
		records->count--;
	while (records->ref_count != 0 &&
	       records->refs[records->ref_count - 1].owner >= records->count)
		records->ref_count--;
	while (records->refused_count != 0 &&
	       records->refused[records->refused_count - 1] >= count)
		records->refused_count--;
	if (count == 0)
		arena_clear(&records->arena);
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

void records_drop(struct records *records, const unsigned char *is_dropped,
		  uint32_t *scratch)
{
	size_t i, kept = 0;

	for (i = 0; i < records->count; i++) {
		scratch[i] = (uint32_t)kept;
		if (!is_dropped[i])
			records->rows[kept++] = records->rows[i];
	}
	records->count = kept;
	kept = 0;
	for (i = 0; i < records->ref_count; i++) {
		struct record_ref ref = records->refs[i];

		if (is_dropped[ref.owner])
			continue;
		ref.owner = scratch[ref.owner];
		records->refs[kept++] = ref;
	}
	records->ref_count = kept;
}

void records_free(struct records *records)
{
	free(records->rows);
	free(records->refs);
	free(records->refused);
	arena_clear(&records->arena);
}
