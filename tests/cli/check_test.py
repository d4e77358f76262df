# SPDX-License-Identifier: MIT
"""pop3 check --exit-new: whether a fetch would bring anything, as an answer
for scripts. It changes nothing: no RETR, no DELE, no state."""

import os

import program
from program import CONFIG, FINE, GUARD, LOGIN, PARTIAL, Case

NONE_NEW = 1


class ExitNew(Case):
    count = 6

    def check(self, server, *args, status=FINE):
        return self.pop3("check", "--exit-new", "--state", self.state, *args,
                         self.url(server), status=status)

    def assert_changes_nothing(self, server):
        verbs = server.log.verbs()
        self.assertEqual(verbs["RETR"] + verbs["DELE"], 0)
        self.assertGreater(verbs["QUIT"], 0)

    def test_new_mail_and_none(self):
        server = self.serve()
        done = self.check(server)
        self.assertRegex(done.stdout, r": 6 messages, .*, 6 new\n$")
        self.assertFalse(os.path.exists(self.state))
        self.assert_changes_nothing(server)
        self.fetch(server)
        done = self.check(self.serve(), status=NONE_NEW)
        self.assertRegex(done.stdout, r": 6 messages, .*, 0 new\n$")
        self.assertEqual(done.stderr, "")
        done = self.check(self.serve(), "--quiet", status=NONE_NEW)
        self.assertEqual(done.stdout + done.stderr, "")
        self.add("99", b"Subject: late\n\ntext\n")
        server = self.serve()
        self.assertIn(", 1 new\n", self.check(server).stdout)
        self.assert_changes_nothing(server)
        self.assertEqual(self.left(), 7)

    def test_an_empty_mailbox_has_none(self):
        self.box = self.path("empty")
        os.makedirs(os.path.join(self.box, "new"))
        done = self.check(self.serve(), status=NONE_NEW)
        self.assertIn(": 0 messages, 0 bytes, 0 new\n", done.stdout)

    def test_as_json(self):
        server = self.serve()
        self.fetch(server, "--max-messages", "4")
        [account] = self.json("check", "--exit-new", "--state", self.state,
                              self.url(server))["accounts"]
        self.assertEqual((account["messages"], account["new"],
                          account["status"]), (6, 2, FINE))
        [account] = self.json("check", self.url(server))["accounts"]
        self.assertNotIn("new", account)

    def test_sizes_are_those_of_the_listing(self):
        server = self.serve()
        plain, new = (self.json("check", *flags, self.url(server))["accounts"]
                      for flags in ([], ["--exit-new"]))
        self.assertGreater(plain[0]["octets"], 0)
        self.assertEqual(plain[0]["octets"], new[0]["octets"])

    def test_what_stays_by_a_rule_or_for_its_size_is_not_new(self):
        for n in range(2):
            self.add(f"big{n}", b"Subject: big\n\n" + b"x" * 70 * 1024)
        server = self.serve()
        self.assertIn(", 6 new\n",
                      self.check(server, "--max-size", "60K").stdout)
        self.assertIn(", 6 new\n",
                      self.check(server, "--skip-if", "Subject: big").stdout)
        self.assertIn(", 2 new\n",
                      self.check(server, "--only-if", "Subject: big").stdout)
        done = self.check(server, "--only-if", "Subject: none of them",
                          status=NONE_NEW)
        self.assertIn(": 8 messages, ", done.stdout)

    def check_account(self, *settings):
        server = self.serve()
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write("\n".join([
                "[account work]", "server = localhost", "user = demo",
                f"port = {server.ports['tls']}", "tls = implicit",
                f"ca-file = {self.authority.ca_file}",
                f"password = file: {self.path('password')}",
                f"state = {self.state}", *settings, ""]))
        return self.run_argv([program.PROGRAM, "check", "--exit-new",
                              "--config", self.path("config"), "work"])

    def test_limits_of_a_run_do_not_count(self):
        """The account's settings hold, but its next runs go on."""
        for limit in ("max-messages = 1", "max-octets = 1"):
            self.assertIn(", 6 new\n", self.check_account(limit).stdout)

    def test_all_headers_are_looked_at(self):
        """A fetch of one message would stop at the first 500."""
        for n in range(510):
            self.add(f"big{n}", b"Subject: big\n\n")
        done = self.check_account("max-messages = 1", "skip-if = Subject: big")
        self.assertIn(", 6 new\n", done.stdout)

    def test_a_second_session_delivers_nothing_either(self):
        """One without pipelining, with a place for mail and without."""
        rules = ["--state", self.state, "--skip-if", "Subject: none of them"]
        for argv in (["check", "--exit-new"], ["fetch", "--dry-run"],
                     ["fetch", "--dry-run", "--deliver",
                      "maildir:" + self.maildir]):
            with self.subTest(argv):
                server = self.serve("close-on=TOP@1")
                done = self.pop3(*argv, *rules, self.url(server))
                self.assertIn("without pipelining", done.stderr)
                self.assert_changes_nothing(server)
                self.assertFalse(os.path.exists(self.maildir))

    def test_a_header_to_be_delivered_is_new(self):
        done = self.check_account("max-size = 1", "oversize = header")
        self.assertIn(", 6 new\n", done.stdout)

    def test_a_failure_has_its_own_status(self):
        server = self.serve()
        self.password("wrong")
        done = self.check(server, status=LOGIN)
        self.assertEqual(done.stdout, "")
        self.password("demo")
        with open(self.state, "wb") as file:
            file.write(b"this is no state file " * 100)
        self.check(server, status=CONFIG)

    def test_a_failure_behind_a_warning_is_no_answer(self):
        """Rows that make no sense are skipped with a word; then nobody can
        tell what the rule leaves."""
        done = self.check(self.serve("bad-rows", "err-on=TOP"), "--only-if",
                          "Subject: x", status=CONFIG)
        self.assertIn("make no sense", done.stderr)
        self.assertIn("refuses TOP", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_one_account_with_new_mail_is_enough(self):
        """The other one's failure is told all the same."""
        server = self.serve()
        bad, good = self.url(server, user="nobody"), self.url(server)
        flags = ["--exit-new", "--state", self.state]
        done = self.pop3("check", *flags, bad, good)
        self.assertIn("wrong name or password", done.stderr)
        self.assertIn(", 6 new\n", done.stdout)
        self.pop3("check", *flags, good, bad)
        self.fetch(server)
        self.pop3("check", *flags, bad, good, status=LOGIN)
        self.pop3("check", *flags, good, good, status=NONE_NEW)

    def test_a_warning_does_not_hide_a_failure(self):
        """Of the account that could not be looked at nothing is known."""
        server = self.serve("hide=UIDL:3")
        bad, good = self.url(server, user="nobody"), self.url(server)
        self.fetch(server, status=PARTIAL)
        self.check(server, status=NONE_NEW)
        for both in ((good, bad), (bad, good)):
            self.pop3("check", "--exit-new", "--state", self.state, *both,
                      status=LOGIN)

    def test_the_guard_says_that_a_fetch_would_stop(self):
        """A server without UIDL: nobody can say what is new."""
        server = self.serve("no-uidl")
        done = self.check(server, status=GUARD)
        self.assertIn("--dedup=hash", done.stderr)
        done = self.check(server, "--dedup", "hash")
        self.assertIn(", 5 new\n", done.stdout)
        self.assertIn("1 messages have no unique-id", done.stderr)

    def test_what_was_refused_for_good_is_told_and_not_new(self):
        self.fetch(self.serve(), "--max-messages", "5")
        self.run_argv(
            self.argv("fetch", "--state", self.state, "--deliver",
                      "cmd:/bin/sh -c 'exit 65'", self.url(self.serve())),
            status=None)
        done = self.check(self.serve(), status=NONE_NEW)
        self.assertIn(": 6 messages, ", done.stdout)
        self.assertIn(", 0 new\n", done.stdout)
        self.assertIn("1 message was refused for good", done.stderr)


if __name__ == "__main__":
    program.main()
