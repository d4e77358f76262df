# SPDX-License-Identifier: MIT
"""pop3 daemon and status: what went wrong, what comes next, metrics, hooks."""

import os
import re
import resource
import signal
import socket
import subprocess
import time

import program
from daemon_case import PATIENCE, DaemonCase, mailbox, until
from program import FINE, LOGIN, PARTIAL, Options

ALWAYS = {
    "network": "close-on=GREETING",
    "busy": "in-use",
    "server": "login-err=[SYS/TEMP] later",
    "login-delay": "login-err=[LOGIN-DELAY] too early",
    "login": "login-err=[AUTH] no",
    "protocol": "say-on=UIDL/nonsense",
}


class Failures(DaemonCase):
    def test_kinds(self):
        """Each kind of failure is told by its name, and mended by itself; a
        refused login alone waits for a person."""
        servers = {}
        for kind, fault in ALWAYS.items():
            servers[kind] = self.box_server(kind, fault)
            self.account(kind, servers[kind], every="1s")
        daemon = self.daemon("--max-per-host", "8")
        for kind in ALWAYS:
            until(lambda kind=kind: self.metric(
                "pop3_runs_total", account=kind, outcome=kind) > 0, PATIENCE)
        found = self.status()
        for kind in ALWAYS:
            self.assertEqual(found[kind]["outcome"], kind)
            self.assertNotEqual(found[kind]["error"], "")
        self.assertTrue(found["login"]["stopped"])
        self.assertNotIn("next", found["login"])
        self.assertEqual(self.metric("pop3_stopped"), 1)
        daemon.wait_line("^pop3: login: the login was refused: this account "
                         "is not tried again")
        self.assertIn("stopped: mend it", self.status_text(status=PARTIAL))
        for server in servers.values():
            server.set_faults([])
        for kind in ALWAYS:
            if kind != "login":
                daemon.wait_line(f"^{kind}: fetched 2 messages")
                self.wait_metric(0, "pop3_failures_in_a_row", account=kind)
        daemon.send(signal.SIGUSR1)
        daemon.wait_line("^login: stopped")
        self.assertEqual(len(servers["login"].log.events("open")), 1)
        daemon.send(signal.SIGHUP)
        daemon.wait_line("^login: fetched 2 messages")
        self.assertEqual(daemon.end(), FINE)

    def test_disk_and_configuration(self):
        # A mailbox each: two runs at once of one mailbox are "busy".
        self.account("disk", self.box_server("disk"),
                     deliver="maildir:/dev/full/x")
        self.account("config", self.box_server("config"),
                     password="file: /dev/null/x")
        self.defaults.pop("password-file")
        self.accounts["disk"]["password-file"] = self.path("password")
        daemon = self.daemon()
        daemon.wait_line("^config: tries again in")
        daemon.wait_line("^disk: tries again in")
        found = self.status()
        self.assertEqual(found["config"]["outcome"], "config")
        self.assertIn(found["disk"]["outcome"], ("disk", "config"))
        self.assertEqual(daemon.end(), FINE)

    def test_login_delay_of_the_server(self):
        server = self.box_server("one", options=Options(
            capa_drop=["EXPIRE"], capa_add=["LOGIN-DELAY 3600", "EXPIRE 2"]))
        self.account("one", server, every="1s", keep="30d")
        for _ in range(2):      # also across a restart
            daemon = self.daemon()
            if not server.log.events("close"):
                daemon.wait_line("^one: fetched 2")
            one = self.wait_status("one", running=False)
            self.assertGreaterEqual(one["next"], one["ended"] + 3590)
            daemon.send(signal.SIGUSR1)
            daemon.send(signal.SIGHUP)
            daemon.wait_line("read again")
            one = self.status()["one"]
            self.assertGreaterEqual(one["next"], one["ended"] + 3590)
            text = self.status_text()
            self.assertIn("wants 3600 s between two logins", text)
            self.assertIn("removes mail 2 days after", text)
            self.assertEqual(daemon.end(), FINE)
        self.assertEqual(len(server.log.events("open")), 1)


