# SPDX-License-Identifier: MIT
"""pop3 fetch against servers, good and bad: every message exactly once, the
truth about what is deleted, and the exit status for each end."""

import json
import os
import resource
import signal
import subprocess

import program
from program import (CONFIG, DISK, GUARD, LATER, LOGIN, PARTIAL, PROTOCOL,
                     Case, until)

INTERRUPTED = -signal.SIGINT


class Plain(Case):
    count = 20

    def test_keep(self):
        server = self.serve()
        done = self.fetch(server)
        self.assertRegex(done.stderr, r"fetched 20 messages, [\d.]+ kB; kept "
                                      r"on the server\n$")
        self.assertEqual(done.stdout, "")
        self.assert_delivered()
        server.log.entries.clear()
        self.assertIn("20 fetched before", self.fetch(server).stderr)
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.deleted(server), [])
        self.assert_delivered()
        self.assertEqual(self.left(), 20)

    def test_delete(self):
        server = self.serve()
        self.assertIn("20 deleted", self.fetch(server, "--delete").stderr)
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        self.fetch(server, "--delete")
        self.assert_delivered()

    def test_keep_then_delete(self):
        self.fetch(self.serve())
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_read_mail_is_not_fetched_again(self):
        self.fetch(self.serve())
        for path in self.files("new"):
            os.unlink(path)
        self.fetch(self.serve())
        self.assertEqual(self.files(), [])

    def test_stls_and_clear(self):
        self.fetch(self.serve(), kind="stls")
        self.assert_delivered()
        # The same account, whatever the way to it.
        server = self.serve()
        self.fetch(server, "--tls", "none", "--auth", "user", kind="stls")
        self.assertEqual(self.retrieved(server), [])

    def test_json(self):
        server = self.serve()
        done = self.fetch(server, "--json", "--delete", "-q")
        self.assertEqual(done.stderr, "")
        account, = json.loads(done.stdout)["accounts"]
        self.assertEqual(account["account"], "demo@localhost")
        self.assertEqual((account["fetched"], account["deleted"],
                          account["failed"], account["status"]),
                         (20, 20, 0, 0))

    def test_dry_run(self):
        server = self.serve()
        done = self.fetch(server, "--dry-run", "--delete")
        self.assertEqual(len(done.stdout.splitlines()), 20)
        self.assertTrue(done.stdout.startswith("fetch\t1\t"))
        verbs = server.log.verbs()
        self.assertEqual((verbs["RETR"], verbs["TOP"], verbs["DELE"]),
                         (0, 0, 0))
        self.assertFalse(os.path.exists(self.state))
        self.assertFalse(os.path.exists(self.maildir))
        self.fetch(self.serve(), "--max-messages", "3")
        done = self.fetch(self.serve(), "--dry-run", "--json", "--delete")
        plan = json.loads(done.stdout)["accounts"][0]["plan"]
        self.assertEqual([row["action"] for row in plan],
                         ["delete"] * 3 + ["fetch"] * 17)

    def test_max_messages(self):
        server = self.serve()
        self.fetch(server, "--max-messages", "7", "--delete")
        self.assertEqual(self.left(), 13)
        self.assertEqual(self.retrieved(server), [1, 2, 3, 4, 5, 6, 7])
        for _ in range(2):
            self.fetch(self.serve(), "--max-messages", "7", "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_max_size(self):
        big = [number for number, uid in enumerate(self.uids, 1)
               if len(self.expected[uid].replace(b"\n", b"\r\n")) > 3000]
        self.assertTrue(0 < len(big) < 20)
        done = self.fetch(self.serve(), "--delete", "--max-size", "3000")
        self.assertIn(f"{len(big)} larger than --max-size", done.stderr)
        self.assert_delivered(*big)
        self.assertEqual(self.left(), len(big))

    def test_max_size_and_wrong_sizes(self):
        server = self.serve("sizes=10")
        self.fetch(server, "--delete", "--max-size", "3000")
        self.assertTrue(0 < self.left() < 20)
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()

    def test_default_state(self):
        argv = self.argv("fetch", "--deliver", "maildir:~/Mail",
                         self.url(self.serve()))
        self.run_argv(argv)
        self.assert_delivered()
        state = self.path(".local", "state", "pop3")
        self.assertEqual(os.stat(state).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(os.path.join(state, "seen.db")).st_mode &
                         0o777, 0o600)
        home = self.path("xdg")
        self.run_argv(argv, env=self.environment(XDG_STATE_HOME=home))
        self.assertTrue(os.path.exists(os.path.join(home, "pop3", "seen.db")))

    def test_modes(self):
        self.fetch(self.serve())
        for path in self.files():
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)

    def test_several_accounts(self):
        one = self.serve()
        other = self.serve(options=program.Options({"demo2": "demo"}),
                           maildir=self.path("box2"))
        more = program.mailbox.make(self.path("box2"), 3, seed=2)
        argv = self.fetch_argv(one) + [self.url(one, user="nobody"),
                                       self.url(other, user="demo2")]
        self.run_argv(argv, PARTIAL)
        wanted = self.wanted()
        wanted.update(more.values())
        self.assertEqual(self.delivered(), wanted)


