# SPDX-License-Identifier: MIT
"""The library and the program against real servers.

    python3 interop_test.py POP3 CLIENT_PROBE dovecot|mailutils|courier PART

PART is clear, stls or tls: every command of the API by client_probe, and
every command of the program; or cut: connections and servers that die at the
worst moments. What arrives is compared with its source octet for octet. The
exit status is 77 if the server is not installed.
"""

import collections
import os
import subprocess
import sys
import time

import cutter
import fetching
from fetching import (CONFIG, FINE, LATER, LOGIN, PROTOCOL, SECONDS, Interop,
                      Setting)

MANY = {"dovecot": 2000, "mailutils": 200, "courier": 2000}
BIG = 3 << 20
LOGINS = {"dovecot": ["user", "plain", "apop"], "mailutils": ["user", "apop"],
          "courier": ["user", "plain"]}


class Whole(Interop):
    """Sessions that end as they should."""

    def logins(self):
        return [how for how in LOGINS[Setting.kind]
                if (how, Setting.part) != ("apop", "stls")]

    def probe(self, drop, how):
        wire = self.path("wire")
        os.mkdir(wire)
        for number, data in enumerate(drop.messages, 1):
            with open(os.path.join(wire, str(number)), "wb") as file:
                file.write(data)
        security = {"clear": "none"}.get(Setting.part, Setting.part)
        port = self.server.ports["tls" if security == "tls" else "clear"]
        done = subprocess.run(
            [Setting.probe, "localhost", str(port), security,
             self.server.ca_file, drop.login, drop.password, how.upper(),
             wire], check=False, timeout=SECONDS, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        said = done.stdout.decode("utf-8", "replace")
        self.assertEqual(done.returncode, 0, f"\n{said}")
        print(said)
        self.check_on_server(drop, len(drop.messages) -
                             len(drop.messages) // 2)

    def test_api_many(self):
        drop = self.add_user(MANY[Setting.kind], big_octets=BIG)
        self.probe(drop, "user")

    def test_api_plain(self):
        if "plain" in self.logins():
            self.probe(self.add_user(40), "plain")

    def test_api_apop(self):
        if "apop" in self.logins():
            self.probe(self.add_user(40), "apop")

    def test_apop_after_stls(self):
        """The timestamp was learned in clear: it is forgotten, and there is
        no other."""
        if Setting.part == "stls":
            where = self.arguments(self.add_user(3), auth="apop")
            _, err = self.run_pop3("check", where, status=PROTOCOL)
            self.assertIn("timestamp", err)

    def test_check(self):
        drop = self.add_user(7)
        for auth in self.logins():
            where = self.arguments(drop, auth=auth)
            account = self.run_json("check", where)["accounts"][0]
            self.assertEqual(account["messages"], 7)
            out, _ = self.run_pop3("check", where)
            self.assertRegex(out, rb": 7 messages, ")
        self.check_on_server(drop, 7)

    def test_list(self):
        drop = self.add_user(30)
        rows = self.run_json("list", self.arguments(drop))["messages"]
        self.assertEqual([row["number"] for row in rows],
                         list(range(1, 31)))
        self.assertEqual(len({row["uid"] for row in rows}), 30)
        out, _ = self.run_pop3("list", self.arguments(drop))
        self.assertEqual(len(out.splitlines()), 30)

    def test_show_save_delete(self):
        drop = self.add_user(12)
        where = self.arguments(drop)
        out, _ = self.run_pop3("show", where, "1", "--lines", "0")
        self.assertEqual(out, drop.messages[0].split(b"\r\n\r\n")[0] +
                         b"\r\n\r\n")
        os.mkdir(self.path("saved"))
        self.run_pop3("save", where, "2", "12", "--output",
                      self.path("saved"))
        for number in (2, 12):
            with open(self.path(f"saved/{number}.eml"), "rb") as file:
                self.assertEqual(file.read(), drop.messages[number - 1])
        told = self.run_json("delete", where, "1", "3")
        self.assertEqual(told["deleted"], 2)
        self.check_on_server(drop, 10)

    def test_fetch_and_again(self):
        count = MANY[Setting.kind]
        drop = self.add_user(count, big_octets=BIG)
        where = self.arguments(drop)
        totals = self.fetch(where)
        self.assertEqual(totals["fetched"], count)
        self.check_delivered(drop)
        totals = self.fetch(where)
        self.assertEqual((totals["fetched"], totals["fetched_before"]),
                         (0, count))
        self.check_delivered(drop)
        self.check_on_server(drop, count)
        # The change of mind: what was kept so far is deleted unfetched.
        totals = self.fetch(where, "--delete")
        self.assertEqual((totals["fetched"], totals["deleted"]), (0, count))
        self.check_delivered(drop)
        self.check_on_server(drop, 0)

    def test_fetch_delete(self):
        drop = self.add_user(60)
        where = self.arguments(drop, auth=self.logins()[-1])
        for fetched in (60, 0):
            totals = self.fetch(where, "--delete")
            self.assertEqual(totals["fetched"], fetched)
            self.check_delivered(drop)
            self.check_on_server(drop, 0)

    def test_fetch_in_portions(self):
        drop = self.add_user(25)
        where = self.arguments(drop)
        for later in (15, 5, 0):
            totals = self.fetch(where, "--max-messages", "10")
            self.assertEqual(totals["later"], later)
        self.check_delivered(drop)

    def test_empty(self):
        drop = self.add_user(0)
        self.assertEqual(self.fetch(self.arguments(drop))["fetched"], 0)
        self.check_delivered(drop)

    def test_wrong_password(self):
        drop = self.add_user(3)
        for auth in self.logins():
            where = self.arguments(drop, auth=auth, password="wrong")
            _, err = self.run_pop3("check", where, status=LOGIN)
            self.assertIn("check user and password", err)

    def test_safe_way(self):
        """What `auto` takes inside TLS; in clear it takes nothing."""
        drop = self.add_user(3)
        where = self.arguments(drop, auth="auto")
        if Setting.part == "clear":
            self.run_pop3("check", where, status=CONFIG)
        else:
            self.run_pop3("check", where)

    def test_unknown_authority(self):
        if Setting.part != "clear":
            where = self.arguments(self.add_user(3), trusting=False)
            _, err = self.run_pop3("check", where, status=PROTOCOL)
            self.assertIn("certificate", err)


class Cut(Interop):
    """Sessions that end in the middle. Each message arrives once, whatever
    happened before."""

    def setUp(self):
        super().setUp()
        self.drop = self.add_user(150)
        self.total = sum(len(data) for data in self.drop.messages)
        self.addCleanup(self.revive)

    def revive(self):
        if not self.server.running():
            self.server.start()

    def cut(self, wire, where, *more, kill, status=LATER):
        """Runs a fetch until the cut, and then ends it; kills the server if
        that is to be, and starts it again."""
        fetch = self.start("fetch", where, "--deliver",
                           "maildir:" + self.maildir, *more)
        end = time.monotonic() + SECONDS
        while not wire.happened.wait(0.05):
            if fetch.poll() is not None or time.monotonic() > end:
                fetch.kill()
                self.fail(f"there was nothing to cut: {fetch.communicate()}")
        wire.happened.clear()
        if kill:
            self.server.kill()
        wire.hang_up()
        self.finish(fetch, status)
        self.revive()

    def wire(self, part="clear"):
        listener = "tls" if part == "tls" else "clear"
        wire = self.enterContext(cutter.Cutter(
            lambda: self.server.ports[listener]))
        return wire, self.arguments(self.drop, part, wire.port)

    def half_done(self):
        """What is there after the cut is complete. Of what is pipelined
        nothing is believed without proof, and the proof comes last."""
        got = self.delivered()
        self.assertEqual(got - collections.Counter(self.drop.delivered()),
                         collections.Counter())
        self.assertEqual(os.listdir(os.path.join(self.maildir, "tmp")), [])
        count = sum(got.values())
        self.assertLess(count, len(self.drop.messages))
        return count

    def test_server_killed_in_a_message(self):
        for part in ("clear", "stls", "tls"):
            with self.subTest(part):
                wire, where = self.wire(part)
                self.maildir = self.path(part)
                state = ["--state", self.path(part + ".db")]
                wire.cut_after(self.total // 2)
                self.cut(wire, where, *state, kill=True)
                came = self.half_done()
                totals = self.fetch(where, *state)
                self.assertEqual(totals["fetched_before"], came)
                self.check_delivered(self.drop)
                self.check_on_server(self.drop, 150)

    def test_server_killed_again_and_again(self):
        """Each run goes a little further, with --delete: behind the first
        one without pipelining, where each message is proof of itself."""
        wire, where = self.wire()
        came = []
        for _ in range(3):
            wire.cut_after(self.total // 4)
            self.cut(wire, where, "--delete", kill=True)
            came.append(self.half_done())
        self.assertLess(came[0], came[1])
        self.assertLess(came[1], came[2])
        self.fetch(where, "--delete")
        self.check_delivered(self.drop)
        self.check_on_server(self.drop, 0)

    def test_connection_lost_in_a_listing(self):
        """Nothing is known then, nothing is delivered or forgotten; and the
        same run goes on with a new connection, if there is one."""
        wire, where = self.wire()
        wire.cut_after(1500)
        self.cut(wire, where, kill=True)
        self.assertEqual(sum(self.delivered().values()), 0)
        wire.cut_after(1500)
        self.cut(wire, where, kill=False, status=FINE)
        self.check_delivered(self.drop)

    def test_quit_lost(self):
        """Everything is here, and still there: the next run deletes it and
        fetches nothing."""
        wire, where = self.wire()
        wire.cut_at_quit()
        self.cut(wire, where, "--delete", kill=True)
        self.check_delivered(self.drop)
        self.check_on_server(self.drop, 150)
        totals = self.fetch(where, "--delete")
        self.assertEqual((totals["fetched"], totals["deleted"]), (0, 150))
        self.check_delivered(self.drop)
        self.check_on_server(self.drop, 0)

    def test_answer_to_quit_lost(self):
        wire, where = self.wire()
        wire.cut_after_quit()
        self.cut(wire, where, "--delete", kill=False, status=FINE)
        self.check_delivered(self.drop)
        self.check_on_server(self.drop, 0)
        self.assertEqual(self.fetch(where, "--delete")["fetched"], 0)
        self.check_delivered(self.drop)


def main():
    if len(sys.argv) < 5:
        print("usage: interop_test.py POP3 CLIENT_PROBE "
              f"{'|'.join(LOGINS)} clear|stls|tls|cut [TEST...]",
              file=sys.stderr)
        return 64
    Setting.pop3, Setting.probe = map(os.path.abspath, sys.argv[1:3])
    Setting.kind, Setting.part = sys.argv[3:5]
    return fetching.run("Cut" if Setting.part == "cut" else "Whole",
                        sys.argv[5:])


if __name__ == "__main__":
    sys.exit(main())
