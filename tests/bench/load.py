"""Load on a web server of this machine, by wrk and, for HEAD, by ab.

    load.run("http://127.0.0.1:8080/movies", seconds=1)
    {"requests/s": 41237.2, "p99, ms": 2.1, "slowest, ms": 9.4, "errors": 0, …}
"""

import json
import os
import re
import subprocess
import tempfile

import bed

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")

CLIENTS = 32
THREADS = 2


def run(url, headers=None, method="GET", clients=CLIENTS, seconds=1,
        paths=0, pause_ms=0, body=""):
    """So many clients, each with its connection, ask again as soon as they
    have an answer, or rest pause_ms between. With `paths`, each request is for
    one of `url`0, `url`1 and so on. Latencies are in milliseconds.

    An error or a status of 400 or more is a failed bench."""
    said = measure(url, headers, method, clients, seconds, paths, pause_ms,
                   body)
    if said["errors"] or not said["requests"]:
        raise AssertionError("%s: %d of %d requests failed" % (
            url, said["errors"], said["requests"]))
    return said


def measure(url, headers=None, method="GET", clients=CLIENTS, seconds=1,
            paths=0, pause_ms=0, body=""):
    """The same for one that counts the errors itself."""
    if method == "HEAD":
        return measure_heads(url, headers, clients, seconds)
    bed.need("wrk", "wrk")
    command = ["wrk", "-t%d" % THREADS, "-c%d" % clients, "-d%ds" % seconds,
               "--timeout", "10s", "-s", SCRIPT]
    command += header_options(headers)
    command += [url, "--", method, str(paths), str(pause_ms), body]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          timeout=seconds + 60)
    said = json.loads(done.stdout.decode().splitlines()[-1])
    return {"requests/s": said["requests"] / said["duration_us"] * 1e6,
            "requests": said["requests"], "errors": said["errors"],
            "p99, ms": said["p99_us"] / 1e3,
            "slowest, ms": said["max_us"] / 1e3}


def measure_heads(url, headers, clients, seconds):
    """By ab: wrk waits for the bodies that answers to HEAD have not."""
    bed.need("ab", "apache2-utils")
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as percentiles:
        done = subprocess.run(
            ["ab", "-q", "-k", "-i", "-c", str(clients), "-t", str(seconds),
             "-n", "10000000", "-e", percentiles.name,
             *header_options(headers), url],
            stdout=subprocess.PIPE, check=True, timeout=seconds + 60)
        rows = dict(line.rstrip().split(",") for line in percentiles)
    said = dict(re.findall(r"^([A-Z][\w -]*):\s+([\d.]+)",
                           done.stdout.decode(), re.M))
    return {"requests/s": float(said["Requests per second"]),
            "requests": int(said["Complete requests"]),
            "errors": int(said["Failed requests"]) +
            int(said.get("Non-2xx responses", 0)),
            "p99, ms": float(rows["99"]), "slowest, ms": float(rows["100"])}


def header_options(headers):
    return [word for name, value in (headers or {}).items()
            for word in ("-H", "%s: %s" % (name, value))]
