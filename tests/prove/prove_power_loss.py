"""Power cuts during every run that writes the file cache: each state that the
disk may be in is rebuilt and looked at.

The control of a row is the same run without one fsync, for each in turn. Without
some nothing is lost: because a later one of the same object makes up for it,
because all was on disk already, or because it was about something that is gone
when the run ends. One that nobody misses for any other reason is no reason to
trust the replay.
"""

import power_loss_files
import power_loss_movies
import proof

TITLE = "power-loss replay"

# Of the fsyncs of a first publication, each so-many-th is left out in earnest: by
# a program that runs without it.
EARNEST = 5


def fsyncs_control(bed, run):
    weighed = run.weigh_fsyncs()
    says = ["%d of %d found" % (len(weighed.missed), weighed.count)]
    says += ["%d %s" % (len(fsyncs), what) for fsyncs, what in (
        (weighed.doubled, "made up for by a later one"),
        (weighed.idle, "with nothing to do"),
        (weighed.gone, "of what is gone by the end"),
        (weighed.unmissed, "NOT FOUND: %s" % weighed.unmissed)) if fsyncs]
    is_found = bool(weighed.missed) and not weighed.unmissed
    if run.what.endswith("first publish"):
        numbers = [number for number, _ in weighed.missed][::EARNEST]
        found = sum(bool(bed.first_publish_without(number).replay().bad)
                    for number in numbers)
        says.append("in earnest %d of %d" % (found, len(numbers)))
        is_found = is_found and found == len(numbers)
    return proof.Control("each fsync left out", "; ".join(says), is_found)


def in_place_control(bed, run):
    bad = bed.in_place(run).replay().bad
    return proof.Control("one that writes in place", "%d bad" % len(bad),
                         bool(bad))


def row(bed, run):
    tally = run.replay(every=1)
    return proof.Row(
        run.what, "%d states, %d next runs" % (tally.states, tally.followed),
        "%d bad" % len(tally.bad) + "".join(
            ": " + why for why in tally.bad[:1]),
        "0 bad", tally.states > 1 and not tally.bad,
        fsyncs_control(bed, run) if any(run.recording.syncs())
        else in_place_control(bed, run))


def prove():
    for kind in (power_loss_movies.Movies, power_loss_files.Files):
        with kind() as bed:
            for run in bed.runs():
                yield row(bed, run)
            if kind is power_loss_movies.Movies:
                yield row(bed, bed.after_a_kill())
