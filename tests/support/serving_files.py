"""files.fcgi with a stand-in for the media API.

    class Files(serving_files.TestCase):
        def test_it_answers(self):
            self.serve()
            self.assertEqual(self.file("file-7").status, 200)
"""

import json
import os

import fcgi
import media_upstream
import programs
import responding

URL = "/api/presentation/files/"

MISS = "marquee; fwd=miss; stored"
HIT = "marquee; hit"


class TestCase(responding.TestCase):
    """A test with an upstream of 60 finished files and an empty cache."""

    responder = "files.fcgi"
    timeout_ms = 8000

    def setUp(self):
        super().setUp()
        self.upstream = media_upstream.MediaUpstream(
            made=media_upstream.files(60)).start()
        self.addCleanup(self.upstream.stop)
        self.processes = []

    def settings(self, **more):
        env = {
            "MARQUEE_CACHE_DIR": self.cache,
            "MARQUEE_FILES_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(self.timeout_ms),
            "MARQUEE_RETRIES": "0",
        }
        env.update(more)
        return env

    def serve(self, *options, **more):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        process = super().serve(*options, **more)
        self.processes.append(process)
        return process

    def file(self, file_id, method="GET", **headers):
        return self.ask(URL + file_id, method, **headers)

    def kept(self, file_id):
        """The answer of one that has no upstream: 200 or 503."""
        return self.cgi(URL + file_id, env={"MARQUEE_FILES_URL": ""})

    def is_kept(self, file_id):
        answer = self.kept(file_id)
        self.assertIn(answer.status, (200, 503))
        if answer.status == 503:
            self.assertIn("no media-file API", self.problem(answer)["detail"])
        return answer.status == 200

    def kept_files(self):
        """Paths of all kept ones."""
        return [os.path.join(parent, name)
                for parent, _, names in os.walk(self.path("cache", "files"))
                for name in names if len(name) == 62]

    def said(self, answer):
        """For the message of a failing test: the answer, what the programs
        said, what the upstream was asked."""
        return "%r\nstderr: %s\nupstream: %s" % (
            answer.body[:1000], getattr(answer, "errors", "") + "".join(
                self.errors(process) for process in self.processes),
            self.upstream.log[-20:])

    def assert_right(self, answer, file_id):
        """It is the whole file, every number as the upstream wrote it."""
        self.assertEqual(answer.status, 200, self.said(answer))
        self.assertEqual(media_upstream.exact(answer.body),
                         self.upstream.expected(file_id))

    def problem(self, answer, status=None):
        """The body of an error."""
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        self.assertNotIn("etag", answer.headers)
        self.assertNotIn("x-accel-expires", answer.headers)
        problem = json.loads(answer.body)
        self.assertEqual(problem["status"], answer.status)
        if status is not None:
            self.assertEqual(answer.status, status, self.said(answer))
        return problem

    def begin(self, file_id, **headers):
        """Asks and does not wait: receive() of what is returned does."""
        connection = fcgi.Connection(self.socket)
        self.addCleanup(connection.socket.close)
        connection.send(responding.params(URL + file_id, **headers))
        return connection

    def wait_until_asked(self, place):
        """Until the upstream has a request for details/{id} or the like."""
        return programs.wait_for(
            lambda: [entry for entry in list(self.upstream.log)
                     if place in self.upstream.places(entry)],
            10, "a request for " + place)
