"""Reads Prometheus' text format, strictly.

    metrics = exposition.Metrics(answer.body.decode())
    self.assertEqual(metrics.get("marquee_movies_films"), 22)
"""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r" (-?\d+(?:\.\d+)?)")
ESCAPED = re.compile(r"\\(.)")

TOTAL = "marquee_http_requests_total"
IN_FLIGHT = "marquee_http_requests_in_flight"
START = "marquee_responder_start_time_seconds"


class Metrics:
    """An answer in the text format 0.0.4, read strictly: whatever is not as
    the format has it is a ValueError."""

    def __init__(self, text):
        self.types = {}
        self.helps = {}
        self.samples = {}  # (name, frozenset of labels): value
        self.family = None
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                self.read_help(line[7:])
            elif line.startswith("# TYPE "):
                self.read_type(line[7:])
            else:
                self.read_sample(line)
        for self.family in self.types:
            if not any(sample in self.names() for sample, _ in self.samples):
                raise ValueError("no sample of " + self.family)

    def read_help(self, rest):
        name, _, text = rest.partition(" ")
        if name in self.helps or not text or not NAME.fullmatch(name):
            raise ValueError("HELP " + rest)
        self.helps[name] = text
        self.family = name

    def read_type(self, rest):
        name, kind = rest.split(" ")
        if name in self.types or name != self.family or \
                kind not in ("counter", "gauge", "summary"):
            raise ValueError("TYPE " + rest)
        self.types[name] = kind

    def read_sample(self, line):
        name = NAME.match(line)
        if not name:
            raise ValueError("no name: " + line)
        at, labels = self.read_labels(line, name.end())
        value = VALUE.fullmatch(line, at)
        if not value:
            raise ValueError("no value: " + line)
        name = name.group()
        if name not in self.names():
            raise ValueError("a sample away from its TYPE: " + line)
        key = (name, frozenset(labels.items()))
        if key in self.samples:
            raise ValueError("twice: " + line)
        self.samples[key] = float(value.group(1))

    def names(self):
        """Of the samples that may come here."""
        kind = self.types.get(self.family)
        if kind == "summary":
            return [self.family + "_sum", self.family + "_count"]
        return [self.family] if kind else []

    @staticmethod
    def read_labels(line, at):
        labels = {}
        if line[at:at + 1] != "{":
            return at, labels
        while line[at] != "}":
            label = LABEL.match(line, at + 1)
            if not label or line[label.end():label.end() + 1] not in (
                    ",", "}") or label.group(1) in labels:
                raise ValueError("labels: " + line)
            labels[label.group(1)] = ESCAPED.sub(
                lambda found: {"n": "\n"}.get(found.group(1), found.group(1)),
                label.group(2))
            at = label.end()
        return at + 1, labels

    def get(self, name, **labels):
        """A sample's value, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def requests(self, route, method="GET", status="200",
                 responder="movies"):
        return self.get(TOTAL, responder=responder, route=route,
                        method=method, status=status) or 0

    def of_responder(self, name, responder="movies"):
        return self.get(name, responder=responder)

    def of(self, name):
        """All samples of a metric, by their labels."""
        return {labels: value for (sample, labels), value
                in self.samples.items() if sample == name}

    def runs(self, result):
        return self.get("marquee_fetch_runs_total", result=result)

    def state(self, service):
        """The one state that the service is in."""
        return [dict(labels)["state"] for (name, labels), value
                in self.samples.items() if name == "marquee_service_state"
                and dict(labels)["service"] == service and value == 1]

    def labels(self, name):
        """The labels of each sample of a metric."""
        return [dict(labels) for sample, labels in self.samples
                if sample == name]
