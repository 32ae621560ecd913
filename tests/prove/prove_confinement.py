"""What somebody can do who runs code of his own in a program: nothing but the
program's own business. And what systemd says of the units."""

import confining
import exposure
import proof

TITLE = "confinement"


def prove():
    with confining.Bed() as bed:
        for name in confining.RESPONDERS + confining.JOBS:
            yield row_of(bed, name)
    yield from exposure_rows()


def row_of(bed, name):
    """Only what works without confinement counts as tried."""
    free = confining.done(bed.intrude(name, MARQUEE_CONFINE="off"))
    acts = bed.intrude(name)
    own = confining.ALLOWED[name]
    beyond = confining.got(acts, name) & free
    is_whole = own <= confining.done(acts) and free <= set(acts)
    kernel = "" if confining.landlock_abi() >= confining.LEAST_ABI else \
        "; this kernel has no Landlock"
    return proof.Row(
        "%s taken over" % name, "%d acts" % len(free),
        "%d succeed%s, and %d of its own%s" % (
            len(beyond), said(beyond), len(own & confining.done(acts)),
            kernel),
        "0 succeed", not beyond and is_whole and not kernel,
        proof.Control("MARQUEE_CONFINE=off",
                      "%d succeed" % len(free - own),
                      confining.SURE <= free))


def said(names):
    return " (%s)" % ", ".join(sorted(names)) if names else ""


def exposure_rows():
    plain = exposure.of_plain_unit()
    for unit in exposure.units():
        figure = exposure.of(unit)
        yield proof.Row(
            unit, "systemd-analyze security", "%.1f" % figure,
            "%.1f or less" % exposure.MOST,
            figure <= exposure.MOST and exposure.lets_confine(unit),
            proof.Control("a plain unit", "%.1f" % plain,
                          plain > exposure.MOST))
