# SPDX-License-Identifier: MIT
"""A sink that takes longer than the server waits for the next question: its
session is gone, and the run goes on (server-quirks 29)."""

import collections
import os
import resource
import sqlite3
import threading
import time

import program
from program import LATER, PARTIAL, Options
from sink_command_test import Command
from sink_lmtp_test import Lmtp
from sink_support import Mbox, SinkCase

# What the server waits; longer, and longer than a whole second: see
# cli/fetch_slow.c.
PATIENCE, SLEEP = 0.8, 1.2
IDLE_OUT = f"idle-out={PATIENCE}"


class SlowCase(SinkCase):
    count = 3

    def command(self, text=f"sleep {SLEEP}"):
        """A shell that has each message as a file; then it does this, and
        only then it has delivered it."""
        self.sink = Command(self, f"""#!/bin/sh
            cd '{self.dir}' && mkdir -p got tried || exit 75
            n=$(ls tried | wc -l)
            cat >tried/$n || exit 75
            {text}
            ln tried/$n got/$n
            """)

    def tried(self):
        """How often it was given each message, by number."""
        counted = collections.Counter()
        for name in os.listdir(self.path("tried")):
            with open(self.path("tried", name), "rb") as file:
                counted[self.number_of(file.read())] += 1
        return counted

    def number_of(self, data):
        return next(n for n, uid in enumerate(self.uids, 1)
                    if self.expected[uid] == data)

    def sessions(self, server):
        """What was asked for in each: the RETRs and DELEs, by number."""
        found = []
        for conn in range(1, len(server.log.events("open")) + 1):
            lines = [line.split() for line in server.log.commands(conn)]
            found.append("".join(f" {verb[0]}{rest[0]}"
                                 for verb, *rest in lines
                                 if verb in ("RETR", "DELE")).strip())
        return found

    def assert_no_complaint(self, done):
        """What it says is the summary."""
        self.assertNotIn("pop3:", done.stderr)

    def hold(self, server, take, leave):
        """Something that the program waits for, from its connection on until
        that is long over for the server."""
        def wait():
            server.log.wait("open")
            held = take()
            server.log.wait("idle")
            time.sleep(SLEEP)
            leave(held)

        thread = threading.Thread(target=wait)
        thread.start()
        self.addCleanup(thread.join)

    def nothing_comes_again(self, *args):
        server = self.serve()
        self.fetch(server, *args)
        self.assertEqual(self.retrieved(server) + self.deleted(server), [])
        self.assert_delivered()


