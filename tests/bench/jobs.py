"""What a program that runs to its end costs."""

import signal
import subprocess
import time

import bed
import figures
import peak_memory


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
        _, peak_kb, usage = peak_memory.wait(process, timeout_s)
        took = time.monotonic() - started
        if process.returncode == -signal.SIGKILL:
            raise figures.Missing("not done in %d s" % timeout_s)
        errors.seek(0)
        ground.assertEqual(process.returncode, 0, errors.read().decode())
    return {"CPU, ms": (usage.ru_utime + usage.ru_stime) * 1000,
            "time, ms": took * 1000, "memory, MB": peak_kb / 1024}

