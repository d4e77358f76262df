# SPDX-License-Identifier: MIT
"""What pop3 fetch fetches, and what it leaves: limits, headers of what is too
large, rules, batches, and messages without unique-ids."""

import json
import os
import re
import sqlite3

import program
from program import (CONFIG, FINE, GUARD, LATER, PARTIAL, USAGE, Case)


def message(subject, body="text\n", sender="a@example.org", more=""):
    return (f"Received: from x by y; 1\nFrom: {sender}\nSubject: {subject}\n"
            f"Message-ID: <{abs(hash((subject, body, sender, more)))}@x>\n"
            f"{more}\n{body}").encode()


class Policy(Case):
    count = 0

    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.box, "new"), exist_ok=True)

    def put(self, *messages):
        """Messages from 01 on, in this order."""
        for data in messages:
            self.add(f"{len(self.uids) + 1:02}", data)

    def take(self, *args, fault=(), status=FINE):
        """The numbers of RETR."""
        server = self.serve(*fault)
        self.done = self.fetch(server, *args, status=status)
        self.server = server
        return self.retrieved(server)

    def tops(self):
        return [int(line.split()[1]) for line in self.server.log.commands()
                if line.startswith("TOP")]

    def sessions(self, server):
        return server.log.verbs()["QUIT"]


class Limits(Policy):
    def setUp(self):
        super().setUp()
        self.put(*(message(f"m{n}", "x" * 1000 + "\n") for n in range(6)))

    def test_max_octets(self):
        self.assertEqual(self.take("--max-octets", "2600"), [1, 2])
        self.assertIn("4 left for later", self.done.stderr)
        self.assertEqual(self.take("--max-octets", "3600"), [3, 4, 5])
        self.assertEqual(self.take("--max-octets", "1"), [6])
        self.assertEqual(self.take("--max-octets", "1"), [])
        self.assert_delivered()

    def test_max_octets_and_a_small_one_behind(self):
        """What still fits is fetched, though a larger one waits."""
        self.put(message("big", "x" * 5000 + "\n"), message("small"))
        self.assertEqual(self.take("--max-octets", "8K"),
                         [1, 2, 3, 4, 5, 6, 8])
        self.assertEqual(self.take("--max-octets", "8K"), [7])

    def test_max_octets_counts_over_sessions(self):
        """A second session of a run has only what the first left."""
        self.assertEqual(
            self.take("--max-octets", "3600", "--batch", "1"), [1, 2, 3])

    def test_batch(self):
        for args, sizes in ((["--batch", "2", "--delete"], [2, 2, 2]),
                            (["--batch", "4"], [])):
            server = self.serve()
            self.fetch(server, *args)
            found = [sum(line.startswith("RETR")
                         for line in server.log.commands(conn))
                     for conn in range(1, len(sizes) + 1)]
            self.assertEqual(found, sizes)
            self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_batch_loses_one_quit(self):
        server = self.serve("quit-close@2")
        done = self.fetch(server, "--batch", "2", "--delete")
        self.assertEqual(self.retrieved(server), [1, 2, 1, 2, 1, 2])
        self.assertIn("fetched 6 messages", done.stderr)
        self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_batch_and_max_messages(self):
        self.assertEqual(self.take("--batch", "2", "--max-messages", "3"),
                         [1, 2, 3])
        self.assertEqual(self.sessions(self.server), 2)

    def test_batch_where_nothing_is_deleted(self):
        """No loop, with unique-ids and without."""
        for fault in (["never-deletes"], ["never-deletes", "no-uidl"]):
            server = self.serve(*fault)
            self.fetch(server, "--batch", "2", "--delete")
            self.assertEqual(len(self.retrieved(server)), 6)
            self.seen_forget(server)

    def seen_forget(self, server):
        self.pop3("seen", "--state", self.state, "forget", "--all", "--yes",
                  self.url(server), password=False)

    def test_batch_with_one_that_fails(self):
        self.assertEqual(
            self.take("--batch", "2", fault=["err-on=RETR:1"],
                      status=PARTIAL), [1, 2, 3, 1, 4, 5, 1, 6])
        self.assert_delivered(1)
        self.assertIn("1 failed", self.done.stderr)


