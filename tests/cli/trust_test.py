# SPDX-License-Identifier: MIT
"""What must not be believed: replies out of step, an old copy that looks like
the message under way, a server that tells no unique-ids today."""

import os
import resource
import signal

import program
from program import DISK, GUARD, PARTIAL, PROTOCOL, Case, until

SURPLUS = ("unasked=RETR:2/+OK\r\nSubject: injected\r\n\r\nnobody asked\r\n."
           "@1")


class Steps(Case):
    count = 6

    # Each breaks what is pipelined, and nothing that is asked in lock-step.
    # `@1`: in the first connection, as a broken server would in each.
    BREAKAGES = (
        SURPLUS,                                        # shifts the rest
        SURPLUS.replace("RETR:2", "RETR:6"),            # behind the last
        "unasked=RETR:2/+OK@1",                         # within the next
        "unasked=RETR:6/+OK@1",
        "unasked=RETR:3/-ERR no@1",
        "lose=RETR:3@1",
        "lose=UIDL@1",
        "lose=DELE:3@1",
        "lose=RETR:3/merge@1",
        "unasked=UIDL/+OK@1",
        "close-on=RETR:4@1",
        "close-on=STAT@1",
        "reset-on=RETR:2@1",
        "close-on=DELE:3@1",
        "unasked=DELE:2/+OK@1",
    )

    def check_healed(self, fault, *args):
        """Within the same run, on a new connection, and nothing comes twice
        or is deleted before it came."""
        server = self.serve(fault)
        done = self.fetch(server, *args)
        self.assert_delivered()
        self.assertEqual(self.left(), 0 if "--delete" in args else 6)
        return server, done

    def test_broken_pipelining(self):
        for fault in self.BREAKAGES:
            for args in ([], ["--delete"]):
                if "RETR" not in fault and not args:
                    continue
                with self.subTest(fault=fault, args=args):
                    self.setUp()
                    silence = "2" if "lose" in fault else "20"
                    server, done = self.check_healed(
                        fault, "--timeout", silence, *args)
                    self.assertIn("without pipelining", done.stderr)
                    self.assertEqual(len(server.log.events("tls")), 2)

    def test_cut_behind_a_surplus(self):
        """The proof never comes: nothing of the batch is believed."""
        for end in ("close-on=RETR:5@1", "reset-on=RETR:5@1",
                    "cut-reply=RETR:5/20@1"):
            with self.subTest(end):
                self.setUp()
                self.fetch(self.serve(SURPLUS, end), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def small_files(self):
        resource.setrlimit(resource.RLIMIT_FSIZE,
                           (300000, resource.RLIM_INFINITY))

    def test_full_disk_behind_a_lost_answer(self):
        """The disk ends the batch before its proof, and one answer is missing:
        what came stands under other messages' names."""
        self.add("1800000000.M99P1.test",
                 b"Subject: large\n\n" + b"0123456789\n" * 40000)
        server = self.serve("lose=RETR:1@1")
        self.fetch(server, "--delete", status=DISK,
                   preexec_fn=self.small_files)
        self.assert_delivered(7)
        self.assertEqual(self.left(), 1)
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_lock_step_is_remembered(self):
        self.check_healed(SURPLUS)
        server = self.serve()
        self.fetch(server, "--delete")
        self.assert_delivered()
        self.assertGreater(server.log.wait("close")[0]["turns"], 10)

    def test_answers_that_are_no_proof(self):
        """STAT may be refused, or make no sense: that is answered, too."""
        for fault in ("err-on=STAT", "say-on=STAT/+OK what"):
            with self.subTest(fault):
                self.setUp()
                server, done = self.check_healed(fault, "--delete")
                self.assertNotIn("without pipelining", done.stderr)
                self.assertEqual(len(server.log.events("tls")), 1)

    def test_broken_in_lock_step_too(self):
        self.fetch(self.serve(SURPLUS.replace("@1", "")), "--delete",
                   status=PROTOCOL)
        self.assertEqual(self.left(), 6)

    def test_commands_are_dropped(self):
        """Commands behind another are lost: only a deadline can tell."""
        server = self.serve("drop-pipelined")
        done = self.fetch(server, "--timeout", "0.4", "--delete")
        self.assertIn("without pipelining", done.stderr)
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