class Status(DaemonCase):
    """Without a daemon."""

    def fetch_all(self, status=FINE, *args):
        return self.run_argv([program.PROGRAM, "fetch", "--config",
                              self.config, "--all", *args], status)

    def test_words(self):
        server = self.box_server("one")
        self.account("one", server)
        self.write_config()
        self.assertIn("one: was not fetched yet", self.status_text())
        self.fetch_all()
        text = self.status_text()
        self.assertRegex(text, r"^No daemon runs\.\none: fetched 2 messages, "
                               r"\S+ \S+ \(\d+ seconds? ago\)\n$")
        server.set_faults(["login-err=[AUTH] \x1b[31m no"])
        self.fetch_all(LOGIN)
        self.fetch_all(LOGIN)
        text = self.status_text(status=PARTIAL)
        self.assertRegex(text, r"one: failed \d+ seconds? ago: AUTH: ")
        self.assertIn("2 runs failed in a row", text)
        self.assertIn("the last run without an error: ", text)
        self.assertNotIn("\x1b", text)
        one = self.status()["one"]
        self.assertEqual((one["outcome"], one["failures"], one["status"]),
                         ("login", 2, LOGIN))
        self.assertNotIn("next", one)

    def test_pending_deletes(self):
        server = self.box_server("one", "close-on=QUIT")
        self.account("one", server, keep="0")
        self.write_config()
        self.fetch_all(status=None)
        text = self.status_text(status=PARTIAL)
        self.assertIn("deletes that are pending: 2", text)
        server.set_faults([])
        self.fetch_all()
        self.assertNotIn("pending", self.status_text())

    def test_file_that_makes_no_sense(self):
        self.account("one", self.box_server("one"))
        self.write_config()
        self.fetch_all()
        folder = self.state + ".status"
        path = os.path.join(folder, os.listdir(folder)[0])
        with open(path, encoding="utf-8") as file:
            good = file.read()
        for text in ("", "\0" * 100, "fetched = many\n", "x" * 20000,
                     "outcome = wonderful\n", "why = \"", good[:40],
                     "exit-status = 99999999999\n"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            self.assertIn("one: ", self.status_text(status=None))
        # The clock was set back since.
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub("ended = .*", "ended = 99999999999", good))
        self.assertIn("the clock was set", self.status_text())
        self.fetch_all()
        self.assertIn("0 messages", self.status_text())

    def test_named(self):
        for name in ("one", "two"):
            self.account(name, self.box_server(name))
        self.write_config()
        self.assertEqual(list(self.status("two")), ["two"])
        self.run_argv([program.PROGRAM, "status", "--config", self.config,
                       "onne"], program.USAGE)


class Jobs(Status):
    def test_several_at_once(self):
        names = [f"a{i}" for i in range(6)]
        for name in names:
            self.account(name, self.box_server(name, "delay-on=STAT/0.3"))
        self.account("bad", self.box_server("bad", "login-err"))
        self.write_config()
        done = self.fetch_all(PARTIAL, "--jobs", "4", "--max-per-host", "4",
                              "--json")
        found = program.json.loads(done.stdout)["accounts"]
        self.assertEqual([one["fetched"] for one in found], [2] * 6 + [0])
        self.assertEqual(found[-1]["status"], LOGIN)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 8, lines)
        for name in names:
            self.assertEqual(sum(line.startswith(
                f"{name}: fetched 2 messages, ") for line in lines), 1)
        self.assertEqual(
            sum(line.startswith("pop3: bad: localhost: AUTH: ")
                for line in lines), 1)

    def test_interrupt(self):
        server = self.box_server("one", "stall-on=RETR:2")
        self.account("one", server)
        self.account("two", self.box_server("two"))
        self.write_config()
        process = self.start([program.PROGRAM, "fetch", "--config",
                              self.config, "--all", "--jobs", "2"])
        until(lambda: "RETR 2" in server.log.commands(), PATIENCE)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), -signal.SIGINT)
        server.set_faults([])
        self.fetch_all()
        self.assertEqual(len(os.listdir(self.path("one", "new"))), 2)

    def test_progress(self):
        """One line for all of them, on a terminal; whole lines above it."""
        for name in ("one", "two"):
            self.account(name, self.box_server(name, "delay-on=STAT/0.2"))
        self.write_config()
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            [program.PROGRAM, "fetch", "--config", self.config, "--all",
             "--jobs", "2"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=theirs,
            env=self.environment(TERM="dumb"))
        os.close(theirs)
        text = b""
        try:
            while data := os.read(ours, 4096):
                text += data
        except OSError:     # the other end is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(PATIENCE), FINE)
        self.assertRegex(text, rb"\r\[[#-]{20}\] \d/[24]  \S+ \S+ of ")
        self.assertIn(b"] 4/4  ", text)
        for name in (b"one", b"two"):
            self.assertRegex(text, rb"(\r\x1b\[K|\n|^)" + name +
                             rb": fetched 2 messages, ")

    # Those of the class above once are enough.
    test_words = test_pending_deletes = test_named = None
    test_file_that_makes_no_sense = None


