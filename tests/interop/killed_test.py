# SPDX-License-Identifier: MIT
"""Dovecot loses a process in the middle of a fetch: the one that serves the
maildrop, or the master.

    python3 killed_test.py POP3 [TEST...]

Unlike the "cut" part of interop_test.py, where all of it dies at once, the
rest of it lives on, and what it does then is its own affair. After that one
healthy run brings what is missing: each message is here once, octet for
octet, and the server holds what the policy says.
"""

import contextlib
import os
import signal
import sys
import time

import courier
import cutter
import fetching
from fetching import SECONDS, Interop, Setting

COUNT = 60
POLICIES = ([], ["--delete"], ["--delete", "--batch", "20"])
# In the listings, in the first message, at two places, and in the last one.
PLACES = (0, 0.02, 0.3, 0.7, 0.99)
FINE, PARTIAL, NO_SERVER, LATER = 0, 1, 69, 75


class Killed(Interop):
    def names(self):
        """{pid: name} of what runs of Dovecot."""
        found = {}
        for pid in courier.in_session(self.server.pid):
            with contextlib.suppress(OSError), \
                    open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                found[pid] = file.read().strip()
        return found

    def kill_server_of_maildrop(self):
        victims = [pid for pid, name in self.names().items()
                   if name == "pop3"]
        self.assertEqual(len(victims), 1)
        os.kill(victims[0], signal.SIGKILL)
        self.until(lambda: victims[0] not in self.names())
        self.assertTrue(self.server.running())

    def kill_master(self):
        os.kill(self.server.pid, signal.SIGKILL)
        self.until(lambda: not self.server.running())

    def until(self, condition):
        end = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def check(self, kill, policy, place):
        drop = self.add_user(COUNT)
        total = sum(len(data) for data in drop.messages)
        self.maildir = self.path(f"{drop.login}-mail")
        flags = ["--state", self.maildir + ".db", "--timeout", "10", *policy]
        with cutter.Cutter(lambda: self.server.ports["clear"]) as wire:
            where = self.arguments(drop, "clear", wire.port)
            place(wire, total)
            self.interrupt(wire, kill, where, *flags)
            self.fetch(where, *flags)
            self.check_delivered(drop)
            self.check_on_server(drop, 0 if policy else COUNT)
            self.assertEqual(self.fetch(where, *flags)["fetched"], 0)
            self.check_delivered(drop)

    def interrupt(self, wire, kill, where, *flags):
        """Where the master lives on, the program may come again by itself, and
        end well."""
        fetch = self.start("fetch", where, "--deliver",
                           "maildir:" + self.maildir, *flags)
        try:
            self.until(lambda: wire.happened.is_set() or
                       fetch.poll() is not None)
            self.assertIsNone(fetch.poll(), "there was nothing to cut")
            kill()
        finally:
            wire.hang_up()
            _, err = fetch.communicate(timeout=SECONDS)
            if not self.server.running():
                self.server.kill()
                self.server.start()
        self.assertIn(fetch.returncode, (FINE, PARTIAL, NO_SERVER, LATER),
                      err)

    def check_places(self, kill):
        places = [(str(part), lambda wire, total, part=part:
                   wire.cut_after(700 + int(total * part)))
                  for part in PLACES]
        places.append(("QUIT", lambda wire, _: wire.cut_at_quit()))
        for policy in POLICIES:
            for name, place in places:
                with self.subTest(policy=policy, place=name):
                    self.check(kill, policy, place)

    def test_process_of_the_maildrop(self):
        self.check_places(self.kill_server_of_maildrop)

    def test_master(self):
        self.check_places(self.kill_master)


def main():
    if len(sys.argv) < 2:
        print("usage: killed_test.py POP3 [TEST...]", file=sys.stderr)
        return 64
    Setting.pop3 = os.path.abspath(sys.argv[1])
    Setting.kind, Setting.part = "dovecot", "clear"
    return fetching.run("Killed", sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
