# SPDX-License-Identifier: MIT
"""pop3 fetch is killed before each of its system calls that change the disk
or the server, and then run again: every message is there exactly once. And
the order of these calls, by which that is so.
"""

import collections
import os
import re
import shutil
import signal
import subprocess
import unittest

import program
from program import FINE, Case

STRACE = shutil.which("strace")
# All by which the program changes the disk or asks the server.
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "link", "linkat",
         "unlink", "unlinkat", "mkdirat", "ftruncate", "sendto")


@unittest.skipIf(STRACE is None, "strace is not installed")
class Traced(Case):
    count = 4

    def url(self, server, kind="tls", user="demo"):
        # An address: no name is looked up, and there is no second thread.
        return super().url(server, kind, user).replace("localhost",
                                                       "127.0.0.1")

    def strace(self, server, *flags, status=FINE, more=()):
        log = self.path("strace")
        argv = [STRACE, "-f", "-y", "-o", log, "-s", "400", *flags,
                *self.fetch_argv(server, "--delete", *more, kind="clear")]
        self.run_argv(argv, status)
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()


class Order(Traced):
    def calls(self):
        lines = self.strace(
            self.serve(), "-e",
            "trace=openat,write,sendto,writev,sendmsg,fsync,fdatasync,linkat,"
            "unlinkat,pwrite64,renameat,renameat2")
        return [re.sub(r"^\d+ +", "", line) for line in lines]

    def places(self, calls, pattern):
        found = [i for i, call in enumerate(calls) if re.search(pattern, call)]
        self.assertTrue(found, f"no {pattern} in:\n" + "\n".join(calls))
        return found

    def test_order_of_steps(self):
        calls = self.calls()
        wal = r"f(data)?sync\(\d+<.*seen\.db(-wal)?>"
        retr = self.places(calls, r'"RETR 1\\r\\n')
        made = self.places(calls, r"openat\(\d+<.*Mail/tmp>, .*O_EXCL")
        syncs = self.places(calls, r"fsync\(\d+<.*Mail/tmp/")
        links = self.places(calls, r"^linkat\(\d+<.*Mail/tmp>.*Mail/new>")
        folder = self.places(calls, r"fsync\(\d+<.*Mail/new>")
        dele = self.places(calls, r'"DELE 1\\r\\n')
        quit_ = self.places(calls, r'"QUIT\\r\\n')
        commits = self.places(calls, wal)

        self.assertEqual([len(made), len(syncs), len(links)], [4, 4, 4])
        for first, second in (
                (retr[-1], made[0]),        # asked for, then written
                (made[-1], syncs[0]),
                (syncs[-1], links[0]),      # durable, then visible
                (links[-1], folder[-1]),
                (folder[-1], dele[0]),
                (dele[-1], quit_[0])):
            self.assertLess(first, second, "\n".join(calls))
        between = [(retr[0], "intent"), (dele[0], "done")]
        self.assertTrue(any(i < retr[0] for i in commits), between)
        self.assertTrue(any(folder[-1] < i < dele[0] for i in commits),
                        between)
        self.assertTrue(any(quit_[-1] < i for i in commits), "deleted")
        # Each file: synced, and only then linked, by its own name.
        for i in syncs:
            name = re.search(r"Mail/tmp/([^>]+)>", calls[i]).group(1)
            link, = self.places(calls, r"^linkat\(.*" + re.escape(name))
            self.assertLess(i, link)

    def test_no_follow_no_replace(self):
        for call in self.calls():
            if "Mail/tmp>, " in call and call.startswith("openat") and \
                    "O_CREAT" in call:
                for flag in ("O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"):
                    self.assertIn(flag, call)


