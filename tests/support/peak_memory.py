"""The most memory that a process had resident, while somebody waits for it."""

import os
import signal
import threading
import time


class Looker:
    """Looks at the kernel's own mark (VmHWM) again and again: ru_maxrss counts
    what was there before the exec. Past `deadline` (monotonic, s) it kills."""

    def __init__(self, pid, deadline):
        self.kb = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.look, args=(pid, deadline))
        self.thread.start()

    def look(self, pid, deadline):
        while not self.done.wait(0.005):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            try:
                with open("/proc/%d/status" % pid, encoding="utf-8") as lines:
                    for line in lines:
                        if line.startswith("VmHWM:"):
                            self.kb = int(line.split()[1])
            except OSError:
                return

    def stop(self):
        """Returns kB."""
        self.done.set()
        self.thread.join()
        return self.kb


def wait(process, timeout_s):
    """Waits for a Popen; returns its exit status, its peak in kB and what it
    and those that it waited for have used (getrusage)."""
    looker = Looker(process.pid, time.monotonic() + timeout_s)
    _, status, usage = os.wait4(process.pid, 0)
    peak_kb = looker.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, peak_kb, usage
