#include "base/redis_url.h"

#include <string.h>

#include "base/server_url.h"
#include "base/text.h"

#define SHAPE "the URL of Redis is not " REDIS_URL_FORM

static int check(const struct server_url *found, long long *database,
		 struct error *err)
{
	if (found->user[0] != '\0' && found->password[0] == '\0')
		return error_set(err, EX_CONFIG,
				 SHAPE ": there is a user and no password");
	if (text_number(found->path, strlen(found->path), database) == 0 &&
	    *database <= REDIS_URL_DATABASE_MAX)
		return 0;
	return error_set(err, EX_CONFIG,
			 SHAPE ": a database is a number from 0 to %d",
			 REDIS_URL_DATABASE_MAX);
}

int redis_url_read(const char *text, struct redis_url *url, struct error *err)
{
	static const struct server_url_form form = {
		.shape = SHAPE,
		.scheme = "redis",
		.port = 6379,
		.user = "",
		.password = "",
		.path = "0",
	};
	struct server_url found;
	long long database = 0;

	if (server_url_read(&form, text, &found, err) != 0)
		return -1;
	if (check(&found, &database, err) != 0) {
		server_url_free(&found);
		return -1;
	}
	*url = (struct redis_url){
		.user = found.user,
		.password = found.password,
		.host = found.host,
		.port = found.port,
		.database = (int)database,
	};
	found.user = found.password = found.host = NULL;
	server_url_free(&found);
	return 0;
}

void redis_url_free(struct redis_url *url)
{
	struct server_url all = {
		.user = url->user,
		.password = url->password,
		.host = url->host,
	};

	server_url_free(&all);
	*url = (struct redis_url){0};
}
