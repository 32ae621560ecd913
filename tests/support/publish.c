/*
 * publish [--confirm] [--status TEXT] CACHE_DIR SITE DIRECTORY
 *
 * Publishes every file below DIRECTORY under its path there, as a publisher
 * would, and prints the generation. Files in DIRECTORY itself also lie beside
 * the pack, as plain files. --confirm touches `checked`; --status puts the note
 * "status" (a DIRECTORY of "-" publishes nothing, for a note alone).
 */
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "cache/cache_writer.h"

#define MAX_FILE_BYTES ((size_t)1 << 30)

static const struct {
	const char *end, *media_type;
} media_types[] = {
	{".html", "text/html; charset=utf-8"}, {".json", "application/json"},
	{".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
	{"", "application/octet-stream"},
};

static const char *media_type_of(const char *name)
{
	size_t length = strlen(name), end, i;

	for (i = 0;; i++) {
		end = strlen(media_types[i].end);
		if (length >= end &&
		    strcmp(name + length - end, media_types[i].end) == 0)
			return media_types[i].media_type;
	}
}

static int add_file(struct cache_writer *writer, const char *path,
		    const char *name, struct error *err)
{
	struct cache_representation representation = {
		.name = name,
		.media_type = media_type_of(name),
		.is_file = strchr(name, '/') == NULL,
	};
	struct buffer body = BUFFER_EMPTY;
	int status = files_read(AT_FDCWD, path, MAX_FILE_BYTES, &body, err);

	if (status == 0) {
		representation.body = body.data != NULL ? body.data : "";
		representation.body_bytes = body.length;
		status = cache_writer_add(writer, &representation, err);
	}
	buffer_free(&body);
	return status;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int publish(struct cache_writer *writer, char *directory,
		   struct error *err)
{
	char *roots[] = {directory, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int status = 0;

	if (tree == NULL)
		return error_set(err, EX_NOINPUT, "cannot read %s", directory);
	while (status == 0 && (entry = fts_read(tree)) != NULL)
		if (entry->fts_info == FTS_F)
			status = add_file(
				writer, entry->fts_path,
				entry->fts_path + strlen(directory) + 1, err);
	fts_close(tree);
	if (status == 0 && cache_writer_commit(writer, err) < 0)
		status = -1;
	return status;
}

int main(int argc, char **argv)
{
	const char *note = NULL;
	bool is_confirmed = false;
	struct cache_writer *writer = NULL;
	struct error err = {0};
	int at = 1, status = -1;

	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++)
		if (strcmp(argv[at], "--confirm") == 0)
			is_confirmed = true;
		else if (at + 1 < argc)
			note = argv[++at];
	if (argc - at != 3)
		return EX_USAGE;
	if (cache_writer_open(argv[at], argv[at + 1], &writer, &err) != 0)
		goto out;
	if (strcmp(argv[at + 2], "-") != 0 &&
	    publish(writer, argv[at + 2], &err) != 0)
		goto out;
	if (note != NULL && cache_writer_put_note(writer, "status", note,
						  strlen(note), &err) != 0)
		goto out;
	if (is_confirmed &&
	    cache_writer_confirm(writer, clock_wall_ms(), &err) != 0)
		goto out;
	printf("%s\n", cache_writer_current(writer));
	status = 0;
out:
	cache_writer_close(writer);
	if (status != 0)
		fprintf(stderr, "publish: %s\n",
			err.code != 0 ? err.message : "the lock is held");
	return status != 0 ? 1 : 0;
}
