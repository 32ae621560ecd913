"""What a program that runs to its end costs."""

import os
import signal
import subprocess
import threading
import time

import bed
import figures


def cost(ground, command, env, timeout_s=300):
    """{"CPU, ms", "time, ms", "memory, MB"}: of the process and those that it
    waited for; the memory of it alone. One that fails fails the bench; one that
    takes too long raises figures.Missing."""
    started = time.monotonic()
    with open(ground.path("job-errors"), "w+b") as errors:
        process = subprocess.Popen(
            command, env=bed.programs.environment(env), cwd=ground.directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors)
        most, done = [0], threading.Event()
        looker = threading.Thread(target=look, args=(
            process.pid, most, done, started + timeout_s))
        looker.start()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - started
        done.set()
        looker.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == -signal.SIGKILL:
            raise figures.Missing("not done in %d s" % timeout_s)
        errors.seek(0)
        ground.assertEqual(process.returncode, 0, errors.read().decode())
    return {"CPU, ms": (usage.ru_utime + usage.ru_stime) * 1000,
            "time, ms": took * 1000, "memory, MB": most[0] / 1024}


def look(pid, most, done, deadline):
    """The kernel's own mark of the most that was resident, as long as there is
    something to look at: ru_maxrss counts what was there before the exec."""
    while not done.wait(0.005):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        try:
            with open("/proc/%d/status" % pid, encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("VmHWM:"):
                        most[0] = int(line.split()[1])
        except OSError:
            return
