#include "events/broker_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PORT 5672
#define PORT_TLS 5671
#define PORT_MAX 65535

/* What is between `from` and `to`. */
struct part {
	const char *from, *to;
};

static int refuse(struct error *err, const char *why)
{
	return error_set(err, EX_CONFIG,
			 "the broker's URL is not "
			 "amqp[s]://[user[:password]@]host[:port][/vhost]: %s",
			 why);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)((found - digits) % 16) : -1;
}

/* Appends the part decoded. Returns 0, or -1 where a % is not followed by two
 * digits, or they stand for NUL. */
static int decode(struct part part, struct buffer *out)
{
	const char *at = part.from;
	int high, low;

	for (; at < part.to; at++) {
		if (*at != '%') {
			buffer_char(out, *at);
			continue;
		}
		high = part.to - at > 2 ? hex_digit(at[1]) : -1;
		low = part.to - at > 2 ? hex_digit(at[2]) : -1;
		if (high < 0 || low < 0 || high + low == 0)
			return -1;
		buffer_char(out, (char)(high * 16 + low));
		at += 2;
	}
	return 0;
}

/* Sets `text` to the part decoded, or to `preset` where it is empty. */
static int take(struct part part, const char *preset, char **text,
		struct error *err)
{
	struct buffer out = BUFFER_EMPTY;
	int status;

	if (part.from == part.to)
		buffer_text(&out, preset);
	else if (decode(part, &out) != 0) {
		status = refuse(err, "% is followed by two hexadecimal digits, "
				     "and not by 00");
		goto out;
	}
	status = buffer_check(&out, err);
	if (status == 0 && out.length > BROKER_URL_PART_MAX_BYTES)
		status = refuse(err, "user, password, host and vhost have at "
				     "most 255 bytes");
	if (status == 0) {
		*text = out.data;
		return 0;
	}
out:
	if (out.data != NULL)
		explicit_bzero(out.data, out.capacity);
	buffer_free(&out);
	return status;
}

static int take_port(struct part part, struct broker_url *url,
		     struct error *err)
{
	long long port;

	url->port = url->is_tls ? PORT_TLS : PORT;
	if (part.from == part.to)
		return 0;
	if (text_number(part.from, (size_t)(part.to - part.from), &port) != 0 ||
	    port < 1 || port > PORT_MAX)
		return refuse(err, "a port is a number from 1 to 65535");
	url->port = (int)port;
	return 0;
}

/* host, host:port, [address]:port. */
static int take_host(struct part part, struct broker_url *url,
		     struct error *err)
{
	struct part host = part, port = {part.to, part.to};
	const char *colon;

	if (part.from < part.to && *part.from == '[') {
		host.from++;
		host.to = memchr(part.from, ']', (size_t)(part.to - part.from));
		if (host.to == NULL || host.to == host.from)
			return refuse(err, "an address in [ ] is not closed");
		colon = host.to + 1;
		if (colon < part.to && *colon != ':')
			return refuse(err, "something follows the ]");
	} else {
		colon = memchr(part.from, ':', (size_t)(part.to - part.from));
		if (colon != NULL)
			host.to = colon;
	}
	if (colon != NULL && colon < part.to)
		port.from = colon + 1;
	if (take_port(port, url, err) != 0)
		return -1;
	return take(host, "localhost", &url->host, err);
}

static int take_user(struct part part, struct broker_url *url,
		     struct error *err)
{
	struct part user = part, password = {part.to, part.to};
	const char *colon =
		memchr(part.from, ':', (size_t)(part.to - part.from));

	if (colon != NULL) {
		user.to = colon;
		password.from = colon + 1;
	}
	if (take(user, "guest", &url->user, err) != 0)
		return -1;
	return take(password, "guest", &url->password, err);
}

/* What follows the scheme. */
static int take_rest(const char *rest, struct broker_url *url,
		     struct error *err)
{
	struct part host = {rest, rest + strcspn(rest, "/?#")};
	struct part user = {rest, rest};
	struct part vhost = {host.to, host.to + strlen(host.to)};
	const char *at = memchr(rest, '@', (size_t)(host.to - rest));

	if (strpbrk(rest, "?#") != NULL)
		return refuse(err, "a ? or # is written %3F or %23; "
				   "parameters are not known");
	if (at != NULL) {
		user.to = at;
		host.from = at + 1;
		if (memchr(host.from, '@', (size_t)(host.to - host.from)) !=
		    NULL)
			return refuse(err, "an @ in a password is written "
					   "%40");
	}
	if (vhost.from < vhost.to)
		vhost.from++;
	if (memchr(vhost.from, '/', (size_t)(vhost.to - vhost.from)) != NULL)
		return refuse(err, "a / in a vhost is written %2F");
	if (take_user(user, url, err) != 0 || take_host(host, url, err) != 0)
		return -1;
	return take(vhost, "/", &url->vhost, err);
}

int broker_url_read(const char *text, struct broker_url *url, struct error *err)
{
	static const char plain[] = "amqp://", tls[] = "amqps://";
	struct broker_url found = {
		.is_tls = strncmp(text, tls, sizeof(tls) - 1) == 0};

	if (!found.is_tls && strncmp(text, plain, sizeof(plain) - 1) != 0)
		return refuse(err, "another scheme");
	text += found.is_tls ? sizeof(tls) - 1 : sizeof(plain) - 1;
	if (take_rest(text, &found, err) != 0) {
		broker_url_free(&found);
		return -1;
	}
	*url = found;
	return 0;
}

void broker_url_free(struct broker_url *url)
{
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	free(url->password);
	free(url->user);
	free(url->host);
	free(url->vhost);
	*url = (struct broker_url){0};
}
