# SPDX-License-Identifier: MIT
"""The pop3 program against the test server: what all tests here share.

Each test file is run as: python3 FILE PROGRAM [unittest arguments].
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "server"))

import certs            # noqa: E402
import mailbox          # noqa: E402  (that of tests/server)
import transcript       # noqa: E402
from pop3_server import Options, Server     # noqa: E402

PROGRAM = os.environ.get("POP3_PROGRAM", "pop3")

# Exit statuses of pop3(1).
(FINE, PARTIAL, USAGE, GUARD, NO_SERVER, DISK, LATER, PROTOCOL, LOGIN,
 CONFIG) = (0, 1, 64, 65, 69, 74, 75, 76, 77, 78)

__all__ = ["Case", "Options", "FINE", "PARTIAL", "USAGE", "GUARD",
           "NO_SERVER", "DISK", "LATER", "PROTOCOL", "LOGIN", "CONFIG",
           "PROGRAM", "main", "until"]


def until(condition, timeout=10):
    """Waits for something that gives no notice of itself."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not happen")
        time.sleep(0.005)


class Case(unittest.TestCase):
    """A directory, an authority, a mailbox, and ways to run the program."""

    maxDiff = 2000
    count = 12      # messages in the mailbox

    @classmethod
    def setUpClass(cls):
        cls.make_authority(cls.addClassCleanup)

    @classmethod
    def make_authority(cls, clean_up):
        cls._root = tempfile.TemporaryDirectory()
        clean_up(cls._root.cleanup)
        cls.authority = certs.Authority(os.path.join(cls._root.name, "ca"))
        cls.pair = cls.authority.issue("good")

    def setUp(self):
        self.dir = tempfile.mkdtemp(dir=self._root.name)
        self.box = self.path("box")
        self.maildir = self.path("Mail")
        self.state = self.path("seen.db")
        self.expected = mailbox.make(self.box, self.count)
        self.uids = sorted(self.expected)
        self.served = None
        self.password("demo")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def password(self, text, mode=0o600):
        with open(self.path("password"), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.chmod(self.path("password"), mode)

    def add(self, name, data):
        """One more message, with LF."""
        with open(os.path.join(self.box, "new", name), "wb") as file:
            file.write(data)
        self.expected[name] = data
        self.uids = sorted(self.expected)

    def long_one(self):
        """A message from the fourth on with more than 500 octets."""
        return next(n for n, uid in enumerate(self.uids, 1)
                    if n >= 4 and len(self.expected[uid]) > 500)

    # ---- server ---------------------------------------------------------

    def serve(self, *faults, **kwargs):
        """One of another maildir is another one. Else it takes the place of
        the one before, and its ports: to the program it is the same."""
        again = self.served if "maildir" not in kwargs else None
        server = Server(**{"maildir": self.box, "tls": self.pair,
                           "stls": self.pair, "faults": faults,
                           "ports": again and again.ports, **kwargs}).start()
        self.addCleanup(server.stop)
        if again is not None:
            again.stop()
        if "maildir" not in kwargs:
            self.served = server
        return server

    def url(self, server, kind="tls", user="demo"):
        scheme = "pops" if kind == "tls" else "pop"
        return f"{scheme}://{user}@localhost:{server.ports[kind]}"

    def left(self):
        """How many messages the server still has."""
        return sum(len(os.listdir(os.path.join(self.box, sub)))
                   for sub in ("new", "cur"))

    # ---- program --------------------------------------------------------

    def argv(self, command, *args, password=True):
        flags = ["--ca-file", self.authority.ca_file, "--timeout", "20"]
        if password:
            flags += ["--password-file", self.path("password")]
        return [PROGRAM, command, *flags, *args]

    def environment(self, **changes):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("XDG_", "POP3_"))
               and not key.upper().endswith("_PROXY")}
        return {**env, "HOME": self.dir, **changes}

    def start(self, argv, **kwargs):
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment(), text=True,
            start_new_session=True, **kwargs)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_argv(self, argv, status=FINE, env=None, text=True, **kwargs):
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=text,
            timeout=60, env=env or self.environment(), check=False,
            start_new_session=True, **kwargs)
        if status is not None:      # any
            self.assertEqual(done.returncode, status,
                             f"{argv}\n{done.stdout}\n{done.stderr}")
        return done

    def pop3(self, command, *args, status=FINE, password=True, **kwargs):
        return self.run_argv(self.argv(command, *args, password=password),
                             status, **kwargs)

    def json(self, command, *args, status=FINE):
        return json.loads(self.pop3(command, "--json", *args,
                                    status=status).stdout)

    def fetch_argv(self, server, *args, kind="tls"):
        extra = (["--tls", "none", "--auth", "user"] if kind == "clear"
                 else [])
        return self.argv("fetch", "--deliver", "maildir:" + self.maildir,
                         "--state", self.state, *extra, *args,
                         self.url(server, kind))

    def fetch(self, server, *args, status=FINE, kind="tls", **kwargs):
        return self.run_argv(self.fetch_argv(server, *args, kind=kind),
                             status, **kwargs)

    # ---- what was delivered ---------------------------------------------

    def files(self, *subs):
        found = []
        for sub in subs or ("new", "cur"):
            folder = os.path.join(self.maildir, sub)
            if os.path.isdir(folder):
                found += [os.path.join(folder, name)
                          for name in os.listdir(folder)]
        return found

    def delivered(self):
        """The octets of all messages, counted."""
        counted = collections.Counter()
        for path in self.files():
            with open(path, "rb") as file:
                counted[file.read()] += 1
        return counted

    def wanted(self, *leave_out):
        """The same for the mailbox without the messages of these numbers."""
        return collections.Counter(
            self.expected[uid] for number, uid in enumerate(self.uids, 1)
            if number not in leave_out)

    def assert_delivered(self, *leave_out):
        self.assertEqual(self.delivered(), self.wanted(*leave_out))
        self.assertEqual(self.files("tmp"), [])

    def retrieved(self, server):
        return [int(line.split()[1]) for line in server.log.commands()
                if line.startswith("RETR")]

    def deleted(self, server):
        return [int(line.split()[1]) for line in server.log.commands()
                if line.startswith("DELE")]


def main():
    global PROGRAM
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(module=sys.modules["__main__"], verbosity=1)