class Oversize(Policy):
    def setUp(self):
        super().setUp()
        self.put(message("small"), message("large", "y" * 9000 + "\n"),
                 message("also small"))

    def header(self, text="large"):
        found = []
        for path in self.files():
            with open(path, encoding="ascii") as file:
                data = file.read()
            if f"Subject: {text}" in data and "X-Pop3-Oversize" in data:
                found.append(data)
        return found

    def test_skip(self):
        self.assertEqual(self.take("--max-size", "2K"), [1, 3])
        self.assertIn("1 larger than --max-size", self.done.stderr)
        self.assertEqual(self.take("--max-size", "2K", "--oversize=skip"), [])
        self.assertEqual(self.tops(), [])

    def test_header(self):
        args = ["--max-size", "2K", "--oversize", "header", "--delete"]
        self.assertEqual(self.take(*args), [1, 3])
        self.assertEqual(self.tops(), [2])
        self.assertIn("1 of them by their header alone", self.done.stderr)
        self.assertEqual(self.left(), 1)
        data, = self.header()
        self.assertRegex(data, r"\AX-Pop3-Oversize: 9\d+ octets are more than "
                         r"max-size, which is 2048;\n this is the header "
                         r"alone\nReceived: ")
        self.assertTrue(data.endswith(f"@x>\n\n"), data)
        self.assertNotIn("yyy", data)
        # It is remembered, also by who would delete everything.
        self.assertEqual(self.take(*args), [])
        self.assertEqual(self.tops(), [])
        self.assertEqual(self.left(), 1)
        self.assertEqual(self.take("--max-size", "2K", "--keep=1s"), [])
        # The limit is raised.
        self.assertEqual(self.take("--max-size", "20K", "--delete"), [1])
        self.assertEqual(self.left(), 0)
        self.assertEqual(self.delivered() - self.wanted(),
                         {self.header()[0].encode(): 1})

    def test_header_dry(self):
        done = self.fetch(self.serve(), "--dry-run", "--max-size", "2K",
                          "--oversize", "header")
        self.assertEqual([row.split("\t")[0] for row in
                          done.stdout.splitlines()],
                         ["fetch", "header", "fetch"])

    def test_top_tells_too_much_or_too_little(self):
        body = b"Subject: large\r\n\r\nyyy\r\n.\r\n"
        for n, reply in enumerate((body, b"Subject: large\r\n.\r\n",
                                   b"Subject: large\r\n\r\n.\r\n")):
            with self.subTest(reply=reply):
                self.setUp()
                server = self.serve()
                fault = "say-on=TOP/+OK\r\n" + reply[:-2].decode()
                server.set_faults([fault])
                self.fetch(server, "--max-size", "2K", "--oversize", "header",
                           "--no-pipelining")
                data, = self.header()
                self.assertTrue(data.endswith("alone\nSubject: large\n\n"))

    def test_top_without_end(self):
        """What came instead of a large message is not larger."""
        server = self.serve()
        server.set_faults(["say-on=TOP/+OK\r\nSubject: large\r\nX: " +
                           "y" * 400000 + "\r\n\r\n."])
        self.fetch(server, "--max-size", "2K", "--oversize", "header",
                   "--no-pipelining")
        data, = self.header()
        self.assertIn("\nSubject: large\nX: yyy", data)
        self.assertTrue(data.endswith("yyy\n\n"))
        self.assertLess(len(data), 300000)

    def test_top_is_refused(self):
        args = ["--max-size", "2K", "--oversize", "header"]
        self.take(*args, fault=["err-on=TOP"], status=PARTIAL)
        self.assertEqual(self.header(), [])
        self.take(*args)
        self.assertEqual(len(self.header()), 1)

    def test_crash_behind_the_header(self):
        """What a crash left is a header, and never counts for the message."""
        args = ["--max-size", "2K", "--oversize", "header"]
        self.take(*args)
        with sqlite3.connect(self.state) as db:
            text = self.run_argv(["grep", "-rl", "Oversize",
                                  self.maildir]).stdout
            key = re.search("[0-9a-f]{32}", os.path.basename(text))[0]
            db.execute("DELETE FROM message WHERE state = 6")
            uid = self.uids[1].encode()
            octets = b"%s 0 9999 1 %d %s" % (key.encode(), len(uid), uid)
            db.execute("INSERT INTO batch (account, sink, messages) SELECT "
                       "id, ?, ? FROM account",
                       ("header:maildir:" + self.maildir, octets))
        self.take(*args)
        self.assertEqual(self.tops(), [])
        self.assertEqual(self.take("--max-size", "20K"), [2])

    def test_without_unique_ids(self):
        self.take("--max-size", "2K", "--oversize=header", "--delete",
                  fault=["no-uidl"])
        self.assertEqual(self.tops(), [])
        self.assertEqual(self.left(), 1)


