#include "media/media_share.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/hex.h"
#include "base/log.h"
#include "cache/cache_keep.h"
#include "media/media.h"
#include "share/share_parcel.h"

struct media_share {
	struct share *share;
	const char *base;
	const char *cache_dir;
};

/* One file on its way. */
struct trip {
	struct redis_link *link;
	long long deadline_ms;
	struct buffer name;           /* of the parcel */
	char content[HASH_HEX_BYTES]; /* what its head says it is */
};

int media_share_open(const char *url, const char *base, const char *cache_dir,
		     struct media_share **share, struct error *err)
{
	struct media_share *made;

	*share = NULL;
	if (url[0] == '\0' || base[0] == '\0')
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return error_no_memory(err);
	made->base = base;
	made->cache_dir = cache_dir;
	made->share = share_open(url, err);
	if (made->share == NULL) {
		free(made);
		return -1;
	}
	*share = made;
	return 0;
}

void media_share_close(struct media_share *share)
{
	if (share == NULL)
		return;
	share_close(share->share);
	free(share);
}

/* What another version, or with another upstream, would merge is another
 * file. */
static int name_file(const struct media_share *share, const char *id,
		     struct trip *trip, struct error *err)
{
	const char *const parts[] = {MARQUEE_VERSION, share->base, id};

	if (hash_texts_hex(parts, COUNT(parts), trip->content, err) != 0)
		return -1;
	buffer_format(&trip->name, "marquee:1:file:%s", trip->content);
	return buffer_check(&trip->name, err);
}

static int depart(struct media_share *share, const char *id, bool may_rest,
		  struct trip *trip, struct error *err)
{
	*trip = (struct trip){.deadline_ms =
				      clock_monotonic_ms() + MEDIA_SHARE_MS};
	if (name_file(share, id, trip, err) != 0)
		return -1;
	trip->link = share_take(share->share, may_rest, trip->deadline_ms, err);
	return trip->link != NULL ? 0 : -1;
}

static void return_home(struct media_share *share, struct trip *trip)
{
	share_give(share->share, trip->link);
	buffer_free(&trip->name);
}

static int append(void *context, const struct share_file *file,
		  const void *bytes, size_t length, struct error *err)
{
	struct buffer *pack = context;

	(void)file;
	buffer_append(pack, bytes, length);
	return buffer_check(pack, err);
}

/* Returns 1 where it is kept now, 0 where Redis has none, or none for us; -1. */
static int take(struct media_share *share, struct trip *trip, const char *id,
		struct error *err)
{
	struct buffer pack = BUFFER_EMPTY;
	struct share_head head;
	int status = share_parcel_find(trip->link, trip->name.data, &head,
				       trip->deadline_ms, err);

	if (status != 1)
		return status;
	if (head.file_count != 1 ||
	    head.files[0].length > MEDIA_SHARE_MAX_BYTES ||
	    strcmp(head.content, trip->content) != 0)
		status = error_set(err, EX_DATAERR,
				   "what lies in Redis is not ours");
	else
		status = share_parcel_take(trip->link, trip->name.data, &head,
					   append, &pack, trip->deadline_ms,
					   err);
	share_head_free(&head);
	if (status == 0)
		status = cache_keep_import(share->cache_dir, MEDIA_SITE, id,
					   pack.data, pack.length, err) >= 0
				 ? 1
				 : -1;
	buffer_free(&pack);
	return status;
}

/* A rest is no new trouble, and a cache that fails is none of Redis's: whoever
 * fetches the file comes to it, too. */
static void tell(struct media_share *share, int status, const struct error *err)
{
	if (status >= 0)
		share_tell(share->share, NULL);
	else if (err->code != EX_TEMPFAIL && err->code != EX_CANTCREAT &&
		 err->code != EX_IOERR)
		share_tell(share->share, err);
}

bool media_share_take(struct media_share *share, const char *id)
{
	struct error err = {0};
	struct trip trip;
	int status;

	if (share == NULL)
		return false;
	status = depart(share, id, true, &trip, &err);
	if (status == 0)
		status = take(share, &trip, id, &err);
	tell(share, status, &err);
	return_home(share, &trip);
	return status == 1;
}

static int put(struct media_share *share, struct trip *trip, const char *id,
	       struct error *err)
{
	struct share_head head = {0};
	char file[CACHE_KEEP_FILE_BYTES];
	off_t length;
	int dir = cache_keep_locate(share->cache_dir, MEDIA_SITE, id, file,
				    &length, err);
	int status = -1;

	if (dir < 0)
		return -1;
	memcpy(head.content, trip->content, sizeof(head.content));
	if ((size_t)length > MEDIA_SHARE_MAX_BYTES)
		status = 0;
	else if (share_head_add(&head, file, err) != NULL)
		status = share_parcel_put(trip->link, trip->name.data, dir,
					  &head, NULL, trip->deadline_ms, err);
	if (status == 1)
		status = share_parcel_publish(trip->link, trip->name.data,
					      &head, "", NULL, clock_wall_ms(),
					      MEDIA_SHARE_KEEP_S,
					      trip->deadline_ms, err);
	share_head_free(&head);
	close(dir);
	return status;
}

void media_share_put(struct media_share *share, const char *id)
{
	struct error err = {0};
	struct trip trip;
	int status;

	if (share == NULL)
		return;
	status = depart(share, id, true, &trip, &err);
	if (status == 0)
		status = put(share, &trip, id, &err);
	tell(share, status, &err);
	return_home(share, &trip);
}

int media_share_forget(struct media_share *share, const char *id,
		       struct error *err)
{
	struct trip trip;
	int status;

	if (share == NULL)
		return 0;
	status = depart(share, id, false, &trip, err);
	if (status == 0)
		status = share_parcel_forget(trip.link, trip.name.data,
					     trip.deadline_ms, err);
	return_home(share, &trip);
	return status;
}
