# SPDX-License-Identifier: MIT
"""python -m pop3.poplib HOST USER: prompts for the password on the terminal,
and prints all messages."""

import os
import pty
import select
import signal
import sys
import unittest

from poplib_server import Certificates, Server

SECONDS = 20
REPLIES = {"LIST": b"+OK\r\n1 10\r\n3 20\r\n.\r\n",
           "RETR 1": b"+OK\r\nSubject: one\r\n\r\n..dot\r\n.\r\n",
           "RETR 3": b"+OK\r\ncaf\xc3\xa9 \xff \x1b[2J\r\n.\r\n"}


def run(password, *arguments):
    """(status, what the terminal showed)"""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "pop3.poplib",
                                  *arguments])
    shown, told = b"", False
    try:
        while select.select([terminal], [], [], SECONDS)[0]:
            try:
                octets = os.read(terminal, 65536)
            except OSError:         # the terminal is closed
                break
            if not octets:
                break
            shown += octets
            if b"Password:" in shown and not told:
                told = True
                os.write(terminal, password + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(terminal)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status, shown.replace(b"\r\n", b"\n").decode()


class Main(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cls.certificates.close)

    def test_prints_messages(self):
        with Server(REPLIES, tls=self.certificates.server) as it:
            status, shown = run(b"hunter2", "localhost", "alice", "--port",
                                str(it.port), "--cafile",
                                self.certificates.ca_file)
        self.assertEqual(status, 0, shown)
        self.assertIn("Subject: one\n\n.dot\ncaf\u00e9 \\xff \\x1B[2J\n",
                      shown)
        self.assertNotIn("hunter2", shown)
        self.assertEqual(it.lines, ["USER alice", "PASS hunter2", "LIST",
                                    "RETR 1", "RETR 3", "QUIT"])

    def test_verifies(self):
        with Server(REPLIES, tls=self.certificates.server) as it:
            status, shown = run(b"hunter2", "localhost", "alice", "--port",
                                str(it.port))
        self.assertEqual((status, it.lines), (1, []))
        self.assertRegex(shown, r"^poplib: localhost: .*certificate.*\n$")

    def test_clear(self):
        replies = {**REPLIES, "PASS": b"-ERR wrong \x1b[2J\r\n"}
        with Server(replies) as it:
            status, shown = run(b"x", "localhost", "alice", "--clear",
                                "--port", str(it.port))
        self.assertEqual(status, 1)
        self.assertIn("poplib: localhost: server said: -ERR wrong \\x1B[2J\n",
                      shown)
        self.assertEqual(it.lines, ["USER alice", "PASS x"])


if __name__ == "__main__":
    unittest.main()
