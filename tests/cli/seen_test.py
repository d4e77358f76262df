# SPDX-License-Identifier: MIT
"""pop3 seen: what is remembered is shown, forgotten, marked, carried."""

import os
import sqlite3
import time

import program
from peers import Peers
from program import (CONFIG, FINE, GUARD, LATER, PARTIAL, USAGE, Case)


class Seen(Case, Peers):
    count = 6

    def seen(self, server, verb, *args, status=FINE, kind="tls", **kwargs):
        return self.pop3("seen", "--state", self.state, verb,
                         self.url(server, kind), *args, status=status,
                         password=verb == "mark-all", **kwargs)

    def rows(self, server, kind="tls"):
        text = self.seen(server, "list", kind=kind).stdout
        return [line.split("\t") for line in text.splitlines()]

    def states(self, server, kind="tls"):
        return {row[3]: row[0] for row in self.rows(server, kind)}

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    # ---- list -----------------------------------------------------------

    def test_list(self):
        server = self.serve()
        self.assertIn("nothing is remembered",
                      self.seen(server, "list").stderr)
        self.assertFalse(os.path.exists(self.state))
        self.fetch(server)
        rows = self.rows(server)
        self.assertEqual([row[3] for row in rows], self.uids)
        self.assertEqual({row[0] for row in rows}, {"done"})
        for row in rows:
            self.assertRegex(row[2], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertGreater(int(row[1]), 0)
        made = self.json("seen", "--state", self.state, "list",
                         self.url(server))
        messages = made["accounts"][0]["messages"]
        self.assertEqual([m["uid"] for m in messages], self.uids)
        self.assertEqual({m["state"] for m in messages}, {"done"})
        self.fetch(self.serve("quit-close"), "--delete", status=PARTIAL)
        self.assertEqual(set(self.states(server).values()),
                         {"delete-pending"})

    def test_list_deleted_and_intent(self):
        server = self.serve()
        self.fetch(server, "--delete")
        self.assertEqual(set(self.states(server).values()), {"deleted"})
        with sqlite3.connect(self.state) as db:
            db.execute("INSERT INTO batch (account, sink, messages) SELECT "
                       "id, 'maildir:/x', ? FROM account",
                       (b"0" * 32 + b" 0 77 1 3 abc",))
        self.assertEqual(self.states(server)["abc"], "intent")

    # ---- forget ---------------------------------------------------------

    def test_forget(self):
        server = self.serve()
        self.fetch(server)
        self.seen(server, "forget", self.uids[0], self.uids[2])
        self.assertEqual(sorted(self.states(server)),
                         [self.uids[i] for i in (1, 3, 4, 5)])
        again = self.serve()
        self.fetch(again)
        self.assertEqual(self.retrieved(again), [1, 3])

    def test_forget_what_is_not_there(self):
        server = self.serve()
        self.fetch(server)
        done = self.seen(server, "forget", "nothing", self.uids[1],
                         status=PARTIAL)
        self.assertIn("nothing: this unique-id is not remembered",
                      done.stderr)
        self.assertEqual(len(self.rows(server)), 5)

    def test_forget_all(self):
        server = self.serve()
        self.fetch(server)
        for args in ([], ["--all"], ["--all", "--yes", "x"]):
            self.seen(server, "forget", *args, status=USAGE)
        self.assertEqual(len(self.rows(server)), 6)
        self.seen(server, "forget", "--all", "--yes")
        self.assertEqual(self.rows(server), [])
        again = self.serve()
        self.fetch(again)
        self.assertEqual(len(self.retrieved(again)), 6)

    def test_forget_waits_for_nobody(self):
        server = self.serve("stall-on=RETR:1")
        process = self.start(self.fetch_argv(server))
        program.until(lambda: self.retrieved(server))
        done = self.seen(server, "forget", "--all", "--yes", status=LATER)
        self.assertIn("another pop3", done.stderr)
        process.kill()

    # ---- mark-all -------------------------------------------------------

    def test_mark_all(self):
        server = self.serve()
        done = self.seen(server, "mark-all")
        self.assertIn("6 were new", done.stderr)
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual([row[2] for row in self.rows(server)], ["-"] * 6)
        self.add("zz-new", b"Subject: new\n\nbody\n")
        for args in ([], ["--delete"], ["--keep=1s"]):
            server = self.serve()
            self.fetch(server, *args)
            self.assertEqual(self.retrieved(server), [7] if not args else [])
            self.assertEqual(self.deleted(server),
                             [7] if args == ["--delete"] else [])
        self.assertEqual(self.left(), 6)        # what was never fetched

    def test_mark_all_again(self):
        server = self.serve()
        self.fetch(server, "--max-messages", "2")
        self.assertIn("4 were new", self.seen(server, "mark-all").stderr)
        self.assertIn("0 were new", self.seen(server, "mark-all").stderr)
        times = [row[2] for row in self.rows(server)]
        self.assertEqual([t == "-" for t in times], [False] * 2 + [True] * 4)

    def test_mark_all_with_shared_ids(self):
        server = self.serve("duplicate-uids=3")
        self.seen(server, "mark-all")
        again = self.serve("duplicate-uids=3")
        self.fetch(again)
        self.assertEqual(self.retrieved(again), [])

    def test_mark_all_without_ids(self):
        done = self.seen(self.serve("no-uidl"), "mark-all", status=GUARD)
        self.assertIn("no unique-ids", done.stderr)

    def open_intent(self):
        """As of a run that was killed while it fetched the first one."""
        uid = self.uids[0].encode()
        with sqlite3.connect(self.state) as db:
            db.execute("INSERT INTO batch (account, sink, messages) SELECT "
                       "id, ?, ? FROM account",
                       ("maildir:" + self.maildir,
                        b"%s 0 77 1 %d %s" % (b"0" * 32, len(uid), uid)))

    def test_marked_behind_a_crash(self):
        """Neither mark-all nor import is undone by what the run left."""
        server = self.serve()
        self.fetch(server)
        made = self.write("file", self.seen(server, "export").stdout.encode())
        for verb in (["mark-all"], ["import", made]):
            self.seen(server, "forget", "--all", "--yes")
            self.open_intent()
            self.seen(server, *verb)
            again = self.serve()
            self.fetch(again)
            self.assertEqual(self.retrieved(again), [])

    # ---- export, import -------------------------------------------------

    def test_export_and_import(self):
        server = self.serve()
        self.fetch(server, "--max-messages", "3")
        self.seen(server, "mark-all")
        self.fetch(self.serve("quit-close"), "--delete", status=PARTIAL)
        before = self.rows(server)
        text = self.seen(server, "export").stdout
        self.assertEqual(text.splitlines()[0], "pop3-seen 1")
        path = self.write("ids", text.encode())
        os.rename(self.state, self.path("old.db"))
        for added in (6, 0):
            done = self.seen(server, "import", path)
            self.assertIn(f"{added} ids are remembered now", done.stderr)
            self.assertEqual(self.rows(server), before)
        self.assertEqual(self.seen(server, "export").stdout, text)

    def test_export_of_odd_ids(self):
        server = self.serve()
        odd = [b"a b", b"\xff\x00%41", b"tab\there", b"%", "ü".encode()]
        self.fetch(server, "--max-messages", "1")
        with sqlite3.connect(self.state) as db:
            for uid in odd:
                db.execute("INSERT INTO message (account, uid, occurrence, "
                           "state, octets, copies, done_at) SELECT id, ?, 0, "
                           "2, 5, 1, 7 FROM account", (uid,))
        text = self.seen(server, "export").stdout
        self.assertTrue(text.isascii())
        path = self.write("ids", text.encode())
        os.rename(self.state, self.path("old.db"))
        self.seen(server, "import", path)
        with sqlite3.connect(self.state) as db:
            uids = {uid for uid, in db.execute("SELECT uid FROM message")}
        self.assertEqual(uids, {self.uids[0].encode(), *odd})

    def test_import_keeps_what_is_known(self):
        server = self.serve()
        self.fetch(server, "--delete")
        text = self.seen(server, "export").stdout
        path = self.write("ids", text.replace("deleted ", "done ").encode())
        self.assertIn("0 ids", self.seen(server, "import", path).stderr)
        self.assertEqual(set(self.states(server).values()), {"deleted"})

    def test_import_of_damage(self):
        server = self.serve()
        name = self.url(server).split("//")[1]
        head = f"pop3-seen 1\naccount {name}\n"
        good = "done 0 1 5 7 0 1 good\n"
        for bad in ("done 0 1 5 7 0 1 bad%4\n", "gone 0 1 5 7 0 1 x\n",
                    "done 0 1 5 7 0 x\n", "done -1 1 5 7 0 1 x\n",
                    "done 99999999999999999999 1 5 7 0 1 x\n", "done\n",
                    "done 0 1 5 7 0 1 \n", "done 0 1 5 7 0 1 a\x7f\n"):
            with self.subTest(bad=bad):
                path = self.write("ids", (head + bad + good).encode())
                done = self.seen(server, "import", path, status=PARTIAL)
                self.assertIn("ids:3: not understood", done.stderr)
                self.assertEqual(list(self.states(server)), ["good"])

    def test_import_of_nothing(self):
        server = self.serve()
        for data in (b"", b"\n\n", b"# nothing\n", b"hello\n", b" \n"):
            done = self.seen(server, "import", self.write("ids", data),
                             status=CONFIG)
            self.assertIn("ids", done.stderr)
            self.assertEqual(self.rows(server), [])
        self.seen(server, "import", self.path("none"), status=CONFIG)
        self.seen(server, "import", self.dir, status=CONFIG)

    def test_any_cut_of_a_file(self):
        server = self.serve()
        self.fetch(server)
        text = self.seen(server, "export").stdout.encode()
        mpop = b"# mpop\n 3 localhost demo\na\nb\nc\n"
        for data in (text, mpop, b"demo@localhost a\n", b"a\x001\nb\x002\n"):
            for end in range(0, len(data), max(len(data) // 6, 1)):
                self.seen(server, "import", self.write("ids", data[:end]),
                          status=None)

    def test_verbs(self):
        server = self.serve()
        done = self.seen(server, "lst", status=USAGE)
        self.assertIn("did you mean list?", done.stderr)
        for args in (["import"], ["import", self.url(server)], ["list"],
                     ["import", self.url(server), "a", "b"],
                     ["--json", "export", self.url(server)]):
            self.pop3("seen", "--state", self.state, *args, status=USAGE)

    # ---- damage ---------------------------------------------------------

    def refused(self, server, data):
        """The file is refused in words, and stays as it is."""
        with open(self.state, "wb") as file:
            file.write(data)
        for done in (self.fetch(server, status=CONFIG),
                     self.seen(server, "list", status=CONFIG),
                     self.seen(server, "forget", "--all", "--yes",
                               status=CONFIG)):
            self.assertIn(self.state, done.stderr)
            self.assertRegex(done.stderr, "damaged|not a state file")
            self.assertNotIn("nothing is remembered", done.stderr)
        with open(self.state, "rb") as file:
            self.assertEqual(file.read(), data)

    def test_damaged_state(self):
        """Cut anywhere, a page of nonsense, other octets: never taken for
        empty, which would fetch everything again."""
        server = self.serve()
        path = self.write("ids", b"".join(
            b"demo@localhost some-unique-id-%d\n" % n for n in range(400)))
        self.seen(server, "import", path)
        with open(self.state, "rb") as file:
            good = file.read()
        pages = len(good) // 4096
        self.assertGreater(pages, 6)
        for page in (0, 1, 3, pages - 2, pages - 1):
            with self.subTest(page=page):
                start = page * 4096
                self.refused(server, good[:start])
                self.refused(server, good[:start + 100])
                self.refused(server, good[:start] + bytes(range(256)) * 16 +
                             good[start + 4096:])
        self.refused(server, b"just text\n")
        self.assertEqual(self.retrieved(server), [])
        with open(self.state, "wb") as file:
            file.write(good)
        self.assertEqual(len(self.rows(server)), 400)

    # ---- other programs -------------------------------------------------

    def assert_moved(self, path, server, fails=()):
        """Behind the import only new mail is fetched, and what the other
        program failed at."""
        for number in (len(self.uids) - len(fails), 0):
            done = self.seen(server, "import", path, kind="clear")
            self.assertIn(f"{number} ids are remembered now", done.stderr)
        self.add("zz-new", b"Subject: new\n\nbody\n")
        again = self.serve()
        self.fetch(again, kind="clear")
        self.assertEqual(self.retrieved(again), [*fails, len(self.uids)])

    def test_fetchmail(self):
        server = self.serve()
        self.run_fetchmail(server, self.path(".fetchids"))
        with open(self.path(".fetchids"), encoding="ascii") as file:
            has = {line.split()[1] for line in file}
        # It leaves out a message whose first line is no field of a header.
        fails = [n for n, uid in enumerate(self.uids, 1) if uid not in has]
        self.assertEqual([self.expected[self.uids[n - 1]][:9] for n in fails],
                         [b".dot line"])
        self.assert_moved(self.path(".fetchids"), server, fails)

    def test_getmail(self):
        server = self.serve()
        self.assert_moved(self.run_getmail(server), server)

    def test_mpop(self):
        server = self.serve()
        self.run_mpop(server, self.path("uidls"))
        self.assert_moved(self.path("uidls"), server)

    def test_keep_time_counts_from_what_the_file_tells(self):
        server = self.serve()
        old = int(time.time()) - 3 * 86400
        lines = [f"{self.uids[0]}\0{old}", f"{self.uids[1]}\0{old + 10**9}",
                 f"{self.uids[2]}\0x", f"{self.uids[3]}\0"]
        path = self.write("oldmail", "\n".join(lines).encode())
        self.seen(server, "import", path)
        self.fetch(server, "--keep=2d")
        self.assertEqual(self.deleted(server), [1])

    def test_imported_is_deleted_as_if_fetched(self):
        server = self.serve()
        path = self.write("ids", b"".join(
            b"demo@localhost " + uid.encode() + b"\n" for uid in self.uids))
        self.seen(server, "import", path)
        self.fetch(server, "--delete")
        self.assertEqual(self.retrieved(server), [])
        self.assertEqual(self.left(), 0)

    def test_fetchids_of_others(self):
        server = self.serve()
        path = self.write("ids", (
            "demo@pop.example.org a\nd e@mo@localhost x y\nDEMO@localhost q\n"
            "demo@LOCALHOST b\nno at sign\ndemo@localhost\n"
            "demo@localhost  <c@d e>\n").encode())
        done = self.seen(server, "import", path, status=PARTIAL)
        self.assertIn("ids:5: not understood", done.stderr)
        self.assertIn("ids:6: not understood", done.stderr)
        self.assertIn("3 ids of other accounts", done.stderr)
        self.assertEqual(set(self.states(server)), {"b", "<c@d e>"})
        self.seen(server, "import", path, "--from", "d e@mo@localhost",
                  status=PARTIAL)
        self.assertIn("x y", self.states(server))

    def test_nothing_of_the_account(self):
        server = self.serve()
        for name, data in (("ids", b"bob@h a\nbob@h b\n"),
                           ("uidls", b"# x\n 2 h bob\na\nb\n"),
                           ("oldmail-h-995-bob", b"a\x001\nb\x002\n"),
                           ("ours", b"pop3-seen 1\naccount bob@h\n"
                            b"done 0 1 5 7 0 1 a\ndone 0 1 5 7 0 1 b\n")):
            with self.subTest(name=name):
                path = self.write(name, data)
                done = self.seen(server, "import", path, status=CONFIG)
                self.assertIn("(2)", done.stderr)
                self.assertIn("--from", done.stderr)
                self.assertEqual(self.rows(server), [])
                self.seen(server, "import", path, "--from", "bob@h")
                self.assertEqual(set(self.states(server)), {"a", "b"})
                self.seen(server, "forget", "--all", "--yes")

    def test_broken_uidls(self):
        server = self.serve()
        for data, line in ((b" 2 localhost demo\na\n", 2),
                           (b" 1 localhost demo\na\nb\n", 3),
                           (b" 1 localhost demo\na\n 0 h u\nb\n", 3),
                           (b" 2 localhost demo\na\n 1 h u\nb\n", 3)):
            path = self.write("uidls", data)
            done = self.seen(server, "import", path, status=PARTIAL)
            self.assertIn(f"uidls:{line}: not understood", done.stderr)
            self.assertEqual(list(self.states(server)), ["a"])

    def test_getmail_names(self):
        """The name of the file is the account, with some signs as dashes."""
        server = self.serve()
        path = self.write("oldmail-localhost-110-demo", b"a\x001\n")
        self.seen(server, "import", path)
        path = self.write("oldmail-ip6-1-110-a-b", b"b\x001\n")
        self.seen(server, "import", path, "--from", "a/:b@ip6:1")
        self.assertEqual(set(self.states(server)), {"a", "b"})


if __name__ == "__main__":
    program.main()
