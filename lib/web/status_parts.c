#include "web/status_parts.h"

#include <string.h>

#include "base/clock.h"

void status_seconds_write(long long seconds, struct buffer *out)
{
	if (seconds < 120)
		buffer_format(out, "%lld s", seconds);
	else if (seconds < 2 * 3600)
		buffer_format(out, "%lld min", seconds / 60);
	else if (seconds < 2 * 86400)
		buffer_format(out, "%lld h %lld min", seconds / 3600,
			      seconds / 60 % 60);
	else
		buffer_format(out, "%lld days", seconds / 86400);
}

void status_time_write(long long wall_ms, struct buffer *out)
{
	char when[CLOCK_RFC3339_BYTES];

	clock_rfc3339(wall_ms, when);
	buffer_format(out, "<time datetime=\"%s\">%.10s %.8s UTC</time>", when,
		      when, when + strlen("2026-11-21T"));
}
