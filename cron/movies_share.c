#include "base/count.h"
#include "movies_share_parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/text.h"
#include "cache/cache_import.h"
#include "cache/cache_reader.h"

#define NOTE "redis"

/* Between two looks at what the holder of the lease has come to. */
#define LOOK_MS 100

/* --- Opening ---------------------------------------------------------------------- */

static int make_name(struct movies_share *share,
		     const struct settings *settings, struct error *err)
{
	const char *const parts[] = {
		share->here->render,
		settings_text(settings, SETTING_GHIBLI_URL),
	};
	char hex[HASH_HEX_BYTES];

	if (hash_texts_hex(parts, COUNT(parts), hex, err) != 0)
		return -1;
	buffer_format(&share->name, "marquee:1:movies:%s", hex);
	return buffer_check(&share->name, err);
}

static void read_note(struct movies_share *share)
{
	struct buffer note = BUFFER_EMPTY;

	cache_read_note(share->here->cache_dir, MOVIES_SITE, NOTE, &note, NULL);
	share->was_troubled = movies_record_number(&note, "trouble") == 1;
	share->was_seen_ms = share->seen_ms =
		movies_record_number(&note, "seen_ms");
	share_set_troubled(share->share, share->was_troubled);
	buffer_free(&note);
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
		share->fresh_ms =
			1000 * settings_number(settings, SETTING_REDIS_AGE_S);
		if (open_parts(share, settings, &err) == 0) {
			read_note(share);
			return share;
		}
		free_share(share);
	}
	log_event(LOG_LEVEL_ERROR, "cannot use Redis", "error", err.message,
		  NULL);
	return NULL;
}

long long movies_share_soon_ms(void)
{
	return clock_monotonic_ms() + SHARE_COMMAND_MS;
}

/* Nobody is to wait for this host's lease. */
static void release(struct movies_share *share)
{
	share_lease_settle(share->lease);
	if (share->link != NULL && !redis_link_is_lost(share->link))
		share_lease_release(share->lease, share->link,
				    movies_share_soon_ms());
}

void movies_share_give_up(struct movies_share *share,
			  const struct error *trouble)
{
	share_tell(share->share, trouble);
	share->is_alone = true;
	release(share);
	redis_link_close(share->link);
	share->link = NULL;
}

static int connect_once(struct movies_share *share, struct error *err)
{
	if (share->link == NULL)
		share->link = share_take(share->share, false,
					 movies_share_soon_ms(), err);
	return share->link != NULL ? 0 : -1;
}

/* --- What another host has published ---------------------------------------------- */

bool movies_share_may_shrink(const struct buffer *note)
{
	return movies_record_number(note, "may_shrink") == 1;
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
		.films = (size_t)movies_record_number(note, "films"),
		.people = (size_t)movies_record_number(note, "people"),
		.species = (size_t)movies_record_number(note, "species"),
	};

	if (share->here->allows_shrink || movies_share_may_shrink(note))
		return 0;
	return catalogue_check_shrink(&counts, &share->here->published, err);
}

/* Whether it is another confirmation than the one that this host has, and, by the
 * clock here, no older one: it was confirmed at `latest_ms` or before. */
static bool is_news(const struct movies_share *share, long long latest_ms)
{
	struct timespec checked;

	if (share->head.confirmed_ms == share->seen_ms)
		return false;
	if (cache_checked_at(share->here->cache_dir, MOVIES_SITE, &checked,
			     NULL) != 0)
		return true;
	return latest_ms >=
	       (long long)checked.tv_sec * 1000 + checked.tv_nsec / 1000000;
}

/* NOTHING, HELD, or NEW where it is worth taking. */
static int judge(struct movies_share *share, bool is_late, long long age_ms,
		 struct movies_record *theirs)
{
	struct error err = {0};

	if (share->head.token[0] == '\0' || age_ms < 0 ||
	    strcmp(share->head.token, share->bad) == 0 ||
	    (!is_late && age_ms > share->fresh_ms) ||
	    !is_news(share, clock_wall_ms() - age_ms))
		return MOVIES_SHARE_NOTHING;
	movies_record_parse(&share->head.note, theirs);
	if (is_held(share, theirs)) {
		share->seen_ms = share->head.confirmed_ms;
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
		share->seen_ms = share->head.confirmed_ms;
		share_tell(share->share, NULL);
		return status == 1 ? MOVIES_SHARE_NEW : MOVIES_SHARE_SAME;
	}
	if (is_ours(&reason))
		return error_set(err, reason.code, "%s", reason.message);
	memcpy(share->bad, share->head.token, sizeof(share->bad));
	share_tell(share->share, &reason);
	if (redis_link_is_lost(share->link))
		movies_share_give_up(share, &reason);
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
		movies_share_give_up(share, &trouble);
		return MOVIES_SHARE_NOTHING;
	}
	wall_ms = clock_wall_ms();
	if (share_lease_look(share->lease, share->link, &seen,
			     movies_share_soon_ms(), &trouble) != 0) {
		movies_share_give_up(share, &trouble);
		return MOVIES_SHARE_NOTHING;
	}
	*has_lease = seen.is_ours;
	read_head(share, &seen.head);
	buffer_free(&seen.head);
	age_ms = seen.now_ms - share->head.confirmed_ms;
	answer = judge(share, is_late, age_ms, &theirs);
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

/* --- Closing ------------------------------------------------------------ */

static void leave_note(struct movies_share *share, struct cache_writer *writer)
{
	bool is_troubled = share_is_troubled(share->share);
	struct buffer note = BUFFER_EMPTY;
	struct error err = {0};

	if (writer == NULL || (is_troubled == share->was_troubled &&
			       share->seen_ms == share->was_seen_ms))
		return;
	key_values_put_number(&note, "trouble", is_troubled ? 1 : 0);
	key_values_put_number(&note, "seen_ms", share->seen_ms);
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
	release(share);
	leave_note(share, writer);
	free_share(share);
}