class Rules(Policy):
    def setUp(self):
        super().setUp()
        self.put(message("Big SALE today", sender="ads@shop.example"),
                 message("Lunch?", sender="Bob <bob@example.org>"),
                 message("=?utf-8?q?big_s=61le?=", sender="x@shop.example"),
                 message("report", sender="cron@host.example",
                         more="X-Long: one\n two\n\tthree\n"))

    def test_skip_if(self):
        rule = ["--skip-if", "subject: *sale*"]
        self.assertEqual(self.take(*rule), [2, 4])
        self.assertEqual(self.tops(), [1, 2, 3, 4])
        self.assertIn("2 left out by rules", self.done.stderr)
        self.assertEqual(self.take(*rule), [])
        self.assertEqual(self.tops(), [])           # that is remembered
        self.assertEqual(self.take("--skip-if", "Subject: lunch*"), [1, 3])
        self.assertEqual(self.tops(), [1, 3])       # other rules

    def test_rules_are_taken_away(self):
        self.assertEqual(self.take("--only-if", "Subject: x"), [])
        self.assertEqual(self.take(), [1, 2, 3, 4])
        self.assert_delivered()

    def test_left_out_is_not_deleted(self):
        self.assertEqual(self.take("--skip-if", "From: *shop*", "--delete"),
                         [2, 4])
        self.assertEqual(self.left(), 2)
        for _ in range(2):
            self.take("--skip-if", "From: *shop*", "--keep=0")
            self.assertEqual(self.left(), 2)

    def test_only_if(self):
        self.assertEqual(self.take("--only-if", "X-Long: one two three",
                                   "--only-if", r"From: /bob@|\bnobody/"),
                         [2, 4])

    def test_both(self):
        self.assertEqual(self.take("--only-if", "From: *shop*", "--skip-if",
                                   "Subject: /today$/"), [3])

    def test_max_messages_asks_no_more(self):
        self.put(*(message(f"n{i}") for i in range(900)))
        self.assertEqual(self.take("--only-if", "Subject: n*",
                                   "--max-messages", "2"), [5, 6])
        self.assertLess(len(self.tops()), 600)

    def test_top_is_refused(self):
        self.take("--skip-if", "Subject: x", fault=["err-on=TOP"],
                  status=CONFIG)
        self.assertIn("refuses TOP", self.done.stderr)
        self.assertEqual(self.retrieved(self.server), [])
        self.assertEqual(
            self.take("--only-if", "Subject: x", fault=["err-on=TOP:2"],
                      status=PARTIAL), [2])

    def test_one_top_is_refused(self):
        """That is no reason to think that the server has no TOP."""
        self.take()
        self.put(message("five"))
        self.assertEqual(
            self.take("--skip-if", "Subject: x", fault=["err-on=TOP"],
                      status=PARTIAL), [5])
        self.assert_delivered()

    def test_no_top(self):
        """CAPA tells so. What is due to be deleted is deleted."""
        self.take()
        self.put(message("five"))
        self.assertEqual(
            self.take("--skip-if", "Subject: x", "--delete", status=CONFIG,
                      fault=["err-on=TOP", "capa-clear=TOP"]), [])
        self.assertEqual(self.left(), 1)

    def test_no_top_and_many_messages(self):
        self.put(*(message(f"n{i}") for i in range(500)))
        self.assertEqual(
            self.take("--skip-if", "Subject: n*", "--delete", status=CONFIG,
                      fault=["err-on=TOP"]), [])
        self.assertEqual(self.left(), 504)

    def test_header_like_a_reply(self):
        self.put(b"+OK, here is the report\n\ntext\n", message("sale"))
        self.assertEqual(
            sorted(set(self.take("--skip-if", "Subject: *sale*"))), [2, 4, 5])
        self.assert_delivered(1, 3, 6)

    def test_answers_out_of_step(self):
        """A header that counts for another message would leave it out."""
        server = self.serve("unasked=TOP:1/Subject: sale@1")
        self.fetch(server, "--skip-if", "Subject: *sale*")
        self.assertEqual(sorted(set(self.retrieved(server))), [2, 4])
        self.assert_delivered(1, 3)

    def test_cut(self):
        self.take("--skip-if", "Subject: x", "--no-pipelining",
                  fault=["close-on=TOP:3"], status=LATER)
        self.assertEqual(self.retrieved(self.server), [])

    def test_dry_run(self):
        server = self.serve()
        done = self.fetch(server, "--dry-run", "--skip-if", "Subject: *sale*")
        self.assertEqual([row.split("\t")[0] for row in
                          done.stdout.splitlines()],
                         ["left-out", "fetch", "left-out", "fetch"])
        self.assertEqual(self.retrieved(server), [])
        self.assertFalse(os.path.exists(self.state))
        done = self.fetch(server, "--dry-run")
        self.assertEqual(server.log.verbs()["TOP"], 4)  # only with rules

    def test_configuration(self):
        def run(*lines, status):
            path = self.path("config")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(["[account a]", "server = localhost",
                                      "user = demo", *lines, ""]))
            return self.run_argv([program.PROGRAM, "config", "check",
                                  "--config", path], status).stderr

        run("skip-if = Subject: *a*", "skip-if = From: /x|y/",
            "only-if = To: me", "deliver = maildir:/tmp", status=FINE)
        for line, column, words in (
                ("skip-if = Subject", 11, "a colon and a pattern"),
                ("skip-if = : x", 11, "a colon and a pattern"),
                ("skip-if = Sub ject: x", 11, "a colon and a pattern"),
                ("skip-if = Subject:", 19, "no pattern"),
                ("skip-if = Subject:  /a(b/", 21, "regular expression"),
                ("skip-if = Subject: /ab", 20, "no slash"),
                (r"only-if = Subject: /(a)\1/", 20, "back reference")):
            with self.subTest(line=line):
                text = run("deliver = maildir:/tmp", line, status=CONFIG)
                self.assertIn(f"config:5:{column}: ", text)
                self.assertIn(words, text)
        text = run(*["skip-if = A: b"] * 17, status=CONFIG)
        self.assertIn("config:20:1: skip-if stands more than 16", text)
        self.assertNotIn("config:19:", text)

    def test_command_line(self):
        done = self.fetch(self.serve(), "--skip-if", "Subject", status=USAGE)
        self.assertIn("--skip-if must be the name", done.stderr)


