#include "movies_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/key_values.h"
#include "base/text.h"
#include "cache/cache_reader.h"

#define RECORD_NOTE "upstream"
#define STATUS_NOTE "status"
#define ABOUT_MAX_BYTES 4096

static const char *const collection_names[MOVIES_COLLECTIONS] = {
	"films", "people", "species"};

static void read_text(const struct buffer *note, const char *key, char *text,
		      size_t size)
{
	struct key_value pair;

	text[0] = '\0';
	if (!key_values_find(note->data, note->length, key, &pair) ||
	    pair.value_length >= size)
		return;
	memcpy(text, pair.value, pair.value_length);
	text[pair.value_length] = '\0';
}

long long movies_record_number(const struct buffer *note, const char *key)
{
	long long number = 0;

	key_values_number(note->data, note->length, key, &number);
	return number;
}

/* NULL where there is none; lack of memory costs a conditional request. */
static char *read_copy(const struct buffer *note, const char *name,
		       const char *what)
{
	struct buffer key = BUFFER_EMPTY;
	struct key_value pair;
	char *copy = NULL;

	buffer_format(&key, "%s_%s", name, what);
	if (buffer_check(&key, NULL) == 0 &&
	    key_values_find(note->data, note->length, key.data, &pair) &&
	    pair.value_length > 0)
		copy = strndup(pair.value, pair.value_length);
	buffer_free(&key);
	return copy;
}

static void read_body_digests(const struct buffer *note,
			      struct movies_record *record)
{
	static const char *const keys[MOVIES_COLLECTIONS] = {
		"films_body", "people_body", "species_body"};
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++)
		read_text(note, keys[i], record->bodies[i],
			  sizeof(record->bodies[i]));
}

void movies_record_parse(const struct buffer *note,
			 struct movies_record *record)
{
	char word[8];
	int i;

	memset(record, 0, sizeof(*record));
	if (note->length == 0)
		return;
	for (i = 0; i < MOVIES_COLLECTIONS; i++) {
		struct upstream_validators *validators = &record->validators[i];
		const char *name = collection_names[i];

		validators->base = read_copy(note, name, "base");
		validators->etag = read_copy(note, name, "etag");
		validators->last_modified =
			read_copy(note, name, "last_modified");
	}
	read_body_digests(note, record);
	read_text(note, "content", record->content, sizeof(record->content));
	read_text(note, "render", record->render, sizeof(record->render));
	read_text(note, "generation", record->generation,
		  sizeof(record->generation));
	read_text(note, "withdrawn", word, sizeof(word));
	record->is_withdrawn = strcmp(word, "yes") == 0;
}

int movies_record_read(const char *cache_dir, struct movies_record *record,
		       struct error *err)
{
	struct buffer note = BUFFER_EMPTY;
	int status = cache_read_note(cache_dir, MOVIES_SITE, RECORD_NOTE, &note,
				     err);

	memset(record, 0, sizeof(*record));
	if (status == 0)
		movies_record_parse(&note, record);
	buffer_free(&note);
	return status < 0 ? -1 : 0;
}

static void put_validator(struct buffer *note, const char *name,
			  const char *what, const char *value)
{
	struct buffer key = BUFFER_EMPTY;

	if (value == NULL)
		return;
	buffer_format(&key, "%s_%s", name, what);
	if (buffer_check(&key, NULL) == 0)
		key_values_put(note, key.data, value);
	else
		note->has_failed = true;
	buffer_free(&key);
}

void movies_record_text(const struct movies_record *record, struct buffer *note)
{
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++) {
		const struct upstream_validators *validators =
			&record->validators[i];

		put_validator(note, collection_names[i], "base",
			      validators->base);
		put_validator(note, collection_names[i], "etag",
			      validators->etag);
		put_validator(note, collection_names[i], "last_modified",
			      validators->last_modified);
		put_validator(note, collection_names[i], "body",
			      record->bodies[i]);
	}
	key_values_put(note, "content", record->content);
	key_values_put(note, "render", record->render);
	key_values_put(note, "generation", record->generation);
	key_values_put(note, "withdrawn", record->is_withdrawn ? "yes" : "no");
}

int movies_record_write(struct cache_writer *writer,
			const struct movies_record *record, struct error *err)
{
	struct buffer note = BUFFER_EMPTY;
	int status;

	movies_record_text(record, &note);
	status = buffer_check(&note, err);
	if (status == 0)
		status = cache_writer_put_note(writer, RECORD_NOTE, note.data,
					       note.length, err);
	buffer_free(&note);
	return status;
}

void movies_record_free(struct movies_record *record)
{
	int i;

	for (i = 0; i < MOVIES_COLLECTIONS; i++)
		upstream_validators_free(&record->validators[i]);
}

/* The numbers of a note, zeros where it has none. */
static void read_published(const struct buffer *note,
			   struct catalogue_published *published)
{
	published->films = (size_t)movies_record_number(note, "films");
	published->people = (size_t)movies_record_number(note, "people");
	published->species = (size_t)movies_record_number(note, "species");
}

