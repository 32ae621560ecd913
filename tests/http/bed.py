"""Marquee's nginx in front of the suite's own server.

Its pages come from where single films do: the location that keeps answers for as
long as Cache-Control says. That location is the shipped one, under one more
name.
"""

import json
import os
import subprocess
import sys

import origin
import programs
import whole_site

LOCATIONS = "snippets/marquee-locations.conf"
FASTCGI = "snippets/marquee-fastcgi.conf"

# The suite's client tells its server beforehand what to answer, and asks it
# afterwards what it has seen: past the cache, and a page asks for its turn by
# number.
TALK = """location ~ ^/(config|state)/ {
	proxy_pass http://127.0.0.1:%d;
	client_max_body_size 1m;
}

"""
TURN = "fastcgi_param HTTP_REQ_NUM $http_req_num if_not_empty;\n"

# Some of its answers take their time on purpose.
READ_TIMEOUT = "fastcgi_read_timeout 20s"

# The suite's server would listen on every address.
LOOPBACK = """data:text/javascript,import net from 'node:net';
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port) {
	return listen.call(this, port, '127.0.0.1');
};"""

# Of a suite that takes two minutes where nothing else runs.
SUITE_S = 540


class Bed(whole_site.TestCase):
    """The suite in a directory of its own, and all that it needs."""

    def __init__(self, suite):
        super().__init__()
        self.suite = suite

    def node(self, *arguments, **env):
        """npm's word for an option is a variable."""
        return {"arguments": ["node", "--no-warnings", *arguments],
                "env": {"npm_config_" + name: value
                        for name, value in env.items()},
                "cwd": self.suite}

    def open(self):
        port = programs.free_port()
        self.nginx_edits = (
            (LOCATIONS, "fastcgi_read_timeout 1800ms", READ_TIMEOUT),
            (LOCATIONS, "location ~ ^/movies/. {",
             TALK % port + "location ~ ^/(movies|test)/. {"),
            (FASTCGI, "fastcgi_param HTTP_RANGE", TURN +
             "fastcgi_param HTTP_RANGE"))
        os.makedirs(self.path("nginx"))
        server = origin.Origin(self.path("nginx", "movies.sock"), port)
        self.enterContext(server)
        self.start(**self.node(
            "--import", LOOPBACK.replace("\n", " "),
            "test-engine/server/server.mjs", protocol="http", port=str(port),
            pidfile=self.path("pid")))
        programs.wait_for(lambda: whole_site.get("127.0.0.1", port, "/README.md"),
                          30, "the suite's server")
        self.start_nginx()

    def run_suite(self, test_id=""):
        """What its client prints."""
        client = self.node(
            "test-engine/cli.mjs", base="http://127.0.0.1:%d" % self.port,
            # Empty, and not missing, is what it takes for all of them.
            id=test_id)
        client["env"]["npm_package_config_id"] = ""
        done = subprocess.run(
            client["arguments"], cwd=client["cwd"], timeout=SUITE_S, check=True,
            env=programs.environment(client["env"]), stdout=subprocess.PIPE,
            stderr=None if test_id else subprocess.DEVNULL)
        return done.stdout.decode()

    def kinds(self):
        """required, optimal or check, by each test's id."""
        done = self.run_program(**self.node(
            "--input-type=module", "-e", """
import suites from './tests/index.mjs'
const kinds = {}
for (const suite of suites)
	for (const test of suite.tests)
		kinds[test.id] = test.kind ?? 'required'
console.log(JSON.stringify(kinds))"""))
        if done.returncode:
            sys.exit("this is no copy of the suite: " + done.stderr.decode())
        return json.loads(done.stdout)
