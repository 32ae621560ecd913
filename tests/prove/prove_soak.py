"""After half an hour of everything at once nothing has grown."""

import proof
import soak

TITLE = "soak"


def levels(site, control):
    """A row for each thing that was looked at."""
    for name, values in soak.series(site.samples).items():
        last, middle = soak.rise(values)
        yield proof.Row(name, "%d simulated minutes" % len(values),
                        "%d, before %d" % (last, middle),
                        "level", soak.is_level(name, values), control)


def leak():
    """The same with a responder that leaves descriptors open."""
    with soak.leaking_life(minutes=9) as site:
        site.live()
    values = soak.series(site.samples)["movies descriptors"]
    return proof.Control("a responder that leaks",
                         "%d, before %d" % soak.rise(values),
                         not soak.is_level("movies descriptors", values))


def prove():
    with soak.life(minutes=30) as site:
        site.live()
        found = site.all_events()
    control = leak()
    yield proof.Row(
        "what readers see", "%d requests, %d runs, %d kills (seed %d)" % (
            site.requests, site.runs, site.kills, soak.SEED),
        "%d outside the contract" % len(site.problems), "0",
        not site.problems, control)
    yield proof.Row("events", "%d accepted" % site.accepted,
                    "%d found" % found, "all", found >= site.accepted,
                    control)
    yield from levels(site, control)
