"""A RabbitMQ of Debian's rabbitmq-server as a process of a test.

    class Relaying(rabbitmq.WithVhost, programs.TestCase):
        def test_…(self):
            relay = self.start(…, {"MARQUEE_AMQP_URL": self.vhost.url})
            self.vhost.take("marquee.events", 500)   # its messages
            self.broker.kill(); self.broker.start()

It has its own directory, ports, cookie and epmd, is ended by its pid, and is
asked through its management API, so no AMQP client but Marquee's is in the way.
"""

import base64
import http.client
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import urllib.parse

import programs

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"

# To start, on a machine that does much else: most of what a test has.
START_S = min(float(os.environ.get("MARQUEE_TEST_S", "120")) * 7 / 8, 300)

# Of a question to the management API.
ASK_S = 30

USER, PASSWORD = "guest", "guest"

CONFIG = """\
listeners.tcp.default = 127.0.0.1:{amqp}
listeners.ssl.default = 127.0.0.1:{amqps}
ssl_options.cacertfile = {directory}/ca.pem
ssl_options.certfile = {directory}/cert.pem
ssl_options.keyfile = {directory}/key.pem
management.tcp.ip = 127.0.0.1
management.tcp.port = {http}
disk_free_limit.absolute = 1MB
vm_memory_high_watermark.absolute = 4GB
log.console = false
log.file.level = info
"""


