# SPDX-License-Identifier: MIT
"""Messages at which the server dies: they keep no other message away, are
never deleted, and the exit status tells (server-quirks 24, 31)."""

import os
import signal

import program
from program import LATER, PARTIAL, Case, until

ENDS = ("", "/reset", "/abrupt", "/err")


class Suspects(Case):
    count = 9

    def dies(self, *numbers, how=""):
        return [f"dies-of={self.uids[number - 1]}{how}" for number in numbers]

    def connections(self, server):
        return len(server.log.events("tls"))

    def test_one(self):
        """With pipelining, without, without the message, it alone."""
        for how in ENDS:
            for args in ((), ("--delete",), ("--delete", "--no-pipelining")):
                with self.subTest(how=how, args=args):
                    self.setUp()
                    server = self.serve(*self.dies(4, how=how))
                    done = self.fetch(server, *args, status=PARTIAL)
                    self.assertIn("it stays on the server", done.stderr)
                    self.assertIn("1 failed", done.stderr)
                    self.assert_delivered(4)
                    self.assertEqual(self.left(), 1 if args else 9)
                    self.assertEqual(self.connections(server),
                                     3 if len(args) == 2 else 4)
                    self.check_next_runs("--delete" in args)

    def check_next_runs(self, deletes):
        """It comes last, alone; and then a server that is well gives it."""
        number = 1 if deletes else 4
        args = ["--delete"] if deletes else []
        server = self.serve(*self.dies(4))
        self.fetch(server, *args, status=PARTIAL)
        self.assertEqual(self.retrieved(server), [number])
        self.assertEqual(self.connections(server), 2)
        self.assertEqual(self.deleted(server), [])
        server = self.serve()
        self.fetch(server, *args)
        self.assertEqual(self.retrieved(server), [number])
        self.assert_delivered()
        self.assertEqual(self.left(), 0 if deletes else 9)
        server = self.serve()
        self.fetch(server, *args)
        self.assertEqual(self.connections(server), 1)

    def test_new_mail_is_not_kept_away(self):
        self.fetch(self.serve(*self.dies(1)), status=PARTIAL)
        path = os.path.join(self.box, "new", "1900000000.M1P1.test")
        with open(path, "wb") as file:
            file.write(b"Subject: new\n\nnew\n")
        self.expected[os.path.basename(path)] = b"Subject: new\n\nnew\n"
        self.uids = sorted(self.expected)
        server = self.serve(*self.dies(1))
        self.fetch(server, "--delete", status=PARTIAL)
        self.assertEqual(self.retrieved(server), [10, 1])
        self.assert_delivered(1)
        self.assertEqual(self.left(), 1)

    def test_stall(self):
        server = self.serve(*self.dies(4, how="/stall"))
        self.fetch(server, "--delete", "--timeout", "0.4", status=PARTIAL)
        self.assert_delivered(4)
        self.assertEqual(self.left(), 1)

    def test_broke_once(self):
        """A connection that is lost once costs nothing."""
        server = self.serve("close-on=RETR:4@1")
        self.fetch(server, "--delete", "--no-pipelining")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assertEqual(self.retrieved(server),
                         [1, 2, 3, 4, 5, 6, 7, 8, 9, 1])

    def test_several(self):
        """As many as a run bears; those that are well come in spite."""
        server = self.serve(*self.dies(2, 5, 8))
        self.fetch(server, status=PARTIAL)
        self.assert_delivered(2, 5, 8)
        self.assertEqual(self.connections(server), 8)

    def test_all(self):
        """A server that dies of each: an end, and nothing is lost."""
        server = self.serve("close-on=RETR")
        self.fetch(server, "--delete", status=LATER)
        self.assertEqual(self.connections(server), 5)
        server = self.serve("close-on=RETR")
        self.fetch(server, "--delete", status=LATER)
        self.assertLess(self.connections(server), 9)
        self.assertEqual((self.files(), self.left()), ([], 9))
        server = self.serve()
        self.fetch(server, "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assertEqual(self.connections(server), 2)

    def test_more_than_a_run_bears(self):
        """Each run tries others first, so that none waits for ever."""
        bad = (1, 2, 3, 4)
        faults = self.dies(*bad)
        for status in (LATER, PARTIAL):
            self.fetch(self.serve(*faults), status=status)
        self.assert_delivered(*bad)
        for _ in range(2):      # the last of four is well now
            self.fetch(self.serve(*faults[:3]), status=PARTIAL)
        self.assert_delivered(*bad[:3])

    def test_copies(self):
        """Messages that share an id: none is deleted before all came."""
        self.fetch(self.serve("duplicate-uids=3", "close-on=RETR:2"),
                   "--delete", status=PARTIAL)
        self.assert_delivered(2)
        self.assertEqual(self.left(), 3)
        self.fetch(self.serve("duplicate-uids=3"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_max_messages(self):
        """Those that do not come take no place away."""
        server = self.serve(*self.dies(1))
        self.fetch(server, "--max-messages", "3", status=PARTIAL)
        self.assert_delivered(1, 5, 6, 7, 8, 9)

    def test_max_size(self):
        """It holds for those that come last too."""
        number = self.long_one()
        self.fetch(self.serve(*self.dies(number)), status=PARTIAL)
        server = self.serve()
        done = self.fetch(server, "--max-size", "500", status=None)
        self.assertEqual(self.retrieved(server), [])
        self.assertNotIn("not tried again", done.stderr)
        self.fetch(self.serve())
        self.assert_delivered()

    def test_interrupted(self):
        server = self.serve("close-on=RETR:2", "stall-on=RETR:4")
        process = self.start(self.fetch_argv(server, "--no-pipelining",
                                             "--delete"))
        until(lambda: 4 in self.retrieved(server))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assert_delivered(2, *range(4, 10))
        self.assertEqual(self.left(), 9)
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [4, 5, 6, 7, 8, 9, 1])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


if __name__ == "__main__":
    program.main()
