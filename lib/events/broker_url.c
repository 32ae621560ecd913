#include "events/broker_url.h"

#include <stddef.h>

_Static_assert(BROKER_URL_PART_MAX_BYTES == SERVER_URL_PART_MAX_BYTES,
	       "AMQP's short strings");

int broker_url_read(const char *text, struct broker_url *url, struct error *err)
{
	static const struct server_url_form form = {
		.shape = "the broker's URL is not "
			 "amqp[s]://[user[:password]@]host[:port][/vhost]",
		.scheme = "amqp",
		.tls_scheme = "amqps",
		.port = 5672,
		.tls_port = 5671,
		.user = "guest",
		.password = "guest",
		.path = "/",
	};
	struct server_url found;

	if (server_url_read(&form, text, &found, err) != 0)
		return -1;
	*url = (struct broker_url){
		.is_tls = found.is_tls,
		.user = found.user,
		.password = found.password,
		.host = found.host,
		.port = found.port,
		.vhost = found.path,
	};
	return 0;
}

void broker_url_free(struct broker_url *url)
{
	struct server_url all = {
		.user = url->user,
		.password = url->password,
		.host = url->host,
		.path = url->vhost,
	};

	server_url_free(&all);
	*url = (struct broker_url){0};
}
