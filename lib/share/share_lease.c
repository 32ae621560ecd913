#include "share/share_lease.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/threads.h"
#include "share/share_head.h"

#define RENEW_MS (SHARE_LEASE_MS / 3)

/* Commands of a transaction, beside MULTI and EXEC. */
#define COMMANDS_MAX 8

struct share_lease {
	struct share *share;
	const char *name;
	struct buffer key;
	char length_ms[16];
	char token[SHARE_TOKEN_BYTES];
	bool is_ours;
	long long renewed_ms; /* monotonic; also when it was taken */
	bool is_kept;         /* the thread runs */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t is_over;
	bool is_settled; /* under `lock` */
};

struct share_lease *share_lease_open(struct share *share, const char *name,
				     struct error *err)
{
	struct share_lease *lease = calloc(1, sizeof(*lease));

	if (lease == NULL) {
		error_no_memory(err);
		return NULL;
	}
	lease->share = share;
	lease->name = name;
	snprintf(lease->length_ms, sizeof(lease->length_ms), "%d",
		 SHARE_LEASE_MS);
	buffer_format(&lease->key, "%s:lease", name);
	if (buffer_check(&lease->key, err) != 0 ||
	    share_token_make(lease->token, err) != 0) {
		buffer_free(&lease->key);
		free(lease);
		return NULL;
	}
	pthread_mutex_init(&lease->lock, NULL);
	threads_init_condition(&lease->is_over);
	return lease;
}

void share_lease_free(struct share_lease *lease)
{
	if (lease == NULL)
		return;
	share_lease_settle(lease);
	pthread_cond_destroy(&lease->is_over);
	pthread_mutex_destroy(&lease->lock);
	buffer_free(&lease->key);
	free(lease);
}

bool share_lease_time(const struct redis_reply *reply, long long *now_ms)
{
	long long seconds, microseconds;

	if (!redis_reply_number(redis_reply_element(reply, 0), &seconds) ||
	    !redis_reply_number(redis_reply_element(reply, 1), &microseconds) ||
	    seconds < 0 || seconds > 1LL << 40)
		return false;
	*now_ms = seconds * 1000 + microseconds / 1000;
	return true;
}

static int strange(struct error *err)
{
	return error_set(err, EX_UNAVAILABLE,
			 "Redis answers something else than was asked for");
}

/* --- Taking it ------------------------------------------------------------------ */

static int read_look(struct share_lease *lease, const struct redis_reply *done,
		     struct share_look *look, struct error *err)
{
	const struct redis_reply *taken = redis_reply_element(done, 0);
	const struct redis_reply *head = redis_reply_element(done, 1);
	const struct redis_reply *holder = redis_reply_element(done, 3);
	const char *bytes;
	size_t length;

	if (taken == NULL || head == NULL ||
	    !share_lease_time(redis_reply_element(done, 2), &look->now_ms))
		return strange(err);
	bytes = redis_reply_bytes(holder, &length);
	look->is_ours = bytes != NULL && length == strlen(lease->token) &&
			memcmp(bytes, lease->token, length) == 0;
	if (redis_reply_is_nil(head))
		return 0;
	bytes = redis_reply_bytes(head, &length);
	if (bytes == NULL)
		return strange(err);
	buffer_append(&look->head, bytes, length);
	return buffer_check(&look->head, err);
}

int share_lease_look(struct share_lease *lease, struct redis_link *link,
		     struct share_look *look, long long deadline_ms,
		     struct error *err)
{
	struct redis_reply *replies[6];
	int status;

	*look = (struct share_look){.head = BUFFER_EMPTY};
	redis_link_add(link, "MULTI", NULL);
	redis_link_add(link, "SET", lease->key.data, lease->token, "NX", "PX",
		       lease->length_ms, NULL);
	redis_link_add(link, "GET", lease->name, NULL);
	redis_link_add(link, "TIME", NULL);
	redis_link_add(link, "GET", lease->key.data, NULL);
	redis_link_add(link, "EXEC", NULL);
	status = redis_link_run(link, replies, 6, deadline_ms, err);
	if (status != 0)
		return -1;
	status = read_look(lease, replies[5], look, err);
	redis_replies_free(replies, 6);
	if (status != 0) {
		buffer_free(&look->head);
		return -1;
	}
	if (look->is_ours && !lease->is_ours)
		lease->renewed_ms = clock_monotonic_ms();
	lease->is_ours = look->is_ours;
	return 0;
}

/* --- What is done with it ------------------------------------------------------- */

int share_lease_begin(struct share_lease *lease, struct redis_link *link,
		      long long *now_ms, long long deadline_ms,
		      struct error *err)
{
	struct redis_reply *replies[3];
	const char *holder;
	size_t length = 0;
	int status;