class Hook(DaemonCase):
    def hooked(self, command, name="one", **settings):
        server = self.box_server(name)
        self.account(name, server, on_mail=command, **settings)
        return server

    def fetch_one(self, **kwargs):
        self.write_config()
        return self.run_argv([program.PROGRAM, "fetch", "--config",
                              self.config, "one"], **kwargs)

    def test_environment(self):
        self.hooked("sh -c 'env >$0; cat >>$0' " + self.path("said"))
        self.fetch_one(env=self.environment(CREDENTIALS_DIRECTORY="/secret"))
        with open(self.path("said"), encoding="utf-8") as file:
            said = dict(line.split("=", 1) for line in
                        file.read().splitlines())
        self.assertEqual(
            {key: said[key] for key in said if key.startswith("POP3_") and
             key not in ("POP3_OCTETS", "POP3_PROGRAM")},
            {"POP3_ACCOUNT": "one", "POP3_USER": "demo",
             "POP3_HOST": "localhost", "POP3_FETCHED": "2",
             "POP3_FAILED": "0", "POP3_DELETED": "0",
             "POP3_DELIVER": "maildir:" + self.path("one")})
        self.assertGreater(int(said["POP3_OCTETS"]), 0)
        self.assertNotIn("CREDENTIALS_DIRECTORY", said)
        os.unlink(self.path("said"))
        self.fetch_one()
        self.assertFalse(os.path.exists(self.path("said")))

    def test_failures_change_nothing(self):
        for command, words in (
                ("false", "failed with status 1"),
                ("/dev/null/x", "could not be run"),
                ("sh -c 'kill -9 $$'", "killed by signal 9"),
                ("sh -c 'trap \"\" TERM; sleep 100 & sleep 100'",
                 "did not end in time")):
            self.hooked(command, on_mail_timeout="1s", name="one")
            mailbox.make(self.path("box-one"), 2)
            self.accounts["one"]["deliver"] = "maildir:" + self.path(words)
            self.defaults["state"] = self.path("state " + words)
            done = self.fetch_one()
            self.assertIn(words, done.stderr)
            self.assertIn("the mail is delivered", done.stderr)
            self.assertEqual(len(os.listdir(self.path(words, "new"))), 2)

    def test_of_the_daemon(self):
        self.hooked("false")
        self.hooked("sh -c 'echo ran >&2'", name="two")
        daemon = self.daemon()
        daemon.wait_line("^pop3: one: the on-mail program failed")
        daemon.wait_line("^ran$")
        self.wait_metric(1, "pop3_hook_failures_total")
        self.assertIn("on-mail: the on-mail program failed",
                      self.status_text())
        self.assertEqual(daemon.end(), FINE)