class Many(Case):
    count = 1100    # more than a batch

    def test_many(self):
        server = self.serve()
        few_files = (300, 300)      # so that groups are smaller
        self.fetch(server, "--delete", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, few_files))
        self.assert_delivered()
        self.assertEqual(self.left(), 0)
        verbs = [line.split()[0] for line in server.log.commands()]
        self.assertEqual(verbs[-1100 - 2:],
                         ["DELE"] * 1100 + ["STAT", "QUIT"])

    def test_lock_step(self):
        server = self.serve(options=program.Options(
            capa_drop=["PIPELINING"]))
        self.fetch(server)
        self.assert_delivered()
        self.fetch(self.serve("drop-pipelined"), "--no-pipelining",
                   "--delete")
        self.assertEqual(self.left(), 0)


class BadServers(Case):
    def heal(self, *args, again=()):
        """A healthy session: it fetches only `again`, and all is there."""
        server = self.serve()
        self.fetch(server, *args)
        self.assertEqual(self.retrieved(server), list(again))
        self.assert_delivered()

    def test_wrong_password(self):
        self.password("wrong")
        self.fetch(self.serve(), status=LOGIN)

    def test_one_bad_message(self):
        done = self.fetch(self.serve("err-on=RETR:3/broken"), "--delete",
                          status=PARTIAL)
        self.assertIn("RETR 3: server said: -ERR broken; it stays",
                      done.stderr)
        self.assert_delivered(3)
        self.assertEqual(self.left(), 1)
        self.heal("--delete", again=[1])

    def test_cut_in_a_message(self):
        """Each time, and it stays: the others come in spite."""
        number = self.long_one()
        server = self.serve(f"cut-reply=RETR:{number}/400")
        done = self.fetch(server, status=PARTIAL)
        self.assertIn(f"RETR {number}", done.stderr)
        self.assert_delivered(number)
        self.assertEqual(self.left(), 12)
        self.heal("--delete", again=[1])    # of those that are left
        self.assertEqual(self.left(), 0)

    def test_cut_anywhere(self):
        for octets in (0, 10, 300, 900, 1500, 2500, 4000, 9000):
            with self.subTest(octets=octets):
                self.setUp()
                done = self.run_argv(self.fetch_argv(
                    self.serve(f"cut-after={octets}"), kind="clear"), None)
                self.assertIn(done.returncode, (program.NO_SERVER,)
                              if octets < 20 else (LATER, PARTIAL))
                self.assertLess(len(self.files()), 12)
                self.fetch(self.serve(), kind="clear")
                self.assert_delivered()

    def test_end_without_terminator(self):
        for octets in (-1, -2, -3):
            self.setUp()
            self.fetch(self.serve(f"cut-reply=RETR:12/{octets}"),
                       status=PARTIAL)
            self.assert_delivered(12)
            self.heal(again=[12])

    def test_cut_listing(self):
        for where in ("UIDL/60", "LIST/30", "UIDL/-3", "LIST/-5"):
            self.setUp()
            self.fetch(self.serve("cut-reply=" + where), status=LATER)
            self.assertEqual(self.files(), [])
        self.heal(again=range(1, 13))

    def test_stall_in_a_message(self):
        number = self.long_one()
        done = self.fetch(self.serve(f"stall-reply=RETR:{number}/400"),
                          "--timeout", "0.4", status=PARTIAL)
        self.assertIn(f"RETR {number}: the server was silent", done.stderr)
        self.assert_delivered(number)
        self.heal(again=[number])

    def test_quit_lost(self):
        """Nothing was deleted, or all was; who knows."""
        for fault, left in (("close-on=QUIT", 12), ("quit-close", 0),
                            ("quit-err", 12)):
            with self.subTest(fault):
                self.setUp()
                done = self.fetch(self.serve(fault), "--delete",
                                  status=PARTIAL)
                self.assertIn("did not confirm", done.stderr)
                self.assertEqual(self.left(), left)
                server = self.serve()
                self.fetch(server, "--delete")
                self.assertEqual(self.retrieved(server), [])
                self.assertEqual(len(self.deleted(server)), left)
                self.assertEqual(self.left(), 0)
                self.assert_delivered()

    def test_quit_lost_then_keep(self):
        self.fetch(self.serve("close-on=QUIT"), "--delete", status=PARTIAL)
        server = self.serve()
        self.fetch(server)
        self.assertEqual(self.deleted(server), [])

    def test_quit_lost_in_keep_mode(self):
        self.fetch(self.serve("close-on=QUIT"))
        self.assert_delivered()

    def test_dele_refused(self):
        done = self.fetch(self.serve("err-on=DELE:2"), "--delete",
                          status=PARTIAL)
        self.assertIn("DELE 2", done.stderr)
        self.assertEqual(self.left(), 1)
        self.heal("--delete")
        self.assertEqual(self.left(), 0)

    def test_deletes_half(self):
        self.fetch(self.serve("deletes-half"), "--delete")
        self.assertEqual(self.left(), 6)
        server = self.serve()
        done = self.fetch(server, "--delete")
        self.assertIn("6 messages are still listed", done.stderr)
        self.assertEqual(self.retrieved(server), [])
        self.assert_delivered()

    def test_never_deletes(self):
        for _ in range(3):
            server = self.serve("never-deletes")
            self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server) + self.deleted(server), [])
        self.assert_delivered()

    def test_duplicate_ids(self):
        self.fetch(self.serve("duplicate-uids=3"))
        self.assert_delivered()
        server = self.serve("duplicate-uids=3")
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.left(), 0)

    def test_duplicate_ids_one_bad(self):
        """No copy goes before all copies came."""
        self.fetch(self.serve("duplicate-uids=3", "err-on=RETR:2"),
                   "--delete", status=PARTIAL)
        self.assert_delivered(2)
        self.assertEqual(self.left(), 3)
        server = self.serve("duplicate-uids=3")
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [2])
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_duplicate_ids_one_stays(self):
        """Some copies are deleted and others are not, for now."""
        self.fetch(self.serve("duplicate-uids=3", "err-on=DELE:1"),
                   "--delete", status=PARTIAL)
        self.assertEqual(self.left(), 1)
        server = self.serve("duplicate-uids=3")
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_no_uidl(self):
        done = self.fetch(self.serve("no-uidl"), status=GUARD)
        self.assertIn("--delete", done.stderr)
        self.assertEqual(self.files(), [])
        self.fetch(self.serve("no-uidl"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_no_uidl_and_a_bad_message(self):
        self.fetch(self.serve("no-uidl", "err-on=RETR:7"), "--delete",
                   status=PARTIAL)
        self.assertEqual(self.left(), 1)
        self.fetch(self.serve("no-uidl"), "--delete")
        self.assert_delivered()

    def test_some_without_id(self):
        done = self.fetch(self.serve("no-uids=2"), status=PARTIAL)
        self.assert_delivered(1, 2)
        self.assertTrue(done.stderr)
        self.assertEqual(self.left(), 12)

    def test_ids_changed(self):
        self.fetch(self.serve())
        server = self.serve("new-uids")
        done = self.fetch(server, status=GUARD)
        self.assertIn("--accept-new-ids", done.stderr)
        self.assertEqual(self.retrieved(server), [])
        self.fetch(self.serve())
        self.assert_delivered()
        self.fetch(self.serve("new-uids"), "--accept-new-ids")
        self.assertEqual(sum(self.delivered().values()), 24)

    def test_empty_for_a_while(self):
        self.fetch(self.serve())
        self.fetch(self.serve("empty"))
        self.heal()

    def test_sizes_change(self):
        self.fetch(self.serve())
        server = self.serve("sizes=7")
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server) + self.deleted(server), [])
        self.fetch(self.serve("sizes=0"), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_sizes_are_nothing(self):
        self.fetch(self.serve("sizes=0"))
        self.heal()

    def test_listings_disagree(self):
        self.fetch(self.serve("hide=LIST:4", "shuffle-rows"), status=PARTIAL)
        self.assert_delivered(4)
        self.heal(again=[4])

    def test_rows_that_make_no_sense(self):
        self.fetch(self.serve("bad-rows"), status=PARTIAL)
        self.fetch(self.serve())
        self.assert_delivered()

    def test_long_ids(self):
        for octets in (70, 200, 1000):
            self.setUp()
            self.fetch(self.serve(f"long-uids={octets}"))
            self.assert_delivered()
            server = self.serve(f"long-uids={octets}")
            self.fetch(server)
            self.assertEqual(self.retrieved(server), [])

    def test_tolerated(self):
        for faults in (["bare-ok"], ["lf"], ["chunk=1"], ["capa-err"],
                       ["capa-close"], ["capa-late=UIDL"], ["capa-err-late"],
                       ["no-close-notify"], ["odd-rows"]):
            with self.subTest(faults):
                self.setUp()
                self.fetch(self.serve(*faults), "--delete")
                self.assert_delivered()
                self.assertEqual(self.left(), 0)

    def test_reply_that_nobody_asked_for(self):
        self.fetch(self.serve("unasked=STAT"), status=PROTOCOL)
        self.assertEqual(self.files(), [])


class Disk(Case):
    count = 6

    def setUp(self):
        super().setUp()
        data = b"Subject: large\n\n" + b"0123456789\n" * 40000
        self.add("1800000000.M99P1.test", data)

    def small_files(self):
        resource.setrlimit(resource.RLIMIT_FSIZE,
                           (300000, resource.RLIM_INFINITY))

    def test_file_too_large(self):
        done = self.fetch(self.serve(), "--delete", status=DISK,
                          preexec_fn=self.small_files)
        self.assertIn("cannot write", done.stderr)
        self.assert_delivered(7)
        self.assertEqual(self.left(), 1)    # what came is deleted
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_small_tmpfs(self):
        mount = self.path("small")
        os.mkdir(mount)
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", mount],
            capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self.skipTest("cannot mount a tmpfs: " + made.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        self.maildir = os.path.join(mount, "Mail")
        self.fetch(self.serve(), "--delete", status=DISK)
        self.assert_delivered(7)
        self.assertEqual(self.left(), 1)

    def test_state_on_a_full_disk(self):
        mount = self.path("small")
        os.mkdir(mount)
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", mount],
            capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self.skipTest("cannot mount a tmpfs: " + made.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        with open(os.path.join(mount, "ballast"), "wb") as file:
            file.write(b"x" * 180000)
        self.state = os.path.join(mount, "seen.db")
        server = self.serve()
        self.fetch(server, "--delete", status=DISK)
        self.assertEqual(self.retrieved(server), [])

    def test_places_that_are_wrong(self):
        server = self.serve()
        self.maildir = self.path("no", "such", "parent")
        self.fetch(server, status=CONFIG)
        self.maildir = self.path("password")
        self.fetch(server, status=CONFIG)
        self.maildir = self.path("Mail")
        self.state = self.path("no", "seen.db")
        self.fetch(server, status=CONFIG)
        self.assertEqual(server.log.commands(), [])

    def test_damaged_state(self):
        self.fetch(self.serve())
        before = self.delivered()
        for damage in (b"", b"SQLite format 3\0 is what I am not" * 100):
            with open(self.state, "wb") as file:
                file.write(damage)
            server = self.serve()
            done = self.fetch(server, status=CONFIG)
            self.assertIn("damaged", done.stderr)
            self.assertEqual(server.log.commands(), [])
        self.assertEqual(self.delivered(), before)


class Signals(Case):
    def test_two_at_once(self):
        server = self.serve("stall-on=RETR:1@1")
        self.start(self.fetch_argv(server))
        until(lambda: self.retrieved(server))
        done = self.fetch(server, status=LATER)
        self.assertIn("another pop3", done.stderr)

    def interrupt(self, number, *args, fault):
        server = self.serve(fault)
        process = self.start(self.fetch_argv(server, "--delete", *args))
        # Message 4 is under way, and those before it are complete.
        until(lambda: len(self.files("tmp")) >= 4)
        process.send_signal(number)
        _out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, -number)
        self.assertIn("interrupted", err)
        self.assertEqual(len(self.files("tmp")), 0)

    def test_interrupt_in_a_message(self):
        number = self.long_one()
        for wanted in (signal.SIGINT, signal.SIGTERM):
            self.setUp()
            self.interrupt(wanted, "--no-pipelining",
                           fault=f"stall-reply=RETR:{number}/400")
            self.assert_delivered(*range(number, 13))
            self.assertEqual(self.left(), 12)
            server = self.serve()
            self.fetch(server, "--delete")
            self.assertEqual(self.retrieved(server),
                             list(range(number, 13)))
            self.assert_delivered()
            self.assertEqual(self.left(), 0)

    def test_interrupt_in_a_pipeline(self):
        """What came has no proof yet: it comes again."""
        number = self.long_one()
        self.interrupt(signal.SIGINT, fault=f"stall-reply=RETR:{number}/400")
        self.assert_delivered(*range(1, 13))
        self.assertEqual(self.left(), 12)
        self.fetch(self.serve(), "--delete")
        self.assert_delivered()
        self.assertEqual(self.left(), 0)

    def test_second_interrupt(self):
        server = self.serve("stall-on=QUIT")
        process = self.start(self.fetch_argv(server, "--delete"))
        until(lambda: "QUIT" in server.log.verbs())
        process.send_signal(signal.SIGINT)
        # The first one is taken when the handler ran; a second that came
        # together with it would be merged.
        until(lambda: not self._pending(process))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [])
        self.assert_delivered()

    def test_interrupt_before_another_connection(self):
        """Deletes that time out are tried again without pipelining."""
        server = self.serve("stall-on=DELE:1")
        process = self.start(self.fetch_argv(server, "--delete", "--timeout",
                                             "2"))
        until(lambda: "DELE" in server.log.verbs())
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertIn("interrupted", err)
        self.assertEqual(len(server.log.events("open")), 1)
        self.assert_delivered()

    @staticmethod
    def _pending(process):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            rows = dict(line.split(":", 1) for line in file)
        return any(int(rows[name], 16) & 1 << signal.SIGINT - 1
                   for name in ("SigPnd", "ShdPnd"))

    def test_interrupt_while_connecting(self):
        server = self.serve("stall-on=GREETING")
        process = self.start(self.fetch_argv(server))
        server.log.wait("open")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)

    def test_interrupt_of_save(self):
        number = self.long_one()
        server = self.serve(f"stall-reply=RETR:{number}/400")
        process = self.start(self.argv("save", "--output", self.dir,
                                       self.url(server), "1", str(number)))
        until(lambda: os.path.exists(self.path(f"{number}.eml")))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertEqual([name for name in os.listdir(self.dir)
                          if name.endswith(".eml")], ["1.eml"])


if __name__ == "__main__":
    program.main()