	redis_link_add(link, "WATCH", lease->key.data, NULL);
	redis_link_add(link, "GET", lease->key.data, NULL);
	redis_link_add(link, "TIME", NULL);
	if (redis_link_run(link, replies, 3, deadline_ms, err) != 0)
		return -1;
	holder = redis_reply_bytes(replies[1], &length);
	status = holder != NULL && length == strlen(lease->token) &&
		 memcmp(holder, lease->token, length) == 0;
	if (!share_lease_time(replies[2], now_ms))
		status = strange(err);
	redis_replies_free(replies, 3);
	if (status == 1) {
		redis_link_add(link, "MULTI", NULL);
		return 1;
	}
	redis_link_add(link, "UNWATCH", NULL);
	if (redis_link_run(link, replies, 1, deadline_ms,
			   status == 0 ? err : NULL) != 0)
		return -1;
	redis_replies_free(replies, 1);
	lease->is_ours = false;
	return status;
}

int share_lease_commit(struct redis_link *link, size_t count,
		       struct redis_reply **done, long long deadline_ms,
		       struct error *err)
{
	struct redis_reply *replies[COMMANDS_MAX + 2];
	int status = 1;

	*done = NULL;
	if (count > COMMANDS_MAX)
		return error_set(err, EX_SOFTWARE,
				 "too many commands of a transaction");
	redis_link_add(link, "EXEC", NULL);
	if (redis_link_run(link, replies, count + 2, deadline_ms, err) != 0)
		return -1;
	if (redis_reply_is_nil(replies[count + 1])) {
		status = 0;
	} else if (redis_reply_element(replies[count + 1], count - 1) == NULL) {
		status = strange(err);
	} else {
		*done = replies[count + 1];
		replies[count + 1] = NULL;
	}
	redis_replies_free(replies, count + 2);
	return status;
}

void share_lease_add_release(struct share_lease *lease, struct redis_link *link)
{
	redis_link_add(link, "DEL", lease->key.data, NULL);
	lease->is_ours = false;
}

void share_lease_release(struct share_lease *lease, struct redis_link *link,
			 long long deadline_ms)
{
	struct redis_reply *done = NULL;
	long long now_ms;

	if (!lease->is_ours ||
	    share_lease_begin(lease, link, &now_ms, deadline_ms, NULL) != 1)
		return;
	share_lease_add_release(lease, link);
	share_lease_commit(link, 1, &done, deadline_ms, NULL);
	redis_replies_free(&done, 1);
}

/* --- Keeping it ------------------------------------------------------------------- */

static int renew(struct share_lease *lease, struct redis_link *link,
		 long long deadline_ms, struct error *err)
{
	struct redis_reply *done = NULL;
	long long now_ms;
	int status = share_lease_begin(lease, link, &now_ms, deadline_ms, err);

	if (status != 1)
		return status;
	redis_link_add(link, "PEXPIRE", lease->key.data, lease->length_ms,
		       NULL);
	status = share_lease_commit(link, 1, &done, deadline_ms, err);
	redis_replies_free(&done, 1);
	if (status == 1)
		lease->renewed_ms = clock_monotonic_ms();
	else
		lease->is_ours = false;
	return status;
}

int share_lease_renew(struct share_lease *lease, struct redis_link *link,
		      long long deadline_ms, struct error *err)
{
	if (!lease->is_ours)
		return 0;
	if (clock_monotonic_ms() - lease->renewed_ms < RENEW_MS)
		return 1;
	return renew(lease, link, deadline_ms, err);
}

/* Waits for a third of the lease, or until it is settled. */
static bool waits(struct share_lease *lease)
{
	long long until_ms = clock_monotonic_ms() + RENEW_MS;
	const struct timespec until = {
		.tv_sec = (time_t)(until_ms / 1000),
		.tv_nsec = (long)(until_ms % 1000) * 1000000,
	};
	bool is_settled;
	int status = 0;

	pthread_mutex_lock(&lease->lock);
	while (!lease->is_settled && status == 0)
		status = pthread_cond_timedwait(&lease->is_over, &lease->lock,
						&until);
	is_settled = lease->is_settled;
	pthread_mutex_unlock(&lease->lock);
	return !is_settled;
}

/* One that is lost is not taken anew: the work for it was begun before. */
static void *keep(void *context)
{
	struct share_lease *lease = context;
	struct redis_link *link;
	long long deadline_ms;

	while (lease->is_ours && waits(lease)) {
		deadline_ms = clock_monotonic_ms() + RENEW_MS;
		link = share_take(lease->share, false, deadline_ms, NULL);
		if (link == NULL)
			continue;
		renew(lease, link, deadline_ms, NULL);
		share_give(lease->share, link);
	}
	return NULL;
}

void share_lease_keep(struct share_lease *lease)
{
	if (!lease->is_ours || lease->is_kept)
		return;
	lease->is_settled = false;
	lease->is_kept = threads_start(&lease->thread, false, keep, lease) == 0;
}

void share_lease_settle(struct share_lease *lease)
{
	if (!lease->is_kept)
		return;
	pthread_mutex_lock(&lease->lock);
	lease->is_settled = true;
	pthread_cond_signal(&lease->is_over);
	pthread_mutex_unlock(&lease->lock);
	pthread_join(lease->thread, NULL);
	lease->is_kept = false;
}
