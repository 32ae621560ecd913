#include "movies_share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/hex.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/text.h"
#include "cache/cache_import.h"
#include "cache/cache_reader.h"
#include "share/share_parcel.h"

#define NOTE "redis"

/* Between two looks at what the holder of the lease has come to. */
#define LOOK_MS 100

/* Two hosts' clocks go differently, by less than this in 10 s; two confirmations
 * are further apart. */
#define CLOCKS_APART_MS 5

struct movies_share {
	const struct movies_share_here *here;
	long timeout_ms;
	struct share *share;
	struct share_lease *lease;
	struct redis_link *link; /* NULL: not yet, or no more */
	struct buffer name;      /* of the parcel */
	bool is_alone;           /* Redis is of no use in this run */
	bool was_troubled;
	struct share_head head;      /* as last seen; no token: none */
	char bad[SHARE_TOKEN_BYTES]; /* could not be taken */
};

/* --- Opening ---------------------------------------------------------------------- */

static int make_name(struct movies_share *share,
		     const struct settings *settings, struct error *err)
{
	const char *url = settings_text(settings, SETTING_GHIBLI_URL);
	unsigned char digest[HASH_BYTES];
	struct hash *hash = hash_start(err);
	char hex[HASH_HEX_BYTES];

	if (hash == NULL)
		return -1;
	hash_update_text(hash, share->here->render,
			 strlen(share->here->render));
	hash_update_text(hash, url, strlen(url));
	if (hash_finish(hash, digest, err) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), hex);
	buffer_format(&share->name, "marquee:1:movies:%s", hex);
	return buffer_check(&share->name, err);
}

static bool read_note(const char *cache_dir)
{
	struct buffer note = BUFFER_EMPTY;
	struct key_value pair;
	bool is_troubled;

	is_troubled =
		cache_read_note(cache_dir, MOVIES_SITE, NOTE, &note, NULL) ==
			0 &&
		note.length > 0 &&
		key_values_find(note.data, note.length, "trouble", &pair) &&
		pair.value_length == 3;
	buffer_free(&note);
	return is_troubled;
}

static int open_parts(struct movies_share *share,
		      const struct settings *settings, struct error *err)
{
	if (make_name(share, settings, err) != 0)
		return -1;
	share->share =
		share_open(settings_text(settings, SETTING_REDIS_URL), err);
	if (share->share == NULL)
		return -1;
	share->lease = share_lease_open(share->share, share->name.data, err);
	return share->lease != NULL ? 0 : -1;
}

static void free_share(struct movies_share *share)
{
	share_lease_free(share->lease);
	redis_link_close(share->link);
	share_close(share->share);
	share_head_free(&share->head);
	buffer_free(&share->name);
	free(share);
}

struct movies_share *movies_share_open(const struct settings *settings,
				       const struct movies_share_here *here)
{
	struct movies_share *share;
	struct error err = {0};

	if (settings_text(settings, SETTING_REDIS_URL)[0] == '\0')
		return NULL;
	share = calloc(1, sizeof(*share));
	if (share == NULL) {
		error_no_memory(&err);
	} else {
		share->here = here;
		share->timeout_ms =
			(long)settings_number(settings, SETTING_TIMEOUT_MS);
		if (open_parts(share, settings, &err) == 0) {
			share->was_troubled = read_note(here->cache_dir);
			share_set_troubled(share->share, share->was_troubled);
			return share;
		}
		free_share(share);
	}
	log_event(LOG_LEVEL_ERROR, "cannot use Redis", "error", err.message,
		  NULL);
	return NULL;
}

static void give_up(struct movies_share *share, const struct error *trouble)
{
	share_tell(share->share, trouble);
	share->is_alone = true;
	redis_link_close(share->link);
	share->link = NULL;
}

static long long soon_ms(void)
{
	return clock_monotonic_ms() + SHARE_COMMAND_MS;
}

static int connect_once(struct movies_share *share, struct error *err)
{
	if (share->link == NULL)
		share->link = share_take(share->share, false, soon_ms(), err);
	return share->link != NULL ? 0 : -1;
}

/* --- What another host has published ---------------------------------------------- */

static size_t number_of(const struct buffer *note, const char *key)
{
	struct key_value pair;
	long long number = 0;

	if (note->length > 0 &&
	    key_values_find(note->data, note->length, key, &pair))
		text_number(pair.value, pair.value_length, &number);
	return (size_t)number;
}

static bool may_shrink(const struct buffer *note)
{
	return number_of(note, "may_shrink") == 1;
}

