# SPDX-License-Identifier: MIT
"""What must not be believed: replies out of step, an old copy that looks like
the message under way, a server that tells no unique-ids today."""

import os
import signal

import program
from program import GUARD, LATER, PARTIAL, PROTOCOL, Case, until

SURPLUS = ("unasked=RETR:2/+OK\r\nSubject: injected\r\n\r\nnobody asked\r\n."
           "@1")


class Steps(Case):
    count = 6

    def check_healed(self, *args):
        """The run after it needs no help: nothing is lost or comes twice."""
        server = self.serve(SURPLUS.replace("@1", "@2"))
        self.fetch(server, *args)
        self.assert_delivered()
        return server

    def test_surplus_reply_and_delete(self):
        done = self.fetch(self.serve(SURPLUS), "--delete", status=PROTOCOL)
        self.assertIn("without pipelining", done.stderr)
        self.assertEqual(self.left(), 6)
        self.assertEqual(self.files(), [])
        self.check_healed("--delete")
        self.assertEqual(self.left(), 0)

    def test_surplus_reply_and_keep(self):
        self.fetch(self.serve(SURPLUS), status=PROTOCOL)
        self.assertEqual(self.files(), [])
        self.check_healed()

    def test_surplus_reply_behind_the_last(self):
        fault = SURPLUS.replace("RETR:2", "RETR:6")
        self.fetch(self.serve(fault), "--delete", status=PROTOCOL)
        self.assertEqual(self.left(), 6)
        self.check_healed("--delete")

    def test_noop_is_refused(self):
        self.fetch(self.serve("err-on=NOOP"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_commands_are_dropped(self):
        done = self.fetch(self.serve("drop-pipelined"), "--timeout", "0.4",
                          "--delete", status=LATER)
        self.assertIn("without pipelining", done.stderr)
        self.fetch(self.serve("drop-pipelined"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


class OldCopy(Case):
    count = 2

    def test_other_message_of_the_same_id(self):
        """The first was delivered and then removed by another client; the
        second has its id and its size, and the program dies with it."""
        faults = ("duplicate-uids=2", "sizes=700")
        self.fetch(self.serve(*faults, "err-on=RETR:2"), status=PARTIAL)
        self.assert_delivered(2)
        for sub in ("new", "cur"):
            for name in os.listdir(os.path.join(self.box, sub)):
                if name.startswith(self.uids[0]):
                    os.unlink(os.path.join(self.box, sub, name))
        server = self.serve(*faults, "stall-on=RETR:1")
        process = self.start(self.fetch_argv(server))
        until(lambda: self.retrieved(server))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        self.fetch(self.serve(*faults), "--delete")
        self.assert_delivered()


class NoIdsToday(Case):
    count = 6

    def test_refused_once(self):
        self.fetch(self.serve())
        server = self.serve("err-on=UIDL")
        done = self.fetch(server, "--delete", status=GUARD)
        self.assertIn("UIDL", done.stderr)
        self.assertEqual(self.retrieved(server) + self.deleted(server), [])
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_never_again(self):
        self.fetch(self.serve(), "--delete", "--max-messages", "2")
        self.fetch(self.serve("no-uidl"), "--delete", status=GUARD)
        self.fetch(self.serve("no-uidl"), "--delete", "--accept-new-ids")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


if __name__ == "__main__":
    program.main()
