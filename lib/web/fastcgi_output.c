#include "web/fastcgi_output.h"

#include <errno.h>
#include <fastcgi.h>
#include <sys/uio.h>

/* Bytes of a record: the most that is a multiple of 8, which the specification
 * advises. */
#define RECORD_MAX_BYTES 65528

/* Records sent at once. */
#define RECORDS_AT_ONCE 8

/* What is kept for the next piece is no more than this: headers. */
#define KEPT_MAX_BYTES 16384

/* The end of the content, then that of the request. */
struct ending {
	FCGI_Header content;
	FCGI_EndRequestRecord request;
};

/* What one system call sends. */
struct parcel {
	FCGI_Header headers[RECORDS_AT_ONCE];
	struct ending ending;
	struct iovec parts[2 * RECORDS_AT_ONCE + 1];
	int records, count;
};

static FCGI_Header header(const struct fastcgi_output *output,
			  unsigned char type, size_t length)
{
	return (FCGI_Header){
		.version = FCGI_VERSION_1,
		.type = type,
		.requestIdB1 = (unsigned char)(output->request_id >> 8 & 0xff),
		.requestIdB0 = (unsigned char)(output->request_id & 0xff),
		.contentLengthB1 = (unsigned char)(length >> 8),
		.contentLengthB0 = (unsigned char)(length & 0xff),
	};
}

static void put_part(struct parcel *parcel, const void *bytes, size_t length)
{
	/* writev only reads it, though its type does not say so. */
	union {
		const void *given;
		void *wanted;
	} address = {.given = bytes};

	parcel->parts[parcel->count++] =
		(struct iovec){.iov_base = address.wanted, .iov_len = length};
}

/* Puts in as much as there is room for; returns how much. */
static size_t put_content(const struct fastcgi_output *output,
			  struct parcel *parcel, const char *bytes,
			  size_t length)
{
	size_t done = 0, part;

	while (done < length && parcel->records < RECORDS_AT_ONCE) {
		FCGI_Header *head = &parcel->headers[parcel->records++];

		part = length - done < RECORD_MAX_BYTES ? length - done
							: RECORD_MAX_BYTES;
		*head = header(output, FCGI_STDOUT, part);
		put_part(parcel, head, sizeof(*head));
		put_part(parcel, bytes + done, part);
		done += part;
	}
	return done;
}

static void put_ending(const struct fastcgi_output *output,
		       struct parcel *parcel)
{
	parcel->ending = (struct ending){
		.content = header(output, FCGI_STDOUT, 0),
		.request = {.header = header(output, FCGI_END_REQUEST,
					     sizeof(FCGI_EndRequestBody)),
			    .body = {.protocolStatus = FCGI_REQUEST_COMPLETE}},
	};
	put_part(parcel, &parcel->ending, sizeof(parcel->ending));
}

static int send_parcel(int fd, struct parcel *parcel)
{
	struct iovec *part = parcel->parts, *end = part + parcel->count;

	while (part < end) {
		ssize_t sent = writev(fd, part, (int)(end - part));

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		for (; part < end && (size_t)sent >= part->iov_len; part++)
			sent -= (ssize_t)part->iov_len;
		if (sent > 0) {
			part->iov_base = (char *)part->iov_base + sent;
			part->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

/* Sends what was kept, then `bytes`, then the end where this is it. */
static int send_all(struct fastcgi_output *output, const char *bytes,
		    size_t length, bool is_end)
{
	size_t done = 0;

	do {
		struct parcel parcel = {.count = 0};

		if (done == 0)
			put_content(output, &parcel, output->kept.data,
				    output->kept.length);
		done += put_content(output, &parcel, bytes + done,
				    length - done);
		if (is_end && done == length)
			put_ending(output, &parcel);
		if (send_parcel(output->fd, &parcel) != 0)
			return -1;
	} while (done < length);
	output->has_begun = true;
	output->has_ended = is_end;
	buffer_clear(&output->kept);
	return 0;
}

/* Where there is no memory to keep it, it goes by itself. */
static int keep(struct fastcgi_output *output, const char *bytes, size_t length)
{
	buffer_append(&output->kept, bytes, length);
	if (buffer_check(&output->kept, NULL) == 0)
		return 0;
	buffer_free(&output->kept);
	return send_all(output, bytes, length, false);
}

int fastcgi_output_write(struct fastcgi_output *output, const void *bytes,
			 size_t length, bool is_end)
{
	int status;

	if (output->is_broken)
		return -1;
	if (output->has_begun || output->kept.length > 0 || is_end ||
	    length > KEPT_MAX_BYTES) {
		status = send_all(output, bytes, length, is_end);
	} else {
		status = keep(output, bytes, length);
	}
	output->is_broken = status != 0;
	return status;
}

int fastcgi_output_finish(struct fastcgi_output *output)
{
	if (!output->is_broken && output->kept.length > 0)
		output->is_broken = send_all(output, "", 0, false) != 0;
	buffer_free(&output->kept);
	return output->is_broken ? -1 : 0;
}