class SlowSink(SlowCase):
    def test_each_message(self):
        """A session for each, and one that deletes."""
        self.command()
        server = self.serve(IDLE_OUT)
        done = self.fetch(server, "--delete")
        self.assertEqual(self.sessions(server),
                         ["R1", "R2", "R3", "D1 D2 D3"])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assert_no_complaint(done)
        self.assertIn("fetched 3 messages", done.stderr)
        self.assertIn("3 deleted", done.stderr)
        self.nothing_comes_again("--delete")

    def test_keep(self):
        self.command()
        server = self.serve(IDLE_OUT)
        done = self.fetch(server, "-v")
        self.assertEqual(self.sessions(server), ["R1", "R2", "R3"])
        self.assertIn("the session ended while mail was put away, which took "
                      "1 s", done.stderr)
        self.assertEqual(self.left(), 3)
        self.nothing_comes_again()

    def test_goodbye(self):
        """It says that it ends the session: an answer to nothing, for which
        pipelining is not to blame."""
        for options in (Options(), Options(capa_drop=["PIPELINING"])):
            with self.subTest(options):
                self.setUp()
                self.command()
                server = self.serve(IDLE_OUT + "/-ERR idle for too long",
                                    options=options)
                done = self.fetch(server, "--delete", kind="tls")
                self.assertEqual(self.sessions(server),
                                 ["R1", "R2", "R3", "D1 D2 D3"])
                self.assert_delivered()
                self.assert_no_complaint(done)

    def test_batches(self):
        self.command()
        server = self.serve(IDLE_OUT)
        self.fetch(server, "--delete", "--batch=1")
        self.assertEqual(self.retrieved(server), [1, 2, 3])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_lmtp(self):
        def slow(_server):
            time.sleep(SLEEP)
            return "250 taken\r\n"

        self.sink = Lmtp(self.path("socket"), dot=slow)
        self.addCleanup(self.sink.stop)
        server = self.serve(IDLE_OUT)
        done = self.fetch(server, "--delete")
        self.assertEqual(self.sessions(server),
                         ["R1", "R2", "R3", "D1 D2 D3"])
        self.assert_delivered()
        self.assert_no_complaint(done)
        self.nothing_comes_again("--delete")

    def test_before_the_first(self):
        """It is not the sink that waits, but the memory, and nothing was
        fetched by then."""
        self.command("true")
        self.fetch(self.serve())
        self.add("zz-new", b"Subject: x\n\nnew\n")

        def take():
            memory = sqlite3.connect(self.state, isolation_level=None)
            memory.execute("BEGIN IMMEDIATE")
            return memory

        server = self.serve(IDLE_OUT, "delay-on=STAT/0.3@1")
        self.hold(server, take, lambda memory: memory.close())
        done = self.fetch(server)
        self.assertEqual(self.sessions(server), ["", "R4"])
        self.assert_no_complaint(done)
        self.assert_delivered()

    def test_no_other_session(self):
        """The server lets nobody in again: what was delivered is known, and
        the next run goes on behind it."""
        self.command()
        self.fetch(self.serve(IDLE_OUT, "refuse@2"), "--delete", status=LATER)
        self.assert_delivered(2, 3)
        self.assertEqual(self.left(), 3)
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertEqual(self.sessions(server), ["R2 R3 D1 D2 D3"])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_fails_slowly(self):
        """What it takes long to fail at is tried once in a run, and keeps
        neither the other messages nor the deletes away."""
        for number, sessions in (
                (1, ["R1", "R2 R3 D2 D3"]), (2, ["R1 R2", "R3 D1 D3"]),
                (3, ["R1 R2 R3", "D1 D2"])):
            with self.subTest(number):
                self.setUp()
                with open(self.path("bad"), "wb") as file:
                    file.write(self.expected[self.uids[number - 1]])
                self.command("if cmp -s tried/$n bad; "
                             f"then sleep {SLEEP}; exit 75; fi")
                server = self.serve(IDLE_OUT)
                done = self.fetch(server, "--delete", status=PARTIAL)
                self.assertEqual(self.sessions(server), sessions)
                self.assertIn("1 failed", done.stderr)
                self.assertEqual(self.tried(), {1: 1, 2: 1, 3: 1})
                self.assert_delivered(number)
                self.assertEqual(self.left(), 1)

    def test_limits(self):
        """What takes the place of those that failed is counted once."""
        self.command(f"test $n = 2 || {{ sleep $n.3; exit 75; }}")
        server = self.serve(IDLE_OUT)
        done = self.fetch(server, "--delete", "--max-messages=2",
                          status=PARTIAL)
        self.assertEqual(self.sessions(server), ["R1 R2", "R3 D3"])
        self.assertIn("fetched 1 message, 409 bytes; 2 failed; 1 deleted on "
                      "the server\n", done.stderr)

    def test_bad_message(self):
        """One at which the server dies is told from that, and comes last."""
        self.command()
        server = self.serve(IDLE_OUT, "dies-of=" + self.uids[1],
                            options=Options(capa_drop=["PIPELINING"]))
        done = self.fetch(server, "--delete", status=PARTIAL)
        self.assertEqual(self.sessions(server),
                         ["R1", "R2", "R3", "D1 D3", "R1"])
        self.assertIn("RETR 1: the server closed", done.stderr)
        self.assertIn("1 failed", done.stderr)
        self.assert_delivered(2)
        self.assertEqual(self.left(), 1)

    def test_suspects(self):
        """Those at which sessions broke before: they come one by one, and
        what they waited for is not held against them."""
        without = Options(capa_drop=["PIPELINING"])
        self.command("true")
        self.fetch(self.serve(*(f"dies-of={uid}" for uid in self.uids[1:]),
                              options=without), "--delete", status=PARTIAL)
        self.assert_delivered(2, 3)
        self.assertEqual(self.left(), 2)
        self.command()
        server = self.serve(IDLE_OUT, options=without)
        done = self.fetch(server, "--delete")
        self.assertEqual(self.sessions(server),
                         ["", "R1", "D1", "R1", "D1"])
        self.assert_no_complaint(done)
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_no_unique_ids(self):
        """What was delivered cannot be known again: once in a run, and it
        says what helps."""
        self.command()
        faults = (IDLE_OUT, "no-uidl")
        server = self.serve(*faults)
        done = self.fetch(server, "--delete", status=LATER)
        self.assertEqual(self.sessions(server), ["R1"])
        self.assertIn("unless there is --dedup=hash", done.stderr)
        self.setUp()
        self.command()
        self.fetch(self.serve(*faults), "--delete", "--dedup=hash")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_no_unique_ids_at_the_end(self):
        self.count = 1
        self.setUp()
        self.command()
        done = self.fetch(self.serve(IDLE_OUT, "no-uidl"), "--delete",
                          status=LATER)
        self.assertIn("unless there is --dedup=hash", done.stderr)
        self.assertIn("1 still to be deleted", done.stderr)

    def test_server_that_dies_at_once(self):
        """Behind no wait it counts as before: there is an end to it."""
        self.command("true")
        server = self.serve("close-after=RETR",
                            options=Options(capa_drop=["PIPELINING"]))
        self.fetch(server, "--delete", status=LATER)
        self.assertLess(len(self.sessions(server)), 9)
        self.assertEqual(self.tried().total(), len(self.sink.messages()))
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()