def make_certificates(directory):
    """An authority of our own, and what it signs for localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes"]
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=Test",
            "-keyout", "ca-key.pem", "-out", "ca.pem")
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-addext", "basicConstraints=CA:FALSE",
            "-CA", "ca.pem", "-CAkey", "ca-key.pem",
            "-keyout", "key.pem", "-out", "cert.pem")


class Broker:
    """A broker; `owner` is the test class that ends it."""

    def __init__(self, owner):
        self.directory = tempfile.mkdtemp(prefix="marquee-rabbitmq-")
        owner.addClassCleanup(shutil.rmtree, self.directory,
                              ignore_errors=True)
        self.port, self.tls_port, self.http_port, self.dist_port, \
            self.epmd_port = (programs.free_port() for _ in range(5))
        self.vhosts = 0
        self.process = self.epmd = None
        make_certificates(self.directory)
        with open(self.path("rabbitmq.conf"), "w", encoding="ascii") as config:
            config.write(CONFIG.format(
                directory=self.directory, amqp=self.port, amqps=self.tls_port,
                http=self.http_port))
        with open(self.path("plugins"), "w", encoding="ascii") as plugins:
            plugins.write("[rabbitmq_management].\n")
        owner.addClassCleanup(self.end)
        # One of our own, or the server would leave one behind.
        self.epmd = subprocess.Popen(
            ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"],
            env=programs.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def environment(self):
        return programs.environment({
            "HOME": self.directory,
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": self.path("mnesia"),
            "RABBITMQ_LOG_BASE": self.path("log"),
            "RABBITMQ_PID_FILE": self.path("pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.path("plugins"),
            "RABBITMQ_CONFIG_FILE": self.path("rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_START_ARGS": "-setcookie test",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
        })

    def start(self, waits=True):
        if os.path.exists(self.path("pid")):
            os.unlink(self.path("pid"))
        with open(self.path("output"), "ab") as output:
            self.process = subprocess.Popen(
                [SERVER], env=self.environment(), cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if waits:
            self.await_start()

    def await_start(self):
        def answers():
            if self.process.poll() is not None:
                raise RuntimeError("the broker ended: " + self.words())
            try:
                return self.ask("GET", "/api/health/checks/node-is-quorum-"
                                "critical")[0] == 200 and self.pid()
            except http.client.HTTPException:
                return False
        try:
            programs.wait_for(answers, START_S, "the broker")
        except AssertionError as error:
            raise AssertionError("%s: %s" % (error, self.words())) from error

    def words(self):
        with open(self.path("output"), encoding="utf-8",
                  errors="replace") as output:
            return output.read()[-2000:]

    def pid(self):
        with open(self.path("pid"), encoding="ascii") as pid:
            return int(pid.read())

    def kill(self):
        """What a power cut does to it."""
        self.signal(signal.SIGKILL)

    def forget_last_queue(self):
        """What a kill may do in the two seconds after the last queue was made,
        now that it is dead: Mnesia, which has synced that it is to be made, writes
        the word that this is committed behind."""
        with open(self.path("mnesia", "test@localhost", "LATEST.LOG"),
                  "r+b") as log:
            records = log.read()
            word = records.rfind(b"\x83h\5d\0\x08decision")
            if word > records.rfind(b"rabbit_durable_queue"):
                log.truncate(word - 8)  # its size, and a magic number

    def stop(self):
        self.signal(signal.SIGTERM)

    def signal(self, number):
        """One that is only just starting tells its pid in a moment."""
        def tells_pid():
            try:
                return self.process.poll() is not None or self.pid()
            except ValueError:
                return False
        programs.wait_for(tells_pid, START_S, "the broker's pid")
        try:
            os.kill(self.pid(), number)
        except (OSError, ValueError):
            pass
        try:
            self.process.wait(programs.END_S * 2)
        except subprocess.TimeoutExpired:
            os.kill(self.pid(), signal.SIGKILL)
            self.process.kill()
            self.process.wait()

    def end(self):
        if self.process:
            self.kill()
        if self.epmd:
            self.epmd.kill()
            self.epmd.wait()

    def ask(self, method, path, body=None):
        """Asks the management API; returns status and value."""
        credentials = base64.b64encode(
            ("%s:%s" % (USER, PASSWORD)).encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port,
                                                timeout=ASK_S)
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body),
                {"Authorization": "Basic " + credentials,
                 "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def must(self, method, path, body=None):
        """The same; anything but success is an error."""
        status, value = self.ask(method, path, body)
        if not 200 <= status < 300:
            raise AssertionError("%s %s: %d %s" % (method, path, status,
                                                   value))
        return value

    def control(self, *arguments):
        """rabbitmqctl, for what the API does not do; about 2 s."""
        done = subprocess.run(
            ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-n", "test@localhost",
             "--erlang-cookie", "test", *arguments],
            env=self.environment(), cwd=self.directory, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=START_S)
        if done.returncode != 0:
            raise AssertionError(done.stdout.decode(errors="replace"))
        return done.stdout.decode()

    def vhost(self):
        self.vhosts += 1
        return Vhost(self, "test/%d" % self.vhosts)


class Vhost:
    """A place for one test's queues. Its name has a slash, as nothing may take
    it for a path."""

    def __init__(self, broker, name):
        self.broker = broker
        self.name = name
        self.part = urllib.parse.quote(name, safe="")
        broker.must("PUT", "/api/vhosts/" + self.part, {})
        broker.must("PUT", "/api/permissions/%s/%s" % (self.part, USER),
                    {"configure": ".*", "write": ".*", "read": ".*"})

    def await_kept(self):
        """Until the broker, killed, still has it: it keeps what it has made a
        moment later. The last of a vhost is who may use it."""
        name = self.name.encode()
        permission = USER.encode() + b"m" + struct.pack(">I", len(name)) + name
        directory = self.broker.path("mnesia", "test@localhost")

        def has_it(file):
            with open(os.path.join(directory, file), "rb") as metadata:
                return permission in metadata.read()
        programs.wait_for(
            lambda: any(has_it(file) for file in os.listdir(directory)
                        if file == "LATEST.LOG" or
                        file.startswith("rabbit_user_permission.")),
            ASK_S, "the vhost on disk")

    @property
    def url(self):
        return "amqp://%s:%s@127.0.0.1:%d/%s" % (
            USER, PASSWORD, self.broker.port, self.part)

    def url_of(self, user, permissions):
        """The URL for a user of this vhost with no more than these."""
        password = "p@ss/word %"
        self.broker.must("PUT", "/api/users/" + user,
                         {"password": password, "tags": ""})
        self.broker.must("PUT", "/api/permissions/%s/%s" % (self.part, user),
                         permissions)
        return self.url.replace("guest:guest", "%s:%s" % (
            user, urllib.parse.quote(password, safe="")))

    def tls_url(self, host):
        return "amqps://%s:%s@%s:%d/%s" % (
            USER, PASSWORD, host, self.broker.tls_port, self.part)

    def queue_path(self, queue):
        return "/api/queues/%s/%s" % (self.part, urllib.parse.quote(queue))

    def queues(self):
        """name -> what is known of it."""
        return {queue["name"]: queue for queue in self.broker.must(
            "GET", "/api/queues/" + self.part)}

    def declare(self, queue, **properties):
        self.broker.must("PUT", self.queue_path(queue),
                         {"durable": True, **properties})

    def delete(self, queue):
        self.broker.must("DELETE", self.queue_path(queue))

    def take(self, queue, most=1000, keeps=False):
        """Takes messages, or looks at them; none where there is no queue."""
        status, messages = self.broker.ask(
            "POST", self.queue_path(queue) + "/get",
            {"count": most, "encoding": "auto",
             "ackmode": "ack_requeue_true" if keeps else "ack_requeue_false"})
        if status == 404:
            return []
        if status != 200:
            raise AssertionError("get %s: %d %s" % (queue, status, messages))
        return messages

    def await_messages(self, queue, count, seconds=60):
        """Takes until there are so many; returns them."""
        found = []

        def enough():
            found.extend(self.take(queue))
            return len(found) >= count
        programs.wait_for(enough, seconds,
                          "%d messages in %s" % (count, queue))
        return found

    def publish(self, queue, payload, **properties):
        self.broker.must(
            "POST", "/api/exchanges/%s/amq.default/publish" % self.part,
            {"routing_key": queue, "payload": payload,
             "payload_encoding": "string", "properties": properties})

    def set_policy(self, name, pattern, definition):
        self.broker.must("PUT", "/api/policies/%s/%s" % (self.part, name),
                         {"pattern": pattern, "definition": definition,
                          "apply-to": "queues"})

    def drop_policy(self, name):
        self.broker.must("DELETE", "/api/policies/%s/%s" % (self.part, name))


class WithVhost:
    """For a TestCase, before it among the bases: a broker for the class, which
    takes about 9 s, and queues of each test's own, self.vhost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker = Broker(cls)

    def setUp(self):
        self.vhost = self.broker.vhost()
        super().setUp()