/* Reads the head of a look; one that is not ours is none, and is told. */
static void read_head(struct movies_share *share, const struct buffer *text)
{
	struct error err = {0};

	share_head_free(&share->head);
	if (text->length > 0 &&
	    share_head_read(text->data, text->length, &share->head, &err) != 0)
		share_tell(share->share, &err);
}

/* Whether it is held back here, as the upstream's data is what it was. */
static bool is_held(const struct movies_share *share,
		    const struct movies_record *theirs)
{
	const struct movies_record *known = share->here->known;

	return known->is_withdrawn && !share->here->allows_withdrawn &&
	       (strcmp(known->content, theirs->content) == 0 ||
		strcmp(known->generation, share->head.content) == 0);
}

static int check_shrink(const struct movies_share *share, struct error *err)
{
	const struct buffer *note = &share->head.note;
	const struct catalogue_counts counts = {
		.films = number_of(note, "films"),
		.people = number_of(note, "people"),
		.species = number_of(note, "species"),
	};

	if (share->here->allows_shrink || may_shrink(note))
		return 0;
	return catalogue_check_shrink(&counts, &share->here->published, err);
}

/* When the head was confirmed, by the clock here; never too late. */
static bool is_news(const struct movies_share *share, long long confirmed_ms)
{
	struct timespec checked;

	if (cache_checked_at(share->here->cache_dir, MOVIES_SITE, &checked,
			     NULL) != 0)
		return true;
	return confirmed_ms > (long long)checked.tv_sec * 1000 +
				      checked.tv_nsec / 1000000 +
				      CLOCKS_APART_MS;
}

/* NOTHING, HELD, or NEW where it is worth taking. */
static int judge(struct movies_share *share, bool is_late, long long age_ms,
		 long long confirmed_ms, struct movies_record *theirs)
{
	struct error err = {0};

	if (share->head.token[0] == '\0' || age_ms < 0 ||
	    strcmp(share->head.token, share->bad) == 0 ||
	    (!is_late && age_ms > MOVIES_SHARE_FRESH_MS) ||
	    !is_news(share, confirmed_ms))
		return MOVIES_SHARE_NOTHING;
	movies_record_parse(&share->head.note, theirs);
	if (is_held(share, theirs)) {
		share_tell(share->share, NULL);
		return MOVIES_SHARE_HELD;
	}
	if (check_shrink(share, &err) == 0)
		return MOVIES_SHARE_NEW;
	error_context(&err, "what another host has published");
	share_tell(share->share, &err);
	return MOVIES_SHARE_NOTHING;
}

static int write_import(void *context, const struct share_file *file,
			const void *bytes, size_t length, struct error *err)
{
	return cache_import_write(context, file->name, bytes, length, err);
}

/* Whether it is this host that fails, and not what lies in Redis. */
static bool is_ours(const struct error *err)
{
	return err->code == EX_CANTCREAT || err->code == EX_IOERR;
}

/* Returns as cache_writer_commit. */
static int import(struct movies_share *share, struct cache_writer *writer,
		  struct error *err)
{
	long long deadline_ms = share->here->started_ms + share->timeout_ms;
	struct cache_import *import;
	int status = -1;

	if (strcmp(cache_writer_current(writer), share->head.content) == 0)
		return 0;
	import = cache_import_start(writer, err);
	if (import == NULL)
		return -1;
	if (share_parcel_take(share->link, share->name.data, &share->head,
			      write_import, import, deadline_ms, err) == 0)
		status = cache_import_commit(import, share->head.content, err);
	cache_import_free(import);
	return status;
}

/* Returns an answer; -1 where the cache here fails. */
static int take(struct movies_share *share, struct cache_writer *writer,
		struct movies_record *theirs, struct movies_record *record,
		struct error *err)
{
	struct error reason = {0};
	int status = import(share, writer, &reason);

	if (status >= 0) {
		*record = *theirs;
		*theirs = (struct movies_record){0};
		share_tell(share->share, NULL);
		return status == 1 ? MOVIES_SHARE_NEW : MOVIES_SHARE_SAME;
	}
	if (is_ours(&reason))
		return error_set(err, reason.code, "%s", reason.message);
	memcpy(share->bad, share->head.token, sizeof(share->bad));
	share_tell(share->share, &reason);
	if (redis_link_is_lost(share->link))
		give_up(share, &reason);
	return MOVIES_SHARE_NOTHING;
}

