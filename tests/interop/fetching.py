# SPDX-License-Identifier: MIT
"""The program and one real server for all tests of a run: what they share.

A test file says what it runs in Setting, and main() runs it. The exit status
is 77 if the server is not installed.
"""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import courier
import cyrus
import servers

SECONDS = 120
KINDS = servers.SERVERS | {"courier": courier.Courier, "cyrus": cyrus.Cyrus}
FINE, LATER, PROTOCOL, LOGIN, CONFIG = 0, 75, 76, 77, 78


class Setting:
    """The arguments of this run."""
    pop3 = probe = kind = part = ""


class Interop(unittest.TestCase):
    """One server for all tests of a run; a maildrop for each."""
    users = 0

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(KINDS[Setting.kind]())

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="pop3-test-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.maildir = os.path.join(self.dir, "mail")

    def path(self, name):
        return os.path.join(self.dir, name)

    def add_user(self, count, password="a secret", big_octets=0):
        Interop.users += 1
        return self.server.add_user(f"user{Interop.users}", password, count,
                                    seed=Interop.users, big_octets=big_octets)

    # ---- the program ------------------------------------------------------

    def arguments(self, drop, part=None, port=None, auth="user",
                  password=None, trusting=True):
        """Flags and the URL to reach a maildrop."""
        part = part or Setting.part
        listener = "tls" if part == "tls" else "clear"
        user = urllib.parse.quote(drop.login, safe="")
        scheme = "pops" if part == "tls" else "pop"
        # A name for TLS, an address without it.
        host = "127.0.0.1" if part == "clear" else "localhost"
        url = f"{scheme}://{user}@{host}:{port or self.server.ports[listener]}"
        secret = self.path("password")
        with open(secret, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write((password or drop.password) + "\n")
        flags = ["--password-file", secret, "--auth", auth]
        flags += {"clear": ["--tls", "none"], "stls": ["--stls"],
                  "tls": []}[part]
        if part != "clear" and trusting:
            flags += ["--ca-file", self.server.ca_file]
        return flags + [url]

    def start(self, command, where, *more):
        env = {"PATH": servers.PATH, "HOME": self.dir,
               "XDG_STATE_HOME": self.path("state")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        return subprocess.Popen(
            [Setting.pop3, command, *where, *more],
            cwd=self.dir, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process, status=0):
        """(standard output, standard error) of a program that ends with this
        status."""
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"did not end in {SECONDS} s: {err!r}")
        err = err.decode("utf-8", "replace")
        self.assertEqual(process.returncode, status, f"\n{process.args}\n"
                         f"stderr: {err}stdout: {out[-2000:]!r}")
        return out, err

    def run_pop3(self, command, where, *more, status=0):
        return self.finish(self.start(command, where, *more), status)

    def run_json(self, command, where, *more, status=0):
        out, _ = self.run_pop3(command, where, "--json", *more,
                               status=status)
        return json.loads(out)

    def fetch(self, where, *more, status=0):
        """The totals of a fetch into self.maildir."""
        return self.run_json("fetch", where, "--deliver",
                             "maildir:" + self.maildir, *more,
                             status=status)["accounts"][0]

    # ---- what was delivered ----------------------------------------------

    def delivered(self):
        """{octets of a file: how many there are} of the Maildir."""
        found = collections.Counter()
        for sub in ("new", "cur"):
            directory = os.path.join(self.maildir, sub)
            for name in os.listdir(directory):
                with open(os.path.join(directory, name), "rb") as file:
                    found[file.read()] += 1
        return found

    def check_delivered(self, drop):
        """Every message once, octet for octet, and nothing else."""
        want = collections.Counter(drop.delivered())
        got = self.delivered()
        self.assertEqual(sum(got.values()), len(drop.messages))
        for data in (want - got) + (got - want):
            self.fail(f"delivered {got[data]} times, not {want[data]}: "
                      f"{data[:2000]!r}")
        self.assertEqual(os.listdir(os.path.join(self.maildir, "tmp")), [])

    def check_on_server(self, drop, count):
        """How many messages the server's own Maildir holds, or will soon:
        Courier says goodbye first, and then deletes."""
        end = time.monotonic() + SECONDS
        while True:
            found = sum(len(os.listdir(os.path.join(drop.path, sub)))
                        for sub in ("new", "cur"))
            if found == count or time.monotonic() > end:
                break
            time.sleep(0.05)
        self.assertEqual(found, count)


def run(case, names):
    """Tests of a class, or all of them."""
    # With an exception the servers are stopped, as always.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        KINDS[Setting.kind]()
    except servers.Missing as missing:
        print(f"SKIP {missing}")
        return 77
    names = [f"{case}.{name}" for name in names] or [case]
    done = unittest.main(argv=sys.argv[:1] + names, exit=False, verbosity=2)
    return 0 if done.result.wasSuccessful() else 1