class SlowMbox(SlowCase):
    """Somebody else has it locked, for a while."""
    count = 12

    def setUp(self):
        super().setUp()
        self.sink = Mbox(self.path("inbox"))

    def lock(self, server):
        path = self.sink.path + ".lock"
        self.hold(server, lambda: open(path, "wb").close(),
                  lambda _: os.unlink(path))

    def test_all_at_once(self):
        server = self.serve(IDLE_OUT, "delay-on=STAT/0.3@1")
        self.lock(server)
        done = self.fetch(server, "--delete")
        every = range(1, self.count + 1)
        self.assertEqual(self.sessions(server),
                         [" ".join(f"R{n}" for n in every),
                          " ".join(f"D{n}" for n in every)])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assert_no_complaint(done)

    def test_in_groups(self):
        """The next group is asked for in one turn, as all are: pipelining is
        not to blame, now or later."""
        def few_files():
            resource.setrlimit(resource.RLIMIT_NOFILE, (34, 34))

        server = self.serve(IDLE_OUT, "delay-on=STAT/0.3@1")
        self.lock(server)
        done = self.fetch(server, "--delete", preexec_fn=few_files)
        self.assert_no_complaint(done)
        self.assertEqual(len(self.sessions(server)), 2)
        self.assertIn("D12", self.sessions(server)[1])
        self.assertEqual(sorted(set(self.retrieved(server))),
                         list(range(1, self.count + 1)))
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        for number in range(10):
            self.add(f"zz-{number}", b"Subject: x\n\nnew\n")
        server = self.serve()
        self.fetch(server)
        self.assertEqual(len(self.retrieved(server)), 10)
        self.assertLess(server.log.wait("close")[0]["turns"], 12)


if __name__ == "__main__":
    program.main()
