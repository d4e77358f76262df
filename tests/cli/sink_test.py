# SPDX-License-Identifier: MIT
"""pop3 fetch into mbox, .eml files and the standard output: what arrives,
what is refused before anything is fetched, and faults."""

import collections
import fcntl
import os
import re
import resource
import socket
import subprocess
import time

import program
import mailbox
from program import CONFIG, DISK, FINE, LATER, USAGE
from sink_support import Eml, Mbox, SinkCase, read_by_python, read_mboxrd


class MboxTest(SinkCase):
    count = 20

    def setUp(self):
        super().setUp()
        self.sink = Mbox(self.path("inbox"))

    def test_all_kinds(self):
        self.add_odd_ones()
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.assertEqual(os.stat(self.sink.path).st_mode & 0o777, 0o600)

    def test_python_reads_it(self):
        self.fetch(self.serve())
        self.assertEqual(
            collections.Counter(
                re.sub(rb"(?m)^>(>*From )", rb"\1", data)
                for data in read_by_python(self.sink.path)), self.wanted())

    def test_appends(self):
        with open(self.sink.path, "wb") as file:
            file.write(b"From x Thu Nov 26 00:00:00 2026\nSubject: old\n\n.\n")
        self.fetch(self.serve(), "--max-messages", "5")
        self.fetch(self.serve())
        with open(self.sink.path, "rb") as file:
            data = file.read()
        self.assertTrue(data.startswith(b"From x "))
        start = data.index(b"From MAILER-DAEMON")
        self.assertEqual(data[start - 4:start], b"\n.\n\n")
        self.assertEqual(collections.Counter(read_mboxrd(data[start:])),
                         self.wanted())

    def test_no_create(self):
        server = self.serve()
        done = self.fetch(server, "--no-create", status=CONFIG)
        self.assertIn("No such file", done.stderr)
        self.assertEqual(server.log.commands(), [])
        with open(self.sink.path, "wb"):
            pass
        self.fetch(server, "--no-create")
        self.assert_delivered()

    def test_what_is_refused(self):
        """Before anything is fetched."""
        server = self.serve()
        os.mkdir(self.path("dir"))
        os.symlink(self.path("inbox"), self.path("link"))
        with open(self.path("other"), "wb") as file:
            file.write(b"#!/bin/sh\n")
        for name, words in (("dir", "directory"), ("link", "symbolic link"),
                            ("other", "not an mbox"),
                            ("no/inbox", "No such file")):
            self.sink = Mbox(self.path(name))
            done = self.fetch(server, status=CONFIG)
            self.assertIn(words, done.stderr)
        for deliver, words in (("mbox:", "needs a file"),
                               ("mail:/x", "known forms"),
                               ("stdout:x", "stdout:raw")):
            self.sink.deliver = deliver
            done = self.fetch(server, status=CONFIG)
            self.assertIn(words, done.stderr)
        self.assertEqual(server.log.commands(), [])

    def test_locked(self):
        """By fcntl(2), or by a lock file: it waits, and then gives up."""
        for lock in ("fcntl", "file"):
            with open(self.sink.path, "a+b") as file:
                if lock == "fcntl":
                    fcntl.lockf(file, fcntl.LOCK_EX)
                else:
                    with open(self.sink.path + ".lock", "wb"):
                        pass
                done = self.fetch(self.serve(), "--timeout", "0.3",
                                  "--delete", status=LATER)
                self.assertIn("locked by another", done.stderr)
                self.assertEqual(os.path.getsize(self.sink.path), 0)
            self.assertEqual(self.left(), self.count)
        os.unlink(self.sink.path + ".lock")
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()

    def leave_under_way(self):
        """Nobody knows what became of them: the mbox is locked."""
        with open(self.sink.path + ".lock", "wb"):
            pass
        self.fetch(self.serve(), "--timeout", "0.3", status=LATER)
        os.unlink(self.sink.path + ".lock")

    def test_deletes_though_it_cannot_deliver(self):
        """What was delivered before: nothing else may make room."""
        self.fetch(self.serve())
        self.add("zz-new", b"Subject: x\n\n" + b"y" * 100000 + b"\n")
        size = os.path.getsize(self.sink.path)
        with open(self.sink.path, "ab") as file:
            file.write(b"x" * (400000 - size) + b"\n\n")
        self.fetch(self.serve(), "--delete", status=DISK,
                   preexec_fn=lambda: resource.setrlimit(
                       resource.RLIMIT_FSIZE,
                       (450000, resource.RLIM_INFINITY)))
        self.assertEqual(os.path.getsize(self.sink.path), 400002)
        self.assertEqual(self.left(), 1)
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.delivered()[self.expected["zz-new"]], 1)
        self.assertEqual(self.left(), 0)

    def test_one_before_that_cannot_be_asked(self):
        """What is under way to it is not fetched again, unless it is gone. A
        socket cannot be opened, as a file on a broken disk."""
        self.leave_under_way()
        old = self.sink.path
        os.unlink(old)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(old)
        self.sink = Eml(self.path("eml"))
        server = self.serve()
        done = self.fetch(server, "--delete", status=DISK)
        self.assertIn("cannot open the mbox", done.stderr)
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.left(), self.count)
        os.unlink(old)
        done = self.fetch(self.serve(), "--delete")
        self.assertIn("20 messages that were under way", done.stderr)
        self.assert_delivered()

    def test_waits_for_others(self):
        """Another program appends under its lock while we come."""
        with open(self.sink.path, "a+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            server = self.serve()
            process = self.start(self.sink_argv(server))
            program.until(lambda: len(self.retrieved(server)) == self.count)
            time.sleep(0.1)
            file.write(b"From MAILER-DAEMON Thu Nov 26 00:00:00 2026\n"
                       b"Subject: other\n\n")
            file.flush()
            fcntl.lockf(file, fcntl.LOCK_UN)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, FINE)
        self.assertEqual(self.delivered() - self.wanted(),
                         collections.Counter([b"Subject: other\n"]))

    def test_two_accounts_at_once(self):
        boxes = [self.path("box%d" % n) for n in range(3)]
        expected = collections.Counter(self.wanted())
        servers = [self.serve()]
        for n, box in enumerate(boxes):
            made = program.mailbox.make(box, 15, seed=n + 5)
            expected += collections.Counter(made.values())
            servers.append(self.serve(maildir=box))
        running = [self.start(self.sink_argv(server)) for server in servers]
        for process in running:
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, FINE)
        self.assertEqual(self.delivered(), expected)

    def test_small_tmpfs(self):
        mount = self.path("small")
        os.mkdir(mount)
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", mount],
            capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self.skipTest("cannot mount a tmpfs: " + made.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        old = b"From MAILER-DAEMON Thu Nov 26 00:00:00 2026\n\nold\n\n"
        self.add("zz-big", b"Subject: big\n\n" + b"z" * 400000 + b"\n")
        self.sink = Mbox(os.path.join(mount, "inbox"))
        with open(self.sink.path, "wb") as file:
            file.write(old)
        self.fetch(self.serve(), "--delete", status=DISK)
        with open(self.sink.path, "rb") as file:
            self.assertEqual(file.read(), old)
        self.assertEqual(self.left(), self.count + 1)
        self.sink = Mbox(self.path("roomy"))
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()

    def test_line_ends(self):
        server = self.serve()
        done = self.fetch(server, "--line-ends", "as-sent", status=CONFIG)
        self.assertIn("has LF line ends", done.stderr)
        self.assertEqual(server.log.commands(), [])
        self.fetch(server, "--line-ends", "lf")
        self.assert_delivered()


class EmlTest(SinkCase):
    count = 20

    def setUp(self):
        super().setUp()
        self.sink = Eml(self.path("messages"))

    def test_octet_for_octet(self):
        self.add_odd_ones()
        self.fetch(self.serve(), "--delete")
        self.assertEqual(self.left(), 0)
        self.assert_delivered()
        sent = collections.Counter(
            data.replace(b"\n", b"\r\n") for data in self.expected.values())
        self.assertEqual(collections.Counter(self.sink.raw()), sent)

    def test_lf(self):
        self.fetch(self.serve(), "--line-ends", "lf")
        self.assertEqual(collections.Counter(self.sink.raw()), self.wanted())

    def test_order_of_names(self):
        self.fetch(self.serve())
        self.assertEqual(self.sink.messages(),
                         [self.expected[uid] for uid in self.uids])

    def test_no_create(self):
        server = self.serve()
        self.fetch(server, "--no-create", status=CONFIG)
        self.assertEqual(server.log.commands(), [])
        os.mkdir(self.sink.path)
        self.fetch(server, "--no-create")
        self.assert_delivered()


class MaildirTest(program.Case):
    def test_directory_that_is_no_maildir(self):
        os.mkdir(self.maildir)
        with open(os.path.join(self.maildir, "report.txt"), "wb"):
            pass
        server = self.serve()
        done = self.fetch(server, status=CONFIG)
        self.assertIn("is not a Maildir", done.stderr)
        self.assertEqual(os.listdir(self.maildir), ["report.txt"])
        os.unlink(os.path.join(self.maildir, "report.txt"))
        done = self.fetch(server, "--no-create", status=CONFIG)
        self.assertIn("is not a Maildir: it has no tmp", done.stderr)
        self.assertEqual(server.log.commands(), [])
        self.fetch(server)
        self.assert_delivered()


class StdoutTest(SinkCase):
    count = 12

    class Sink:
        deliver = "stdout:"

    def setUp(self):
        super().setUp()
        self.sink = self.Sink()

    def test_mboxrd(self):
        self.add_odd_ones()
        done = self.fetch(self.serve(), "--delete", text=False)
        self.assertEqual(collections.Counter(read_mboxrd(done.stdout)),
                         self.wanted())
        self.assertEqual(self.left(), 0)

    def test_raw(self):
        self.sink.deliver = "stdout:raw"
        server = self.serve()
        done = self.fetch(server, status=CONFIG)
        self.assertIn("--max-messages 1", done.stderr)
        self.assertEqual(server.log.commands(), [])
        for uid in self.uids[:2]:
            done = self.fetch(self.serve(), "--max-messages", "1", text=False)
            self.assertEqual(done.stdout,
                             self.expected[uid].replace(b"\n", b"\r\n"))
        done = self.fetch(self.serve(), "--max-messages", "1", "--line-ends",
                          "lf", text=False)
        self.assertEqual(done.stdout, self.expected[self.uids[2]])

    def test_not_with_json(self):
        server = self.serve()
        done = self.fetch(server, "--json", status=USAGE)
        self.assertIn("--json", done.stderr)
        self.assertEqual(server.log.commands(), [])

    def test_never_at_once(self):
        """Two processes would write into each other's lines."""
        boxes = [self.box, self.path("box2")]
        mailbox.make(boxes[1], self.count)
        servers = []
        for box in boxes:
            for n in range(20):
                with open(os.path.join(box, "new", f"zz-{n}"), "wb") as file:
                    file.write(b"Subject: x\n\n" + b"y" * 300000 + b"\n")
            servers.append(self.serve(maildir=box))
        done = self.run_argv(
            [*self.sink_argv(servers[0], "--jobs", "2"),
             self.url(servers[1], "clear")], text=False)
        wanted = collections.Counter()
        for box in boxes:
            for folder, _, names in os.walk(box):
                for name in names:
                    with open(os.path.join(folder, name), "rb") as file:
                        wanted[file.read()] += 1
        self.assertEqual(collections.Counter(read_mboxrd(done.stdout)),
                         wanted)

    def test_reader_that_ends(self):
        """It is no crash, and what it did not get comes again."""
        self.add("zz-long", b"x" * 300000 + b"\n")
        argv = self.sink_argv(self.serve(), "--delete")
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=writer,
                              stderr=subprocess.PIPE, text=True, timeout=30,
                              env=self.environment(), check=False)
        os.close(writer)
        self.assertEqual(done.returncode, LATER, done.stderr)
        self.assertIn("read the standard output has ended", done.stderr)
        self.assertEqual(self.left(), self.count + 1)
        done = self.fetch(self.serve(), "--delete", text=False)
        self.assertEqual(collections.Counter(read_mboxrd(done.stdout)),
                         self.wanted())
        self.assertEqual(self.left(), 0)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                self.sink_argv(self.serve(), "--delete"), stdout=full,
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                timeout=30, env=self.environment(), check=False)
        self.assertEqual(done.returncode, DISK, done.stderr)
        self.assertEqual(self.left(), self.count)

    def test_terminal(self):
        parent, child = os.openpty()
        self.addCleanup(os.close, parent)
        done = subprocess.run(
            self.sink_argv(self.serve()), stdin=subprocess.DEVNULL,
            stdout=child, stderr=subprocess.PIPE, text=True, timeout=30,
            env=self.environment(), check=False)
        os.close(child)
        self.assertEqual(done.returncode, CONFIG, done.stderr)
        self.assertIn("is a terminal", done.stderr)


if __name__ == "__main__":
    program.main()
