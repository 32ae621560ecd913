#include "media/media_load.h"

#include "media/media_entry.h"
#include "media/media_url.h"
#include "upstream/array_cutter.h"

struct load {
	struct media_loaded *loaded;
	const char *id;
	struct array_cutter cutter; /* of the segments */
	struct media_trouble *trouble;
};

static int write_details(void *context, const char *bytes, size_t length,
			 struct error *err)
{
	struct load *load = context;

	if (length > MEDIA_DETAILS_MAX_BYTES - load->loaded->text.length)
		return error_set(err, EX_DATAERR,
				 "the details are larger than %zu bytes",
				 MEDIA_DETAILS_MAX_BYTES);
	buffer_append(&load->loaded->text, bytes, length);
	return buffer_check(&load->loaded->text, err);
}

static int finish_details(void *context, struct error *err)
{
	struct load *load = context;
	struct media_loaded *loaded = load->loaded;

	if (object_cut(loaded->text.data, loaded->text.length, &loaded->details,
		       err) != 0)
		return -1;
	if (media_id_agrees(&loaded->details, load->id))
		return 0;
	return error_set(err, EX_DATAERR, "these are another file's details");
}

static int restart_details(void *context, struct error *err)
{
	struct load *load = context;

	(void)err;
	buffer_clear(&load->loaded->text);
	object_members_free(&load->loaded->details);
	return 0;
}

static int write_segments(void *context, const char *bytes, size_t length,
			  struct error *err)
{
	struct load *load = context;

	return array_cutter_feed(&load->cutter, bytes, length, err);
}

static int finish_segments(void *context, struct error *err)
{
	const struct load *load = context;

	return array_cutter_finish(&load->cutter, err);
}

static int restart_segments(void *context, struct error *err)
{
	struct load *load = context;

	(void)err;
	array_cutter_restart(&load->cutter);
	media_segments_clear(&load->loaded->segments);
	return 0;
}

/* One that fails is enough: the other one is of no use then. */
static int note_done(void *context, const struct http_response *response,
		     struct error *err)
{
	struct load *load = context;

	if (response->failure.code == 0)
		return 0;
	load->trouble->is_timeout = response->is_timeout;
	*err = response->failure;
	return -1;
}

static int details_done(void *context, const struct http_response *response,
			struct error *err)
{
	struct load *load = context;

	load->loaded->is_missing =
		response->failure.code != 0 && response->status == 404;
	return note_done(context, response, err);
}

static int ask(struct http_conversation *conversation, struct buffer *url,
	       struct http_request *request, struct error *err)
{
	int status = buffer_check(url, err);

	request->url = url->data;
	if (status == 0)
		status = http_get(conversation, request, err);
	buffer_free(url);
	return status;
}

static int ask_details(struct http_conversation *conversation, const char *base,
		       struct load *load, struct error *err)
{
	struct http_request request = {
		.sink = {write_details, finish_details, restart_details, load},
		.done = details_done,
		.context = load,
	};
	struct buffer url = BUFFER_EMPTY;

	media_url_details(&url, base, load->id);
	return ask(conversation, &url, &request, err);
}

static int ask_segments(struct http_conversation *conversation,
			const char *base, struct load *load, struct error *err)
{
	struct http_request request = {
		.sink = {write_segments, finish_segments, restart_segments,
			 load},
		.done = note_done,
		.context = load,
	};
	struct buffer url = BUFFER_EMPTY;

	media_url_segments(&url, base, load->id);
	return ask(conversation, &url, &request, err);
}

int media_load(struct http_conversation *conversation, const char *base,
	       const char *id, bool wants_segments, struct media_loaded *loaded,
	       struct media_trouble *trouble)
{
	struct load load = {.loaded = loaded, .id = id, .trouble = trouble};
	struct error *err = &trouble->error;
	int status;

	*loaded = (struct media_loaded){.segments = MEDIA_SEGMENTS(id)};
	*trouble = (struct media_trouble){0};
	load.cutter = ARRAY_CUTTER(media_segments_add, &loaded->segments);
	status = ask_details(conversation, base, &load, err);
	if (status == 0 && wants_segments)
		status = ask_segments(conversation, base, &load, err);
	if (status == 0)
		status = http_run(conversation, err);
	if (status == 0)
		status = media_segments_sort(&loaded->segments, err);
	array_cutter_free(&load.cutter);
	return status;
}

void media_loaded_free(struct media_loaded *loaded)
{
	object_members_free(&loaded->details);
	buffer_free(&loaded->text);
	media_segments_free(&loaded->segments);
}
