/* template/template_json.h: data for render-template; what JSON is, is read. */
#include "template/template_json.h"

#include <json-c/json.h>

#include "base/text.h"
#include "fuzz.h"
#include "json_oracle.h"

#define MAX_BYTES 256

FUZZ_TARGET(template_json, MAX_BYTES)
{
	static char room[MAX_BYTES];
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct json_object *json = NULL;
	struct error err = {0};
	struct template_value value;

	if (template_json_parse("data.json", text, size, &json, &err) != 0) {
		FUZZ_CHECK(err.code == EX_DATAERR && json == NULL);
		FUZZ_CHECK(strncmp(err.message, "data.json:", 10) == 0);
		FUZZ_CHECK(!json_oracle_is_json(text, size));
		return;
	}
	value = template_json_value(json);
	FUZZ_CHECK(value.kind != TEMPLATE_MISSING);
	if (value.kind == TEMPLATE_TEXT)
		FUZZ_CHECK(value.text[value.length] == '\0');
	if (value.kind == TEMPLATE_LIST && value.length > 0)
		value.source->item(&value, value.length - 1, &value);
	json_object_put(json);
}
