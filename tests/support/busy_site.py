"""A site in which everything that /metrics counts has happened.

    class Metrics(busy_site.TestCase):
        def test_all_of_it_is_there(self):
            text = self.scrape()
"""

import json

import exposition
import media_upstream
import programs
import whole_site

# How long the notes of the responders may take on a busy machine.
NOTES_S = 30


class TestCase(whole_site.TestCase):

    def scrape(self):
        """The text of /metrics once all of that is in it."""
        self.happen()

        def look():
            text = self.get("/metrics").body.decode()
            metrics = exposition.Metrics(text)
            return text if metrics.get("marquee_files_kept") == 1 and \
                metrics.get("marquee_events", status="NotProcessed") == 1 \
                else None
        return programs.wait_for(look, NOTES_S, "the metrics")

    def happen(self):
        media = media_upstream.MediaUpstream().start()
        self.addCleanup(media.stop)
        self.publish()
        self.start_responder()
        self.start_files(MARQUEE_FILES_URL=media.url,
                         MARQUEE_TIMEOUT_MS="8000", MARQUEE_RETRIES="0")
        self.start_fcgi("events")
        self.start_nginx()
        self.get("/movies")
        self.get("/api/presentation/files/file-7")
        answer = self.request(
            "POST", "/events", {"Content-Type": "application/json"},
            json.dumps({"user_id": "u", "description": "d"}).encode())
        self.assertEqual(answer.status, 201, answer.body)