/* The source of a note as one of the known words, or "". */
static const char *read_source(const struct buffer *note)
{
	static const char *const sources[] = {MOVIES_SOURCE_UPSTREAM,
					      MOVIES_SOURCE_BUNDLED,
					      MOVIES_SOURCE_ROLLED_BACK};
	char word[32];
	size_t i;

	read_text(note, "source", word, sizeof(word));
	for (i = 0; i < COUNT(sources); i++)
		if (strcmp(word, sources[i]) == 0)
			return sources[i];
	return "";
}

void movies_status_read(const char *cache_dir, struct movies_status *status)
{
	struct buffer note = BUFFER_EMPTY;
	bool is_rolled_back = false;

	memset(status, 0, sizeof(*status));
	status->source = "";
	if (cache_read_note(cache_dir, MOVIES_SITE, STATUS_NOTE, &note, NULL) ==
		    0 &&
	    note.length > 0) {
		status->failures = movies_record_number(&note, "failures");
		read_published(&note, &status->published);
		status->source = read_source(&note);
		is_rolled_back =
			strcmp(status->source, MOVIES_SOURCE_ROLLED_BACK) == 0;
	}
	buffer_free(&note);
	movies_about_read(cache_dir, status, NULL);
	if (is_rolled_back)
		status->source = MOVIES_SOURCE_ROLLED_BACK;
}

/* A word for Cache-Status: why the data is not fresh. */
static const char *detail_of(const struct movies_status *status,
			     const struct error *failure)
{
	switch (failure->code) {
	case EX_OK:
		return strcmp(status->source, MOVIES_SOURCE_UPSTREAM) == 0
			       ? ""
			       : status->source;
	case EX_UNAVAILABLE:
		return "upstream-unavailable";
	case EX_DATAERR:
		return "upstream-refused";
	case EX_CANTCREAT:
	case EX_IOERR:
		return "cache-failed";
	default:
		return "run-failed";
	}
}

int movies_status_write(struct cache_writer *writer,
			const struct movies_status *status,
			const struct error *failure, struct error *err)
{
	struct buffer note = BUFFER_EMPTY;
	char now[CLOCK_RFC3339_BYTES];
	int result;

	key_values_put(&note, "result", failure->code == 0 ? "ok" : "failed");
	key_values_put(&note, "error", failure->message);
	key_values_put(&note, "detail", detail_of(status, failure));
	key_values_put_number(&note, "failures", status->failures);
	key_values_put(&note, "source", status->source);
	key_values_put_number(&note, "films",
			      (long long)status->published.films);
	key_values_put_number(&note, "people",
			      (long long)status->published.people);
	key_values_put(&note, "generation", cache_writer_current(writer));
	/* A good run is timed by `checked`, so that it need not write here. */
	if (failure->code != 0) {
		clock_rfc3339(clock_wall_ms(), now);
		key_values_put(&note, "last_run", now);
	}
	result = buffer_check(&note, err);
	if (result == 0)
		result = cache_writer_put_note(writer, STATUS_NOTE, note.data,
					       note.length, err);
	buffer_free(&note);
	return result;
}

int movies_about_add(struct cache_writer *writer,
		     const struct catalogue_counts *counts, bool is_bundled,
		     struct error *err)
{
	struct buffer about = BUFFER_EMPTY;
	struct cache_representation representation = {
		.name = MOVIES_ABOUT,
		.media_type = "text/plain; charset=utf-8",
	};
	int status;

	key_values_put_number(&about, "films", (long long)counts->films);
	key_values_put_number(&about, "people", (long long)counts->people);
	key_values_put_number(&about, "species", (long long)counts->species);
	key_values_put(&about, "source",
		       is_bundled ? MOVIES_SOURCE_BUNDLED
				  : MOVIES_SOURCE_UPSTREAM);
	representation.body = about.data;
	representation.body_bytes = about.length;
	status = buffer_check(&about, err);
	if (status == 0)
		status = cache_writer_add(writer, &representation, err);
	buffer_free(&about);
	return status;
}

/* Appends the body of "about", nothing where there is none. */
static int read_about(const struct cache_snapshot *snapshot,
		      struct buffer *about, struct error *err)
{
	struct cache_entry entry;
	struct cache_body body;
	char bytes[ABOUT_MAX_BYTES];
	ssize_t got = 0;
	int found = cache_snapshot_find(snapshot, MOVIES_ABOUT, &entry, err);

	if (found != 1)
		return found;
	if (cache_body_open(snapshot, MOVIES_ABOUT, &entry, CACHE_IDENTITY,
			    &body, err) != 0)
		return -1;
	got = cache_body_read(&body, 0, bytes, sizeof(bytes), err);
	if (got > 0)
		buffer_append(about, bytes, (size_t)got);
	cache_body_close(&body);
	return got < 0 ? -1 : buffer_check(about, err);
}

int movies_about_read(const char *cache_dir, struct movies_status *status,
		      struct error *err)
{
	struct buffer about = BUFFER_EMPTY;
	struct cache_snapshot snapshot;
	int result =
		cache_snapshot_open(cache_dir, MOVIES_SITE, &snapshot, err);

	if (result == 0) {
		result = read_about(&snapshot, &about, err);
		cache_snapshot_close(&snapshot);
	}
	if (result < 0) {
		error_context(err, "cannot read what is live");
		if (err != NULL)
			err->code = EX_IOERR;
	} else {
		read_published(&about, &status->published);
		status->source = read_source(&about);
		result = 0;
	}
	buffer_free(&about);
	return result;
}
