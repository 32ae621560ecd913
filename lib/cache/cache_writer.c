#include "cache/cache_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "cache/cache_staged.h"
#include "cache/generations.h"
#include "cache/layout.h"
#include "cache/staging.h"

struct cache_writer {
	int cache; /* the directory of all sites */
	int site;  /* the site's */
	int lock;
	struct staging *staging; /* NULL until something was added */
	bool is_spoilt;          /* an add failed */
	char current[LAYOUT_GENERATION_DIGITS + 1];
};

/* Takes the lock without waiting. */
static int take_lock(struct cache_writer *writer, struct error *err)
{
	writer->lock = openat(writer->site, LAYOUT_LOCK,
			      O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (writer->lock < 0)
		return error_set(err, EX_CANTCREAT, "cannot open %s: %s",
				 LAYOUT_LOCK, strerror(errno));
	if (flock(writer->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return CACHE_WRITER_LOCKED;
	return error_set(err, EX_IOERR, "cannot lock %s: %s", LAYOUT_LOCK,
			 strerror(errno));
}

static int open_dirs(struct cache_writer *writer, const char *cache_dir,
		     const char *site, struct error *err)
{
	writer->cache = files_make_dirs(cache_dir, err);
	if (writer->cache < 0)
		return -1;
	writer->site = files_make_dir(writer->cache, site, err);
	return writer->site < 0 ? -1 : 0;
}

/* A leftover costs room on disk and nothing else, so this is no failure of the
 * run. */
static void prune(struct cache_writer *writer)
{
	struct error err = {0};

	if (generations_prune(writer->site, writer->current, &err) != 0)
		log_event(LOG_LEVEL_WARN, "cannot remove old generations",
			  "error", err.message, NULL);
}

int cache_writer_open(const char *cache_dir, const char *site,
		      struct cache_writer **writer, struct error *err)
{
	struct cache_writer *made = calloc(1, sizeof(*made));
	int status = -1;

	if (made == NULL) {
		error_no_memory(err);
		return -1;
	}
	made->cache = made->site = made->lock = -1;
	if (open_dirs(made, cache_dir, site, err) == 0)
		status = take_lock(made, err);
	if (status == 0 &&
	    (files_remove_tree(made->site, LAYOUT_STAGING, err) != 0 ||
	     generations_current(made->site, made->current, err) != 0))
		status = -1;
	if (status == 0) {
		files_remove_beside(made->site);
		prune(made);
		*writer = made;
	} else {
		cache_writer_close(made);
	}
	if (status == -1)
		error_context(err, "%s/%s", cache_dir, site);
	return status;
}

/* Starts a set, unless one is in the making. */
static int start(struct cache_writer *writer, struct error *err)
{
	if (writer->is_spoilt)
		return error_set(err, EX_SOFTWARE, "the set is spoilt");
	if (writer->staging == NULL)
		writer->staging = staging_start(writer->site, err);
	return writer->staging != NULL ? 0 : -1;
}

int cache_writer_add(struct cache_writer *writer,
		     const struct cache_representation *representation,
		     struct error *err)
{
	if (start(writer, err) == 0 &&
	    staging_add(writer->staging, representation, err) == 0)
		return 0;
	writer->is_spoilt = true;
	return -1;
}

int cache_writer_repeat(struct cache_writer *writer, const char *name,
			size_t *body_bytes, struct error *err)
{
	int status = start(writer, err);

	if (status == 0)
		status = staging_repeat(writer->staging, name, body_bytes, err);
	writer->is_spoilt = status < 0;
	return status;
}

bool cache_writer_is_live(const struct cache_writer *writer,
			  const struct cache_representation *representation)
{
	return writer->staging != NULL &&
	       staging_is_live(writer->staging, representation);
}

/* Whatever became of a set, the next one starts with an empty directory. What
 * cannot be removed now is removed, or complained of, by the next to open. */
void cache_writer_discard(struct cache_writer *writer)
{
	bool is_made = writer->staging != NULL;

	/* What still writes there ends first. */
	staging_free(writer->staging);
	if (is_made)
		files_remove_tree(writer->site, LAYOUT_STAGING, NULL);
	writer->staging = NULL;
	writer->is_spoilt = false;
}

/* Whoever made the site's directory may not have come to fsync its parent. */
int cache_writer_publish(struct cache_writer *writer, const char *name,
			 struct error *err)
{
	if (strcmp(name, writer->current) == 0)
		return 0;
	if (files_sync(writer->cache, "the cache's directory", err) != 0 ||
	    generations_adopt(writer->site, name, err) != 0 ||
	    generations_activate(writer->site, name, err) != 0) {
		/* It may be live, and not on disk for certain. */
		generations_current(writer->site, writer->current, NULL);
		return -1;
	}
	memcpy(writer->current, name, sizeof(writer->current));
	prune(writer);
	return 1;
}

int cache_writer_commit(struct cache_writer *writer, struct error *err)
{
	char name[LAYOUT_GENERATION_DIGITS + 1];
	int status = -1;

	if (writer->staging == NULL || writer->is_spoilt)
		error_set(err, EX_SOFTWARE, "there is no whole set to publish");
	else if (staging_finish(writer->staging, name, err) == 0)
		status = cache_writer_publish(writer, name, err);
	cache_writer_discard(writer);
	return status;
}

const char *cache_writer_current(const struct cache_writer *writer)
{
	return writer->current;
}

int cache_writer_directory(const struct cache_writer *writer)
{
	return writer->site;
}

int cache_writer_confirm(struct cache_writer *writer, long long asked_ms,
			 struct error *err)
{
	const struct timespec asked = {.tv_sec = (time_t)(asked_ms / 1000),
				       .tv_nsec = (long)(asked_ms % 1000) *
						  1000000};
	const struct timespec times[2] = {asked, asked};
	int fd = openat(writer->site, LAYOUT_CHECKED,
			O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	int status = 0;

	if (fd < 0)
		return error_set(err, EX_CANTCREAT, "cannot open %s: %s",
				 LAYOUT_CHECKED, strerror(errno));
	if (futimens(fd, times) != 0)
		status = error_set(err, EX_IOERR, "cannot touch %s: %s",
				   LAYOUT_CHECKED, strerror(errno));
	close(fd);
	return status;
}

int cache_writer_rollback(struct cache_writer *writer, struct error *err)
{
	char name[LAYOUT_GENERATION_DIGITS + 1];

	if (generations_previous(writer->site, writer->current, name, err) != 0)
		return -1;
	if (generations_activate(writer->site, name, err) != 0 ||
	    generations_withdraw(writer->site, writer->current, err) != 0) {
		generations_current(writer->site, writer->current, NULL);
		return -1;
	}
	memcpy(writer->current, name, sizeof(writer->current));
	return 0;
}

int cache_writer_withdraw(struct cache_writer *writer, const char *name,
			  struct error *err)
{
	return generations_withdraw(writer->site, name, err);
}

static bool note_holds(struct cache_writer *writer, const char *name,
		       const void *bytes, size_t length)
{
	struct buffer there = BUFFER_EMPTY;
	bool is_same;

	is_same = files_read(writer->site, name, LAYOUT_NOTE_MAX_BYTES, &there,
			     NULL) == 0 &&
		  there.length == length &&
		  (length == 0 || memcmp(there.data, bytes, length) == 0);
	buffer_free(&there);
	return is_same;
}

int cache_writer_put_note(struct cache_writer *writer, const char *name,
			  const void *bytes, size_t length, struct error *err)
{
	if (length > LAYOUT_NOTE_MAX_BYTES)
		return error_set(err, EX_SOFTWARE,
				 "the note %s has %zu bytes, %d are allowed",
				 name, length, LAYOUT_NOTE_MAX_BYTES);
	if (note_holds(writer, name, bytes, length))
		return 0;
	return files_replace(writer->site, name, bytes, length, err);
}

void cache_writer_close(struct cache_writer *writer)
{
	if (writer == NULL)
		return;
	cache_writer_discard(writer);
	if (writer->lock >= 0)
		close(writer->lock);
	if (writer->site >= 0)
		close(writer->site);
	if (writer->cache >= 0)
		close(writer->cache);
	free(writer);
}

int cache_writer_leave_note(const char *cache_dir, const char *site,
			    const char *name, const struct buffer *note,
			    struct error *err)
{
	struct cache_writer *writer = NULL;
	int status = buffer_check(note, err);

	if (status == 0)
		status = cache_writer_open(cache_dir, site, &writer, err);
	if (status == 0)
		status = cache_writer_put_note(writer, name, note->data,
					       note->length, err);
	cache_writer_close(writer);
	return status;
}
