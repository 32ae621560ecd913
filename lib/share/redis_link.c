#include "share/redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/text.h"
#include "share/host_lookup.h"

/* The protocol's own bytes of a reply, beside the largest piece. */
#define FRAME_BYTES 4096

/* What hiredis counts the elements of a list in, by its version. */
#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* hiredis 0.14 refuses more by itself. Later versions take any depth, and free
 * lists in lists by recursion: an answer could use the stack up. */
#define LISTS_IN_LISTS_MAX 7

struct redis_link {
	redisContext *context;
	redisReplyObjectFunctions functions; /* of its reader */
	void *(*create_array)(const redisReadTask *task,
			      element_count elements);
	size_t added;    /* commands since the last run */
	bool has_failed; /* one could not be added */
	bool is_lost;
};

/* --- Waiting ---------------------------------------------------------------- */

static int lose(struct redis_link *link, struct error *err, const char *why)
{
	link->is_lost = true;
	error_set(err, EX_UNAVAILABLE, "Redis: %s", why);
	return -1; /* so that clang-tidy sees it, too */
}

/* Until the descriptor is ready for `events`. Returns 0, or -1 past the
 * deadline. */
static int await(int fd, short events, long long deadline_ms)
{
	struct pollfd ready = {.fd = fd, .events = events};
	long long left_ms;
	int status;

	do {
		left_ms = deadline_ms - clock_monotonic_ms();
		if (left_ms < 0)
			left_ms = 0;
		if (left_ms > INT_MAX)
			left_ms = INT_MAX;
		status = poll(&ready, 1, (int)left_ms);
	} while (status < 0 && errno == EINTR);
	return status > 0 ? 0 : -1;
}

/* --- Connecting --------------------------------------------------------------- */

/* A connected socket, or -1 with errno. */
static int connect_to(const struct sockaddr *address, socklen_t length,
		      long long deadline_ms)
{
	int fd = socket(address->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int is_on = 1, reason = 0;
	socklen_t size = sizeof(reason);

	if (fd < 0)
		return -1;
	if (connect(fd, address, length) != 0) {
		reason = errno;
		if (reason == EINPROGRESS) {
			if (await(fd, POLLOUT, deadline_ms) != 0)
				reason = ETIMEDOUT;
			else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason,
					    &size) != 0)
				reason = errno;
		}
	}
	if (reason == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &is_on, sizeof(is_on));
		return fd;
	}
	close(fd);
	errno = reason;
	return -1;
}

/* The first address that answers. */
static int connect_host(const struct redis_url *url, long long deadline_ms,
			struct error *err)
{
	struct host_addresses addresses;
	int fd = -1;
	size_t i;

	if (host_lookup(url->host, url->port, deadline_ms, &addresses, err) !=
	    0)
		return error_context(err, "Redis");
	for (i = 0; i < addresses.count && fd < 0; i++)
		fd = connect_to(
			(const struct sockaddr *)&addresses.found[i].address,
			addresses.found[i].length, deadline_ms);
	if (fd < 0)
		return error_set(err, EX_UNAVAILABLE,
				 "Redis: cannot connect to %s port %d: %s",
				 url->host, url->port, strerror(errno));
	return fd;
}

static bool is_too_deep(const redisReadTask *task)
{
	int depth = 0;

	for (; task->parent != NULL; task = task->parent)
		if (++depth > LISTS_IN_LISTS_MAX)
			return true;
	return false;
}

/* A list that is longer than any of ours would be made before its elements have
 * come: room for as many as it claims. */
static void *create_array(const redisReadTask *task, element_count elements)
{
	const struct redis_link *link = task->privdata;

	return elements <= REDIS_LIST_MAX && !is_too_deep(task)
		       ? link->create_array(task, elements)
		       : NULL;
}

static int adopt(struct redis_link *link, int fd, struct error *err)
{
	redisReader *reader;

	link->context = redisConnectFd(fd);
	if (link->context == NULL) {
		close(fd);
		return error_no_memory(err);
	}
	link->context->flags &= ~REDIS_BLOCK;
	reader = link->context->reader;
	link->functions = *reader->fn;
	link->create_array = link->functions.createArray;
	link->functions.createArray = create_array;
	reader->fn = &link->functions;
	reader->privdata = link;
	return 0;
}

static int log_in(struct redis_link *link, const struct redis_url *url,
		  long long deadline_ms, struct error *err)
{
	struct redis_reply *replies[2] = {NULL};
	char database[16];
	int status;

	if (url->user[0] != '\0')
		redis_link_add(link, "AUTH", url->user, url->password, NULL);
	else if (url->password[0] != '\0')
		redis_link_add(link, "AUTH", url->password, NULL);
	snprintf(database, sizeof(database), "%d", url->database);
	if (url->database != 0)
		redis_link_add(link, "SELECT", database, NULL);
	if (link->added == 0)
		return 0;
	status = redis_link_run(link, replies, link->added, deadline_ms, err);
	redis_replies_free(replies, 2);
	return status;
}

struct redis_link *redis_link_open(const struct redis_url *url,
				   long long deadline_ms, struct error *err)
{
	struct redis_link *link;
	int fd = connect_host(url, deadline_ms, err);

	if (fd < 0)
		return NULL;
	link = calloc(1, sizeof(*link));
	if (link == NULL) {
		close(fd);
		error_no_memory(err);
		return NULL;
	}
	if (adopt(link, fd, err) == 0 &&
	    log_in(link, url, deadline_ms, err) == 0)
		return link;
	redis_link_close(link);
	return NULL;
}

void redis_link_close(struct redis_link *link)
{
	if (link == NULL)
		return;
	if (link->context != NULL)
		redisFree(link->context);
	free(link);
}

