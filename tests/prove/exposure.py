"""What systemd-analyze computes of the units: 0.0 is nothing exposed, 10.0 all.

    exposure.of("marquee-movies.service")     # 0.2
"""

import glob
import os
import re
import subprocess
import tempfile

import programs

UNITS = os.path.join(programs.ROOT, "cron", "systemd")

MOST = 1.5

# By which a program gives up more than its unit takes: not in @system-service.
CALLS_TO_CONFINE = {"landlock_create_ruleset", "landlock_add_rule",
                    "landlock_restrict_self", "seccomp"}


def units():
    return sorted(os.path.basename(path) for path in
                  glob.glob(os.path.join(UNITS, "*.service")))


def of_file(path):
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", path],
        env=programs.environment(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, timeout=60).stdout.decode()
    return float(re.search(r"exposure level for \S+: ([\d.]+)", shown)[1])


def of(unit):
    return of_file(os.path.join(UNITS, unit))


def of_plain_unit():
    """One that says only what to start."""
    with tempfile.TemporaryDirectory(prefix="marquee-prove-") as directory:
        path = os.path.join(directory, "plain.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        return of_file(path)


def lets_confine(unit):
    """Whether its program can give up more by itself."""
    with open(os.path.join(UNITS, unit), encoding="utf-8") as file:
        allowed = set()
        for line in file:
            name, _, value = line.strip().partition("=")
            if name == "SystemCallFilter" and not value.startswith("~"):
                allowed |= set(value.split())
    return CALLS_TO_CONFINE <= allowed
