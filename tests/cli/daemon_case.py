# SPDX-License-Identifier: MIT
"""pop3 daemon under test: what the files daemon_*_test.py share.

All waits are for something that happens: a line, a datagram, a command that
the server got, a state that `pop3 status --json` tells.
"""

import json
import os
import re
import signal
import socket
import subprocess
import threading

import program
from program import Case, mailbox, until

PATIENCE = 60   # seconds until a test fails that waits for what never comes


class Daemon:
    """One that runs. Its lines are read as they come."""

    def __init__(self, case, argv, env, **kwargs):
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=env, text=True, **kwargs)
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        case.addCleanup(self.kill)

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_line(self, pattern, count=1):
        """Waits until so many lines match; returns the last of them."""
        def found():
            return [line for line in self.lines if re.search(pattern, line)]

        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or len(found()) >= count, PATIENCE)
            if len(found()) < count:
                raise TimeoutError(f"no {pattern!r} in {self.lines}")
            return found()[count - 1]

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        """Ends it by that signal; its exit status."""
        self.send(number)
        return self.wait()

    def wait(self):
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stderr.close()

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as file:
            return [int(word) for word in file.read().split()]


class Manager:
    """A service manager: a socket for sd_notify."""

    def __init__(self, case, name):
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self._socket.settimeout(PATIENCE)
        self.heard = []
        case.addCleanup(self._socket.close)

    def wait(self, pattern):
        """Waits for a datagram that matches."""
        while True:
            text = self._socket.recv(4096).decode()
            self.heard.append(text)
            if re.search(pattern, text):
                return text


class DaemonCase(Case):
    """Accounts in a configuration file, one of them made by setUp()."""

    def setUp(self):
        super().setUp()
        self.config = self.path("config")
        self.metrics_path = self.path("metrics")
        self.defaults = {"ca-file": self.authority.ca_file,
                         "state": self.state, "every": "1h",
                         "password-file": self.path("password"),
                         "metrics": "unix:" + self.metrics_path,
                         "timeout": "20"}
        self.accounts = {}

    def account(self, name, server, **settings):
        """Its own Maildir, unless it is told another."""
        self.accounts[name] = {
            "server": "localhost", "port": server.ports["tls"],
            "user": "demo", "deliver": "maildir:" + self.path(name),
            **{key.replace("_", "-"): value
               for key, value in settings.items()}}

    def box_server(self, name, *faults, count=2, **kwargs):
        """A server with a mailbox of its own."""
        mailbox.make(self.path("box-" + name), count)
        return self.serve(*faults, maildir=self.path("box-" + name),
                          **kwargs)

    def write_config(self):
        sections = [("defaults", self.defaults)] + [
            ("account " + name, entries)
            for name, entries in self.accounts.items()]
        text = "\n".join(f"[{name}]\n" + "".join(
            f"{key} = {value}\n" for key, value in entries.items())
            for name, entries in sections)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.config, 0o600)

    def daemon(self, *args, env=None, ready=True, **kwargs):
        self.write_config()
        one = Daemon(self, [program.PROGRAM, "daemon", "--config",
                            self.config, *args],
                     self.environment(**(env or {})), **kwargs)
        if ready:
            one.wait_line(r"^watching \d+ account")
        return one

    def status(self, *args):
        """By the name of the account."""
        done = subprocess.run(
            [program.PROGRAM, "status", "--json", "--config", self.config,
             *args], capture_output=True, text=True, check=False,
            timeout=PATIENCE, env=self.environment())
        found = json.loads(done.stdout)
        return {one["account"]: one for one in found["accounts"]}

    def wait_status(self, name, **wanted):
        def same():
            one = self.status()[name]
            return all(one.get(key) == value
                       for key, value in wanted.items())

        until(same, PATIENCE)
        return self.status()[name]

    def status_text(self, *args, status=program.FINE):
        return self.run_argv([program.PROGRAM, "status", "--config",
                              self.config, *args], status).stdout

    # ---- metrics --------------------------------------------------------

    def http(self, request, path=None):
        """Sends octets; all that comes back."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(path or self.metrics_path)
            sock.sendall(request)
            answer = b""
            while data := sock.recv(65536):
                answer += data
        return answer

    def scrape(self):
        answer = self.http(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                           b"\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK\r\n"), head)
        return body.decode()

    def metric(self, name, **labels):
        """The sum of the samples that have these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in self.scrape().splitlines()
            if re.match(name + r"[{ ]", line) and
            all(one in line for one in wanted))

    def wait_metric(self, value, name, **labels):
        until(lambda: self.metric(name, **labels) == value, PATIENCE)


__all__ = ["Daemon", "DaemonCase", "Manager", "PATIENCE", "mailbox", "until"]