/* One look. Sets `has_lease`. */
static int look(struct movies_share *share, struct cache_writer *writer,
		bool is_late, bool *has_lease, struct movies_record *record,
		long long *asked_ms, struct error *err)
{
	struct movies_record theirs = {0};
	struct error trouble = {0};
	struct share_look seen;
	long long wall_ms, age_ms;
	int answer;

	*has_lease = false;
	if (connect_once(share, &trouble) != 0) {
		give_up(share, &trouble);
		return MOVIES_SHARE_NOTHING;
	}
	wall_ms = clock_wall_ms();
	if (share_lease_look(share->lease, share->link, &seen, soon_ms(),
			     &trouble) != 0) {
		give_up(share, &trouble);
		return MOVIES_SHARE_NOTHING;
	}
	*has_lease = seen.is_ours;
	read_head(share, &seen.head);
	buffer_free(&seen.head);
	age_ms = seen.now_ms - share->head.confirmed_ms;
	answer = judge(share, is_late, age_ms, wall_ms - age_ms, &theirs);
	if (answer == MOVIES_SHARE_NEW) {
		*asked_ms = wall_ms - age_ms;
		answer = take(share, writer, &theirs, record, err);
	}
	movies_record_free(&theirs);
	return answer;
}

int movies_share_take(struct movies_share *share, struct cache_writer *writer,
		      bool is_late, struct movies_record *record,
		      long long *asked_ms, struct error *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	long long patience_ms;
	bool has_lease = false;
	int answer;

	if (share == NULL)
		return MOVIES_SHARE_NOTHING;
	patience_ms = share->here->started_ms + share->timeout_ms / 2;
	share_lease_settle(share->lease);
	for (;;) {
		answer = share->is_alone
				 ? MOVIES_SHARE_NOTHING
				 : look(share, writer, is_late, &has_lease,
					record, asked_ms, err);
		if (answer != MOVIES_SHARE_NOTHING || share->is_alone ||
		    has_lease || is_late)
			break;
		if (clock_monotonic_ms() >= patience_ms) {
			log_event(LOG_LEVEL_INFO,
				  "not waiting any longer for another host",
				  NULL);
			break;
		}
		nanosleep(&pause, NULL);
	}
	if (answer == MOVIES_SHARE_NOTHING && has_lease && !is_late)
		share_lease_keep(share->lease);
	return answer;
}

long movies_share_time_left_ms(const struct movies_share *share,
			       long timeout_ms)
{
	long long gone_ms;

	if (share == NULL)
		return timeout_ms;
	gone_ms = clock_monotonic_ms() - share->here->started_ms;
	if (gone_ms > timeout_ms / 2)
		gone_ms = timeout_ms / 2;
	return timeout_ms - (long)gone_ms;
}

/* --- What this host publishes ------------------------------------------------------ */

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
	return share_parcel_publish(share->link, share->name.data, head, before,
				    share->lease, asked_ms, MOVIES_SHARE_KEEP_S,
				    clock_monotonic_ms() + share->timeout_ms,
				    err);
}

/* What Redis has is what the upstream has: only that is new. */
static int confirm(struct movies_share *share,
		   const struct movies_record *record, bool is_held_here,
		   long long asked_ms, struct error *err)
{
	struct share_head *head = &share->head;
	bool can_shrink = may_shrink(&head->note);

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
	status = share_lease_renew(share->lease, share->link, soon_ms(), &err);
	if (status == 1)
		status = put(share, writer, asked_ms, is_held_here, &err);
	if (status < 0) {
		give_up(share, &err);
		return false;
	}
	share_tell(share->share, NULL);
	return status == 1;
}

static void note_outage(struct movies_share *share, struct cache_writer *writer)
{
	bool is_troubled = share_is_troubled(share->share);
	struct buffer note = BUFFER_EMPTY;
	struct error err = {0};

	if (writer == NULL || is_troubled == share->was_troubled)
		return;
	key_values_put(&note, "trouble", is_troubled ? "yes" : "no");
	if (buffer_check(&note, &err) != 0 ||
	    cache_writer_put_note(writer, NOTE, note.data, note.length, &err) !=
		    0)
		log_event(LOG_LEVEL_WARN, "cannot note how Redis is", "error",
			  err.message, NULL);
	buffer_free(&note);
}

void movies_share_close(struct movies_share *share, struct cache_writer *writer)
{
	if (share == NULL)
		return;
	share_lease_settle(share->lease);
	if (share->link != NULL && !redis_link_is_lost(share->link))
		share_lease_release(share->lease, share->link, soon_ms());
	note_outage(share, writer);
	free_share(share);
}
