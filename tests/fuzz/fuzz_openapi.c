/* docs/openapi.h and docs_view.h: a document that passes the check can be laid
 * out and printed. */
#include "docs/openapi.h"

#include <json-c/json.h>

#include "docs/docs_view.h"
#include "docs/example_text.h"
#include "fuzz.h"
#include "json_oracle.h"
#include "template/template_json.h"

#define MAX_BYTES 1536

static void check_document(struct json_object *document)
{
	const struct docs_frame frame = {.style_url = "/style.css"};
	struct json_object *view = docs_view_make(document, &frame);

	FUZZ_CHECK(view != NULL);
	json_object_put(view);
}

/* What is printed for a reader is the same JSON. */
static void check_print(struct json_object *json)
{
	static struct buffer out;
	struct json_object *again;

	buffer_clear(&out);
	example_text_print(&out, json);
	FUZZ_CHECK(json_oracle_is_json(out.data, out.length));
	FUZZ_CHECK(template_json_parse("x", out.data, out.length, &again,
				       NULL) == 0);
	FUZZ_CHECK(json_object_equal(json, again));
	json_object_put(again);
}

FUZZ_TARGET(openapi, MAX_BYTES)
{
	static char room[MAX_BYTES];
	const char *text = fuzz_bytes(room, sizeof(room), data, size);
	struct json_object *json = NULL;
	struct error err = {0};

	if (!json_oracle_is_json(text, size) ||
	    template_json_parse("x", text, size, &json, NULL) != 0)
		return;
	check_print(json);
	if (openapi_check("openapi.json", json, &err) == 0)
		check_document(json);
	else
		FUZZ_CHECK(err.code == EX_DATAERR &&
			   strncmp(err.message, "openapi.json: ", 14) == 0);
	json_object_put(json);
}
