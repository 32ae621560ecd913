#include "base/server_url.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PORT_MAX 65535

/* What is between `from` and `to`. */
struct part {
	const char *from, *to;
};

static int refuse(const struct server_url_form *form, struct error *err,
		  const char *why)
{
	return error_set(err, EX_CONFIG, "%s: %s", form->shape, why);
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
static int take(const struct server_url_form *form, struct part part,
		const char *preset, char **text, struct error *err)
{
	struct buffer out = BUFFER_EMPTY;
	int status;

	if (part.from == part.to)
		buffer_text(&out, preset);
	else if (decode(part, &out) != 0) {
		status = refuse(form, err,
				"% is followed by two hexadecimal digits, "
				"and not by 00");
		goto out;
	}
	status = buffer_check(&out, err);
	if (status == 0 && out.length > SERVER_URL_PART_MAX_BYTES)
		status = refuse(form, err, "no part has more than 255 bytes");
	/* An empty preset has allocated nothing yet. */
	if (status == 0 && buffer_reserve(&out, 1) != 0)
		status = error_no_memory(err);
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

static int take_port(const struct server_url_form *form, struct part part,
		     struct server_url *url, struct error *err)
{
	long long port;

	url->port = url->is_tls ? form->tls_port : form->port;
	if (part.from == part.to)
		return 0;
	if (text_number(part.from, (size_t)(part.to - part.from), &port) != 0 ||
	    port < 1 || port > PORT_MAX)
		return refuse(form, err, "a port is a number from 1 to 65535");
	url->port = (int)port;
	return 0;
}

/* host, host:port, [address]:port. */
static int take_host(const struct server_url_form *form, struct part part,
		     struct server_url *url, struct error *err)
{
	struct part host = part, port = {part.to, part.to};
	const char *colon;

	if (part.from < part.to && *part.from == '[') {
		host.from++;
		host.to = memchr(part.from, ']', (size_t)(part.to - part.from));
		if (host.to == NULL || host.to == host.from)
			return refuse(form, err,
				      "an address in [ ] is not closed");
		colon = host.to + 1;
		if (colon < part.to && *colon != ':')
			return refuse(form, err, "something follows the ]");
	} else {
		colon = memchr(part.from, ':', (size_t)(part.to - part.from));
		if (colon != NULL)
			host.to = colon;
	}
	if (colon != NULL && colon < part.to)
		port.from = colon + 1;
	if (take_port(form, port, url, err) != 0)
		return -1;
	return take(form, host, "localhost", &url->host, err);
}

static int take_user(const struct server_url_form *form, struct part part,
		     struct server_url *url, struct error *err)
{
	struct part user = part, password = {part.to, part.to};
	const char *colon =
		memchr(part.from, ':', (size_t)(part.to - part.from));

	if (colon != NULL) {
		user.to = colon;
		password.from = colon + 1;
	}
	if (take(form, user, form->user, &url->user, err) != 0)
		return -1;
	return take(form, password, form->password, &url->password, err);
}

/* What follows the scheme. */
static int take_rest(const struct server_url_form *form, const char *rest,
		     struct server_url *url, struct error *err)
{
	struct part host = {rest, rest + strcspn(rest, "/?#")};
	struct part user = {rest, rest};
	struct part path = {host.to, host.to + strlen(host.to)};
	const char *at = memchr(rest, '@', (size_t)(host.to - rest));

	if (strpbrk(rest, "?#") != NULL)
		return refuse(form, err,
			      "a ? or # is written %3F or %23; "
			      "parameters are not known");
	if (at != NULL) {
		user.to = at;
		host.from = at + 1;
		if (memchr(host.from, '@', (size_t)(host.to - host.from)) !=
		    NULL)
			return refuse(form, err,
				      "an @ in a password is written %40");
	}
	if (path.from < path.to)
		path.from++;
	if (memchr(path.from, '/', (size_t)(path.to - path.from)) != NULL)
		return refuse(form, err,
			      "a / behind the host's is written %2F");
	if (take_user(form, user, url, err) != 0 ||
	    take_host(form, host, url, err) != 0)
		return -1;
	return take(form, path, form->path, &url->path, err);
}

/* What follows `scheme` and "://", or NULL. */
static const char *behind(const char *scheme, const char *text)
{
	size_t length = scheme != NULL ? strlen(scheme) : 0;

	if (length == 0 || strncmp(text, scheme, length) != 0 ||
	    strncmp(text + length, "://", 3) != 0)
		return NULL;
	return text + length + 3;
}

int server_url_read(const struct server_url_form *form, const char *text,
		    struct server_url *url, struct error *err)
{
	const char *plain = behind(form->scheme, text);
	const char *tls = behind(form->tls_scheme, text);
	struct server_url found = {.is_tls = tls != NULL};

	if (plain == NULL && tls == NULL)
		return refuse(form, err, "another scheme");
	if (take_rest(form, tls != NULL ? tls : plain, &found, err) != 0) {
		server_url_free(&found);
		return -1;
	}
	*url = found;
	return 0;
}

void server_url_free(struct server_url *url)
{
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	free(url->password);
	free(url->user);
	free(url->host);
	free(url->path);
	*url = (struct server_url){0};
}