bool redis_link_is_lost(const struct redis_link *link)
{
	return link->is_lost;
}

bool redis_link_is_stale(const struct redis_link *link)
{
	struct pollfd ready = {.fd = link->context->fd, .events = POLLIN};

	return link->is_lost || poll(&ready, 1, 0) != 0;
}

/* --- Commands ------------------------------------------------------------------ */

/* The last word is `bytes`, where it is not NULL. */
static void add(struct redis_link *link, const char *word, va_list more,
		const void *bytes, size_t length)
{
	const char *words[REDIS_WORDS_MAX];
	size_t lengths[REDIS_WORDS_MAX];
	int count = 0;

	for (; word != NULL && count < REDIS_WORDS_MAX - 1;
	     word = va_arg(more, const char *)) {
		words[count] = word;
		lengths[count++] = strlen(word);
	}
	if (bytes != NULL) {
		words[count] = bytes;
		lengths[count++] = length;
	}
	if (word != NULL || redisAppendCommandArgv(link->context, count, words,
						   lengths) != REDIS_OK)
		link->has_failed = true;
	else
		link->added++;
}

void redis_link_add(struct redis_link *link, const char *word, ...)
{
	va_list more;

	va_start(more, word);
	add(link, word, more, NULL, 0);
	va_end(more);
}

void redis_link_add_bytes(struct redis_link *link, const void *bytes,
			  size_t length, const char *word, ...)
{
	va_list more;

	va_start(more, word);
	add(link, word, more, bytes, length);
	va_end(more);
}

static int send_all(struct redis_link *link, long long deadline_ms,
		    struct error *err)
{
	redisContext *context = link->context;
	int is_sent = 0;

	for (;;) {
		if (redisBufferWrite(context, &is_sent) != REDIS_OK)
			return lose(link, err, context->errstr);
		if (is_sent)
			return 0;
		if (await(context->fd, POLLOUT, deadline_ms) != 0)
			return lose(link, err, "does not take in time");
	}
}

/* One reply; `left` is what may still be read for it and those after it. */
static int receive(struct redis_link *link, struct redis_reply **reply,
		   size_t *left, long long deadline_ms, struct error *err)
{
	redisContext *context = link->context;
	size_t before;
	void *found = NULL;

	for (;;) {
		if (redisGetReplyFromReader(context, &found) != REDIS_OK)
			return lose(link, err, context->errstr);
		if (found != NULL)
			break;
		if (await(context->fd, POLLIN, deadline_ms) != 0)
			return lose(link, err, "does not answer in time");
		before = context->reader->len;
		if (redisBufferRead(context) != REDIS_OK)
			return lose(link, err, context->errstr);
		if (context->reader->len - before > *left)
			return lose(link, err, "its answer is too large");
		*left -= context->reader->len - before;
	}
	*reply = found;
	return 0;
}

/* What Redis refused, in the reply or an element of it; NULL where nothing. */
static const char *refusal_of(const redisReply *reply)
{
	size_t i;

	if (reply->type == REDIS_REPLY_ERROR)
		return reply->str;
	for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements;
	     i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			return reply->element[i]->str;
	return NULL;
}

/* A transaction that Redis gives up says so twice, and at first why. */
static int check(struct redis_reply **replies, size_t count, struct error *err)
{
	const char *why;
	size_t i;

	for (i = 0; i < count; i++) {
		why = refusal_of((const redisReply *)replies[i]);
		if (why != NULL)
			return error_set(err, EX_UNAVAILABLE,
					 "Redis refuses: %s", why);
	}
	return 0;
}

int redis_link_run(struct redis_link *link, struct redis_reply **replies,
		   size_t count, long long deadline_ms, struct error *err)
{
	size_t left = count * (REDIS_REPLY_MAX_BYTES + FRAME_BYTES), i;
	int status;

	for (i = 0; i < count; i++)
		replies[i] = NULL;
	if (link->has_failed || link->added != count) {
		link->is_lost = true;
		return error_no_memory(err);
	}
	link->added = 0;
	status = send_all(link, deadline_ms, err);
	for (i = 0; i < count && status == 0; i++)
		status = receive(link, &replies[i], &left, deadline_ms, err);
	if (status == 0)
		status = check(replies, count, err);
	if (status != 0)
		redis_replies_free(replies, count);
	return status;
}

/* --- Replies --------------------------------------------------------------------- */

const char *redis_reply_bytes(const struct redis_reply *reply, size_t *length)
{
	const redisReply *found = (const redisReply *)reply;

	if (found == NULL || found->type != REDIS_REPLY_STRING)
		return NULL;
	*length = found->len;
	return found->str;
}

bool redis_reply_number(const struct redis_reply *reply, long long *number)
{
	const redisReply *found = (const redisReply *)reply;

	if (found == NULL)
		return false;
	if (found->type == REDIS_REPLY_STRING)
		return text_number(found->str, found->len, number) == 0;
	if (found->type != REDIS_REPLY_INTEGER)
		return false;
	*number = found->integer;
	return true;
}

bool redis_reply_is_nil(const struct redis_reply *reply)
{
	const redisReply *found = (const redisReply *)reply;

	return found != NULL && found->type == REDIS_REPLY_NIL;
}

const struct redis_reply *redis_reply_element(const struct redis_reply *reply,
					      size_t index)
{
	const redisReply *found = (const redisReply *)reply;

	if (found == NULL || found->type != REDIS_REPLY_ARRAY ||
	    index >= found->elements)
		return NULL;
	return (const struct redis_reply *)found->element[index];
}

void redis_replies_free(struct redis_reply **replies, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (replies[i] != NULL)
			freeReplyObject(replies[i]);
		replies[i] = NULL;
	}
}
