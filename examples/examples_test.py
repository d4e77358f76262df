#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples against the project's test server, as their users would:
examples_test.py PRINT_ALL POLL OWN_TRANSPORT EPOLL UV GLIB, the last two empty
if they were not built"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "server"))

import certs  # noqa: E402
from pop3_server import Server  # noqa: E402

EXAMPLES = {name: os.path.abspath(path) for name, path in zip(
    ("print_all", "poll", "own_transport", "epoll", "uv", "glib"),
    sys.argv[1:]) if path}

# A server on standard input and output, as a program behind ssh would be.
STDIO_SERVER = r"""
import sys
print("+OK ready", end="\r\n", flush=True)
for line in sys.stdin:
    verb = line.split()[0].upper()
    if verb == "CAPA":
        print("+OK\r\nSASL PLAIN\r\n.", end="\r\n", flush=True)
    elif verb == "STAT":
        print("+OK 7 1000", end="\r\n", flush=True)
    elif verb == "AUTH":
        good = line.split()[2] == "AGFsaWNlAHNlY3JldA=="
        print("+OK" if good else "-ERR", end="\r\n", flush=True)
    else:
        print("+OK", end="\r\n", flush=True)
        if verb == "QUIT":
            break
"""


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        path = pathlib.Path(cls.folder.name)
        cls.path = path
        cls.make_mail(path / "mail")
        pair = cls.make_certs(path / "certs")
        cls.server = Server(maildir=str(path / "mail"), tls=pair)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def run_example(self, name, *args, stdin="demo\n", **env):
        return subprocess.run([EXAMPLES[name], *args], input=stdin.encode(),
                              capture_output=True, timeout=30, check=False,
                              env={**os.environ, **env},
                              start_new_session=True)

    @classmethod
    def make_mail(cls, path):
        for name in ("cur", "new", "tmp"):
            (path / name).mkdir(parents=True)
        cls.mail = [b"Subject: one\n\nfirst\n.dot\n", b"Subject: two\n\n"]
        for number, text in enumerate(cls.mail):
            (path / "new" / f"{number}.m").write_bytes(text)

    @classmethod
    def make_certs(cls, path):
        path.mkdir()
        authority = certs.Authority(str(path))
        cls.ca = str(authority.ca_file)
        return authority.issue("good")

    def port(self):
        return str(self.server.ports["tls"])

    def test_print_all(self):
        done = self.run_example("print_all", "localhost", "demo", self.port(),
                                SSL_CERT_FILE=self.ca)
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in self.mail:
            self.assertIn(text, done.stdout)

    def test_print_all_refused(self):
        done = self.run_example("print_all", "localhost", "demo", self.port(),
                                stdin="wrong\n", SSL_CERT_FILE=self.ca)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"server said", done.stderr)

    def test_print_all_verifies(self):
        done = self.run_example("print_all", "localhost", "demo", self.port())
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"certificate", done.stderr)

    def test_poll(self):
        done = self.run_example("poll", "localhost", self.port(), "demo",
                                self.ca)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, rb"^2 messages, \d+ octets\n$")

    def many(self, name):
        """Accounts that are right, and one that is not."""
        if name not in EXAMPLES:
            if os.environ.get("CI"):
                self.fail(f"{name} was not built: tools/setup test")
            self.skipTest(f"{name} was not built")
        accounts = ["demo demo"] * 20 + ["demo wrong"]
        done = self.run_example(name, "localhost", self.port(), self.ca,
                                stdin="\n".join(accounts) + "\n")
        self.assertEqual(done.stdout, b"demo: 2 messages\n" * 20)
        self.assertRegex(done.stderr, rb"^demo: [^\n]*server said[^\n]*\n$")
        self.assertEqual(done.returncode, 1)
        done = self.run_example(name, "localhost", self.port(), self.ca)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_example(name, "localhost", "1", self.ca,
                                stdin="demo demo\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot connect", done.stderr)

    def test_epoll(self):
        self.many("epoll")

    def test_uv(self):
        self.many("uv")

    def test_glib(self):
        self.many("glib")

    def test_own_transport(self):
        secret = self.path / "secret"
        secret.write_text("secret\n")
        done = self.run_example("own_transport", "alice", str(secret),
                                sys.executable, "-c", STDIO_SERVER)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, b"7 messages\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
