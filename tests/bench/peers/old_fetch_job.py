"""old_fetch_job.py BASE PERSON_ID…: a peer, the requests of the job of old: the
films, then each person alone."""

import sys

import requests

with requests.Session() as session:
    session.get(sys.argv[1] + "/films", timeout=10).raise_for_status()
    for person in sys.argv[2:]:
        session.get("%s/people/%s" % (sys.argv[1], person),
                    timeout=10).raise_for_status()
