#include "movies_share_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/key_values.h"
#include "cache/cache_reader.h"

static int add_files(struct share_head *head, int dir, struct error *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	int status = 0;

	if (entries == NULL) {
		if (copy >= 0)
			close(copy);
		return error_set(err, EX_IOERR, "cannot list what is live: %s",
				 strerror(errno));
	}
	while (status == 0 && (entry = files_next_entry(entries)) != NULL)
		if (entry->d_name[0] != '.' &&
		    share_head_add(head, entry->d_name, err) == NULL)
			status = -1;
	if (status == 0 && errno != 0)
		status =
			error_set(err, EX_IOERR, "cannot list what is live: %s",
				  strerror(errno));
	closedir(entries);
	return status;
}

static void describe(const struct movies_share *share,
		     const struct movies_record *record, bool can_shrink,
		     struct buffer *note)
{
	struct movies_status status = {0};

	movies_about_read(share->here->cache_dir, &status, NULL);
	movies_record_text(record, note);
	key_values_put_number(note, "films", (long long)status.published.films);
	key_values_put_number(note, "people",
			      (long long)status.published.people);
	key_values_put_number(note, "species",
			      (long long)status.published.species);
	key_values_put_number(note, "may_shrink", can_shrink ? 1 : 0);
}

static int switch_to(struct movies_share *share, struct share_head *head,
		     const char *before, long long asked_ms, struct error *err)
{
	int status = share_parcel_publish(
		share->link, share->name.data, head, before, share->lease,
		asked_ms, MOVIES_SHARE_KEEP_S,
		clock_monotonic_ms() + share->timeout_ms, err);

	if (status == 1)
		share->seen_ms = head->confirmed_ms;
	return status;
}

/* What Redis has is what the upstream has: only that is new. */
static int confirm(struct movies_share *share,
		   const struct movies_record *record, bool is_held_here,
		   long long asked_ms, struct error *err)
{
	struct share_head *head = &share->head;
	bool can_shrink = movies_share_may_shrink(&head->note);

	if (!is_held_here) {
		buffer_clear(&head->note);
		describe(share, record, can_shrink, &head->note);
		if (buffer_check(&head->note, err) != 0)
			return -1;
	}
	return switch_to(share, head, head->token, asked_ms, err);
}

static int put_all(struct movies_share *share,
		   const struct movies_record *record, long long asked_ms,
		   struct error *err)
{
	struct share_head head = {0};
	struct cache_snapshot snapshot;
	int status = cache_snapshot_open(share->here->cache_dir, MOVIES_SITE,
					 &snapshot, err);

	if (status != 0)
		return error_set(err, EX_IOERR, "cannot read what is live");
	memcpy(head.content, record->generation, sizeof(head.content));
	describe(share, record, share->here->allows_shrink, &head.note);
	status = buffer_check(&head.note, err);
	if (status == 0)
		status = add_files(&head, snapshot.dir, err);
	if (status == 0)
		status = share_parcel_put(
			share->link, share->name.data, snapshot.dir, &head,
			share->lease, clock_monotonic_ms() + share->timeout_ms,
			err);
	cache_snapshot_close(&snapshot);
	if (status == 1)
		status = switch_to(share, &head, share->head.token, asked_ms,
				   err);
	share_head_free(&head);
	return status;
}

/* Returns 1, 0 where the lease is lost or there is nothing to say, -1. */
static int put(struct movies_share *share, struct cache_writer *writer,
	       long long asked_ms, bool is_held_here, struct error *err)
{
	struct movies_record record, theirs = {0};
	bool is_there = false;
	int status = movies_record_read(share->here->cache_dir, &record, err);

	if (status == 0 && share->head.token[0] != '\0') {
		movies_record_parse(&share->head.note, &theirs);
		is_there = is_held_here
				   ? strcmp(theirs.content, record.content) == 0
				   : strcmp(share->head.content,
					    record.generation) == 0;
		movies_record_free(&theirs);
	}
	if (is_there && strcmp(share->head.token, share->bad) == 0)
		is_there = false;
	if (is_there)
		status = share_parcel_has_bytes(
			share->link, share->name.data, &share->head,
			clock_monotonic_ms() + share->timeout_ms, err);
	if (status == 1)
		status = confirm(share, &record, is_held_here, asked_ms, err);
	else if (status == 0 && !is_held_here &&
		 strcmp(record.generation, cache_writer_current(writer)) == 0)
		status = put_all(share, &record, asked_ms, err);
	movies_record_free(&record);
	return status;
}

bool movies_share_put(struct movies_share *share, struct cache_writer *writer,
		      long long asked_ms, bool is_held_here)
{
	struct error err = {0};
	int status;

	if (share == NULL || share->is_alone || share->link == NULL)
		return false;
	share_lease_settle(share->lease);
	status = share_lease_renew(share->lease, share->link,
				   movies_share_soon_ms(), &err);
	if (status == 1)
		status = put(share, writer, asked_ms, is_held_here, &err);
	if (status < 0) {
		movies_share_give_up(share, &err);
		return false;
	}
	share_tell(share->share, NULL);
	return status == 1;
}
