"""What was answered with 201 stays: through kills, power cuts, full disks and
fsyncs that fail.

Controls: a disk that says yes and keeps nothing, for kills and for a full disk;
events.fcgi with synchronous=NORMAL, for power cuts; for an fsync that fails, one
who takes the word of the second try.
"""

import os
import sys

import event_kills
import event_power
import programs
import proof

sys.path.append(os.path.join(programs.ROOT, "tests", "cgi"))
import test_events_faults  # noqa: E402

TITLE = "events"

KILLS = int(os.environ.get("PROVE_KILLS", "1000"))
CUTS = 30
POSTS = 8          # in a recording
POSTS_FAILING = 4  # in one of which an fsync fails
EARLIER = 2        # before that,
LATER = 2          # and after a kill that follows it
LYING_POSTS = 20

NOTHING_LOST = "0 lost, 0 damaged"


def control(what, tally):
    return proof.Control(what, tally.figure(), bool(tally.lost))


def lying_control():
    with event_kills.LyingDisk() as log:
        return control("a disk that lies", log.lose(LYING_POSTS))


def kills_row():
    with event_kills.Crowd() as crowd:
        tally = crowd.kill_often(KILLS)
    return proof.Row("POST under kill -9",
                     "%d kills, %d events, %d looks" % (
                         KILLS, tally.accepted, tally.states),
                     tally.figure(), NOTHING_LOST, tally.is_good,
                     lying_control())


def image_row():
    what = "POST and power cuts, ext4 image"
    try:
        with event_kills.Image() as image:
            tally = image.cut_often(CUTS)
        with event_kills.Image() as image:
            normal = image.cut_often(CUTS // 3,
                                     event_power.normal_program(image))
    except event_kills.CannotMount as error:
        return proof.Row(what, "not tried: %s" % error, "none", NOTHING_LOST,
                         False, proof.Control("synchronous=NORMAL",
                                              "not tried", False))
    return proof.Row(what, "%d cuts, %d events" % (tally.states,
                                                   tally.accepted),
                     tally.figure(), NOTHING_LOST, tally.is_good,
                     control("synchronous=NORMAL", normal))


def replay_row():
    with event_power.Log() as log:
        tally = log.replay(log.record(POSTS, pieces=14))
        normal = log.replay(log.record(
            POSTS, event_power.normal_program(log)), stops_early=True)
    return proof.Row("POST and power cuts, replay",
                     "%d states, %d events" % (tally.states, tally.accepted),
                     tally.figure(), NOTHING_LOST, tally.is_good,
                     control("synchronous=NORMAL", normal))


def full_disk_row():
    """The tests of a full disk, which say what is wrong by failing."""
    tests = ["test_a_file_that_may_not_grow_is_a_full_disk"]
    if os.getuid() == 0:
        tests.append("test_a_small_disk_fills_up_and_is_made_larger")
    events, wrong = 0, []
    for name in tests:
        disk = test_events_faults.Disk(name)
        disk.setUp()
        try:
            getattr(disk, name)()
            damage, found = event_power.look_into(disk.database)
            events += len(found)
            wrong += [damage] if damage else []
        except AssertionError as error:
            wrong.append(str(error))
        finally:
            disk.doCleanups()
    return proof.Row("POST on a full disk",
                     "%d disks, %d events" % (len(tests), events),
                     "; ".join(wrong) or "507, 0 lost, 0 damaged",
                     "507, " + NOTHING_LOST, not wrong and events > 0,
                     lying_control())


def failed_fsync_row():
    tally, retried = event_power.Tally(), event_power.Tally()
    number = refused = 0
    with event_power.Log() as log:
        while True:
            options = {"posts": POSTS_FAILING, "earlier": EARLIER,
                       "later": LATER}
            recording = log.record_failing(number + 1, **options)
            if recording is None:
                break
            number += 1
            refused += sum(status != 201 for status in recording.answers)
            tally.join(log.replay(recording))
            lie = log.record_failing(number, believes_lies=True, **options)
            retried.join(log.replay(lie, stops_early=True))
    return proof.Row("an fsync fails, each in turn",
                     "%d fsyncs, %d states" % (number, tally.states),
                     "%s; %d posts refused" % (tally.figure(), refused),
                     NOTHING_LOST + "; some refused",
                     tally.is_good and refused > 0,
                     control("the second try is trusted", retried))


def prove():
    for row in (kills_row, image_row, replay_row, full_disk_row,
                failed_fsync_row):
        yield row()
