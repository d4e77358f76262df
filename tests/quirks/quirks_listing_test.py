# SPDX-License-Identifier: MIT
"""Quirks 11 to 19: listings."""

import os

from quirks import Quirks, program
from program import GUARD, LATER, PARTIAL, Options


class Listing(Quirks):
    count = 12      # so many that a change of all ids is one

    def test_quirk_11(self):
        """Numbers that are in both lists count; order, gaps, columns and
        spaces do not."""
        self.fetch_all(self.serve("shuffle-rows", "odd-rows",
                                  "say-on=STAT/+OK 3 1"), "--delete")
        for verb in ("LIST", "UIDL"):
            self.again()
            self.fetch(self.serve(f"hide={verb}:4", "shuffle-rows"),
                       "--delete", status=PARTIAL)
            self.assert_delivered(4)
            self.assertEqual(self.left(), 1)
            self.fetch_all(self.serve(), "--delete")

    def test_quirk_12(self):
        """Rows that make no sense are skipped with a word; all others, and
        other accounts, go on."""
        bad = self.serve("bad-rows")
        box = self.path("box2")
        more = program.mailbox.make(box, 3, seed=2)
        good = self.serve(maildir=box)
        argv = self.fetch_argv(bad) + [self.url(good)]
        done = self.run_argv(argv, PARTIAL)
        self.assertRegex(done.stderr, r"rows|make no sense")
        wanted = self.wanted(1, 7)      # one is there twice, one in part
        wanted.update(more.values())
        self.assertEqual(self.delivered(), wanted)

    def test_quirk_13(self):
        """A listing that is cut is none, and nothing is forgotten."""
        self.fetch_all(self.serve())
        for where in ("UIDL/60", "LIST/20", "UIDL/-3", "LIST/-5"):
            server = self.serve("cut-reply=" + where)
            self.fetch(server, "--delete", status=LATER)
            self.assertEqual(self.retrieved(server) + self.deleted(server),
                             [])
        self.nothing_comes_again()
        self.assertEqual(self.left(), len(self.uids))

    def test_quirk_14(self):
        """Ids that are shared, long, full of spaces and 8-bit octets, or
        empty."""
        for fault in ("duplicate-uids=3", "long-uids=300", "odd-uids"):
            with self.subTest(fault):
                self.again()
                self.fetch_all(self.serve(fault))
                server = self.serve(fault)
                self.fetch_all(server, "--delete")
                self.assertEqual(self.retrieved(server), [])
        self.again()
        self.fetch(self.serve("no-uids=2"), status=PARTIAL)
        self.assert_delivered(1, 2)
        self.fetch_all(self.serve("no-uids=2"), "--delete")

    def test_quirk_15(self):
        """No UIDL: fine with --delete, or with hashes; else it says so."""
        server = self.serve("no-uidl")
        done = self.fetch(server, status=GUARD)
        self.assertIn("--delete", done.stderr)
        self.assertIn("--dedup=hash", done.stderr)
        self.assertEqual(self.retrieved(server), [])
        self.fetch_all(self.serve("no-uidl"), "--delete")
        self.count = 4      # these have headers
        self.again()
        self.fetch_all(self.serve("no-uidl"), "--dedup=hash")
        server = self.serve("no-uidl")
        self.fetch_all(server, "--dedup=hash", "--delete")
        self.assertEqual(self.retrieved(server), [])

    def test_quirk_16(self):
        """All ids are others: stop, and say so."""
        self.fetch_all(self.serve())
        for args in ((), ("--delete",)):
            server = self.serve("new-uids")
            done = self.fetch(server, *args, status=GUARD)
            self.assertIn("--accept-new-ids", done.stderr)
            self.assertEqual(self.retrieved(server) + self.deleted(server),
                             [])
        self.nothing_comes_again()

    def test_quirk_17(self):
        """Sizes that mean nothing frame nothing and reject nothing."""
        for octets in (0, 1, 1024, 10 ** 12):
            self.again()
            self.fetch_all(self.serve(f"sizes={octets}"), "--delete")

    def test_quirk_18(self):
        """Only the newest are listed: the rest comes as they go, and what is
        not listed is not gone. (How much memory many messages take is asked
        in tests/cli/large_test.py.)"""
        for _ in range(3):
            self.fetch(self.serve("newest=4"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.again()
        self.fetch(self.serve("newest=4"))
        server = self.serve()
        self.fetch_all(server)
        self.assertEqual(self.retrieved(server), list(range(1, 9)))
        self.fetch(self.serve("newest=1"))
        self.nothing_comes_again()

    def test_quirk_19(self):
        """What is not announced may be there: asked once. LIST refused for no
        messages is fine."""
        options = Options(capa_drop=["UIDL", "TOP"])
        self.fetch_all(self.serve(options=options))
        self.nothing_comes_again()
        server = self.serve(options=options)
        self.assertIn("ubject", self.pop3(
            "show", self.url(server), "1").stdout)
        server = self.serve("no-uidl")
        self.fetch(server, "--delete", status=GUARD)
        self.assertEqual(server.log.verbs()["UIDL"], 1)
        for uid in os.listdir(os.path.join(self.box, "new")):
            os.unlink(os.path.join(self.box, "new", uid))
        for uid in os.listdir(os.path.join(self.box, "cur")):
            os.unlink(os.path.join(self.box, "cur", uid))
        for verb in ("LIST", "UIDL"):
            self.fetch(self.serve(f"err-on={verb}/no messages"))


if __name__ == "__main__":
    program.main()
