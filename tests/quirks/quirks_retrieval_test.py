# SPDX-License-Identifier: MIT
"""Quirks 20 to 29: retrieval."""

import collections
import os
import socket

from quirks import SHORT, Quirks, program
from program import LATER, NO_SERVER, PARTIAL


class Retrieval(Quirks):
    def test_quirk_20(self):
        """EOF before the end: not delivered, not remembered, and an end."""
        for octets in (0, 10, -1, -3, -5):
            with self.subTest(octets=octets):
                self.again()
                server = self.serve(f"cut-reply=RETR:2/{octets}")
                self.fetch(server, status=PARTIAL)
                self.assert_delivered(2)
                self.assertEqual(self.left(), len(self.uids))
                self.assertLessEqual(self.connections(server), 5)
                self.fetch_all(self.serve(), "--delete")

    def test_quirk_21(self):
        """No line end before the final dot, or no LF behind it; then
        silence."""
        for fault in ("say-on=RETR:2/+OK\r\nSubject: x\r\n\r\nno end.",
                      "stall-reply=RETR:2/-2", "stall-reply=RETR:2/-1"):
            with self.subTest(fault):
                self.again()
                self.fetch(self.serve(fault), *SHORT, status=PARTIAL)
                self.assert_delivered(2)
                self.assertEqual(self.left(), len(self.uids))
                self.fetch_all(self.serve(), "--delete")

    def test_quirk_22(self):
        """One dot is removed, and no other octet."""
        head = b"Subject: x\n\n"
        for number, data in enumerate((
                b".\n..\n...\n.x\n\n.\n", b"bare\rCR\r\rx\n", b"nul\0\0\n\0\n",
                bytes(range(128, 256)) + b"\n", b"x" * (10 << 20) + b"\n")):
            self.add(f"18000000{number:02}.M1P1.test", head + data)
        self.fetch_all(self.serve(), "--delete")
        self.count = 0
        self.again()
        data = head + b"bare\nLF\n\n\nx\n"
        self.add("1800000000.M1P1.test", data[:-1] + b"\r\n")
        self.expected["1800000000.M1P1.test"] = data
        self.fetch_all(self.serve("raw-body"), "--delete")

    def test_quirk_23(self):
        """TOP is not for bodies: nothing that is delivered came by it."""
        server = self.serve("top-whole")
        self.fetch_all(server, "--delete")
        self.assertEqual(server.log.verbs()["TOP"], 0)

    def test_quirk_24(self):
        """One that never comes keeps no other away, and stays."""
        for _ in range(2):
            server = self.serve("err-on=RETR:1/broken")
            self.fetch(server, "--delete", status=PARTIAL)
            self.assert_delivered(1)
            self.assertEqual(self.left(), 1)
            self.assertEqual(self.retrieved(server).count(1), 1)
        self.fetch_all(self.serve(), "--delete")

    def test_quirk_25(self):
        """RETR deletes on the server: a dry run has none."""
        server = self.serve("retr-deletes")
        self.fetch(server, "--dry-run", "--delete")
        verbs = server.log.verbs()
        self.assertEqual((verbs["RETR"], verbs["TOP"], verbs["DELE"]),
                         (0, 0, 0))
        self.assertEqual(self.left(), len(self.uids))

    def test_quirk_26(self):
        """Empty ones, a leading From line, and headers of no grammar."""
        for number, data in enumerate((
                b"", b"\n", b"From a b\nSubject: x\n\nFrom c\n",
                b": no name\nno colon\n folded\n\nx\n", b"no header at all\n",
                b"Subject: no empty line\n")):
            self.add(f"18000000{number:02}.M1P1.test", data)
        self.fetch_all(self.serve(), "--delete")

    def test_quirk_27(self):
        """PIPELINING that is announced and broken: one by one, on a new
        connection; or at once, if told so."""
        for fault in (["lose=RETR:3@1"], ["lose=RETR:3/merge@1"],
                      ["unasked=RETR:2/+OK@1"],
                      ["unasked=RETR:2/+OK@1", "chunk=1"]):
            self.again()
            server = self.serve(*fault)
            self.fetch_all(server, *SHORT, "--delete")
            self.assertEqual(self.connections(server), 2)
        self.again()
        server = self.serve("drop-pipelined")
        self.fetch_all(server, "--no-pipelining", "--delete")
        self.assertEqual(self.connections(server), 1)

    def test_quirk_28(self):
        """A deadline for each kind of silence."""
        self.fetch(self.serve("stall-on=GREETING"), *SHORT,
                   status=NO_SERVER)
        self.fetch(self.serve("tls-stall"), "--connect-timeout", "0.4",
                   status=NO_SERVER)
        self.fetch(self.serve("stall-on=STAT"), *SHORT, status=LATER)
        self.fetch(self.serve("drip=20"), "--deadline", "0.6",
                   status=NO_SERVER)
        done = self.fetch(self.serve("stall-reply=RETR:2/20"), *SHORT,
                          status=PARTIAL)
        self.assertIn("RETR 2: the server was silent", done.stderr)
        self.fetch_all(self.serve("stall-on=QUIT"), *SHORT)
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            waiting = []
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(full.getsockname())
            self.pop3("check", "--connect-timeout", "0.4",
                      f"pops://demo@127.0.0.1:{full.getsockname()[1]}",
                      status=NO_SERVER)
            for one in waiting:
                one.close()

    def test_quirk_29(self):
        """A server that ends the session while mail is put away: what is
        complete is kept, and the rest comes on another connection."""
        server = self.serve("close-after=RETR:4@1")
        self.fetch_all(server, "--delete")
        self.assertEqual(os.listdir(os.path.join(self.maildir, "tmp")), [])
        self.count = 3
        for goodbye in ("", "/-ERR idle for too long"):
            with self.subTest(goodbye):
                self.again()
                self.sleep_and_keep("idle-out=0.8" + goodbye)

    def sleep_and_keep(self, fault):
        """A command that takes longer than the server's patience: see
        tests/cli/slow_sink_test.py for all that may come of it."""
        got = self.path("got")
        os.mkdir(got)
        argv = ["fetch", "--delete", "--state", self.state, "--deliver",
                f"cmd: sh -c 'sleep 1.2; cat >{got}/$POP3_DELIVERY_ID.$$'"]
        # The second session is refused: that run is over.
        self.pop3(*argv, self.url(self.serve(fault, "refuse@2")),
                  status=LATER)
        self.assertEqual((len(os.listdir(got)), self.left()), (1, 3))
        server = self.serve(fault)
        self.pop3(*argv, self.url(server))
        self.assertEqual(self.retrieved(server), [2, 3])
        delivered = collections.Counter()
        for name in os.listdir(got):
            with open(os.path.join(got, name), "rb") as file:
                delivered[file.read()] += 1
        self.assertEqual((delivered, self.left()), (self.wanted(), 0))
        server = self.serve()
        self.pop3(*argv, self.url(server))
        self.assertEqual(self.retrieved(server), [])


if __name__ == "__main__":
    program.main()