class Metrics(DaemonCase):
    SAMPLE = re.compile(
        r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? '
        r'(-?\d+(?:\.\d+)?)')
    SUFFIXES = {"counter": ("_total",), "gauge": ("",), "info": ("_info",)}

    def parse(self, text):
        """As OpenMetrics 1.0 wants it; {sample: {labels: value}}."""
        self.assertTrue(text.endswith("\n# EOF\n"))
        family, kind, seen, samples = None, None, set(), {}
        for line in text[:-len("# EOF\n")].splitlines():
            if line.startswith("# "):
                _, word, name, rest = line.split(" ", 3)
                if word == "TYPE":
                    self.assertNotIn(name, seen)
                    seen.add(name)
                    family, kind = name, rest
                self.assertEqual(name, family)
                self.assertIn(word, ("TYPE", "UNIT", "HELP"))
                if word == "UNIT":
                    self.assertTrue(name.endswith("_" + rest))
                continue
            match = self.SAMPLE.fullmatch(line)
            self.assertIsNotNone(match, line)
            self.assertIn(match[1], [family + end
                                     for end in self.SUFFIXES[kind]])
            labels = samples.setdefault(match[1], {})
            self.assertNotIn(match[2], labels)
            labels[match[2]] = float(match[3])
        return samples

    def begin(self, **settings):
        self.account("one", self.box_server("one"), **settings)
        daemon = self.daemon()
        self.wait_metric(2, "pop3_fetched_messages_total")
        return daemon

    def test_text(self):
        daemon = self.begin()
        first = self.parse(self.scrape())
        self.assertEqual(first["pop3_fetched_messages_total"],
                         {'account="one"': 2})
        self.assertEqual(sum(first["pop3_runs_total"].values()), 1)
        self.assertEqual(os.stat(self.metrics_path).st_mode & 0o777, 0o660)
        daemon.end()
        self.assertFalse(os.path.exists(self.metrics_path))

    def first_line(self, request):
        return self.http(request).split(b"\r\n")[0].decode()

    def test_requests(self):
        daemon = self.begin()
        host = b"Host: localhost:9995\r\n\r\n"
        for request, answer in (
                (b"GET /metrics HTTP/1.1\r\n" + host, "200 OK"),
                (b"GET /metrics?x=1 HTTP/1.0\n\n", "200 OK"),
                (b"GET /metrics HTTP/1.1\r\nhost: [::1]:1\r\n\r\n",
                 "200 OK"),
                (b"GET / HTTP/1.1\r\n" + host, "404 Not Found"),
                (b"GET /metrics/ HTTP/1.1\r\n" + host, "404 Not Found"),
                (b"POST /metrics HTTP/1.1\r\n" + host,
                 "405 Method Not Allowed"),
                (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example"
                 b"\r\n\r\n", "403 Forbidden"),
                (b"GET /metrics HTTP/1.1\r\nHost: localhost.evil.example"
                 b"\r\n\r\n", "403 Forbidden"),
                (b"\r\n\r\n", "400 Bad Request"),
                (b"GET /metrics\r\n\r\n", "400 Bad Request"),
                (b"\0" * 10, "400 Bad Request"),
                (b"GET /metrics HTTP/1.1\r\n" + b"a" * 4096,
                 "431 Request Header Fields Too Large")):
            self.assertEqual(self.first_line(request), "HTTP/1.1 " + answer)
        daemon.end()

    def test_clients_that_do_nothing(self):
        """They hold up nobody for longer than their five seconds, and mail
        not at all."""
        daemon = self.begin()
        idle = [socket.socket(socket.AF_UNIX) for _ in range(12)]
        for one in idle:
            self.addCleanup(one.close)
            one.settimeout(PATIENCE)
        for one in idle[:8]:
            one.connect(self.metrics_path)
        for one in idle[8:]:
            one.connect(self.metrics_path)
            one.sendall(b"GET /met")
        mailbox.make(self.path("box-one"), 3)
        daemon.send(signal.SIGUSR1)
        daemon.wait_line("^one: fetched 1 message,")
        self.assertEqual(self.metric("pop3_fetched_messages_total"), 3)
        self.assertEqual(idle[0].recv(1), b"")
        daemon.end()

    def test_no_file_is_free(self):
        """Who cannot be accepted waits, and wakes nobody meanwhile."""
        daemon = self.begin()
        before = self.metric("pop3_daemon_wakeups_total")
        pid = daemon.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        # All of its own are open; poll() of them needs as many.
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (5, limits[1]))
        self.assertTrue(all(os.path.exists(f"/proc/{pid}/fd/{n}")
                            for n in range(5)))
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(self.metrics_path)
            time.sleep(1.2)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            self.assertLess(self.metric("pop3_daemon_wakeups_total") - before,
                            40)
        daemon.end()

    def test_loopback(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.account("one", self.box_server("one"))
            self.defaults["metrics"] = f"127.0.0.1:{port}"
            daemon = self.daemon(ready=False)
            daemon.wait_line("cannot serve metrics at 127.0.0.1")
            self.assertEqual(daemon.wait(), program.CONFIG)
        daemon = self.daemon()
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.settimeout(PATIENCE)
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            self.assertEqual(sock.recv(15), b"HTTP/1.1 200 OK")
        daemon.end()


if __name__ == "__main__":
    program.main()
