# SPDX-License-Identifier: MIT
"""What `pop3 fetch` leaves on a real server, and what it brings here.

    python3 keeping_test.py POP3 dovecot|courier|cyrus [TEST...]

Each message is in the Maildir once, octet for octet, whatever the policy; a
second run fetches nothing; and the server holds what the policy says.
"""

import collections
import contextlib
import os
import re
import sqlite3
import sys
import time

import fetching
from fetching import Interop, Setting

COUNT = 20
SECONDS = 60
HOUR = 3600


class Keeping(Interop):
    def setUp(self):
        super().setUp()
        self.drop = self.add_user(COUNT)
        self.where = self.arguments(self.drop)
        self.state = self.path("seen.db")

    def take(self, *flags, fetched=0, deleted=0):
        totals = self.fetch(self.where, "--state", self.state, *flags)
        self.assertEqual((totals["fetched"], totals["deleted"]),
                         (fetched, deleted))
        self.check_delivered(self.drop)

    def check_held(self, messages):
        """These, and no others. Courier deletes behind its goodbye."""
        want = collections.Counter(messages)
        end = time.monotonic() + SECONDS
        while (got := collections.Counter(self.server.held(self.drop))) != \
                want and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(sum(got.values()), sum(want.values()))
        self.assertEqual([data[:500] for data in (got - want)], [])

    def grow_old(self, seconds):
        """What was delivered was so much earlier."""
        with contextlib.closing(sqlite3.connect(self.state)) as base, base:
            base.execute("UPDATE message SET done_at = done_at - ?",
                         (seconds,))

    def test_keep(self):
        self.take(fetched=COUNT)
        self.check_held(self.drop.messages)
        self.take()
        self.check_held(self.drop.messages)
        self.server.add_mail(self.drop, 3, seed=1000)
        self.take(fetched=3)
        self.check_held(self.drop.messages)

    def test_delete(self):
        self.take("--delete", fetched=COUNT, deleted=COUNT)
        self.check_held([])
        self.take("--delete")

    def test_keep_for_a_time(self):
        old = list(self.drop.messages)
        self.take("--keep=2h", fetched=COUNT)
        self.take("--keep=2h")
        self.grow_old(HOUR)
        self.take("--keep=2h")
        self.check_held(old)
        self.server.add_mail(self.drop, 5, seed=1000)
        self.take("--keep=2h", fetched=5)
        self.grow_old(HOUR + 60)
        self.take("--keep=2h", deleted=COUNT)
        self.check_held(self.drop.messages[COUNT:])
        self.take("--keep=2h")
        self.grow_old(HOUR)
        self.take("--keep=2h", deleted=5)
        self.check_held([])

    def check_batches(self, *flags):
        """Each is a session of its own, with a QUIT."""
        process = self.start(
            "fetch", self.where, "--deliver", "maildir:" + self.maildir,
            "--state", self.state, "--batch", "7", "--trace", *flags)
        _, err = self.finish(process)
        said = re.findall("C: (RETR|QUIT)", err)
        self.assertEqual([len(part.split()) for part in
                          " ".join(said).split("QUIT")],
                         [7, 7, 6, 0])
        self.check_delivered(self.drop)

    def test_batches(self):
        self.check_batches()
        self.check_held(self.drop.messages)
        self.take("--batch", "7")

    def test_batches_that_delete(self):
        self.check_batches("--delete")
        self.check_held([])
        self.take("--batch", "7", "--delete")


def main():
    if len(sys.argv) < 3:
        print("usage: keeping_test.py POP3 dovecot|courier|cyrus [TEST...]",
              file=sys.stderr)
        return 64
    Setting.pop3 = os.path.abspath(sys.argv[1])
    Setting.kind, Setting.part = sys.argv[2], "tls"
    return fetching.run("Keeping", sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
