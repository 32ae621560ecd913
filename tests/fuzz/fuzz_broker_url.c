/* events/broker_url.h: a URL taken apart is put together and taken apart as
 * the same; an error never shows it. */
#include "base/text.h"
#include "events/broker_url.h"
#include "fuzz.h"

#define MAX_BYTES 256
#define SECRET "s3cretW0rd"

static void put_together(const struct broker_url *url, struct buffer *out)
{
	bool is_address = strchr(url->host, ':') != NULL;

	buffer_text(out, url->is_tls ? "amqps://" : "amqp://");
	text_percent_encode(out, url->user, strlen(url->user));
	buffer_char(out, ':');
	text_percent_encode(out, url->password, strlen(url->password));
	buffer_text(out, is_address ? "@[" : "@");
	text_percent_encode(out, url->host, strlen(url->host));
	buffer_format(out, "%s:%d/", is_address ? "]" : "", url->port);
	text_percent_encode(out, url->vhost, strlen(url->vhost));
}

static void check_again(const struct broker_url *url)
{
	static struct buffer text;
	struct broker_url again;

	buffer_clear(&text);
	put_together(url, &text);
	FUZZ_CHECK(broker_url_read(text.data, &again, NULL) == 0);
	FUZZ_CHECK(again.is_tls == url->is_tls && again.port == url->port);
	FUZZ_CHECK(strcmp(again.user, url->user) == 0);
	FUZZ_CHECK(strcmp(again.password, url->password) == 0);
	FUZZ_CHECK(strcmp(again.host, url->host) == 0);
	FUZZ_CHECK(strcmp(again.vhost, url->vhost) == 0);
	broker_url_free(&again);
}

static void check_limits(const struct broker_url *url)
{
	const char *parts[] = {url->user, url->password, url->host, url->vhost};
	size_t i;

	FUZZ_CHECK(url->port >= 1 && url->port <= 65535);
	for (i = 0; i < 4; i++) {
		FUZZ_CHECK(parts[i] != NULL && parts[i][0] != '\0');
		FUZZ_CHECK(strlen(parts[i]) <= BROKER_URL_PART_MAX_BYTES);
	}
}

FUZZ_TARGET(broker_url, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const char *text = fuzz_text(room, sizeof(room), data, size);
	struct broker_url url = {0};
	struct error err = {0};

	if (broker_url_read(text, &url, &err) != 0) {
		FUZZ_CHECK(err.code == EX_CONFIG && url.user == NULL);
		FUZZ_CHECK(strstr(err.message, SECRET) == NULL);
		return;
	}
	check_limits(&url);
	check_again(&url);
	broker_url_free(&url);
}
