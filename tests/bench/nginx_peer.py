"""nginx by itself, as fast as it serves files: the peer of most rows.

Its workers, its log and what it sends are those of the site: the same bodies
and the same headers, from files, with open_file_cache and sendfile.
"""

import os
import shutil

import whole_site

# Of Debian's nginx.conf, which marquee.conf becomes a part of.
DEBIAN = "sendfile on; tcp_nopush on;"

CONF = """%(user)s
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }
http {
	client_body_temp_path temp/body;
	fastcgi_temp_path temp/fastcgi;
	proxy_temp_path temp/proxy;
	scgi_temp_path temp/scgi;
	uwsgi_temp_path temp/uwsgi;
	include marquee-http.conf;
	%(debian)s
	server_tokens off;
	open_file_cache max=1000 inactive=60s;
	%(servers)s
}
"""

# nginx makes these itself.
OWN = {"date", "server", "connection", "content-length", "content-type",
       "last-modified", "etag", "accept-ranges", "x-request-id",
       "transfer-encoding"}


def start(bed, name, servers):
    """Starts an nginx with these server blocks."""
    base = bed.path(name)
    os.makedirs(os.path.join(base, "temp"))
    shutil.copy(os.path.join(whole_site.NGINX, "marquee-http.conf"), base)
    with open(os.path.join(base, "nginx.conf"), "w",
              encoding="utf-8") as conf:
        conf.write(CONF % {
            "servers": servers, "debian": DEBIAN,
            "user": "user root;" if os.getuid() == 0 else ""})
    return bed.start(["nginx", "-e", "error.log", "-p", base + "/", "-c",
                      "nginx.conf"], cwd=base)


def static(bed, answers, port):
    """Serves {name: Answer} as /name."""
    os.makedirs(bed.path("static"))
    locations = ""
    for name, answer in answers.items():
        with open(bed.path("static", name), "wb") as file:
            file.write(answer.body)
        headers = "".join(
            "\t\tadd_header %s '%s';\n" % (key, value.replace("'", "\\'"))
            for key, value in answer.headers.items()
            if key.lower() not in OWN)
        locations += """
	location = /%s {
		alias ../static/%s;
		types { }
		default_type '%s';
%s		add_header X-Request-Id $request_id;
	}""" % (name, name, answer["Content-Type"], headers)
    return start(bed, "nginx-static", """server {
	listen 127.0.0.1:%d;
	access_log access.log marquee_logfmt;
	%s
}""" % (port, locations))


ALONE = """
	location %s {
		fastcgi_pass marquee_%s;
		include snippets/marquee-fastcgi.conf;
	}"""


def responders_alone(port):
    """A server block for run.conf.in: the responders behind nginx, nothing of
    theirs kept."""
    return """server {
	listen 127.0.0.1:%d;
	set $marquee_cache_dir cache;
	access_log ../logs/nginx-access.log marquee_logfmt;
	merge_slashes off;
	%s
}""" % (port, "".join(ALONE % where for where in (
        ("/", "movies"), ("/api/", "files"), ("/events", "events"))))


def files(directory, log, port):
    """A server block that serves the files of a directory as JSON, logged one
    line a request: a films API that costs next to nothing."""
    return """log_format bench_api '$request_method $status $body_bytes_sent $request_uri';
server {
	listen 127.0.0.1:%d;
	access_log %s bench_api;
	root %s;
	open_file_cache off;
	default_type application/json;
	types { }
	location / { try_files $uri.json =404; }
}""" % (port, log, directory)


