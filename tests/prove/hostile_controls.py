"""Faults for the corpus of tests/data/http to find: each an edit of nginx's
configuration that somebody could make, and what then must be among the
violations.

    with hostile_controls.broken(site) as broken:
        found = hostile_controls.found(broken, "traversal.json")
"""

import contextlib

import careless_front
import http_corpus
import hostile_site

LOCATIONS = "snippets/marquee-locations.conf"
FASTCGI = "snippets/marquee-fastcgi.conf"
HTTP = "marquee-http.conf"

ID_HEADER = "add_header X-Request-Id $request_id always;\n"

EDITS = (
    # A header that echoes the decoded path.
    (FASTCGI, ID_HEADER, ID_HEADER + "add_header Link "
     "'<$uri>; rel=\"prev\"' always;\n"),
    # A header from one of the request.
    (FASTCGI, ID_HEADER, ID_HEADER + "add_header Location "
     "$http_x_forwarded_host always;\n"),
    # An alias without its last slash.
    (LOCATIONS, "server_tokens off;\n", "server_tokens off;\n"
     "location ^~ /style.css {\n"
     "\talias @CACHE@/movies/current/;\n}\n"),
    # The end of a path that says nothing.
    (HTTP, "map $request_uri $marquee_path {\n",
     "map $request_uri $marquee_path {\n"
     "\t\"~^/movies[^?]*\\.css$\" /movies;\n"),
    # A key without the method.
    ("snippets/marquee-microcache.conf", "\"$request_method $marquee_target",
     "\"$marquee_target"),
    # The method by a header.
    (HTTP, "map $request_uri $marquee_path {\n",
     "map $http_x_http_method_override $marquee_method {\n"
     "\t\"\" $request_method;\n\tdefault $http_x_http_method_override;\n}\n"
     "map $request_uri $marquee_path {\n"),
    (FASTCGI, "REQUEST_METHOD $request_method;",
     "REQUEST_METHOD $marquee_method;"),
    # nginx's own page for what is too large.
    ("snippets/marquee-errors.conf", "error_page 494 =431 /.error;", ""),
    # nginx's own ranges.
    (FASTCGI, "max_ranges 0;", ""),
    ("snippets/marquee-microcache.conf", "fastcgi_cache_bypass $http_range;",
     ""),
)

# What each file must find: a word of the violation, and what it is about.
FOUND = {
    "smuggling.json": ("is a body: answered [200, 200", "a front that believes "
                       "Content-Length"),
    "header-injection.json": ("Set-Cookie", "the path in a header"),
    "traversal.json": (hostile_site.DECOY, "an alias without a slash"),
    "cache-deception.json": ("answered [200]", "paths that end in .css"),
    "cache-poisoning.json": ("others get another", "a key without the method"),
    "hosts.json": ("Location: evil.example", "X-Forwarded-Host in a header"),
    "methods.json": ("is a GET: answered [405]",
                     "X-HTTP-Method-Override"),
    "header-sizes.json": ("400 has Content-Security-Policy []",
                          "nginx's own page"),
    "ranges-and-conditions.json": ("Accept-Ranges comes 2 times",
                                   "nginx's own ranges"),
}


@contextlib.contextmanager
def broken(site):
    """The checks of a second nginx, with all the faults, before the same
    responders."""
    with hostile_site.beside(site, (*site.nginx_edits, *EDITS)) as other:
        yield http_corpus.Checks(other)


def found(checks, name, until_found=False):
    """How many violations are the one that the file must find."""
    word, _ = FOUND[name]
    if name == "smuggling.json":
        return found_in_front(checks, name, word, until_found)
    return count(checks, name, word, until_found)


def found_in_front(checks, name, word, until_found):
    port = checks.site.port
    front = careless_front.Front(port).start()
    checks.site.port = front.port
    try:
        return count(checks, name, word, until_found)
    finally:
        checks.site.port = port
        front.stop()


def count(checks, name, word, until_found):
    seen = 0
    for case in http_corpus.read(name):
        seen += sum(word in violation for violation in checks.run(case))
        if seen and until_found:
            break
    return seen