class Hash(Policy):
    def setUp(self):
        super().setUp()
        self.put(message("one"), message("two"), message("three"))

    FAULT = ["no-uidl"]

    def take_hash(self, *args, **kwargs):
        return self.take("--dedup=hash", *args, fault=self.FAULT, **kwargs)

    def test_without_it(self):
        self.take(fault=self.FAULT, status=GUARD)
        self.assertIn("--dedup=hash", self.done.stderr)
        self.assertEqual(self.retrieved(self.server), [])

    def test_only_new(self):
        self.assertEqual(self.take_hash(), [1, 2, 3])
        self.assertEqual(self.take_hash(), [])
        self.assertEqual(self.tops(), [1, 2, 3])
        self.put(message("four"))
        self.assertEqual(self.take_hash(), [4])
        self.assert_delivered()

    def test_order_changes(self):
        self.take_hash()
        os.rename(os.path.join(self.box, "new", "01"),
                  os.path.join(self.box, "new", "99"))
        self.assertEqual(self.take_hash(), [])

    def test_same_header_and_size(self):
        """Two copies are two messages, and a third one is new."""
        self.put(*[message("twin")] * 2)
        self.assertEqual(self.take_hash(), [1, 2, 3, 4, 5])
        self.assertEqual(self.take_hash(), [])
        self.put(message("twin"))
        self.assertEqual(len(self.take_hash()), 1)
        self.assert_delivered()

    def test_header_like_a_reply(self):
        self.put(b"-ERR is how this begins\nSubject: x\n"
                 b"Message-ID: <r@x>\n\ntext\n")
        self.take_hash("--delete")
        self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_other_body_of_another_size(self):
        self.take_hash()
        data = message("one") + b"more\n"
        self.put(data)
        self.assertEqual(self.take_hash(), [4])

    def test_status_of_the_server(self):
        """Fields that it adds, though the size is told as before."""
        fault = ["no-uidl", "sizes=77"]
        self.assertEqual(self.take("--dedup=hash", fault=fault), [1, 2, 3])
        for number, more in ((2, b"Status: RO\nX-UIDL: a\n b\n"),
                             (3, b"X-Other: RO\n")):
            path = os.path.join(self.box, "new", f"{number:02}")
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(more + data)
        self.assertEqual(self.take("--dedup=hash", fault=fault), [3])

    def test_header_tells_too_little(self):
        """Such a message stays, and comes with --delete."""
        self.put(b"Subject: cron\n\nOK\n", b"Message-ID:\n\nbody\n", b"")
        self.assertEqual(self.take_hash(status=PARTIAL), [1, 2, 3])
        self.assertIn("3 messages have no unique-id", self.done.stderr)
        self.assertEqual(self.take_hash("--delete"), [4, 5, 6])
        self.assertEqual(self.left(), 0)
        self.assert_delivered()

    def test_delete(self):
        self.take_hash()
        self.assertEqual(self.take_hash("--delete"), [])
        self.assertEqual(self.left(), 0)

    def test_top_is_refused(self):
        self.take("--dedup=hash", fault=["no-uidl", "err-on=TOP"],
                  status=GUARD)
        self.assertIn("refuses TOP", self.done.stderr)
        self.assertEqual(self.retrieved(self.server), [])

    def test_mark_all(self):
        server = self.serve("no-uidl")
        self.pop3("seen", "--state", self.state, "mark-all", "--dedup=hash",
                  self.url(server))
        self.put(message("four"))
        self.assertEqual(self.take_hash(), [4])


class Dry(Policy):
    def setUp(self):
        super().setUp()
        self.put(message("one"), message("two"))

    def test_state_that_cannot_be_written(self):
        self.take("--max-messages", "1")
        os.mkdir(self.path("locked"))
        path = self.path("locked", "seen.db")
        os.rename(self.state, path)
        os.chmod(path, 0o400)
        os.chmod(self.path("locked"), 0o500)
        self.addCleanup(os.chmod, self.path("locked"), 0o700)
        argv = self.argv("fetch", "--dry-run", "--json", "--state", path,
                         self.url(self.serve()))
        if os.getuid() == 0:
            # root may write anywhere, unless it gave that up.
            argv = ["setpriv", "--bounding-set=-dac_override",
                    "--inh-caps=-dac_override", *argv]
        done = self.run_argv(argv)
        plan = json.loads(done.stdout)["accounts"][0]["plan"]
        self.assertEqual([item["action"] for item in plan],
                         ["keep", "fetch"])
        self.assertEqual(os.listdir(self.path("locked")), ["seen.db"])


if __name__ == "__main__":
    program.main()