class Killed(Traced):
    count = 3

    def kill_at(self, call, number):
        """False: there are not so many of these calls."""
        log = self.path("strace")
        argv = [STRACE, "-f", "-o", log, "-e", f"trace={call}", "-e",
                f"inject={call}:signal=KILL:when={number}",
                *self.fetch_argv(self.serve(), "--delete", kind="clear")]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, env=self.environment(),
                              timeout=60)
        self.assertIn(done.returncode, (FINE, -signal.SIGKILL), done.stderr)
        return done.returncode != FINE

    def mend(self):
        """Nothing is there twice or damaged, and the next run mends it."""
        self.assertEqual(self.delivered() - self.wanted(),
                         collections.Counter())
        self.fetch(self.serve(), "--delete", kind="clear")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def kill_before_each(self, call, first=1):
        for number in range(first, 300):
            with self.subTest(call=call, number=number):
                self.setUp()
                if not self.kill_at(call, number):
                    return number - first
                self.mend()
        return 0

    def test_kill_before_every_call(self):
        points = {call: self.kill_before_each(call) for call in CALLS}
        print("killed before", points)
        # Three messages: three syncs, links and unlinks at the least.
        for call in ("fsync", "linkat", "unlinkat", "write"):
            self.assertGreaterEqual(points[call], 3, call)
        for call in ("fdatasync", "pwrite64", "sendto"):
            self.assertGreaterEqual(points[call], 8, call)

    def test_recovery_looks_where_mail_readers_put_it(self):
        """Killed between link and done; a reader moved the mail to cur/."""
        self.assertTrue(self.kill_at("fsync", self.last_folder_sync()))
        self.assertEqual(len(self.files("new")), 3)
        for path in self.files("new"):
            name = os.path.basename(path) + ":2,S"
            os.rename(path, os.path.join(self.maildir, "cur", name))
        server = self.serve()
        self.fetch(server, "--delete", kind="clear")
        self.assertEqual(self.retrieved(server), [])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def place(self, call, pattern, after="."):
        """Which call of the first thread is the first that matches, behind
        the first line that has `after`."""
        self.setUp()
        lines = self.strace(self.serve(), "-e", f"trace={call},linkat")
        main = lines[-1].split()[0]     # the first thread ends last
        number = 0
        reached = False
        for line in lines:
            reached = reached or re.search(after, line) is not None
            if not line.startswith(main + " ") or call + "(" not in line:
                continue
            number += 1
            if reached and re.search(pattern, line):
                self.setUp()
                return number
        self.fail(f"no {call} of {pattern}")
        return 0

    def last_folder_sync(self):
        return self.place("fsync", "Mail/new>", "linkat")

    def test_failing_calls(self):
        """Calls that fail with an error, not the process: nothing is lost,
        nothing comes twice, and the exit status is that of the disk."""
        message = "Mail/tmp/"
        for call, error, pattern, after in (
                ("write", "EDQUOT", message, "."),
                ("fsync", "EIO", message, "."),
                ("close", "EIO", message, "."),
                ("linkat", "ENOSPC", "Mail/tmp>", "."),
                ("linkat", "ENOSPC", "Mail/tmp>", "Mail/tmp>.*Q2P"),
                ("fsync", "EIO", "Mail/new>", "linkat"),
                ("pwrite64", "ENOSPC", "seen.db-wal>", "."),
                ("fdatasync", "EIO", "seen.db-wal>", "linkat"),
                ("pwrite64", "ENOSPC", "seen.db-wal>", "linkat")):
            with self.subTest(call=call, pattern=pattern, after=after):
                number = self.place(call, pattern, after)
                self.strace(self.serve(), "-e", f"trace={call}", "-e",
                            f"inject={call}:error={error}:when={number}",
                            status=program.DISK)
                self.assertEqual(self.left(), self.count)
                self.mend()

    def test_link_is_refused(self):
        """A file system without links: rename does it."""
        self.strace(self.serve(), "-e", "trace=linkat", "-e",
                    "inject=linkat:error=EPERM")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


class Killing(Case):
    """The same from outside, in the middle of a message."""

    def test_kill_in_a_message(self):
        number = self.long_one()
        server = self.serve(f"stall-reply=RETR:{number}/400")
        process = self.start(self.fetch_argv(server, "--delete"))
        program.until(lambda: len(self.files("tmp")) >= number)
        process.kill()
        process.communicate(timeout=20)
        self.assertEqual(self.files("new"), [])
        server = self.serve()
        self.fetch(server, "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_many_runs(self):
        """Killed again and again, at whatever point; then healthy."""
        for i in range(12):
            server = self.serve("drip=%d" % (3000 + 700 * i))
            process = subprocess.Popen(
                self.fetch_argv(server, "--delete", kind="clear"),
                env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.05 + 0.04 * i)
            except subprocess.TimeoutExpired:
                process.kill()
            process.wait()
        self.fetch(self.serve(), "--delete", kind="clear")
        self.fetch(self.serve(), "--delete", kind="clear")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)


if __name__ == "__main__":
    program.main()
