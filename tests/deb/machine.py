"""A small Debian 12 that boots: a root of its own, with systemd as process 1 in
namespaces of its own.

    with machine.Machine("build/deb/check") as small:
        small.run("apt-get", "install", "-y", "/packages/x.deb")
        small.curl("http://127.0.0.1/")

It needs root. The packages come from the machine's own mirrors; once it has
booted it has no network but loopback, so that its port 80 is nobody else's.
"""

import os
import shutil
import subprocess
import time

SUITE = "bookworm"
BOOT_S = 120
RUN_S = 600

# In new namespaces. What it mounts is gone with them. /dev has what programs
# need and nothing of the machine's own, its terminals least of all. The root is
# a real one: in a chroot there are no user namespaces, which units ask for.
BOOT = """set -e
echo $$ >"$2/cgroup.procs"
exec unshare --cgroup --pid --mount --net --uts --ipc --fork --kill-child \\
	sh -s "$1" <<'END'
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for node in null:3 zero:5 full:7 random:8 urandom:9; do
	mknod -m 666 dev/${node%:*} c 1 ${node#*:}
done
mknod -m 666 dev/tty c 5 0
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs dev/shm
mkdir old
pivot_root . old
umount -l old
rmdir old
exec /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
	/lib/systemd/systemd --log-target=journal
END
"""


def mirrors():
    """The URIs of Debian's own packages, as this machine's apt has them."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)",
         "Created-By: Packages", "Origin: Debian", "Codename: " + SUITE],
        stdout=subprocess.PIPE, check=True)
    found = sorted(set(asked.stdout.decode().split()))
    return found or ["http://deb.debian.org/debian"]


def unified_cgroups():
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, path, kind = line.split()[:3]
            if kind == "cgroup2":
                return path
    raise OSError("there is no cgroup2 file system, systemd could not run")


class Machine:

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.root = os.path.join(self.directory, "root")
        self.cgroup = os.path.join(unified_cgroups(),
                                   "marquee-deb-%d" % os.getpid())
        self.process = None
        self.pid = None

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.shut_down()
        shutil.rmtree(self.root, ignore_errors=True)

    def make(self):
        """A fresh minimal root; its archive is kept for the next time."""
        os.makedirs(self.directory, exist_ok=True)
        archive = os.path.join(self.directory, SUITE + ".tar")
        if not os.path.exists(archive):
            subprocess.run(
                ["mmdebstrap", "--quiet", "--format=tar", "--variant=minbase",
                 "--include=systemd-sysv", SUITE, archive + ".new",
                 *mirrors()], check=True, stdin=subprocess.DEVNULL)
            os.rename(archive + ".new", archive)
        shutil.rmtree(self.root, ignore_errors=True)
        os.mkdir(self.root)
        subprocess.run(["tar", "-x", "-C", self.root, "-f", archive],
                       check=True)
        os.mkdir(os.path.join(self.root, "packages"))
        shutil.copy("/etc/resolv.conf", os.path.join(self.root, "etc"))

    def put(self, package):
        """Copies a .deb into it; returns its path there."""
        shutil.copy(package, os.path.join(self.root, "packages"))
        return "/packages/" + os.path.basename(package)

    def download(self, *packages):
        """What installing these would fetch, while there is a network."""
        for command in (["update"], ["install", "-y", "--download-only",
                                     *packages]):
            subprocess.run(["chroot", self.root, "apt-get", "-q", *command],
                           check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)

    def boot(self):
        os.makedirs(self.cgroup, exist_ok=True)
        self.process = subprocess.Popen(
            ["sh", "-c", BOOT, "boot", self.root, self.cgroup],
            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + BOOT_S
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise OSError("systemd does not come up in namespaces here")
            time.sleep(0.1)

    def is_up(self):
        path = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        try:
            with open(path, encoding="ascii") as children:
                self.pid = int(children.read().split()[0])
            with open("/proc/%d/comm" % self.pid, encoding="ascii") as comm:
                if comm.read() != "systemd\n":
                    return False
        except (OSError, IndexError):
            return False
        state = self.run("systemctl", "is-system-running", "--wait")
        return state.stdout in ("running\n", "degraded\n")

    def shut_down(self):
        """Process 1 takes all the others along."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for parent, _, _ in os.walk(self.cgroup, topdown=False):
            for _ in range(100):
                try:
                    os.rmdir(parent)
                    break
                except OSError:
                    time.sleep(0.05)
        self.process = None

    def run(self, *command, **options):
        """Runs a command in it as its root; returns the CompletedProcess, with
        stderr among stdout."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-u", "-i",
             "-r", "-w", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=RUN_S, check=False,
            encoding="utf-8", errors="replace", **options)

    def say(self, *command):
        """What a command prints, without the last line's end."""
        return self.run(*command).stdout.strip()

    def processes(self):
        """(pid, uid, command line) of all that its
        systemd runs, seen from outside."""
        found = []
        for parent, _, _ in os.walk(self.cgroup):
            with open(parent + "/cgroup.procs", encoding="ascii") as pids:
                for pid in pids.read().split():
                    try:
                        uid = os.stat("/proc/" + pid).st_uid
                        with open("/proc/%s/cmdline" % pid, "rb") as line:
                            found.append((pid, uid, line.read().replace(
                                b"\0", b" ").decode("utf-8", "replace")))
                    except OSError:
                        continue
        return found

    def curl(self, url, *options):
        """(status, body) of a request from inside; the status is 0 where there
        was no answer."""
        done = subprocess.run(
            ["nsenter", "-t", str(self.pid), "-n", "curl", "-q", "-s",
             "--noproxy", "*", "-m", "30", "-w", "\n%{http_code}", *options,
             url], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            check=False)
        body, _, status = done.stdout.decode("utf-8", "replace").rpartition(
            "\n")
        return int(status or 0), body

    def path(self, name):
        """A path of its root, seen from outside."""
        return os.path.join(self.root, name.lstrip("/"))
